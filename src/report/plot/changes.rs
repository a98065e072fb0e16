//! Throughput over time of virtual machines whose path changes: a chart for each, coloured by the
//! path that its packets take.

use super::area::{Area, Drawn};
use super::sheet::{self, GREY, GRID, INK, MARGIN, PALE, TOP};
use super::vms::PATHS;
use crate::engine::time::{Span, Time};
use crate::report::changes;
use crate::study::paths;
use crate::study::run::Study;
use crate::world::{RxPath, World};
use plotters::prelude::*;

/// The most charts of a picture: those that come first in the file.
const MOST: usize = 8;
/// Pixels of a chart, and of the axis below the last one.
const CHART: u32 = 240;
const AXIS: u32 = 70;

/// A virtual NIC over time.
struct Timeline<'d> {
    name: &'d str,
    /// Per step: start and end in the unit of the axis, Gbps, and the path at its end (at its start
    /// where it stops within).
    steps: Vec<(f64, f64, f64, &'static str)>,
}

/// Whether there is a series, and something changes.
pub(super) fn has_data(study: &Study) -> bool {
    study.first.series.last().is_some_and(|step| !step.changing.is_empty())
}

/// Width and height of the picture.
pub(super) fn size(study: &Study) -> (u32, u32) {
    let changing = study.first.series.last().map_or(&[][..], |step| &step.changing);
    let charts = changes::delivered(&study.plan.world, changing).len().min(MOST);
    (1600, TOP as u32 + charts as u32 * CHART + AXIS)
}

pub(super) fn draw<DB: DrawingBackend>(study: &Study, area: &Area<DB>) -> Drawn<DB> {
    let what = "Throughput of virtual machines whose path changes, over time";
    sheet::heading(study, what, area)?;
    let longest = study.first.series.last().map_or(Span::ZERO, |step| Span(step.end.0));
    let (size, unit) = sheet::unit(longest);
    let timelines = timelines(study, size);
    let steps = || timelines.iter().flat_map(|timeline| &timeline.steps);
    let present = |(path, _): &&(&str, RGBColor)| steps().any(|step| step.3 == *path);
    let legend: Vec<_> = PATHS.iter().filter(present).copied().collect();
    sheet::legend(&legend, 94, area)?;
    let most = steps().map(|step| step.2).fold(0.0, f64::max);
    let body = area.margin(TOP, 0, MARGIN, MARGIN);
    let mut rest = body;
    for (at, timeline) in timelines.iter().enumerate() {
        let (chart, below) = rest.split_vertically(CHART as i32);
        rest = below;
        let desc = (at + 1 == timelines.len()).then(|| format!("simulated time in {unit}"));
        one(timeline, most, &chart, desc.is_none())?;
        if let Some(desc) = desc {
            let style = sheet::text(18, INK);
            let width = rest.estimate_text_size(&desc, &style)?.0 as i32;
            let x = (rest.dim_in_pixel().0 as i32 - width) / 2;
            rest.draw_text(&desc, &style, (x, 14))?;
        }
    }
    Ok(())
}

fn timelines(study: &Study, unit: f64) -> Vec<Timeline<'_>> {
    let world = &study.plan.world;
    let mut timelines: Vec<Timeline> = Vec::new();
    let (mut start, mut before) = (Time::ZERO, Paths::at(world, Time::ZERO));
    for step in &study.first.series {
        let length = step.end.since(start).as_s();
        let after = Paths::at(world, step.end);
        let all = changes::delivered(world, &step.changing).into_iter().take(MOST);
        for (at, (name, load)) in all.enumerate() {
            if timelines.len() == at {
                timelines.push(Timeline { name, steps: Vec::new() });
            }
            let gbps = load.bytes as f64 * 8e-9 / length;
            let span = (start.0 as f64 / unit, step.end.0 as f64 / unit);
            let path = match after.of(name) {
                "none" => before.of(name),
                path => path,
            };
            timelines[at].steps.push((span.0, span.1, gbps, path));
        }
        (start, before) = (step.end, after);
    }
    timelines
}

/// The chart of one of them; times are written below the last.
fn one<DB: DrawingBackend>(
    timeline: &Timeline,
    most: f64,
    area: &Area<DB>,
    bare: bool,
) -> Drawn<DB> {
    let end = timeline.steps.last().map_or(1.0, |step| step.1);
    let mut chart = ChartBuilder::on(area)
        .margin_top(26)
        .margin_right(20)
        .x_label_area_size(26)
        .y_label_area_size(90)
        .build_cartesian_2d(0.0..end, 0.0..(most * 1.1).max(1e-9))?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(PALE)
        .y_desc("Gbps of frames")
        .x_labels(if bare { 0 } else { 11 })
        .y_labels(5)
        .label_style(sheet::text(17, INK))
        .axis_desc_style(sheet::text(16, INK))
        .x_label_formatter(&|x| sheet::tick(*x))
        .y_label_formatter(&|y| sheet::tick(*y))
        .draw()?;
    chart.draw_series(timeline.steps.iter().map(|(start, end, gbps, path)| {
        let colour = PATHS.iter().find(|(known, _)| known == path);
        let colour = colour.map_or(GREY, |(_, colour)| *colour);
        Rectangle::new([(*start, 0.0), (*end, *gbps)], colour.filled())
    }))?;
    area.draw_text(timeline.name.trim_start_matches("vm."), &sheet::bold(18, INK), (92, 2))
}

/// The paths of all virtual NICs at some time.
struct Paths<'w> {
    world: &'w World,
    by_vnic: Vec<&'w RxPath>,
    running: Vec<bool>,
}

impl<'w> Paths<'w> {
    /// Those at this time.
    fn at(world: &'w World, time: Time) -> Self {
        Self { world, by_vnic: paths::rx_paths(world, time), running: paths::running(world, time) }
    }

    /// The path of the one of this name, in the words of the metric `path`.
    fn of(&self, name: &str) -> &'static str {
        let named =
            self.world.vnics.iter().zip(&self.by_vnic).filter(|(vnic, _)| vnic.name == name);
        let mut in_use = named.filter(|(vnic, _)| paths::is_in_use(vnic, &self.running));
        in_use.next().map_or("none", |(vnic, rx_path)| paths::word(self.world, vnic, rx_path))
    }
}
