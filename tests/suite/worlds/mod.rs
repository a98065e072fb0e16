//! Random worlds: small enough to compare packet by packet, wild enough to meet every rule.
//!
//! In half of the worlds all times are multiples of 100 ns, so that instants coincide all the
//! time; in the others they practically never do. A higher level switches more features on, so
//! that a mismatch can be narrowed by running lower levels. The draws of existing levels are frozen:
//! see `fingerprints`.

mod affinity;
mod broadcast;
mod changes;
pub(crate) mod closed_loops;
mod fingerprints;
mod flow_control;
mod internal_switch;
pub(crate) mod probing_policy;
mod rps;
mod unpinned;
mod virtual_functions;
mod virtual_machines;

use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::cpu::{Costs, Stack};
use rxsim::rx::dma::DmaSpec;
use rxsim::rx::moderation::Moderation;
use rxsim::rx::source::keys::Keys;
use rxsim::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec};
use rxsim::rx::steering::rss::{HashTypes, RssSpec};
use rxsim::rx::steering::toeplitz::KEY_MICROSOFT;
use rxsim::world::{
    AppSpec, Consumer, Dispatch, Filter, HostSpec, NicSpec, Part, SteeringSpec, TrafficSpec,
    WorkSpec, World,
};

/// One source, one queue, one core, `windows-dpc`, an ideal NIC without moderation.
pub(crate) const PLAIN: u8 = 0;
/// Also link, packet buffer, DMA, RSS, several sources, queues, cores, vectors, and moderation.
pub(crate) const HARDWARE: u8 = 1;
/// Also several NICs, `hold`, filters and random costs.
pub(crate) const MIXED: u8 = 2;
/// Also all stacks.
pub(crate) const STACKS: u8 = 3;
/// Also apps, works, wake-ups and context switches.
pub(crate) const THREADS: u8 = 4;
/// Also virtual machines, virtual NICs, the virtual switch, VMQ with and without shared vectors.
pub(crate) const VMS: u8 = 5;
/// Also policies that move queues and table entries, lost affinities, sources that begin late.
pub(crate) const MOVES: u8 = 6;
/// Also virtual functions.
pub(crate) const FUNCTIONS: u8 = 7;

/// Also virtual NICs with several queues and channels, parts of sources, ways that change, machines
/// that stop and start, links that go down. From here on each level has its own features beside
/// those of [`FUNCTIONS`] ...
pub(crate) const CHANGES: u8 = 8;
/// Also closed loops.
pub(crate) const LOOPS: u8 = 9;
/// Also broadcasts.
pub(crate) const BROADCASTS: u8 = 10;
/// Also spreading in software.
pub(crate) const RPS: u8 = 11;
/// Also ports that ask for pauses.
pub(crate) const FLOW_CONTROL: u8 = 12;
/// Also vCPUs that float.
pub(crate) const UNPINNED: u8 = 13;
/// Also sources inside their ports, some of which ask for pauses.
pub(crate) const INTERNAL_SWITCH: u8 = 14;
/// ... but for this one, which has all of them.
pub(crate) const EVERYTHING: u8 = 15;

/// The multiple of all times in a world on the grid.
const GRID: Span = Span::ns(100);

/// The world of this seed and level.
pub(crate) fn random_world(seed: u64, level: u8) -> World {
    let mut stream = Stream::new(seed, "random world", &level.to_string());
    let on_grid = stream.below(2) == 0;
    let mut dice = Dice { stream, level, on_grid };
    let mut hosts: Vec<HostSpec> =
        (0..=dice.rarely(MIXED, 1)).map(|index| dice.host(index)).collect();
    let ports = 1 + dice.rarely(MIXED, 2);
    let mut nics: Vec<NicSpec> = (0..ports).map(|index| dice.nic(index, &hosts)).collect();
    let apps: Vec<AppSpec> =
        (0..dice.up_to(THREADS, 3)).map(|index| dice.app(index, &hosts)).collect();
    let works: Vec<WorkSpec> =
        (0..dice.up_to(THREADS, 3)).map(|index| dice.work(index, &hosts)).collect();
    let (mut vms, mut vnics) = dice.virtual_machines(&mut hosts, &mut nics);
    dice.moves(&mut hosts, &mut nics);
    dice.functions(&mut hosts, &vms, &mut vnics);
    dice.changeable(&mut vms, &mut vnics);
    dice.unpinned(&hosts, &mut vms, &mut vnics);
    dice.rps(&mut hosts, &mut nics);
    dice.flow_control(&mut nics);
    let count = 1 + dice.up_to(HARDWARE, 2) as usize + dice.more_sources(&vnics);
    let packets = dice.between(100, 1500);
    let gap = dice.gap(&hosts, count as u64);
    let duration = Span(gap.0 * packets / count as u64).max(Span::us(20)).min(Span::ms(4));
    let mut sources: Vec<TrafficSpec> = (0..count)
        .map(|index| {
            let source = dice.source(index, gap, &nics, &apps);
            let mut source = dice.perhaps_to_vnic(source, &vnics);
            dice.perhaps_for_a_while(&mut source, duration);
            source
        })
        .collect();
    let batch = [None, Some(Span::us(1)), Some(Span::us(100))][dice.below(3) as usize];
    let mut events = dice.events(&hosts, &nics, duration);
    dice.changes(&mut events, &nics, &vms, &mut vnics, duration);
    dice.parts(&mut sources, &nics, &vnics, duration);
    dice.broadcasts(&mut sources, &vnics);
    dice.closed_loops(&mut sources, gap);
    dice.internal_switch(&mut sources);
    World {
        slowdown: false,
        seed,
        warmup: Span::ZERO,
        duration: Some(duration),
        step: None,
        batch,
        hosts,
        nics,
        sources,
        apps,
        works,
        vms,
        vnics,
        events,
    }
}

/// Draws features.
struct Dice {
    stream: Stream,
    level: u8,
    on_grid: bool,
}

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.stream.below(n)
    }

    fn between(&mut self, least: u64, greatest: u64) -> u64 {
        least + self.below(greatest - least + 1)
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Whether the features of a level from [`CHANGES`] on are there.
    fn has(&self, level: u8) -> bool {
        self.level == level || self.level == EVERYTHING
    }

    /// Whether a feature of `level` is on, in one world of `n`.
    fn feature(&mut self, level: u8, n: u64) -> bool {
        self.one_in(n) && self.level >= level
    }

    /// 0 to `greatest` from `level` on, else 0.
    fn up_to(&mut self, level: u8, greatest: u64) -> u64 {
        let drawn = self.below(greatest + 1);
        if self.level >= level { drawn } else { 0 }
    }

    /// As `up_to`, but 0 in half of the worlds.
    fn rarely(&mut self, level: u8, greatest: u64) -> u64 {
        if self.one_in(2) { self.up_to(level, greatest) } else { 0 }
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }

    /// 1 to 64, small numbers as likely as large ones.
    fn small(&mut self) -> u32 {
        let top = self.pick(&[1, 2, 4, 8, 16, 64]);
        self.between(1, top) as u32
    }

    /// A span above zero, at most about `longest`.
    fn span(&mut self, longest: Span) -> Span {
        if self.on_grid {
            GRID * self.between(1, (longest.0 / GRID.0).max(1))
        } else {
            Span(self.between(1, longest.0))
        }
    }

    /// A span that may well be zero.
    fn cost(&mut self, longest: Span) -> Span {
        if self.one_in(4) { Span::ZERO } else { self.span(longest) }
    }

    /// A cost that may be random; on the grid it stays there.
    fn draw(&mut self, longest: Span) -> Draw {
        let mean = self.cost(longest);
        if mean == Span::ZERO || !self.feature(MIXED, 2) {
            return Draw::Constant(mean);
        }
        if self.on_grid {
            return Draw::Discrete(vec![(mean, 3), (mean * 3, 1), (Span::ZERO, 1)]);
        }
        match self.below(5) {
            0 => Draw::Exponential { mean },
            1 => Draw::Lognormal { mean, cv: 0.7 },
            2 => Draw::Uniform { min: Span::ZERO, max: mean * 2 },
            3 => Draw::Pareto { mean, shape: 2.5 },
            _ => Draw::Discrete(vec![(mean, 9), (mean * 4, 1)]),
        }
    }

    fn host(&mut self, index: u64) -> HostSpec {
        let stack = if self.feature(STACKS, 1) { self.stack() } else { Stack::WindowsDpc };
        let mut costs = self.costs();
        if stack == Stack::BusyPoll {
            costs.round = Draw::Constant(self.span(Span::ns(500)));
        }
        let (mut budget, backlog) = (self.small(), self.small());
        if matches!(stack, Stack::LinuxNapi { .. }) && self.one_in(2) {
            budget = self.between(1, 3) as u32; // full rounds, so that `ksoftirqd` gets its turn
        }
        HostSpec {
            name: format!("h{index}"),
            cores: 1 + self.up_to(HARDWARE, 3) as u32,
            stack,
            budget,
            quantum: self.span(Span::us(4)),
            backlog,
            idle_before_sleep: self.span(Span::us(3)),
            dispatch: Dispatch::PerQueue,
            non_preemptive: false,
            exits_per_interrupt: 0,
            halt_poll: Span::ZERO,
            costs,
        }
    }

    fn stack(&mut self) -> Stack {
        match self.below(5) {
            0 => Stack::WindowsDpc,
            1 | 2 => {
                let (hz, ksoftirqd_defers) =
                    (self.pick(&[1_000, 2_000_000, 10_000_000]), self.one_in(2));
                Stack::LinuxNapi { hz, ksoftirqd_defers }
            }
            3 => Stack::BusyPoll,
            _ => Stack::InterruptPerPacket,
        }
    }

    /// A byte costs nothing on most hosts, and whole grid steps only where frames are small.
    fn costs(&mut self) -> Costs {
        let per_byte = if !self.on_grid && self.one_in(3) { Span::ps(700) } else { Span::ZERO };
        let threads = self.level >= THREADS;
        Costs {
            interrupt: self.draw(Span::us(1)),
            round: self.draw(Span::ns(500)),
            packet: self.draw(Span::us(1)),
            byte: Draw::Constant(per_byte),
            stack_packet: if self.one_in(2) { self.draw(Span::ns(500)) } else { Draw::ZERO },
            stack_byte: Draw::Constant(per_byte),
            filter_packet: self.draw(Span::ns(300)),
            app_packet: Draw::ZERO,
            app_byte: Draw::ZERO,
            context_switch: if threads { self.cost(Span::ns(800)) } else { Span::ZERO },
            wakeup: if threads { self.cost(Span::us(1)) } else { Span::ZERO },
            ..Costs::ZERO
        }
    }

    fn nic(&mut self, index: u64, hosts: &[HostSpec]) -> NicSpec {
        let host = self.below(hosts.len() as u64) as usize;
        let cores = hosts[host].cores;
        let queues: Vec<u32> =
            (0..=self.up_to(HARDWARE, 4)).map(|_| self.below(cores.into()) as u32).collect();
        let vectors = self.vectors(&queues);
        let rss = self.feature(HARDWARE, 2).then(|| self.rss(queues.len() as u64));
        let ring = self.small();
        NicSpec {
            name: format!("n{index}"),
            host,
            link: self.feature(HARDWARE, 2).then(|| self.pick(&[960_000_000, 9_600_000_000])),
            egress: self.pick(&[0, 64, 1_000, 1 << 20]),
            buffer: self.feature(HARDWARE, 3).then(|| self.pick(&[100, 1_600, 8_000])),
            dma: self.dma(),
            ring,
            hold: self.feature(MIXED, 2),
            queues,
            vectors,
            moderation: self.moderation(),
            steering: rss.map_or(SteeringSpec::SingleQueue, SteeringSpec::Rss),
            contention: if !self.on_grid && self.feature(MIXED, 2) { 1.3 } else { 1.0 },
            rebalance: None,
            shared_interrupts: false,
            usable: vec![],
            rps: None,
            flow_control: None,
        }
    }

    /// One vector per queue, or one per core.
    fn vectors(&mut self, queues: &[u32]) -> Vec<Vec<u32>> {
        let numbers = 0..queues.len() as u32;
        if self.one_in(2) {
            return numbers.map(|queue| vec![queue]).collect();
        }
        let of_core = |core: &u32| -> Vec<u32> {
            numbers.clone().filter(|queue| queues[*queue as usize] == *core).collect()
        };
        let mut cores = queues.to_vec();
        cores.sort_unstable();
        cores.dedup();
        cores.iter().map(of_core).collect()
    }

    fn rss(&mut self, queues: u64) -> RssSpec {
        let types = HashTypes {
            ipv4: self.one_in(2),
            tcp_ipv4: !self.one_in(4),
            udp_ipv4: self.one_in(2),
            ipv6: true,
            tcp_ipv6: true,
            udp_ipv6: false,
        };
        let entries = self.pick(&[1_u64, 2, 8, 128]);
        let table = (0..entries).map(|_| self.below(queues) as u32).collect();
        RssSpec { key: KEY_MICROSOFT, types, table }
    }

    /// On the grid, the transfer of a 64-byte frame takes 100 ns.
    fn dma(&mut self) -> DmaSpec {
        let limited = self.feature(HARDWARE, 2);
        let bits = self.pick(&[10_050_000_000, 1_005_000_000]);
        let latency = if self.feature(HARDWARE, 2) { self.span(Span::us(1)) } else { Span::ZERO };
        DmaSpec { bits: limited.then_some(bits), max_payload: self.pick(&[128, 256]), latency }
    }

    fn moderation(&mut self) -> Moderation {
        let interval = self.span(Span::us(10));
        let frames = self.small();
        if self.level < HARDWARE {
            return Moderation::None;
        }
        match self.below(6) {
            0 | 1 => Moderation::None,
            2 => Moderation::Throttle { interval },
            3 => Moderation::Timer { interval },
            4 => Moderation::TimerOrCount { interval, frames },
            _ => Moderation::Periodic { interval },
        }
    }

    fn app(&mut self, index: u64, hosts: &[HostSpec]) -> AppSpec {
        let host = self.below(hosts.len() as u64) as usize;
        AppSpec {
            name: format!("a{index}"),
            host,
            core: self.below(hosts[host].cores.into()) as u32,
            backlog: self.small(),
            packet: self.draw(Span::us(1)),
            byte: Draw::ZERO,
        }
    }

    fn work(&mut self, index: u64, hosts: &[HostSpec]) -> WorkSpec {
        let host = self.below(hosts.len() as u64) as usize;
        let period = self.span(Span::us(20));
        let demand = if self.one_in(3) { period } else { self.span(period) };
        WorkSpec {
            name: format!("w{index}"),
            host,
            core: self.below(hosts[host].cores.into()) as u32,
            period,
            demand,
        }
    }

    /// The mean gap of each of `sources`: all together they load the first host's cores (two of
    /// them at most) with a tenth of to three times what they can do.
    fn gap(&mut self, hosts: &[HostSpec], sources: u64) -> Span {
        let costs = &hosts[0].costs;
        let per_interrupt = costs.interrupt.mean_ps() + costs.round.mean_ps();
        let per_packet =
            costs.packet.mean_ps() + costs.stack_packet.mean_ps() + costs.vswitch_packet.mean_ps();
        let service = per_packet + per_interrupt / 2.0 + 100_000.0;
        let load = self.pick(&[0.1, 0.3, 0.6, 0.9, 1.0, 1.2, 2.0, 3.0]);
        let gap = service * sources as f64 / load / f64::from(hosts[0].cores.min(2));
        let steps = (gap / GRID.0 as f64).round().max(1.0);
        if self.on_grid { GRID * steps as u64 } else { Span(gap as u64) }
    }

    fn source(
        &mut self,
        index: usize,
        gap: Span,
        nics: &[NicSpec],
        apps: &[AppSpec],
    ) -> TrafficSpec {
        let nic = self.below(nics.len() as u64) as usize;
        let on_host: Vec<usize> =
            (0..apps.len()).filter(|app| apps[*app].host == nics[nic].host).collect();
        let to_app = !on_host.is_empty() && !self.one_in(4);
        let to = if to_app { Consumer::App(self.pick(&on_host)) } else { Consumer::Host };
        let queue = self.below(nics[nic].queues.len() as u64) as u32;
        let filter = match self.up_to(MIXED, 7) {
            5 => Filter::DropInNic,
            6 => Filter::Pin(queue),
            7 => Filter::DropInDriver,
            _ => Filter::Pass,
        };
        let source = SourceSpec {
            name: format!("traffic.s[{index}]"),
            arrivals: self.arrivals(gap, nics[nic].link),
            sizes: self.sizes(),
            flows: self.flows(),
        };
        TrafficSpec {
            group: format!("s{index}"),
            nic,
            to,
            by_internal_switch: false,
            filter,
            from: Time::ZERO,
            until: None,
            part: Part::default(),
            closed: None,
            source,
        }
    }

    /// On the grid all packets come at its points; a phase of the constant law would leave it.
    fn arrivals(&mut self, gap: Span, link: Option<u64>) -> Arrivals {
        let mean = Gap { ps: gap.0.into(), packets: 1 };
        let packets = self.between(1, 20);
        let spans = |n: u64| Draw::Constant(gap * n);
        match (self.below(4), link) {
            (0, Some(link)) if self.one_in(3) => Arrivals::Line { link },
            (0 | 1, _) if self.on_grid => {
                Arrivals::Burst { packets: 1, every: spans(1), link: None }
            }
            (0, _) => Arrivals::Constant(mean),
            (1, _) => Arrivals::Poisson(mean),
            (2, _) => Arrivals::OnOff {
                gap: mean,
                on: spans(self.between(1, 20)),
                off: spans(self.between(1, 20)),
            },
            _ => Arrivals::Burst { packets, every: spans(packets), link },
        }
    }

    fn sizes(&mut self) -> Sizes {
        match self.below(3) {
            1 if !self.on_grid => Sizes::Fixed(self.between(64, 1518) as u32),
            2 if !self.on_grid => Sizes::Mix(vec![(64, 7), (594, 4), (1518, 1)]),
            _ => Sizes::Fixed(64),
        }
    }

    fn flows(&mut self) -> Flows {
        let keys = match self.below(3) {
            0 => Keys::Random,
            1 => Keys::SequentialPorts,
            _ => Keys::Ranges {
                src: ([198, 18, 0, 1].into(), [198, 18, 0, 9].into()),
                dst: ([198, 19, 0, 1].into(), [198, 19, 0, 3].into()),
                sport: (2000, 2003),
                dport: (53, 53),
                udp: true,
            },
        };
        let popularity = if self.one_in(3) { Popularity::Zipf(1.1) } else { Popularity::Uniform };
        Flows { count: self.between(1, 40) as u32, keys, popularity }
    }
}
