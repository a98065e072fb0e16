//! The sources of one port as one stream, in the order (time, source).

use super::world::World;
use crate::engine::time::Time;
use crate::rx::source::Source;
use crate::vocab::packet::Packet;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

/// Several sources merged; a single one passes straight through.
pub(super) struct Merge {
    sources: Vec<Pending>,
    /// (time of the next packet, source), soonest first; unused with a single source.
    order: BinaryHeap<Reverse<(Time, u32)>>,
}

/// A source and the packet that it offers next.
struct Pending {
    source: Source,
    next: Option<Packet>,
}

impl Merge {
    pub(super) fn new(world: &World, sources: &[usize]) -> Self {
        let begin = |index: &usize| {
            let mut source = Source::new(&world.sources[*index].source, world.seed);
            let next = source.emit();
            Pending { source, next }
        };
        let sources: Vec<Pending> = sources.iter().map(begin).collect();
        let key = |(index, pending): (usize, &Pending)| {
            pending.next.map(|packet| Reverse((packet.time, index as u32)))
        };
        let order = sources.iter().enumerate().filter_map(key).collect();
        Self { sources, order }
    }

    /// The next packet, with the number of its source, if it is offered by `limit`.
    #[inline]
    pub(super) fn next(&mut self, limit: Time) -> Option<(u32, Packet)> {
        if let [only] = &mut self.sources[..] {
            let packet = only.next.filter(|packet| packet.time <= limit)?;
            only.next = only.source.emit();
            return Some((0, packet));
        }
        self.soonest(limit)
    }

    fn soonest(&mut self, limit: Time) -> Option<(u32, Packet)> {
        let mut top = self.order.peek_mut()?;
        let Reverse((time, index)) = *top;
        if time > limit {
            return None;
        }
        let pending = &mut self.sources[index as usize];
        let packet = pending.next.take().expect("a source in the order has a packet");
        pending.next = pending.source.emit();
        match pending.next {
            Some(next) => *top = Reverse((next.time, index)),
            None => drop(PeekMut::pop(top)),
        }
        Some((index, packet))
    }

    /// Whether no source has a packet left.
    pub(super) fn is_exhausted(&self) -> bool {
        self.sources.iter().all(|pending| pending.next.is_none())
    }
}
