//! What a scenario file means, and what is said about a wrong one.

mod good;
mod bad;
