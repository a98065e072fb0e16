//! What is in hand is finished first: by hand, against Cobham's formula, and whatever the window.

use crate::worlds::{THREADS, VMS, only, random_world};
use rxsim::engine::time::Span;
use rxsim::host;
use rxsim::host::world::World;
use rxsim::rx::cpu::Stack;

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
    let worlds = std::env::var("RXSIM_WORLDS").map_or(300, |n| n.parse().expect("a number"));
    for (seed, level) in (0..worlds).flat_map(|seed| [(seed, THREADS), (seed, VMS)]) {
        let world = patient_world(seed, level);
        let batches = [None, Some(Span::us(1)), Some(Span(3_333_333)), Some(Span::us(50))];
        let outcomes = batches.map(|batch| {
            let mut records = Vec::new();
            let world = World { batch, ..world.clone() };
            let outcome = host::run_traced(&world, &mut |record| records.push(record));
            records.sort_by_key(|record| (record.end, record.source, record.number));
            (records, outcome.hosts)
        });
        for ((records, hosts), batch) in outcomes.iter().zip(batches).skip(1) {
            let (first, of_first) = &outcomes[0];
            let at =
                (0..first.len().max(records.len())).find(|at| first.get(*at) != records.get(*at));
            if let Some(at) = at {
                let (one, other) = (first.get(at), records.get(at));
                panic!("patient_world({seed}, {level}), {batch:?}:\n{one:?}\n{other:?}\n{world:?}");
            }
            assert_eq!(hosts, of_first, "patient_world({seed}, {level}), {batch:?}");
        }
    }
}
