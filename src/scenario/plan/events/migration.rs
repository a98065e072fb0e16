//! The migration of a virtual machine: it gives its functions up, its memory is copied, it stops on the
//! one host and starts on the other, and only then the network learns where it is.

use super::event::Destination;
use super::relocation::{Attachment, MemoryCopy};
use super::state::{Port, Schedule, Step, after, span};
use crate::engine::time::Time;
use crate::scenario::text::findings::Findings;
use crate::vocab::drop_reason::DropReason;
use crate::world::{PathReason, RxPath, VmSpec, VnicOwner, VnicSpec};

impl Schedule<'_> {
    /// A VM sets out: it gives its functions up, its memory is copied, it stops.
    pub(super) fn migrate(
        &mut self,
        event: usize,
        vm: usize,
        to: &Destination,
        findings: &mut Findings,
    ) {
        let (keys, at) = (self.events[event].keys, self.events[event].at);
        if !self.can_live(event, vm, to, findings) {
            return;
        }
        let mut copied_from = at;
        let holders = self.holders(&[vm]);
        if !holders.is_empty() {
            let moved = after(at, span(&self.events[event].keys.filter_move));
            copied_from = after(moved, span(&self.events[event].keys.vf_detach));
            self.follow(moved, event, Step::Synthetic(holders.clone()));
            self.follow(copied_from, event, Step::Free(holders));
        }
        let stops = after(copied_from, span(&self.events[event].keys.precopy));
        let starts = after(stops, span(&self.events[event].keys.blackout));
        if let Some(rate) = keys.rate.value {
            let copy = MemoryCopy { event, nic: to.nic, from: copied_from, until: stops, rate };
            self.relocations.memory_copies.push(copy);
        }
        self.keep_busy(&[vm], "migrates", after(starts, span(&self.events[event].keys.relearn)));
        self.follow(stops, event, Step::Pause(vm));
        self.follow(starts, event, Step::Arrive(vm, to.clone()));
    }

    /// Whether a host can run a VM.
    pub(super) fn can_live(
        &self,
        event: usize,
        vm: usize,
        to: &Destination,
        findings: &mut Findings,
    ) -> bool {
        let keys = self.events[event].keys;
        let (spec, name) = (&self.guests.vms[self.lives[vm].home()], self.name(vm));
        let host = &self.hosts[to.host].spec;
        if spec.host == to.host {
            findings.mistake(
                keys.to
                    .mistake(format!("{name} is on {} already", host.name))
                    .because("a migration leads to another host")
                    .help("name another host, or remove the event"),
            );
            return false;
        }
        let mut theirs = spec.vcpus.iter().chain(spec.allowed_cores.iter().flatten());
        let beyond = theirs.find(|core| **core >= host.cores).filter(|_| to.cores.is_none());
        if let Some(core) = beyond {
            findings.mistake(
                keys.to
                    .mistake(format!("{} has no core {core} for {name}", host.name))
                    .because(format!("it has the cores 0 to {}", host.cores - 1))
                    .help(format!("add `cores = \"0-{}\"`", host.cores - 1)),
            );
            return false;
        }
        self.can_spread(event, vm, to, findings)
    }

    /// Whether functions of a destination have the rings that a VM asks for.
    pub(super) fn can_spread(
        &self,
        event: usize,
        vm: usize,
        to: &Destination,
        findings: &mut Findings,
    ) -> bool {
        let Some(sriov) = &self.nics[to.nic].sriov else { return true };
        let most = sriov.most_rings();
        let wishes = self.vnics[vm].iter().map(|vnic| self.guests.wants(*vnic).function);
        let rings =
            wishes.filter(|request| request.wanted).map(|request| u64::from(request.queues)).max();
        let Some(rings) = rings.filter(|rings| *rings > most) else { return true };
        let port = &self.nics[to.nic].spec.name;
        findings.mistake(
            self.events[event]
                .keys
                .to
                .mistake(format!("a function of {port} has no {rings} rings"))
                .because(format!("its model has {most}"))
                .help(format!("write vf_queues = {most} for {}", self.name(vm))),
        );
        false
    }

    /// A VM starts on its new host; on the old one its packets are lost until the network knows.
    pub(super) fn arrive(&mut self, at: Time, event: usize, vm: usize, to: &Destination) {
        for vnic in self.vnics[self.lives[vm].home()].clone() {
            let gone = RxPath::Drop(DropReason::WrongHost);
            self.steer(at, event, vnic, gone, PathReason::NotRunning);
        }
        self.lives[vm].home = self.home(vm, to);
        self.start(at, event, vm);
        let relearned = after(at, span(&self.events[event].keys.relearn));
        self.follow(relearned, event, Step::Relearned(vm));
    }

    /// The network sends the packets of a VM to where it is.
    pub(super) fn relearned(&mut self, at: Time, vm: usize) {
        let (from, to) = (self.lives[vm].homes[0], self.lives[vm].home());
        let pairs = self.vnics[from].iter().zip(&self.vnics[to]);
        self.relocations
            .extend(pairs.map(|(of, vnic)| (*of, Attachment { since: at, vnic: *vnic })));
    }

    /// The place of a destination among the homes of a VM: perhaps it has been there before.
    pub(super) fn home(&mut self, vm: usize, to: &Destination) -> usize {
        let vcpus = self.vcpus(vm, to);
        let known = self.lives[vm].homes.iter().position(|home| {
            let spec = &self.guests.vms[*home];
            let there = |vnic: &usize| self.guests.vnics[*vnic].nic == to.nic;
            spec.host == to.host && spec.vcpus == vcpus && self.vnics[*home].iter().all(there)
        });
        if let Some(known) = known {
            return known;
        }
        let (first, new) = (self.lives[vm].homes[0], self.guests.vms.len());
        let spec = self.guests.vms[first].clone();
        let floats = spec.allowed_cores.clone().map(|usual| to.cores.clone().unwrap_or(usual));
        self.guests.vms.push(VmSpec {
            host: to.host,
            vcpus,
            allowed_cores: floats,
            running: false,
            ..spec
        });
        let mut vnics = Vec::new();
        for vnic in self.vnics[first].clone() {
            let spec = &self.guests.vnics[vnic];
            let VnicOwner::Vm { vcpu, .. } = spec.owner else { continue };
            let there = VnicSpec {
                nic: to.nic,
                owner: VnicOwner::Vm { vm: new, vcpu },
                rx_path: RxPath::Drop(DropReason::NoFilter),
                vf: None,
                path_reason: PathReason::NotRunning,
                ..spec.clone()
            };
            vnics.push(self.guests.vnics.len());
            self.ports.push(Port::at_start(&there));
            self.guests.again(vnic, there);
        }
        self.vnics.push(vnics);
        self.lives[vm].homes.push(new);
        self.lives[vm].homes.len() - 1
    }

    /// The cores of its vCPUs at a destination: in turn, as at the start of the run.
    pub(super) fn vcpus(&self, vm: usize, to: &Destination) -> Vec<u32> {
        let spec = &self.guests.vms[vm];
        let Some(cores) = &to.cores else { return spec.vcpus.clone() };
        let each = spec.vcpus.len();
        let nth = |k: usize| (spec.index as usize * each + k) % cores.len();
        (0..each).map(|k| cores[nth(k)]).collect()
    }
}
