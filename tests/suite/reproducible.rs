//! Same scenario, seed and version: same packets, whatever the window, threads, build or design.

use crate::invariants::on_random_worlds;
use crate::replicated::{outcome, plan_of};
use rxsim::engine::time::Span;
use rxsim::host;
use rxsim::host::world::World;
use rxsim::rx::source::Source;
use rxsim::vocab::packet::{Packet, Record};
use std::process::Command;

#[test]
fn the_length_of_a_window_of_calculation_changes_nothing() {
    on_random_worlds(|world| {
        let run = |batch| {
            let mut run = host::run(&World { batch, ..world.clone() }, &mut |_| ());
            run.events = 0; // how often the engine looked
            run
        };
        let whole = run(None);
        [Span::us(1), Span::us(100), Span::ms(10)].into_iter().find_map(|batch| {
            let found = run(Some(batch));
            if found.fingerprint != whole.fingerprint {
                return Some(format!("another fingerprint with a batch of {batch}"));
            }
            (found != whole).then(|| format!("other counts with a batch of {batch}"))
        })
    });
}

/// Chance everywhere: Poisson and on-off arrivals, a mix of sizes, flows, random costs, RSS.
const RANDOM: &str = r#"
    seed = 7
    duration = "20 ms"
    warmup = "2 ms"
    [host.alpha]
    cores = 4
    stack = "linux-napi"
    [host.alpha.cost]
    interrupt = "1 us"
    round = "300 ns"
    packet = { mean = "700 ns", distribution = "lognormal", cv = 0.5 }
    byte = "0.3 ns"
    app_packet = { mean = "2 us", distribution = "exponential" }
    context_switch = "500 ns"
    [nic.port0]
    model = "intel-82599"
    path = "rss"
    [app.db]
    core = 1
    backlog = 200
    [work.batch]
    on = "host.alpha"
    load = "20 %"
    period = "1 ms"
    [traffic.bulk]
    to = "host.alpha"
    rate = "3 Gbps"
    frame = "imix"
    flows = 500
    popularity = { zipf = 1.1 }
    [traffic.queries]
    to = "app.db"
    rate = "1 Mpps"
    frame = "128 B"
    flows = 20
    on_off = { on = "100 us", off = "300 us", distribution = "pareto" }
    [design.one]
    [design.single]
    "nic.port0.path" = "single-queue"
    [design.fast]
    "host.alpha.clock" = "3 GHz"
    "host.alpha.stack" = "windows-dpc"
    "nic.port0.ring" = 64
"#;

/// No chance at all: full frames at line rate over one core.
const CONSTANT: &str = r#"
    duration = "20 ms"
    [host.alpha]
    costs = "hyperv-2012"
    [nic.port0]
    model = "intel-82599"
    when_ring_full = "drop"
    [traffic.bulk]
    to = "host.alpha"
    rate = "line"
"#;

/// Any build, with or without optimisation, on any machine, must find these. A change that alters
/// what is simulated alters them, and says so.
#[test]
fn two_fingerprints_are_pinned_for_every_build() {
    let found = [RANDOM, CONSTANT].map(|text| format!("{:016x}", outcome(text).fingerprint));
    assert_eq!(found, ["8013576438df04e8", "ffad9c0ea91d89c3"]);
}

#[test]
fn another_seed_makes_other_packets() {
    let other = RANDOM.replace("seed = 7", "seed = 8");
    assert_ne!(outcome(RANDOM).fingerprint, outcome(&other).fingerprint);
}

/// The result of the program as text, but for how fast it was.
fn result(jobs: &str, file: &str) -> String {
    let arguments = ["run", file, "--replications", "6", "--format", "json", "--jobs", jobs];
    let output =
        Command::new(env!("CARGO_BIN_EXE_rxsim")).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for part in ["metrics", "interval95"] {
        let engine = result[part]["engine"].as_object_mut().expect("the engine's figures");
        engine.remove("packets_per_second").expect("how fast it was");
    }
    result.to_string()
}

#[test]
fn one_job_and_two_print_the_same_result() {
    let file = std::env::temp_dir().join(format!("rxsim-jobs-{}.toml", std::process::id()));
    std::fs::write(&file, RANDOM).expect("a file for a scenario");
    let path = file.to_str().expect("a path of text");
    let (one, two) = (result("1", path), result("2", path));
    let again = result("2", path);
    std::fs::remove_file(&file).expect("the file is there");
    assert_eq!(one, two);
    assert_eq!(two, again);
}

#[test]
fn every_design_meets_the_same_packets() {
    let worlds = ["one", "single", "fast"].map(|design| plan_of(RANDOM, Some(design)).world);
    let packets = |world: &World| -> Vec<Vec<Packet>> {
        let first = |spec| {
            let mut source = Source::new(spec, world.seed);
            (0..10_000).map_while(|_| source.emit()).collect()
        };
        world.sources.iter().map(|traffic| first(&traffic.source)).collect()
    };
    let arrivals = |world: &World| {
        let mut all = Vec::new();
        let _ = host::run_traced(world, &mut |record: Record| {
            all.push((record.source, record.number, record.arrival));
        });
        all.sort();
        all
    };
    let expected = (packets(&worlds[0]), arrivals(&worlds[0]));
    assert!(expected.1.len() > 10_000);
    let known: std::collections::BTreeMap<_, _> =
        expected.1.iter().map(|(source, number, arrival)| ((*source, *number), *arrival)).collect();
    for world in &worlds[1..] {
        assert_eq!(packets(world), expected.0);
        // Packets that had not ended when the run did have no record; which ones differs.
        for (source, number, arrival) in arrivals(world) {
            assert!(known.get(&(source, number)).is_none_or(|known| *known == arrival));
        }
    }
}
