//! What all pictures share: fonts, colours, headings, legends, times on an axis.

use super::area::{Area, Drawn};
use crate::engine::time::Span;
use crate::report::verdict::verdict;
use crate::study::run::Study;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};
use std::sync::Once;

/// The font of all text: [`FontFamily::SansSerif`]. An SVG names it too, and any will do there.
const FONT: &str = "sans-serif";
/// Text.
pub(super) const INK: RGBColor = RGBColor(38, 43, 51);
/// Text of less weight.
pub(super) const PALE: RGBColor = RGBColor(104, 112, 124);
/// Frames and grids.
pub(super) const GRID: RGBColor = RGBColor(216, 220, 226);
/// The ground of a chart.
pub(super) const GROUND: RGBColor = RGBColor(247, 248, 250);
/// Interrupts, and losses.
pub(super) const RED: RGBColor = RGBColor(200, 64, 48);
/// Deferred work, and what was delivered.
pub(super) const BLUE: RGBColor = RGBColor(52, 112, 184);
/// The virtual switch.
pub(super) const TEAL: RGBColor = RGBColor(60, 150, 170);
/// Guests.
pub(super) const PLUM: RGBColor = RGBColor(176, 84, 140);
/// What waits, and the default queue.
pub(super) const ORANGE: RGBColor = RGBColor(222, 158, 54);
/// The bus, and what software steers.
pub(super) const PURPLE: RGBColor = RGBColor(118, 88, 160);
/// Apps.
pub(super) const GREEN: RGBColor = RGBColor(70, 158, 98);
/// Other load, and what was offered.
pub(super) const GREY: RGBColor = RGBColor(158, 165, 175);

/// The rows of pixels that something drawn takes.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    pub(super) top: i32,
    pub(super) bottom: i32,
}

/// Pixels from the edge to the content.
pub(super) const MARGIN: i32 = 40;
/// Where the content starts, below the heading.
pub(super) const TOP: i32 = 128;

/// Makes the embedded font known, once.
pub(super) fn register_fonts() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let fonts =
            [(FontStyle::Normal, dejavu::sans::regular()), (FontStyle::Bold, dejavu::sans::bold())];
        for (style, font) in fonts {
            assert!(register_font(FONT, style, font).is_ok(), "the embedded font is sound");
        }
    });
}

/// Text of so many pixels.
pub(super) fn text(size: u32, colour: RGBColor) -> TextStyle<'static> {
    (FONT, size).into_font().color(&colour)
}

/// Bold text.
pub(super) fn bold(size: u32, colour: RGBColor) -> TextStyle<'static> {
    FontDesc::new(FontFamily::SansSerif, f64::from(size), FontStyle::Bold).color(&colour)
}

/// Text whose position is its right end.
pub(super) fn right(style: &TextStyle<'static>) -> TextStyle<'static> {
    style.pos(Pos::new(HPos::Right, VPos::Top))
}

/// Title, what is shown, and the verdict.
pub(super) fn heading<DB: DrawingBackend>(study: &Study, what: &str, area: &Area<DB>) -> Drawn<DB> {
    let plan = &study.plan;
    let design = study.plan.design.as_ref().map_or(String::new(), |design| format!(" ({design})"));
    area.draw_text(&format!("{}{design}", plan.title), &bold(30, INK), (MARGIN, 24))?;
    area.draw_text(&verdict(study), &text(19, INK), (MARGIN, 64))?;
    area.draw_text(what, &text(17, PALE), (MARGIN, 93))
}

/// Coloured squares with names, ending at the right edge at height `y`.
pub(super) fn legend<DB: DrawingBackend>(
    names: &[(&str, RGBColor)],
    y: i32,
    area: &Area<DB>,
) -> Drawn<DB> {
    let style = text(18, INK);
    let mut x = area.dim_in_pixel().0 as i32 - MARGIN;
    for (name, colour) in names.iter().rev() {
        let (width, _) = area.estimate_text_size(name, &style)?;
        x -= width as i32;
        area.draw_text(name, &style, (x, y))?;
        x -= 24;
        area.draw(&Rectangle::new([(x, y - 3), (x + 16, y + 13)], colour.filled()))?;
        x -= 26;
    }
    Ok(())
}

/// The unit for times up to `longest`: its size in picoseconds and its name.
pub(super) fn unit(longest: Span) -> (f64, &'static str) {
    const UNITS: [(u64, &str); 4] =
        [(1_000_000_000_000, "s"), (1_000_000_000, "ms"), (1_000_000, "us"), (1_000, "ns")];
    let (size, name) =
        UNITS.into_iter().find(|(size, _)| longest.0 >= 2 * size).unwrap_or(UNITS[3]);
    (size as f64, name)
}

/// A number as an axis shows it: no more decimals than it needs.
pub(super) fn tick(value: f64) -> String {
    let decimals = if value.abs() < 0.01 { 6 } else { 3 };
    let short = format!("{value:.decimals$}");
    let short = short.trim_end_matches('0').trim_end_matches('.');
    if short.is_empty() || short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// The share of the run that is warm-up, which is drawn pale.
pub(super) fn warm_share(study: &Study) -> f64 {
    let end = study.first.series.last().map_or(1, |step| step.end.0.max(1));
    study.warmup.0 as f64 / end as f64
}

/// What an axis of times shows.
pub(super) fn about_time(study: &Study) -> String {
    if study.warmup.0 > 0 {
        format!("simulated time; pale: the warm-up of {}", study.warmup)
    } else {
        "simulated time".to_owned()
    }
}
