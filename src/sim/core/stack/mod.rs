//! How a core takes packets from its rings: what each stack does differently.

pub(crate) mod fast_path;
pub(crate) mod linux_napi;
pub(crate) mod busy_poll;
pub(crate) mod interrupt_per_packet;
pub(crate) mod pooled;
