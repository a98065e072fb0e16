//! Where the packets of each source go, and what they cost on the way.

pub(crate) mod costs;
pub(crate) mod flow_map;
pub(crate) mod channels;
pub(crate) mod vf_rings;
pub(crate) mod rx_path;
pub(crate) mod steering;
pub(crate) mod rps_map;
