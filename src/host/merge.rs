//! The sources of one port as one stream, in the order (time, source).

use super::world::World;
use crate::engine::time::Time;
use crate::rx::source::Source;
use crate::vocab::frame::{Frame, FrameQueue};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Several sources merged; a single one passes straight through.
pub(super) struct Merge {
    /// The sources, with their numbers in the world.
    sources: Vec<(u32, Source)>,
    /// (time of the next packet, source), soonest first; unused with a single source.
    order: BinaryHeap<Reverse<(Time, u32)>>,
}

impl Merge {
    pub(super) fn new(world: &World, sources: &[usize]) -> Self {
        let begin = |id: &usize| (*id as u32, Source::new(&world.sources[*id].source, world.seed));
        let sources: Vec<(u32, Source)> = sources.iter().map(begin).collect();
        let due = |((_, source), index): (&(u32, Source), u32)| Reverse((source.due(), index));
        Self { order: sources.iter().zip(0..).map(due).collect(), sources }
    }

    /// Adds the packets offered by `limit`, at most so many, to `frames`.
    pub(super) fn fill(&mut self, limit: Time, most: usize, frames: &mut FrameQueue) {
        if let [(id, only)] = &mut self.sources[..] {
            return only.fill(limit, most, *id, frames);
        }
        for _ in 0..most {
            let Some(mut top) = self.order.peek_mut() else { return };
            let Reverse((time, index)) = *top;
            if time > limit {
                return;
            }
            let (id, source) = &mut self.sources[index as usize];
            frames.push(Frame::of(&source.take(), *id));
            *top = Reverse((source.due(), index));
        }
    }

    /// The only source, where there is only one.
    pub(super) fn only(&self) -> Option<u32> {
        if let [(id, _)] = &self.sources[..] { Some(*id) } else { None }
    }

    /// Whether no source has a packet left.
    pub(super) fn is_exhausted(&self) -> bool {
        self.sources.iter().all(|(_, source)| source.due() > Time::END)
    }
}
