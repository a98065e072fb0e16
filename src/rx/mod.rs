//! Floor 3: the receive path, one file per station, in the packet's order.
//!
//! ```text
//!   wire            |  NIC                                          |  host
//!   source -> wire  |  buffer -> steering -> dma -> ring            |  cpu -> consumer
//!                   |                               moderation ---> |  (interrupt, deferred, thread)
//! ```
//!
//! No station imports another; they meet in `host/`. None sees the timeline, a clock or a
//! generator that it was not handed.

pub mod buffer;
pub mod cpu;
pub mod dma;
pub mod moderation;
pub mod ring;
pub mod source;
pub mod steering;
pub mod wire;
