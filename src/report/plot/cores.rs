//! What each core did over time: a grid of small charts, as a task manager shows it.

use super::area::{Area, Drawn};
use super::sheet::{
    self, BLUE, GREEN, GREY, GRID, GROUND, INK, MARGIN, PALE, PLUM, RED, TEAL, TOP,
};
use crate::engine::time::{Span, Time};
use crate::report::format;
use crate::study::run::Study;
use crate::world::outcome::Busy;
use plotters::prelude::*;

/// Kinds of work from the bottom up.
const KINDS: [(&str, RGBColor); 6] = [
    ("interrupt", RED),
    ("deferred", BLUE),
    ("vswitch", TEAL),
    ("guest", PLUM),
    ("app", GREEN),
    ("work", GREY),
];
const WIDTH: u32 = 1600;
/// Pixels left of the grid for the scale, and below it for the times.
const SCALE: i32 = 62;
const FOOT: i32 = 64;
/// Pixels above a chart for its name.
const NAME: i32 = 26;

/// One core: its name and, step by step, the cumulated shares of the kinds.
struct Core {
    name: String,
    shares: Vec<[f64; 6]>,
    mean: f64,
}

/// Where a core's chart is drawn, in pixels.
#[derive(Clone, Copy)]
struct Frame {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

/// Rows, columns, and the pixels of a cell.
struct Grid {
    columns: usize,
    cell: (i32, i32),
    rows: usize,
}

impl Grid {
    /// As square as the number of cores allows, without gaps where it can be.
    fn new(cores: usize) -> Self {
        let root = (cores as f64).sqrt().ceil() as usize;
        let even = (root..=2 * root).find(|columns| cores.is_multiple_of(*columns));
        let columns = even.filter(|columns| cores / columns * 3 >= *columns).unwrap_or(root).max(1);
        let rows = cores.div_ceil(columns).max(1);
        let width = (WIDTH as i32 - 2 * MARGIN - SCALE) / columns as i32;
        let height = (800 / rows as i32).clamp(58, 520);
        Self { columns, cell: (width, height), rows }
    }

    /// The frame of a chart.
    fn frame(&self, index: usize) -> Frame {
        let gap = if self.columns > 16 { 4 } else { 14 };
        let left = MARGIN + SCALE + (index % self.columns) as i32 * self.cell.0;
        let top = TOP + 20 + (index / self.columns) as i32 * self.cell.1;
        Frame {
            left,
            top: top + NAME,
            right: left + self.cell.0 - gap,
            bottom: top + self.cell.1 - 8,
        }
    }
}

/// The picture's size, which depends on the number of cores.
pub(super) fn size(study: &Study) -> (u32, u32) {
    let grid = Grid::new(study.first.hosts.iter().map(|host| host.cores.len()).sum());
    (WIDTH, (TOP + 20 + grid.rows as i32 * grid.cell.1 + FOOT) as u32)
}

pub(super) fn draw<DB: DrawingBackend>(study: &Study, area: &Area<DB>) -> Drawn<DB> {
    let cores = cores(study);
    let grid = Grid::new(cores.len());
    sheet::heading(study, "Each core over time: share of its time by kind of work", area)?;
    sheet::legend(&legend(study), 94, area)?;
    for (index, core) in cores.iter().enumerate() {
        chart(core, grid.frame(index), sheet::warm_share(study), area)?;
    }
    scales(study, &grid, cores.len(), area)
}

/// The kinds of work that some core did.
fn legend(study: &Study) -> Vec<(&'static str, RGBColor)> {
    let busy = || study.first.series.iter().flat_map(|step| &step.cores).flatten();
    let done = |kind: &usize| busy().any(|busy| spans(*busy)[*kind] > Span::ZERO);
    (0..KINDS.len()).filter(done).map(|kind| KINDS[kind]).collect()
}

/// All cores of all hosts; they are named with their host where there are several.
fn cores(study: &Study) -> Vec<Core> {
    let (hosts, series) = (&study.plan.world.hosts, &study.first.series);
    let mut all = Vec::new();
    for (h, host) in hosts.iter().enumerate() {
        for c in 0..host.cores as usize {
            let mut start = Time::ZERO;
            let mut shares = Vec::with_capacity(series.len());
            for step in series {
                shares.push(cumulated(step.cores[h][c], step.end.since(start)));
                start = step.end;
            }
            let figures = &study.figures.host[h].core[c];
            let name =
                if hosts.len() > 1 { format!("{} {c}", host.name) } else { format!("core {c}") };
            let mean = figures.busy.or_zero() + figures.work.or_zero();
            all.push(Core { name, shares, mean });
        }
    }
    all
}

/// In the order of the kinds.
fn spans(busy: Busy) -> [Span; 6] {
    let Busy { interrupt, deferred, vswitch, guest, app, work } = busy;
    [interrupt, deferred, vswitch, guest, app, work]
}

fn cumulated(busy: Busy, length: Span) -> [f64; 6] {
    let mut sum = 0.0;
    spans(busy).map(|span| {
        sum += span.0 as f64 / length.0.max(1) as f64;
        sum.min(1.0)
    })
}

fn chart<DB: DrawingBackend>(core: &Core, frame: Frame, warm: f64, area: &Area<DB>) -> Drawn<DB> {
    let Frame { left, top, right, bottom } = frame;
    area.draw(&Rectangle::new([(left, top), (right, bottom)], GROUND.filled()))?;
    let x = |share: f64| left + (share * f64::from(right - left)).round() as i32;
    let y = |share: f64| bottom - (share * f64::from(bottom - top)).round() as i32;
    let steps = core.shares.len() as f64;
    for (kind, (_, colour)) in KINDS.iter().enumerate().rev() {
        let mut outline = vec![(left, bottom)];
        for (index, shares) in core.shares.iter().enumerate() {
            let height = y(shares[kind]);
            outline.push((x(index as f64 / steps), height));
            outline.push((x((index + 1) as f64 / steps), height));
        }
        outline.push((right, bottom));
        area.draw(&Polygon::new(outline, colour.filled()))?;
    }
    for share in [0.25, 0.5, 0.75] {
        let line = vec![(left, y(share)), (right, y(share))];
        area.draw(&PathElement::new(line, INK.mix(0.12)))?;
    }
    if warm > 0.0 {
        let veil = [(left, top), (x(warm), bottom)];
        area.draw(&Rectangle::new(veil, WHITE.mix(0.6).filled()))?;
    }
    area.draw(&Rectangle::new([(left, top), (right, bottom)], GRID.stroke_width(1)))?;
    name(core, frame, area)
}

/// The core's name and how busy it was, as far as there is room.
fn name<DB: DrawingBackend>(
    core: &Core,
    Frame { left, top, right, .. }: Frame,
    area: &Area<DB>,
) -> Drawn<DB> {
    let size = if right - left < 130 { 13 } else { 16 };
    let busy = format::percent(core.mean);
    let (name_style, busy_style) = (sheet::text(size, INK), sheet::bold(size, INK));
    let name_width = area.estimate_text_size(&core.name, &name_style)?.0 as i32;
    let busy_width = area.estimate_text_size(&busy, &busy_style)?.0 as i32;
    let y = top - size as i32 - 5;
    if name_width + busy_width + 10 <= right - left {
        area.draw_text(&busy, &sheet::right(&busy_style), (right, y))?;
    }
    if name_width <= right - left {
        area.draw_text(&core.name, &name_style, (left, y))?;
    }
    Ok(())
}

/// 0 to 100 % at the first column, the times below the last row.
fn scales<DB: DrawingBackend>(
    study: &Study,
    grid: &Grid,
    cores: usize,
    area: &Area<DB>,
) -> Drawn<DB> {
    let pale = || sheet::text(14, PALE);
    for row in 0..grid.rows {
        let Frame { left, top, bottom, .. } = grid.frame(row * grid.columns);
        area.draw_text("100 %", &sheet::right(&pale()), (left - 8, top - 2))?;
        area.draw_text("0 %", &sheet::right(&pale()), (left - 8, bottom - 14))?;
    }
    let end = study.first.series.last().map_or(Span::ZERO, |step| Span(step.end.0));
    let (size, unit) = sheet::unit(end);
    let last = format!("{} {unit}", sheet::tick(end.0 as f64 / size));
    let Frame { left, right, bottom, .. } = grid.frame((grid.rows - 1) * grid.columns);
    area.draw_text("0", &pale(), (left, bottom + 6))?;
    if cores > 0 {
        area.draw_text(&last, &sheet::right(&pale()), (right, bottom + 6))?;
    }
    area.draw_text(&sheet::about_time(study), &pale(), (left, bottom + 30))
}
