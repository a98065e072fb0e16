//! Same scenario, seed and version: same packets, whatever the window, threads, build or design.

use crate::fixtures::replicated::{outcome, plan_of};
use crate::fixtures::runs::{compared_in_windows, traced};
use crate::sim::invariants::on_random_worlds;
use rxsim::engine::chance::Indexed;
use rxsim::engine::sample::Sampler;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::Source;
use rxsim::sim;
use rxsim::vocab::id::SourceId;
use rxsim::vocab::packet::{Packet, Record};
use rxsim::world::World;
use std::collections::BTreeMap;

#[test]
fn the_length_of_a_window_of_calculation_changes_nothing() {
    on_random_worlds(|world| {
        compared_in_windows(world, &[Span::us(1), Span::us(100), Span::ms(10)]).1
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
fn three_fingerprints_are_pinned_for_every_build() {
    let found =
        [RANDOM, CONSTANT, GUESTS].map(|text| format!("{:016x}", outcome(text).fingerprint));
    assert_eq!(found, ["8013576438df04e8", "ffad9c0ea91d89c3", "35ed80ba9bf57ee6"]);
}

#[test]
fn another_seed_makes_other_packets() {
    let other = RANDOM.replace("seed = 7", "seed = 8");
    assert_ne!(outcome(RANDOM).fingerprint, outcome(&other).fingerprint);
}

/// The result of the program as text, but for how fast it was.
#[cfg(feature = "cli")]
fn result(jobs: &str, file: &str) -> String {
    let arguments = ["run", file, "--replications", "6", "--format", "json", "--jobs", jobs];
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_rxsim")).args(arguments).output();
    let output = output.expect("it starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut result: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    for part in ["metrics", "interval95"] {
        let engine = result[part]["engine"].as_object_mut().expect("the engine's figures");
        engine.remove("packets_per_second").expect("how fast it was");
    }
    result.to_string()
}

#[cfg(feature = "cli")]
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
        let _ = sim::run_traced(world, &mut |record: Record| {
            all.push((record.source, record.number, record.arrival));
        })
        .unwrap();
        all.sort();
        all
    };
    let expected = (packets(&worlds[0]), arrivals(&worlds[0]));
    assert!(expected.1.len() > 10_000);
    let known: BTreeMap<_, _> =
        expected.1.iter().map(|(source, number, arrival)| ((*source, *number), *arrival)).collect();
    for world in &worlds[1..] {
        assert_eq!(packets(world), expected.0);
        // Packets that had not ended when the run did have no record; which ones differs.
        for (source, number, arrival) in arrivals(world) {
            assert!(known.get(&(source, number)).is_none_or(|known| *known == arrival));
        }
    }
}

/// Packets for eight VMs whose random cost shows in their records: what else could come between
/// their start and their end costs nothing, and a round of one packet hands it over at once.
const GUESTS: &str = r#"
    seed = 3
    duration = "20 ms"
    [host.alpha]
    cores = 8
    costs = "zero"
    budget = 1
    [host.alpha.cost]
    packet = "400 ns"
    vswitch_packet = { mean = "700 ns", distribution = "lognormal", cv = 0.8 }
    vswitch_lookup = "800 ns"
    [nic.port0]
    model = "ideal"
    link = "10 Gbps"
    path = "vmq"
    vmq = { max_processors = 4 }
    moderation = { policy = "throttle", interval = "20 us" }
    [vm.web]
    count = 8
    cores = "4-7"
    vmq = true
    [traffic.bulk]
    to = "vm.web"
    rate = "60 kpps"
    frame = "imix"
    [design.shared]
    "nic.port0.vmq.shared_interrupts" = true
    [design.own]
    "nic.port0.vmq.shared_interrupts" = false
    [design.none]
    "nic.port0.path" = "single-queue"
"#;

/// When each packet came, how long it waited and how long it was processed.
fn came_waited_took(world: &World) -> BTreeMap<(SourceId, u64), (Time, Span, Span)> {
    let (_, records) = traced(world);
    let of = |record: &Record| {
        let (waited, took) = (record.start - record.arrival, record.end - record.start);
        ((record.source, record.number), (record.arrival, waited, took))
    };
    records.iter().map(of).collect()
}

#[test]
fn a_packet_costs_the_switch_the_same_in_every_design() {
    let [shared, own, none] = ["shared", "own", "none"].map(|design| {
        let world = plan_of(GUESTS, Some(design)).world;
        (came_waited_took(&world), world)
    });
    let law = Sampler::new(&shared.1.hosts[0].costs.vswitch_packet);
    let cost = |(source, number): &(SourceId, u64)| {
        let name = &shared.1.sources[source.0 as usize].source.name;
        law.span(Indexed::new(shared.1.seed, name, "cost.vswitch_packet").word(*number))
    };
    let mut elsewhen = [0; 2];
    for (packet, (came, waited, took)) in &shared.0 {
        assert_eq!(*took, Span::ns(400) + cost(packet), "{packet:?}");
        // Without a queue of its own each packet is looked up, too.
        for (at, (other, looked_up)) in
            [(&own.0, Span::ZERO), (&none.0, Span::ns(800))].iter().enumerate()
        {
            // Packets that had not ended when the run did have no record; which ones differs.
            let Some(other) = other.get(packet) else { continue };
            assert_eq!((other.0, other.2), (*came, *took + *looked_up), "{packet:?}");
            elsewhen[at] += u64::from(other.1 != *waited);
        }
    }
    assert!(shared.0.len() > 9_000);
    assert!(elsewhen.iter().all(|packets| *packets > 1_000), "{elsewhen:?} waited otherwise");
}
