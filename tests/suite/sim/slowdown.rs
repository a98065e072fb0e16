//! Slowdown: by hand, and against the mean of M/G/1.

use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::replicated::{OneCore, agrees, replicate};
use crate::fixtures::runs::traced;
use crate::worlds::{FUNCTIONS, VMS, random_world};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::measure::histogram::Histogram;
use rxsim::world::outcome::Outcome;
use rxsim::world::{AppSpec, Consumer, World};

/// Packets of 1 us at 0 and 500 ns.
fn two(slowdown: bool) -> World {
    let mut world = minimal::world();
    world.slowdown = slowdown;
    world.hosts[0].costs.packet = Draw::Constant(Span::us(1));
    world.sources = vec![minimal::source(0, packets_at(&[0, 500], 64))];
    world
}

/// Count and sum, in thousandths.
fn slowdowns(run: &Outcome) -> (u64, u128) {
    let all = &run.sources[0].slowdown;
    (all.count(), all.sum_ps())
}

#[test]
fn a_packet_is_slowed_down_by_all_but_its_own_processing() {
    assert_eq!(slowdowns(&traced(&two(true)).0), (2, 1_000 + 1_500));
    assert_eq!(traced(&two(false)).0.sources[0].slowdown, Histogram::default());
    // An interrupt while it is processed is not the packet's own: 1000 to 1500, 2500 to 3000.
    let mut world = two(true);
    world.nics.push(world.nics[0].clone());
    world.sources.push(minimal::source(1, packets_at(&[1_500], 64)));
    world.sources[1].nic = 1;
    world.hosts[0].costs.interrupt = Draw::Constant(Span::us(1));
    let (run, _) = traced(&world);
    assert_eq!(slowdowns(&run), (2, 3_000 + 3_500));
    // To an app: 1 us of deferred work and 3 us of the app's own, from 2 us on.
    let mut world = two(true);
    let (packet, byte) = (Draw::Constant(Span::us(3)), Draw::ZERO);
    world.apps = vec![AppSpec { name: "a".into(), host: 0, core: 0, backlog: 8, packet, byte }];
    world.sources[0].to = Consumer::App(0);
    assert_eq!(slowdowns(&traced(&world).0), (2, 5_000 / 4 + 7_500 / 4));
    // What costs nothing has no slowdown.
    let mut world = two(true);
    world.hosts[0].costs.packet = Draw::ZERO;
    assert_eq!(slowdowns(&traced(&world).0), (0, 0));
}

#[test]
fn its_mean_is_that_of_a_queue_with_one_server() {
    let text = OneCore {
        cost: "packet = { distribution = \"bimodal\", values = [{ value = \"0.5 us\", weight = 9 }, \
               { value = \"5.5 us\", weight = 1 }] }",
        kpps: 500.0,
        packets: 0.5e6,
        ..OneCore::PLAIN
    }
    .text();
    let runs = replicate(&format!("slowdown = true\n{text}"));
    let mean = |run: &Outcome| run.sources[0].slowdown.mean_ps().expect("packets") / 1e3;
    // The wait does not depend on the packet's own service S: 1 + W E[1/S], and W is the load times
    // E[S^2] / 2 / (1 - the load); E[S^2] = 3.25, E[1/S] = 0.9 / 0.5 + 0.1 / 5.5.
    let exact = 1.0 + 0.5 * 3.25 / 2.0 / 0.5 * (1.8 + 0.1 / 5.5);
    let found: Vec<f64> = runs.iter().map(mean).collect();
    // Rounding down takes half a thousandth.
    agrees("slowdown in M/G/1", &found, exact - 0.0005);
}

#[test]
fn recording_it_changes_nothing_else() {
    for (seed, level) in (0..60).flat_map(|seed| [(seed, VMS), (seed, FUNCTIONS)]) {
        let world = random_world(seed, level);
        let (plain, _) = traced(&world);
        let (mut with, _) = traced(&World { slowdown: true, batch: None, ..world.clone() });
        let (other, _) = traced(&World { slowdown: true, batch: Some(Span::us(7)), ..world });
        let of = |run: &Outcome| -> Vec<Histogram> {
            run.sources.iter().map(|source| source.slowdown.clone()).collect()
        };
        assert!(of(&with) == of(&other), "{seed}, {level}: other slowdowns in other windows");
        with.sources.iter_mut().for_each(|source| source.slowdown = Histogram::default());
        assert!(with.sources == plain.sources, "{seed}, {level}");
        assert_eq!(with.fingerprint, plain.fingerprint);
    }
}
