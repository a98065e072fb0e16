//! A world and an outcome made by hand, for tests of what is done with them.

use super::figures::Figures;
use super::figures::record::Side;
use super::run::{Run, Study, Warmed, assemble};
use crate::engine::sample::Draw;
use crate::engine::time::{Span, Time};
use crate::measure::histogram::Histogram;
use crate::measure::tree::Tree;
use crate::rx::cpu::Costs;
use crate::rx::dma::DmaSpec;
use crate::rx::moderation::Moderation;
use crate::rx::source::keys::Keys;
use crate::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec};
use crate::scenario::text::diagnostic::{Origin, Place};
use crate::scenario::{Expect, Plan, Warmup};
use crate::vocab::drop_reason::DropReason;
use crate::world::outcome::{
    Busy, CoreTally, HostTally, NicTally, Outcome, QueueTally, SeriesStep, SourceTally, VnicTally,
    Volume,
};
use crate::world::{
    Consumer, Filter, HostSpec, NicSpec, Part, PathReason, RxPath, SteeringSpec, TrafficSpec,
    VmSpec, VnicOwner, VnicSpec, World,
};
use std::sync::Arc;
use std::time::Duration;

/// The measured window of [`outcome`].
pub(crate) const WINDOW: Span = Span::ms(200);

/// One host with so many cores, a 10 Gbps port with a queue on each of the first `queues`.
pub(crate) fn world(cores: u32, queues: u32) -> World {
    World {
        seed: 1,
        warmup: Span::ZERO,
        duration: Some(WINDOW),
        step: Some(Span::ms(1)),
        batch: None,
        hosts: vec![host(cores)],
        nics: vec![nic(queues)],
        sources: vec![traffic("traffic.bulk", "bulk")],
        apps: Vec::new(),
        works: Vec::new(),
        vms: Vec::new(),
        vnics: Vec::new(),
        events: Vec::new(),
        slowdown: false,
    }
}

fn host(cores: u32) -> HostSpec {
    let packet = Draw::Constant(Span::ns(3_470));
    HostSpec { costs: Costs { packet, ..Costs::ZERO }, ..HostSpec::new("alpha", cores) }
}

fn nic(queues: u32) -> NicSpec {
    NicSpec {
        name: "port0".into(),
        host: 0,
        link: Some(10_000_000_000),
        egress: 1 << 20,
        buffer: Some(512 << 10),
        dma: DmaSpec { bits: Some(28_000_000_000), max_payload: 256, latency: Span::ns(900) },
        ring: 512,
        hold: false,
        queues: (0..queues).collect(),
        vectors: (0..queues).map(|queue| vec![queue]).collect(),
        moderation: Moderation::Throttle { interval: Span::us(50) },
        steering: SteeringSpec::SingleQueue,
        contention: 1.0,
        rebalance: None,
        shared_interrupts: false,
        usable: vec![],
        rps: None,
        flow_control: None,
    }
}

/// A source of a group.
pub(crate) fn traffic(name: &str, group: &str) -> TrafficSpec {
    TrafficSpec {
        group: group.into(),
        nic: 0,
        to: Consumer::Host,
        by_internal_switch: false,
        filter: Filter::Pass,
        from: Time::ZERO,
        until: None,
        part: Part::default(),
        closed: None,
        source: SourceSpec {
            name: name.into(),
            arrivals: Arrivals::Poisson(Gap { ps: 1_230_000, packets: 1 }),
            sizes: Sizes::Fixed(1518),
            flows: Flows { count: 64, keys: Keys::Random, popularity: Popularity::Uniform },
        },
    }
}

/// What [`world`] with so many cores and queues leaves behind when 9.87 Gbps of 1518 B frames are
/// offered and each queue's core carries 3.5 Gbps.
pub(crate) fn outcome(cores: u32, queues: u32) -> Outcome {
    let offered: u64 = 162_550;
    let delivered = (57_640 * u64::from(queues)).min(offered);
    let busy = delivered as f64 / (57_640.0 * f64::from(queues));
    let cores = (0..cores).map(|core| core_tally(core < queues, busy));
    let cores: Vec<CoreTally> = cores.collect();
    let dropped = offered - delivered;
    let queue = |core| QueueTally {
        packets: offered / u64::from(queues),
        dropped: dropped / u64::from(queues),
        core,
    };
    Outcome {
        window: WINDOW,
        fingerprint: 0x1234_5678_9abc_def0,
        sources: vec![source_tally(offered, delivered)],
        nics: vec![NicTally {
            queues: (0..queues).map(queue).collect(),
            wire: load(offered),
            link_busy: Span(WINDOW.0 / 1000 * 999),
            dma_busy: Span(WINDOW.0 / 1000 * 130 * u64::from(queues.min(3))),
            interrupts: 4_000 * u64::from(queues),
            ..NicTally::default()
        }],
        vnics: Vec::new(),
        series: (0..200).map(|index| step(index, offered, delivered, &cores)).collect(),
        hosts: vec![HostTally { cores }],
        inside: (1..=200).map(|ms| (Time::ZERO + Span::ms(ms), 512)).collect(),
        events: 200,
        packets: offered,
    }
}

/// One host of eight cores: so many VMs `web`, each with a queue on a core of its own from core 1
/// on and its guest on the core four further.
pub(crate) fn guests(vms: u32) -> World {
    let mut world = world(8, vms + 1);
    world.nics[0].queues.iter_mut().for_each(|core| *core %= 8);
    world.nics[0].steering = SteeringSpec::Vmq { shared_memory: false };
    world.sources.clear();
    for index in 0..vms {
        let at = index as usize;
        let source = traffic(&format!("traffic.bulk[{index}]"), "bulk");
        world.sources.push(TrafficSpec { to: Consumer::Vnic(at), ..source });
        let vcpus = vec![(index + 5) % 8];
        world.vms.push(VmSpec {
            group: "web".into(),
            index,
            host: 0,
            vcpus,
            allowed_cores: None,
            running: true,
        });
        world.vnics.push(VnicSpec {
            name: format!("vm.web[{index}]"),
            nic: 0,
            owner: VnicOwner::Vm { vm: at, vcpu: 0 },
            channel: 1024,
            channels: None,
            rx_path: RxPath::queue(index + 1),
            path_reason: PathReason::None,
            vf: None,
        });
    }
    world
}

/// What [`guests`] leaves behind: each VM is offered a tenth of the line and delivered all of it
/// but for what VM 0 loses at its channel, because its core is full. The cores of the queues are
/// busy with driver and switch in halves.
pub(crate) fn guests_outcome(vms: u32) -> Outcome {
    let (offered, lost) = (16_255, 3_000);
    let mut outcome = outcome(8, vms + 1);
    outcome.sources = (0..vms).map(|_| source_tally(offered, offered)).collect();
    let first = source_tally(offered, offered - lost);
    let mut dropped = [0; DropReason::ALL.len()];
    dropped[DropReason::VmChannelFull as usize] = lost;
    outcome.sources[0] = SourceTally { dropped, ..first };
    outcome.vnics = vec![VnicTally { notifications: 1_000, ..VnicTally::default() }; vms as usize];
    let part = |percent: u64| Span(WINDOW.0 / 100 * percent);
    let cores = &mut outcome.hosts[0].cores;
    cores.fill(CoreTally::default());
    for vm in 0..vms as usize {
        let interrupt = part(2);
        let (deferred, vswitch) = (part(12), part(12));
        cores[(vm + 1) % 8].busy = Busy { interrupt, deferred, vswitch, ..Busy::default() };
        cores[(vm + 5) % 8].busy.guest = part(if vm == 0 { 100 } else { 40 });
    }
    for queue in &mut outcome.nics[0].queues {
        *queue = QueueTally { packets: offered, dropped: 0, core: queue.core % 8 };
    }
    outcome
}

fn load(packets: u64) -> Volume {
    Volume { packets, bytes: packets * 1518 }
}

fn core_tally(serves: bool, busy: f64) -> CoreTally {
    let part = |permille: u64| Span((WINDOW.0 as f64 * busy) as u64 / 1000 * permille);
    if !serves {
        return CoreTally::default();
    }
    CoreTally {
        busy: Busy { interrupt: part(60), deferred: part(940), ..Busy::default() },
        interrupts: 4_000,
        rounds: 4_000,
    }
}

fn source_tally(offered: u64, delivered: u64) -> SourceTally {
    let mut latency = Histogram::default();
    (0..delivered).for_each(|n| latency.record(Span::us(20) + Span::ns(n % 1000 * 700)));
    let part = |us: u64| u128::from(delivered) * u128::from(Span::us(us).0);
    let ring = latency.sum_ps() - part(17);
    SourceTally {
        offered: load(offered),
        delivered: load(delivered),
        dropped: lost_at_rings(offered - delivered),
        latency,
        stages: [part(1), part(2), part(10), ring, part(4), 0, 0, 0, 0],
        ..SourceTally::default()
    }
}

/// So many packets lost because their rings were full.
pub(crate) fn lost_at_rings(packets: u64) -> [u64; DropReason::ALL.len()] {
    let mut dropped = [0; DropReason::ALL.len()];
    dropped[DropReason::RingFull as usize] = packets;
    dropped
}

/// One of 200 steps: each core swings around its mean.
fn step(index: u64, offered: u64, delivered: u64, cores: &[CoreTally]) -> SeriesStep {
    let swing = |core: usize| 1.0 - 0.4 * (0.5 + 0.5 * ((index as f64) / 9.0 + core as f64).sin());
    let busy = |(core, tally): (usize, &CoreTally)| {
        let part = |span: Span| Span((span.0 as f64 / 200.0 * swing(core)) as u64);
        Busy {
            interrupt: part(tally.busy.interrupt),
            deferred: part(tally.busy.deferred),
            app: part(Span(tally.busy.deferred.0 / 10)),
            work: part(Span(tally.busy.deferred.0 / 8)),
            ..Busy::default()
        }
    };
    SeriesStep {
        end: Time::ZERO + Span::ms(index + 1),
        offered: load(offered / 200),
        delivered: load(delivered / 200),
        dropped: (offered - delivered) / 200,
        interrupts: 20,
        cores: vec![cores.iter().enumerate().map(busy).collect()],
        changing: vec![],
        queues: vec![(0..cores.len() as u32).map(|queue| (300 + queue, queue)).collect()],
    }
}

/// A plan around [`world`] with a single queue.
pub(crate) fn plan() -> Plan {
    Plan {
        title: "Single-core ceiling".into(),
        design: None,
        about: "Without RSS every packet lands on core 0.".into(),
        seed: 2012,
        replications: 1,
        warmup: Warmup::Fixed(Span::ZERO),
        world: world(8, 1),
        expects: Vec::new(),
        warnings: Vec::new(),
        scenario_hash: 0xfeed,
        offered_estimate: 162_550.0,
    }
}

/// A study of a host with so many cores and queues.
pub(crate) fn study(cores: u32, queues: u32) -> Study {
    let plan = Plan { world: world(cores, queues), ..plan() };
    study_of(plan, vec![outcome(cores, queues)])
}

/// A study whose replications had these outcomes.
pub(crate) fn study_of(plan: Plan, outcomes: Vec<Outcome>) -> Study {
    let run = |outcome: Outcome| Run {
        figures: Figures::new(&plan.world, &outcome, Duration::from_secs(1)),
        fingerprint: outcome.fingerprint,
        outcome: Some(outcome),
    };
    let runs = outcomes.into_iter().map(run).collect();
    assemble(plan, Warmed { span: Span::ZERO, warning: None }, runs)
}

/// The metrics of a run that took `elapsed` on the clock.
pub(crate) fn metrics(world: &World, outcome: &Outcome, elapsed: Duration) -> Tree {
    super::metrics::tree(&Figures::new(world, outcome, elapsed), Side::Value)
}

/// A claim about a metric that claims nothing of it yet.
pub(crate) fn expect(metric: &str) -> Expect {
    let origin = Arc::new(Origin { name: "test.toml".into(), text: metric.into() });
    Expect {
        metric: metric.into(),
        design: None,
        min: None,
        max: None,
        equals: None,
        why: String::new(),
        place: Place { origin, range: 0..metric.len() },
    }
}
