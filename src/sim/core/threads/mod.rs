//! The threads of a core: apps, background work, `ksoftirqd`, and the vCPUs of guests.
//!
//! Entry: `scheduler::Threads`. Invariant: a thread has the core only while no interrupt and no
//! deferred work has it; a handoff reaches a thread through the inbox, in the order of its key.

pub(crate) mod scheduler;
pub(crate) mod event;
pub(crate) mod timeslice;
pub(crate) mod app;
pub(crate) mod guests;
pub(crate) mod vcpu;
pub(crate) mod vf_ring;
