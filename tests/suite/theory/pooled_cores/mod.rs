//! Cores that share the packets of all rings: against a plain loop, and textbook queues.
//!
//! The unit of time is the mean service of 1 us, exponential where nothing else is said.

mod event_loop;
mod on_random_worlds;

use crate::fixtures::replicated::{
    OneCore, agrees, check, check_quantile, each, latency, mean_and_error, mean_us, plan_of,
    quantile_agrees, replicate,
};
use rxsim::rx::moderation::Moderation;
use rxsim::sim;
use rxsim::vocab::packet::{Fate, Record};
use rxsim::world::{Dispatch, World};

const EXPONENTIAL: &str = "packet = { mean = \"1 us\", distribution = \"exponential\" }";

/// Even spraying packet by packet: the entries of the table are hit exactly once each.
const SPRAYED: &str = "flows = 128\nkeys = \"sequential-ports\"";

/// Cores that take packets by this rule, each loaded with `rho`.
fn cores(dispatch: &str, cores: u32, rho: f64, packets: f64) -> String {
    let host = format!("cores = {cores}\ndispatch = {dispatch}");
    let nic = format!("ring = 1048576\npath = \"rss\"\nrss = {{ queues = {cores} }}");
    let kpps = 1e3 * rho * f64::from(cores);
    let warmup_us = 20.0 / (1.0 - rho).powi(2);
    let load =
        OneCore { host: &host, nic: &nic, cost: EXPONENTIAL, traffic: SPRAYED, ..OneCore::PLAIN };
    OneCore { kpps, packets, warmup_us, ..load }.text()
}

/// The probability of waiting, the mean sojourn and two quantiles of it.
fn figures(world: &World) -> [f64; 4] {
    let (mut waited, mut all) = (0_u64, 0_u64);
    let outcome = sim::run_traced(world, &mut |record| {
        if record.end.0 > world.warmup.0 {
            all += 1;
            waited += u64::from(record.start > record.arrival);
        }
    })
    .expect("its moves can be made");
    let quantile = |p| latency(&outcome).quantile_ps(p).expect("packets") / 1e6;
    [waited as f64 / all as f64, mean_us(&outcome), quantile(0.99), quantile(0.999)]
}

#[test]
fn one_line_for_all_cores_is_m_m_c() {
    for (c, rho, packets, exact) in [
        (2, 0.8, 5e5, [0.711_111_111_111, 2.777_777_777_78, 11.937_370_2, 17.694_126_2]),
        (4, 0.8, 5e5, [0.596_432_471_787, 1.745_540_589_73, 6.893_203_75, 9.879_666_9]),
        (4, 0.9, 1.5e6, [0.787_753_264_295, 2.969_383_160_74, 12.193_167_4, 17.950_013_8]),
        (8, 0.8, 5e5, [0.457_644_925_442, 1.286_028_078_4, 5.152_181_56, 7.469_718_53]),
        (8, 0.95, 5e6, [0.844_168_630_61, 3.110_421_576_52, 12.366_048_6, 18.122_931]),
    ] {
        let runs = each(&cores("\"shared\"", c, rho, packets), figures);
        let what = |figure: &str| format!("A07 M/M/{c} rho {rho} {figure}");
        let of = |at: usize| runs.iter().map(|figures| figures[at]).collect::<Vec<f64>>();
        agrees(&what("P(wait)"), &of(0), exact[0]);
        agrees(&what("W"), &of(1), exact[1]);
        quantile_agrees(&what("p99"), &of(2), exact[2]);
        quantile_agrees(&what("p99.9"), &of(3), exact[3]);
    }
}

/// The largest load at which p99 is ten services: there it is ten.
#[test]
fn the_knees_of_separate_and_shared_queues_are_where_theory_has_them() {
    for (dispatch, c, rho, packets) in [
        ("\"per-queue\"", 4, 0.539_482_981_4, 1e6),
        ("\"shared\"", 2, 0.757_976_111_5, 1e6),
        ("\"shared\"", 4, 0.875_225_859_3, 1e6),
        ("\"shared\"", 8, 0.936_294_908_3, 3e6),
    ] {
        let runs = replicate(&cores(dispatch, c, rho, packets));
        check_quantile(&format!("A08 {dispatch} c {c} rho {rho}"), &runs, 0.99, 10.0);
    }
}

#[test]
fn stealing_leaves_no_core_idle_while_packets_wait_whoever_they_came_to() {
    for (c, rho, packets, mean) in
        [(2, 0.8, 5e5, 2.777_777_777_78), (4, 0.9, 1e6, 2.969_383_160_74)]
    {
        let spread = cores("\"work-stealing\"", c, rho, packets);
        let to_one = spread.replace("path = \"rss\"", "path = \"single-queue\"");
        for (text, how) in [(spread, "spread"), (to_one, "all to one core")] {
            check(&format!("stealing, {how}, M/M/{c} W"), &replicate(&text), mean_us, mean);
        }
    }
}

/// The same packets, run by run: the more a core is given ahead, the longer they take.
#[test]
fn bounded_queues_lie_between_one_line_and_separate_queues() {
    let dispatches = ["\"shared\"", "{ jbsq = 2 }", "{ jbsq = 4 }", "\"per-queue\""];
    let means: Vec<Vec<f64>> = dispatches
        .iter()
        .map(|dispatch| replicate(&cores(dispatch, 4, 0.8, 3e5)).iter().map(mean_us).collect())
        .collect();
    for (two, names) in means.windows(2).zip(dispatches.windows(2)) {
        let more: Vec<f64> = two[0].iter().zip(&two[1]).map(|(less, more)| more - less).collect();
        let (mean, error) = mean_and_error(&more);
        println!("{names:?}: {mean} +- {error}");
        assert!(mean > 10.0 * error, "{names:?}: {mean} +- {error}");
    }
}

/// With room for one packet per core, a bounded queue is one line for all.
#[test]
fn a_bound_of_one_is_one_line_for_all() {
    let records = |dispatch: &str| {
        let mut records: Vec<Record> = Vec::new();
        let world = crate::fixtures::replicated::world(&cores(dispatch, 4, 0.9, 20_000.0));
        let outcome = sim::run_traced(&world, &mut |record| records.push(record))
            .expect("its moves can be made");
        (records, outcome.fingerprint)
    };
    let (shared, bounded) = (records("\"shared\""), records("{ jbsq = 1 }"));
    assert_eq!(shared, bounded);
    assert_ne!(shared.1, records("{ jbsq = 2 }").1);
    assert!(shared.0.iter().all(|record| record.fate == Fate::Delivered));
}

/// One flow on many cores: most packets of equal cost keep their order, those of random cost do
/// not.
#[test]
fn cores_that_share_a_flow_reorder_it() {
    let text = cores("\"shared\"", 4, 0.8, 50_000.0).replace("flows = 128", "flows = 1");
    let reordered = |text: &str| crate::fixtures::replicated::outcome(text).sources[0].reordered;
    assert!(reordered(&text) > 5_000, "{}", reordered(&text));
    assert_eq!(reordered(&text.replace(EXPONENTIAL, "packet = \"1 us\"")), 0);
    assert_eq!(reordered(&text.replace("\"shared\"", "\"per-queue\"")), 0);
}

#[test]
fn the_words_of_a_file_reach_the_world() {
    let of = |host: &str| {
        let text = format!(
            "duration = \"1 ms\"\n[host.alpha]\n{host}\n[nic.port0]\nmodel = \"intel-82599\"\n\
             [traffic.bulk]\nto = \"host.alpha\"\nrate = \"1 Gbps\""
        );
        let plan = plan_of(&text, None);
        let host = &plan.world.hosts[0];
        (host.dispatch, host.non_preemptive, plan.world.nics[0].moderation, plan.warnings)
    };
    let (dispatch, non_preemptive, moderation, warnings) = of("");
    assert_eq!((dispatch, non_preemptive), (Dispatch::PerQueue, false));
    assert!(moderation != Moderation::None && warnings.is_empty(), "{warnings:?}");
    assert!(of("priority = \"non-preemptive\"").1);
    for (word, expected) in [
        ("\"shared\"", Dispatch::Shared),
        ("{ jbsq = 3 }", Dispatch::Jbsq(3)),
        ("\"work-stealing\"", Dispatch::WorkStealing),
    ] {
        // Nothing is paid for polls that find nothing, so they may cost nothing.
        let found = of(&format!("dispatch = {word}\nstack = \"busy-poll\""));
        assert_eq!((found.0, found.2), (expected, Moderation::None));
        assert!(found.3[0].contains("the usual moderation does not apply"), "{:?}", found.3);
    }
}
