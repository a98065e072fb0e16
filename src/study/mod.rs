//! Floor 6: one run, replications, comparisons.
