//! Floor 0: simulated time, the timeline of control events, random streams, and the digest. No file
//! here knows a packet.

pub mod chance;
pub mod digest;
pub mod sample;
pub mod time;
pub mod timeline;
