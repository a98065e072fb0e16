//! Floor 2: instruments. They know the shared words and time, but no station.

pub mod growth;
pub mod histogram;
pub mod interval;
pub mod tree;
pub mod warmup;
