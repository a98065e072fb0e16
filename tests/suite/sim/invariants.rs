//! What holds exactly in every run, whatever the world: conservation, Little's law, busy time,
//! order within a queue, scale, independence.

use crate::fixtures::random::{self, seeds, worlds};
use crate::fixtures::replicated::{OneCore, each, mean_and_error, outcome, world};
use crate::fixtures::runs::traced;
use crate::worlds::{HARDWARE, MIXED, PLAIN, STACKS, THREADS, VMS, random_world};
use rxsim::engine::time::{Span, Time};
use rxsim::sim;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::{Fate, Record};
use rxsim::world::World;
use rxsim::world::outcome::{Busy, Outcome};
use std::collections::BTreeMap;

/// Runs `wrong` on random worlds of all levels, and tells every world in which something is.
pub(crate) fn on_random_worlds(wrong: impl Fn(&World) -> Option<String>) {
    let levels = [PLAIN, HARDWARE, MIXED, STACKS, THREADS, VMS];
    let one = |(seed, level)| {
        let name = format!("random_world({seed}, {level})");
        random::wrong_with(name, &random_world(seed, level), &wrong)
    };
    random::none_wrong(&seeds(worlds(150), &levels).filter_map(one).collect::<Vec<_>>());
}

/// A core's time by kind of work.
fn kinds(busy: &Busy) -> [u64; 6] {
    let Busy { interrupt, deferred, vswitch, guest, app, work } = busy;
    [interrupt, deferred, vswitch, guest, app, work].map(|span| span.0)
}

#[test]
fn every_packet_of_every_source_is_accounted_for_in_any_window() {
    on_random_worlds(|world| {
        let whole = world.duration.expect("random worlds say how long").0;
        let window = World {
            warmup: Span(whole / 3),
            duration: Some(Span(whole - whole / 3)),
            ..world.clone()
        };
        [world, &window].into_iter().find_map(|world| {
            let run = sim::run(world, &mut |_| ()).unwrap();
            run.sources.iter().enumerate().find_map(|(at, source)| {
                let dropped: u64 = source.dropped.iter().sum();
                let ended = source.delivered.packets + dropped + source.filtered;
                let off = ended as i64 + source.in_flight - source.offered.packets as i64;
                (off != 0).then(|| format!("source {at} is off by {off} packets"))
            })
        })
    });
}

#[test]
fn a_window_and_its_warm_up_count_what_the_whole_run_counts() {
    on_random_worlds(|world| {
        let whole = world.duration.expect("random worlds say how long").0;
        let with = |warmup: u64, end: u64| {
            let duration = Some(Span(end - warmup));
            let world = World { warmup: Span(warmup), duration, ..world.clone() };
            sim::run(&world, &mut |_| ()).unwrap()
        };
        let (all, late) = (with(0, whole), with(whole / 3, whole));
        let early = with(0, whole / 3);
        if all.fingerprint != late.fingerprint {
            return Some("a warm-up changes the fingerprint".into());
        }
        let counts = |run: &Outcome| {
            let cores = run.hosts.iter().flat_map(|host| &host.cores);
            let cores = cores.flat_map(|core| {
                kinds(&core.busy).into_iter().chain([core.interrupts, core.rounds])
            });
            let vnics = run.vnics.iter().map(|vnic| vnic.notifications);
            let sources = run.sources.iter().flat_map(|source| {
                let counts = [source.offered.packets, source.delivered.packets, source.filtered];
                counts.into_iter().chain(source.dropped).chain([source.latency.count()])
            });
            cores.chain(sources).chain(vnics).collect::<Vec<u64>>()
        };
        let sum = counts(&early).into_iter().zip(counts(&late)).map(|(one, two)| one + two);
        let (sum, all) = (sum.collect::<Vec<_>>(), counts(&all));
        (sum != all).then(|| format!("windows count {sum:?}, the whole run {all:?}"))
    });
}

#[test]
fn the_packets_inside_over_time_are_the_times_inside_over_packets() {
    on_random_worlds(|world| {
        let (run, records) = traced(world);
        let delivered: Vec<&Record> =
            records.iter().filter(|record| record.fate == Fate::Delivered).collect();
        let mut steps: BTreeMap<Time, i64> = BTreeMap::new();
        for record in &delivered {
            *steps.entry(record.arrival).or_default() += 1;
            *steps.entry(record.end).or_default() -= 1;
        }
        let (mut inside, mut last, mut area) = (0_i64, Time::ZERO, 0_u128);
        for (time, step) in steps {
            area += u128::from(time.since(last).0) * inside as u128;
            (inside, last) = (inside + step, time);
        }
        let sojourns: u128 = run.sources.iter().map(|source| source.latency.sum_ps()).sum();
        if let Some(at) = run
            .sources
            .iter()
            .position(|source| source.stages.iter().sum::<u128>() != source.latency.sum_ps())
        {
            return Some(format!("the stages of source {at} are not its latency"));
        }
        let same = inside == 0 && area == sojourns;
        (!same).then(|| format!("area {area}, sojourns {sojourns}"))
    });
}

#[test]
fn no_core_is_busy_for_longer_than_the_window_or_any_step_of_it() {
    on_random_worlds(|world| {
        let step = Span::us(7);
        let steps = world.duration.expect("random worlds say how long").0.div_ceil(step.0);
        let duration = Some(step * steps);
        let run =
            sim::run(&World { step: Some(step), duration, ..world.clone() }, &mut |_| ()).unwrap();
        let sum = |busy: &Busy| kinds(busy).into_iter().sum::<u64>();
        let cores = run.hosts.iter().flat_map(|host| &host.cores).map(|core| sum(&core.busy));
        if let Some(busy) = cores.clone().find(|busy| *busy > run.window.0) {
            return Some(format!("{busy} ps busy in a window of {}", run.window.0));
        }
        let steps = run.series.iter().flat_map(|step| step.cores.iter().flatten().map(sum));
        if let Some(busy) = steps.clone().find(|busy| *busy > step.0) {
            return Some(format!("{busy} ps busy in a step of {}", step.0));
        }
        let (cores, steps): (u64, u64) = (cores.sum(), steps.sum());
        (cores != steps).then(|| format!("cores {cores} ps busy, their steps {steps}"))
    });
}

#[test]
fn busy_time_is_the_sum_of_what_was_charged() {
    for stack in ["windows-dpc", "linux-napi", "interrupt-per-packet"] {
        let text = OneCore {
            host: &format!("stack = \"{stack}\"\nbudget = 8"),
            cost: "interrupt = \"3 us\"\nround = \"700 ns\"\npacket = \"1 us\"\nbyte = \"1 ns\"",
            traffic: "burst = { packets = 100, every = \"1 ms\" }\nframe = \"imix\"",
            nic: "ring = 32\nlink = \"10 Gbps\"",
            packets: 9.9, // the last burst has ended long before the window does
            warmup_us: 0.0,
            ..OneCore::PLAIN
        }
        .text()
        .replace("rate = \"1 kpps\"", "");
        let run = outcome(&text);
        let (core, source) = (run.hosts[0].cores[0], &run.sources[0]);
        assert_eq!(source.in_flight, 0);
        assert_eq!(core.busy.interrupt, Span::us(3) * core.interrupts, "{stack}");
        let packets = Span::us(1) * source.delivered.packets + Span::ns(1) * source.delivered.bytes;
        assert_eq!(core.busy.deferred, Span::ns(700) * core.rounds + packets, "{stack}");
        assert!(core.rounds > 0 && source.delivered.packets < source.offered.packets);
    }
}

#[test]
fn switch_and_guest_are_charged_for_what_they_do_lost_packets_included() {
    for stack in ["windows-dpc", "linux-napi", "busy-poll", "interrupt-per-packet"] {
        let text = OneCore {
            host: &format!("cores = 2\nstack = \"{stack}\"\nbudget = 8"),
            cost: "round = \"700 ns\"\npacket = \"1 us\"\nvswitch_packet = \"600 ns\"\n\
                   vswitch_lookup = \"300 ns\"\nvswitch_copy = \"1 ns\"\nvm_notify = \"2 us\"\n\
                   guest_interrupt = \"3 us\"\nguest_packet = \"5 us\"\nguest_byte = \"2 ns\"",
            traffic: "burst = { packets = 100, every = \"1 ms\" }\nframe = \"100 B\"",
            packets: 9.9, // the last burst has ended long before the window does
            warmup_us: 0.0,
            ..OneCore::PLAIN
        }
        .text()
        .replace("rate = \"1 kpps\"", "")
        .replace("to = \"host.alpha\"", "to = \"vm.web\"")
            + "[vm.web]\ncores = \"1\"\nchannel = 16";
        let run = outcome(&text);
        let (cores, source) = (&run.hosts[0].cores, &run.sources[0]);
        let lost = source.dropped[DropReason::VmChannelFull as usize];
        assert_eq!(source.offered.packets, source.delivered.packets + lost, "{stack}");
        assert!(source.delivered.packets > 0 && lost > 0, "{stack} loses {lost}");
        let told = run.vnics[0].notifications;
        let switch = Span::us(1) * source.offered.packets + Span::us(2) * told;
        assert_eq!(cores[0].busy.vswitch, switch, "{stack}");
        let guest = Span::ns(5200) * source.delivered.packets + Span::us(3) * told;
        assert_eq!(cores[1].busy.guest, guest, "{stack}");
    }
}

#[test]
fn poisson_arrivals_see_time_averages() {
    const ROOM: usize = 4;
    let text = OneCore {
        cost: "packet = \"1 us\"",
        nic: "ring = 4",
        kpps: 900.0,
        packets: 0.2e6,
        warmup_us: 0.0,
        ..OneCore::PLAIN
    }
    .text();
    let differences = each(&text, |world| {
        let (_, mut records) = traced(world);
        records.sort_by_key(|record| record.arrival);
        let mut ends: std::collections::VecDeque<Time> = std::collections::VecDeque::new();
        let (mut found, mut spent) = ([0_u64; ROOM + 1], [0_u64; ROOM + 1]);
        let mut last = Time::ZERO;
        for record in records {
            while let Some(end) = ends.front().copied().filter(|end| *end <= record.arrival) {
                spent[ends.len()] += end.since(last).0;
                last = end;
                ends.pop_front();
            }
            spent[ends.len()] += record.arrival.since(last).0;
            last = record.arrival;
            found[ends.len()] += 1;
            if record.fate == Fate::Delivered {
                ends.push_back(record.end);
            }
            assert!(ends.len() <= ROOM);
        }
        let (arrivals, time) = (found.iter().sum::<u64>() as f64, spent.iter().sum::<u64>() as f64);
        std::array::from_fn::<f64, 5, _>(|n| found[n] as f64 / arrivals - spent[n] as f64 / time)
    });
    for n in 0..=ROOM {
        let (mean, error) = mean_and_error(&differences.iter().map(|d| d[n]).collect::<Vec<_>>());
        println!("| I4 arrivals that find {n} - time with {n} | 0 | {mean:.6} | {error:.6} |");
        assert!(mean.abs() <= 3.5 * error && error < 0.002, "{n} inside: {mean} +- {error}");
    }
}

#[test]
fn packets_of_a_queue_end_in_the_order_in_which_they_came() {
    on_random_worlds(|world| {
        let (run, mut records) = traced(world);
        if let Some(at) = run.sources.iter().position(|source| source.reordered > 0) {
            return Some(format!("source {at} was reordered"));
        }
        records.retain(|record| record.fate == Fate::Delivered);
        records.sort_by_key(|record| (record.source, record.queue, record.number));
        let overtaken = records.windows(2).find(|pair| {
            let same = (pair[0].source, pair[0].queue) == (pair[1].source, pair[1].queue);
            same && pair[0].end > pair[1].end
        });
        overtaken.map(|pair| format!("{pair:?}"))
    });
}

/// A scenario without chance, all its times `k` times as long, with packets `to` an app or a VM.
fn scaled(
    k: u64,
    stack: &str,
    policy: &str,
    traffic: &str,
    to: &str,
) -> Vec<(u64, [u64; 2], Fate)> {
    let us = |us: u64| format!("\"{} us\"", us * k);
    let text = format!(
        "duration = {}\n[host.alpha]\nstack = \"{stack}\"\nbudget = 5\nquantum = {}\n\
         idle_before_sleep = {}\n[host.alpha.cost]\ninterrupt = {}\nround = {}\npacket = {}\n\
         app_packet = {}\ncontext_switch = {}\nwakeup = {}\nvswitch_packet = {}\n\
         vm_notify = {}\nguest_interrupt = {}\nguest_packet = {}\nguest_preempt = {}\n\
         [app.db]\nbacklog = 20\n[vm.web]\nchannel = 20\n\
         [nic.port0]\nring = 16\nlink = \"{} Mbps\"\n{}\n[traffic.a]\nto = \"{to}\"\n{}\n",
        us(20_000),
        us(40),
        us(30),
        us(5),
        us(2),
        us(7),
        us(6),
        us(1),
        us(9),
        us(1),
        us(2),
        us(3),
        us(6),
        us(4),
        10_000 / k,
        policy.replace("INTERVAL", &us(50)),
        traffic.replace("EVERY", &us(400)).replace("RATE", &format!("{} pps", 100_000 / k)),
    );
    let (_, mut records) = traced(&world(&text));
    records.sort_by_key(|record| record.number);
    let first = records[0].arrival;
    let part = |record: &Record| {
        let waited = record.start.since(record.arrival).0;
        let came = record.arrival.since(first).0;
        (came, [waited, record.end.since(record.start).0], record.fate)
    };
    records.iter().map(part).collect()
}

#[test]
fn ten_times_as_long_times_make_ten_times_as_long_latencies() {
    let moderated = ["throttle", "timer"]
        .map(|policy| format!("moderation = {{ policy = \"{policy}\", interval = INTERVAL }}"));
    let burst = "burst = { packets = 40, every = EVERY }";
    for stack in ["windows-dpc", "interrupt-per-packet", "busy-poll"] {
        for policy in ["", &moderated[0], &moderated[1]] {
            // The first gap of constant arrivals is drawn in whole picoseconds, and so does not
            // scale exactly against polls, which start at 0.
            let constant = "rate = \"RATE\"\narrivals = \"constant\"";
            let constant = if stack == "busy-poll" { burst } else { constant };
            for traffic in [burst, constant, "rate = \"line\""] {
                for to in ["app.db", "vm.web"] {
                    let [one, ten] = [1, 10].map(|k| scaled(k, stack, policy, traffic, to));
                    let whole = one.len().min(ten.len());
                    assert!(whole > 1_000 && one.len().abs_diff(ten.len()) <= 1);
                    for (at, (one, ten)) in one.iter().zip(&ten).enumerate() {
                        let grown = (one.0 * 10, one.1.map(|span| span * 10), one.2);
                        assert_eq!(
                            &grown, ten,
                            "packet {at} to {to}, {stack}, {policy}, {traffic}"
                        );
                    }
                }
            }
        }
    }
}

/// Ports of one host, each with a core and traffic of its own.
fn pairs(count: usize) -> String {
    let head = format!(
        "duration = \"20 ms\"\n[host.alpha]\ncores = {count}\n[host.alpha.cost]\n\
         interrupt = \"1 us\"\npacket = {{ mean = \"1 us\", distribution = \"exponential\" }}\n"
    );
    let pair = |k: usize| {
        format!(
            "[nic.port{k}]\ncore = {k}\nring = 64\nlink = \"10 Gbps\"\n\
             [traffic.t{k}]\nto = \"host.alpha\"\nnic = \"port{k}\"\nrate = \"900 kpps\"\n"
        )
    };
    (0..count).map(pair).fold(head, |text, pair| text + &pair)
}

#[test]
fn more_pairs_of_queue_and_core_change_nothing_for_those_that_are_there() {
    let of = |count: usize| {
        let (run, mut records) = traced(&world(&pairs(count)));
        records.sort();
        (run, records)
    };
    let (one, alone) = of(1);
    for count in [2, 4] {
        let (more, mut records) = of(count);
        records.retain(|record| record.source.0 == 0);
        assert_eq!(records, alone);
        assert_eq!(more.sources[0], one.sources[0]);
        assert_eq!(more.hosts[0].cores[0], one.hosts[0].cores[0]);
        assert_eq!(more.nics[0], one.nics[0]);
    }
}
