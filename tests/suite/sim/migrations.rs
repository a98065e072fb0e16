//! Virtual machines that migrate, stop and start, run: what is lost, and when, worked out from the
//! offered times; one stream by two ports is one machine's in results.

use crate::fixtures::runs::{same_in_windows, traced};
use crate::fixtures::scenario_text::plan;
use rxsim::engine::time::{Span, Time};
use rxsim::measure::tree::Tree;
use rxsim::scenario::Plan;
use rxsim::scenario::load;
use rxsim::scenario::text::library;
use rxsim::study::run::{Study, run};
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::{Fate, Record};
use rxsim::world::World;
use std::collections::BTreeMap;

/// Two VMs on a host with virtual functions, at no cost at all; the first one migrates: from its
/// function at 21 ms, pausing from 32 to 42 ms, learnt of at 45 ms, by a function again at 50 ms.
const QUICK: &str = r#"
duration = "70 ms"
[host.alpha]
cores = 4
[host.beta]
cores = 4
[nic.port0]
host = "alpha"
path = "sriov"
[nic.port1]
host = "beta"
path = "sriov"
[vm.web]
count = 2
nic = "port0"
vf = true
[traffic.bulk]
to = "vm.web"
rate = "500 Mbps"
flows = 8
frame = "imix"
[[event]]
at = "20 ms"
action = "live-migrate"
vm = "web[0]"
to = "beta"
precopy = "10 ms"
blackout = "10 ms"
relearn = "3 ms"
vf_attach = "8 ms"
"#;

/// What became of the packets of the stream to `web[0]`, by number.
fn stream(world: &World) -> BTreeMap<u64, (usize, Record)> {
    let ours = |source: usize| world.sources[source].source.name == "traffic.bulk[0]";
    let (_, records) = traced(world);
    let mut all = BTreeMap::new();
    for record in records.into_iter().filter(|record| ours(record.source.0 as usize)) {
        let nic = world.sources[record.source.0 as usize].nic;
        let again = all.insert(record.number, (nic, record));
        assert_eq!(again, None, "packet {} came twice", record.number);
    }
    all
}

fn ran(plan: &Plan) -> Study {
    let world = World { step: Some(Span::ms(1)), ..plan.world.clone() };
    run(&Plan { world, ..plan.clone() }, &|_| ()).expect("it runs")
}

const fn ms(ms: u64) -> Time {
    Time(ms * 1_000_000_000)
}

#[test]
fn each_packet_meets_what_holds_when_it_comes() {
    let moved = stream(&plan(QUICK).world);
    let stayed = stream(&plan(&QUICK[..QUICK.find("[[event]]").expect("there is one")]).world);
    assert!(moved.keys().eq(stayed.keys()), "the numbers are those of one stream");
    for (number, (nic, record)) in &moved {
        assert_eq!(record.arrival, stayed[number].1.arrival, "packet {number}");
        let expected = match record.arrival {
            at if at <= ms(32) => (0, Fate::Delivered),
            at if at <= ms(42) => (0, Fate::Dropped(DropReason::VmPaused)),
            at if at < ms(45) => (0, Fate::Dropped(DropReason::WrongHost)),
            _ => (1, Fate::Delivered),
        };
        assert_eq!((*nic, record.fate), expected, "packet {number} at {:?}", record.arrival);
    }
}

#[test]
fn results_know_one_machine_and_one_stream() {
    let plan = plan(QUICK);
    let found = ran(&plan);
    let count = |path: &str| match found.metrics.get(path) {
        Some(Tree::Count(count)) => u64::try_from(*count).expect("a count"),
        other => panic!("{path}: {other:?}"),
    };
    let moved = stream(&plan.world);
    assert_eq!(count("vm.web[0].offered.packets"), moved.len() as u64);
    assert_eq!(count("traffic.bulk.instance[0].offered.packets"), moved.len() as u64);
    assert!(found.metrics.get("vm.web[2]").is_none(), "two machines");
    assert!(found.metrics.get("traffic.bulk.instance[2]").is_none(), "two streams");
    let both: u64 = (0..2).map(|vm| count(&format!("vm.web[{vm}].delivered.packets"))).sum();
    assert_eq!(count("vm_groups.web.delivered.packets"), both);
    assert_eq!(count("vm_groups.web.dropped.total"), count("vm.web[0].dropped.total"));
    let delivered: u64 =
        found.first.series.iter().flat_map(|step| &step.changing).map(|load| load.packets).sum();
    assert_eq!(delivered, count("vm.web[0].delivered.packets"));
}

#[test]
fn a_series_counts_what_changes_before_the_window_too() {
    let of = |text: &str| -> Vec<u64> {
        let run = ran(&plan(text)).first;
        let steps =
            run.series.iter().map(|step| step.changing.iter().map(|load| load.packets).sum());
        steps.collect()
    };
    let whole = of(QUICK);
    let split = of(&QUICK.replace("\"70 ms\"", "\"35 ms\"\nwarmup = \"35 ms\""));
    assert_eq!(whole.iter().sum::<u64>(), split.iter().sum::<u64>());
}

/// The worlds of a built-in scenario: of its plain file and its designs.
fn built_in(name: &str) -> Vec<Plan> {
    let loaded = load(&library::find(name).expect("it is built in"), &[]).expect("it is sound");
    let designs = loaded.designs().into_iter().map(Some).chain([None]);
    designs.map(|design| loaded.plan(design).expect("it runs")).collect()
}

#[test]
fn the_length_of_a_window_of_calculation_changes_nothing_that_events_do() {
    for name in ["migrate-to-plain-host", "vf-failover", "vms-come-and-go"] {
        for plan in built_in(name) {
            let design = plan.design.as_deref().unwrap_or("plain file");
            same_in_windows(&plan.world, &[Span::us(100)], &format!("{name}, {design}"));
        }
    }
}
