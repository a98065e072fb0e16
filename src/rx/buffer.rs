//! buffer (to come).
