//! wire (to come).
