//! A policy of one's own: a queue whose ring fills up goes to the core whose rings hold least.
//! `cargo run --example custom_policy`
//!
//! ```text
//!   wire --hash--> queues 0 to 15 --> cores 0 to 3 --+-- Loads --> Overflow::rebalance --+
//!                        ^                                                               |
//!                        +------------------- Moves: queue -> core ----------------------+
//! ```

use rxsim::policy::{CoreId, QueueId};
use rxsim::world::{Maker, Rebalance};
use rxsim::{Error, Loads, Move, Policy, Source, Span, World, load, run};

/// Few flows are large, and chance puts them on few queues.
const SCENARIO: &str = r#"
duration = "500 ms"
host.alpha = { cores = 4, cost = { packet = "1 us", interrupt = "1 us", move = "10 us" } }
nic.port0 = { path = "rss", rss = { queues = 16 } }
[traffic]
bulk = { to = "host.alpha", rate = "3200 kpps", flows = 1000, popularity = { zipf = 0.9 } }
"#;

struct Overflow;

impl Policy for Overflow {
    fn name(&self) -> &'static str {
        "overflow"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        let of = |core: CoreId| loads.queues.iter().filter(move |queue| queue.core == core);
        let held = |core: &CoreId| of(*core).map(|queue| queue.depth).sum::<u32>();
        let mut queues = (0..).map(QueueId).zip(&loads.queues);
        let full = queues.find(|(_, load)| load.depth > 256 && of(load.core).count() > 1);
        let Some((queue, load)) = full else { return vec![] };
        let to = loads.usable().filter(|core| *core != load.core).min_by_key(held);
        to.map(|to| Move::Queue { queue, to }).into_iter().collect()
    }
}

fn show(what: &str, world: &World) -> Result<(), Error> {
    let port = &run(world)?.nics[0];
    let cores: Vec<u32> = port.queues.iter().map(|queue| queue.core).collect();
    let lost: u64 = port.queues.iter().map(|queue| queue.dropped).sum();
    println!("{what}: {lost} lost, {} moves, queues on cores {cores:?}", port.policy.moves);
    Ok(())
}

fn main() -> Result<(), Error> {
    let mut world = load(&Source::new("here", SCENARIO), &[])?.plan(None)?.world;
    show("fixed", &world)?;
    let maker = Maker::own(|| Box::new(Overflow));
    world.nics[0].rebalance = Some(Rebalance::new(Span::ms(5), maker));
    show("overflow", &world)
}
