//! Floor 3: the receive path, one file per station, in the packet's order.
//!
//! ```text
//!   wire            |  NIC                                          |  host
//!   source -> wire  |  buffer -> steering -> dma -> ring            |  cpu -> consumer
//!                   |                               moderation ---> |  (interrupt, deferred, thread)
//! ```
//!
//! No station imports another: `sim` puts them together. A station uses no timeline, clock or
//! random generator that it was not handed.

pub mod buffer;
pub mod cpu;
pub mod dma;
pub mod moderation;
pub mod ring;
pub mod source;
pub mod steering;
pub mod wire;
