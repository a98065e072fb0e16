//! DMA over PCIe: bandwidth shared by the port, then latency.
//!
//! Before: [`steering`](super::steering). After: [`ring`](super::ring).

use crate::engine::time::{PhasedTime, Span, Time};
use crate::vocab::span_table::SpanTable;

/// A port's share of PCIe, resolved to plain numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct DmaSpec {
    /// Effective bits per second upstream; none: unlimited.
    pub bits: Option<u64>,
    /// Largest payload of one TLP in bytes.
    pub max_payload: u32,
    /// From the end of the transfer until the host can see the packet.
    pub latency: Span,
}

/// The DMA engine of one port: transfers one frame after the other.
#[derive(Debug)]
pub struct DmaEngine {
    free: PhasedTime,
    latency: Span,
    transfer: SpanTable<1>,
    /// Time spent on transfers so far.
    pub busy: Span,
}

/// When a frame's DMA happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// The end of the DMA, at which the frame leaves the packet buffer.
    pub done: Time,
    /// From when on the host can see the packet.
    pub visible: PhasedTime,
}

impl DmaEngine {
    /// An engine that has not transferred anything yet.
    #[must_use]
    pub fn new(spec: DmaSpec) -> Self {
        let transfer = SpanTable::new(move |size| {
            [spec.bits.map_or(Span::ZERO, |bits| transfer_time(size, bits, spec.max_payload))]
        });
        Self { free: PhasedTime::default(), latency: spec.latency, transfer, busy: Span::ZERO }
    }

    /// How long a frame of `size` bytes holds the bus.
    #[inline(always)]
    pub fn transfer_time(&mut self, size: u32) -> Span {
        self.transfer.get(size)[0]
    }

    /// Whether the host can see frames at the instant of their arrival.
    #[must_use]
    pub const fn may_be_immediate(&self) -> bool {
        self.latency.0 == 0
    }

    /// When the DMA of a frame that arrived at `arrival` may start.
    #[inline]
    #[must_use]
    pub fn earliest(&self, arrival: Time) -> PhasedTime {
        self.free.max(arrival.at_arrivals())
    }

    /// Transfers a frame from `start` on.
    #[inline(always)]
    pub fn transfer(&mut self, start: PhasedTime, size: u32) -> Transfer {
        let span = self.transfer_time(size);
        let done = start.time() + span + self.latency;
        if span == Span::ZERO {
            self.free = start;
        } else {
            self.busy += span;
            self.free = (start.time() + span).before_arrivals();
        }
        let immediate = span == Span::ZERO && self.latency == Span::ZERO;
        let visible = if immediate { done.at_arrivals() } else { done.before_arrivals() };
        Transfer { done, visible }
    }

    /// Skips the frame that would have started at `start`; the next one may start there.
    pub fn skip(&mut self, start: PhasedTime) {
        self.free = start;
    }

    /// The part of [`DmaEngine::busy`] that comes after `now`.
    #[must_use]
    pub fn ahead(&self, now: Time) -> Span {
        self.free.time().since(now)
    }
}

/// How long a frame holds the bus: its bytes without FCS in TLPs of `max_payload` with 24 bytes of
/// overhead each, 40 bytes of descriptor write-back with its overhead, and the descriptor read and
/// interrupt messages, 52 bytes per 32 frames (first principles after pcie-bench's model of TLP
/// overheads, SIGCOMM 2018).
fn transfer_time(size: u32, bits: u64, max_payload: u32) -> Span {
    let payload = u128::from(size - 4);
    let thirty_seconds = 32 * (payload + 24 * payload.div_ceil(max_payload.into()) + 40) + 52;
    let (ps, rate) = (thirty_seconds * 8_000_000_000_000, 32 * u128::from(bits));
    Span(u64::try_from((ps + rate / 2) / rate).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gen 2 x8, MPS 256: 32 Gbps raw x 0.896; 28.5 and 2.1 Mpps at 64 and 1518 B.
    #[test]
    fn generation_2_by_8_carries_what_the_formula_says() {
        let bits = 28_672_000_000;
        for (size, mpps) in [(64, 28.5), (1518, 2.1)] {
            let got = 1e6 / transfer_time(size, bits, 256).0 as f64;
            assert!((got / mpps - 1.0).abs() < 0.01, "{size} B: {got} Mpps");
        }
    }

    #[test]
    fn transfers_queue_and_latency_overlaps() {
        let spec = DmaSpec { bits: Some(28_672_000_000), max_payload: 256, latency: Span::ns(900) };
        let mut dma = DmaEngine::new(spec);
        let first = dma.transfer(Time(0).at_arrivals(), 64);
        let transfer = dma.busy;
        let start = dma.earliest(Time(1));
        assert_eq!(start, (Time::ZERO + transfer).before_arrivals());
        assert_eq!(dma.transfer(start, 64).done, first.done + transfer);
    }

    #[test]
    fn without_transfer_and_latency_a_frame_is_seen_with_its_arrival() {
        let mut dma = DmaEngine::new(DmaSpec { bits: None, max_payload: 256, latency: Span::ZERO });
        assert_eq!(dma.transfer(Time(5).at_arrivals(), 64).visible, Time(5).at_arrivals());
    }
}
