//! Slowdown: a packet's latency divided by the cost of its own processing.

use crate::engine::time::Span;
use crate::measure::histogram::Histogram;

/// Records the slowdown of packets (own cost, latency) in thousandths, rounded down. Packets that
/// cost nothing have none.
pub(crate) fn record(histogram: &mut Histogram, packets: impl Iterator<Item = (Span, Span)>) {
    for (own, latency) in packets.filter(|(own, _)| *own > Span::ZERO) {
        let thousandths = u128::from(latency.0) * 1_000 / u128::from(own.0);
        histogram.record(Span(u64::try_from(thousandths).unwrap_or(u64::MAX)));
    }
}
