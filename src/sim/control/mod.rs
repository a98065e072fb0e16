//! What changes a host from outside its packet path: policies that move queues or table entries
//! (`policy_tick`), the moves themselves (`affinity`), and the events of a scenario (`events`).
//!
//! Everything here acts at a control event, when all cores have been advanced up to it.

pub(crate) mod policy_runner;
pub(crate) mod policy_tick;
pub(crate) mod affinity;
pub(crate) mod events;
