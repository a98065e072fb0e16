//! Merges the sources of one port into one stream, ordered by (time, source).
//!
//! All sources draw their frames up to a common horizon, many at a time; then the frames are
//! sorted. The horizon advances in strides long enough to make sorting worthwhile.

use crate::engine::time::{Span, Time};
use crate::rx::source::Source;
use crate::sim::accounting::ledger::Ledger;
use crate::vocab::frame::{Frame, FrameQueue};
use crate::world::{Consumer, TrafficSpec, World};

/// Frames that a stride should draw.
const WORTH: usize = 1024;

/// Buckets of the bucket sort.
const BUCKETS: usize = 1024;

const LONGEST: Span = Span(1 << 40);

/// Bits of a sort key that hold a frame's index; the bits above hold its offset within the stride.
const PLACE: u32 = 22;

/// Several sources merged; a single source passes straight through.
pub(crate) struct Merge {
    /// The sources with their indices in the world.
    sources: Vec<(u32, Source)>,
    /// Frames drawn, in order; unused with a single source.
    merged: FrameQueue,
    /// How many of them come before all frames not drawn yet.
    ready: usize,
    /// (time, source) of the first frame not drawn yet; drawn frames of the same (time, source)
    /// come before it.
    next: (Time, u32),
    stride: Span,
    /// The frames of a stride, source by source; their order by sort key.
    drawn: FrameQueue,
    order: Vec<u64>,
    scratch: Vec<u64>,
}

impl Merge {
    pub(crate) fn new(world: &World, sources: &[usize]) -> Self {
        let begin = |id: &usize| {
            let TrafficSpec { source, from, until, closed, to, part, .. } = &world.sources[*id];
            let source = match closed {
                Some(_) if part.flows.is_some() || part.since > Time::ZERO => {
                    panic!("a closed loop sends all of its packets to one port")
                }
                Some(_) if *to == Consumer::Broadcast => panic!("a closed loop has one receiver"),
                Some(closed) => Source::closed(source, closed, world.seed, *from, *until),
                None => {
                    let whole = Source::between(source, world.seed, *from, *until);
                    whole.only(part.since, part.flows.clone())
                }
            };
            (*id as u32, source)
        };
        Self::of(sources.iter().map(begin).collect())
    }

    fn of(sources: Vec<(u32, Source)>) -> Self {
        let (merged, drawn) = Default::default();
        let mut merge = Self {
            sources,
            merged,
            ready: 0,
            next: (Time::ZERO, 0),
            stride: Span::us(1),
            drawn,
            order: Vec::new(),
            scratch: Vec::new(),
        };
        merge.look_ahead();
        merge
    }

    /// Tells closed loops which of their packets were delivered by `now`. Their next packets may
    /// then come sooner.
    pub(crate) fn feed_back(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        let mut is_told = false;
        for (id, source) in &mut self.sources {
            if let Some(ends) = ledger.fed_back(*id) {
                let lost = source.learn(ends, now);
                ends.clear();
                ledger.resent(*id, lost);
                is_told = true;
            }
        }
        if is_told {
            self.look_ahead();
        }
    }

    /// Appends at most `most` packets offered by `limit` to `frames`.
    pub(crate) fn fill(&mut self, limit: Time, most: usize, frames: &mut FrameQueue) {
        if let [(id, only)] = &mut self.sources[..] {
            return only.fill(limit, most, *id, frames);
        }
        let mut left = most;
        loop {
            let ready = &self.merged.waiting()[..self.ready.min(left)];
            let n = ready.partition_point(|frame| frame.time <= limit);
            frames.room(n).copy_from_slice(&ready[..n]);
            frames.add(n);
            self.merged.consume(n);
            self.ready -= n;
            left -= n;
            if left == 0 || self.ready > 0 || self.next.0 > limit {
                return;
            }
            self.draw(limit);
        }
    }

    /// Draws the frames of the next stride, up to `limit`.
    fn draw(&mut self, limit: Time) {
        let from = self.next.0;
        let horizon = limit.min(from + self.stride);
        let most = WORTH.min((1 << PLACE) / self.sources.len());
        for (id, source) in &mut self.sources {
            if source.due() <= horizon {
                source.fill(horizon, most, *id, &mut self.drawn);
            }
        }
        let drawn = self.drawn.waiting();
        let key = |(place, frame): (usize, &Frame)| (frame.time - from).0 << PLACE | place as u64;
        self.order.clear();
        self.order.extend(drawn.iter().enumerate().map(key));
        sort(&mut self.order, ((horizon - from).0 + 1) << PLACE, &mut self.scratch);
        let sorted = self.order.iter().map(|key| drawn[(key & ((1 << PLACE) - 1)) as usize]);
        put(&mut self.merged, sorted);
        self.stride = match drawn.len() {
            few if few < WORTH / 2 => LONGEST.min(self.stride * 2),
            many if many > WORTH * 2 => Span(self.stride.0.div_ceil(2)),
            _ => self.stride,
        };
        self.drawn.consume(self.drawn.len());
        self.look_ahead();
    }

    /// Finds the first frame not drawn yet, and the frames that come before it.
    fn look_ahead(&mut self) {
        let next = self.sources.iter().map(|(id, source)| (source.due(), *id)).min();
        self.next = next.unwrap_or((Time(u64::MAX), 0));
        let before = |frame: &Frame| (frame.time, frame.source) <= self.next;
        self.ready = self.merged.waiting().partition_point(before);
    }

    pub(crate) fn only(&self) -> Option<u32> {
        if let [(id, _)] = &self.sources[..] { Some(*id) } else { None }
    }

    /// Whether no source has a packet left.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.merged.is_empty() && self.sources.iter().all(|(_, source)| source.due() > Time::END)
    }
}

/// Sorts keys below `end`. They are usually spread evenly, so a bucket sort comes first.
fn sort(keys: &mut [u64], end: u64, scratch: &mut Vec<u64>) {
    let shift = (64 - end.leading_zeros()).saturating_sub(BUCKETS.ilog2());
    let bucket = |key: u64| (key >> shift) as usize;
    let mut ends = [0_u32; BUCKETS];
    for key in &*keys {
        ends[bucket(*key)] += 1;
    }
    let mut end = 0;
    for count in &mut ends {
        (*count, end) = (end, end + *count);
    }
    scratch.clear();
    scratch.extend_from_slice(keys);
    for key in &*scratch {
        let place = &mut ends[bucket(*key)];
        keys[*place as usize] = *key;
        *place += 1;
    }
    let mut start = 0;
    for end in ends {
        let end = end as usize;
        if end - start > 1 {
            keys[start..end].sort_unstable();
        }
        start = end;
    }
}

/// Merges frames in order into those that are waiting; usually none are.
fn put(merged: &mut FrameQueue, frames: impl ExactSizeIterator<Item = Frame>) {
    let (rest, n) = (merged.waiting().to_vec(), frames.len());
    merged.consume(rest.len());
    let room = merged.room(rest.len() + n);
    let mut rest = rest.into_iter().peekable();
    let rank = |frame: &Frame| (frame.time, frame.source);
    let mut slots = room.iter_mut();
    for frame in frames {
        while let Some(first) = rest.next_if(|first| rank(first) <= rank(&frame)) {
            *slots.next().expect("room for all") = first;
        }
        *slots.next().expect("room for all") = frame;
    }
    slots.zip(rest).for_each(|(slot, frame)| *slot = frame);
    let all = room.len();
    merged.add(all);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::sample::Draw;
    use crate::rx::source::keys::Keys;
    use crate::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec};

    /// Sources with constant, random and bursty arrivals; bursts exceed what is drawn at a time.
    fn sources() -> Vec<(u32, Source)> {
        let gap = |ps| Gap { ps, packets: 1 };
        let burst = |packets, us| {
            let every = Draw::Constant(Span::us(us));
            Arrivals::Burst { packets, every, link: None }
        };
        let all = [
            burst(3_000, 40),
            Arrivals::Constant(gap(100_000)),
            Arrivals::Poisson(gap(30_000)),
            burst(2_000, 20),
            Arrivals::Constant(gap(20_000_000)),
        ];
        let flows = || Flows { count: 3, keys: Keys::Random, popularity: Popularity::Uniform };
        let spec = |(n, arrivals)| {
            let name = format!("traffic.t[{n}]");
            SourceSpec { name, arrivals, sizes: Sizes::Fixed(64), flows: flows() }
        };
        let source = |(n, arrivals)| (n, Source::new(&spec((n, arrivals)), 1));
        (7..).zip(all).map(source).collect()
    }

    #[test]
    fn frames_come_by_time_then_source_then_number_in_whatever_portions() {
        let end = Time::ZERO + Span::us(200);
        let mut expected = FrameQueue::default();
        for (id, mut source) in sources() {
            source.fill(end, 1 << 20, id, &mut expected);
        }
        let mut expected = expected.waiting().to_vec();
        expected.sort_by_key(|frame| (frame.time, frame.source, frame.number));
        assert!(expected.len() > 35_000);
        for (step, most) in [(200, 1 << 20), (7, 256), (1, 10), (50, 5_000)] {
            let (mut merge, mut frames) = (Merge::of(sources()), FrameQueue::default());
            let mut limit = Time::ZERO;
            while limit < end {
                limit = end.min(limit + Span::us(step));
                let mut before = usize::MAX;
                while before != frames.len() {
                    before = frames.len();
                    merge.fill(limit, most, &mut frames);
                    assert!(frames.len() - before <= most);
                }
                assert!(frames.waiting().last().is_none_or(|last| last.time <= limit));
            }
            assert_eq!(frames.waiting(), expected, "steps of {step} us, {most} at most");
        }
    }
}
