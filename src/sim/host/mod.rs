//! A host (`host`) and the binding of each of its NIC ports to queues, vectors and cores
//! (`nic_binding`).
//!
//! The host is the only place where frames enter rings, in one order of time over all ports.

pub(crate) mod host;
pub(crate) mod nic_binding;
