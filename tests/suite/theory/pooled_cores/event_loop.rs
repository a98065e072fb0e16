//! Cores that share packets, as a plain event loop: one heap, one event per packet and activity.
//!
//! Links, buses and packet buffers are unlimited; packets name their queue by a filter.

use rxsim::engine::chance::Indexed;
use rxsim::engine::sample::{Draw, Sampler};
use rxsim::engine::time::{Span, Time};
use rxsim::rx::cpu::Stack;
use rxsim::rx::source::Source;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::id::SourceId;
use rxsim::vocab::packet::{Fate, Packet, Record};
use rxsim::world::{Dispatch, Filter, World};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// A packet and its source.
type Job = (usize, Packet);

/// NIC and queue.
type Place = (usize, usize);

/// Of those at one time the first comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A transfer is done: the first packet on its way to this queue is visible.
    Done(Place),
    /// What a core does ends.
    End(usize),
    /// A frame that had waited for a descriptor, and is visible as soon as it has one.
    Held(Place),
    /// The n-th packet of all arrives.
    Arrival(usize),
}

#[derive(Default)]
struct Core {
    hand: Option<Job>,
    /// Where the packet's own processing starts; none during the interrupt.
    start: Option<Time>,
    given: VecDeque<Job>,
    taken: u32,
    idle_since: Time,
    busy: (Span, Span),
    interrupts: u64,
    rounds: u64,
}

/// What became of all packets, and per core: time in interrupts and in deferred work, interrupts,
/// rounds.
pub(super) struct Ends {
    pub(super) records: Vec<Record>,
    pub(super) cores: Vec<(Span, Span, u64, u64)>,
}

struct Model<'w> {
    world: &'w World,
    end: Time,
    now: Time,
    events: BinaryHeap<Reverse<(Time, Event)>>,
    arrivals: Vec<Job>,
    /// Frames of each port that wait for a descriptor of the first one's ring.
    blocked: Vec<VecDeque<Job>>,
    /// Descriptors held, and packets not yet visible.
    held: BTreeMap<Place, u32>,
    in_dma: BTreeMap<Place, VecDeque<Job>>,
    line: VecDeque<Job>,
    cores: Vec<Core>,
    records: Vec<Record>,
}

/// Runs the first host of a world.
pub(super) fn run(world: &World) -> Ends {
    let end = Time::ZERO + world.duration.expect("a fixed window");
    let mut arrivals: Vec<Job> = Vec::new();
    for (index, spec) in world.sources.iter().enumerate() {
        let mut source = Source::new(&spec.source, world.seed);
        while let Some(packet) = source.emit().filter(|packet| packet.time <= end) {
            arrivals.push((index, packet));
        }
    }
    arrivals.sort_by_key(|(source, packet)| (packet.time, world.sources[*source].nic, *source));
    let events =
        arrivals.iter().zip(0..).map(|((_, packet), n)| Reverse((packet.time, Event::Arrival(n))));
    let mut model = Model {
        world,
        end,
        now: Time::ZERO,
        events: events.collect(),
        blocked: vec![VecDeque::new(); world.nics.len()],
        arrivals,
        held: BTreeMap::new(),
        in_dma: BTreeMap::new(),
        line: VecDeque::new(),
        cores: (0..world.hosts[0].cores).map(|_| Core::default()).collect(),
        records: Vec::new(),
    };
    while let Some(Reverse((now, event))) = model.events.pop()
        && now <= end
    {
        model.now = now;
        model.handle(event);
    }
    let cores =
        model.cores.iter().map(|core| (core.busy.0, core.busy.1, core.interrupts, core.rounds));
    Ends { cores: cores.collect(), records: model.records }
}

impl Model<'_> {
    fn handle(&mut self, event: Event) {
        match event {
            Event::Done(place) | Event::Held(place) => {
                let job = self.in_dma.get_mut(&place).expect("a queue").pop_front();
                self.receive(job.expect("a packet is on its way"));
            }
            Event::End(core) => self.end_of(core),
            Event::Arrival(n) => self.arrive(self.arrivals[n]),
        }
    }

    fn place(&self, source: usize) -> Place {
        let spec = &self.world.sources[source];
        (spec.nic, if let Filter::Pin(queue) = spec.filter { queue as usize } else { 0 })
    }

    fn has_room(&self, place: Place) -> bool {
        self.held.get(&place).is_none_or(|held| *held < self.world.nics[place.0].ring)
    }

    fn arrive(&mut self, job: Job) {
        let place = self.place(job.0);
        let nic = &self.world.nics[place.0];
        if nic.hold && (!self.blocked[place.0].is_empty() || !self.has_room(place)) {
            self.blocked[place.0].push_back(job);
        } else if !self.has_room(place) {
            self.note(&job, self.now, Fate::Dropped(DropReason::RingFull));
        } else if nic.dma.latency == Span::ZERO {
            *self.held.entry(place).or_default() += 1;
            self.receive(job);
        } else {
            self.transfer(job, place);
        }
    }

    /// The frame has a descriptor, and is on its way.
    fn transfer(&mut self, job: Job, place: Place) {
        *self.held.entry(place).or_default() += 1;
        self.in_dma.entry(place).or_default().push_back(job);
        let latency = self.world.nics[place.0].dma.latency;
        let event = if latency == Span::ZERO { Event::Held(place) } else { Event::Done(place) };
        self.events.push(Reverse((self.now + latency, event)));
    }

    /// A packet is visible.
    fn receive(&mut self, job: Job) {
        let load = |core: &Core| core.given.len() + usize::from(core.hand.is_some());
        let least = (0..self.cores.len()).min_by_key(|core| load(&self.cores[*core])).expect("one");
        let least_load = load(&self.cores[least]);
        let place = self.place(job.0);
        let home = self.world.nics[place.0].queues[place.1] as usize;
        let core = match self.world.hosts[0].dispatch {
            Dispatch::PerQueue => home,
            Dispatch::Shared if least_load == 0 => least,
            Dispatch::Jbsq(bound) if least_load < bound as usize => least,
            Dispatch::Shared | Dispatch::Jbsq(_) => return self.line.push_back(job),
            Dispatch::WorkStealing if self.cores[home].hand.is_none() => home,
            Dispatch::WorkStealing => {
                let idle = (0..self.cores.len()).find(|core| self.cores[*core].hand.is_none());
                idle.unwrap_or(home)
            }
        };
        if self.cores[core].hand.is_some() {
            return self.cores[core].given.push_back(job);
        }
        self.cores[core].hand = Some(job);
        let costs = &self.world.hosts[0].costs;
        if self.world.hosts[0].stack == Stack::BusyPoll {
            return self.begin(core);
        }
        let slept = self.now - self.cores[core].idle_since >= self.world.hosts[0].idle_before_sleep;
        let wakeup = if slept { costs.wakeup } else { Span::ZERO };
        let length = constant(&costs.interrupt) + wakeup;
        self.cores[core].interrupts += 1;
        self.cores[core].start = None;
        let spent = self.clipped(self.now + length);
        self.cores[core].busy.0 += spent;
        self.ends(core, self.now + length);
    }

    /// A core begins with the packet that it took.
    fn begin(&mut self, core: usize) {
        let (source, packet) = self.cores[core].hand.expect("a packet");
        let costs = &self.world.hosts[0].costs;
        let mut start = self.now;
        if self.cores[core].taken.is_multiple_of(self.world.hosts[0].budget) {
            self.cores[core].rounds += 1;
            start += constant(&costs.round);
        }
        self.cores[core].taken += 1;
        let filtered = self.world.sources[source].filter == Filter::DropInDriver;
        let name = &self.world.sources[source].source.name;
        let drawn = |law: &Draw, entry: &str| {
            let word = Indexed::new(self.world.seed, name, entry).word(packet.number);
            Sampler::new(law).span(word)
        };
        let cost = if filtered {
            drawn(&costs.filter_packet, "cost.filter_packet")
        } else {
            drawn(&costs.packet, "cost.packet")
                + drawn(&costs.byte, "cost.byte") * u64::from(packet.size)
        };
        self.cores[core].start = Some(start);
        let spent = self.clipped(start + cost);
        self.cores[core].busy.1 += spent;
        self.ends(core, start + cost);
    }

    /// What has no length ends before anything else happens.
    fn ends(&mut self, core: usize, end: Time) {
        if end == self.now {
            self.end_of(core);
        } else {
            self.events.push(Reverse((end, Event::End(core))));
        }
    }

    fn end_of(&mut self, core: usize) {
        let Some(start) = self.cores[core].start else { return self.begin(core) };
        let job = self.cores[core].hand.take().expect("a packet");
        let place = self.place(job.0);
        let filtered = self.world.sources[job.0].filter == Filter::DropInDriver;
        self.note(&job, start, if filtered { Fate::Filtered } else { Fate::Delivered });
        *self.held.get_mut(&place).expect("its descriptor") -= 1;
        while let Some(first) = self.blocked[place.0].front()
            && self.has_room(self.place(first.0))
        {
            let first = self.blocked[place.0].pop_front().expect("just seen");
            let place = self.place(first.0);
            self.transfer(first, place);
        }
        let stolen_from = (0..self.cores.len()).rev().max_by_key(|c| self.cores[*c].given.len());
        let of = &mut self.cores[core];
        if let Some(first) = self.line.pop_front() {
            of.given.push_back(first);
        }
        of.hand = of.given.pop_front();
        if of.hand.is_none() && self.world.hosts[0].dispatch == Dispatch::WorkStealing {
            self.cores[core].hand = self.cores[stolen_from.expect("one")].given.pop_front();
        }
        if self.cores[core].hand.is_some() {
            self.begin(core);
        } else {
            (self.cores[core].taken, self.cores[core].idle_since) = (0, self.now);
        }
    }

    /// The part of a span from now on that lies in the window.
    fn clipped(&self, to: Time) -> Span {
        to.min(self.end).since(self.now)
    }

    fn note(&mut self, (source, packet): &Job, start: Time, fate: Fate) {
        self.records.push(Record {
            source: SourceId(*source as u32),
            number: packet.number,
            queue: self.place(*source).1 as u32,
            arrival: packet.time,
            start,
            end: self.now,
            fate,
        });
    }
}

fn constant(law: &Draw) -> Span {
    Sampler::new(law).constant().expect("a constant cost")
}
