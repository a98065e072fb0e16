//! Moves worked out by hand. Times are in nanoseconds.

use super::basics::{base, busy, delivered, two_vectors};
use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::reference::{Verdict, run};
use rxsim::engine::time::{Span, Time};
use rxsim::policy::{Loads, Move, Policy};
use rxsim::rx::cpu::Stack;
use rxsim::rx::moderation::Moderation;
use rxsim::vocab::id::{CoreId, QueueId};
use rxsim::world::{Action, EventSpec, Maker, Rebalance, World};

/// What is moved at which look: (look, queue, core).
struct Plan(u64, &'static [(u64, u32, u32)]);

impl Policy for Plan {
    fn name(&self) -> &'static str {
        "plan"
    }

    fn rebalance(&mut self, _: &Loads) -> Vec<Move> {
        self.0 += 1;
        let now = self.1.iter().filter(|(look, ..)| *look == self.0);
        now.map(|(_, queue, to)| Move::Queue { queue: QueueId(*queue), to: CoreId(*to) }).collect()
    }
}

/// A policy that looks every 1000 and moves what it says.
macro_rules! plan {
    ($moves:expr) => {
        Some(Rebalance {
            interval: Span::ns(1000),
            maker: Maker::own(|| Box::new(Plan(0, $moves))),
        })
    };
}

/// As `base` on two cores, both usable; a move costs 30.
fn movable(at: &[u64], rebalance: Option<Rebalance>) -> World {
    let mut world = base(at);
    on_two_cores(&mut world, rebalance);
    world
}

fn on_two_cores(world: &mut World, rebalance: Option<Rebalance>) {
    world.hosts[0].cores = 2;
    world.hosts[0].costs.queue_move = Span::ns(30);
    world.nics[0].usable = vec![0, 1];
    world.nics[0].rebalance = rebalance;
}

/// Two queues on core 0 that share its vector.
fn shared(at: [&[u64]; 2], rebalance: Option<Rebalance>) -> World {
    let mut world = two_vectors(at);
    world.nics[0].vectors = vec![vec![0, 1]];
    world.nics[0].shared_interrupts = true;
    on_two_cores(&mut world, rebalance);
    world
}

/// Moves decided, and when the last of them was.
fn decided(verdict: &Verdict) -> (u64, u64) {
    let tally = verdict.policies[0];
    (tally.moves, in_ns(Time(tally.settled.expect("a move").0)))
}

#[test]
fn a_queue_at_rest_moves_at_once_and_its_new_core_pays_with_its_next_round() {
    let verdict = run(&movable(&[0, 1500, 3000], plan!(&[(1, 0, 1)])));
    assert_eq!(delivered(&verdict), [(0, 150, 350), (0, 1680, 1880), (0, 3150, 3350)]);
    assert_eq!((busy(&verdict, 0), busy(&verdict, 1)), ([100, 250, 0, 0], [200, 530, 0, 0]));
    assert_eq!((decided(&verdict), &verdict.places[0]), ((1, 1000), &vec![1]));
}

#[test]
fn a_queue_in_a_round_goes_when_that_ends_and_interrupts_its_new_core_at_once() {
    // The round takes two from 950 on, its budget, and ends at 1350.
    let mut world = movable(&[800, 800, 800], plan!(&[(1, 0, 1)]));
    world.hosts[0].budget = 2;
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 950, 1150), (0, 1150, 1350), (0, 1530, 1730)]);
    assert_eq!((busy(&verdict, 0), busy(&verdict, 1)), ([100, 450, 0, 0], [100, 280, 0, 0]));
}

#[test]
fn a_queue_waits_for_the_round_that_its_interrupt_leads_to() {
    // The look falls into the handler, 950 to 1050.
    let verdict = run(&movable(&[950, 1400], plan!(&[(1, 0, 1)])));
    assert_eq!(delivered(&verdict), [(0, 1100, 1300), (0, 1580, 1780)]);
    assert_eq!(busy(&verdict, 1), [100, 280, 0, 0]);
}

#[test]
fn also_napi_gives_away_what_has_spent_its_budget() {
    let mut world = movable(&[800, 800, 800], plan!(&[(1, 0, 1)]));
    world.hosts[0].budget = 2;
    world.hosts[0].stack = Stack::LinuxNapi { hz: 1000, ksoftirqd_defers: true };
    let verdict = run(&world);
    assert_eq!(delivered(&verdict)[2], (0, 1530, 1730));
    assert_eq!((verdict.cores[0][0].rounds, verdict.cores[0][1].rounds), (1, 1));
}

#[test]
fn a_move_back_cancels_and_costs_nothing() {
    // The round lasts until 4150.
    let mut world = movable(&[800, 800, 800, 5000], plan!(&[(1, 0, 1), (2, 0, 0)]));
    world.hosts[0].costs.packet = ns(1000);
    let verdict = run(&world);
    assert_eq!(delivered(&verdict)[3], (0, 5150, 6150));
    assert_eq!(verdict.cores[0][1].rounds, 0);
    assert_eq!(decided(&verdict), (2, 2000));
}

#[test]
fn another_move_replaces_the_target() {
    let mut world = movable(&[800, 5000], plan!(&[(1, 0, 1), (2, 0, 2)]));
    world.hosts[0].cores = 3;
    world.nics[0].usable = vec![0, 1, 2];
    world.hosts[0].costs.packet = ns(2000);
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 950, 2950), (0, 5180, 7180)]);
    assert_eq!((busy(&verdict, 1), busy(&verdict, 2)), ([0; 4], [100, 2080, 0, 0]));
}

#[test]
fn a_queue_joins_the_vector_of_its_new_core() {
    // Each its own round before the look; then one interrupt and one round for both on core 1.
    let mut world = shared([&[0, 1500], &[0, 1500]], plan!(&[(1, 0, 1), (1, 1, 1)]));
    let verdict = run(&world);
    assert_eq!(
        delivered(&verdict),
        [(0, 150, 350), (1, 350, 550), (0, 1710, 1910), (1, 1910, 2110)]
    );
    assert_eq!((busy(&verdict, 1), verdict.cores[0][1].interrupts), ([100, 510, 0, 0], 1));
    // The second one joins as the last and is visited after the one that was there.
    world.nics[0].rebalance = plan!(&[(1, 1, 1), (1, 0, 1)]);
    assert_eq!(delivered(&run(&world))[2], (1, 1710, 1910));
}

#[test]
fn what_the_rest_of_a_shared_vector_has_decides_whether_its_work_completes() {
    // The round from 950 takes one of queue 0 and has its budget; queue 0 leaves at 1150.
    let mut world = shared([&[800, 800], &[800]], plan!(&[(1, 0, 1)]));
    world.hosts[0].budget = 1;
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 950, 1150), (1, 1200, 1400), (0, 1330, 1530)]);
    assert_eq!(verdict.cores[0][0].interrupts, 1);
    // Without the other's packet it completes.
    world.sources[1].source.arrivals = packets_at(&[1300], 64);
    let verdict = run(&world);
    assert_eq!(delivered(&verdict), [(0, 950, 1150), (0, 1330, 1530), (1, 1450, 1650)]);
}

#[test]
fn moderation_goes_with_a_vector_of_its_own() {
    let mut world = movable(&[500, 1500], plan!(&[(1, 0, 1)]));
    world.nics[0].moderation = Moderation::Throttle { interval: Span::ns(5000) };
    // Taken at 500, on core 0, and so on core 1 not before 5500.
    assert_eq!(delivered(&run(&world)), [(0, 650, 850), (0, 5680, 5880)]);
}

#[test]
fn packets_count_for_a_vector_since_they_were_visible() {
    let mut world = shared([&[100], &[]], plan!(&[(1, 0, 1)]));
    world.nics[0].moderation = Moderation::Timer { interval: Span::ns(3000) };
    assert_eq!(delivered(&run(&world)), [(0, 3280, 3480)]);
    // Visible for longer than the interval, as the vector was masked: due at the move.
    let mut world = shared([&[0, 100, 100], &[]], plan!(&[(1, 0, 1)]));
    (world.hosts[0].budget, world.hosts[0].costs.packet) = (2, ns(1000));
    world.nics[0].moderation = Moderation::Timer { interval: Span::ns(50) };
    // Taken at 50; a round of two up to 2200.
    assert_eq!(delivered(&run(&world))[2], (0, 2380, 3380));
}

#[test]
fn ksoftirqd_gives_queues_away_too() {
    let mut world = movable(&[0; 40], plan!(&[(2500, 0, 1)]));
    let costs = &mut world.hosts[0].costs;
    (costs.interrupt, costs.round, costs.packet) = (ns(0), ns(0), ns(100_000));
    world.hosts[0].budget = 1;
    world.hosts[0].stack = Stack::LinuxNapi { hz: 1000, ksoftirqd_defers: true };
    world.duration = Some(Span::ms(10));
    // The softirq ends at 2 ms; the move is decided at 2.5 ms as a packet ends, in the next round.
    let verdict = run(&world);
    let ends: Vec<u64> = delivered(&verdict).iter().map(|packet| packet.2).collect();
    assert_eq!((ends[25], ends[26]), (2_600_000, 2_700_030));
    // The last packet spends its round's budget, so one more round follows.
    assert_eq!((verdict.cores[0][0].rounds, verdict.cores[0][1].rounds), (26, 15));
}

#[test]
fn an_event_takes_all_queues_home_before_policies_look() {
    let mut world = two_vectors([&[1500], &[1500]]);
    on_two_cores(&mut world, plan!(&[(1, 0, 1)]));
    world.nics[0].queues = vec![1, 1];
    let at = Time::ZERO + Span::ns(1000);
    world.events = vec![EventSpec { at, action: Action::LoseAffinity { nic: 0 } }];
    let verdict = run(&world);
    assert_eq!((decided(&verdict), &verdict.places[0]), ((3, 1000), &vec![1, 0]));
    // Queue 0 came home, and left again: both cores pay, core 0 twice.
    assert_eq!(delivered(&verdict), [(0, 1680, 1880), (1, 1710, 1910)]);
}

#[test]
fn a_source_begins_and_stops_when_it_is_told() {
    let mut world = base(&[0, 1000, 2000]);
    world.sources = vec![minimal::source(0, packets_at(&[0, 1000, 2000], 64))];
    world.sources[0].from = Time::ZERO + Span::ns(500);
    world.sources[0].until = Some(Time::ZERO + Span::ns(2500));
    assert_eq!(delivered(&run(&world)), [(0, 650, 850), (0, 1650, 1850)]);
}
