//! Queues that move between cores while a run goes on, by hand: when they go, what they cost, what
//! comes along.

use crate::fixtures::minimal;
use crate::fixtures::nanoseconds::ns;
use crate::fixtures::runs::{run, traced};
use crate::worlds::{VMS, random_world};
use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::policy::{Kind, Loads, Move, Policy, PolicySpec};
use rxsim::rx::cpu::Stack;
use rxsim::vocab::id::{CoreId, QueueId};
use rxsim::vocab::packet::Record;
use rxsim::world::outcome::Outcome;
use rxsim::world::{Action, EventSpec, Filter, Maker, Rebalance, World};

/// Two cores, two queues on core 1 with a vector each, a round per 100 ns, packets of 1 us that
/// come at these instants (ns), in turn to both queues; a policy that looks every 3 us.
fn world(shared: bool, at: &[&[u64]], maker: fn() -> Box<dyn Policy>) -> World {
    let mut world = minimal::world();
    let host = &mut world.hosts[0];
    host.cores = 2;
    (host.costs.packet, host.costs.round) = (ns(1000), ns(100));
    host.costs.queue_move = Span::ns(50);
    let nic = &mut world.nics[0];
    (nic.queues, nic.usable, nic.shared_interrupts) = (vec![1, 1], vec![0, 1], shared);
    nic.vectors = if shared { vec![vec![0, 1]] } else { vec![vec![0], vec![1]] };
    nic.rebalance = Some(Rebalance { interval: Span::ns(3000), maker: Maker::own(maker) });
    for (index, at) in at.iter().enumerate() {
        let mut source = minimal::source(index, minimal::packets_at(at, 64));
        source.filter = Filter::Pin(index as u32);
        world.sources.push(source);
    }
    world
}

/// Moves queue 0 to core 0 at its first look, and back at the third.
struct ThereAndBack;

impl Policy for ThereAndBack {
    fn name(&self) -> &'static str {
        "there and back"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        let (look, queue) = (loads.now.0 / loads.interval.0, QueueId(0));
        let to = CoreId(u32::from(look != 1));
        if look == 1 || look == 3 { vec![Move::Queue { queue, to }] } else { vec![] }
    }
}

fn there_and_back() -> Box<dyn Policy> {
    Box::new(ThereAndBack)
}

/// When each packet ended, in ns, per source.
fn ends(world: &World) -> (Vec<Vec<u64>>, Outcome) {
    let (outcome, mut records) = traced(world);
    records.sort_by_key(|record| (record.source, record.number));
    let of = |source: u32| {
        let own = records.iter().filter(|record| record.source.0 == source);
        own.map(|record| record.end.0 / 1000).collect()
    };
    ((0..world.sources.len() as u32).map(of).collect(), outcome)
}

#[test]
fn an_unmasked_vector_moves_at_once_and_its_new_core_pays() {
    for shared in [false, true] {
        let world = world(shared, &[&[1000, 4000, 10_000], &[4000]], there_and_back);
        let (ends, outcome) = ends(&world);
        // At 4000 both cores work side by side, core 0 after 50 ns more; at 10 000 core 1 pays.
        assert_eq!(ends, [vec![2100, 5150, 11_150], vec![5100]], "shared = {shared}");
        assert_eq!(outcome.nics[0].policy.moves, 2);
        assert_eq!(outcome.nics[0].policy.settled, Some(Span::ns(9000)));
        assert_eq!(outcome.nics[0].queues[0].core, 1);
    }
}

#[test]
fn a_queue_in_service_moves_when_the_round_is_over() {
    // The round that begins at 1000 takes three packets until 4100; a packet that comes at 3500
    // is taken in it too, so it ends at 5100. What comes at 5000 finds the round at work.
    let at: &[&[u64]] = &[&[1000, 1000, 1000, 3500, 5000], &[]];
    let mut small = world(false, at, there_and_back);
    let (own, _) = ends(&small);
    assert_eq!(own[0], [2100, 3100, 4100, 5100, 6100]);
    // Rounds of one packet: it goes at 3200, at the end of the round that runs at 3000.
    small.hosts[0].budget = 1;
    let (own, _) = ends(&small);
    assert_eq!(own[0], [2100, 3200, 4350, 5450, 6550]);
}

#[test]
fn lost_affinity_brings_all_queues_to_the_home_core() {
    for shared in [false, true] {
        let mut world = world(shared, &[&[1000, 6000], &[1000, 6000]], there_and_back);
        world.nics[0].rebalance = None;
        let action = Action::LoseAffinity { nic: 0 };
        world.events = vec![EventSpec { at: Time::ZERO + Span::ns(5000), action }];
        let (ends, outcome) = ends(&world);
        // Both moves are paid with the first round on core 0.
        let second = if shared { [7200, 8200] } else { [7200, 8300] };
        assert_eq!((ends[0][1], ends[1][1]), (second[0], second[1]), "shared = {shared}");
        let cores: Vec<u32> = outcome.nics[0].queues.iter().map(|queue| queue.core).collect();
        assert_eq!((cores, outcome.nics[0].policy.moves), (vec![0, 0], 2));
    }
}

/// Moves every queue now and then, for no reason.
struct Probing;

impl Policy for Probing {
    fn name(&self) -> &'static str {
        "restless"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        let cores: Vec<CoreId> = loads.usable().collect();
        let choice = |queue: u32| {
            (loads.now.0 / loads.interval.0
                + loads.queues[queue as usize].packets * 7
                + u64::from(queue) * 3) as usize
        };
        let step = |queue: u32| {
            let to = cores[choice(queue) % cores.len()];
            (to != loads.queues[queue as usize].core)
                .then_some(Move::Queue { queue: QueueId(queue), to })
        };
        (0..loads.queues.len() as u32).filter_map(step).collect()
    }
}

/// Random worlds whose queues never rest; how many moves there were in all.
#[test]
fn neither_window_nor_batch_matter_to_queues_that_move() {
    let mut moves = 0;
    for seed in 0..150 {
        let mut world = random_world(seed, VMS);
        for nic in &mut world.nics {
            let host = &world.hosts[nic.host];
            if matches!(host.stack, Stack::BusyPoll | Stack::InterruptPerPacket) {
                continue;
            }
            nic.usable = (0..host.cores).collect();
            nic.shared_interrupts = nic.vectors.iter().any(|vector| vector.len() > 1);
            if nic.shared_interrupts {
                let on = |core: u32| {
                    (0..).zip(&nic.queues).filter(move |(_, one)| **one == core).map(|(at, _)| at)
                };
                let all = nic.usable.iter().map(|core| on(*core).collect::<Vec<u32>>());
                nic.vectors = all.filter(|vector| !vector.is_empty()).collect();
            }
            let interval = Span::ns(100 * (1 + seed % 37));
            let maker = Maker::own(|| Box::new(Probing));
            nic.rebalance = Some(Rebalance { interval, maker });
        }
        let whole = run(&world);
        moves += whole.nics.iter().map(|nic| nic.policy.moves).sum::<u64>();
        for batch in [Span::ns(100), Span::ps(77_777), Span::us(5)] {
            let parts = run(&World { batch: Some(batch), ..world.clone() });
            assert_eq!(whole.fingerprint, parts.fingerprint, "world {seed} in windows of {batch}");
            assert!(whole.sources == parts.sources, "world {seed} in windows of {batch}: packets");
            assert!(whole.hosts == parts.hosts, "world {seed} in windows of {batch}: cores");
        }
    }
    assert!(moves > 1000, "{moves} moves");
}

/// A packet's costs are its own: whoever serves it, it takes as long.
#[test]
fn every_packet_takes_as_long_whatever_the_policy() {
    let times = |maker: fn() -> Box<dyn Policy>| {
        let at: Vec<u64> = (0..400).map(|n| 1500 * n).collect();
        let mut world = world(true, &[&at, &at], maker);
        world.hosts[0].costs.packet = Draw::Exponential { mean: Span::ns(600) };
        world.nics[0].ring = 1000;
        let (outcome, records) = traced(&world);
        let of = |record: &Record| (record.source, record.number, record.end - record.start);
        let mut times: Vec<_> = records.iter().map(of).collect();
        times.sort_unstable();
        (times, outcome.nics[0].policy.moves)
    };
    let (still, none) = times(|| PolicySpec::of(Kind::Fixed).build());
    let (moved, many) = times(|| Box::new(Probing));
    assert_eq!((none, still.len()), (0, 800));
    assert!(many > 50, "{many} moves");
    assert!(still == moved, "the same packets, the same times");
}
