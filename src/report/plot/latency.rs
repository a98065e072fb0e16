//! The distribution of latency: which share of packets took no longer than a time.

use super::area::{Area, Drawn};
use super::sheet::{self, BLUE, GRID, GROUND, INK, MARGIN, PALE, TOP};
use crate::measure::histogram::Histogram;
use crate::report::format;
use crate::study::run::Study;
use plotters::prelude::*;

/// The quantiles that are marked.
const QUANTILES: [f64; 5] = [0.5, 0.9, 0.99, 0.999, 1.0];

pub(super) fn draw<DB: DrawingBackend>(study: &Study, area: &Area<DB>) -> Drawn<DB> {
    sheet::heading(study, "Latency: last bit on the wire until processing ended", area)?;
    let mut all = Histogram::default();
    study.first.sources.iter().for_each(|source| all.merge(&source.latency));
    let steps = all.cumulative();
    let count = all.count() as f64;
    let curve: Vec<(f64, f64)> =
        steps.iter().map(|(edge, below)| (edge / 1e6, *below as f64 / count * 100.0)).collect();
    let (from, to) = decades(&curve);
    let body = area.margin(TOP, 20, MARGIN, MARGIN);
    let mut chart = ChartBuilder::on(&body)
        .margin_right(20)
        .margin_top(10)
        .x_label_area_size(64)
        .y_label_area_size(90)
        .build_cartesian_2d((from..to).log_scale(), 0.0..100.0)?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(GROUND)
        .axis_style(PALE)
        .x_desc("latency (log scale)")
        .y_desc("% of delivered packets")
        .y_labels(11)
        .label_style(sheet::text(17, INK))
        .axis_desc_style(sheet::text(18, INK))
        .x_label_formatter(&|us| time(*us, sheet::tick))
        .y_label_formatter(&|y| sheet::tick(*y))
        .draw()?;
    let start = curve.first().map(|(us, _)| (*us, 0.0));
    let line = start.into_iter().chain(curve.iter().copied()).chain([(to, 100.0)]);
    chart.draw_series(LineSeries::new(line, BLUE.stroke_width(3)))?;
    chart.draw_series(QUANTILES.into_iter().filter_map(|p| {
        let us = all.quantile_ps(p)? / 1e6;
        Some(Circle::new((us.clamp(from, to), p * 100.0), 6, BLUE.filled()))
    }))?;
    summary(study, area)
}

/// The decades, in microseconds, that hold the curve.
fn decades(curve: &[(f64, f64)]) -> (f64, f64) {
    let decade = |us: f64, round: fn(f64) -> f64| 10.0_f64.powf(round(us.max(1e-6).log10()));
    let least = curve.first().map_or(1.0, |(us, _)| *us * 0.999);
    let most = curve.last().map_or(10.0, |(us, _)| *us);
    let (from, to) = (decade(least, f64::floor), decade(most, f64::ceil));
    (from, to.max(from * 10.0))
}

/// The quantiles in figures, above the chart at its right.
fn summary<DB: DrawingBackend>(study: &Study, area: &Area<DB>) -> Drawn<DB> {
    let mut x = area.dim_in_pixel().0 as i32 - MARGIN - 20;
    let latency = &study.figures.flow.latency;
    let figures = [
        ("mean", latency.mean_us),
        ("p50", latency.p50_us),
        ("p90", latency.p90_us),
        ("p99", latency.p99_us),
        ("p99.9", latency.p999_us),
        ("max", latency.max_us),
    ];
    for (name, figure) in figures.into_iter().rev() {
        for (text, style) in [
            (time(figure.or_zero(), format::digits), sheet::bold(18, INK)),
            (name.to_owned(), sheet::text(18, PALE)),
        ] {
            x -= area.estimate_text_size(&text, &style)?.0 as i32;
            area.draw_text(&text, &style, (x, 94))?;
            x -= 8;
        }
        x -= 20;
    }
    Ok(())
}

/// Microseconds in the unit that suits them, with the digits that `show` gives a number.
fn time(us: f64, show: fn(f64) -> String) -> String {
    let (size, unit) = match us {
        _ if us >= 1e6 => (1e6, "s"),
        _ if us >= 1e3 => (1e3, "ms"),
        _ if us >= 0.999 => (1.0, "us"),
        _ => (1e-3, "ns"),
    };
    format!("{} {unit}", show(us / size))
}
