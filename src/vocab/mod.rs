//! Floor 1: the types that all stations share: packets, frames, flows, ids, drop reasons, stages.

pub mod busy;
pub mod drop_reason;
pub mod flow_key;
pub mod frame;
pub mod id;
pub mod packet;
pub mod span_table;
pub mod stage;
