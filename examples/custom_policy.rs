//! A policy of one's own: a queue whose ring fills up goes to another core, each in turn.
//!
//! ```text
//!   queues 0..5 --> their cores --+-- Loads --> Overflow::rebalance --+
//!        ^                                                            |
//!        +------------- Moves: queue -> core -------------------------+
//! ```
//!
//! The loads are made up: three cores, each carries two queues, and all five start on core 0.
//! `cargo run --example custom_policy`

use rxsim::engine::time::{Span, Time};
use rxsim::policy::{CoreLoad, Loads, Move, Policy, QueueLoad};
use rxsim::vocab::busy::Busy;
use rxsim::vocab::id::{CoreId, QueueId};

struct Overflow {
    turn: usize,
}

impl Policy for Overflow {
    fn name(&self) -> &'static str {
        "overflow"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        let mut queues = loads.queues.iter().zip(0..).map(|(load, queue)| (load, QueueId(queue)));
        let Some((load, queue)) = queues.find(|(load, _)| load.depth > 256) else { return vec![] };
        let others: Vec<CoreId> = loads.usable().filter(|core| *core != load.core).collect();
        let Some(&to) = others.get(self.turn % others.len().max(1)) else { return vec![] };
        self.turn += 1;
        vec![Move::Queue { queue, to }]
    }
}

fn main() {
    let interval = Span::ms(100);
    let core = CoreLoad { usable: true, busy: Busy::default() };
    let (queues, cores) = (vec![QueueLoad::default(); 5], vec![core; 3]);
    let mut loads = Loads { interval, queues, cores, ..Loads::default() };
    let mut policy = Overflow { turn: 0 };
    for look in 1..=5 {
        loads.now = Time::ZERO + interval * look;
        let places: Vec<u32> = loads.queues.iter().map(|queue| queue.core.0).collect();
        for queue in &mut loads.queues {
            let sharing = places.iter().filter(|core| **core == queue.core.0).count();
            queue.depth = if sharing > 2 { 512 } else { 16 };
        }
        let moves = policy.rebalance(&loads);
        println!("{}: queues on cores {places:?}; {} moves {moves:?}", loads.now, policy.name());
        for step in moves {
            loads.apply(step).expect("it names what exists, and another core");
        }
    }
}
