//! Virtual machines and virtual NICs, instance by instance, and who is given a queue.

use super::asks::Asks;
use super::host::Host;
use super::nic::Nic;
use super::reference;
use super::sriov::{Demand, Sriov, Wish};
use crate::host::world::{PathReason, Spread, SteeringSpec, VmSpec, VnicOwner, VnicSpec, Way};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::findings::Findings;
use crate::scenario::view::View;
use crate::vocab::drop_reason::DropReason;
use std::collections::BTreeSet;
use std::ops::Range;

/// Most virtual machines of a file.
const MOST_VMS: usize = 4096;
/// Most vCPUs, and most virtual NICs, of a file.
const MOST_PARTS: usize = 65_536;

/// The virtual machines of a file and what traffic can be sent to.
#[derive(Debug, Default)]
pub struct Guests {
    /// Every instance of every group, in the order of the file.
    pub vms: Vec<VmSpec>,
    /// The one that each VM has, then the further ones.
    pub vnics: Vec<VnicSpec>,
    /// What traffic can name.
    receivers: Vec<Receiver>,
    /// What each virtual NIC wants.
    wants: Vec<Wants>,
    /// The queues of each port that nobody has.
    free_queues: Vec<BTreeSet<u32>>,
    /// Per port, how many wanted a queue and came too late.
    too_late: Vec<u32>,
    /// The virtual functions of each port, and how many came too late for one.
    functions: Vec<Option<Sriov>>,
    no_function: Vec<u32>,
}

/// What a virtual NIC wants of its port.
#[derive(Clone, Debug)]
pub struct Wants {
    /// A queue of its own.
    queue: bool,
    /// A virtual function.
    pub function: Wish,
}

/// The virtual NICs that one table of the file stands for.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// As traffic names it: `vm.web`, `vnic.storage`.
    name: String,
    /// Its virtual NICs in [`Guests::vnics`].
    pub vnics: Range<usize>,
    /// Whether they are numbered: not so the host's own.
    pub numbered: bool,
    /// First of its VMs in [`Guests::vms`], and how many virtual NICs each has.
    vms: usize,
    vnics_each: u32,
    /// Whether its guests have a driver for virtual functions.
    vf_driver: bool,
}

/// What virtual NICs ask of each port at most, so that ports know how many queues to make.
#[must_use]
pub fn demand(
    vms: &[View],
    vnics: &[View],
    nics: &[&str],
    sriov: &[Option<Sriov>],
    asks: &Asks,
) -> Vec<Demand> {
    let mut functions = sriov.to_vec();
    let mut demand = vec![Demand::default(); nics.len()];
    let count = |vm: &View| vm.count("count").unwrap_or(0);
    let driver = |vm: &View| vm.flag("vf_driver") == Some(true);
    let mut all: Vec<(&View, &str, u32, Wish)> = Vec::new();
    for vm in vms {
        all.push((vm, vm.name, count(vm), Wish::read(vm, driver(vm))));
    }
    for vnic in vnics {
        let vm = vms.iter().find(|vm| vnic.text("vm") == Some(vm.name));
        let instances = if vnic.has("vm") { vm.map_or(0, count) } else { 1 };
        let wish = Wish::read(vnic, vm.is_some_and(driver));
        all.push((vnic, vm.map_or("", |vm| vm.name), instances, wish));
    }
    let mut visits = Vec::new();
    for (view, group, instances, wish) in &all {
        let Ok(nic) = reference::named(view, "nic", "nic", nics) else { continue };
        let wants_queue = view.flag("vmq") == Some(true);
        for index in 0..*instances {
            let given = functions[nic].as_mut().is_some_and(|sriov| sriov.give(wish).is_ok());
            let keeps = given && !asks.may_lose(group, index);
            demand[nic].queues += u32::from(wants_queue && !keeps);
            let others = asks.visits(group, index).into_iter().filter(|other| *other != nic);
            visits.extend(others.map(|other| (other, wants_queue, wish)));
        }
    }
    for (nic, wants_queue, wish) in visits {
        let _ = functions[nic].as_mut().map(|sriov| sriov.give(wish));
        demand[nic].queues += u32::from(wants_queue);
    }
    for (demand, sriov) in demand.iter_mut().zip(functions) {
        demand.vfs = sriov.map_or(0, |sriov| sriov.given());
    }
    demand
}

impl Guests {
    /// Reads all groups of VMs and all virtual NICs, and gives out the queues of the ports: first
    /// come, first served.
    pub fn read(
        vms: &[View],
        vnics: &[View],
        nics: &[Nic],
        hosts: &[Host],
        findings: &mut Findings,
    ) -> Self {
        let mut guests = Self {
            free_queues: nics
                .iter()
                .map(|nic| (1..nic.spec.queues.len() as u32).collect())
                .collect(),
            too_late: vec![0; nics.len()],
            functions: nics.iter().map(|nic| nic.sriov.clone()).collect(),
            no_function: vec![0; nics.len()],
            ..Self::default()
        };
        for vm in vms {
            let _reported = guests.group(vm, nics, hosts, findings);
        }
        let names: Vec<&str> = vms.iter().map(|vm| vm.name).collect();
        for vnic in vnics {
            let _reported = guests.further(vnic, &names, nics, hosts, findings);
        }
        guests.warn(nics, findings);
        guests
    }

    /// What a name of traffic (`vm.web`) stands for; none where its table is wrong.
    #[must_use]
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.name == name)
    }

    /// The VMs of a group in [`Guests::vms`]; none where its table is wrong.
    #[must_use]
    pub fn members(&self, group: &str) -> Option<Range<usize>> {
        let receiver = self.receiver(&format!("vm.{group}"))?;
        Some(receiver.vms..receiver.vms + receiver.vnics.len())
    }

    /// What a virtual NIC wants.
    #[must_use]
    pub fn wants(&self, vnic: usize) -> Wants {
        self.wants[vnic].clone()
    }

    /// A further virtual NIC of a VM that is elsewhere by then, and wants what this one does.
    pub fn again(&mut self, vnic: usize, elsewhere: VnicSpec) {
        self.wants.push(self.wants[vnic].clone());
        self.vnics.push(elsewhere);
    }

    /// Queues of a port are free again.
    pub fn free_queues(&mut self, nic: usize, way: &Way) {
        self.free_queues[nic].extend(way.own());
    }

    /// A virtual function of a port is free again.
    pub fn free_function(&mut self, nic: usize) {
        if let Some(sriov) = &mut self.functions[nic] {
            sriov.take_back();
        }
    }

    /// Reads a group of VMs; none where it is wrong, which has been reported.
    fn group(
        &mut self,
        view: &View,
        nics: &[Nic],
        hosts: &[Host],
        findings: &mut Findings,
    ) -> Option<()> {
        let nic = port(view, nics, findings)?;
        let host = nics[nic].spec.host;
        let cores = findings.take(view.cpus("cores", hosts[host].spec.cores))?;
        refuse_floating(view, findings);
        let runs = view.flag("running")?;
        let (count, vcpus) = (view.count("count")?, view.count("vcpus")?);
        let each = vcpus as usize * count as usize;
        let vcpus_before: usize = self.vms.iter().map(|vm| vm.vcpus.len()).sum();
        room(
            view,
            "count",
            "virtual machines",
            self.vms.len() + count as usize,
            MOST_VMS,
            findings,
        )?;
        room(view, "vcpus", "vCPUs", vcpus_before + each, MOST_PARTS, findings)?;
        let first = self.vms.len();
        for index in 0..count {
            let nth = |k: u32| u64::from(index) * u64::from(vcpus) + u64::from(k);
            let core = |k| cores.get((nth(k) % cores.len().max(1) as u64) as usize).copied();
            let vcpus = (0..vcpus).map(core).collect::<Option<Vec<u32>>>()?;
            self.vms.push(VmSpec {
                group: view.name.to_owned(),
                index,
                host,
                vcpus,
                floats: None,
                runs,
            });
        }
        let owner = |index| VnicOwner::Vm { vm: first + index, vcpu: 0 };
        let owners = (0..count as usize).map(owner).collect();
        let driver = view.flag("vf_driver")?;
        self.add(view, "vm", owners, nic, nics, driver, findings)?;
        self.receivers.last_mut()?.vms = first;
        Some(())
    }

    /// Reads a further virtual NIC: of each VM of a group, or of the host itself.
    fn further(
        &mut self,
        view: &View,
        vms: &[&str],
        nics: &[Nic],
        hosts: &[Host],
        findings: &mut Findings,
    ) -> Option<()> {
        let nic = port(view, nics, findings)?;
        if !view.has("vm") {
            refuse_function_of_host(view, findings);
            return self.add(view, "vnic", vec![VnicOwner::Host], nic, nics, true, findings);
        }
        let name = vms[findings.take(whole_group(view, vms))?];
        let own = format!("vm.{name}");
        let group = self.receivers.iter_mut().find(|receiver| receiver.name == own)?;
        let (first, count, number) = (group.vms, group.vnics.len(), group.vnics_each);
        group.vnics_each += 1;
        let driver = group.vf_driver;
        let (theirs, ours) = (self.vms[first].host, nics[nic].spec.host);
        if theirs != ours {
            let [theirs, ours] = [theirs, ours].map(|at| hosts[at].spec.name.as_str());
            let port = &nics[nic].spec.name;
            findings.mistake(
                view.mistake("nic", format!("the VMs of \"{name}\" cannot reach {port}"))
                    .because(format!("they run on {theirs}, and the port belongs to {ours}"))
                    .help(format!("name a port of {theirs} with `nic`")),
            );
            return None;
        }
        room(view, "vm", "virtual NICs", self.vnics.len() + count, MOST_PARTS, findings)?;
        let owner = |vm: usize| {
            let vcpu = number % self.vms[vm].vcpus.len() as u32;
            VnicOwner::Vm { vm, vcpu }
        };
        let owners = (first..first + count).map(owner).collect();
        self.add(view, "vnic", owners, nic, nics, driver, findings)
    }

    /// Adds a virtual NIC for each owner, with a virtual function or a queue where it wants one and
    /// one is left.
    #[expect(clippy::too_many_arguments, reason = "an extract of two tables")]
    fn add(
        &mut self,
        view: &View,
        kind: &str,
        owners: Vec<VnicOwner>,
        nic: usize,
        nics: &[Nic],
        vf_driver: bool,
        findings: &mut Findings,
    ) -> Option<()> {
        let channel = view.count("channel")?;
        let wants = Wants { queue: view.flag("vmq")?, function: Wish::read(view, vf_driver) };
        let name = format!("{kind}.{}", view.name);
        let first = self.vnics.len();
        let numbered = !matches!(owners[..], [VnicOwner::Host]);
        if let (Some(sriov), Some(VnicOwner::Vm { vm, .. })) =
            (&self.functions[nic], owners.first())
        {
            sriov.check((&name, view), &wants.function, self.vms[*vm].vcpus.len() as u32, findings);
        }
        for (index, owner) in owners.into_iter().enumerate() {
            let name = if numbered { format!("{name}[{index}]") } else { name.clone() };
            let (vf, way, path_reason) = self.path(nic, &nics[nic], owner, &wants);
            self.wants.push(wants.clone());
            self.vnics.push(VnicSpec {
                name,
                nic,
                owner,
                channel,
                channels: None,
                way,
                vf,
                path_reason,
            });
        }
        let vnics = first..self.vnics.len();
        self.receivers.push(Receiver { name, vnics, numbered, vms: 0, vnics_each: 1, vf_driver });
        Some(())
    }

    /// How the packets of the next virtual NIC of a port come at the start.
    fn path(
        &mut self,
        nic: usize,
        port: &Nic,
        owner: VnicOwner,
        wants: &Wants,
    ) -> (Option<Spread>, Way, PathReason) {
        if matches!(owner, VnicOwner::Vm { vm, .. } if !self.vms[vm].runs) {
            return (None, Way::Nowhere(DropReason::NoFilter), PathReason::NotRunning);
        }
        match self.function(nic, owner, &wants.function) {
            Some(Ok(vf)) => (Some(vf), Way::Function, PathReason::None),
            without => {
                let (way, why) = self.by_switch(nic, port, wants, without.and_then(Result::err));
                (None, way, why)
            }
        }
    }

    /// The best way through the virtual switch that a virtual NIC of a port can be given, and why
    /// it has no better one; `missing` is what it lacks for a virtual function.
    pub fn by_switch(
        &mut self,
        nic: usize,
        port: &Nic,
        wants: &Wants,
        missing: Option<PathReason>,
    ) -> (Way, PathReason) {
        let (queue, why) = self.queue(nic, port, wants.queue);
        let why = match missing {
            Some(PathReason::VfNotWanted) if wants.queue && queue.is_none() => why,
            Some(broken) => broken,
            None => why,
        };
        (queue.map_or(Way::Common, Way::queue), why)
    }

    /// The virtual function that the next virtual NIC of a port is given, or the link that is
    /// missing; none where the port has another path.
    pub fn function(
        &mut self,
        nic: usize,
        owner: VnicOwner,
        wish: &Wish,
    ) -> Option<Result<Spread, PathReason>> {
        let sriov = self.functions[nic].as_mut()?;
        let VnicOwner::Vm { vm, vcpu } = owner else { return Some(Err(PathReason::VfNotWanted)) };
        let given = sriov.give(wish);
        if given == Err(PathReason::NoFreeVf) {
            self.no_function[nic] += 1;
        }
        let vcpus = self.vms[vm].vcpus.len() as u32;
        Some(given.map(|()| sriov.function(wish, vcpu, vcpus)))
    }

    /// The queue that the next virtual NIC of a port is given, or why it is given none.
    fn queue(&mut self, at: usize, nic: &Nic, wanted: bool) -> (Option<u32>, PathReason) {
        let reason = match nic.spec.steering {
            SteeringSpec::Rss(_) => PathReason::Rss,
            SteeringSpec::SingleQueue => PathReason::SingleQueue,
            SteeringSpec::Vmq { .. } if !nic.gives_queues => PathReason::OffBelow10Gbps,
            SteeringSpec::Vmq { .. } if !wanted => PathReason::NotWanted,
            SteeringSpec::Vmq { .. } => {
                if let Some(queue) = self.free_queues[at].pop_first() {
                    return (Some(queue), PathReason::None);
                }
                self.too_late[at] += 1;
                PathReason::NoFreeQueue
            }
        };
        (None, reason)
    }

    /// Warns of ports whose queues ran out, and of those on which Windows would not do this.
    fn warn(&self, nics: &[Nic], findings: &mut Findings) {
        for (at, nic) in nics.iter().enumerate() {
            let (name, too_late) = (&nic.spec.name, self.too_late[at]);
            if too_late > 0 {
                let given = (nic.spec.queues.len() - 1 - self.free_queues[at].len()) as u32;
                let share = if too_late == 1 { "one shares" } else { "the others share" };
                findings.warn(format!(
                    "nic.{name}: {} virtual NICs want a queue of their own and {} are left beside \
                     the default queue: first come, first served, {share} the default queue",
                    given + too_late,
                    given,
                ));
            }
            if let (Some(sriov), 1..) = (&self.functions[at], self.no_function[at]) {
                findings.warn(format!("nic.{name}: {}", sriov.too_late(self.no_function[at])));
            }
            let rss = matches!(nic.spec.steering, SteeringSpec::Rss(_));
            if rss && self.vnics.iter().any(|vnic| vnic.nic == at) {
                findings.warn(format!(
                    "nic.{name}: Windows uses RSS on a port with a virtual switch only with VMMQ \
                     (2016)"
                ));
            }
        }
    }
}

/// The port whose virtual switch a virtual NIC is on.
fn port(view: &View, nics: &[Nic], findings: &mut Findings) -> Option<usize> {
    let names: Vec<&str> = nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    findings.take(reference::named(view, "nic", "nic", &names))
}

/// The group of VMs that a further virtual NIC is for: one of them alone cannot have it.
fn whole_group(view: &View, vms: &[&str]) -> Result<usize, Diagnostic> {
    let name = view.text("vm").and_then(reference::instance);
    match name.filter(|(name, index)| index.is_some() && vms.contains(name)) {
        Some((name, _)) => Err(view
            .mistake("vm", format!("`{}` cannot be for one VM of a group alone", view.name))
            .because("every VM of a group has the same virtual NICs")
            .help(format!("write vm = \"{name}\"; to = \"vnic.{}[0]\" sends to one", view.name))),
        None => reference::named(view, "vm", "vm", vms),
    }
}

/// Whether so many in all are within the bound of a file.
fn room(
    view: &View,
    key: &str,
    what: &str,
    all: usize,
    most: usize,
    findings: &mut Findings,
) -> Option<()> {
    if all > most {
        findings.mistake(
            view.mistake(key, format!("with \"{}\" there are {all} {what}", view.name))
                .because(format!("the bound is {most} in all"))
                .help(format!("lower `{key}`, or leave other {what} out")),
        );
    }
    (all <= most).then_some(())
}

/// Refuses a virtual function for the host's own virtual NIC.
fn refuse_function_of_host(view: &View, findings: &mut Findings) {
    if view.flag("vf") == Some(true) {
        findings.mistake(
            view.mistake("vf", format!("`{}` cannot have a virtual function", view.name))
                .because("it is the host's own, and virtual functions are for virtual machines")
                .help("remove `vf`, or name a group of virtual machines with `vm`"),
        );
    }
}

/// Refuses vCPUs that wander.
fn refuse_floating(view: &View, findings: &mut Findings) {
    if view.text("placement") == Some("floating") {
        findings.not_yet(
            view.mistake("placement", "placement = \"floating\" is not simulated yet")
                .because("in this version every vCPU stays on its core")
                .help("write placement = \"pinned\", or leave it out"),
        );
    }
}
