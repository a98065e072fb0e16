//! A host: its cores, and the ports that feed them.

pub(crate) mod host;
pub(crate) mod nic_binding;
