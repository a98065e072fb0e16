//! Floor 4: the wiring. The only place that owns stations, moves packets between them, reads the
//! timeline and feeds instruments.

pub mod outcome;
pub mod world;

use crate::engine::time::Time;
use crate::vocab::packet::Record;
use outcome::Outcome;
use world::World;

/// Simulates `world`. `progress` is told the simulated time now and then.
///
/// # Panics
/// Where an invariant is broken: a bug, never a user's mistake.
#[must_use]
pub fn run(world: &World, progress: &mut dyn FnMut(Time)) -> Outcome {
    let _ = (world, progress);
    unimplemented!("the engine")
}

/// Simulates `world` and hands the record of every packet that ended to `sink`, in no particular
/// order.
///
/// # Panics
/// As [`run`].
#[must_use]
pub fn run_traced(world: &World, sink: &mut dyn FnMut(Record)) -> Outcome {
    let _ = (world, sink);
    unimplemented!("the engine")
}
