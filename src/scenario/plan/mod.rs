//! From the tables of a file to the plain numbers of a world, a room per kind of table.

pub mod reference;
pub mod expect;
pub mod hosts;
pub mod nics;
pub mod vms;
pub mod traffic;
pub mod events;

/// What to write where something is to happen after the run.
const WITHIN_RUN: &str =
    "write an earlier time (it counts from the start of the run), or a longer `duration`";
