//! What control events do: policies look and move queues, events of the scenario change the world.

pub(crate) mod policy_runner;
pub(crate) mod policy_tick;
pub(crate) mod affinity;
pub(crate) mod events;
