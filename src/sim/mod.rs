//! Floor 4: the simulator. It owns the stations of `rx`, moves packets between them in the order of
//! time, and counts what becomes of them.
//!
//! | room | what it does, in the order of a packet's path |
//! | --- | --- |
//! | `simulation` | advances all hosts of a world from one control event to the next |
//! | `nic` | a port: sources, link, flow control, internal switch, packet buffer, DMA |
//! | `itinerary` | the queue, core, channel and costs of each source's packets, computed once |
//! | `queue` | receive queues and interrupt vectors |
//! | `host` | admits frames to rings in one order of time, and catches cores up |
//! | `core` | a core: interrupts, rounds, backlog, the stacks, threads, vCPUs |
//! | `coupling` | cores that interact: synchronisation, RPS, unpinned vCPUs |
//! | `control` | policies, queue moves, and the events of a scenario |
//! | `accounting` | the ledger: every packet is entered when it is offered and when it ends |
//! | `window` | the measured window and the series, from differences of counters |

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

/// Simulates `world`. `progress` is called with the simulated time now and then.
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
///
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
