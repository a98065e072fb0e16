//! Floor 2: instruments that turn counts into statistics. They know time and `vocab`, but no
//! station.

pub mod growth;
pub mod histogram;
pub mod interval;
pub mod tree;
pub mod warmup;
