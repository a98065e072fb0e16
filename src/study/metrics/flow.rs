//! Figures of a stream of packets: a source's, a group's, or all traffic's.

use crate::engine::time::Span;
use crate::measure::histogram::Histogram;
use crate::measure::tree::Tree;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::stage::Stage;
use crate::world::outcome::{SourceTally, Volume};

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

/// `amount` per second of `window`; null for an empty window.
pub(super) fn rate(amount: f64, window: Span) -> Tree {
    Tree::figure(Some(amount / window.as_s()))
}

/// All figures of a stream.
pub(super) fn figures(tally: &SourceTally, window: Span) -> Vec<(String, Tree)> {
    [
        ("offered", load(tally.offered, window)),
        ("delivered", load(tally.delivered, window)),
        ("loss", Tree::Number(loss(tally))),
        ("filtered", Tree::count(tally.filtered)),
        ("replicated", Tree::count(tally.replicated)),
        ("dropped", dropped(tally)),
        ("resent", Tree::count(tally.resent)),
        ("in_flight", Tree::Count(tally.in_flight)),
        ("latency", latency(tally)),
        ("reordered", Tree::count(tally.reordered)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

fn load(load: Volume, window: Span) -> Tree {
    let gbps = |bytes: u64| rate(bytes as f64 * 8e-9, window);
    Tree::table([
        ("packets", Tree::count(load.packets)),
        ("pps", rate(load.packets as f64, window)),
        ("gbps", gbps(load.bytes)),
        ("wire_gbps", gbps(load.bytes + WIRE_EXTRA * load.packets)),
        ("goodput_gbps", gbps(load.bytes.saturating_sub(TCP_HEADERS * load.packets))),
    ])
}

fn dropped(tally: &SourceTally) -> Tree {
    let total = ("total".to_owned(), Tree::count(tally.dropped.iter().sum()));
    let reasons = DropReason::ALL.iter().zip(tally.dropped);
    let reasons = reasons.map(|(reason, count)| (reason.name().to_owned(), Tree::count(count)));
    Tree::Table(std::iter::once(total).chain(reasons).collect())
}

fn latency(tally: &SourceTally) -> Tree {
    let all: &Histogram = &tally.latency;
    let us = |ps: Option<f64>| Tree::figure(ps.map(|ps| ps / 1e6));
    Tree::table([
        ("mean_us", us(all.mean_ps())),
        ("p50_us", us(all.quantile_ps(0.5))),
        ("p90_us", us(all.quantile_ps(0.9))),
        ("p99_us", us(all.quantile_ps(0.99))),
        ("p999_us", us(all.quantile_ps(0.999))),
        ("max_us", us(all.max().map(|max| max.0 as f64))),
        ("slowdown", slowdown(&tally.slowdown)),
        ("stage", stages(tally)),
    ])
}

/// How many times as long as its own processing a packet took; null where that is not recorded.
fn slowdown(all: &Histogram) -> Tree {
    let times = |thousandths: Option<f64>| Tree::figure(thousandths.map(|n| n / 1e3));
    Tree::table([
        ("mean", times(all.mean_ps())),
        ("p50", times(all.quantile_ps(0.5))),
        ("p99", times(all.quantile_ps(0.99))),
        ("p999", times(all.quantile_ps(0.999))),
    ])
}

fn stages(tally: &SourceTally) -> Tree {
    let count = tally.latency.count();
    let mean = |stage: Stage| {
        let sum = tally.stages[stage as usize];
        Tree::figure((count > 0).then(|| sum as f64 / count as f64 / 1e6))
    };
    let entry = |stage: Stage| (stage.name().to_owned(), Tree::table([("mean_us", mean(stage))]));
    Tree::Table(Stage::ALL.into_iter().map(entry).collect())
}
