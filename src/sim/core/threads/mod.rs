//! The thread class of a core: apps, other load, `ksoftirqd`, and the vCPUs of guests.

pub(crate) mod scheduler;
pub(crate) mod event;
pub(crate) mod timeslice;
pub(crate) mod app;
pub(crate) mod guests;
pub(crate) mod vcpu;
pub(crate) mod vf_ring;
