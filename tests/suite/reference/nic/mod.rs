//! A NIC: the link before it, its port, steering, and when its vectors are due.

pub(in crate::reference) mod link;
pub(in crate::reference) mod moderation;
pub(in crate::reference) mod port;
pub(in crate::reference) mod steering;
