//! Figures of a flow of packets: of a source, of a group, or of all traffic.

use super::figure::Figure;
use super::record::{Metric, Place, Record, Side, mean_of, record};
use crate::engine::time::Span;
use crate::measure::histogram::Histogram;
use crate::measure::tree::Tree;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::stage::Stage;
use crate::world::outcome::{SourceTally, Volume};
use std::ops::Index;

record! {
    /// What became of a flow of packets.
    pub struct Flow {
        /// Offered within the window.
        pub offered: Throughput,
        /// Delivered within the window.
        pub delivered: Throughput,
        /// Share of the packets offered or copied that was lost; 0 where nothing was offered.
        pub loss: Figure as "share",
        /// Packets that a filter discarded, as it was asked to; they are no loss.
        pub filtered: Figure as "packets",
        /// Copies that the virtual switch made of broadcasts.
        pub replicated: Figure as "packets",
        /// Packets lost.
        pub dropped: Dropped,
        /// Packets that the sender took for lost and sent again (closed loops).
        pub resent: Figure as "packets",
        /// Packets inside at the end of the window minus those at its start.
        pub in_flight: Figure as "packets",
        /// Latency of delivered packets, from the last bit on the wire to the end of processing.
        pub latency: Latency,
        /// Packets delivered after a later packet of their own flow.
        pub reordered: Figure as "packets",
    }
}

record! {
    /// Packets and their rates.
    pub struct Throughput {
        /// Packets.
        pub packets: Figure as "packets",
        /// Packets per second.
        pub pps: Figure as "packets/s",
        /// Bits of L2 frames, FCS included.
        pub gbps: Figure as "Gbps",
        /// Bits on the wire, with preambles and gaps.
        pub wire_gbps: Figure as "Gbps",
        /// Bits of TCP payload, without FCS and headers of Ethernet, IPv4 and TCP.
        pub goodput_gbps: Figure as "Gbps",
    }
}

record! {
    /// Time from the last bit on the wire until processing ended.
    pub struct Latency {
        /// Mean.
        pub mean_us: Figure as "us",
        /// Median.
        pub p50_us: Figure as "us",
        /// 90 % of the packets took no longer.
        pub p90_us: Figure as "us",
        /// 99 % of the packets took no longer.
        pub p99_us: Figure as "us",
        /// 99.9 % of the packets took no longer.
        pub p999_us: Figure as "us",
        /// Longest.
        pub max_us: Figure as "us",
        /// Slowdown, the latency over the cost of the packet's own processing.
        pub slowdown: Slowdown,
        /// Mean time in a stage; all stages together make the mean latency.
        pub stage: Stages,
    }
}

record! {
    /// How many times as long as its own processing a packet took; no data where the scenario does
    /// not ask for it.
    pub struct Slowdown {
        /// Mean.
        pub mean: Figure as "times",
        /// Median.
        pub p50: Figure as "times",
        /// 99 % of the packets have no larger one.
        pub p99: Figure as "times",
        /// 99.9 % of the packets have no larger one.
        pub p999: Figure as "times",
    }
}

/// Packets lost.
#[derive(Clone, Debug, PartialEq)]
pub struct Dropped {
    /// All of them.
    pub total: Figure,
    /// In the order of [`DropReason::ALL`].
    by_reason: [Figure; DropReason::ALL.len()],
}

/// Mean microseconds that a packet spent in each stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Stages([Figure; Stage::ALL.len()]);

impl Index<DropReason> for Dropped {
    type Output = Figure;

    fn index(&self, reason: DropReason) -> &Figure {
        &self.by_reason[reason as usize]
    }
}

impl Index<Stage> for Stages {
    type Output = Figure;

    fn index(&self, stage: Stage) -> &Figure {
        &self.0[stage as usize]
    }
}

impl Record for Dropped {
    fn tree(&self, side: Side) -> Option<Tree> {
        let reasons = DropReason::ALL.iter().map(|reason| (reason.name(), self[*reason]));
        let all = std::iter::once(("total", self.total)).chain(reasons);
        let entry = |(name, figure): (&str, Figure)| Some((name.to_owned(), figure.tree(side)?));
        Some(Tree::Table(all.filter_map(entry).collect()))
    }

    fn mean(runs: &[&Self]) -> Self {
        Self {
            total: mean_of(runs, |run: &Self| &run.total),
            by_reason: DropReason::ALL.map(|reason| mean_of(runs, |run: &Self| &run[reason])),
        }
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        Figure::list(place.below("total", "packets", "All of them"), metrics);
        for reason in DropReason::ALL {
            Figure::list(place.below(reason.name(), "packets", reason.meaning()), metrics);
        }
    }
}

impl Record for Stages {
    fn tree(&self, side: Side) -> Option<Tree> {
        let entry = |stage: Stage| {
            let mean = self[stage].tree(side)?;
            Some((stage.name().to_owned(), Tree::table([("mean_us", mean)])))
        };
        Some(Tree::Table(Stage::ALL.into_iter().filter_map(entry).collect()))
    }

    fn mean(runs: &[&Self]) -> Self {
        Self(Stage::ALL.map(|stage| mean_of(runs, |run: &Self| &run[stage])))
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        for stage in Stage::ALL {
            let key = format!("{}.mean_us", stage.name());
            Figure::list(place.below(&key, "us", stage.meaning()), metrics);
        }
    }
}

/// Bytes beside the frame that a packet occupies on the wire: preamble 8, gap 12.
const WIRE_EXTRA: u64 = 20;
/// Bytes of a frame that are no TCP payload: Ethernet 14 and FCS 4, IPv4 20, TCP 20.
const TCP_HEADERS: u64 = 58;

/// The sums of several tallies.
pub(super) fn sum<'a>(tallies: impl IntoIterator<Item = &'a SourceTally>) -> SourceTally {
    let mut total = SourceTally::default();
    for tally in tallies {
        for (sum, load) in
            [(&mut total.offered, tally.offered), (&mut total.delivered, tally.delivered)]
        {
            sum.packets += load.packets;
            sum.bytes += load.bytes;
        }
        for (sum, dropped) in total.dropped.iter_mut().zip(tally.dropped) {
            *sum += dropped;
        }
        for (sum, stage) in total.stages.iter_mut().zip(tally.stages) {
            *sum += stage;
        }
        total.filtered += tally.filtered;
        total.resent += tally.resent;
        total.replicated += tally.replicated;
        total.in_flight += tally.in_flight;
        total.reordered += tally.reordered;
        total.latency.merge(&tally.latency);
        total.slowdown.merge(&tally.slowdown);
    }
    total
}

/// The share of packets, offered or copied, that was lost; 0 where there were none.
pub(super) fn loss(tally: &SourceTally) -> f64 {
    let dropped: u64 = tally.dropped.iter().sum();
    let all = tally.offered.packets + tally.replicated;
    if all == 0 { 0.0 } else { dropped as f64 / all as f64 }
}

impl Flow {
    /// The figures of what a tally counted within `window`.
    pub(super) fn new(tally: &SourceTally, window: Span) -> Self {
        Self {
            offered: Throughput::new(tally.offered, window),
            delivered: Throughput::new(tally.delivered, window),
            loss: Figure::number(loss(tally)),
            filtered: Figure::count(tally.filtered),
            replicated: Figure::count(tally.replicated),
            dropped: Dropped {
                total: Figure::count(tally.dropped.iter().sum()),
                by_reason: tally.dropped.map(Figure::count),
            },
            resent: Figure::count(tally.resent),
            in_flight: Figure::balance(tally.in_flight),
            latency: Latency::new(tally),
            reordered: Figure::count(tally.reordered),
        }
    }
}

impl Throughput {
    fn new(volume: Volume, window: Span) -> Self {
        let Volume { packets, bytes } = volume;
        let gbps = |bytes: u64| Figure::per_second(bytes as f64 * 8e-9, window);
        Self {
            packets: Figure::count(packets),
            pps: Figure::per_second(packets as f64, window),
            gbps: gbps(bytes),
            wire_gbps: gbps(bytes + WIRE_EXTRA * packets),
            goodput_gbps: gbps(bytes.saturating_sub(TCP_HEADERS * packets)),
        }
    }
}

impl Latency {
    fn new(tally: &SourceTally) -> Self {
        let all: &Histogram = &tally.latency;
        let us = |ps: Option<f64>| Figure::maybe(ps.map(|ps| ps / 1e6));
        Self {
            mean_us: us(all.mean_ps()),
            p50_us: us(all.quantile_ps(0.5)),
            p90_us: us(all.quantile_ps(0.9)),
            p99_us: us(all.quantile_ps(0.99)),
            p999_us: us(all.quantile_ps(0.999)),
            max_us: us(all.max().map(|max| max.0 as f64)),
            slowdown: Slowdown::new(&tally.slowdown),
            stage: Stages::new(tally),
        }
    }
}

impl Slowdown {
    fn new(all: &Histogram) -> Self {
        let times = |thousandths: Option<f64>| Figure::maybe(thousandths.map(|n| n / 1e3));
        Self {
            mean: times(all.mean_ps()),
            p50: times(all.quantile_ps(0.5)),
            p99: times(all.quantile_ps(0.99)),
            p999: times(all.quantile_ps(0.999)),
        }
    }
}

impl Stages {
    fn new(tally: &SourceTally) -> Self {
        let count = tally.latency.count();
        let us = |sum: u128| (count > 0).then(|| sum as f64 / count as f64 / 1e6);
        Self(tally.stages.map(|sum| Figure::maybe(us(sum))))
    }
}
