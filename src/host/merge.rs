//! The sources of one port as one stream, in the order (time, source).

use super::ledger::Ledger;
use super::world::{Consumer, TrafficSpec, World};
use crate::engine::time::Time;
use crate::rx::source::Source;
use crate::vocab::frame::{Frame, FrameQueue};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Several sources merged; a single one passes straight through.
pub(super) struct Merge {
    /// The sources, with their numbers in the world.
    sources: Vec<(u32, Source)>,
    /// The next packet of each source, soonest first; unused with a single source.
    order: BinaryHeap<Reverse<Key>>,
}

/// (time, source) as one number: far quicker to compare than the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(u128);

impl Key {
    fn new(time: Time, source: usize) -> Self {
        Self(u128::from(time.0) << 64 | source as u128)
    }

    const fn time(self) -> Time {
        Time((self.0 >> 64) as u64)
    }

    const fn source(self) -> usize {
        self.0 as u64 as usize
    }
}

impl Merge {
    pub(super) fn new(world: &World, sources: &[usize]) -> Self {
        let begin = |id: &usize| {
            let TrafficSpec { source, from, until, closed, to, part, .. } = &world.sources[*id];
            let source = match closed {
                Some(_) if part.flows.is_some() || part.since > Time::ZERO => {
                    panic!("a closed loop sends all of its packets to one port")
                }
                Some(_) if *to == Consumer::Flood => panic!("a closed loop has one receiver"),
                Some(closed) => Source::closed(source, closed, world.seed, *from, *until),
                None => Source::between(source, world.seed, *from, *until),
            };
            (*id as u32, source)
        };
        let mut merge =
            Self { sources: sources.iter().map(begin).collect(), order: BinaryHeap::new() };
        merge.put_in_order();
        merge
    }

    fn put_in_order(&mut self) {
        let mut keys = std::mem::take(&mut self.order).into_vec();
        keys.clear();
        let key =
            |(index, (_, source)): (usize, &(u32, Source))| Reverse(Key::new(source.due(), index));
        keys.extend(self.sources.iter().enumerate().map(key));
        self.order = keys.into();
    }

    /// Closed loops come to know what became of their packets up to `now`, to which all has been
    /// brought: what they send next may come sooner than it seemed.
    pub(super) fn feed_back(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        let mut is_told = false;
        for (id, source) in &mut self.sources {
            if let Some(ends) = ledger.fed_back(*id) {
                let lost = source.know(ends, now);
                ends.clear();
                ledger.resent(*id, lost);
                is_told = true;
            }
        }
        if is_told {
            self.put_in_order();
        }
    }

    /// Adds the packets offered by `limit`, at most so many, to `frames`.
    pub(super) fn fill(&mut self, limit: Time, most: usize, frames: &mut FrameQueue) {
        if let [(id, only)] = &mut self.sources[..] {
            return only.fill(limit, most, *id, frames);
        }
        for _ in 0..most {
            let Some(mut top) = self.order.peek_mut() else { return };
            let Reverse(first) = *top;
            if first.time() > limit {
                return;
            }
            let (id, source) = &mut self.sources[first.source()];
            frames.push(Frame::of(&source.take(), *id));
            *top = Reverse(Key::new(source.due(), first.source()));
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
