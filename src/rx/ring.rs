//! ring (to come).
