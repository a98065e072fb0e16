//! Receive queues (`rx_queue`) and the interrupt vectors in front of them (`vector`). A queue
//! belongs to one vector, a vector to one core.

pub(crate) mod rx_queue;
pub(crate) mod vector;
