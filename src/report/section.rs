//! The tables of a result, before they become text or Markdown.

use super::format;
use super::vms::{self, Vm};
use crate::measure::tree::Tree;
use crate::scenario::Equals;
use crate::study::compare::{Comparison, Difference};
use crate::study::expect::Judged;
use crate::study::figures::figure::Figure;
use crate::study::figures::flow::{Flow, Latency, Throughput};
use crate::study::figures::host::{CoreFigures, HostFigures};
use crate::study::run::Study;
use crate::vocab::drop_reason::DropReason;
use crate::vocab::stage::Stage;
use crate::world::NicSpec;
use std::collections::BTreeSet;

/// Characters of a bar that stands for all of something; fewer where a table has more columns.
const BAR: usize = 30;
const SHORT_BAR: usize = 18;
/// The kinds of a core's work.
const WORK: [WorkColumn; 6] = [
    WorkColumn { share: |core| core.interrupt, sign: '█', header: "█ interrupt", rare: false },
    WorkColumn { share: |core| core.deferred, sign: '▓', header: "▓ deferred", rare: false },
    WorkColumn { share: |core| core.vswitch, sign: '▚', header: "▚ vswitch", rare: true },
    WorkColumn { share: |core| core.guest, sign: '▄', header: "▄ guest", rare: true },
    WorkColumn { share: |core| core.app, sign: '▒', header: "▒ app", rare: true },
    WorkColumn { share: |core| core.work, sign: '░', header: "░ work", rare: true },
];
/// Virtual machines that are listed one by one at most.
const VMS: usize = 16;
/// Cores that are listed at most.
const CORES: usize = 32;

/// A kind of work in the table of cores.
struct WorkColumn {
    share: fn(&CoreFigures) -> Figure,
    /// The character that bars draw it with.
    sign: char,
    header: &'static str,
    /// The column is shown only where there is such work.
    rare: bool,
}

/// A table with a title.
pub(super) struct Section {
    pub(super) title: String,
    /// Names of the columns; one that starts with `<` is aligned left, without that sign.
    pub(super) header: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    /// What to know about it.
    pub(super) note: Option<String>,
}

impl Section {
    fn new(title: &str, header: &[&'static str], rows: Vec<Vec<String>>) -> Self {
        Self { title: title.to_owned(), header: header.to_vec(), rows, note: None }
    }

    /// Leaves out a column in which nothing is said.
    fn leave_out(&mut self, column: &str) {
        let at = self.header.iter().position(|name| *name == column).expect("a column's name");
        self.header.remove(at);
        self.rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }
}

/// The tables of one study, in the order in which they are read.
pub(super) fn of_study(study: &Study) -> Vec<Section> {
    let mut sections = vec![traffic(study)];
    sections.extend(groups(study));
    sections.extend(virtual_machines(study));
    sections.extend(losses(study));
    sections.push(latency(study));
    sections.extend(stages(study));
    sections.extend(study.figures.host.iter().map(|(host, figures)| cores(host, figures)));
    sections.extend(moves(study));
    sections.extend(expectations(std::slice::from_ref(study)));
    sections
}

/// The tables of a comparison.
pub(super) fn of_comparison(comparison: &Comparison) -> Vec<Section> {
    let mut sections = vec![designs(&comparison.studies)];
    sections.extend(differences(comparison));
    sections.extend(expectations(&comparison.studies));
    sections
}

fn traffic(study: &Study) -> Section {
    let flow = &study.figures.flow;
    let row = |name: &str, all: &Throughput| {
        let show = |figure| format::figure(figure, format::digits);
        let packets = format::figure(all.packets, format::thousands);
        let pps = format::figure(all.pps, format::thousands);
        let rates = [all.gbps, all.wire_gbps, all.goodput_gbps].map(show);
        [name.to_owned(), packets, pps].into_iter().chain(rates).collect()
    };
    let header = ["<Traffic", "packets", "per second", "Gbps", "on the wire", "TCP payload"];
    let rows = vec![row("offered", &flow.offered), row("delivered", &flow.delivered)];
    let mut section = Section::new("", &header, rows);
    let loss = format::figure(flow.loss, format::percent);
    let carried = if study.figures.sustained { "" } else { "not " };
    let mut notes = vec![format!("Loss {loss}; the load is {carried}carried.")];
    if flow.replicated.is_positive() {
        let copies = format::figure(flow.replicated, format::thousands);
        notes.push(format!(
            "Delivered and lost include {copies} copies that the virtual switch made."
        ));
    }
    if flow.filtered.is_positive() {
        let packets = format::figure(flow.filtered, format::thousands);
        notes.push(format!("Filters discarded {packets} packets, which is no loss."));
    }
    for (port, nic) in study.figures.nic.iter().filter(|(_, nic)| nic.paused.is_positive()) {
        let part = format::figure(nic.paused, format::percent);
        notes.push(format!("The peer of {port} paused for {part} of the time."));
    }
    section.note = Some(notes.join(" "));
    section
}

/// The columns of a flow among others.
const FLOW: [&str; 4] = ["offered Gbps", "delivered Gbps", "loss", "p99 us"];

fn cells(flow: &Flow) -> [String; FLOW.len()] {
    [
        format::figure(flow.offered.gbps, format::digits),
        format::figure(flow.delivered.gbps, format::digits),
        format::figure(flow.loss, format::percent),
        format::figure(flow.latency.p99_us, format::digits),
    ]
}

/// Per traffic group, where there are several.
fn groups(study: &Study) -> Option<Section> {
    let groups = &study.figures.traffic;
    let rows = groups.iter().map(|(name, group)| {
        let name = name.to_owned();
        std::iter::once(name).chain(cells(&group.flow)).collect()
    });
    let header: Vec<&str> = std::iter::once("<Source").chain(FLOW).collect();
    (groups.len() > 1).then(|| Section::new("", &header, rows.collect()))
}

/// Each virtual machine, or where there are many those that are alike.
fn virtual_machines(study: &Study) -> Option<Section> {
    let all = vms::all(&study.figures);
    let many = all.len() > VMS;
    let rows = if many {
        vms::alike(&all).iter().map(|class| together(class)).collect()
    } else {
        all.iter().map(alone).collect()
    };
    let header: Vec<&str> = ["<VM", "<path", "<why not better"].into_iter().chain(FLOW).collect();
    let mut section = Section::new("", &header, rows);
    if all.iter().all(|vm| vm.reason().is_empty()) {
        section.leave_out("<why not better");
    }
    section.note = many.then(|| {
        format!(
            "{} VMs. The VMs of one path share a row, which shows their sums and their longest p99.",
            all.len()
        )
    });
    (!all.is_empty()).then_some(section)
}

fn alone(vm: &Vm) -> Vec<String> {
    let words = [vm.name(), vm.path().to_owned(), vm.reason().to_owned()];
    words.into_iter().chain(cells(vm.flow())).collect()
}

/// Virtual machines that are alike, of which there is at least one.
fn together(class: &[Vm]) -> Vec<String> {
    let (first, last) = (&class[0], &class[class.len() - 1]);
    let sum = |of: fn(&Flow) -> Figure| class.iter().map(|vm| of(vm.flow()).or_zero()).sum::<f64>();
    let offered = sum(|flow| flow.offered.packets);
    let loss = if offered > 0.0 { sum(|flow| flow.dropped.total) / offered } else { 0.0 };
    let longest = class.iter().filter_map(|vm| vm.flow().latency.p99_us.get());
    let longest = longest.max_by(f64::total_cmp);
    let name = match class.len() {
        1 => first.name(),
        count => format!("{count} of {}[{}-{}]", first.group, first.index, last.index),
    };
    vec![
        name,
        first.path().to_owned(),
        first.reason().to_owned(),
        format::digits(sum(|flow| flow.offered.gbps)),
        format::digits(sum(|flow| flow.delivered.gbps)),
        format::percent(loss),
        longest.map_or("-".to_owned(), format::digits),
    ]
}

/// Losses by reason, where there are any.
fn losses(study: &Study) -> Option<Section> {
    let dropped = &study.figures.flow.dropped;
    let row = |reason: DropReason| {
        let share = dropped[reason].or_zero() / dropped.total.or_zero();
        vec![
            reason.name().to_owned(),
            format::figure(dropped[reason], format::thousands),
            format::percent(share),
            bar(&[Part { share, sign: '█' }], BAR),
        ]
    };
    let reasons = DropReason::ALL.into_iter().filter(|reason| dropped[*reason].is_positive());
    let rows: Vec<_> = reasons.map(row).collect();
    let header = ["<Lost", "packets", "of losses", "<"];
    (!rows.is_empty()).then(|| Section::new("", &header, rows))
}

fn latency(study: &Study) -> Section {
    let Latency { mean_us, p50_us, p90_us, p99_us, p999_us, max_us, slowdown, .. } =
        &study.figures.flow.latency;
    let row = |name: &str, figures: [Figure; 6]| {
        let cells = figures.map(|figure| format::figure(figure, format::digits));
        std::iter::once(name.to_owned()).chain(cells).collect()
    };
    let mut rows = vec![row("us", [*mean_us, *p50_us, *p90_us, *p99_us, *p999_us, *max_us])];
    if slowdown.mean.get().is_some() {
        let none = Figure::NONE;
        let figures = [slowdown.mean, slowdown.p50, none, slowdown.p99, slowdown.p999, none];
        rows.push(row("slowdown", figures));
    }
    let header = ["<Latency", "mean", "p50", "p90", "p99", "p99.9", "max"];
    Section::new("", &header, rows)
}

/// Where a packet's time goes, if one was delivered.
fn stages(study: &Study) -> Option<Section> {
    let latency = &study.figures.flow.latency;
    let row = |stage: Stage| {
        let mean = latency.stage[stage];
        let share = mean.or_zero() / latency.mean_us.or_zero();
        vec![
            stage.name().to_owned(),
            format::figure(mean, format::digits),
            format::percent(share),
            bar(&[Part { share, sign: '█' }], BAR),
        ]
    };
    let stages = Stage::ALL.into_iter().filter(|stage| latency.stage[*stage].is_positive());
    let rows: Vec<_> = stages.map(row).collect();
    let header = ["<Where a packet's time goes", "mean us", "share", "<"];
    (!rows.is_empty()).then(|| Section::new("", &header, rows))
}

/// A host's cores that did something, as bars.
fn cores(host: &str, figures: &HostFigures) -> Section {
    let all = &figures.core;
    let is_active = |core: &CoreFigures| core.busy.or_zero() + core.work.or_zero() > 0.0;
    let active: Vec<(usize, &CoreFigures)> =
        all.iter().enumerate().filter(|(_, core)| is_active(core)).collect();
    let any = |kind: &WorkColumn| active.iter().any(|(_, core)| (kind.share)(core).is_positive());
    let kinds: Vec<_> = WORK.iter().filter(|kind| !kind.rare || any(kind)).collect();
    let length = if kinds.len() > 4 { SHORT_BAR } else { BAR };
    let row = |(index, core): &(usize, &CoreFigures)| {
        let share = |kind: &WorkColumn| (kind.share)(core).or_zero();
        let parts = WORK.each_ref().map(|kind| Part { share: share(kind), sign: kind.sign });
        let busy = format::percent(core.busy.or_zero());
        let mut cells = vec![index.to_string(), bar(&parts, length), busy];
        cells.extend(kinds.iter().map(|kind| format::percent(share(kind))));
        cells
    };
    let mut header = vec!["<Core", "<", "busy"];
    header.extend(kinds.iter().map(|kind| kind.header));
    let rows = active.iter().take(CORES).map(row).collect();
    let mut section = Section::new(&format!("Host {host}"), &header, rows);
    let mut notes = vec![format!(
        "{} of {} core{} busy with traffic",
        format::digits(figures.busy_cores.or_zero()),
        all.len(),
        if all.len() == 1 { "" } else { "s" }
    )];
    if active.len() > CORES {
        notes.push(format!("{} more cores not shown", active.len() - CORES));
    }
    if active.len() < all.len() {
        notes.push(format!("{} idle", all.len() - active.len()));
    }
    section.note = Some(format!("{}.", notes.join("; ")));
    section
}

/// Who moved queues or table entries, where somebody may.
fn moves(study: &Study) -> Option<Section> {
    let world = &study.plan.world;
    let row = |(index, nic): (usize, &NicSpec)| {
        let policy = nic.rebalance.as_ref().map(|rebalance| rebalance.maker.make().name());
        let figures = &study.figures.nic[index];
        let cores = figures.queue.iter().filter_map(|queue| queue.core.get());
        let cores: BTreeSet<u64> = cores.map(|core| core as u64).collect();
        (world.loses_affinity(index) || policy.is_some()).then(|| {
            vec![
                nic.name.clone(),
                policy.unwrap_or("none").to_owned(),
                format::figure(figures.policy.moves, format::thousands),
                format::figure(figures.policy.settled_at_us, format::digits),
                cores.len().to_string(),
            ]
        })
    };
    let rows: Vec<_> = world.nics.iter().enumerate().filter_map(row).collect();
    let header = ["<Port", "<policy", "moves", "last after us", "cores with a queue at the end"];
    (!rows.is_empty()).then(|| Section::new("", &header, rows))
}

/// A part of a bar.
struct Part {
    share: f64,
    sign: char,
}

/// Shares of a whole side by side, each with its own sign.
fn bar(parts: &[Part], length: usize) -> String {
    let (mut bar, mut drawn, mut until) = (String::new(), 0, 0.0);
    for Part { share, sign } in parts {
        until += share;
        let end = ((until * length as f64).round() as usize).min(length);
        bar.extend(std::iter::repeat_n(*sign, end.saturating_sub(drawn)));
        drawn = drawn.max(end);
    }
    bar
}

/// The claims of all studies with their outcome, where there are any.
fn expectations(studies: &[Study]) -> Option<Section> {
    let row = |judged: &Judged| {
        let expect = &judged.expect;
        let metric = match &expect.design {
            Some(design) => format!("{} ({design})", expect.metric),
            None => expect.metric.clone(),
        };
        vec![
            if judged.pass { "pass" } else { "FAIL" }.to_owned(),
            metric,
            shown(&judged.value),
            claimed(judged),
            expect.why.clone(),
        ]
    };
    let rows: Vec<_> = studies.iter().flat_map(|study| &study.expect).map(row).collect();
    let header = ["<Claim", "<metric", "value", "<claimed", "<why"];
    (!rows.is_empty()).then(|| Section::new("", &header, rows))
}

fn shown(value: &Tree) -> String {
    match value {
        Tree::Word(word) => word.clone(),
        Tree::Flag(flag) => flag.to_string(),
        other => match other.as_number() {
            Some(whole) if whole.fract() == 0.0 => format::thousands(whole),
            Some(number) => format::digits(number),
            None => "no data".to_owned(),
        },
    }
}

fn claimed(judged: &Judged) -> String {
    let expect = &judged.expect;
    match (&expect.equals, expect.min, expect.max) {
        (Some(Equals::Word(word)), ..) => word.clone(),
        (Some(Equals::Flag(flag)), ..) => flag.to_string(),
        (Some(Equals::Number(number)), ..) => bound(*number),
        (None, Some(min), Some(max)) => format!("{} to {}", bound(min), bound(max)),
        (None, Some(min), None) => format!("at least {}", bound(min)),
        (None, None, Some(max)) => format!("at most {}", bound(max)),
        (None, None, None) => "any".to_owned(),
    }
}

/// A bound with all the digits that it was written with; large whole ones in groups.
fn bound(value: f64) -> String {
    let whole = value.abs() >= 10_000.0 && value.fract() == 0.0;
    if whole { format::thousands(value) } else { value.to_string() }
}

/// One row per design; the first is what `relative` relates to.
fn designs(studies: &[Study]) -> Section {
    let delivered = |study: &Study| study.figures.flow.delivered.gbps.or_zero();
    let row = |study: &Study| {
        let flow = &study.figures.flow;
        let busy: f64 = study.figures.host.iter().map(|(_, host)| host.busy_cores.or_zero()).sum();
        let relative = delivered(study) / studies.first().map_or(f64::NAN, delivered);
        vec![
            study.plan.design.clone().unwrap_or_default(),
            format::figure(flow.delivered.gbps, format::digits),
            if relative.is_finite() { format!("{relative:.2}x") } else { "-".to_owned() },
            format::figure(flow.loss, format::percent),
            format::figure(flow.latency.mean_us, format::digits),
            format::figure(flow.latency.p99_us, format::digits),
            format::digits(busy),
        ]
    };
    let header =
        ["<Design", "delivered Gbps", "relative", "loss", "mean us", "p99 us", "busy cores"];
    Section::new("", &header, studies.iter().map(row).collect())
}

/// What the table of differences shows, and by which name.
const COMPARED: [(&str, &str); 7] = [
    ("delivered.gbps", "delivered Gbps"),
    ("loss", "loss"),
    ("latency.mean_us", "mean latency us"),
    ("latency.p99_us", "p99 latency us"),
    ("interrupts.per_second", "interrupts per second"),
    ("dropped.total", "packets lost"),
    ("reordered", "packets reordered"),
];

/// Each design against the first, figure by figure.
fn differences(comparison: &Comparison) -> Option<Section> {
    let (baseline, others) = comparison.studies.split_first()?;
    let mut rows = Vec::new();
    for (study, differences) in others.iter().zip(&comparison.differences) {
        for (path, name) in COMPARED {
            if let Some(found) = differences.iter().find(|found| found.path == path) {
                let design = study.plan.design.clone().unwrap_or_default();
                rows.push(vec![design, name.to_owned(), difference(found), meaning(found)]);
            }
        }
    }
    let mut section = Section::new("", &["<Design", "<figure", "difference", "<"], rows);
    section.note = Some(format!(
        "Differences from {} on the same traffic, replication by replication{}.",
        baseline.plan.design.as_deref().unwrap_or("the first"),
        if baseline.interval95.is_some() {
            "; ± is the 95 % interval"
        } else {
            "; one replication has no intervals"
        }
    ));
    (!others.is_empty()).then_some(section)
}

fn difference(found: &Difference) -> String {
    let sign = if found.estimate.mean > 0.0 { "+" } else { "" };
    let mean = format!("{sign}{}", format::digits(found.estimate.mean));
    match found.estimate.half_width {
        Some(half) => format!("{mean} ± {}", format::digits(half)),
        None => mean,
    }
}

fn meaning(found: &Difference) -> String {
    if found.is_shown() == Some(false) { "no difference shown".to_owned() } else { String::new() }
}
