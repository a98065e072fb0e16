//! Virtual NICs, and the vCPUs that take packets from their channels.
//!
//! Rules G13 to G17, G20 to G27, R5, R6 and I25.

use crate::reference::core::threads::ThreadKind;
use crate::reference::model::{CoreAt, Frame, Model, VectorAt};
use rxsim::engine::time::Time;
use rxsim::vocab::packet::Fate;
use rxsim::world::outcome::VnicTally;
use rxsim::world::{RxPath, VnicOwner, VnicSpec, World};
use std::collections::VecDeque;

/// A virtual NIC.
pub(in crate::reference) struct Vnic {
    /// Its receive path now.
    pub(in crate::reference) rx_path: RxPath,
    /// Its channels; none for a virtual NIC of the host.
    pub(in crate::reference) channels: Vec<Channel>,
    pub(in crate::reference) tally: VnicTally,
}

/// Where a channel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::reference) struct ChannelAt {
    pub(in crate::reference) vnic: usize,
    pub(in crate::reference) index: usize,
}

/// A channel of a virtual NIC.
pub(in crate::reference) struct Channel {
    /// Packets delivered to the guest and not finished; the first one may be in processing.
    pub(in crate::reference) packets: VecDeque<Frame>,
    /// Armed: the next packet that the channel accepts causes a notification.
    pub(in crate::reference) armed: bool,
    /// Whether it was notified since its vCPU last served it.
    pub(in crate::reference) notified: bool,
    /// The vCPU that it notifies.
    vcpu: usize,
}

/// A vCPU: a thread of the core that it is pinned to, or of each of its allowed cores.
pub(in crate::reference) struct Vcpu {
    /// The core on which it is, or was last.
    pub(in crate::reference) core: CoreAt,
    /// The cores that it may wake up on.
    over: Vec<u32>,
    /// Channels and rings with packets for it; it serves the first one. Where there is none it
    /// waits ...
    pub(in crate::reference) pending: VecDeque<Pending>,
    /// ... since this instant.
    pub(in crate::reference) waits_since: Time,
    pub(in crate::reference) doing: Doing,
    /// The packet of a virtual function in processing.
    pub(in crate::reference) in_service: Option<Frame>,
}

/// A channel or a ring with packets for a vCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reference) enum Pending {
    /// A channel of a virtual NIC.
    Channel(ChannelAt),
    /// The ring behind a virtual function's vector.
    Ring(VectorAt),
}

/// What a vCPU does for the first channel or ring of its list.
#[derive(Clone, Copy)]
pub(in crate::reference) enum Doing {
    /// It has not started to serve it.
    Nothing,
    /// The virtual interrupt.
    Interrupt,
    /// A packet, after so many others since it started to serve.
    Packet { before: u32 },
}

impl Vnic {
    pub(in crate::reference) fn new(world: &World, spec: &VnicSpec) -> Self {
        let vcpus = match (spec.owner, &spec.channels) {
            (VnicOwner::Host, _) => Vec::new(),
            (VnicOwner::Vm { vm, .. }, Some(channels)) => {
                channels.targets.iter().map(|vcpu| Vcpu::number(world, vm, *vcpu)).collect()
            }
            (VnicOwner::Vm { vm, vcpu }, None) => vec![Vcpu::number(world, vm, vcpu)],
        };
        let channels = vcpus.into_iter().map(Channel::new).collect();
        Self { rx_path: spec.rx_path.clone(), channels, tally: VnicTally::default() }
    }
}

impl Channel {
    fn new(vcpu: usize) -> Self {
        Self { packets: VecDeque::new(), armed: true, notified: false, vcpu }
    }
}

impl Vcpu {
    /// Whether it may be a thread of this core.
    pub(in crate::reference) fn may_be_on(&self, at: CoreAt) -> bool {
        self.core.host == at.host && self.over.contains(&(at.index as u32))
    }

    /// The place of a VM's vCPU among all.
    pub(in crate::reference) fn number(world: &World, vm: usize, vcpu: u32) -> usize {
        let before: usize = world.vms[..vm].iter().map(|vm| vm.vcpus.len()).sum();
        before + vcpu as usize
    }

    /// All vCPUs, in the order of (VM, vCPU); they wait.
    pub(in crate::reference) fn all(world: &World) -> Vec<Self> {
        let vcpu = |host: usize, core: u32, floats: &Option<Vec<u32>>| Self {
            over: floats.clone().unwrap_or(vec![core]),
            core: CoreAt { host, index: core as usize },
            pending: VecDeque::new(),
            waits_since: Time::ZERO,
            doing: Doing::Nothing,
            in_service: None,
        };
        let of_vm = |vm: &rxsim::world::VmSpec| {
            vm.vcpus.iter().map(|core| vcpu(vm.host, *core, &vm.allowed_cores)).collect::<Vec<_>>()
        };
        world.vms.iter().flat_map(of_vm).collect()
    }
}

impl Model<'_> {
    /// A notification reaches the guest.
    pub(in crate::reference) fn notify(&mut self, at: ChannelAt) {
        self.vnics[at.vnic].tally.notifications += 1;
        let channel = self.channel(at);
        channel.notified = true;
        let number = channel.vcpu;
        self.append(number, Pending::Channel(at));
    }

    pub(in crate::reference) fn channel(&mut self, at: ChannelAt) -> &mut Channel {
        &mut self.vnics[at.vnic].channels[at.index]
    }

    /// Appends to a vCPU's list; a vCPU that waited becomes runnable.
    pub(in crate::reference) fn append(&mut self, number: usize, what: Pending) {
        let vcpu = &mut self.vcpus[number];
        let waited = vcpu.pending.is_empty();
        match (vcpu.pending.back(), what) {
            (Some(Pending::Channel(_)), Pending::Ring(_)) => self.functions.behind_channels += 1,
            (Some(Pending::Ring(_)), Pending::Channel(_)) => self.functions.before_channels += 1,
            _ => {}
        }
        vcpu.pending.push_back(what);
        if waited {
            let core = self.wakes_up_on(number);
            self.vcpus[number].core = core;
            self.pause(core);
            self.begin_guest_activity(core, number);
            self.wake(core, ThreadKind::Guest(number));
            self.dispatch(core);
        }
    }

    /// The allowed core with the fewest runnable threads, the first of equals.
    fn wakes_up_on(&mut self, number: usize) -> CoreAt {
        let vcpu = &self.vcpus[number];
        let at = |core: &u32| CoreAt { host: vcpu.core.host, index: *core as usize };
        let load = |at: &CoreAt| self.cores[at.host][at.index].threads.runnable();
        let core = vcpu.over.iter().map(at).min_by_key(load).expect("a core to wake up on");
        self.tallies.floated += u64::from(core != vcpu.core);
        core
    }

    /// The vCPU's activity has ended; whether another one follows.
    pub(in crate::reference) fn continue_guest(&mut self, core: CoreAt, number: usize) -> bool {
        if let Doing::Packet { before } = self.vcpus[number].doing {
            self.guest_packet_ends(core, number, before + 1);
        }
        self.begin_guest_activity(core, number);
        !self.vcpus[number].pending.is_empty()
    }

    /// A channel or ring without packets leaves the list; one that used up its budget goes to the
    /// tail.
    fn guest_packet_ends(&mut self, core: CoreAt, number: usize, taken: u32) {
        let first = self.vcpus[number].pending[0];
        let more = match first {
            Pending::Channel(channel) => self.channel_packet_ends(channel),
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

    /// An empty channel is armed. Returns whether there are more packets.
    fn channel_packet_ends(&mut self, at: ChannelAt) -> bool {
        let channel = self.channel(at);
        let done = channel.packets.pop_front().expect("a packet was in processing");
        channel.armed = channel.packets.is_empty();
        let more = !channel.armed;
        self.end(done, Fate::Delivered);
        more
    }

    /// The next activity for the first of the list, if there is one.
    fn begin_guest_activity(&mut self, core: CoreAt, number: usize) {
        let now = self.agenda.time();
        let Some(&first) = self.vcpus[number].pending.front() else {
            self.vcpus[number].waits_since = now;
            return;
        };
        let interrupted = match first {
            Pending::Channel(at) => self.channel(at).notified,
            Pending::Ring(at) => self.nics[at.nic].vectors[at.index].pending_interrupt.is_some(),
        };
        let vcpu = &mut self.vcpus[number];
        vcpu.doing = match vcpu.doing {
            Doing::Nothing if interrupted => Doing::Interrupt,
            Doing::Nothing | Doing::Interrupt => Doing::Packet { before: 0 },
            packet @ Doing::Packet { .. } => packet,
        };
        let left = match first {
            Pending::Ring(vector) => self.begin_ring_activity(number, vector),
            Pending::Channel(at) if interrupted => {
                self.channel(at).notified = false;
                self.world.hosts[core.host].costs.guest_interrupt
            }
            Pending::Channel(at) => {
                let packet = self.channel(at).packets[0];
                self.guest_cost(&packet)
            }
        };
        self.set_left(core, ThreadKind::Guest(number), left);
    }
}
