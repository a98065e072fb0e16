//! Virtual machines and virtual NICs: what they ask of ports, and what they are given.

pub mod early_events;
pub mod demand;
pub mod queue_pool;
pub mod address;
mod request;
pub mod vm;
