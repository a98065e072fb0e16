//! A core: interrupts, poll rounds, handoff, the stack it runs, its threads.

pub(crate) mod core;
pub(crate) mod round;
pub(crate) mod backlog;
pub(crate) mod broadcast;
pub(crate) mod delivery;
pub(crate) mod handoff;
pub(crate) mod stack;
pub(crate) mod threads;
