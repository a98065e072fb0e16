//! The itinerary of a source's packets, computed once: queue (`steering`, from the receive path
//! `rx_path`), core of the backlog (`rps_map`), channel or ring of the guest (`channels`,
//! `vf_rings`), and the `costs` on the way.
//!
//! `flow_map` is the one rule that picks a target by the hash of a flow.

pub(crate) mod costs;
pub(crate) mod flow_map;
pub(crate) mod channels;
pub(crate) mod vf_rings;
pub(crate) mod rx_path;
pub(crate) mod steering;
pub(crate) mod rps_map;
