//! A policy of one's own: a queue whose ring fills up goes to the core whose rings hold least, and
//! stays where it is the only one.
//!
//! ```text
//!   wire --hash--> queues 0 to 15 --> cores 0 to 3 --+-- Loads --> Overflow::rebalance --+
//!                        ^                                                               |
//!                        +------------------- Moves: queue -> core ----------------------+
//! ```
//!
//! `cargo run --example custom_policy`

use rxsim::engine::time::Span;
use rxsim::host::world::{Maker, Rebalance, World};
use rxsim::policy::{Loads, Move, Policy};
use rxsim::scenario::diagnostic::render;
use rxsim::scenario::{Source, load};
use rxsim::vocab::id::{CoreId, QueueId};

/// Few flows are large, and chance puts them on few queues.
const SCENARIO: &str = r#"
duration = "500 ms"

[host.alpha]
cores = 4
cost  = { packet = "1 us", round = "200 ns", interrupt = "1 us", move = "10 us" }

[nic.port0]
path = "rss"
rss  = { queues = 16 }

[traffic.bulk]
to         = "host.alpha"
rate       = "3200 kpps"
frame      = "256 B"
flows      = 1000
popularity = { zipf = 0.9 }
"#;

/// A ring that holds more than this fills up.
struct Overflow {
    limit: u32,
}

impl Policy for Overflow {
    fn name(&self) -> &'static str {
        "overflow"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        let of = |core: CoreId| loads.queues.iter().filter(move |queue| queue.core == core);
        let held = |core: &CoreId| of(*core).map(|queue| queue.depth).sum::<u32>();
        let queues = (0..).map(QueueId).zip(&loads.queues);
        let mut full =
            queues.filter(|(_, load)| load.depth > self.limit && of(load.core).count() > 1);
        let Some((queue, load)) = full.next() else { return vec![] };
        let to = loads.usable().filter(|core| *core != load.core).min_by_key(held);
        to.map(|to| Move::Queue { queue, to }).into_iter().collect()
    }
}

fn overflow() -> Box<dyn Policy> {
    Box::new(Overflow { limit: 256 })
}

/// Runs a world and prints where its queues are in the end, and what was lost.
fn show(what: &str, world: &World) {
    let outcome = rxsim::host::run(world, &mut |_| ());
    let (bulk, port) = (&outcome.sources[0], &outcome.nics[0]);
    let lost = bulk.dropped.iter().sum::<u64>() as f64 / bulk.offered.packets as f64 * 100.0;
    let cores: Vec<u32> = port.queues.iter().map(|queue| queue.core).collect();
    println!("{what}: {lost:.1} % lost, {} moves, queues on cores {cores:?}", port.policy.moves);
}

fn main() {
    let source = Source { name: "here".into(), text: SCENARIO.into(), dir: ".".into() };
    let plan = load(&source, &[]).and_then(|loaded| loaded.plan(None));
    let mut world = plan.unwrap_or_else(|wrong| panic!("{}", render(&wrong, false))).world;
    show("fixed", &world);
    world.nics[0].rebalance =
        Some(Rebalance { interval: Span::ms(5), maker: Maker::Own(overflow) });
    show("overflow", &world);
}
