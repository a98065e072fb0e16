//! Times that depend on a frame's size, each worked out once.

use crate::engine::time::Span;

/// How long `bytes` last at `bits` per second, to the nearest picosecond.
#[must_use]
pub fn byte_time(bytes: u64, bits: u64) -> Span {
    let (ps, bits) = (u128::from(bytes) * 8_000_000_000_000, u128::from(bits));
    Span(u64::try_from((ps + bits / 2) / bits).unwrap_or(u64::MAX))
}

/// `N` spans per frame size.
pub struct SpanTable<const N: usize> {
    rule: Box<dyn Fn(u32) -> [Span; N] + Send + Sync>,
    /// `UNKNOWN` where not worked out yet.
    known: Vec<[Span; N]>,
    /// The size asked for last, and its spans: most sources send frames of one size.
    last: (u32, [Span; N]),
}

/// No frame takes 213 days.
const UNKNOWN: Span = Span(u64::MAX);

impl<const N: usize> SpanTable<N> {
    /// A table of this rule.
    #[must_use]
    pub fn new(rule: impl Fn(u32) -> [Span; N] + Send + Sync + 'static) -> Self {
        Self { rule: Box::new(rule), known: Vec::new(), last: (u32::MAX, [UNKNOWN; N]) }
    }

    /// The spans of a frame of `size` bytes.
    #[inline(always)]
    pub fn get(&mut self, size: u32) -> [Span; N] {
        if self.last.0 != size {
            self.last = (size, self.look_up(size));
        }
        self.last.1
    }

    fn look_up(&mut self, size: u32) -> [Span; N] {
        match self.known.get(size as usize) {
            Some(spans) if spans[0] != UNKNOWN => *spans,
            _ => self.work_out(size),
        }
    }

    #[cold]
    #[inline(never)]
    fn work_out(&mut self, size: u32) -> [Span; N] {
        let index = size as usize;
        if index >= self.known.len() {
            self.known.resize(index + 1, [UNKNOWN; N]);
        }
        let spans = (self.rule)(size);
        self.known[index] = spans;
        spans
    }
}

impl<const N: usize> std::fmt::Debug for SpanTable<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpanTable").field("sizes", &self.known.len()).finish_non_exhaustive()
    }
}
