//! A port's policy, and what it saw last.

use super::outcome::Load;
use super::world::Rebalance;
use crate::engine::time::Span;
use crate::policy::Policy;
use crate::vocab::busy::Busy;

/// A policy, and what had been counted at its last look.
pub(super) struct Governor {
    pub(super) policy: Box<dyn Policy>,
    pub(super) interval: Span,
    pub(super) queues: Vec<Load>,
    pub(super) entries: Vec<Load>,
    pub(super) cores: Vec<Busy>,
}

impl Governor {
    pub(super) fn new(spec: &Rebalance) -> Self {
        assert!(spec.interval > Span::ZERO, "a policy looks at intervals");
        let policy = spec.maker.make();
        let (queues, entries, cores) = Default::default();
        Self { policy, interval: spec.interval, queues, entries, cores }
    }
}

/// What was counted since the last look.
pub(super) fn since<T: Copy + Default>(
    now: &[T],
    before: &mut Vec<T>,
    less: fn(T, T) -> T,
) -> Vec<T> {
    before.resize(now.len(), T::default());
    let new = now.iter().zip(&*before).map(|(now, before)| less(*now, *before)).collect();
    before.copy_from_slice(now);
    new
}
