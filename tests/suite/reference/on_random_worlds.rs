//! The model on random worlds: laws that hold whatever happens, and proof that it all happens.

use crate::fixtures::random::seeds;
use crate::reference::counts::{Changes, Functions, Moves, Tallies};
use crate::reference::{Verdict, run};
use crate::worlds::{EVERYTHING, PLAIN, random_world};
use rayon::prelude::*;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::cpu::Stack;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::{Consumer, VnicOwner, World};
use std::collections::BTreeMap;
use std::sync::OnceLock;

const WORLDS: u64 = 60;

/// Each random world and what the model says about it, worked out once for all tests.
fn each_world(mut check: impl FnMut(&World, &Verdict)) {
    static ALL: OnceLock<Vec<(World, Verdict)>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let levels: Vec<u8> = (PLAIN..=EVERYTHING).collect();
        let seeds: Vec<(u64, u8)> = seeds(WORLDS, &levels).collect();
        let model = |(seed, level)| {
            let world = random_world(seed, level);
            let verdict = run(&world);
            (world, verdict)
        };
        seeds.into_par_iter().map(model).collect()
    });
    for (world, verdict) in all {
        check(world, verdict);
    }
}

#[test]
fn every_packet_ends_at_most_once_and_never_before_it_starts() {
    each_world(|world, verdict| {
        let mut ends: BTreeMap<_, usize> = BTreeMap::new();
        for record in &verdict.records {
            *ends.entry((record.source, record.number)).or_default() += 1;
        }
        for ((source, _), ends) in &ends {
            let spec = &world.sources[source.at()];
            let ports = world.vnics.iter().filter(|vnic| vnic.nic == spec.nic).count();
            assert!(*ends <= if spec.to == Consumer::Broadcast { ports } else { 1 });
        }
        let replicated: u64 = verdict.replicated.iter().sum();
        assert!(ends.len() as u64 <= verdict.offered);
        assert!(verdict.records.len() as u64 <= verdict.offered + replicated);
        let end = Time::ZERO + world.warmup + world.duration.expect("a random world is bounded");
        for record in &verdict.records {
            assert!(record.arrival <= record.start && record.start <= record.end);
            assert!(record.end <= end);
        }
    });
}

#[test]
fn no_core_is_busy_for_longer_than_the_run_and_polling_cores_always_are() {
    each_world(|world, verdict| {
        let run = world.warmup + world.duration.expect("a random world is bounded");
        for (at, host) in world.hosts.iter().enumerate() {
            for (core, tally) in (0..).zip(&verdict.cores[at]) {
                let busy = tally.busy;
                let polled = busy.deferred + busy.vswitch;
                let total = busy.interrupt + polled + busy.guest + busy.app + busy.work;
                let has_ring =
                    |nic: &rxsim::world::NicSpec| nic.host == at && nic.queues.contains(&core);
                if host.stack == Stack::BusyPoll && world.nics.iter().any(has_ring) {
                    assert_eq!(polled, run);
                }
                assert!(total <= run);
            }
        }
    });
}

/// Within one ring packets start in the order of their arrival, by one core.
#[test]
fn a_ring_is_served_in_order() {
    each_world(|world, verdict| {
        let mut rings: BTreeMap<(usize, u32), Vec<(Time, Time)>> = BTreeMap::new();
        for record in &verdict.records {
            let processed = !matches!(record.fate, Fate::Dropped(_)) && record.queue != u32::MAX;
            if processed {
                let nic = world.sources[record.source.at()].nic;
                let ring = rings.entry((nic, record.queue)).or_default();
                ring.push((record.arrival, record.start));
            }
        }
        for packets in rings.values_mut() {
            packets.sort_unstable();
            assert!(packets.is_sorted_by_key(|(_, start)| *start));
        }
    });
}

#[test]
fn random_worlds_meet_every_fate_and_are_of_useful_size() {
    let mut fates: BTreeMap<Fate, u64> = BTreeMap::new();
    let (mut interrupts, mut app, mut work) = (0, Span::ZERO, Span::ZERO);
    let (mut vswitch, mut guest, mut notifications) = (Span::ZERO, Span::ZERO, 0);
    let mut sizes = Vec::new();
    each_world(|_, verdict| {
        sizes.push(verdict.offered);
        for record in &verdict.records {
            *fates.entry(record.fate).or_default() += 1;
        }
        for tally in verdict.cores.iter().flatten() {
            interrupts += tally.interrupts;
            app += tally.busy.app;
            work += tally.busy.work;
            vswitch += tally.busy.vswitch;
            guest += tally.busy.guest;
        }
        notifications += verdict.vnics.iter().map(|vnic| vnic.notifications).sum::<u64>();
    });
    sizes.sort_unstable();
    let (median, most) = (sizes[sizes.len() / 2], sizes[sizes.len() - 1]);
    // A source that fills its link for 4 ms offers 57 142.
    assert!((100..2_000).contains(&median) && most < 60_000, "{median} packets, at most {most}");
    for fate in DropReason::ALL.map(Fate::Dropped).into_iter().chain([Fate::Filtered]) {
        assert!(fates[&fate] > 500, "{fates:?}");
    }
    assert!(interrupts > 10_000 && app > Span::ZERO && work > Span::ZERO);
    assert!(notifications > 1_000 && vswitch > Span::ZERO && guest > Span::ZERO);
}

/// Guests take the packets of a channel in the order in which they were handed over, which is that
/// of their processing where one queue carries them all.
#[test]
fn a_channel_is_served_in_order() {
    each_world(|world, verdict| {
        let mut channels: BTreeMap<(usize, u32), Vec<(Time, Time)>> = BTreeMap::new();
        for record in &verdict.records {
            let to = world.sources[record.source.at()].to;
            if let (Consumer::Vnic(vnic), Fate::Delivered) = (to, record.fate)
                && world.vnics[vnic].channels.is_none()
                && world.nics[world.vnics[vnic].nic].rps.is_none()
            {
                let ended = (record.start, record.end);
                channels.entry((vnic, record.queue)).or_default().push(ended);
            }
        }
        for packets in channels.values_mut() {
            packets.sort_unstable();
            assert!(packets.is_sorted_by_key(|(_, end)| *end));
        }
    });
}

#[test]
fn only_virtual_nics_of_guests_are_notified_and_never_more_often_than_packets_come() {
    each_world(|world, verdict| {
        for (at, tally) in verdict.vnics.iter().enumerate() {
            let to = |source: usize| match world.sources[source].to {
                Consumer::Vnic(vnic) => vnic == at,
                Consumer::Broadcast => world.sources[source].nic == world.vnics[at].nic,
                Consumer::Host | Consumer::App(_) => false,
            };
            let came = verdict.records.iter().filter(|record| to(record.source.at())).count();
            // Those of the last notification may be in the channel still.
            assert!(tally.notifications <= came as u64 + 1);
            let guest = world.vnics[at].owner != VnicOwner::Host;
            assert!(guest || tally.notifications == 0);
        }
    });
}

#[test]
fn random_worlds_meet_every_rule_of_moves() {
    let (mut sum, mut decided) = (Moves::default(), 0);
    each_world(|_, verdict| {
        sum += verdict.moves;
        decided += verdict.policies.iter().map(|tally| tally.moves).sum::<u64>();
    });
    assert!(sum.at_once > 1_000 && sum.waited > 500 && sum.entries > 500, "{sum:?}");
    assert!(sum.cancelled > 50 && sum.redirected > 50, "{sum:?}");
    assert!(sum.with_packets > 50 && sum.due_at_once > 50 && sum.paid > 100, "{sum:?}");
    assert!(sum.lost_affinity > 20 && sum.unheld > 0, "{sum:?}");
    assert_eq!(decided, sum.at_once + sum.waited + sum.cancelled + sum.redirected + sum.entries);
}

#[test]
fn random_worlds_meet_every_rule_of_virtual_functions() {
    let mut sum = Functions::default();
    each_world(|_, verdict| {
        sum += verdict.functions;
    });
    assert!(sum.packets > 2_000 && sum.interrupts > 1_000, "{sum:?}");
    assert!(sum.wakeups > 200 && sum.requeues > 100, "{sum:?}");
    assert!(sum.behind_channels > 20 && sum.before_channels > 20, "{sum:?}");
}

#[test]
fn random_worlds_meet_every_rule_of_changes() {
    let mut sum = Changes::default();
    each_world(|_, verdict| {
        sum += verdict.changes;
    });
    assert!(sum.other_channels > 200 && sum.not_in_part > 500, "{sum:?}");
    assert!(sum.from_channels > 100 && sum.from_rings > 50 && sum.from_transfers > 5, "{sum:?}");
    assert!(sum.turns_ended > 50 && sum.forgotten > 5 && sum.came_in_vain > 100, "{sum:?}");
    assert!(sum.unheld > 0, "{sum:?}");
}

#[test]
fn random_worlds_meet_every_rule_of_closed_loops_rps_and_flow_control() {
    let (mut sum, mut replicated) = (Tallies::default(), 0);
    each_world(|_, verdict| {
        sum += verdict.tallies;
        replicated += verdict.replicated.iter().sum::<u64>();
    });
    let Tallies { loops, rps, pauses, floated } = sum;
    assert!(replicated > 1_000 && floated > 500, "{replicated} {floated}");
    assert!(loops.sent > 2_000 && loops.delivered > 1_000 && loops.lost > 200, "{loops:?}");
    assert!(loops.too_late > 100 && loops.grown > 100 && loops.halved > 100, "{loops:?}");
    assert!(rps.at_home > 500 && rps.ipis > 500 && rps.came_to_work > 500, "{rps:?}");
    assert!(rps.lost > 100 && rps.requeues > 100, "{rps:?}");
    assert!(pauses.asked > 500 && pauses.lasted > 200 && pauses.waited > 100, "{pauses:?}");
}
