//! One file per table of a scenario: from its keys to the plain numbers of a world.

pub mod consumer;
pub mod event;
pub mod expect;
pub mod guest;
pub mod dispatch;
pub mod host;
pub mod moderation;
pub mod nic;
pub mod pause;
pub mod rate;
pub mod rebalance;
pub mod reference;
pub mod rss;
pub mod sharing;
pub mod sriov;
pub mod traffic;
pub mod vmq;

/// What to write where something is to happen after the run.
const WITHIN_RUN: &str =
    "write an earlier time (it counts from the start of the run), or a longer `duration`";
