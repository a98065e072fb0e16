//! Virtual functions: worlds worked out by hand, in nanoseconds; random ones in windows of any
//! length; a guest's ring as a textbook queue.

use crate::fixtures::minimal::{self, packets_at};
use crate::fixtures::nanoseconds::{in_ns, ns};
use crate::fixtures::random;
use crate::fixtures::replicated::{REPLICATIONS, check, check_quantile, mean_us, replications};
use crate::fixtures::runs::{delivered, host_and_guest, in_windows, traced};
use crate::worlds::{VMS, random_world};
use rxsim::engine::chance::Stream;
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;
use rxsim::rx::dma::DmaSpec;
use rxsim::rx::moderation::Moderation;
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Gap};
use rxsim::rx::steering::rss::{HashTypes, Rss, RssSpec};
use rxsim::rx::steering::toeplitz::KEY_MICROSOFT;
use rxsim::sim;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::{Fate, Record};
use rxsim::vocab::stage::Stage;
use rxsim::world::outcome::Outcome;
use rxsim::world::{Consumer, Filter, FlowMap, RxPath, VnicOwner, VnicSpec, WorkSpec, World};

/// A VM of one vCPU on each of these cores, each with a virtual function, and `at[i]` sent to the
/// i-th: two exits of 50, a virtual interrupt of 30, a guest's packet 70, and 500 more for a vCPU
/// that waits for 1000. The host: interrupt 100, round 50, packet 200, switch 60, notification 40.
fn vfs_on(cores: &[u32], at: &[&[u64]]) -> World {
    let mut world = minimal::world();
    let host = &mut world.hosts[0];
    host.cores = 1 + cores.iter().max().expect("a VM");
    (host.exits_per_interrupt, host.halt_poll) = (2, Span::ns(1000));
    let costs = &mut host.costs;
    (costs.interrupt, costs.round, costs.packet) = (ns(100), ns(50), ns(200));
    (costs.vswitch_packet, costs.vm_notify) = (ns(60), Span::ns(40));
    (costs.vm_exit, costs.vm_wakeup) = (Span::ns(50), Span::ns(500));
    (costs.guest_interrupt, costs.guest_packet) = (Span::ns(30), ns(70));
    for (number, core) in cores.iter().enumerate() {
        world.vms.push(minimal::vm(number as u32, &[*core]));
        world.vnics.push(vnic(number, Some(FlowMap::one(0))));
    }
    world.sources = (0..at.len()).map(|i| minimal::source(i, packets_at(at[i], 64))).collect();
    for (i, source) in world.sources.iter_mut().enumerate() {
        source.to = Consumer::Vnic(i);
    }
    world
}

fn vnic(vm: usize, vf: Option<FlowMap>) -> VnicSpec {
    let rx_path = if vf.is_some() { RxPath::VirtualFunction } else { RxPath::DefaultQueue };
    VnicSpec { rx_path, vf, ..minimal::vnic(vm, minimal::of_vm(vm)) }
}

fn busy(run: &Outcome, core: usize) -> [u64; 4] {
    host_and_guest(run.hosts[0].cores[core].busy)
}

/// Moderation, ring, guest.
fn stages(run: &Outcome, source: usize) -> [u128; 3] {
    let stages = run.sources[source].stages;
    [Stage::Moderation, Stage::Ring, Stage::Guest].map(|stage| stages[stage as usize] / 1_000)
}

#[test]
fn an_interrupt_costs_exits_and_wakes_a_halted_guest_and_the_host_takes_no_part() {
    let world = vfs_on(&[1], &[&[0, 900, 2100, 2750]]);
    let (run, packets) = delivered(&world);
    // Waited for 0, for 700, for just 1000; the last one is seen by a guest that has not rested.
    let at = [(0, 130, 200), (0, 1030, 1100), (0, 2730, 2800), (0, 2800, 2870)];
    assert_eq!(packets, at);
    assert_eq!(busy(&run, 0), [0; 4]);
    assert_eq!(busy(&run, 1), [0, 0, 0, 3 * 130 + 500 + 4 * 70]);
    assert_eq!((run.nics[0].interrupts, run.hosts[0].cores[1].interrupts), (3, 0));
    assert_eq!(run.nics[0].queues.len(), 1, "the port's own");
    assert_eq!(run.vnics[0].notifications, 0);
    assert_eq!(stages(&run, 0), [0, 130 + 130 + 630 + 50, 4 * 70]);
}

#[test]
fn a_ring_stays_masked_until_the_guest_finds_it_empty() {
    // The last one comes at the very instant at which the ring is found empty.
    let (run, packets) = delivered(&vfs_on(&[1], &[&[0, 100, 250, 340]]));
    assert_eq!(packets, [(0, 130, 200), (0, 200, 270), (0, 270, 340), (0, 470, 540)]);
    assert_eq!(run.nics[0].interrupts, 2);
    // What DMA ends at that instant is seen.
    let mut world = vfs_on(&[1], &[&[0, 100, 250, 340]]);
    world.nics[0].dma.latency = Span::ns(10);
    let (run, packets) = delivered(&world);
    assert_eq!(packets[2..], [(0, 280, 350), (0, 350, 420)]);
    assert_eq!(run.nics[0].interrupts, 1);
}

#[test]
fn a_packets_cost_is_the_guests_by_its_bytes_and_without_contention() {
    let mut world = vfs_on(&[1], &[&[0]]);
    world.hosts[0].costs.guest_byte = ns(2);
    world.nics[0].contention = 3.0;
    assert_eq!(delivered(&world).1, [(0, 130, 130 + 70 + 128)]);
}

#[test]
fn a_spent_budget_sends_a_ring_to_the_tail_without_another_interrupt() {
    let mut world = vfs_on(&[1], &[&[0, 0, 0, 0], &[10]]);
    world.hosts[0].budget = 2;
    world.vnics.push(vnic(0, Some(FlowMap::one(0))));
    let (run, packets) = delivered(&world);
    let (first, second) = ([(0, 130, 200), (0, 200, 270)], [(0, 470, 540), (0, 540, 610)]);
    assert_eq!(packets, [&first[..], &[(1, 400, 470)], &second[..]].concat());
    assert_eq!(run.nics[0].interrupts, 2);
}

#[test]
fn a_throttle_counts_from_the_interrupt_taken() {
    let mut world = vfs_on(&[1], &[&[0, 300, 900]]);
    world.nics[0].moderation = Moderation::Throttle { interval: Span::ns(1000) };
    let (run, packets) = delivered(&world);
    assert_eq!(packets, [(0, 130, 200), (0, 1130, 1200), (0, 1200, 1270)]);
    assert_eq!(stages(&run, 0), [700 + 100, 130 + 130 + 200, 3 * 70]);
}

#[test]
fn a_count_of_packets_interrupts_before_the_timer() {
    let mut world = vfs_on(&[1], &[&[0, 100, 200, 2000]]);
    world.nics[0].moderation = Moderation::TimerOrCount { interval: Span::ns(500), frames: 3 };
    let (run, packets) = delivered(&world);
    assert_eq!(packets, [(0, 330, 400), (0, 400, 470), (0, 470, 540), (0, 3130, 3200)]);
    assert_eq!(run.nics[0].interrupts, 2);
}

#[test]
fn a_full_ring_loses_what_comes_under_its_own_number() {
    let mut world = vfs_on(&[1, 2], &[&[500], &[0, 0, 0, 0]]);
    world.nics[0].ring = 2;
    world.nics[0].queues = vec![0; 3];
    world.nics[0].vectors = vec![vec![0, 1, 2]];
    let (run, mut records) = traced(&world);
    records.sort_by_key(|record| (record.source, record.number));
    let shown = |record: &Record| (record.queue, record.fate, in_ns(record.end));
    let lost = Fate::Dropped(DropReason::RingFull);
    let seconds =
        [(4, Fate::Delivered, 200), (4, Fate::Delivered, 270), (4, lost, 0), (4, lost, 0)];
    let found: Vec<_> = records.iter().map(shown).collect();
    assert_eq!(found, [&[(3, Fate::Delivered, 700)], &seconds[..]].concat());
    assert_eq!(run.sources[1].dropped[DropReason::RingFull as usize], 2);
    assert!(run.nics[0].queues.iter().all(|queue| queue.packets + queue.dropped == 0));
}

#[test]
fn a_held_frame_starts_when_the_guest_frees_a_descriptor() {
    let mut world = vfs_on(&[1], &[&[0, 0, 0, 0]]);
    (world.nics[0].hold, world.nics[0].ring) = (true, 2);
    let (run, packets) = delivered(&world);
    assert_eq!(packets, [(0, 130, 200), (0, 200, 270), (0, 270, 340), (0, 340, 410)]);
    assert_eq!((run.nics[0].interrupts, run.nics[0].held), (1, Span::ns(270)));
    // With one descriptor, the ring is empty at the end of every packet.
    world.nics[0].ring = 1;
    let (run, packets) = delivered(&world);
    assert_eq!(packets, [(0, 130, 200), (0, 330, 400), (0, 530, 600), (0, 730, 800)]);
    assert_eq!((run.nics[0].interrupts, run.nics[0].held), (4, Span::ns(600)));
}

#[test]
fn a_frame_for_the_host_waits_behind_one_that_a_guest_holds_up() {
    let mut world = vfs_on(&[1], &[&[0, 0], &[10]]);
    (world.nics[0].hold, world.nics[0].ring) = (true, 1);
    world.sources[1].to = Consumer::Host;
    world.vnics.truncate(1);
    let (_, packets) = delivered(&world);
    // Held until 200, then interrupt and round.
    assert_eq!(packets, [(0, 130, 200), (0, 330, 400), (1, 350, 550)]);
}

#[test]
fn the_hash_spreads_a_virtual_functions_packets_over_its_vcpus() {
    let mut world = vfs_on(&[1], &[&[]]);
    world.hosts[0].cores = 3;
    world.vms[0].vcpus = vec![1, 2];
    let types = HashTypes { udp_ipv4: true, ..HashTypes::USUAL };
    let rss = RssSpec { key: KEY_MICROSOFT, types, table: vec![1, 0, 1, 1] };
    world.vnics[0].vf = Some(FlowMap { targets: vec![0, 1], rss: Some(rss.clone()) });
    world.sources = vec![minimal::source(0, Arrivals::Constant(Gap { ps: 1_000_000, packets: 1 }))];
    world.sources[0].to = Consumer::Vnic(0);
    (world.sources[0].source.flows.count, world.sources[0].source.flows.keys) = (64, Keys::Random);
    world.hosts[0].halt_poll = Span::ms(2);
    let hash = Rss::new(&rss);
    let ring = |key| rss.table[usize::from(hash.bucket(&key))];
    let expected: Vec<u32> = world.sources[0].source.flow_keys(world.seed).map(ring).collect();
    let (run, records) = traced(&world);
    let of = |ring: u32| records.iter().filter(|record| record.queue == 1 + ring).count() as u64;
    assert_eq!(of(0) + of(1), records.len() as u64);
    for core in [1, 2] {
        assert_eq!(busy(&run, core)[3], 200 * of(core as u32 - 1));
    }
    // Three entries of four name ring 1.
    let share = of(1) as f64 / records.len() as f64;
    let flows = expected.iter().filter(|ring| **ring == 1).count() as f64 / 64.0;
    assert!((share - flows).abs() < 0.1 && share > 0.5, "{share} of the packets, {flows} of flows");
    // Without a hash all come to the first ring.
    world.vnics[0].vf.as_mut().expect("given").rss =
        Some(RssSpec { types: HashTypes::NONE, ..rss });
    assert!(traced(&world).1.iter().all(|record| record.queue == 1));
}

#[test]
fn the_hosts_work_on_a_guests_core_goes_before_it() {
    let mut world = vfs_on(&[0], &[&[0], &[50]]);
    world.hosts[0].costs.guest_preempt = Span::ns(25);
    world.sources[1].to = Consumer::Host;
    let (run, packets) = delivered(&world);
    // Of 130, 50 are done when the host interrupts; it is done at 50 + 125 + 50 + 200.
    assert_eq!(packets, [(1, 225, 425), (0, 505, 575)]);
    assert_eq!(busy(&run, 0), [125, 250, 0, 200]);
    assert_eq!(run.nics[0].interrupts, 2);
}

#[test]
fn interrupts_are_taken_at_their_instants_while_the_host_has_the_core() {
    // The host has the core from 900 to 1250.
    let mut world = vfs_on(&[0], &[&[990], &[900]]);
    world.sources[1].to = Consumer::Host;
    let (run, packets) = delivered(&world);
    assert_eq!(packets, [(1, 1050, 1250), (0, 1380, 1450)]);
    assert_eq!(busy(&run, 0), [100, 250, 0, 200]);
    assert_eq!(stages(&run, 0), [0, 390, 70]);
    // At 1000 the guest has waited for long enough.
    world.sources[0].source.arrivals = packets_at(&[1000], 64);
    assert_eq!(delivered(&world).1, [(1, 1050, 1250), (0, 1880, 1950)]);
}

#[test]
fn guests_become_runnable_in_the_order_of_their_interrupts() {
    // The host has the core from 0 to 350; the second VM is due first, then a work, then the first.
    let mut world = vfs_on(&[0, 0], &[&[250], &[100], &[0]]);
    world.sources[2].to = Consumer::Host;
    let (name, period, demand) = ("w".into(), Span::ns(200), Span::ns(40));
    world.works = vec![WorkSpec { name, host: 0, core: 0, period, demand }];
    world.duration = Some(Span::ns(790));
    let (_, packets) = delivered(&world);
    // The work of 0 asks anew at 200, while it still waits ahead of both, and for 40 only; it does
    // so again at 400 and 600.
    assert_eq!(packets, [(2, 150, 350), (1, 520, 590), (0, 720, 790)]);
}

#[test]
fn rings_due_at_one_instant_go_by_thread_and_number() {
    // Visible at the same instant; the second of the VM's rings and the other VM's one come first.
    let mut world = vfs_on(&[1, 1], &[&[0], &[0], &[0]]);
    world.vnics.push(vnic(0, Some(FlowMap::one(0))));
    world.nics[0].dma.latency = Span::ns(10);
    for (source, vnic) in [(0, 2), (1, 1), (2, 0)] {
        world.sources[source].to = Consumer::Vnic(vnic);
    }
    let (_, packets) = delivered(&world);
    assert_eq!(packets, [(2, 140, 210), (0, 340, 410), (1, 540, 610)]);
}

#[test]
fn arrivals_at_one_instant_interrupt_in_their_order() {
    let mut world = vfs_on(&[1, 1], &[&[0], &[0]]);
    (world.sources[0].to, world.sources[1].to) = (Consumer::Vnic(1), Consumer::Vnic(0));
    assert_eq!(delivered(&world).1, [(0, 130, 200), (1, 330, 400)]);
    // Also where the host has the core for a while after.
    let mut world = vfs_on(&[0, 0], &[&[100], &[100], &[0]]);
    (world.sources[0].to, world.sources[1].to) = (Consumer::Vnic(1), Consumer::Vnic(0));
    world.sources[2].to = Consumer::Host;
    assert_eq!(delivered(&world).1, [(2, 150, 350), (0, 480, 550), (1, 680, 750)]);
}

#[test]
fn a_channel_and_a_ring_share_a_vcpu_in_the_order_in_which_it_hears_of_them() {
    let mut world = vfs_on(&[1], &[&[460], &[0, 10]]);
    world.hosts[0].halt_poll = Span::ZERO;
    world.vnics.push(vnic(0, None));
    world.hosts[0].budget = 1;
    let (run, packets) = delivered(&world);
    // The first is handed over at 410, notified at 450. The second is there at 760; the channel was
    // found empty at 550, and the guest hears of it at 800, behind the ring that it serves.
    assert_eq!(packets, [(1, 150, 550), (0, 680, 750), (1, 500, 900)]);
    assert_eq!(busy(&run, 1), [0, 0, 0, 2 * 30 + 130 + 3 * 70]);
    assert_eq!(run.vnics[1].notifications, 2);
}

#[test]
fn a_pinned_packet_takes_the_way_of_the_switch() {
    let mut world = vfs_on(&[1], &[&[0], &[0]]);
    world.vnics.truncate(1);
    world.sources[1].to = Consumer::Vnic(0);
    world.sources[0].filter = Filter::Pin(0);
    let (run, packets) = delivered(&world);
    assert_eq!(packets, [(1, 130, 200), (0, 150, 550)]);
    assert_eq!(busy(&run, 0), [100, 250, 100, 0]);
}

#[test]
fn a_guest_of_a_core_that_polls_is_interrupted_and_never_served() {
    let mut world = vfs_on(&[0], &[&[0, 100, 200]]);
    world.hosts[0].stack = Stack::BusyPoll;
    world.nics[0].ring = 2;
    let run = sim::run(&world, &mut |_| ()).unwrap();
    assert_eq!((run.sources[0].delivered.packets, run.sources[0].in_flight), (0, 2));
    assert_eq!(
        (run.nics[0].interrupts, run.sources[0].dropped[DropReason::RingFull as usize]),
        (1, 1)
    );
}

/// A random world most of whose guests' virtual NICs have virtual functions.
fn random_vfs(seed: u64) -> World {
    let mut world = random_world(seed, VMS);
    let mut dice = Stream::new(seed, "random virtual functions", "");
    for host in &mut world.hosts {
        host.exits_per_interrupt = dice.below(3) as u32;
        host.halt_poll = Span::ns(100 * dice.below(30));
        let span = |dice: &mut Stream| Span::ns(100 * dice.below(8));
        (host.costs.vm_exit, host.costs.vm_wakeup) = (span(&mut dice), span(&mut dice));
    }
    for vnic in &mut world.vnics {
        let VnicOwner::Vm { vm, .. } = vnic.owner else { continue };
        if dice.below(4) == 0 {
            continue;
        }
        let cores = world.vms[vm].vcpus.len() as u64;
        let rings = 1 + dice.below(3);
        let vcpus = (0..rings).map(|_| dice.below(cores) as u32).collect();
        let table = (0..4).map(|_| dice.below(rings) as u32).collect();
        let rss = RssSpec { key: KEY_MICROSOFT, types: HashTypes::USUAL, table };
        let rss = (dice.below(3) > 0).then_some(rss);
        (vnic.vf, vnic.rx_path) = (Some(FlowMap { targets: vcpus, rss }), RxPath::VirtualFunction);
    }
    world
}

#[test]
fn the_length_of_a_window_of_calculation_changes_nothing_of_virtual_functions() {
    let worlds = random::worlds(300);
    let mut by_vfs = 0;
    for seed in 0..worlds {
        let world = random_vfs(seed);
        let whole = in_windows(&world, None);
        let ports = |record: &&Record| {
            let nic = &world.nics[world.sources[record.source.0 as usize].nic];
            record.fate == Fate::Delivered && record.queue as usize >= nic.queues.len()
        };
        by_vfs += whole.1.iter().filter(ports).count();
        for batch in [Span::ns(700), Span::us(30)] {
            let found = in_windows(&world, Some(batch));
            assert!(found == whole, "random_vfs({seed}) with a batch of {batch}");
        }
    }
    assert!(by_vfs as u64 > 20 * worlds, "only {by_vfs} packets came by virtual functions");
}

/// Guests on 16 cores behind 63 virtual functions, 64 B at the line rate of 10 GbE.
fn sixty_three_vfs(duration: Span) -> World {
    let cores: Vec<u32> = (0..63).map(|vm| vm % 16).collect();
    let mut world = vfs_on(&cores, &[]);
    world.duration = Some(duration);
    let host = &mut world.hosts[0];
    (host.cores, host.exits_per_interrupt) = (16, 1);
    (host.costs.vm_exit, host.costs.guest_interrupt) = (Span::us(1), Span::ns(200));
    host.costs.guest_packet = ns(350);
    let nic = &mut world.nics[0];
    (nic.link, nic.buffer, nic.ring) = (Some(10_000_000_000), Some(512 << 10), 512);
    nic.dma = DmaSpec { bits: Some(28_672_000_000), max_payload: 256, latency: Span::us(1) };
    nic.moderation = Moderation::Throttle { interval: Span::us(50) };
    for vf in 0..63 {
        let gap = Gap { ps: 63 * 67_200, packets: 1 };
        let mut source = minimal::source(vf, Arrivals::Constant(gap));
        (source.to, source.source.flows.count) = (Consumer::Vnic(vf), 16);
        world.sources.push(source);
    }
    world
}

#[test]
#[ignore = "a measurement: RXSIM_MS milliseconds of 63 virtual functions at the line rate"]
fn speed_of_63_virtual_functions() {
    let ms = random::number("RXSIM_MS", 200);
    let world = sixty_three_vfs(Span::ms(ms));
    let start = std::time::Instant::now();
    let run = sim::run(&world, &mut |_| ()).unwrap();
    let ns = start.elapsed().as_nanos() as f64 / run.packets as f64;
    let interrupts = run.nics[0].interrupts;
    println!("{} packets, {interrupts} interrupts, {ns:.1} ns per packet", run.packets);
    assert_eq!(run.sources.iter().flat_map(|source| source.dropped).sum::<u64>(), 0);
}

/// So many guests of a core each, all with a virtual function of one NIC that costs nothing but
/// 1 us a packet, each loaded with `rho` by Poisson arrivals; 20 runs of so many packets each.
fn guests_as_servers(guests: u32, rho: f64, packets: f64) -> Vec<Outcome> {
    let cores: Vec<u32> = (1..=guests).collect();
    let mut world = vfs_on(&cores, &[]);
    let host = &mut world.hosts[0];
    (host.exits_per_interrupt, host.costs.vm_wakeup) = (0, Span::ZERO);
    (host.costs.guest_interrupt, host.costs.guest_packet) = (Span::ZERO, ns(1000));
    world.nics[0].ring = 1 << 20;
    let gap = Gap { ps: (1e6 / rho) as u128, packets: 1 };
    for guest in 0..guests as usize {
        world.sources.push(minimal::source(guest, Arrivals::Poisson(gap)));
        world.sources[guest].to = Consumer::Vnic(guest);
    }
    world.warmup = Span((20e6 / (1.0 - rho).powi(2)) as u64);
    world.duration = Some(Span((packets / rho / f64::from(guests) * 1e6) as u64));
    replications(&world, REPLICATIONS)
}

#[test]
fn a_guest_behind_its_virtual_function_is_m_d_1_and_so_are_63_of_them() {
    for guests in [1, 63] {
        for (rho, packets, mean, p50, p99) in
            [(0.5, 0.2e6, 0.5, 0.0, 3.336_255_957), (0.8, 0.6e6, 2.0, 1.275_939_873, 10.355_886_79)]
        {
            let runs = guests_as_servers(guests, rho, packets);
            let what = format!("A04 {guests} VFs as M/D/1 rho {rho}");
            check(&format!("{what} Wq"), &runs, |run| mean_us(run) - 1.0, mean);
            for (p, quantile) in [(0.5, p50), (0.99, p99)] {
                check_quantile(&what, &runs, p, 1.0 + quantile);
            }
        }
    }
}
