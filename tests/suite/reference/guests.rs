//! Virtual NICs, and the vCPUs that take packets from their channels.

use super::model::{CoreAt, Frame, Model};
use super::threads::ThreadKind;
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
    /// Virtual NICs with packets for it; it takes from the first one. Empty: it waits.
    pub(super) pending: VecDeque<usize>,
    doing: Doing,
}

/// What a vCPU does for the first of its pending virtual NICs.
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
            VnicOwner::Vm { vm, vcpu } => {
                let before: usize = world.vms[..vm].iter().map(|vm| vm.vcpus.len()).sum();
                Some(before + vcpu as usize)
            }
        };
        let tally = VnicTally::default();
        Self { channel: VecDeque::new(), armed: true, notified: false, vcpu, tally }
    }
}

impl Vcpu {
    /// All vCPUs, in the order of (VM, vCPU); they wait.
    pub(super) fn all(world: &World) -> Vec<Self> {
        let vcpu = |host: usize, core: u32| Self {
            core: CoreAt { host, index: core as usize },
            pending: VecDeque::new(),
            doing: Doing::Nothing,
        };
        let of_vm = |vm: &rxsim::host::world::VmSpec| {
            let host = vm.host;
            vm.vcpus.clone().into_iter().map(move |core| vcpu(host, core))
        };
        world.vms.iter().flat_map(of_vm).collect()
    }
}

impl Model<'_> {
    /// A notification reaches the guest: a vCPU that waited becomes runnable.
    pub(super) fn notify(&mut self, at: usize) {
        let vnic = &mut self.vnics[at];
        vnic.notified = true;
        vnic.tally.notifications += 1;
        let number = vnic.vcpu.expect("only guests are notified");
        let vcpu = &mut self.vcpus[number];
        let (core, waited) = (vcpu.core, vcpu.pending.is_empty());
        vcpu.pending.push_back(at);
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

    /// An empty channel arms its virtual NIC; a spent budget sends it to the tail of the list.
    fn guest_packet_ends(&mut self, core: CoreAt, number: usize, taken: u32) {
        let budget = self.world.hosts[core.host].budget;
        let vcpu = &mut self.vcpus[number];
        let first = vcpu.pending[0];
        let vnic = &mut self.vnics[first];
        let done = vnic.channel.pop_front().expect("a packet was in processing");
        vnic.armed = vnic.channel.is_empty();
        vcpu.doing = Doing::Packet { before: taken };
        if vnic.armed || taken >= budget {
            vcpu.pending.pop_front();
            vcpu.doing = Doing::Nothing;
        }
        if !vnic.armed && taken >= budget {
            vcpu.pending.push_back(first);
        }
        self.end(done, Fate::Delivered);
    }

    /// The next activity for the first pending virtual NIC, if there is one.
    fn begin_guest_activity(&mut self, core: CoreAt, number: usize) {
        let vcpu = &mut self.vcpus[number];
        let Some(&first) = vcpu.pending.front() else {
            return;
        };
        vcpu.doing = match vcpu.doing {
            Doing::Nothing if self.vnics[first].notified => Doing::Interrupt,
            Doing::Nothing | Doing::Interrupt => Doing::Packet { before: 0 },
            packet @ Doing::Packet { .. } => packet,
        };
        let left = if matches!(vcpu.doing, Doing::Interrupt) {
            self.vnics[first].notified = false;
            self.world.hosts[core.host].costs.guest_interrupt
        } else {
            self.guest_cost(&self.vnics[first].channel[0])
        };
        self.set_left(core, ThreadKind::Guest(number), left);
    }
}
