//! Which receive queue a packet goes to.
//!
//! Before: [`buffer`](super::buffer). After: [`dma`](super::dma).

pub mod placement;
pub mod rss;
pub mod toeplitz;
