//! Which core served each receive queue over time, and how many cores served one: a row per queue,
//! coloured by its core.

use super::area::{Area, Drawn};
use super::sheet::{self, BLUE, GRID, GROUND, INK, MARGIN, PALE, Rows, TOP};
use crate::engine::time::{Span, Time};
use crate::study::paths;
use crate::study::run::Study;
use plotters::prelude::*;
use std::collections::BTreeSet;

const WIDTH: u32 = 1600;
/// Pixels left of the rows for the names of queues.
const NAMES: i32 = 150;
/// Pixels between the rows and the chart of cores in use, of that chart, and below it.
const GAP: i32 = 44;
const CHART: i32 = 130;
const FOOT: i32 = 70;
/// Cores that the legend can name; more are told apart by their numbers in the rows.
const LEGEND: usize = 24;

/// A queue: its name, and its core at the end of each step.
struct Queue {
    name: String,
    cores: Vec<u32>,
}

/// The series exists, and some port's queues may change their core.
pub(super) fn has_data(study: &Study) -> bool {
    let world = &study.plan.world;
    !study.first.series.is_empty() && (0..world.nics.len()).any(|nic| world.moves_queues(nic))
}

/// The picture's size, which depends on the number of queues.
pub(super) fn size(study: &Study) -> (u32, u32) {
    let rows = queues(study).len() as i32;
    (WIDTH, (TOP + 20 + rows * height(rows) + GAP + CHART + FOOT) as u32)
}

/// Pixels of a row.
fn height(rows: i32) -> i32 {
    (640 / rows.max(1)).clamp(14, 40)
}

pub(super) fn draw<DB: DrawingBackend>(study: &Study, area: &Area<DB>) -> Drawn<DB> {
    let queues = queues(study);
    let all: BTreeSet<u32> = queues.iter().flat_map(|queue| &queue.cores).copied().collect();
    let cores: Vec<u32> = all.into_iter().collect();
    sheet::heading(study, "Each receive queue over time: the core that served it", area)?;
    legend(&cores, area)?;
    let high = height(queues.len() as i32);
    for (row, queue) in (0..).zip(&queues) {
        let top = TOP + 20 + row * high;
        let size = (high - 4).min(16);
        let style = sheet::right(&sheet::text(size as u32, INK));
        area.draw_text(&queue.name, &style, (left() - 10, top + (high - 3 - size) / 2))?;
        bands(queue, &cores, Rows { top, bottom: top + high - 3 }, area)?;
    }
    let top = TOP + 20 + queues.len() as i32 * high;
    veil(study, Rows { top: TOP + 20, bottom: top - 3 }, area)?;
    in_use(study, &queues, Rows { top: top + GAP, bottom: top + GAP + CHART }, area)
}

/// The queues of ports where they may move; they are named with their port where there are
/// several, and with their owner where they have one.
fn queues(study: &Study) -> Vec<Queue> {
    let (world, series) = (&study.plan.world, &study.first.series);
    let (rx_paths, mut all) = (paths::rx_paths(world, Time::END), Vec::new());
    for (n, nic) in world.nics.iter().enumerate().filter(|(n, _)| world.moves_queues(*n)) {
        for q in 0..nic.queues.len() {
            let mut name = format!("queue {q}");
            if world.nics.len() > 1 {
                name = format!("{} {q}", nic.name);
            }
            if let Some(owner) = paths::owner(world, &rx_paths, n, q as u32) {
                name = format!("{name} {}", owner.name.trim_start_matches("vm."));
            }
            let cores = series.iter().map(|step| step.queues[n][q].1).collect();
            all.push(Queue { name, cores });
        }
    }
    all
}

/// A colour per core: hues in their order, every second one darker.
fn colour(core: u32, cores: &[u32]) -> HSLColor {
    let at = cores.iter().position(|known| *known == core).unwrap_or(0);
    let hue = at as f64 / cores.len().max(1) as f64;
    HSLColor((0.58 + hue) % 1.0, 0.5, if at.is_multiple_of(2) { 0.55 } else { 0.7 })
}

/// The colours of the cores, if these are few enough.
fn legend<DB: DrawingBackend>(cores: &[u32], area: &Area<DB>) -> Drawn<DB> {
    if cores.len() > LEGEND {
        return Ok(());
    }
    let style = sheet::text(17, INK);
    let mut x = WIDTH as i32 - MARGIN;
    for core in cores.iter().rev() {
        let name = core.to_string();
        x -= area.estimate_text_size(&name, &style)?.0 as i32;
        area.draw_text(&name, &style, (x, 94))?;
        let square = [(x - 22, 91), (x - 6, 107)];
        area.draw(&Rectangle::new(square, colour(*core, cores).filled()))?;
        x -= 38;
    }
    let words = "core";
    let width = area.estimate_text_size(words, &style)?.0 as i32;
    area.draw_text(words, &style, (x - width, 94))
}

const fn left() -> i32 {
    MARGIN + NAMES
}

/// The place of a share of the run.
fn x(share: f64) -> i32 {
    left() + (share * f64::from(WIDTH as i32 - MARGIN - left())).round() as i32
}

/// A band per span on one core, with the core's number where there is room.
fn bands<DB: DrawingBackend>(
    queue: &Queue,
    cores: &[u32],
    Rows { top, bottom }: Rows,
    area: &Area<DB>,
) -> Drawn<DB> {
    let steps = queue.cores.len() as f64;
    let mut start = 0;
    for span in queue.cores.chunk_by(|a, b| a == b) {
        let (from, to) = (x(start as f64 / steps), x((start + span.len()) as f64 / steps));
        start += span.len();
        let colour = colour(span[0], cores);
        area.draw(&Rectangle::new([(from, top), (to, bottom)], colour.filled()))?;
        area.draw(&PathElement::new(vec![(to, top), (to, bottom)], WHITE.stroke_width(1)))?;
        let size = (bottom - top - 2).min(15);
        let style = sheet::text(size as u32, INK);
        let name = span[0].to_string();
        let width = area.estimate_text_size(&name, &style)?.0 as i32;
        if to - from >= width + 8 {
            let place = (i32::midpoint(from, to - width), top + (bottom - top - size) / 2);
            area.draw_text(&name, &style, place)?;
        }
    }
    Ok(())
}

/// Makes the warm-up pale.
fn veil<DB: DrawingBackend>(
    study: &Study,
    Rows { top, bottom }: Rows,
    area: &Area<DB>,
) -> Drawn<DB> {
    let warm = sheet::warm_share(study);
    if warm > 0.0 {
        let veil = [(left(), top), (x(warm), bottom)];
        area.draw(&Rectangle::new(veil, WHITE.mix(0.6).filled()))?;
    }
    Ok(())
}

/// How many cores serve a queue, step by step, above the times.
fn in_use<DB: DrawingBackend>(
    study: &Study,
    queues: &[Queue],
    Rows { top, bottom }: Rows,
    area: &Area<DB>,
) -> Drawn<DB> {
    let steps = study.first.series.len();
    let at =
        |step: usize| -> BTreeSet<u32> { queues.iter().map(|queue| queue.cores[step]).collect() };
    let counts: Vec<usize> = (0..steps).map(|step| at(step).len()).collect();
    let most = counts.iter().max().copied().unwrap_or(1).max(1);
    let y = |count: usize| {
        bottom - (count as f64 / most as f64 * f64::from(bottom - top)).round() as i32
    };
    let frame = [(left(), top), (x(1.0), bottom)];
    area.draw(&Rectangle::new(frame, GROUND.filled()))?;
    let mut outline = vec![(left(), bottom)];
    for (step, count) in counts.iter().enumerate() {
        outline.push((x(step as f64 / steps as f64), y(*count)));
        outline.push((x((step + 1) as f64 / steps as f64), y(*count)));
    }
    outline.push((x(1.0), bottom));
    area.draw(&Polygon::new(outline, BLUE.mix(0.55).filled()))?;
    veil(study, Rows { top, bottom }, area)?;
    area.draw(&Rectangle::new(frame, GRID.stroke_width(1)))?;
    let pale = sheet::text(14, PALE);
    let right = sheet::right(&pale);
    area.draw_text("cores that serve a queue", &pale, (left(), top - 22))?;
    area.draw_text(&most.to_string(), &right, (left() - 8, top - 2))?;
    area.draw_text("0", &right, (left() - 8, bottom - 14))?;
    times(study, bottom, &pale, area)
}

/// The times below the chart.
fn times<DB: DrawingBackend>(
    study: &Study,
    bottom: i32,
    pale: &TextStyle<'static>,
    area: &Area<DB>,
) -> Drawn<DB> {
    let end = study.first.series.last().map_or(Span::ZERO, |step| Span(step.end.0));
    let (size, unit) = sheet::unit(end);
    for quarter in 0..=4 {
        let share = f64::from(quarter) / 4.0;
        let name = format!("{} {unit}", sheet::tick(end.0 as f64 / size * share));
        let width = area.estimate_text_size(&name, pale)?.0 as i32;
        let shift = (share * f64::from(width)).round() as i32;
        area.draw_text(&name, pale, (x(share) - shift, bottom + 6))?;
    }
    area.draw_text(&sheet::about_time(study), pale, (left(), bottom + 30))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Kind, PolicySpec};
    use crate::study::fixture;
    use crate::world::{Maker, Rebalance};

    fn with(kind: Kind) -> Study {
        let mut study = fixture::study(8, 4);
        let maker = Maker::BuiltIn(PolicySpec::of(kind));
        study.plan.world.nics[0].rebalance = Some(Rebalance { interval: Span::ms(10), maker });
        study
    }

    #[test]
    fn there_is_a_picture_where_queues_may_move() {
        assert!(!has_data(&fixture::study(8, 4)));
        assert!(!has_data(&with(Kind::RssPlusPlus)), "it moves entries");
        assert!(has_data(&with(Kind::LeastLoaded)));
        let mut study = with(Kind::LeastLoaded);
        study.first.series.clear();
        assert!(!has_data(&study));
    }

    #[test]
    fn queues_are_named_by_their_owners_and_have_a_core_per_step() {
        let mut study = with(Kind::DynamicVmq);
        let guests = fixture::guests(3);
        study.plan.world.vnics = guests.vnics;
        let queues = queues(&study);
        let names: Vec<&str> = queues.iter().map(|queue| queue.name.as_str()).collect();
        assert_eq!(names, ["queue 0", "queue 1 web[0]", "queue 2 web[1]", "queue 3 web[2]"]);
        assert!(queues.iter().all(|queue| queue.cores.len() == study.first.series.len()));
    }
}
