//! Figures of ports and their queues.

use super::by_name::ByName;
use super::figure::{Figure, Word};
use super::record::record;
use crate::engine::time::{Span, Time};
use crate::rx::moderation::Moderation;
use crate::study::paths;
use crate::world::outcome::{NicTally, Outcome};
use crate::world::{NicSpec, RxPath, World};

record! {
    /// What happened at a port.
    pub struct NicFigures {
        /// A receive queue.
        pub queue: Vec<QueueFigures>,
        /// What the policy and events did.
        pub policy: PolicyFigures,
        /// The link.
        pub link: Utilization,
        /// The DMA engine on PCIe.
        pub dma: Utilization,
        /// Fraction of the window in which the head of the port waited for a descriptor
        /// (`when_ring_full = "hold"`).
        pub held: Figure as "share",
        /// Fraction of the window in which the port had asked its peer to pause.
        pub paused: Figure as "share",
        /// Interrupts of this port, those of its virtual functions included.
        pub interrupts: InterruptRate,
        /// Interrupt moderation in use.
        pub moderation: ModerationFigures,
    }
}

record! {
    /// What happened at a receive queue.
    pub struct QueueFigures {
        /// Packets steered to it, those lost included.
        pub packets: Figure as "packets",
        /// Packets lost at it.
        pub dropped: Figure as "packets",
        /// Number of its core at the end.
        pub core: Figure as "number",
        /// Name of the virtual NIC that has it at the end.
        pub vm: Word as "word",
    }
}

record! {
    /// What moved the queues or the table entries of a port.
    pub struct PolicyFigures {
        /// Moves decided in the window.
        pub moves: Figure as "moves",
        /// Time of the last move, from the start of the window.
        pub settled_at_us: Figure as "us",
    }
}

record! {
    /// How far something was used.
    pub struct Utilization {
        /// Fraction of the window in which it was in use.
        pub utilization: Figure as "share",
    }
}

record! {
    /// How often a port interrupted.
    pub struct InterruptRate {
        /// Per second.
        pub per_second: Figure as "1/s",
    }
}

record! {
    /// The interrupt moderation of a port.
    pub struct ModerationFigures {
        /// The policy.
        pub policy: Word as "word",
        /// The interval, rounded to the unit of the NIC; no data where there is none or it changes.
        pub interval_us: Figure as "us",
    }
}

/// The figures of all ports of a world, in its order.
pub(super) fn nics(world: &World, outcome: &Outcome) -> ByName<NicFigures> {
    let rx_paths = paths::rx_paths(world, Time::END);
    let nics = world.nics.iter().zip(&outcome.nics).enumerate();
    let figures = nics.map(|(index, (nic, tally))| {
        let owners = owners(world, &rx_paths, index);
        (nic.name.clone(), NicFigures::new(nic, tally, owners, outcome.window))
    });
    ByName(figures.collect())
}

/// Per queue of a port the name of the virtual NIC that has it at the end.
fn owners(world: &World, rx_paths: &[&RxPath], nic: usize) -> Vec<Word> {
    let mut owners = vec![Word(None); world.nics[nic].queues.len()];
    for (vnic, rx_path) in world.vnics.iter().zip(rx_paths).filter(|(vnic, _)| vnic.nic == nic) {
        for queue in rx_path.own() {
            owners[*queue as usize] = Word::of(&vnic.name);
        }
    }
    owners
}

impl NicFigures {
    fn new(nic: &NicSpec, tally: &NicTally, owners: Vec<Word>, window: Span) -> Self {
        let share = |part: Span| Figure::share(part, window);
        let queues = tally.queues.iter().zip(owners).map(|(queue, vm)| QueueFigures {
            packets: Figure::count(queue.packets),
            dropped: Figure::count(queue.dropped),
            core: Figure::count(u64::from(queue.core)),
            vm,
        });
        Self {
            queue: queues.collect(),
            policy: PolicyFigures {
                moves: Figure::count(tally.policy.moves),
                settled_at_us: Figure::maybe(tally.policy.settled.map(Span::as_us)),
            },
            link: Utilization { utilization: share(tally.link_busy) },
            dma: Utilization { utilization: share(tally.dma_busy) },
            held: share(tally.held),
            paused: share(tally.paused),
            interrupts: InterruptRate {
                per_second: Figure::per_second(tally.interrupts as f64, window),
            },
            moderation: ModerationFigures::new(nic.moderation),
        }
    }
}

impl ModerationFigures {
    fn new(rule: Moderation) -> Self {
        let (policy, interval) = match rule {
            Moderation::None => ("none", None),
            Moderation::Throttle { interval } => ("throttle", Some(interval)),
            Moderation::Timer { interval } => ("timer", Some(interval)),
            Moderation::TimerOrCount { interval, .. } => ("timer-or-count", Some(interval)),
            Moderation::Periodic { interval } => ("periodic", Some(interval)),
            Moderation::NetDim => ("net-dim", None),
            Moderation::Ixgbe => ("ixgbe", None),
        };
        Self { policy: Word::of(policy), interval_us: Figure::maybe(interval.map(Span::as_us)) }
    }
}
