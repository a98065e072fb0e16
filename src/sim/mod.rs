//! Floor 4: the wiring. The only place that owns stations, moves packets between them, reads the
//! timeline and feeds instruments.
//!
//! A `machine` drives `site`s (hosts) from one control event to the next. A site admits the frames
//! of its `port`s (over the `link`, perhaps one `pausing` its peer, or from `inside`) to rings in
//! one time-ordered merge and advances its `core`s as late as it can; a core runs `cycles`,
//! `round`s, `softirq`s, `threads` (apps, work, `vcpu`s, which serve the rings of
//! `virtual_function`s themselves), or one of the other stacks; or all cores together take packets
//! as a `group`. Packets for all are `flood`ed. What a round `deliver`s is `hand`ed `over` to
//! threads, perhaps of another core, or by `spreading` to its `backlog`, with an `ipi`: then the
//! cores of a host advance `jointly`, by the `rank` of what they do next. A port's `governor`
//! `look`s at the site and `moves` its queues to other cores; events make `changes`: of the `ways`
//! of packets, of machines, of links. Every packet is entered in the `ledger`, twice; the `books`
//! hold what the window and the series are made of.

mod simulation;
mod window;
mod control;
mod host;
mod coupling;
mod core;
mod nic;
mod queue;
mod accounting;
mod itinerary;

use crate::engine::time::{Span, Time};
use crate::vocab::packet::Record;
use crate::world::outcome::Outcome;
use crate::world::{RunError, World};
use simulation::Simulation;

/// Simulates `world`. `progress` is told the simulated time now and then.
///
/// # Errors
/// A policy of the caller's own decides a move that cannot be made.
///
/// # Panics
/// Where an invariant is broken: a bug, never a user's mistake.
pub fn run(world: &World, progress: &mut dyn FnMut(Time)) -> Result<Outcome, RunError> {
    let duration = duration_of(world, progress)?;
    Simulation::new(world).run(duration, None, progress)
}

/// Simulates `world` and hands the record of every packet that ended to `sink`, in no particular
/// order.
///
/// # Errors
/// As [`run`].
///
/// # Panics
/// As [`run`].
pub fn run_traced(world: &World, sink: &mut dyn FnMut(Record)) -> Result<Outcome, RunError> {
    let duration = duration_of(world, &mut |_| {})?;
    Simulation::new(world).run(duration, Some(sink), &mut |_| {})
}

/// The window's length: as stated, or (by a run of its own) until the last packet has ended.
fn duration_of(world: &World, progress: &mut dyn FnMut(Time)) -> Result<Span, RunError> {
    if let Some(duration) = world.duration {
        return Ok(duration);
    }
    let end = Simulation::new(world).last_end(progress)?;
    Ok(end.since(Time::ZERO + world.warmup).max(Span(1)))
}
