//! Without preemption an activity that runs is finished first: by hand, against Cobham's formula,
//! and whatever the window.

use crate::fixtures::minimal;
use crate::fixtures::random::{seeds, worlds};
use crate::fixtures::replicated::{agrees, each};
use crate::fixtures::runs::{same_in_windows, traced};
use crate::worlds::{THREADS, VMS, random_world};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;
use rxsim::sim;
use rxsim::world::{AppSpec, Consumer, NicSpec, WorkSpec, World};

/// Random worlds whose interrupts wait.
fn patient_world(seed: u64, level: u8) -> World {
    let mut world = random_world(seed, level);
    for host in &mut world.hosts {
        if !matches!(host.stack, Stack::WindowsDpc | Stack::InterruptPerPacket) {
            host.stack = Stack::WindowsDpc;
        }
        host.non_preemptive = true;
    }
    world
}

#[test]
fn the_length_of_a_window_changes_nothing() {
    // In the last one a work asks anew while an interrupt waits for it.
    let once_different = [(1471, VMS)];
    for (seed, level) in seeds(worlds(300), &[THREADS, VMS]).chain(once_different) {
        let batches = [Span::us(1), Span(3_333_333), Span::us(50)];
        let name = format!("patient_world({seed}, {level})");
        same_in_windows(&patient_world(seed, level), &batches, &name);
    }
}

/// One core, a port to the host's stack and one to an app, which costs the host itself nothing.
/// Packets come at these microseconds and cost so many.
fn two_classes(first: &[u64], cost: u64, second: &[u64], app: u64) -> World {
    let mut world = minimal::world();
    world.hosts[0].non_preemptive = true;
    world.hosts[0].costs.packet = Draw::Constant(Span::us(cost));
    world.apps = vec![AppSpec {
        name: "app".into(),
        host: 0,
        core: 0,
        backlog: 100,
        packet: Draw::Constant(Span::us(app)),
        byte: Draw::ZERO,
    }];
    world.nics.push(NicSpec { name: "m".into(), contention: 0.0, ..world.nics[0].clone() });
    let at = |us: &[u64]| us.iter().map(|us| us * 1_000).collect::<Vec<_>>();
    world.sources = vec![
        minimal::source(0, minimal::packets_at(&at(first), 64)),
        minimal::source(1, minimal::packets_at(&at(second), 64)),
    ];
    (world.sources[1].nic, world.sources[1].to) = (1, Consumer::App(0));
    world
}

/// Start and end in microseconds of each packet of a source, in order.
fn spans(world: &World, source: u32) -> Vec<(u64, u64)> {
    let (_, records) = traced(world);
    let own = records.iter().filter(|record| record.source.0 == source);
    let mut found: Vec<_> =
        own.map(|record| (record.start.0 / 1_000_000, record.end.0 / 1_000_000)).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_packet_of_an_app_is_finished_before_an_interrupt_is_taken() {
    for stack in [Stack::WindowsDpc, Stack::InterruptPerPacket] {
        let mut world = two_classes(&[4], 2, &[1, 2], 10);
        world.hosts[0].stack = stack;
        let ends = |world: &World, source| -> Vec<u64> {
            spans(world, source).into_iter().map(|(_, end)| end).collect()
        };
        assert_eq!((ends(&world, 0), ends(&world, 1)), (vec![13], vec![11, 23]), "{stack:?}");
        world.hosts[0].non_preemptive = false;
        assert_eq!((ends(&world, 0), ends(&world, 1)), (vec![6], vec![13, 23]), "{stack:?}");
    }
}

#[test]
fn a_slice_of_other_work_is_finished_first() {
    let mut world = two_classes(&[3], 2, &[], 1);
    world.works = vec![WorkSpec {
        name: "work".into(),
        host: 0,
        core: 0,
        period: Span::us(500),
        demand: Span::us(9),
    }];
    assert_eq!(spans(&world, 0), [(9, 11)]);
    world.hosts[0].quantum = Span::us(2);
    assert_eq!(spans(&world, 0), [(4, 6)]);
}

/// The overhead of a round is finished; the handler comes before the packet, which was chosen at
/// the end of that.
#[test]
fn a_handler_comes_at_the_end_of_a_round_s_overhead() {
    let mut world = two_classes(&[0], 2, &[2], 1);
    world.hosts[0].costs.round = Draw::Constant(Span::us(5));
    world.hosts[0].costs.interrupt = Draw::Constant(Span::us(1));
    // Handler 0 to 1, overhead 1 to 6, the other port's handler 6 to 7.
    assert_eq!(spans(&world, 0), [(6, 9)]);
    // Its round 9 to 14, then its app.
    assert_eq!(spans(&world, 1), [(14, 15)]);
}

/// Cobham: 0.1 packets per us each, of 2 us in the deferred class and of 5 us in an app.
#[test]
fn two_classes_wait_as_cobham_says() {
    let law = |us: u32| format!("{{ mean = \"{us} us\", distribution = \"exponential\" }}");
    let constant = |us: u32| format!("\"{us} us\"");
    for (how, one, two, exact) in [
        ("det", constant(2), constant(5), [1.8125, 6.041_666_666_7]),
        ("exp", law(2), law(5), [3.625, 12.083_333_333_3]),
    ] {
        for stack in ["windows-dpc", "interrupt-per-packet"] {
            let port = "ring = 1048576\nhost = \"alpha\"";
            let traffic = "frame = \"64 B\"\nrate = \"100 kpps\"";
            let text = format!(
                "duration = \"2 s\"\nwarmup = \"1 ms\"\n[host.alpha]\nstack = \"{stack}\"\n\
                 budget = 1048576\nbacklog = 1048576\npriority = \"non-preemptive\"\n\
                 cost = {{ packet = {one}, app_packet = {two} }}\n[app.db]\nbacklog = 1048576\n\
                 [nic.a]\n{port}\n[nic.b]\n{port}\n\
                 [traffic.a]\nto = \"host.alpha\"\nnic = \"a\"\n{traffic}\n\
                 [traffic.b]\nto = \"app.db\"\nnic = \"b\"\n{traffic}\n"
            );
            let waits: Vec<[f64; 2]> = each(&text, |world| {
                let mut world = world.clone();
                world.nics[1].contention = 0.0; // of the app's packets only the app's work costs
                let run = sim::run(&world, &mut |_| ()).unwrap();
                let mean = |at: usize| run.sources[at].latency.mean_ps().expect("packets") / 1e6;
                [mean(0) - 2.0, mean(1) - 5.0]
            });
            let of = |wait: fn(&[f64; 2]) -> f64| waits.iter().map(wait).collect::<Vec<_>>();
            let what = |figure: &str| format!("A13 {how} {stack} {figure}");
            agrees(&what("Wq1"), &of(|wait| wait[0]), exact[0]);
            agrees(&what("Wq2"), &of(|wait| wait[1]), exact[1]);
            let sum = 0.2 * exact[0] + 0.5 * exact[1];
            agrees(&what("conserved"), &of(|wait| 0.2 * wait[0] + 0.5 * wait[1]), sum);
        }
    }
}
