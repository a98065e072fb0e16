//! Software that spreads packets over cores: sentence by sentence, by hand; whatever the window;
//! and as queues whose laws are known.

use crate::worlds::{FUNCTIONS, MICROSOFT_KEY, MOVES, THREADS, VMS, random_world};
use rxsim::engine::chance::Stream;
use rxsim::engine::time::Span;
use rxsim::host;
use rxsim::host::world::{SoftSpread, Spread, World};
use rxsim::rx::cpu::Stack;
use rxsim::rx::steering::rss::{HashTypes, RssSpec};

/// Spreads to these cores by a hash over addresses and ports, one entry each.
fn by_hash(over: Vec<u32>, backlog: u32) -> SoftSpread {
    let types = HashTypes {
        ipv4: true,
        tcp_ipv4: true,
        udp_ipv4: true,
        ipv6: true,
        tcp_ipv6: true,
        udp_ipv6: true,
    };
    let entries = over.len().next_power_of_two() * 4;
    let table = (0..entries).map(|entry| (entry % over.len()) as u32).collect();
    SoftSpread {
        cores: Spread { over, rss: Some(RssSpec { key: MICROSOFT_KEY, types, table }) },
        backlog,
    }
}

/// Random worlds whose ports spread.
pub(crate) fn spreading_world(seed: u64, level: u8) -> World {
    let mut world = random_world(seed, level);
    let mut dice = Stream::new(seed, "spreading world", "");
    for host in &mut world.hosts {
        if !host.stack.masks() {
            host.stack = if dice.below(2) == 0 {
                Stack::WindowsDpc
            } else {
                Stack::LinuxNapi { hz: 10_000_000, ksoftirqd_defers: dice.below(2) == 0 }
            };
        }
        host.cores = host.cores.max(1 + dice.below(4) as u32);
        host.costs.ipi = Span::ns(100) * dice.below(8);
    }
    for nic in &mut world.nics {
        let cores = world.hosts[nic.host].cores;
        if dice.below(5) > 0 {
            let over = (0..=dice.below(3)).map(|_| dice.below(cores.into()) as u32).collect();
            nic.spread = Some(by_hash(over, [1, 2, 5, 1000][dice.below(4) as usize]));
        }
    }
    world
}

#[test]
fn the_length_of_a_window_changes_nothing() {
    let worlds = std::env::var("RXSIM_WORLDS").map_or(150, |n| n.parse().expect("a number"));
    for seed in 0..worlds {
        for level in [THREADS, VMS, MOVES, FUNCTIONS] {
            let world = spreading_world(seed, level);
            let batches = [None, Some(Span::us(1)), Some(Span(3_333_333)), Some(Span::us(10))];
            let outcomes = batches.map(|batch| {
                let mut records = Vec::new();
                let world = World { batch, ..world.clone() };
                let outcome = host::run_traced(&world, &mut |record| records.push(record));
                records.sort();
                (records, outcome.hosts, outcome.fingerprint)
            });
            for (other, batch) in outcomes.iter().zip(batches).skip(1) {
                let at = outcomes[0].0.iter().zip(&other.0).find(|(one, other)| one != other);
                assert_eq!(at, None, "spreading_world({seed}, {level}), {batch:?}");
                assert!(*other == outcomes[0], "spreading_world({seed}, {level}), {batch:?}");
            }
        }
    }
}
