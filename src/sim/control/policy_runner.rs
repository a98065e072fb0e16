//! A port's policy with the counts of its last tick.

use crate::engine::time::Span;
use crate::policy::Policy;
use crate::vocab::busy::Busy;
use crate::world::Rebalance;
use crate::world::outcome::Volume;

/// A policy, its interval, and the counts at its last tick.
pub(crate) struct PolicyRunner {
    pub(crate) policy: Box<dyn Policy>,
    pub(crate) interval: Span,
    pub(crate) queues: Vec<Volume>,
    pub(crate) entries: Vec<Volume>,
    pub(crate) cores: Vec<Busy>,
}

impl PolicyRunner {
    pub(crate) fn new(spec: &Rebalance) -> Self {
        assert!(spec.interval > Span::ZERO, "a policy has an interval above zero");
        let policy = spec.maker.make();
        let (queues, entries, cores) = Default::default();
        Self { policy, interval: spec.interval, queues, entries, cores }
    }
}

/// The counts since `before`, which becomes `now`.
pub(crate) fn delta<T: Copy + Default>(
    now: &[T],
    before: &mut Vec<T>,
    difference: fn(T, T) -> T,
) -> Vec<T> {
    before.resize(now.len(), T::default());
    let new = now.iter().zip(&*before).map(|(now, before)| difference(*now, *before)).collect();
    before.copy_from_slice(now);
    new
}
