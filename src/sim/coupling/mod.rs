//! Cores that reach each other: in which order they advance, and how far ahead of each other.

pub(crate) mod synchronize;
pub(crate) mod rank;
pub(crate) mod outlook;
pub(crate) mod rps;
pub(crate) mod floating;
