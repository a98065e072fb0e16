//! The sources of one port as one stream, in the order (time, source).

use super::world::World;
use crate::engine::time::Time;
use crate::rx::source::Source;
use crate::vocab::packet::Packet;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Several sources merged; a single one passes straight through.
pub(super) struct Merge {
    sources: Vec<Source>,
    /// (time of the next packet, source), soonest first; unused with a single source.
    order: BinaryHeap<Reverse<(Time, u32)>>,
}

impl Merge {
    pub(super) fn new(world: &World, sources: &[usize]) -> Self {
        let begin = |index: &usize| Source::new(&world.sources[*index].source, world.seed);
        let sources: Vec<Source> = sources.iter().map(begin).collect();
        let order = sources.iter().zip(0..).map(|(source, index)| Reverse((source.due(), index)));
        Self { order: order.collect(), sources }
    }

    /// The next packet, with the number of its source, if it is offered by `limit`.
    #[inline(always)]
    pub(super) fn next(&mut self, limit: Time) -> Option<(u32, Packet)> {
        if let [only] = &mut self.sources[..] {
            return (only.due() <= limit).then(|| (0, only.take()));
        }
        self.soonest(limit)
    }

    #[inline(never)]
    fn soonest(&mut self, limit: Time) -> Option<(u32, Packet)> {
        let mut top = self.order.peek_mut()?;
        let Reverse((time, index)) = *top;
        if time > limit {
            return None;
        }
        let source = &mut self.sources[index as usize];
        let packet = source.take();
        *top = Reverse((source.due(), index));
        Some((index, packet))
    }

    /// Whether no source has a packet left.
    pub(super) fn is_exhausted(&self) -> bool {
        self.sources.iter().all(|source| source.due() > Time::END)
    }
}
