//! Floor 6: one run, replications, comparisons.

pub mod paths;
pub mod bottleneck;
pub mod compare;
pub mod expect;
pub mod figures;
pub mod metrics;
pub mod run;

#[cfg(test)]
pub(crate) mod fixture;
