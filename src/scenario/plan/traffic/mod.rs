//! Traffic: when packets come, how large, of which flow, and to whom.

pub mod source;
pub mod rate;
mod flows;
pub mod closed_loop;
pub mod recorded;
pub mod sender;
