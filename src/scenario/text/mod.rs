//! The text of a scenario: where it comes from, what it holds, and what is wrong with it where.

pub mod library;
pub mod lessons;
pub mod document;
pub mod units;
pub mod diagnostic;
pub mod findings;
