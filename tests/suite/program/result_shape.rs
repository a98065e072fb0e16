//! What a result holds: its paths, its intervals, and when a load counts as carried.

use rxsim::engine::time::Span;
use rxsim::measure::tree::Tree;
use rxsim::scenario::load;
use rxsim::scenario::text::diagnostic::render;
use rxsim::scenario::{Plan, Source};
use rxsim::study;
use rxsim::study::run::Study;

fn plan(text: &str) -> Plan {
    let source = Source { name: "test.toml".into(), text: text.into(), dir: "".into() };
    load(&source, &[])
        .and_then(|loaded| loaded.plan(None))
        .unwrap_or_else(|wrong| panic!("{}", render(&wrong, false)))
}

fn study(text: &str) -> Study {
    study::run::run(&plan(text), &|_| ()).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// A single-server queue with exponential gaps and services of 1 us on average.
fn queue(ring: u32, rate: &str, rest: &str) -> String {
    format!(
        r#"
        {rest}
        [host.alpha]
        [host.alpha.cost]
        packet = {{ mean = "1 us", distribution = "exponential" }}
        [nic.port0]
        ring = {ring}
        [traffic.bulk]
        to = "host.alpha"
        rate = "{rate}"
        frame = "64 B"
        "#
    )
}

fn flag(study: &Study, path: &str) -> bool {
    match study.metrics.get(path) {
        Some(Tree::Flag(flag)) => *flag,
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn every_documented_path_leads_to_a_value() {
    let found = study(&queue(512, "500 kpps", "duration = \"10 ms\""));
    let fixed = "offered.packets offered.pps offered.gbps offered.wire_gbps offered.goodput_gbps \
        delivered.packets delivered.gbps loss filtered sustained backlog.growth_pps \
        dropped.total dropped.link_full dropped.buffer_full dropped.ring_full \
        dropped.backlog_full resent in_flight replicated latency.mean_us latency.p50_us latency.p90_us \
        latency.p99_us latency.p999_us latency.max_us interrupts.per_second \
        interrupts.packets_per_interrupt reordered host.alpha.busy_cores host.alpha.cores_left \
        host.alpha.host_cores host.alpha.packets_per_core_second host.alpha.imbalance \
        host.alpha.fairness host.alpha.core[0].busy \
        host.alpha.core[0].interrupt host.alpha.core[0].deferred host.alpha.core[0].vswitch \
        host.alpha.core[0].guest host.alpha.core[0].app host.alpha.core[0].work \
        nic.port0.queue[0].packets nic.port0.queue[0].dropped nic.port0.queue[0].core \
        nic.port0.paused nic.port0.policy.moves traffic.bulk.loss traffic.bulk.latency.p99_us \
        engine.packets_per_second engine.events";
    let stages = ["buffer", "dma", "moderation", "ring", "deferred", "vswitch", "channel"];
    let stages = stages.iter().chain(&["guest", "app"]);
    let stages = stages.map(|stage| format!("latency.stage.{stage}.mean_us"));
    for path in fixed.split_whitespace().map(str::to_owned).chain(stages) {
        let value = found.metrics.get(&path);
        assert!(matches!(value, Some(Tree::Count(_) | Tree::Number(_) | Tree::Flag(_))), "{path}");
    }
}

#[test]
fn every_packet_is_accounted_for_and_stages_sum_to_the_mean() {
    let found = study(&queue(8, "1500 kpps", "duration = \"5 ms\"\nwarmup = \"1 ms\""));
    let figure = |path: &str| found.metrics.number(path).unwrap();
    let ended = ["delivered.packets", "dropped.total", "filtered", "in_flight"];
    let ended: f64 = ended.iter().map(|path| figure(path)).sum();
    assert!((figure("offered.packets") + figure("replicated") - ended).abs() < 0.5);
    let stages = found.metrics.get("latency.stage").unwrap().walk();
    let sum: f64 = stages.iter().filter_map(|(_, mean)| mean.as_number()).sum();
    assert!((sum - figure("latency.mean_us")).abs() < 1e-9);
}

#[test]
fn intervals_have_every_path_of_the_metrics_and_shrink_with_replications() {
    let of = |n: u32| {
        study(&queue(512, "800 kpps", &format!("duration = \"5 ms\"\nreplications = {n}")))
    };
    let (few, many) = (of(3), of(30));
    let paths = |tree: &Tree| tree.walk().into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    let interval = |study: &Study| study.interval95.clone().expect("several replications");
    assert_eq!(paths(&few.metrics), paths(&interval(&few)));
    let half = |study: &Study| interval(study).number("latency.mean_us").unwrap();
    assert!(half(&many) < half(&few) && half(&many) > 0.0);
    assert!(of(1).interval95.is_none());
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let text = queue(512, "800 kpps", "duration = \"2 ms\"\nreplications = 8");
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| study(&text));
        let mut leaves = found.metrics.walk();
        leaves.retain(|(path, _)| path != "engine.packets_per_second");
        let leaves: Vec<_> = leaves.into_iter().map(|(path, leaf)| (path, leaf.clone())).collect();
        (found.fingerprint, leaves)
    };
    assert_eq!(with(1), with(4));
}

#[test]
fn a_stable_queue_at_0_95_is_sustained_whatever_the_seed() {
    for seed in 0..40 {
        let rest = format!("duration = \"30 ms\"\nseed = {seed}");
        assert!(flag(&study(&queue(1 << 20, "950 kpps", &rest)), "sustained"), "seed {seed}");
    }
}

#[test]
fn an_overload_that_the_ring_still_swallows_is_not_sustained() {
    let text = r#"
        duration = "200 ms"
        [host.alpha]
        [host.alpha.cost]
        packet = "3.47 us"
        [nic.port0]
        ring = 4096
        [traffic.bulk]
        to = "host.alpha"
        rate = "306.9 kpps"
    "#;
    let found = study(text);
    assert_eq!(found.metrics.number("loss"), Some(0.0));
    assert!(!flag(&found, "sustained"));
    let growth = found.metrics.number("backlog.growth_pps").unwrap();
    assert!((growth - (306_900.0 - 1e9 / 3470.0)).abs() < 1_000.0, "{growth}");
    assert_eq!(found.bottleneck.limit.unwrap().place.name(), "alpha.core[0]");
}

#[test]
fn a_warm_up_found_by_a_pilot_run_is_reported_and_used() {
    let found = study(&queue(
        1 << 20,
        "900 kpps",
        "duration = \"50 ms\"\nwarmup = \"auto\"\nreplications = 2",
    ));
    assert!(found.warmup < Span::ms(25));
    assert_eq!(found.plan.world.warmup, found.warmup);
    assert_eq!(found.first.window, Span::ms(50));
}

#[test]
fn designs_are_compared_on_the_same_packets() {
    let base = plan(&queue(4, "900 kpps", "duration = \"5 ms\"\nreplications = 4"));
    let mut large = base.clone();
    large.world.nics[0].ring = 64;
    let found = study::compare::run(vec![base, large], &|_| ()).expect("no claims");
    let of = |path: &str| found.differences[0].iter().find(|one| one.path == path).unwrap();
    assert_eq!(of("offered.packets").is_shown(), Some(false));
    let (loss, latency) = (of("loss"), of("latency.mean_us"));
    assert!(loss.estimate.mean < 0.0 && loss.is_shown() == Some(true));
    assert!(latency.estimate.mean > 0.0 && latency.is_shown() == Some(true));
}
