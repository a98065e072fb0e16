//! Closed loops: by hand, as closed networks of queues, in any window of calculation.

use crate::fixtures::minimal;
use crate::fixtures::replicated::{REPLICATIONS, agrees};
use crate::fixtures::runs::{compared_in_windows, in_windows, traced, unaccounted};
use crate::worlds::closed_loops::with_closed_loops;
use crate::worlds::{FUNCTIONS, HARDWARE, MIXED, MOVES, PLAIN, STACKS, THREADS, VMS, random_world};
use rxsim::engine::chance::{Stream, replication_seed};
use rxsim::engine::sample::{Draw, Sampler};
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::{Arrivals, Gap};
use rxsim::sim;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::{Fate, Record};
use rxsim::world::outcome::Outcome;
use rxsim::world::{ClosedLoop, TrafficSpec, Window, World};
use std::collections::BTreeMap;

/// Connections with a window that stays, and no time to think.
fn fixed(packets: u32, feedback: Span) -> ClosedLoop {
    let window = Window::Fixed(packets);
    ClosedLoop { window, think: Draw::ZERO, feedback, timeout: Span::ms(100) }
}

/// A source of so many connections.
fn source(index: usize, connections: u32, closed: ClosedLoop) -> TrafficSpec {
    let unused = Arrivals::Poisson(Gap { ps: 1, packets: 1 });
    let mut source = minimal::source(index, unused);
    source.source.flows.count = connections;
    source.closed = Some(closed);
    source
}

/// One core, on which a packet costs this, and these sources.
fn server(packet: Draw, sources: Vec<TrafficSpec>) -> World {
    let mut world = World { sources, ..minimal::world() };
    world.hosts[0].costs.packet = packet;
    world
}

/// When the only connection of a source of this way back begins.
fn phase(world: &World, feedback: Span) -> Time {
    let name = &world.sources[0].source.name;
    Time(Stream::new(world.seed, name, "start").below(feedback.0))
}

#[test]
fn a_window_that_stays_carries_one_of_itself_per_round_trip_or_what_the_server_can_do() {
    // A round trip of 1 us of service and 9 us back.
    for (window, per_10_us) in [(1, 1), (3, 3), (9, 9), (10, 10), (11, 10), (40, 10)] {
        let closed = fixed(window, Span::us(9));
        let mut world = server(Draw::Constant(Span::us(1)), vec![source(0, 1, closed)]);
        world.warmup = Span::us(100);
        world.duration = Some(Span::us(5_000));
        let run = sim::run(&world, &mut |_| ()).unwrap();
        assert_eq!(run.sources[0].delivered.packets, 500 * per_10_us, "window {window}");
        assert_eq!(run.sources[0].resent, 0);
    }
}

#[test]
fn losses_and_windows_are_as_worked_out_by_hand() {
    let window = Window::Aimd { initial: 4, most: 8 };
    let (feedback, timeout) = (Span::us(10), Span::us(50));
    let closed = ClosedLoop { window, think: Draw::ZERO, feedback, timeout };
    let mut world = server(Draw::Constant(Span::us(1)), vec![source(0, 1, closed)]);
    world.nics[0].ring = 2;
    let start = phase(&world, feedback);
    world.sources[0].until = Some(start + Span::us(60));
    // Of four packets at once two find no descriptor. The others are known at 11 and 12, the next
    // ones at 22 and 23: four deliveries make the window five, five more make it six at 45. At 50
    // numbers 2 and 3 are known to be lost, and make it three, once: the four that are under way
    // then must come down to two before another one is sent, at 56; the third delivery since makes
    // the window four at 57.
    let sent = [0, 0, 0, 0, 11, 12, 22, 23, 23, 33, 34, 35, 44, 45, 45, 46, 56, 57, 57, 58];
    let (run, mut records) = traced(&world);
    records.sort_by_key(|record| record.number);
    let offered: Vec<u64> =
        records.iter().map(|record| (record.arrival - start).0 / 1_000_000).collect();
    assert_eq!(offered, sent);
    let lost = records.iter().filter(|record| record.fate != Fate::Delivered);
    let lost: Vec<_> = lost.map(|record| (record.number, record.fate)).collect();
    let full = Fate::Dropped(DropReason::RingFull);
    assert_eq!(lost, [(2, full), (3, full)]);
    assert_eq!(run.sources[0].resent, 2);
}

#[test]
fn what_is_lost_is_sent_again_a_timeout_after_it_was_offered() {
    // A ring of one descriptor, two connections that begin within its service: one is lost, each
    // time that it is sent again while the other one is served.
    let closed = ClosedLoop { timeout: Span::us(40), ..fixed(2, Span::us(20)) };
    let mut world = server(Draw::Constant(Span::us(5)), vec![source(0, 1, closed)]);
    world.nics[0].ring = 1;
    let start = phase(&world, Span::us(20));
    let (run, mut records) = traced(&World { duration: Some(Span::us(200)), ..world });
    records.sort_by_key(|record| record.number);
    let at = |record: &Record| (record.arrival - start).0 / 1_000_000;
    let sent: Vec<_> = records.iter().map(|one| (at(one), one.fate == Fate::Delivered)).collect();
    // Both at 0: the second one is lost, known at 40, and sent again in the gap; from then on they
    // are apart, every 25 us each.
    let first = [(0, true), (0, false), (25, true), (40, true), (50, true), (65, true)];
    assert_eq!(sent[..6], first);
    assert!(sent[6..].iter().all(|(_, delivered)| *delivered));
    assert_eq!(run.sources[0].resent, 1);
}

/// The share of the window in which n packets are inside, for each n.
fn shares(world: &World) -> Vec<f64> {
    let (run, records) = traced(world);
    let open = Time::ZERO + world.warmup;
    let close = open + run.window;
    let mut steps: BTreeMap<Time, i64> = BTreeMap::new();
    // The few that are inside at the close have no record: they are missed for the last services.
    for record in &records {
        *steps.entry(record.arrival).or_default() += 1;
        *steps.entry(record.end).or_default() -= 1;
    }
    let (mut inside, mut last, mut spent) = (0_usize, Time::ZERO, vec![0_u64; 64]);
    for (time, step) in steps {
        let (from, to) = (last.max(open), time.min(close));
        spent[inside] += to.since(from).0;
        (inside, last) = (inside.checked_add_signed(step as isize).expect("no debts"), time);
    }
    spent.iter().map(|spent| *spent as f64 / run.window.0 as f64).collect()
}

/// The machine repairman M/M/1//N: N clients that think, one server. The time away from it may have
/// any law (here a constant way back and an exponential thought): it is a station without waiting
/// in a network of product form.
#[test]
fn clients_that_think_and_one_server_are_the_machine_repairman() {
    let (clients, feedback, think) = (12_u32, Span::us(4), Span::us(6));
    let away = 10.0; // in services
    let mut weights = vec![1.0];
    for n in 0..clients {
        weights.push(weights[n as usize] * f64::from(clients - n) / away);
    }
    let sum: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    let worlds = (0..REPLICATIONS).map(|replication| {
        let closed = ClosedLoop { think: Draw::Exponential { mean: think }, ..fixed(1, feedback) };
        let service = Draw::Exponential { mean: Span::us(1) };
        World {
            seed: replication_seed(1, replication),
            warmup: Span::ms(1),
            duration: Some(Span::ms(200)),
            ..server(service, vec![source(0, clients, closed)])
        }
    });
    let worlds: Vec<World> = worlds.collect();
    let runs: Vec<Outcome> =
        worlds.iter().map(|world| sim::run(world, &mut |_| ()).unwrap()).collect();
    let of = |figure: &dyn Fn(&Outcome) -> f64| runs.iter().map(figure).collect::<Vec<_>>();
    let throughput = of(&|run| run.sources[0].delivered.packets as f64 / run.window.as_us());
    agrees("M/M/1//12 throughput", &throughput, 1.0 - exact[0]);
    let inside: f64 = (0..).zip(&exact).map(|(n, share)| f64::from(n) * share).sum();
    // Little's law for the server alone.
    let sojourn = of(&|run| run.sources[0].latency.mean_ps().expect("packets") / 1e6);
    agrees("M/M/1//12 sojourn", &sojourn, inside / (1.0 - exact[0]));
    let found: Vec<Vec<f64>> = worlds.iter().map(shares).collect();
    for n in 0..8 {
        let found: Vec<f64> = found.iter().map(|shares| shares[n]).collect();
        agrees(&format!("M/M/1//12 share of {n}"), &found, exact[n]);
    }
}

/// Runs `wrong` on random worlds with closed loops.
fn on_random_loops(mut wrong: impl FnMut(&World) -> Option<String>) {
    let mut found = Vec::new();
    for level in [PLAIN, HARDWARE, MIXED, STACKS, THREADS, VMS, MOVES, FUNCTIONS] {
        for seed in 0..40 {
            let world = with_closed_loops(random_world(seed, level));
            if let Some(what) = wrong(&world) {
                found.push(format!("with_closed_loops(random_world({seed}, {level})): {what}"));
            }
        }
    }
    assert!(found.is_empty(), "{} worlds\n{}", found.len(), found.join("\n"));
}

/// What a closed loop sends up to `end`: rules W1 to W14 of docs/contract.md, taken word by word,
/// where `delivered` tells when each packet was.
fn sent(
    world: &World,
    source: usize,
    delivered: &BTreeMap<u64, Time>,
    end: Time,
) -> BTreeMap<u64, Time> {
    let TrafficSpec { from, until, closed, source: spec, .. } = &world.sources[source];
    let closed = closed.as_ref().expect("a closed loop");
    let (initial, most) = match closed.window {
        Window::Fixed(packets) => (packets, None),
        Window::Aimd { initial, most } => (initial, Some(most)),
    };
    let stream = |purpose| Stream::new(world.seed, &spec.name, purpose);
    let (mut starts, mut thoughts) = (stream("start"), stream("think"));
    let think = Sampler::new(&closed.think);
    // When, in which order, which connection; number: when, and by which connection it was sent.
    let mut scheduled: Vec<(Time, usize, usize)> = Vec::new();
    let mut in_flight: BTreeMap<u64, (Time, usize)> = BTreeMap::new();
    let mut all: BTreeMap<u64, Time> = BTreeMap::new();
    let mut order = 0..;
    // Window, count, last halving.
    let mut connections = vec![(initial, 0, None::<Time>); spec.flows.count as usize];
    for connection in 0..connections.len() {
        let begin = *from + Span(starts.below(closed.feedback.0));
        scheduled.extend((0..initial).zip(&mut order).map(|(_, nth)| (begin, nth, connection)));
    }
    loop {
        let known = in_flight.iter().map(|(number, (offered, _))| {
            let lost = *offered + closed.timeout;
            let told = delivered.get(number).map(|end| *end + closed.feedback);
            let in_time = told.filter(|told| *told <= lost);
            (in_time.unwrap_or(lost), *number, in_time.is_none())
        });
        let (known, send) = (known.min(), scheduled.iter().min().copied());
        match (known, send) {
            (Some((now, number, is_lost)), send) if send.is_none_or(|(at, ..)| now <= at) => {
                if now > end {
                    return all;
                }
                let (offered, connection) = in_flight.remove(&number).expect("it is under way");
                let (window, count, halved) = &mut connections[connection];
                if let Some(most) = most {
                    if !is_lost {
                        *count += 1;
                        if *count == *window {
                            (*window, *count) = (most.min(*window + 1), 0);
                        }
                    } else if halved.is_none_or(|halved| offered >= halved) {
                        (*window, *count, *halved) = ((*window / 2).max(1), 0, Some(now));
                    }
                }
                let its = in_flight.values().map(|(_, its)| *its);
                let its = its.chain(scheduled.iter().map(|(.., its)| *its));
                let has = its.filter(|its| *its == connection).count() as u32;
                for _ in has..*window {
                    let later = if is_lost { Span::ZERO } else { think.span(thoughts.word()) };
                    scheduled.push((now + later, order.next().expect("endless"), connection));
                }
            }
            (_, Some(send)) => {
                let (at, _, connection) = send;
                if at > end || until.is_some_and(|until| at >= until) {
                    return all;
                }
                scheduled.retain(|one| *one != send);
                let number = all.len() as u64;
                all.insert(number, at);
                in_flight.insert(number, (at, connection));
            }
            (_, None) => return all,
        }
    }
}

#[test]
fn what_is_sent_follows_word_by_word_from_what_was_delivered() {
    let mut compared = 0;
    let count = &mut compared;
    on_random_loops(|world| {
        let (run, records) = traced(world);
        let end = Time::ZERO + run.window;
        for (index, source) in world.sources.iter().enumerate() {
            // A link hides when its frames were offered.
            if source.closed.is_none() || world.nics[source.nic].link.is_some() {
                continue;
            }
            let its = || records.iter().filter(|record| record.source.0 as usize == index);
            let delivered = its().filter(|record| record.fate == Fate::Delivered);
            let delivered = delivered.map(|record| (record.number, record.end)).collect();
            let sent = sent(world, index, &delivered, end);
            if sent.len() as u64 != run.sources[index].offered.packets {
                let offered = run.sources[index].offered.packets;
                return Some(format!("source {index} sends {offered} instead of {}", sent.len()));
            }
            for record in its() {
                if sent[&record.number] != record.arrival {
                    let Record { number, arrival, .. } = record;
                    let due = sent[number];
                    return Some(format!("source {index}: {number} at {arrival}, not {due}"));
                }
            }
            *count += sent.len();
        }
        None
    });
    assert!(compared > 30_000, "{compared} packets compared");
}

#[test]
fn the_length_of_a_window_of_calculation_changes_nothing() {
    on_random_loops(|world| {
        compared_in_windows(world, &[Span::us(1), Span::ns(3_700), Span::us(100)]).1
    });
}

#[test]
fn a_closed_loop_of_another_host_changes_nothing_either() {
    on_random_loops(|world| {
        let (_, alone) = in_windows(world, world.batch);
        let mut both = world.clone();
        let mut other = server(Draw::ZERO, vec![source(9, 2, fixed(1, Span::ns(2_300)))]);
        other.nics[0].host = both.hosts.len();
        other.sources[0].nic = both.nics.len();
        both.hosts.append(&mut other.hosts);
        both.nics.append(&mut other.nics);
        both.sources.append(&mut other.sources);
        let (_, mut found) = in_windows(&both, both.batch);
        found.retain(|record| (record.source.0 as usize) < world.sources.len());
        (found != alone).then(|| "other records beside another loop".into())
    });
}

#[test]
fn windows_count_what_the_whole_run_counts_and_every_packet_is_accounted_for() {
    on_random_loops(|world| {
        let whole = world.duration.expect("random worlds say how long").0;
        let counts = |warmup: u64, end: u64| {
            let duration = Some(Span(end - warmup));
            let world = World { warmup: Span(warmup), duration, ..world.clone() };
            let run = sim::run(&world, &mut |_| ()).unwrap();
            let of = |source: &rxsim::world::outcome::SourceTally| {
                assert_eq!(unaccounted(source), 0, "every packet ends once, or is inside");
                let dropped: u64 = source.dropped.iter().sum();
                [source.offered.packets, source.delivered.packets, dropped, source.resent]
            };
            run.sources.iter().flat_map(of).collect::<Vec<u64>>()
        };
        let (early, late) = (counts(0, whole / 3), counts(whole / 3, whole));
        let sum: Vec<u64> = early.into_iter().zip(late).map(|(one, two)| one + two).collect();
        let all = counts(0, whole);
        (sum != all).then(|| format!("windows count {sum:?}, the whole run {all:?}"))
    });
}

#[test]
fn no_connection_sends_more_than_its_window_in_a_round_trip() {
    on_random_loops(|world| {
        let (run, _) = traced(world);
        world.sources.iter().zip(&run.sources).find_map(|(spec, tally)| {
            let closed = spec.closed.as_ref()?;
            let (Window::Fixed(most) | Window::Aimd { most, .. }) = closed.window;
            // In each span of the way back at most a window is sent per connection.
            let turns = world.duration.expect("it has one").0 / closed.feedback.0 + 2;
            let bound = u64::from(spec.source.flows.count) * u64::from(most) * turns;
            let offered = tally.offered.packets;
            (offered > bound).then(|| format!("{offered} packets offered, {bound} at most"))
        })
    });
}
