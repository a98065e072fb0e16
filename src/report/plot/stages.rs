//! Where a packet's time goes: one bar of all stages, and below it each stage where it lies.

use super::area::{Area, Drawn};
use super::sheet::{
    self, BLUE, GREEN, GREY, GRID, GROUND, INK, MARGIN, ORANGE, PALE, PLUM, PURPLE, RED, Rows,
    TEAL, TOP,
};
use crate::report::format;
use crate::study::run::Study;
use crate::vocab::stage::Stage;
use plotters::prelude::*;

/// A colour per stage in the order of the trip.
const COLOURS: [RGBColor; 9] =
    [GREY, PURPLE, ORANGE, RED, BLUE, TEAL, RGBColor(150, 110, 80), PLUM, GREEN];
/// Left and right end of the bars.
const BARS: (i32, i32) = (420, 1330);

pub(super) fn draw<DB: DrawingBackend>(study: &Study, area: &Area<DB>) -> Drawn<DB> {
    let latency = &study.figures.flow.latency;
    let total = latency.mean_us.get().unwrap_or(1.0);
    let what = format!("Where a packet's time goes: {} us on average", format::digits(total));
    sheet::heading(study, &what, area)?;
    let mut at = 0.0;
    let (mut y, height) = (TOP + 110, 44);
    for (stage, colour) in Stage::ALL.into_iter().zip(COLOURS) {
        let mean = latency.stage[stage].or_zero();
        let share = mean / total;
        segment(at, at + share, Rows { top: TOP + 16, bottom: TOP + 84 }, colour, area)?;
        row(stage, mean, share, y, area)?;
        area.draw(&Rectangle::new([(BARS.0, y), (BARS.1, y + height - 10)], GROUND.filled()))?;
        segment(at, at + share, Rows { top: y, bottom: y + height - 10 }, colour, area)?;
        at += share;
        y += height + 10;
    }
    let frame = [(BARS.0, TOP + 16), (BARS.1, TOP + 84)];
    area.draw(&Rectangle::new(frame, GRID.stroke_width(1)))?;
    area.draw_text("all stages", &sheet::bold(19, INK), (MARGIN, TOP + 40))
}

/// A part of a bar from one share of the whole to another; what is not zero is never invisible.
fn segment<DB: DrawingBackend>(
    from: f64,
    to: f64,
    Rows { top, bottom }: Rows,
    colour: RGBColor,
    area: &Area<DB>,
) -> Drawn<DB> {
    let x = |share: f64| BARS.0 + (share.min(1.0) * f64::from(BARS.1 - BARS.0)).round() as i32;
    if to <= from {
        return Ok(());
    }
    let right = x(to).max(x(from) + 2);
    area.draw(&Rectangle::new([(x(from), top), (right, bottom)], colour.filled()))
}

/// A stage's name and meaning left of its bar, its figures right of it.
fn row<DB: DrawingBackend>(
    stage: Stage,
    mean: f64,
    share: f64,
    y: i32,
    area: &Area<DB>,
) -> Drawn<DB> {
    let ink = if mean > 0.0 { INK } else { PALE };
    area.draw_text(stage.name(), &sheet::bold(18, ink), (MARGIN, y + 7))?;
    area.draw_text(stage.meaning(), &sheet::text(16, PALE), (MARGIN + 130, y + 9))?;
    let right = area.dim_in_pixel().0 as i32 - MARGIN;
    let mean = format!("{} us", format::digits(mean));
    area.draw_text(&mean, &sheet::right(&sheet::bold(18, ink)), (right - 100, y + 7))?;
    area.draw_text(&format::percent(share), &sheet::right(&sheet::text(18, PALE)), (right, y + 7))
}
