//! What a policy is, what it is shown, and what it may do.

use super::share::part;
use crate::engine::time::{Span, Time};
use crate::vocab::busy::Busy;
use crate::vocab::id::{CoreId, EntryId, QueueId};
use std::fmt;

/// Decides which core serves which receive queue of a port, and which queue each entry of its
/// indirection table names.
///
/// The policy is asked at every multiple of its interval, as a control event, behind all else of
/// that instant. Its moves take effect at that instant, in the order returned. Two policies that
/// were shown the same loads return the same moves; ties go to the lowest index.
pub trait Policy: Send {
    /// The name in scenarios and results.
    fn name(&self) -> &'static str;

    /// Where the queues are before the first tick.
    fn start(&self) -> Start {
        Start::Spread
    }

    /// The moves to make, given the loads of the last interval.
    fn rebalance(&mut self, loads: &Loads) -> Vec<Move>;
}

/// Where the queues are before the first tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Start {
    /// In turn over the cores that may be used.
    Spread,
    /// All on the home core.
    Home,
}

/// One step of a rebalancing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Move {
    /// Another core serves the queue from now on.
    Queue {
        /// The queue.
        queue: QueueId,
        /// Its new core.
        to: CoreId,
    },
    /// Packets of this entry of the indirection table go to another queue from now on.
    Entry {
        /// The entry.
        entry: EntryId,
        /// Its new queue.
        to: QueueId,
    },
}

impl fmt::Display for Move {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Queue { queue, to } => write!(f, "move queue {} to core {}", queue.0, to.0),
            Self::Entry { entry, to } => {
                write!(f, "move table entry {} to queue {}", entry.0, to.0)
            }
        }
    }
}

/// The loads that one port's policy is shown: the last interval, and where everything is at its
/// end.
///
/// All counts were taken at the same instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Loads {
    /// The end of the interval.
    pub now: Time,
    /// Its length.
    pub interval: Span,
    /// Per receive queue of the port.
    pub queues: Vec<QueueLoad>,
    /// Per entry of the indirection table; empty where the port has none.
    pub entries: Vec<EntryLoad>,
    /// Per logical processor of the host.
    pub cores: Vec<CoreLoad>,
    /// The first core that the port may use.
    pub home: CoreId,
}

/// A receive queue's share of the interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct QueueLoad {
    /// Its core now.
    pub core: CoreId,
    /// Packets steered to it in the interval, those that its full ring lost included.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Descriptors held at the end of the interval.
    pub depth: u32,
}

/// The share of one entry of the indirection table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct EntryLoad {
    /// Its queue now.
    pub queue: QueueId,
    /// Packets that it steered in the interval.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a core did in the interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CoreLoad {
    /// Whether queues of the port may be moved to it: a physical core between `base_processor`
    /// and `max_processors`.
    pub usable: bool,
    /// Its time by kind of work, at most the interval in sum. Polls that find no packet do not
    /// count, because otherwise no policy could tell a busy polling core from an idle one.
    pub busy: Busy,
}

/// Why a move cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Refusal {
    /// The port has no such queue.
    NoQueue(QueueId),
    /// The port's indirection table has no such entry.
    NoEntry(EntryId),
    /// The port may not use this core, or there is none.
    NotUsable(CoreId),
    /// The queues of the port cannot change their core: the host polls, or interrupts per packet.
    Pinned,
    /// The queue or entry is there already.
    InPlace,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoQueue(queue) => write!(f, "there is no queue {}", queue.0),
            Self::NoEntry(entry) => write!(f, "there is no table entry {}", entry.0),
            Self::NotUsable(core) => write!(f, "core {} may not be used", core.0),
            Self::Pinned => f.write_str("the queues of this port cannot change their core"),
            Self::InPlace => f.write_str("it is there already"),
        }
    }
}

impl Loads {
    /// The cores that the port may use, lowest number first.
    pub fn usable(&self) -> impl Iterator<Item = CoreId> + '_ {
        (0..).map(CoreId).zip(&self.cores).filter(|(_, load)| load.usable).map(|(core, _)| core)
    }

    /// Whether the port may use this core.
    #[must_use]
    pub fn is_usable(&self, core: CoreId) -> bool {
        self.cores.get(core.at()).is_some_and(|load| load.usable)
    }

    /// The time that a core had nothing to do.
    #[must_use]
    pub fn idle(&self, core: CoreId) -> Span {
        Span(self.interval.0.saturating_sub(self.cores[core.at()].busy.total().0))
    }

    /// The estimated core time that each queue takes; no real system measures it.
    ///
    /// A core's receive time is split over its queues of this port by their packets. So expensive
    /// packets count like cheap ones, and a core that also serves another port looks busier with
    /// this one than it is (the processor sets of two ports must not overlap: Microsoft, "Windows
    /// Server 2012 performance tuning guidelines").
    #[must_use]
    pub fn queue_times(&self) -> Vec<Span> {
        let mut packets = vec![0; self.cores.len()];
        for queue in &self.queues {
            packets[queue.core.at()] += queue.packets;
        }
        let time = |queue: &QueueLoad| {
            let core = queue.core.at();
            part(self.cores[core].busy.receive(), queue.packets, packets[core])
        };
        self.queues.iter().map(time).collect()
    }

    /// The core time that each entry of the table takes: its queue's time, split by packets.
    #[must_use]
    pub fn entry_times(&self) -> Vec<Span> {
        let times = self.queue_times();
        let time = |entry: &EntryLoad| {
            let queue = entry.queue.at();
            part(times[queue], entry.packets, self.queues[queue].packets)
        };
        self.entries.iter().map(time).collect()
    }

    /// Applies a move to these loads: it changes where queues and entries are, not what was
    /// counted.
    ///
    /// # Errors
    ///
    /// If the move names what does not exist or may not be used, or changes nothing. Then nothing
    /// is applied.
    pub fn apply(&mut self, step: Move) -> Result<(), Refusal> {
        match step {
            Move::Queue { queue, to } if self.is_usable(to) => {
                let load = self.queues.get_mut(queue.at()).ok_or(Refusal::NoQueue(queue))?;
                replace(&mut load.core, to)
            }
            Move::Queue { to, .. } => Err(Refusal::NotUsable(to)),
            Move::Entry { entry, to } if to.at() < self.queues.len() => {
                let load = self.entries.get_mut(entry.at()).ok_or(Refusal::NoEntry(entry))?;
                replace(&mut load.queue, to)
            }
            Move::Entry { to, .. } => Err(Refusal::NoQueue(to)),
        }
    }
}

fn replace<T: PartialEq>(place: &mut T, new: T) -> Result<(), Refusal> {
    if *place == new {
        return Err(Refusal::InPlace);
    }
    *place = new;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two queues on core 0, none on core 1; core 2 may not be used.
    fn loads() -> Loads {
        let core = |usable, receive| CoreLoad {
            usable,
            busy: Busy { deferred: Span::ms(receive), work: Span::ms(10), ..Busy::default() },
        };
        let queue = |packets| QueueLoad { packets, ..QueueLoad::default() };
        let entry = |queue, packets| EntryLoad { queue: QueueId(queue), packets, bytes: 0 };
        Loads {
            interval: Span::ms(100),
            queues: vec![queue(30), queue(10)],
            entries: vec![entry(0, 15), entry(1, 10), entry(0, 5)],
            cores: vec![core(true, 40), core(true, 0), core(false, 0)],
            ..Loads::default()
        }
    }

    #[test]
    fn receive_time_is_split_by_packets_and_other_work_is_nobodys() {
        let loads = loads();
        assert_eq!(loads.queue_times(), [Span::ms(30), Span::ms(10)]);
        // Ten packets of queue 0 came by no entry: they had no hash.
        assert_eq!(loads.entry_times(), [Span::ms(15), Span::ms(10), Span::ms(5)]);
        assert_eq!(loads.idle(CoreId(0)), Span::ms(50));
    }

    #[test]
    fn a_move_that_cannot_be_made_is_refused_and_changes_nothing() {
        let mut after = loads();
        let (queue, core) = (QueueId(1), CoreId(2));
        for (step, why) in [
            (Move::Queue { queue, to: CoreId(0) }, Refusal::InPlace),
            (Move::Queue { queue, to: core }, Refusal::NotUsable(core)),
            (Move::Queue { queue, to: CoreId(3) }, Refusal::NotUsable(CoreId(3))),
            (Move::Queue { queue: QueueId(2), to: CoreId(1) }, Refusal::NoQueue(QueueId(2))),
            (Move::Entry { entry: EntryId(1), to: queue }, Refusal::InPlace),
            (Move::Entry { entry: EntryId(1), to: QueueId(2) }, Refusal::NoQueue(QueueId(2))),
            (Move::Entry { entry: EntryId(3), to: queue }, Refusal::NoEntry(EntryId(3))),
        ] {
            assert_eq!(after.apply(step), Err(why), "{step:?}");
        }
        assert_eq!(after, loads());
        after.apply(Move::Queue { queue, to: CoreId(1) }).unwrap();
        after.apply(Move::Entry { entry: EntryId(0), to: queue }).unwrap();
        assert_eq!(after.queues[1].core, CoreId(1));
        assert_eq!(after.entries[0].queue, queue);
    }
}
