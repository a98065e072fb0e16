//! Receive queues and the interrupt vectors in front of them.

pub(crate) mod rx_queue;
pub(crate) mod vector;
