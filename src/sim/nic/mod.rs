//! A NIC port (`port`), from its traffic sources (`merge`) over the `link`, whose peer may be
//! paused (`flow_control`), or through the `internal_switch`, up to the DMA into a ring.
//!
//! Frames of one port reach its rings in the order in which they arrive.

pub(crate) mod merge;
pub(crate) mod link;
pub(crate) mod flow_control;
pub(crate) mod internal_switch;
pub(crate) mod port;
