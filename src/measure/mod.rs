//! Floor 2: instruments. They know the shared words and time, but no station.

pub mod histogram;
pub mod tree;
