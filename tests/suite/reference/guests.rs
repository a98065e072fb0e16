//! Virtual NICs, and the vCPUs that take packets from their channels.

use super::model::{CoreAt, Frame, Model, VectorAt};
use super::threads::ThreadKind;
use rxsim::engine::time::Time;
use rxsim::host::outcome::VnicTally;
use rxsim::host::world::{VnicOwner, VnicSpec, World};
use rxsim::vocab::packet::Fate;
use std::collections::VecDeque;

/// A virtual NIC.
pub(super) struct Vnic {
    /// Handed over to the guest and not yet finished; the first one may be in processing.
    pub(super) channel: VecDeque<Frame>,
    /// The next packet that the channel accepts is worth a notification.
    pub(super) armed: bool,
    /// Notified since its vCPU last took it up.
    pub(super) notified: bool,
    /// The vCPU that it notifies; none for the host's own.
    pub(super) vcpu: Option<usize>,
    pub(super) tally: VnicTally,
}

/// A vCPU: a thread of the core that it is pinned to.
pub(super) struct Vcpu {
    pub(super) core: CoreAt,
    /// What has packets for it; it takes from the first one. Empty: it waits ...
    pub(super) pending: VecDeque<Pending>,
    /// ... since then.
    pub(super) waits_since: Time,
    doing: Doing,
    /// The packet of a virtual function in processing.
    pub(super) in_hand: Option<Frame>,
}

/// What has packets for a vCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pending {
    /// The channel of a virtual NIC.
    Channel(usize),
    /// The ring behind a virtual function's vector.
    Ring(VectorAt),
}

/// What a vCPU does for the first one.
#[derive(Clone, Copy)]
enum Doing {
    /// It has not taken it up.
    Nothing,
    /// The virtual interrupt.
    Interrupt,
    /// A packet, after so many others since it was taken up.
    Packet { before: u32 },
}

impl Vnic {
    pub(super) fn new(world: &World, spec: &VnicSpec) -> Self {
        let vcpu = match spec.owner {
            VnicOwner::Host => None,
            VnicOwner::Vm { vm, vcpu } => Some(Vcpu::number(world, vm, vcpu)),
        };
        let tally = VnicTally::default();
        Self { channel: VecDeque::new(), armed: true, notified: false, vcpu, tally }
    }
}

impl Vcpu {
    /// The place of a VM's vCPU among all.
    pub(super) fn number(world: &World, vm: usize, vcpu: u32) -> usize {
        let before: usize = world.vms[..vm].iter().map(|vm| vm.vcpus.len()).sum();
        before + vcpu as usize
    }

    /// All vCPUs, in the order of (VM, vCPU); they wait.
    pub(super) fn all(world: &World) -> Vec<Self> {
        let vcpu = |host: usize, core: u32| Self {
            core: CoreAt { host, index: core as usize },
            pending: VecDeque::new(),
            waits_since: Time::ZERO,
            doing: Doing::Nothing,
            in_hand: None,
        };
        let of_vm = |vm: &rxsim::host::world::VmSpec| {
            let host = vm.host;
            vm.vcpus.clone().into_iter().map(move |core| vcpu(host, core))
        };
        world.vms.iter().flat_map(of_vm).collect()
    }
}

impl Model<'_> {
    /// A notification reaches the guest.
    pub(super) fn notify(&mut self, at: usize) {
        let vnic = &mut self.vnics[at];
        vnic.notified = true;
        vnic.tally.notifications += 1;
        let number = vnic.vcpu.expect("only guests are notified");
        self.append(number, Pending::Channel(at));
    }

    /// Appends to a vCPU's list: one that waited becomes runnable.
    pub(super) fn append(&mut self, number: usize, what: Pending) {
        let vcpu = &mut self.vcpus[number];
        let (core, waited) = (vcpu.core, vcpu.pending.is_empty());
        match (vcpu.pending.back(), what) {
            (Some(Pending::Channel(_)), Pending::Ring(_)) => self.functions.behind_channels += 1,
            (Some(Pending::Ring(_)), Pending::Channel(_)) => self.functions.before_channels += 1,
            _ => {}
        }
        vcpu.pending.push_back(what);
        if waited {
            self.pause(core);
            self.begin_guest_activity(core, number);
            self.wake(core, ThreadKind::Guest(number));
            self.dispatch(core);
        }
    }

    /// The vCPU's activity has ended; whether it goes on with another one.
    pub(super) fn guest_goes_on(&mut self, core: CoreAt, number: usize) -> bool {
        if let Doing::Packet { before } = self.vcpus[number].doing {
            self.guest_packet_ends(core, number, before + 1);
        }
        self.begin_guest_activity(core, number);
        !self.vcpus[number].pending.is_empty()
    }

    /// What has no more packets leaves the list; what used up its budget goes to the tail.
    fn guest_packet_ends(&mut self, core: CoreAt, number: usize, taken: u32) {
        let first = self.vcpus[number].pending[0];
        let more = match first {
            Pending::Channel(vnic) => self.channel_packet_ends(vnic),
            Pending::Ring(vector) => self.ring_packet_ends(number, vector),
        };
        let vcpu = &mut self.vcpus[number];
        vcpu.doing = Doing::Packet { before: taken };
        if more && taken < self.world.hosts[core.host].budget {
            return;
        }
        vcpu.doing = Doing::Nothing;
        vcpu.pending.pop_front();
        if more {
            vcpu.pending.push_back(first);
            self.functions.requeues += u64::from(matches!(first, Pending::Ring(_)));
        }
    }

    /// An empty channel arms its virtual NIC. Returns whether there are more packets.
    fn channel_packet_ends(&mut self, at: usize) -> bool {
        let vnic = &mut self.vnics[at];
        let done = vnic.channel.pop_front().expect("a packet was in processing");
        vnic.armed = vnic.channel.is_empty();
        let more = !vnic.armed;
        self.end(done, Fate::Delivered);
        more
    }

    /// The next activity for the first of the list, if there is one.
    fn begin_guest_activity(&mut self, core: CoreAt, number: usize) {
        let now = self.agenda.time();
        let vcpu = &mut self.vcpus[number];
        let Some(&first) = vcpu.pending.front() else {
            vcpu.waits_since = now;
            return;
        };
        let interrupted = match first {
            Pending::Channel(vnic) => self.vnics[vnic].notified,
            Pending::Ring(at) => self.nics[at.nic].vectors[at.index].to_take_up.is_some(),
        };
        vcpu.doing = match vcpu.doing {
            Doing::Nothing if interrupted => Doing::Interrupt,
            Doing::Nothing | Doing::Interrupt => Doing::Packet { before: 0 },
            packet @ Doing::Packet { .. } => packet,
        };
        let left = match first {
            Pending::Ring(vector) => self.begin_ring_activity(number, vector),
            Pending::Channel(vnic) if interrupted => {
                self.vnics[vnic].notified = false;
                self.world.hosts[core.host].costs.guest_interrupt
            }
            Pending::Channel(vnic) => self.guest_cost(&self.vnics[vnic].channel[0]),
        };
        self.set_left(core, ThreadKind::Guest(number), left);
    }
}
