//! How a core takes packets from its rings: one file per stack, and the fast path of `windows-dpc`.

pub(crate) mod fast_path;
pub(crate) mod linux_napi;
pub(crate) mod busy_poll;
pub(crate) mod interrupt_per_packet;
pub(crate) mod pooled;
