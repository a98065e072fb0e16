//! Interrupts, their moderation, polling: vacation queues with exact laws.

use crate::fixtures::replicated::{
    OneCore, check, delivered_mpps, idle, interrupts_per_us, mean_us, outcome, replicate, within,
};
use rxsim::world::outcome::Outcome;

/// Loads (packets per us) and intervals (us) of moderation on its own.
const LOADS: [(f64, f64); 5] =
    [(0.01, 20.0), (0.1, 20.0), (1.0, 20.0), (0.1, 100.0), (0.8127, 50.0)];

/// The port alone: all costs are zero, so that latency is what moderation adds.
fn port_alone(policy: &str, load: f64, interval: f64) -> Vec<Outcome> {
    let nic = format!("moderation = {{ policy = \"{policy}\", interval = \"{interval} us\" }}");
    let ticks = (0.1e6 / (load * interval)).ceil(); // the window holds a whole number of them
    let packets = ticks * load * interval;
    OneCore { nic: &nic, kpps: 1e3 * load, packets, ..OneCore::PLAIN }.replicate()
}

#[test]
fn a_timer_that_the_first_packet_starts_delays_and_batches_by_its_formula() {
    for (load, interval) in LOADS {
        let (runs, expected) = (port_alone("timer", load, interval), 1.0 + load * interval);
        let what = format!("A09 timer {interval} us, {load} per us:");
        check(&format!("{what} interrupts"), &runs, interrupts_per_us, load / expected);
        let batch = |run: &_| delivered_mpps(run) / interrupts_per_us(run);
        check(&format!("{what} batch"), &runs, batch, expected);
        let delay = interval * (1.0 + load * interval / 2.0) / expected;
        check(&format!("{what} delay"), &runs, mean_us, delay);
    }
}

#[test]
fn a_free_running_tick_delays_by_half_its_interval() {
    for (load, interval) in LOADS {
        let runs = port_alone("periodic", load, interval);
        let what = format!("A09 tick {interval} us, {load} per us:");
        let taken = (1.0 - (-load * interval).exp()) / interval;
        check(&format!("{what} interrupts"), &runs, interrupts_per_us, taken);
        let batch = |run: &_| delivered_mpps(run) / interrupts_per_us(run);
        check(&format!("{what} batch"), &runs, batch, load / taken);
        check(&format!("{what} delay"), &runs, mean_us, interval / 2.0);
    }
}

#[test]
fn interrupts_and_polling_until_empty_are_a_queue_with_set_up() {
    // Packets per us, timer; waiting, interrupts per us, idle share; the handler takes 5 us.
    let rows = [
        (0.1, 0.0, 4.222_222_22, 0.06, 0.6),
        (0.5, 0.0, 3.714_285_71, 0.071_428_571_4, 0.142_857_143),
        (0.8, 0.0, 5.0, 0.032, 0.04),
        (0.1, 50.0, 31.786_324_8, 0.013_846_153_8, 0.830_769_231),
        (0.5, 50.0, 28.964_912_3, 0.008_771_929_82, 0.456_140_351),
        (0.8, 50.0, 30.111_111_1, 0.003_555_555_56, 0.182_222_222),
    ];
    for stack in ["windows-dpc", "linux-napi"] {
        for (load, timer, waiting, interrupts, unused) in rows {
            let moderated =
                format!("moderation = {{ policy = \"timer\", interval = \"{timer} us\" }}");
            let runs = OneCore {
                host: &format!("stack = \"{stack}\"\nbudget = 1000000"),
                cost: "interrupt = \"5 us\"\npacket = \"1 us\"",
                nic: &format!("ring = 1048576\n{}", if timer > 0.0 { &moderated } else { "" }),
                kpps: 1e3 * load,
                packets: 0.2e6,
                ..OneCore::PLAIN
            }
            .replicate();
            let what = format!("A10 {stack}, {load} per us, timer {timer} us:");
            check(&format!("{what} Wq"), &runs, |run| mean_us(run) - 1.0, waiting);
            check(&format!("{what} interrupts"), &runs, interrupts_per_us, interrupts);
            check(&format!("{what} idle"), &runs, idle, unused);
        }
    }
}

#[test]
fn at_saturation_a_round_of_b_packets_takes_c_and_b_services() {
    for (round, service, budget) in
        [(2.0, 0.5, 1), (2.0, 0.5, 8), (2.0, 0.5, 64), (5.0, 1.0, 64), (1.0, 0.2, 300)]
    {
        for stack in ["windows-dpc", "busy-poll"] {
            let run = outcome(
                &OneCore {
                    host: &format!("stack = \"{stack}\"\nbudget = {budget}"),
                    cost: &format!("round = \"{round} us\"\npacket = \"{service} us\""),
                    nic: "ring = 4096",
                    traffic: "arrivals = \"constant\"",
                    kpps: 10_000.0,
                    packets: 1e6,
                    ..OneCore::PLAIN
                }
                .text(),
            );
            let exact = f64::from(budget) / (round + f64::from(budget) * service);
            let counted = f64::from(budget) / (run.window.0 as f64 / 1e6); // a round at either end
            within(
                &format!("A11 {stack} c {round}, s {service}, b {budget}"),
                delivered_mpps(&run),
                exact,
                counted,
            );
        }
    }
}

#[test]
fn one_core_that_polls_several_rings_is_a_cyclic_server() {
    for (rings, load, switch, law, waiting) in [
        (4, 0.15, 0.5, "constant", 2.875),
        (4, 0.15, 0.5, "exponential", 3.625),
        (8, 0.1, 0.2, "constant", 5.6),
        (8, 0.1, 0.2, "exponential", 7.6),
    ] {
        let head = format!(
            "duration = \"1 s\"\nwarmup = \"5 ms\"\n[host.alpha]\nstack = \"busy-poll\"\n\
             budget = 1000000\n[host.alpha.cost]\nround = \"{switch} us\"\n\
             packet = {{ mean = \"1 us\", distribution = \"{law}\" }}\n"
        );
        let port = |ring: u32| {
            format!(
                "[nic.port{ring}]\nring = 1048576\n[traffic.bulk{ring}]\nto = \"host.alpha\"\n\
                 nic = \"port{ring}\"\nframe = \"64 B\"\nrate = \"{} kpps\"\n",
                1e3 * load
            )
        };
        let text = (0..rings).map(port).fold(head, |text, port| text + &port);
        let what = format!("A14 {rings} rings, switch {switch} us, {law} service: Wq");
        check(&what, &replicate(&text), |run| mean_us(run) - 1.0, waiting);
    }
}
