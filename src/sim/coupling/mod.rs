//! Cores of a host that interact: the order in which they advance, and how far one may run ahead.
//!
//! This is conservative parallel discrete-event simulation (Chandy, Misra, Bryant). A core runs up
//! to its horizon, the earliest time at which another core may still send it something. Entry:
//! `synchronize` (`Host::catch_up`, `Host::advance_all`). Invariant: no core receives anything at a
//! time that it has already passed.

pub(crate) mod synchronize;
pub(crate) mod rank;
pub(crate) mod outlook;
pub(crate) mod rps;
pub(crate) mod floating;
