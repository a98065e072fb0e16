//! One file per table of a scenario: from its keys to the plain numbers of a world.

pub mod address;
pub mod asks;
pub mod closed_loop;
pub mod consumer;
pub mod course;
pub mod demand;
pub mod event;
pub mod expect;
pub mod guest;
pub mod dispatch;
pub mod host;
pub mod moderation;
pub mod nic;
pub mod own_queues;
pub mod pause;
pub mod rate;
pub mod rebalance;
pub mod recorded;
pub mod reference;
pub mod rss;
pub mod sender;
pub mod sharing;
pub mod spread;
pub mod sriov;
pub mod team;
pub mod stays;
pub mod traffic;
pub mod vmq;

/// What to write where something is to happen after the run.
const WITHIN_RUN: &str =
    "write an earlier time (it counts from the start of the run), or a longer `duration`";
