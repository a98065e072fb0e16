//! The tables of a result, before they become text or Markdown.

use super::vms::{self, Vm};
use super::words;
use crate::measure::tree::Tree;
use crate::scenario::Equals;
use crate::study::compare::{Comparison, Difference};
use crate::study::expect::Judged;
use crate::study::run::Study;
use crate::vocab::drop_reason::DropReason;
use crate::world::NicSpec;
use std::collections::BTreeSet;

/// Characters of a bar that stands for all of something; fewer where a table has more columns.
const BAR: usize = 30;
const SHORT_BAR: usize = 18;
/// The kinds of a core's work, the character that each is drawn with, its column, and whether the
/// column is shown only where there is such work.
const WORK: [(&str, char, &str, bool); 6] = [
    ("interrupt", '█', "█ interrupt", false),
    ("deferred", '▓', "▓ deferred", false),
    ("vswitch", '▚', "▚ vswitch", true),
    ("guest", '▄', "▄ guest", true),
    ("app", '▒', "▒ app", true),
    ("work", '░', "░ work", true),
];
/// Virtual machines that are listed one by one at most.
const VMS: usize = 16;
/// Cores that are listed at most.
const CORES: usize = 32;

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
    sections.extend(study.metrics.get("host").into_iter().flat_map(Tree::entries).map(cores));
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

/// A figure as people read it, with its interval if there is one; `-` without data.
fn figure(study: &Study, path: &str, show: fn(f64) -> String) -> String {
    let Some(value) = study.metrics.number(path) else { return "-".to_owned() };
    match study.interval95.as_ref().and_then(|interval| interval.number(path)) {
        Some(half) if half > 0.0 => format!("{} ± {}", show(value), show(half)),
        _ => show(value),
    }
}

fn traffic(study: &Study) -> Section {
    let row = |name: &str| {
        let cell = |key: &str| figure(study, &format!("{name}.{key}"), words::digits);
        let packets = figure(study, &format!("{name}.packets"), words::thousands);
        let pps = figure(study, &format!("{name}.pps"), words::thousands);
        vec![name.to_owned(), packets, pps, cell("gbps"), cell("wire_gbps"), cell("goodput_gbps")]
    };
    let header = ["<Traffic", "packets", "per second", "Gbps", "on the wire", "TCP payload"];
    let mut section = Section::new("", &header, vec![row("offered"), row("delivered")]);
    let sustained = study.metrics.get("sustained") == Some(&Tree::Flag(true));
    let loss = figure(study, "loss", words::percent);
    let mut notes =
        vec![format!("Loss {loss}; the load is {}carried.", if sustained { "" } else { "not " })];
    let is_there = |path: &str| study.metrics.number(path).is_some_and(|figure| figure > 0.0);
    if is_there("replicated") {
        let copies = figure(study, "replicated", words::thousands);
        notes.push(format!(
            "Delivered and lost include {copies} copies that the virtual switch made."
        ));
    }
    if is_there("filtered") {
        let packets = figure(study, "filtered", words::thousands);
        notes.push(format!("Filters discarded {packets} packets, which is no loss."));
    }
    for (port, _) in study.metrics.get("nic").map_or(&[][..], Tree::entries) {
        let path = format!("nic.{port}.paused");
        if is_there(&path) {
            let part = figure(study, &path, words::percent);
            notes.push(format!("The peer of {port} paused for {part} of the time."));
        }
    }
    section.note = Some(notes.join(" "));
    section
}

/// Per traffic group, where there are several.
fn groups(study: &Study) -> Option<Section> {
    let groups = study.metrics.get("traffic")?.entries();
    let row = |(name, _): &(String, Tree)| {
        let cell = |key: &str, show| figure(study, &format!("traffic.{name}.{key}"), show);
        vec![
            name.clone(),
            cell("offered.gbps", words::digits),
            cell("delivered.gbps", words::digits),
            cell("loss", words::percent),
            cell("latency.p99_us", words::digits),
        ]
    };
    let header = ["<Source", "offered Gbps", "delivered Gbps", "loss", "p99 us"];
    (groups.len() > 1).then(|| Section::new("", &header, groups.iter().map(row).collect()))
}

/// Each virtual machine, or where there are many those that are alike.
fn virtual_machines(study: &Study) -> Option<Section> {
    let all = vms::all(&study.metrics);
    let many = all.len() > VMS;
    let rows = if many {
        vms::alike(&all).iter().map(|class| together(class)).collect()
    } else {
        all.iter().map(|vm| alone(study, vm)).collect()
    };
    let header =
        ["<VM", "<path", "<why not better", "offered Gbps", "delivered Gbps", "loss", "p99 us"];
    let mut section = Section::new("", &header, rows);
    if all.iter().all(|vm| vm.reason().is_empty()) {
        section.leave_out("<why not better");
    }
    section.note = many.then(|| {
        format!("{} VMs, those of one path in one row: sums, and the longest p99.", all.len())
    });
    (!all.is_empty()).then_some(section)
}

fn alone(study: &Study, vm: &Vm) -> Vec<String> {
    let cell = |key: &str, show| figure(study, &format!("{}.{key}", vm.path()), show);
    vec![
        vm.name(),
        vm.word("path").to_owned(),
        vm.reason().to_owned(),
        cell("offered.gbps", words::digits),
        cell("delivered.gbps", words::digits),
        cell("loss", words::percent),
        cell("latency.p99_us", words::digits),
    ]
}

/// Virtual machines that are alike, of which there is at least one.
fn together(class: &[Vm]) -> Vec<String> {
    let (first, last) = (&class[0], &class[class.len() - 1]);
    let sum = |key: &str| class.iter().map(|vm| vm.figure(key)).sum::<f64>();
    let offered = sum("offered.packets");
    let loss = if offered > 0.0 { sum("dropped.total") / offered } else { 0.0 };
    let longest = class.iter().filter_map(|vm| vm.figures.number("latency.p99_us"));
    let longest = longest.max_by(f64::total_cmp);
    let name = match class.len() {
        1 => first.name(),
        count => format!("{count} of {}[{}-{}]", first.group, first.index, last.index),
    };
    vec![
        name,
        first.word("path").to_owned(),
        first.reason().to_owned(),
        words::digits(sum("offered.gbps")),
        words::digits(sum("delivered.gbps")),
        words::percent(loss),
        longest.map_or("-".to_owned(), words::digits),
    ]
}

/// Losses by reason, where there are any.
fn losses(study: &Study) -> Option<Section> {
    let total = study.metrics.number("dropped.total")?;
    let row = |reason: &DropReason| {
        let path = format!("dropped.{}", reason.name());
        let dropped = study.metrics.number(&path).filter(|dropped| *dropped > 0.0)?;
        let share = dropped / total;
        Some(vec![
            reason.name().to_owned(),
            figure(study, &path, words::thousands),
            words::percent(share),
            bar(&[(share, '█')], BAR),
        ])
    };
    let rows: Vec<_> = DropReason::ALL.iter().filter_map(row).collect();
    let header = ["<Lost", "packets", "of losses", "<"];
    (!rows.is_empty()).then(|| Section::new("", &header, rows))
}

fn latency(study: &Study) -> Section {
    let keys = ["mean_us", "p50_us", "p90_us", "p99_us", "p999_us", "max_us"];
    let cells = keys.map(|key| figure(study, &format!("latency.{key}"), words::digits));
    let mut rows = vec![std::iter::once("us".to_owned()).chain(cells).collect()];
    if study.metrics.number("latency.slowdown.mean").is_some() {
        let cell = |key: &str| figure(study, &format!("latency.slowdown.{key}"), words::digits);
        let cells = ["mean", "p50", "p90", "p99", "p999", "max"].map(cell);
        rows.push(std::iter::once("slowdown".to_owned()).chain(cells).collect());
    }
    let header = ["<Latency", "mean", "p50", "p90", "p99", "p99.9", "max"];
    Section::new("", &header, rows)
}

/// Where a packet's time goes, if one was delivered.
fn stages(study: &Study) -> Option<Section> {
    let total = study.metrics.number("latency.mean_us").unwrap_or(0.0);
    let stages = study.metrics.get("latency.stage").map_or(&[][..], Tree::entries);
    let row = |(name, _): &(String, Tree)| {
        let path = format!("latency.stage.{name}.mean_us");
        let mean = study.metrics.number(&path).filter(|mean| *mean > 0.0)?;
        Some(vec![
            name.clone(),
            figure(study, &path, words::digits),
            words::percent(mean / total),
            bar(&[(mean / total, '█')], BAR),
        ])
    };
    let header = ["<Where a packet's time goes", "mean us", "share", "<"];
    let rows: Vec<_> = stages.iter().filter_map(row).collect();
    (!rows.is_empty()).then(|| Section::new("", &header, rows))
}

/// A host's cores that did something, as bars.
fn cores((host, figures): &(String, Tree)) -> Section {
    let all = figures.get("core").map_or(&[][..], Tree::items);
    let share = |core: &Tree, kind: &str| core.number(kind).unwrap_or(0.0);
    let active: Vec<(usize, &Tree)> = all
        .iter()
        .enumerate()
        .filter(|(_, core)| share(core, "busy") + share(core, "work") > 0.0)
        .collect();
    let any = |kind| active.iter().any(|(_, core)| share(core, kind) > 0.0);
    let kinds: Vec<_> = WORK.iter().filter(|(kind, .., rare)| !rare || any(kind)).collect();
    let length = if kinds.len() > 4 { SHORT_BAR } else { BAR };
    let row = |(index, core): &(usize, &Tree)| {
        let parts = WORK.map(|(kind, sign, ..)| (share(core, kind), sign));
        let bar = bar(&parts, length);
        let mut cells = vec![index.to_string(), bar, words::percent(share(core, "busy"))];
        cells.extend(kinds.iter().map(|(kind, ..)| words::percent(share(core, kind))));
        cells
    };
    let mut header = vec!["<Core", "<", "busy"];
    header.extend(kinds.iter().map(|(_, _, column, _)| *column));
    let rows = active.iter().take(CORES).map(row).collect();
    let mut section = Section::new(&format!("Host {host}"), &header, rows);
    let mut notes = vec![format!(
        "{} of {} core{} busy with traffic",
        words::digits(figures.number("busy_cores").unwrap_or(0.0)),
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
        let path = format!("nic.{}", nic.name);
        let queues = study.metrics.get(&format!("{path}.queue")).map_or(&[][..], Tree::items);
        let cores = queues.iter().filter_map(|queue| queue.number("core"));
        let cores: BTreeSet<u64> = cores.map(|core| core as u64).collect();
        (world.loses_affinity(index) || policy.is_some()).then(|| {
            vec![
                nic.name.clone(),
                policy.unwrap_or("none").to_owned(),
                figure(study, &format!("{path}.policy.moves"), words::thousands),
                figure(study, &format!("{path}.policy.settled_at_us"), words::digits),
                cores.len().to_string(),
            ]
        })
    };
    let rows: Vec<_> = world.nics.iter().enumerate().filter_map(row).collect();
    let header = ["<Port", "<policy", "moves", "last after us", "cores with a queue at the end"];
    (!rows.is_empty()).then(|| Section::new("", &header, rows))
}

/// Shares of a whole side by side, each with its own sign.
fn bar(parts: &[(f64, char)], length: usize) -> String {
    let (mut bar, mut drawn, mut until) = (String::new(), 0, 0.0);
    for (share, sign) in parts {
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
            Some(whole) if whole.fract() == 0.0 => words::thousands(whole),
            Some(number) => words::digits(number),
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
    if whole { words::thousands(value) } else { value.to_string() }
}

/// One row per design; the first is what `relative` relates to.
fn designs(studies: &[Study]) -> Section {
    let delivered = |study: &Study| study.metrics.number("delivered.gbps").unwrap_or(0.0);
    let row = |study: &Study| {
        let cell = |path: &str, show| figure(study, path, show);
        let busy = study.metrics.get("host").map_or(&[][..], Tree::entries);
        let busy: f64 = busy.iter().filter_map(|(_, host)| host.number("busy_cores")).sum();
        let relative = delivered(study) / studies.first().map_or(f64::NAN, delivered);
        vec![
            study.plan.design.clone().unwrap_or_default(),
            cell("delivered.gbps", words::digits),
            if relative.is_finite() { format!("{relative:.2}x") } else { "-".to_owned() },
            cell("loss", words::percent),
            cell("latency.mean_us", words::digits),
            cell("latency.p99_us", words::digits),
            words::digits(busy),
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
    let mean = format!("{sign}{}", words::digits(found.estimate.mean));
    match found.estimate.half_width {
        Some(half) => format!("{mean} ± {}", words::digits(half)),
        None => mean,
    }
}

fn meaning(found: &Difference) -> String {
    if found.is_shown() == Some(false) { "no difference shown".to_owned() } else { String::new() }
}
