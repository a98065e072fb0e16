//! Slowdown: how many times as long as its own processing a packet took.

use super::costs::PacketCosts;
use crate::engine::time::Span;
use crate::measure::histogram::Histogram;
use crate::vocab::frame::Frame;
use crate::vocab::stage::Stage;

/// Notes the slowdown of packets that took so long, in thousandths, rounded down. `work` is what
/// all of their processing in their ring counts as. Packets that cost nothing have none.
pub(super) fn note(
    histogram: &mut Histogram,
    costs: &PacketCosts,
    work: Stage,
    packets: impl Iterator<Item = (Frame, Span)>,
) {
    for (frame, latency) in packets {
        let own =
            if work == Stage::Guest { costs.guest(&frame) } else { costs.host_and_guest(&frame) };
        if own > Span::ZERO {
            let thousandths = u128::from(latency.0) * 1_000 / u128::from(own.0);
            histogram.record(Span(u64::try_from(thousandths).unwrap_or(u64::MAX)));
        }
    }
}
