//! Times that depend on a frame's size, each worked out once.

use crate::engine::time::Span;

/// How long `bytes` last at `bits` per second, to the nearest picosecond.
#[must_use]
pub fn byte_time(bytes: u64, bits: u64) -> Span {
    let (ps, bits) = (u128::from(bytes) * 8_000_000_000_000, u128::from(bits));
    Span(u64::try_from((ps + bits / 2) / bits).unwrap_or(u64::MAX))
}

/// A span per frame size.
pub struct SpanTable {
    rule: Box<dyn Fn(u32) -> Span + Send + Sync>,
    /// `u64::MAX` where not worked out yet.
    known: Vec<u64>,
}

impl SpanTable {
    /// A table of this rule.
    #[must_use]
    pub fn new(rule: impl Fn(u32) -> Span + Send + Sync + 'static) -> Self {
        Self { rule: Box::new(rule), known: Vec::new() }
    }

    /// The span of a frame of `size` bytes.
    #[inline]
    pub fn get(&mut self, size: u32) -> Span {
        match self.known.get(size as usize) {
            Some(&ps) if ps != u64::MAX => Span(ps),
            _ => self.work_out(size),
        }
    }

    #[cold]
    fn work_out(&mut self, size: u32) -> Span {
        let index = size as usize;
        if index >= self.known.len() {
            self.known.resize(index + 1, u64::MAX);
        }
        let span = (self.rule)(size);
        self.known[index] = span.0;
        span
    }
}

impl std::fmt::Debug for SpanTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpanTable").field("sizes", &self.known.len()).finish_non_exhaustive()
    }
}
