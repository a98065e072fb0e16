//! Ports and loads made up for tests.

use super::contract::{CoreLoad, EntryLoad, Loads, Move, Policy, QueueLoad};
use crate::engine::chance::Stream;
use crate::engine::time::{Span, Time};
use crate::vocab::busy::Busy;
use crate::vocab::id::{CoreId, EntryId, QueueId};
use std::collections::BTreeSet;

/// A step that moves a queue.
pub(crate) fn queue_move(queue: u32, to: u32) -> Move {
    Move::Queue { queue: QueueId(queue), to: CoreId(to) }
}

/// A port without a table, in the round with a policy. All figures are hundredths of a core.
pub(crate) struct Bench {
    /// What each queue's packets would take.
    pub(crate) demand: Vec<u64>,
    /// What else each core does.
    pub(crate) work: Vec<u64>,
    places: Vec<CoreId>,
    looks: u64,
}

impl Bench {
    /// All queues are on core 0.
    pub(crate) fn new(demand: &[u64], cores: usize) -> Self {
        let places = vec![CoreId(0); demand.len()];
        Self { demand: demand.to_vec(), work: vec![0; cores], places, looks: 0 }
    }

    pub(crate) fn place(&mut self, cores: &[u32]) {
        self.places = cores.iter().copied().map(CoreId).collect();
    }

    /// What a core does for its queues: what they want, if it has the time.
    fn receive(&self, core: usize) -> u64 {
        let own = self.places.iter().zip(&self.demand).filter(|(place, _)| place.at() == core);
        own.map(|(_, demand)| demand).sum::<u64>().min(100 - self.work[core])
    }

    pub(crate) fn look(&self) -> Loads {
        let core = |core| CoreLoad {
            usable: true,
            busy: Busy {
                deferred: Span::ms(self.receive(core)),
                work: Span::ms(self.work[core]),
                ..Busy::default()
            },
        };
        let queue = |(core, demand): (&CoreId, &u64)| QueueLoad {
            core: *core,
            packets: 1_000 * demand,
            bytes: 64_000 * demand,
            depth: 0,
        };
        Loads {
            now: Time::ZERO + Span::ms(100) * self.looks,
            interval: Span::ms(100),
            queues: self.places.iter().zip(&self.demand).map(queue).collect(),
            entries: Vec::new(),
            cores: (0..self.work.len()).map(core).collect(),
            home: CoreId(0),
        }
    }

    /// Lets a policy look so many times, makes its moves, and counts them.
    pub(crate) fn run(&mut self, policy: &mut dyn Policy, looks: usize) -> usize {
        let mut count = 0;
        for _ in 0..looks {
            self.looks += 1;
            let mut loads = self.look();
            for step in policy.rebalance(&loads.clone()) {
                loads.apply(step).unwrap();
                count += 1;
            }
            self.places = loads.queues.iter().map(|queue| queue.core).collect();
        }
        count
    }

    /// The cores that have a queue.
    pub(crate) fn cores_used(&self) -> Vec<CoreId> {
        self.places.iter().copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    pub(crate) fn used(&self) -> usize {
        self.cores_used().len()
    }

    /// What all cores do for the queues.
    pub(crate) fn delivered(&self) -> u64 {
        (0..self.work.len()).map(|core| self.receive(core)).sum()
    }

    /// What the busiest core does for its queues.
    pub(crate) fn busiest(&self) -> u64 {
        (0..self.work.len()).map(|core| self.receive(core)).max().unwrap()
    }
}

/// A port with a table, and a queue on each core, none of which is ever full. All figures are
/// ten-thousandths of the interval.
pub(crate) struct TableBench {
    demand: Vec<u64>,
    /// The queue of each entry.
    pub(crate) table: Vec<QueueId>,
    cores: u32,
}

impl TableBench {
    /// Entry i starts at queue i mod `cores`.
    pub(crate) fn new(demand: &[u64], cores: u32) -> Self {
        let table = (0..demand.len() as u32).map(|entry| QueueId(entry % cores)).collect();
        Self { demand: demand.to_vec(), table, cores }
    }

    /// What the entries of a core take.
    pub(crate) fn entries_of(&self, core: CoreId) -> impl Iterator<Item = u64> + '_ {
        let own = self.table.iter().zip(&self.demand).filter(move |(queue, _)| queue.0 == core.0);
        own.map(|(_, demand)| *demand)
    }

    fn load(&self, core: u32) -> u64 {
        self.entries_of(CoreId(core)).sum()
    }

    pub(crate) fn look(&self) -> Loads {
        let core = |core| CoreLoad {
            usable: true,
            busy: Busy { deferred: Span::us(self.load(core)), ..Busy::default() },
        };
        let queue = |queue| QueueLoad {
            core: CoreId(queue),
            packets: self.load(queue),
            ..QueueLoad::default()
        };
        let entry = |(queue, packets): (&QueueId, &u64)| EntryLoad {
            queue: *queue,
            packets: *packets,
            bytes: 0,
        };
        Loads {
            interval: Span::ms(10),
            queues: (0..self.cores).map(queue).collect(),
            entries: self.table.iter().zip(&self.demand).map(entry).collect(),
            cores: (0..self.cores).map(core).collect(),
            ..Loads::default()
        }
    }

    /// Lets a policy look so many times, makes its moves, and counts them.
    pub(crate) fn run(&mut self, policy: &mut dyn Policy, looks: usize) -> usize {
        let mut count = 0;
        for _ in 0..looks {
            let mut loads = self.look();
            for step in policy.rebalance(&loads.clone()) {
                loads.apply(step).unwrap();
                count += 1;
            }
            self.table = loads.entries.iter().map(|entry| entry.queue).collect();
        }
        count
    }

    /// The busiest core, and what it takes.
    pub(crate) fn busiest(&self) -> (CoreId, u64) {
        let busiest = (0..self.cores).max_by_key(|core| self.load(*core)).unwrap();
        (CoreId(busiest), self.load(busiest))
    }

    pub(crate) fn total(&self) -> u64 {
        self.demand.iter().sum()
    }
}

/// Loads of so many entries with a Pareto tail of index 1.2, in whole numbers: most are small,
/// some as large as all others of a core.
pub(crate) fn heavy_tail(stream: &mut Stream, entries: usize) -> Vec<u64> {
    let mut one = || {
        let unit = crate::engine::chance::unit(stream.word());
        (10.0 * libm::pow(unit, -1.0 / 1.2)).min(2_000.0) as u64
    };
    (0..entries).map(|_| one()).collect()
}

/// Loads as no path would show them, but as the contract allows.
pub(crate) fn random(stream: &mut Stream) -> Loads {
    let interval = Span::ms(10);
    let cores = 1 + stream.below(9);
    let queues = stream.below(20);
    let entries = if queues > 0 { stream.below(3) * 64 } else { 0 };
    // Ties are frequent where the counts are small.
    let scale = [1, 3, 1_000_000][stream.below(3) as usize];
    let queue = |stream: &mut Stream| QueueLoad {
        core: CoreId(stream.below(cores) as u32),
        depth: stream.below(512) as u32,
        ..QueueLoad::default()
    };
    let mut queues: Vec<QueueLoad> = (0..queues).map(|_| queue(stream)).collect();
    let entry = |stream: &mut Stream| EntryLoad {
        queue: QueueId(stream.below(queues.len() as u64) as u32),
        packets: stream.below(scale + 1),
        bytes: 0,
    };
    let entries: Vec<EntryLoad> = (0..entries).map(|_| entry(stream)).collect();
    for (number, queue) in queues.iter_mut().enumerate() {
        let of = |entry: &&EntryLoad| entry.queue.at() == number;
        queue.packets = entries.iter().filter(of).map(|entry| entry.packets).sum();
        queue.packets += stream.below(scale + 1);
        queue.bytes = 64 * queue.packets;
    }
    let cores = (0..cores).map(|_| core(stream, interval)).collect();
    let home = CoreId(0);
    Loads { now: Time::ZERO, interval, queues, entries, cores, home }
}

fn core(stream: &mut Stream, interval: Span) -> CoreLoad {
    let mut left = [interval.0, interval.0 / 10, 0, 8][stream.below(4) as usize];
    let mut some = || {
        let part = stream.below(left + 1);
        left -= part;
        Span(part)
    };
    let busy = Busy { deferred: some(), interrupt: some(), vswitch: some(), ..Busy::default() };
    let busy = Busy { guest: some(), app: some(), work: some(), ..busy };
    CoreLoad { usable: stream.below(8) > 0, busy }
}

/// The entry of that number goes to a queue.
pub(crate) fn entry_move(entry: u32, to: u32) -> Move {
    Move::Entry { entry: EntryId(entry), to: QueueId(to) }
}
