//! Figures as people read them.

use crate::study::bottleneck::{Place, Resource, ResourceKind};
#[cfg(feature = "cli")]
use crate::study::figures::figure::Figure;

/// Bits per second and their units.
const RATES: [(f64, &str); 4] = [(1e9, "Gbps"), (1e6, "Mbps"), (1e3, "kbps"), (1.0, "bps")];

/// A rate in Gbps in the unit that suits it: `3.50 Gbps`, `280 Mbps`.
pub(super) fn gbps(value: f64) -> String {
    let (size, unit) = unit(value);
    format!("{} {unit}", digits(value * 1e9 / size))
}

/// One rate out of another, in the unit of the larger: `3.50 of 9.87 Gbps`.
pub(super) fn gbps_of(part: f64, whole: f64) -> String {
    let (size, name) = unit(part.max(whole));
    format!("{} of {} {name}", digits(part * 1e9 / size), digits(whole * 1e9 / size))
}

fn unit(gbps: f64) -> (f64, &'static str) {
    let fits = |(size, _): &&(f64, &str)| gbps * 1e9 >= *size * 0.1;
    *RATES.iter().find(fits).unwrap_or(&RATES[0])
}

/// Three digits that count: `3.50`, `28.0`, `812`, `0.0123`.
pub(super) fn digits(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size == 0.0 => 0,
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        0.1.. => 3,
        0.01.. => 4,
        1e-4.. => 5,
        _ => return format!("{value:.1e}"),
    };
    if size >= 10_000.0 { thousands(value) } else { format!("{value:.decimals$}") }
}

/// A whole number in groups of three: `162 550`.
pub(super) fn thousands(value: f64) -> String {
    let plain = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    if value < 0.0 { format!("-{grouped}") } else { grouped }
}

/// A share of one, never below zero: `64.5 %`, `0.012 %`, `100 %`.
pub(super) fn percent(share: f64) -> String {
    let value = share * 100.0;
    match value {
        _ if value == 0.0 || value >= 99.95 => format!("{value:.0} %"),
        0.1.. => format!("{value:.1} %"),
        0.001.. => format!("{value:.3} %"),
        _ => "<0.001 %".to_owned(),
    }
}

/// A figure in the digits that `show` gives a number, with its interval if it has one; `-` without
/// data.
#[cfg(feature = "cli")]
pub(super) fn figure(figure: Figure, show: fn(f64) -> String) -> String {
    let Some(value) = figure.get() else { return "-".to_owned() };
    match figure.half_width() {
        Some(half) if half > 0.0 => format!("{} ± {}", show(value), show(half)),
        _ => show(value),
    }
}

/// Cores as a list of spans: `core 0`, `cores 0-3, 6`.
fn cores(cores: &[usize]) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for core in cores {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *core => *last = *core,
            _ => spans.push((*core, *core)),
        }
    }
    let shown: Vec<String> = spans
        .iter()
        .map(
            |(first, last)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            },
        )
        .collect();
    format!("core{} {}", if cores.len() == 1 { "" } else { "s" }, shown.join(", "))
}

/// A resource as the subject of a sentence: `core 0 of alpha`, `the link of port0`.
pub(super) fn resource(resource: &Resource) -> String {
    match (&resource.place, resource.kind) {
        (Place::Cores(host, list), ResourceKind::Buffer) => {
            format!("the backlog of {} of {host}", cores(list))
        }
        (Place::Cores(host, list), _) => format!("{} of {host}", cores(list)),
        (Place::Port(port), ResourceKind::Link) => format!("the link of {port}"),
        (Place::Port(port), ResourceKind::Pcie) => format!("PCIe of {port}"),
        (Place::Port(port), _) => format!("the packet buffer of {port}"),
        (Place::Ring(port, queue), _) => format!("the ring of queue {queue} of {port}"),
        (Place::App(app, ..), ResourceKind::Buffer) => format!("the backlog of app {app}"),
        (Place::Channel(vm), _) => format!("the channel of VM {vm}"),
        (Place::Function(vm), _) => format!("the virtual function of VM {vm}"),
        (Place::App(app, host, core), _) => format!("app {app} on core {core} of {host}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_come_in_the_unit_that_suits_them() {
        assert_eq!(gbps(3.4999), "3.50 Gbps");
        assert_eq!(gbps(0.0283), "28.3 Mbps");
        assert_eq!(gbps_of(0.05, 9.87), "0.0500 of 9.87 Gbps");
        assert_eq!(gbps(0.0), "0 Gbps");
    }

    #[test]
    fn numbers_show_three_digits_that_count() {
        let shown = [0.0, 0.012_345, 0.5, 3.5, 28.04, 812.4, 162_550.0, -162_550.0, 1e-5];
        let expected =
            ["0", "0.0123", "0.500", "3.50", "28.0", "812", "162 550", "-162 550", "1.0e-5"];
        assert_eq!(shown.map(digits), expected);
        assert_eq!(percent(0.645_01), "64.5 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.000_774), "0.077 %");
        assert_eq!(percent(1e-9), "<0.001 %");
    }

    #[test]
    fn neighbouring_cores_are_named_as_a_span() {
        assert_eq!(cores(&[0]), "core 0");
        assert_eq!(cores(&[0, 1, 2, 5]), "cores 0-2, 5");
    }
}
