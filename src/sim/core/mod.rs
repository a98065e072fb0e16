//! A core of a host: interrupts, poll rounds, the handoff to consumers, the stack it runs, and its
//! threads.
//!
//! Entry: `core::Core::advance`, which runs a core up to a horizon. Invariant: a core does one
//! thing at a time, all its state is as of its `clock`, and the clock never goes back.

pub(crate) mod core;
pub(crate) mod round;
pub(crate) mod backlog;
pub(crate) mod delivery;
pub(crate) mod handoff;
pub(crate) mod stack;
pub(crate) mod threads;
