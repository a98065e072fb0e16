//! Results as CSV: one row per figure; and the series over time, one row per step and thing.

use super::changes;
use super::renderer::Renderer;
use crate::engine::time::{Span, Time};
use crate::measure::tree::Tree;
use crate::study::compare::Comparison;
use crate::study::run::Study;
use crate::world::outcome::{Busy, SeriesStep, Volume};
use csv::Writer;

/// Rows of one kind of file.
type Rows = Writer<Vec<u8>>;

/// CSV: `design,path,value,half_width_95`. What has no data is empty.
#[derive(Clone, Copy, Debug)]
pub struct Csv;

impl Renderer for Csv {
    fn study(&self, study: &Study) -> String {
        figures(std::slice::from_ref(study))
    }

    fn comparison(&self, comparison: &Comparison) -> String {
        figures(&comparison.studies)
    }
}

fn figures(studies: &[Study]) -> String {
    let mut rows = Writer::from_writer(Vec::new());
    put(&mut rows, &["design", "path", "value", "half_width_95"].map(str::to_owned));
    for study in studies {
        let design = study.plan.design.clone().unwrap_or_default();
        for (path, value) in study.metrics.walk() {
            let half = study.interval95.as_ref().and_then(|interval| interval.get(&path));
            let half = half.map_or(String::new(), field);
            put(&mut rows, &[design.clone(), path, field(value), half]);
        }
    }
    text(rows)
}

fn field(value: &Tree) -> String {
    match value {
        Tree::Count(count) => count.to_string(),
        Tree::Number(number) => number.to_string(),
        Tree::Word(word) => word.clone(),
        Tree::Flag(flag) => flag.to_string(),
        Tree::Null | Tree::List(_) | Tree::Table(_) => String::new(),
    }
}

/// The series of a study's first replication in long form: `end_us,name,value`. Names are
/// `offered.gbps`, `delivered.pps`, `dropped.pps`, `interrupts.per_second`,
/// `host.alpha.core[0].deferred` (a fraction of the step), `nic.port0.queue[0].depth`, `.core`, and
/// `vm.web[3].delivered.gbps` of virtual NICs whose path changes.
#[must_use]
pub fn series(study: &Study) -> String {
    let mut rows = Writer::from_writer(Vec::new());
    put(&mut rows, &["end_us", "name", "value"].map(str::to_owned));
    let mut start = Time::ZERO;
    for step in &study.first.series {
        let end = format!("{}", Span(step.end.0).as_us());
        let values = totals(step, start).into_iter().chain(parts(study, step, start));
        for (name, value) in values {
            put(&mut rows, &[end.clone(), name, value.to_string()]);
        }
        start = step.end;
    }
    text(rows)
}

/// Rates of the whole within a step that starts at `start`.
fn totals(step: &SeriesStep, start: Time) -> Vec<(String, f64)> {
    let seconds = step.end.since(start).as_s();
    let gbps = |load: Volume| load.bytes as f64 * 8e-9 / seconds;
    [
        ("offered.pps", step.offered.packets as f64 / seconds),
        ("offered.gbps", gbps(step.offered)),
        ("delivered.pps", step.delivered.packets as f64 / seconds),
        ("delivered.gbps", gbps(step.delivered)),
        ("dropped.pps", step.dropped as f64 / seconds),
        ("interrupts.per_second", step.interrupts as f64 / seconds),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// What cores did within a step, and how queues stood at its end.
fn parts(study: &Study, step: &SeriesStep, start: Time) -> Vec<(String, f64)> {
    let (world, length) = (&study.plan.world, step.end.since(start));
    let mut values = Vec::new();
    for (host, cores) in world.hosts.iter().zip(&step.cores) {
        for (core, busy) in cores.iter().enumerate() {
            for (kind, span) in kinds(busy) {
                let share = span.0 as f64 / length.0 as f64;
                values.push((format!("host.{}.core[{core}].{kind}", host.name), share));
            }
        }
    }
    for (name, load) in changes::delivered(world, &step.changing) {
        let gbps = load.bytes as f64 * 8e-9 / length.as_s();
        values.push((format!("{name}.delivered.gbps"), gbps));
    }
    for (nic, queues) in world.nics.iter().zip(&step.queues) {
        for (queue, (depth, core)) in queues.iter().enumerate() {
            let name = format!("nic.{}.queue[{queue}]", nic.name);
            values.push((format!("{name}.depth"), f64::from(*depth)));
            values.push((format!("{name}.core"), f64::from(*core)));
        }
    }
    values
}

fn kinds(busy: &Busy) -> [(&'static str, Span); 6] {
    [
        ("interrupt", busy.interrupt),
        ("deferred", busy.deferred),
        ("vswitch", busy.vswitch),
        ("guest", busy.guest),
        ("app", busy.app),
        ("work", busy.work),
    ]
}

fn put<const N: usize>(rows: &mut Rows, row: &[String; N]) {
    rows.write_record(row).expect("memory takes every row, and rows have one length");
}

fn text(rows: Rows) -> String {
    let bytes = rows.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("all fields are text")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::fixture;

    #[test]
    fn every_figure_has_a_row() {
        let study = fixture::study(2, 1);
        let text = Csv.study(&study);
        assert_eq!(text.lines().count(), 1 + study.metrics.walk().len());
        assert!(text.contains("\n,delivered.packets,57640,\n"), "{text}");
        assert!(text.contains("\n,nic.port0.queue[0].vm,,\n"), "{text}");
    }

    #[test]
    fn every_step_has_a_row_per_core_kind_and_queue() {
        let study = fixture::study(2, 1);
        let text = series(&study);
        assert_eq!(text.lines().count(), 1 + 200 * (6 + 2 * 6 + 2 * 2));
        assert!(text.contains("\n1000,offered.pps,812000\n"), "{text}");
    }
}
