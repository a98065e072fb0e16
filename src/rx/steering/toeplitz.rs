//! The Toeplitz hash.
