//! Textbook queues: one core, constant or exponential cost, Poisson arrivals.
//!
//! The unit of time is the mean service of 1 us; a load of 0.8 is 800 kpps.

use crate::fixtures::replicated::{
    OneCore, agrees, check, check_quantile, each, latency, loss, mean_us, quantile_agrees,
    replicate, slow,
};
use rxsim::sim;
use rxsim::vocab::packet::Fate;
use rxsim::world::outcome::Outcome;

const EXPONENTIAL: &str = "packet = { mean = \"1 us\", distribution = \"exponential\" }";
const CONSTANT: &str = "packet = \"1 us\"";

/// A server without end of room, warm-up 20 / (1 - rho)^2 services.
fn server(cost: &str, rho: f64, packets: f64) -> OneCore<'_> {
    let warmup_us = 20.0 / (1.0 - rho).powi(2);
    OneCore { cost, kpps: 1e3 * rho, packets, warmup_us, ..OneCore::PLAIN }
}

/// The replications of a server with room for `room` packets, the one in service included.
fn small_server(cost: &str, rho: f64, room: u32, packets: f64) -> Vec<Outcome> {
    let nic = format!("ring = {room}");
    let warmup_us = 20.0 * f64::from(room * room).max(100.0);
    OneCore { cost, nic: &nic, kpps: 1e3 * rho, packets, warmup_us, ..OneCore::PLAIN }.replicate()
}

#[test]
fn m_m_1_has_the_mean_and_the_quantiles_of_an_exponential_sojourn() {
    for (rho, packets) in [(0.5, 0.5e6), (0.8, 1e6), (0.9, 2e6)] {
        let runs = server(EXPONENTIAL, rho, packets).replicate();
        let what = format!("A02 M/M/1 rho {rho}");
        check(&format!("{what} W"), &runs, mean_us, 1.0 / (1.0 - rho));
        check(&format!("{what} Wq"), &runs, |run| mean_us(run) - 1.0, rho / (1.0 - rho));
        for p in [0.5, 0.99, 0.999] {
            check_quantile(&what, &runs, p, -(1.0_f64 - p).ln() / (1.0 - rho));
        }
    }
}

#[test]
fn m_m_1_k_loses_and_delays_as_its_formula_says() {
    for (rho, room, packets) in [
        (0.5, 4, 0.3e6),
        (0.9, 4, 0.1e6),
        (0.9, 16, 0.5e6),
        (1.0, 16, 0.3e6),
        (1.0, 64, 3e6),
        (1.2, 16, 0.1e6),
        (1.2, 64, 0.1e6),
    ] {
        m_m_1_k(rho, room, packets, true);
    }
    m_m_1_k(0.9, 64, if slow() { 100e6 } else { 2e6 }, slow());
}

/// Loss and sojourn of M/M/1/K; a rare loss takes long to measure.
fn m_m_1_k(rho: f64, room: u32, packets: f64, measure_loss: bool) {
    let weights = (0..=room).map(|n| rho.powi(n as i32));
    let sum: f64 = weights.clone().sum();
    let lost = rho.powi(room as i32) / sum;
    let inside = weights.enumerate().map(|(n, weight)| n as f64 * weight).sum::<f64>() / sum;
    let runs = small_server(EXPONENTIAL, rho, room, packets);
    let what = format!("A03 M/M/1/{room} rho {rho}");
    if measure_loss {
        check(&format!("{what} loss"), &runs, loss, lost);
    }
    check(&format!("{what} L"), &runs, inside_on_average, inside);
    check(&format!("{what} W"), &runs, mean_us, inside / (rho * (1.0 - lost)));
}

/// Time in the system of all packets over the window: the mean number inside, by Little's law.
fn inside_on_average(run: &Outcome) -> f64 {
    latency(run).sum_ps() as f64 / run.window.0 as f64
}

/// Waiting: load, packets, mean, then (p, quantile); Crommelin's distribution, by 400 digits.
#[rustfmt::skip]
const M_D_1: [(f64, f64, f64, [f64; 5]); 3] = [
    (0.5, 1e6, 0.5, [0.0, 1.515_744_841, 3.336_255_957, 5.168_385_031, 7.001_045_936]),
    (0.8, 2e6, 2.0, [1.275_939_873, 5.011_511_498, 10.355_886_79, 15.700_268_19, 21.044_649_60]),
    (0.95, 3e6, 9.5, [6.480_667_906, 22.302_228_86, 44.937_765_51, 67.573_302_16, 90.208_838_80]),
];

#[test]
fn m_d_1_waits_as_crommelin_says() {
    for (rho, packets, mean, quantiles) in M_D_1 {
        let packets = if rho > 0.9 && slow() { 12.0 * packets } else { packets };
        let runs = server(CONSTANT, rho, packets).replicate();
        let what = format!("A04 M/D/1 rho {rho}");
        check(&format!("{what} Wq"), &runs, |run| mean_us(run) - 1.0, mean);
        for (p, quantile) in [0.5, 0.9, 0.99, 0.999, 0.9999].into_iter().zip(quantiles) {
            if p < 0.9999 || rho < 0.9 || slow() {
                check_quantile(&format!("{what} sojourn"), &runs, p, 1.0 + quantile);
            }
        }
    }
}

#[test]
fn the_whole_distribution_of_waiting_in_m_d_1_is_crommelins() {
    let below = [
        (0.0, 0.2),
        (0.5, 0.298_364_939_5),
        (1.0, 0.445_108_185_7),
        (2.0, 0.634_519_936_3),
        (5.0, 0.899_502_761_8),
        (10.0, 0.988_342_891_7),
        (20.0, 0.999_843_156_4),
    ];
    let shares = each(&server(CONSTANT, 0.8, 1e6).text(), |world| {
        let (mut counts, mut all) = ([0_u64; 7], 0_u64);
        let _ = sim::run_traced(world, &mut |record| {
            if record.fate != Fate::Delivered || record.end.0 <= world.warmup.0 {
                return;
            }
            all += 1;
            for (count, (t, _)) in counts.iter_mut().zip(below) {
                *count += u64::from(record.start.since(record.arrival).0 as f64 <= 1e6 * t);
            }
        })
        .unwrap();
        counts.map(|count| count as f64 / all as f64)
    });
    for (at, (t, exact)) in below.into_iter().enumerate() {
        let shares: Vec<f64> = shares.iter().map(|shares| shares[at]).collect();
        agrees(&format!("A04 P(Wq <= {t}) rho 0.8"), &shares, exact);
    }
}

#[test]
fn m_d_1_k_loses_and_delays_as_its_embedded_chain_says() {
    for (rho, room, packets, lost, inside, sojourn) in [
        (0.8, 4, 0.2e6, 0.058_764_102_643_4, 1.478_351_187_39, 1.963_311_205_44),
        (0.8, 16, 1e6, 2.707_253_337_03e-4, 2.382_759_089_57, 2.979_255_421_88),
        (1.0, 4, 0.1e6, 0.130_436_501_429, 2.036_197_373_59, 2.341_631_608_2),
        (1.0, 16, 0.3e6, 0.031_578_947_368_4, 8.071_929_824_56, 8.335_144_927_54),
        (1.2, 4, 0.1e6, 0.218_621_041_522, 2.510_431_810_17, 2.677_351_988_78),
        (1.2, 16, 0.1e6, 0.167_100_261_234, 13.384_477_857_5, 13.391_445_607_2),
    ] {
        let rare = lost < 1e-3;
        let packets = if rare && slow() { 20.0 * packets } else { packets };
        let runs = small_server(CONSTANT, rho, room, packets);
        let what = format!("A05 M/D/1/{room} rho {rho}");
        if !rare || slow() {
            check(&format!("{what} loss"), &runs, loss, lost);
        }
        check(&format!("{what} L"), &runs, inside_on_average, inside);
        check(&format!("{what} W"), &runs, mean_us, sojourn);
    }
}

#[test]
fn a_mix_of_sizes_waits_as_pollaczek_and_khinchine_say() {
    let service = 0.680_916_67;
    for (rho, packets, mean, deviation) in [
        (0.5, 0.5e6, 0.373_704_87, 0.588_790),
        (0.8, 1e6, 1.494_819_48, 1.750_017),
        (0.95, 2e6, 7.100_392_55, 7.372_172),
    ] {
        let cost = "packet = \"0.5 us\"\nbyte = \"0.5 ns\"";
        let traffic = "frame = \"imix\"";
        let load = server(cost, rho, packets);
        let text = OneCore { traffic, kpps: 1e3 * rho / service, ..load }.text();
        let moments = each(&text, |world| {
            let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
            let _ = sim::run_traced(world, &mut |record| {
                if record.end.0 > world.warmup.0 {
                    let waited = record.start.since(record.arrival).0 as f64 / 1e6;
                    count += 1.0;
                    sum += waited;
                    squares += waited * waited;
                }
            })
            .unwrap();
            let mean: f64 = sum / count;
            (mean, (squares / count - mean * mean).sqrt())
        });
        let (means, deviations): (Vec<f64>, Vec<f64>) = moments.into_iter().unzip();
        agrees(&format!("A06 IMIX rho {rho} Wq"), &means, mean);
        quantile_agrees(&format!("A06 IMIX rho {rho} sd Wq"), &deviations, deviation);
    }
}

/// Ports of one host, each with a core, a queue and Poisson traffic of its own.
fn separate_queues(pairs: usize, rho: f64) -> String {
    let head = format!(
        "duration = \"{} us\"\nwarmup = \"1 ms\"\n[host.alpha]\ncores = {pairs}\ncost.{EXPONENTIAL}",
        2_000_000 / pairs
    );
    let pair = |k: usize| {
        format!(
            "[nic.port{k}]\nring = 1048576\ncore = {k}\n[traffic.bulk{k}]\nto = \"host.alpha\"\n\
             nic = \"port{k}\"\nframe = \"64 B\"\nrate = \"{} kpps\"\n",
            1e3 * rho
        )
    };
    (0..pairs).map(pair).fold(head + "\n", |text, pair| text + &pair)
}

#[test]
fn separate_queues_keep_p99_below_ten_services_up_to_a_load_of_0_539() {
    for pairs in [1, 4, 16] {
        let runs = replicate(&separate_queues(pairs, 1.0 - 100.0_f64.ln() / 10.0));
        check_quantile(&format!("A08 {pairs} separate queues, rho 0.539"), &runs, 0.99, 10.0);
    }
}
