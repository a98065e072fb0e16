//! A port's policy, and what it saw last.

use crate::engine::time::Span;
use crate::policy::Policy;
use crate::vocab::busy::Busy;
use crate::world::Rebalance;
use crate::world::outcome::Volume;

/// A policy, and what had been counted at its last look.
pub(crate) struct PolicyRunner {
    pub(crate) policy: Box<dyn Policy>,
    pub(crate) interval: Span,
    pub(crate) queues: Vec<Volume>,
    pub(crate) entries: Vec<Volume>,
    pub(crate) cores: Vec<Busy>,
}

impl PolicyRunner {
    pub(crate) fn new(spec: &Rebalance) -> Self {
        assert!(spec.interval > Span::ZERO, "a policy looks at intervals");
        let policy = spec.maker.make();
        let (queues, entries, cores) = Default::default();
        Self { policy, interval: spec.interval, queues, entries, cores }
    }
}

/// What was counted since the last look.
pub(crate) fn since<T: Copy + Default>(
    now: &[T],
    before: &mut Vec<T>,
    less: fn(T, T) -> T,
) -> Vec<T> {
    before.resize(now.len(), T::default());
    let new = now.iter().zip(&*before).map(|(now, before)| less(*now, *before)).collect();
    before.copy_from_slice(now);
    new
}
