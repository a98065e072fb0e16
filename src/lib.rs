//! rxsim: a packet-level simulator of the network receive path.
//!
//! ```text
//!   wire           | NIC                                   | host                   | VM
//!   source -> wire | buffer -> steering -> dma -> ring -+  |                        |
//!                  |                                    +->| interrupt -> deferred  |
//!                  |                                    |  |   -> consumer          |
//!                  |                                    |  |   -> virtual switch ---|-> guest
//!                  |                                    +----- virtual function ----|-> guest
//! ```
//!
//! # Running scenarios
//!
//! [`load()`] reads and checks a scenario, [`Loaded::plan`] hands out the plain file or one of its
//! designs, and [`run`] simulates its [`World`]:
//!
//! ```
//! use rxsim::{Source, load, run};
//!
//! let text = r#"
//!     duration = "20 ms"
//!     host.alpha = { cores = 1, cost = { packet = "1 us" } }
//!     nic.port0 = { path = "single-queue" }
//!     traffic.bulk = { to = "host.alpha", rate = "1500 kpps" }
//! "#;
//! let plan = load(&Source::new("ceiling", text), &[])?.plan(None)?;
//! let outcome = run(&plan.world)?;
//! let bulk = &outcome.sources[0];
//! assert!(bulk.lost() > bulk.offered.packets / 4, "a core that needs 1 us takes 1000 kpps");
//! # Ok::<(), rxsim::Error>(())
//! ```
//!
//! The same works without a file: see [`world`].
//!
//! # Policies
//!
//! A [`Policy`] moves receive queues between cores, given [`Loads`] at intervals:
//!
//! ```
//! use rxsim::world::{Maker, Rebalance};
//! use rxsim::policy::{CoreId, QueueId};
//! use rxsim::{Loads, Move, Policy, Source, Span, load, run};
//!
//! /// Every queue goes round all cores, one at a time.
//! struct RoundRobin(u32);
//!
//! impl Policy for RoundRobin {
//!     fn name(&self) -> &'static str {
//!         "round-robin"
//!     }
//!
//!     fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
//!         let queue = QueueId(self.0 % loads.queues.len() as u32);
//!         self.0 += 1;
//!         let next = (loads.queues[queue.at()].core.0 + 1) % loads.cores.len() as u32;
//!         vec![Move::Queue { queue, to: CoreId(next) }]
//!     }
//! }
//!
//! let text = r#"
//!     duration = "20 ms"
//!     host.alpha = { cores = 4, cost = { packet = "1 us" } }
//!     nic.port0 = { path = "rss", rss = { queues = 8 } }
//!     traffic.bulk = { to = "host.alpha", rate = "1500 kpps", flows = 100 }
//! "#;
//! let mut world = load(&Source::new("moving", text), &[])?.plan(None)?.world;
//! world.nics[0].rebalance = Some(Rebalance::new(Span::ms(1), Maker::own(|| Box::new(RoundRobin(0)))));
//! assert_eq!(run(&world)?.nics[0].policy.moves, 20);
//! # Ok::<(), rxsim::Error>(())
//! ```
//!
//! # Features
//!
//! - `cli` (default): the command line, with all that prints tables and draws plots.
//! - `internals`: makes all modules public for the tests of the crate's own repository. What it
//!   shows may change in any release.
//!
//! # Modules
//!
//! Modules are floors, lowest first; each imports lower floors only.
//!
//! - `engine` is time, order, chance; it knows no packet.
//! - `vocab` holds the words that all stations share.
//! - `measure` holds the instruments.
//! - `rx` is the receive path, one file per station.
//! - [`policy`] is the control plane beside it: loads in, moves out.
//! - [`world`] is what is simulated, in plain numbers, and what came out of it.
//! - `sim` is the wiring; it runs a [`World`].
//! - `scenario` goes from TOML file -> checked plan -> world.
//! - `study` holds replications, comparisons, metrics, expectations.
//! - `report` writes verdict, tables, files, plots.
//! - `cli` is the command line.

// Without `internals` the modules are private, and what is there for the suite alone is unused.
#![cfg_attr(not(feature = "internals"), allow(dead_code, unreachable_pub, unused_imports))]

#[cfg(feature = "cli")]
pub mod cli;
mod error;
pub mod policy;
pub mod world;

#[cfg(not(feature = "internals"))]
mod engine;
#[cfg(not(feature = "internals"))]
mod measure;
#[cfg(not(feature = "internals"))]
mod report;
#[cfg(not(feature = "internals"))]
mod rx;
#[cfg(not(feature = "internals"))]
mod scenario;
#[cfg(not(feature = "internals"))]
mod sim;
#[cfg(not(feature = "internals"))]
mod study;
#[cfg(not(feature = "internals"))]
mod vocab;

#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod engine;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod measure;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod report;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod rx;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod scenario;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod sim;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod study;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod vocab;

pub use engine::time::{Span, Time};
pub use error::Error;
pub use policy::{Loads, Move, Policy};
pub use scenario::schema::Format;
pub use scenario::text::diagnostic::Diagnostic;
pub use scenario::{Loaded, Plan, Source, load};
pub use world::World;
pub use world::outcome::Outcome;

use world::RunError;

/// Simulates a world from its start to the end of its measured window. Equal worlds have equal
/// outcomes, on every machine.
///
/// # Errors
/// A policy of the caller's own ([`world::Maker::own`]) decides a move that cannot be made.
///
/// # Panics
/// The world breaks a bound that is stated in [`world`]: a port of a host that does not exist, for
/// example. The worlds of checked scenarios never do.
pub fn run(world: &World) -> Result<Outcome, RunError> {
    sim::run(world, &mut |_| ())
}
