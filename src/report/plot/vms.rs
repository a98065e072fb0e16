//! Throughput of each virtual machine, coloured by the path that its packets take.

use super::area::{Area, Drawn};
use super::sheet::{self, BLUE, GREEN, GREY, GRID, INK, MARGIN, ORANGE, PALE, PURPLE, TOP};
use crate::report::vms::{self, Vm};
use crate::study::run::Study;
use plotters::prelude::*;

/// The paths and their colours.
pub(super) const PATHS: [(&str, RGBColor); 4] =
    [("vf", GREEN), ("vmq", BLUE), ("default-queue", ORANGE), ("software", PURPLE)];
/// Pixels that a name below its bar needs.
const NAME: usize = 84;
/// The least height of a bar relative to the highest: what is not zero is never invisible.
const LEAST: f64 = 0.004;

pub(super) fn draw<DB: DrawingBackend>(study: &Study, area: &Area<DB>) -> Drawn<DB> {
    let all = vms::all(&study.figures);
    sheet::heading(study, "Throughput of each virtual machine, by the path of its packets", area)?;
    let present = |(path, _): &&(&str, RGBColor)| all.iter().any(|vm| vm.path() == *path);
    let mut legend: Vec<_> = PATHS.iter().filter(present).copied().collect();
    if all.iter().any(|vm| vm.flow().loss.is_positive()) {
        legend.push(("lost", GREY));
    }
    sheet::legend(&legend, 94, area)?;
    let body = area.margin(TOP, 20, MARGIN, MARGIN);
    let offered = |vm: &Vm| vm.flow().offered.gbps.or_zero();
    let most = all.iter().map(|vm| offered(vm).max(delivered(vm))).fold(0.0, f64::max);
    let mut chart = ChartBuilder::on(&body)
        .margin_right(20)
        .x_label_area_size(40)
        .y_label_area_size(90)
        .build_cartesian_2d(0.0..all.len() as f64, 0.0..(most * 1.1).max(1e-9))?;
    let room = (body.dim_in_pixel().0 as usize / NAME).max(1);
    let every = all.len().div_ceil(room).max(1);
    chart
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(PALE)
        .y_desc("Gbps of frames")
        .y_labels(8)
        .label_style(sheet::text(17, INK))
        .axis_desc_style(sheet::text(18, INK))
        .y_label_formatter(&|y| sheet::tick(*y))
        .draw()?;
    let height = |gbps: f64| if gbps > 0.0 { gbps.max(most * LEAST) } else { 0.0 };
    chart.draw_series(all.iter().enumerate().map(|(at, vm)| bar(at, height(offered(vm)), GREY)))?;
    chart.draw_series(all.iter().enumerate().map(|(at, vm)| {
        let colour = PATHS.iter().find(|(path, _)| *path == vm.path());
        bar(at, height(delivered(vm)), colour.map_or(GREY, |(_, colour)| *colour))
    }))?;
    let centre = |at: usize| chart.backend_coord(&(at as f64 + 0.5, 0.0));
    let names: Vec<_> = all.iter().enumerate().step_by(every).collect();
    let places: Vec<_> = names.iter().map(|(at, _)| centre(*at)).collect();
    for ((_, vm), (x, y)) in names.into_iter().zip(places) {
        let style = sheet::text(15, INK);
        let width = area.estimate_text_size(&vm.name(), &style)?.0 as i32;
        area.draw_text(&vm.name(), &style, (x - width / 2, y + 10))?;
    }
    Ok(())
}

fn delivered(vm: &Vm) -> f64 {
    vm.flow().delivered.gbps.or_zero()
}

/// The bar of the VM at a place; what was lost shows above what was delivered.
fn bar(at: usize, height: f64, colour: RGBColor) -> Rectangle<(f64, f64)> {
    let (left, right) = (at as f64 + 0.12, at as f64 + 0.88);
    Rectangle::new([(left, 0.0), (right, height)], colour.filled())
}
