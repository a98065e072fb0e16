//! What changes while a world runs: events, and the moves of policies.

pub(in crate::reference) mod affinity;
pub(in crate::reference) mod events;
pub(in crate::reference) mod policies;
