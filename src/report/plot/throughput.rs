//! Throughput and loss over time.

use super::area::{Area, Drawn};
use super::sheet::{self, BLUE, GREY, GRID, INK, MARGIN, PALE, RED, TOP};
use crate::engine::time::{Span, Time};
use crate::study::run::Study;
use plotters::prelude::*;

/// The rates of one step.
struct Rates {
    /// The step's end in the unit of the axis.
    end: f64,
    offered: f64,
    delivered: f64,
    loss: f64,
}

pub(super) fn draw<DB: DrawingBackend>(study: &Study, area: &Area<DB>) -> Drawn<DB> {
    sheet::heading(study, "Throughput and loss over time", area)?;
    sheet::legend(&[("offered", GREY), ("delivered", BLUE), ("lost", RED)], 94, area)?;
    let longest = study.first.series.last().map_or(Span::ZERO, |step| Span(step.end.0));
    let (size, unit) = sheet::unit(longest);
    let rates = rates(study, size);
    let body = area.margin(TOP, 20, MARGIN, MARGIN);
    let (upper, lower) = body.split_vertically((body.dim_in_pixel().1 * 2 / 3) as i32);
    throughput(&rates, &upper)?;
    loss(&rates, &format!("simulated time in {unit}"), &lower)
}

fn rates(study: &Study, unit: f64) -> Vec<Rates> {
    let mut start = Time::ZERO;
    let mut rates = Vec::new();
    for step in &study.first.series {
        let gbps = |bytes: u64| bytes as f64 * 8e-9 / step.end.since(start).as_s();
        let offered = step.offered.packets.max(step.dropped).max(1) as f64;
        rates.push(Rates {
            end: step.end.0 as f64 / unit,
            offered: gbps(step.offered.bytes),
            delivered: gbps(step.delivered.bytes),
            loss: step.dropped as f64 / offered * 100.0,
        });
        start = step.end;
    }
    rates
}

fn throughput<DB: DrawingBackend>(rates: &[Rates], area: &Area<DB>) -> Drawn<DB> {
    let points = |of: fn(&Rates) -> f64| line(rates, of);
    let most = rates.iter().map(|at| at.offered.max(at.delivered)).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(area)
        .margin_right(20)
        .x_label_area_size(40)
        .y_label_area_size(90)
        .build_cartesian_2d(0.0..last(rates), 0.0..(most * 1.1).max(1e-9))?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(PALE)
        .y_desc("Gbps of frames")
        .x_labels(11)
        .y_labels(8)
        .label_style(sheet::text(17, INK))
        .axis_desc_style(sheet::text(18, INK))
        .x_label_formatter(&|x| sheet::tick(*x))
        .y_label_formatter(&|y| sheet::tick(*y))
        .draw()?;
    chart.draw_series(AreaSeries::new(points(|at| at.delivered), 0.0, BLUE.mix(0.18)))?;
    chart.draw_series(LineSeries::new(points(|at| at.offered), GREY.stroke_width(2)))?;
    chart.draw_series(LineSeries::new(points(|at| at.delivered), BLUE.stroke_width(3)))?;
    Ok(())
}

fn loss<DB: DrawingBackend>(rates: &[Rates], x_desc: &str, area: &Area<DB>) -> Drawn<DB> {
    let most = rates.iter().map(|at| at.loss).fold(0.0, f64::max);
    let top = if most > 0.0 { (most * 1.15).min(100.0) } else { 1.0 };
    let mut chart = ChartBuilder::on(area)
        .margin_right(20)
        .x_label_area_size(64)
        .y_label_area_size(90)
        .build_cartesian_2d(0.0..last(rates), 0.0..top)?;
    chart
        .configure_mesh()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(PALE)
        .x_desc(x_desc)
        .y_desc("loss in %")
        .x_labels(11)
        .y_labels(5)
        .label_style(sheet::text(17, INK))
        .axis_desc_style(sheet::text(18, INK))
        .x_label_formatter(&|x| sheet::tick(*x))
        .y_label_formatter(&|y| sheet::tick(*y))
        .draw()?;
    let points = || line(rates, |at| at.loss);
    chart.draw_series(AreaSeries::new(points(), 0.0, RED.mix(0.25)))?;
    chart.draw_series(LineSeries::new(points(), RED.stroke_width(2)))?;
    Ok(())
}

/// A point at the end of each step, and the first one's value at the start.
fn line(rates: &[Rates], of: fn(&Rates) -> f64) -> impl Iterator<Item = (f64, f64)> {
    let start = rates.first().map(|at| (0.0, of(at)));
    start.into_iter().chain(rates.iter().map(move |at| (at.end, of(at))))
}

fn last(rates: &[Rates]) -> f64 {
    rates.last().map_or(1.0, |at| at.end)
}
