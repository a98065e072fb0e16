//! Slowdown: how many times as long as its own processing a packet took.

use crate::engine::time::Span;
use crate::measure::histogram::Histogram;

/// Notes the slowdown of packets (what their own processing costs, how long they took), in
/// thousandths, rounded down. Packets that cost nothing have none.
pub(crate) fn note(histogram: &mut Histogram, packets: impl Iterator<Item = (Span, Span)>) {
    for (own, latency) in packets.filter(|(own, _)| *own > Span::ZERO) {
        let thousandths = u128::from(latency.0) * 1_000 / u128::from(own.0);
        histogram.record(Span(u64::try_from(thousandths).unwrap_or(u64::MAX)));
    }
}
