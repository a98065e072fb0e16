//! Floor 0: time, order and chance. Knows no packet.

pub mod chance;
pub mod digest;
pub mod sample;
pub mod time;
pub mod timeline;
