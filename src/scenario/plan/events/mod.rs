//! Events: what a file says, and all that follows from it in the order of time.

pub mod event;
pub mod schedule;
mod state;
mod function;
mod migration;
mod availability;
mod power;
pub mod relocation;
