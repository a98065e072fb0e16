//! Receive livelock (Mogul and Ramakrishnan, 1996) as its fluid law has it: handlers of `i` per
//! packet before work of `p` per packet carry min(load, max(0, (1 - load x i) / p)).

use crate::fixtures::replicated::{OneCore, delivered_mpps, outcome, within};
use rxsim::world::outcome::Outcome;

/// Per packet in the handler, and after it (us).
const HANDLER: f64 = 2.0;
const REST: f64 = 6.0;

/// Packets per us.
const LOADS: [f64; 9] = [0.0625, 0.1, 0.125, 0.15625, 0.1875, 0.25, 0.375, 0.5, 0.75];

fn law(load: f64) -> f64 {
    load.min(((1.0 - load * HANDLER) / REST).max(0.0))
}

fn run(host: &str, cost: &str, app: &str, arrivals: &str, load: f64) -> Outcome {
    let text = OneCore {
        host,
        cost,
        traffic: &format!("arrivals = \"{arrivals}\""),
        kpps: 1e3 * load,
        packets: 0.5e6,
        warmup_us: 200_000.0,
        ..OneCore::PLAIN
    }
    .text();
    let text = if app.is_empty() { text } else { text.replace("host.alpha\"\n", "app.db\"\n") };
    outcome(&format!("{text}\n{app}"))
}

/// 1 % of the law, 3 % near its peak, and next to nothing where nothing gets through.
fn tolerance(load: f64) -> f64 {
    let peak = 1.0 / (HANDLER + REST);
    let share = if (load / peak - 1.0).abs() <= 0.03 { 0.03 } else { 0.01 };
    (share * law(load)).max(1e-4)
}

#[test]
fn interrupts_per_packet_starve_the_stack_as_the_fluid_law_says() {
    for arrivals in ["constant", "poisson"] {
        for load in LOADS {
            if arrivals == "poisson" && (load * HANDLER - 1.0).abs() < 1e-9 {
                continue; // a handler's queue at a load of exactly one is no steady state
            }
            let costs = "interrupt = \"2 us\"\npacket = \"6 us\"";
            let run = run("stack = \"interrupt-per-packet\"", costs, "", arrivals, load);
            let what = format!("A12 to the stack, {arrivals}, {load} per us");
            within(&what, delivered_mpps(&run), law(load), tolerance(load));
        }
    }
}

#[test]
fn the_same_law_holds_for_what_reaches_an_app() {
    for arrivals in ["constant", "poisson"] {
        for load in LOADS {
            if arrivals == "poisson" && (load * HANDLER - 1.0).abs() < 1e-9 {
                continue;
            }
            let (host, app) = ("stack = \"interrupt-per-packet\"", "[app.db]\npacket = \"6 us\"");
            let run = run(host, "interrupt = \"2 us\"", app, arrivals, load);
            let what = format!("A12 to an app, {arrivals}, {load} per us");
            within(&what, delivered_mpps(&run), law(load), tolerance(load));
            let lost = run.sources[0].dropped;
            assert_eq!(lost[2], 0, "{what}: the ring's room is no limit");
            assert!(lost[3] > 0 || load <= 0.126, "{what}: losses are the backlog's");
        }
    }
}

#[test]
fn masked_interrupts_keep_the_curve_flat_beyond_the_peak() {
    for budget in [1, 8, 64] {
        for load in [0.2, 0.25, 0.375, 0.5, 1.0, 2.0] {
            let host = format!("budget = {budget}");
            let found = run(&host, "round = \"2 us\"\npacket = \"6 us\"", "", "poisson", load);
            let flat = 1.0 / (REST + HANDLER / f64::from(budget));
            let what = format!("A12 masked, round of {budget}, {load} per us");
            within(&what, delivered_mpps(&found), flat, 0.002 * flat);
        }
    }
    let found = run("", "interrupt = \"2 us\"\npacket = \"6 us\"", "", "poisson", 1.0);
    within("A12 masked, interrupt alone", delivered_mpps(&found), 1.0 / REST, 0.001);
}
