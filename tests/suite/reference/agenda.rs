//! The one total order: (time, class, entity), then the order in which items were put in.
//!
//! Rules O1 to O5, I30 and I33.

use crate::reference::core::rounds::Holder;
use crate::reference::model::{CoreAt, VectorAt};
use rxsim::engine::time::{PhasedTime, Time};
use rxsim::world::TrafficSpec;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One item of the agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// The oldest frame under way over this NIC's PCIe becomes visible to the host.
    DmaDone { nic: usize },
    /// This NIC's DMA engine has ended a transfer.
    DmaStart { nic: usize },
    /// A vector's moderation timer.
    Moderation { vector: VectorAt },
    /// A multiple of a work's period.
    Work { work: usize },
    /// What a connection comes to know of this packet, unless it knew otherwise before.
    Known { source: usize, number: usize, delivered: bool },
    /// A link that may pause has sent its frame.
    LinkFree { nic: usize },
    /// A vector or packet of this core may be due.
    Interrupt { core: CoreAt },
    /// A virtual function's vector is due, and interrupts a vCPU of this core.
    GuestInterrupt { core: CoreAt, vcpu: usize, vector: VectorAt },
    /// What this core runs ends, unless it was preempted since (another `serial`).
    End { core: CoreAt, serial: u64 },
    /// Rounds on this core have ended: their packets go to their apps.
    Handoff { core: CoreAt },
    /// A round on this core that is not over hands over its packets, or notifies guests.
    RoundHandoff { core: CoreAt, holder: Holder },
    /// Held frames of immediate NICs become visible.
    LateDone,
    /// The last bit of the oldest frame on this NIC's link.
    LastBit { nic: usize },
    /// A source offers its next packet.
    Offer { place: Place, source: usize },
    /// A connection sends what was scheduled as the so-manieth of its source.
    Send { place: Place, source: usize, order: usize, connection: usize },
    /// A queue on the move, the so-manieth one, leaves this core.
    Goes { from: CoreAt, number: usize, nic: usize, queue: u32 },
    /// One of the world's events.
    Event { event: usize },
    /// A port's policy looks.
    PolicyTick { nic: usize },
}

/// Where a source offers: at a NIC, before its link or inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    nic: usize,
    inside: bool,
}

impl Place {
    pub(super) fn of(source: &TrafficSpec) -> Self {
        Self { nic: source.nic, inside: source.by_internal_switch }
    }

    fn rank(self) -> [usize; 2] {
        [self.nic + 1, 1 + usize::from(self.inside)]
    }
}

/// A class, and the entity within it.
type Rank = (u8, [usize; 5]);

impl Item {
    /// Class, then entity. Held frames come before arrivals; those of one NIC: the link's, then
    /// sources, and those inside last.
    fn rank(self) -> Rank {
        let of_core = |class, core: CoreAt| (class, [core.host, core.index, 0, 0, 0]);
        match self {
            Self::DmaDone { nic } => (0, [nic, 0, 0, 0, 0]),
            Self::DmaStart { nic } => (1, [nic, 0, 0, 0, 0]),
            Self::Moderation { vector } => (2, [0, vector.nic, vector.index, 0, 0]),
            Self::Work { work } => (2, [1, work, 0, 0, 0]),
            Self::Known { source, number, .. } => (2, [2, source, number, 0, 0]),
            Self::LinkFree { nic } => (2, [3, nic, 0, 0, 0]),
            Self::Interrupt { core } => of_core(3, core),
            Self::GuestInterrupt { core, vcpu, vector } => {
                (3, [core.host, core.index, 1 + vcpu, vector.nic, vector.index])
            }
            Self::End { core, .. } => of_core(4, core),
            Self::Handoff { core } | Self::RoundHandoff { core, .. } => of_core(5, core),
            Self::LateDone => (6, [0, 0, 0, 0, 0]),
            Self::LastBit { nic } => (6, [nic + 1, 0, 0, 0, 0]),
            Self::Offer { place, source } => {
                let [nic, side] = place.rank();
                (6, [nic, side, source, 0, 0])
            }
            Self::Send { place, source, order, .. } => {
                let [nic, side] = place.rank();
                (6, [nic, side, source, order, 0])
            }
            Self::Goes { from, number, .. } => (7, [0, from.host, from.index, number, 0]),
            Self::Event { event } => (7, [1, event, 0, 0, 0]),
            Self::PolicyTick { nic } => (7, [2, nic, 0, 0, 0]),
        }
    }

    /// Whether it belongs to the phase of the arrivals: these, and what comes behind them.
    fn is_late(self) -> bool {
        self.rank().0 >= 6
    }
}

/// Time, class and entity, serial number, and the item itself.
type Entry = (Time, Rank, u64, Item);

/// All that is to come, and the moment that it is now.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
    serial: u64,
    now: PhasedTime,
}

impl Agenda {
    /// Puts an item in. What lies in the past is a mistake in the model.
    pub(super) fn put(&mut self, time: Time, item: Item) {
        assert!(time >= self.time(), "{item:?} at {time} was put in at {}", self.time());
        self.heap.push(Reverse((time, item.rank(), self.serial, item)));
        self.serial += 1;
    }

    /// Takes the next item if it is not after `end`, and moves the clock to it. What follows from
    /// an arrival, or from a control, is of the phase of arrivals, whatever its class.
    pub(super) fn take(&mut self, end: Time) -> Option<Item> {
        let Reverse((time, _, _, item)) = *self.heap.peek()?;
        if time > end {
            return None;
        }
        self.heap.pop();
        let moment = if item.is_late() { time.at_arrivals() } else { time.before_arrivals() };
        self.now = self.now.max(moment);
        Some(item)
    }

    /// The moment that it is now.
    pub(super) fn now(&self) -> PhasedTime {
        self.now
    }

    /// The instant that it is now.
    pub(super) fn time(&self) -> Time {
        self.now.time()
    }

    /// Whether the arrivals of this instant have begun.
    pub(super) fn among_arrivals(&self) -> bool {
        self.now == self.time().at_arrivals()
    }
}
