//! Ports: link, buffer, queues, vectors, steering, policies, teams.

pub mod nic;
pub mod moderation;
pub mod flow_control;
pub mod rss;
pub mod rps;
pub mod vmq;
pub mod sriov;
pub mod team;
pub mod rebalance;
