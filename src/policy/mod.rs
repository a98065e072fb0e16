//! Floor 3, beside `rx`: the control plane. Loads in, moves out; one algorithm per file.
//!
//! ```text
//!              +-- Loads: queues, table entries, cores over the last interval --+
//!              |                                                                v
//!   the receive path (rx, wired in sim)                                    a Policy
//!              ^                                                                |
//!              +-- Moves: queue -> core, table entry -> queue ------------------+
//! ```
//!
//! A policy is a pure automaton: its moves depend only on the loads that it has been shown. It has
//! no clock, no random generator, and no way to change the receive path but the moves that it
//! returns.
//!
//! - `contract` is what a policy is, sees and may do.
//! - `fixed`, `dynamic_vmq`, `rss_plus_plus`, `least_loaded` and `irqbalance` are the algorithms.
//! - `spec` is a policy with its numbers, as a scenario names it.
//! - `own` is a policy of the library's user, with the parameters that a scenario may set.

mod contract;
mod share;
mod rebalancing;
mod fixed;
mod dynamic_vmq;
mod rss_plus_plus;
mod least_loaded;
mod irqbalance;
mod spec;
pub(crate) mod own;
#[cfg(test)]
mod fixture;

pub use crate::vocab::id::{CoreId, EntryId, QueueId};
pub use contract::{CoreLoad, EntryLoad, Loads, Move, Policy, QueueLoad, Refusal, Start};
pub use own::{OwnPolicy, Parameter, Parameters};
pub use share::Share;
pub use spec::{Kind, PolicySpec};
