//! The engine against the plain event loop, packet by packet; and what holds exactly.

use super::event_loop;
use crate::fixtures::minimal;
use crate::fixtures::random::worlds;
use crate::fixtures::runs::traced_by_end;
use rxsim::engine::chance::Stream;
use rxsim::engine::sample::Draw;
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Stack;
use rxsim::rx::dma::DmaSpec;
use rxsim::rx::source::{Arrivals, Gap, Sizes};
use rxsim::world::{Dispatch, Filter, HostSpec, NicSpec, TrafficSpec, World};

/// The multiple of all times in a world on the grid, where instants coincide all the time.
const GRID: u64 = 100_000;

struct Dice {
    stream: Stream,
    on_grid: bool,
}

impl Dice {
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.stream.below(choices.len() as u64) as usize]
    }

    fn span(&mut self, steps: u64) -> Span {
        let most = if self.on_grid { steps + 1 } else { steps * GRID };
        Span(self.stream.below(most) * if self.on_grid { GRID } else { 1 })
    }

    fn cost(&mut self, steps: u64) -> Draw {
        let mean = self.span(steps);
        match self.stream.below(3) {
            0 => Draw::Constant(mean),
            1 => Draw::Discrete(vec![(mean, 3), (mean * 3, 1), (Span::ZERO, 1)]),
            _ if self.on_grid || mean == Span::ZERO => Draw::Constant(mean),
            _ => Draw::Exponential { mean },
        }
    }

    fn host(&mut self, host: &mut HostSpec) {
        host.cores = self.pick(&[1, 2, 3, 4, 8]);
        let jbsq = Dispatch::Jbsq(self.pick(&[1, 2, 4]));
        host.dispatch = self.pick(&[
            Dispatch::Shared,
            jbsq,
            jbsq,
            Dispatch::WorkStealing,
            Dispatch::WorkStealing,
        ]);
        host.stack = self.pick(&[Stack::WindowsDpc, Stack::BusyPoll]);
        host.budget = self.pick(&[1, 2, 5, 64]);
        host.idle_before_sleep = self.span(10);
        host.costs.interrupt = Draw::Constant(self.span(6));
        host.costs.wakeup = self.span(6);
        host.costs.round = Draw::Constant(self.span(4));
        host.costs.packet = self.cost(10);
        host.costs.filter_packet = self.cost(3);
        let per_byte = if self.on_grid { 0 } else { self.pick(&[0, 700]) };
        host.costs.byte = Draw::Constant(Span(per_byte));
    }

    fn nic(&mut self, number: u32, model: &NicSpec, cores: u32) -> NicSpec {
        let rings = 1 + self.stream.below(4) as u32;
        NicSpec {
            name: format!("n{number}"),
            vectors: (0..rings).map(|queue| vec![queue]).collect(),
            queues: (0..rings).map(|_| self.stream.below(cores.into()) as u32).collect(),
            ring: self.pick(&[1, 2, 3, 8, 64]),
            hold: self.pick(&[false, true]),
            dma: DmaSpec {
                latency: if self.pick(&[true, false]) { Span::ZERO } else { self.span(9) },
                ..model.dma
            },
            ..model.clone()
        }
    }

    fn source(&mut self, index: usize, nics: &[NicSpec], cores: u32) -> TrafficSpec {
        let gap = (1 + self.stream.below(u64::from(20 / cores) + 1)) * GRID;
        let mean = Gap { ps: gap.into(), packets: 1 };
        let (packets, every) = (self.pick(&[1, 1, 3]), Draw::Constant(Span(gap)));
        let arrivals = match self.pick(&[true, false]) {
            _ if self.on_grid => Arrivals::Burst { packets, every, link: None },
            true => Arrivals::Poisson(mean),
            false => Arrivals::Constant(mean),
        };
        let mut source = minimal::source(index, arrivals);
        source.nic = self.stream.below(nics.len() as u64) as usize;
        let pin = Filter::Pin(self.stream.below(nics[source.nic].queues.len() as u64) as u32);
        source.filter = self.pick(&[pin, pin, pin, Filter::Pass, Filter::DropInDriver]);
        source.source.sizes = Sizes::Mix(vec![(64, 1), (1518, 1)]);
        source
    }
}

fn random_world(seed: u64) -> World {
    let mut stream = Stream::new(seed, "shared packets", "");
    let on_grid = stream.below(2) == 0;
    let mut dice = Dice { stream, on_grid };
    let mut world = minimal::world();
    (world.seed, world.duration) = (seed, Some(Span::us(150)));
    world.batch = dice.pick(&[None, Some(Span::us(1)), Some(Span::us(7))]);
    dice.host(&mut world.hosts[0]);
    let cores = world.hosts[0].cores;
    let model = world.nics[0].clone();
    world.nics = (0..dice.pick(&[1, 1, 2])).map(|n| dice.nic(n, &model, cores)).collect();
    let sources = 1 + dice.stream.below(4) as usize;
    world.sources = (0..sources).map(|index| dice.source(index, &world.nics, cores)).collect();
    world
}

#[test]
fn packets_end_as_in_a_plain_event_loop() {
    let worlds = worlds(2_000);
    for seed in 0..worlds {
        let world = random_world(seed);
        let mut expected = event_loop::run(&world);
        expected.records.sort_by_key(|record| (record.end, record.source, record.number));
        let (outcome, records) = traced_by_end(&world);
        let differs = (0..records.len().max(expected.records.len()))
            .find(|at| records.get(*at) != expected.records.get(*at));
        if let Some(at) = differs {
            let (found, due) = (records.get(at), expected.records.get(at));
            panic!("world {seed}, record {at}\n   engine {found:?}\nexpected {due:?}\n{world:#?}");
        }
        let cores = outcome.hosts[0].cores.iter();
        let cores: Vec<_> =
            cores.map(|c| (c.busy.interrupt, c.busy.deferred, c.interrupts, c.rounds)).collect();
        assert_eq!(cores, expected.cores, "world {seed}");
        let (nics, cores) = (&outcome.nics, &outcome.hosts[0].cores);
        let raised: u64 = nics.iter().map(|nic| nic.interrupts).sum();
        assert_eq!(raised, cores.iter().map(|core| core.interrupts).sum::<u64>(), "world {seed}");
    }
}
