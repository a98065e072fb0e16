//! Virtual functions: rings of a NIC that guests serve themselves, past the host's cores.

use super::queue::RxQueue;
use super::world::{Consumer, Filter, NicSpec, VfSpec, VnicOwner, World};
use crate::engine::time::{Moment, Span, Time};
use crate::rx::moderation::{Moderator, Seen};
use crate::rx::ring::{Descriptor, Processing};

/// A virtual function's ring with its vector, as the vCPU that serves it has them.
pub(super) struct VfRing {
    /// The ring in the host's list of queues.
    pub(super) queue: usize,
    pub(super) nic: usize,
    pub(super) seen: Seen,
    masked: bool,
    moderator: Moderator,
    /// What the interrupt costs the guest, which has not taken it up yet.
    interrupt: Option<Span>,
}

impl VfRing {
    pub(super) fn new(queue: usize, nic: usize, spec: &NicSpec) -> Self {
        let moderator = Moderator::new(spec.moderation);
        Self { queue, nic, seen: Seen::default(), masked: false, moderator, interrupt: None }
    }

    /// When its interrupt is due, as far as the ring is known.
    pub(super) fn due(&self, rings: &[RxQueue]) -> Moment {
        if self.masked {
            return Moment::NEVER;
        }
        let ring = &rings[self.queue].ring;
        self.moderator.due(ring.visible(1), |n| ring.visible(n))
    }

    /// Its interrupt is taken, and costs the guest so much.
    pub(super) fn interrupt(&mut self, now: Time, cost: Span) {
        self.masked = true;
        self.moderator.taken(now);
        self.seen.interrupts += 1;
        self.interrupt = Some(cost);
    }

    /// The guest takes its interrupt up, if there is one: what that costs.
    pub(super) fn take_up_interrupt(&mut self) -> Option<Span> {
        self.interrupt.take()
    }

    /// The packet that the guest processes next.
    pub(super) fn first<'a>(&self, rings: &'a [RxQueue]) -> &'a Descriptor {
        rings[self.queue].ring.first().expect("a ring in the list shows a packet")
    }

    /// Whether a packet is visible at `see`.
    pub(super) fn has_visible(&self, see: Moment, rings: &[RxQueue]) -> bool {
        rings[self.queue].ring.visible(1) <= see
    }

    /// Its first packet has been processed. True if a port waits for the descriptor.
    pub(super) fn finish(&mut self, start: Time, end: Time, rings: &mut [RxQueue]) -> bool {
        let queue = &mut rings[self.queue];
        let first = &mut queue.ring.front_mut(1)[0];
        first.work = Processing { start, end, interrupt: self.moderator.last_taken() };
        self.seen.packets += 1;
        self.seen.bytes += u64::from(first.packet.frame.size);
        queue.ring.finish(1);
        queue.watched
    }

    /// Nothing is visible in it any more.
    pub(super) fn unmask(&mut self, see: Moment) {
        self.masked = false;
        self.moderator.unmask(see, self.seen);
    }
}

/// The virtual NIC by whose virtual function the packets of a source come, if they do: a filter
/// that names a queue of the port leads past it.
pub(super) fn way_of(world: &World, source: usize) -> Option<usize> {
    let traffic = &world.sources[source];
    match traffic.to {
        Consumer::Vnic(vnic) if !matches!(traffic.filter, Filter::Pin(_)) => {
            world.vnics[vnic].vf.is_some().then_some(vnic)
        }
        _ => None,
    }
}

/// The virtual functions of a port, each with its virtual NIC.
fn of_nic(world: &World, nic: usize) -> impl Iterator<Item = (usize, &VfSpec)> {
    let vnics = world.vnics.iter().enumerate().filter(move |(_, vnic)| vnic.nic == nic);
    vnics.filter_map(|(number, vnic)| Some((number, vnic.vf.as_ref()?)))
}

/// Whose the rings of a port's virtual functions are, in the order of their numbers.
pub(super) fn owners(world: &World, nic: usize) -> Vec<VnicOwner> {
    let owner = |vnic: usize, vcpu: u32| match world.vnics[vnic].owner {
        VnicOwner::Vm { vm, .. } => VnicOwner::Vm { vm, vcpu },
        VnicOwner::Host => unreachable!("virtual functions belong to guests"),
    };
    let rings = |(vnic, vf): (usize, &VfSpec)| -> Vec<VnicOwner> {
        vf.vcpus.iter().map(|vcpu| owner(vnic, *vcpu)).collect()
    };
    of_nic(world, nic).flat_map(rings).collect()
}

/// The first ring of a virtual NIC's virtual function among those of its port.
pub(super) fn first_ring(world: &World, vnic: usize) -> usize {
    let before = of_nic(world, world.vnics[vnic].nic).take_while(|(number, _)| *number < vnic);
    before.map(|(_, vf)| vf.vcpus.len()).sum()
}

/// The rings that a vCPU serves, in the order of the host's list of queues.
pub(super) fn rings_of(world: &World, owner: VnicOwner, host: usize) -> Vec<VfRing> {
    let (mut rings, mut base) = (Vec::new(), 0);
    for (nic, spec) in world.nics.iter().enumerate().filter(|(_, nic)| nic.host == host) {
        let owners = owners(world, nic);
        base += spec.queues.len();
        let own = (base..).zip(&owners).filter(|(_, one)| **one == owner);
        rings.extend(own.map(|(queue, _)| VfRing::new(queue, nic, spec)));
        base += owners.len();
    }
    rings
}
