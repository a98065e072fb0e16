//! Whether queues grew through a window: a line fitted to the packets inside.

use crate::engine::time::Time;

/// The trend of a backlog over a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Growth {
    /// Slope of the least-squares line in packets per second.
    pub pps: f64,
    /// What that slope adds up to over the window, in packets.
    pub packets: f64,
    /// Likewise of the second half alone, over that half.
    pub late_packets: f64,
}

impl Growth {
    /// Whether a backlog that grew like this is more than chance and start-up, where `offered`
    /// packets were offered meanwhile.
    ///
    /// Three things must hold. *Material*: over 0.1 % of what was offered piled up, the same bound
    /// as for loss. *Not chance*: more than four standard deviations of what a queue exactly at
    /// its capacity drifts by with Poisson arrivals and exponential service, sqrt(2 n); a stable
    /// queue drifts less. *Lasting*: the second half alone still grew by a quarter of the whole (a
    /// steady trend grows by a half, a transient that has settled by nothing).
    #[must_use]
    pub fn is_lasting(&self, offered: u64) -> bool {
        let offered = offered as f64;
        self.packets > 0.001 * offered
            && self.packets > 4.0 * (2.0 * offered).sqrt()
            && self.late_packets > 0.25 * self.packets
    }
}

/// The growth of a backlog seen at these points; nothing for fewer than two.
#[must_use]
pub fn growth(points: &[(Time, u64)]) -> Growth {
    let (per_second, packets) = line(points);
    let (_, late_packets) = line(&points[points.len() / 2..]);
    Growth { pps: per_second, packets, late_packets }
}

/// (slope per second, rise over the points' span) of the least-squares line.
fn line(points: &[(Time, u64)]) -> (f64, f64) {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return (0.0, 0.0) };
    let n = points.len() as f64;
    let x = |time: Time| time.since(first.0).as_s();
    let mean_x = points.iter().map(|(time, _)| x(*time)).sum::<f64>() / n;
    let mean_y = points.iter().map(|(_, inside)| *inside as f64).sum::<f64>() / n;
    let (mut along, mut across) = (0.0, 0.0);
    for (time, inside) in points {
        let dx = x(*time) - mean_x;
        along += dx * dx;
        across += dx * (*inside as f64 - mean_y);
    }
    if along == 0.0 {
        return (0.0, 0.0);
    }
    let slope = across / along;
    (slope, slope * x(last.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::chance::{Stream, unit};
    use crate::engine::time::Span;

    /// A single-server queue with exponential gaps and services (mean service 1 us), looked at 200
    /// times over `window`: the points, and how many packets were offered.
    fn queue(load: f64, window: Span, seed: u64) -> (Vec<(Time, u64)>, u64) {
        let mut stream = Stream::new(seed, "test", "queue");
        let mut next = |mean: f64| -unit(stream.word()).ln() * mean;
        let (mut arrival, mut departure) = (next(1.0 / load), f64::INFINITY);
        let (mut inside, mut offered, mut points) = (0, 0, Vec::new());
        for step in 1..=200 {
            let until = Span(window.0 / 200 * step);
            while arrival.min(departure) <= until.as_us() {
                if arrival < departure {
                    let now = arrival;
                    (inside, offered) = (inside + 1, offered + 1);
                    arrival = now + next(1.0 / load);
                    if inside == 1 {
                        departure = now + next(1.0);
                    }
                } else {
                    inside -= 1;
                    departure = if inside == 0 { f64::INFINITY } else { departure + next(1.0) };
                }
            }
            points.push((Time::ZERO + until, inside));
        }
        (points, offered)
    }

    #[test]
    fn a_stable_queue_at_0_95_does_not_grow_whatever_the_seed_and_the_window() {
        for seed in 0..60 {
            for window in [Span::ms(1), Span::ms(5), Span::ms(50)] {
                let (points, offered) = queue(0.95, window, seed);
                assert!(!growth(&points).is_lasting(offered), "seed {seed}, {window}");
            }
        }
    }

    #[test]
    fn an_overload_of_6_5_percent_grows() {
        for seed in 0..50 {
            let (points, offered) = queue(1.065, Span::ms(60), seed);
            let found = growth(&points);
            assert!(found.is_lasting(offered), "seed {seed}: {found:?}");
        }
    }

    #[test]
    fn a_start_up_transient_is_no_growth() {
        let points: Vec<(Time, u64)> =
            (0..200).map(|i| (Time::ZERO + Span::ms(i), (i * 200).min(4000))).collect();
        assert!(growth(&points).packets > 0.0);
        assert!(!growth(&points).is_lasting(60_000));
    }

    #[test]
    fn the_slope_of_a_line_is_found_exactly() {
        let points: Vec<(Time, u64)> =
            (0..11).map(|i| (Time::ZERO + Span::ms(100 * i), 5 + 3 * i)).collect();
        let found = growth(&points);
        assert!((found.pps - 30.0).abs() < 1e-9 && (found.packets - 30.0).abs() < 1e-9);
        assert_eq!(growth(&[]), Growth::default());
    }
}
