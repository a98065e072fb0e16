//! Floor 1: the words that all stations share.

pub mod busy;
pub mod drop_reason;
pub mod flow_key;
pub mod frame;
pub mod id;
pub mod packet;
pub mod span_table;
pub mod stage;
