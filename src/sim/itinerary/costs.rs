//! The costs of one source's packets: a pure function of the packet's number.

use crate::engine::chance::Indexed;
use crate::engine::sample::{Draw, Exponential, Sampler};
use crate::engine::time::Span;
use crate::rx::cpu::Costs;
use crate::vocab::frame::Frame;
use crate::world::{Consumer, Filter, SteeringSpec, TrafficSpec, VnicOwner, World};

#[derive(Debug)]
pub(crate) struct PacketCosts {
    deferred: CostSum,
    /// The host stack's work in a backlog; none without RPS, or if the packets are for guests.
    stack: Option<CostSum>,
    switch: CostSum,
    /// The virtual switch's work on packets of own queues, where it depends on the queue.
    own_queue: Option<Box<OwnQueueSwitch>>,
    app: CostSum,
    guest: CostSum,
    /// The driver's work is not the last: a virtual switch or an app follows.
    pub(crate) has_next_hop: bool,
    /// The virtual switch follows, for one virtual NIC.
    pub(crate) is_switched: bool,
    /// A backlog comes first: RPS distributes the packets over cores.
    pub(crate) uses_rps: bool,
    /// Copies of a broadcast packet: one for each virtual NIC of the port but the last.
    pub(crate) copies: usize,
}

/// The virtual switch's work on packets that come by their virtual NIC's own queues.
#[derive(Debug)]
struct OwnQueueSwitch {
    switch: CostSum,
    queues: Vec<u32>,
}

/// A sum of cost entries; the constant ones are added up once.
#[derive(Debug, Default)]
struct CostSum {
    fixed: u64,
    per_byte: u64,
    /// Random entries, per packet and per byte.
    random: Vec<RandomEntry>,
    random_per_byte: Vec<RandomEntry>,
    is_random: bool,
}

/// A random cost entry: its value is drawn by the packet's number.
#[derive(Debug)]
struct RandomEntry {
    law: Sampler,
    words: Indexed,
}

impl RandomEntry {
    #[inline(always)]
    fn of(&self, frame: &Frame) -> u64 {
        self.law.span(self.words.word(frame.number)).0
    }
}

impl PacketCosts {
    pub(crate) fn new(world: &World, source: usize) -> Self {
        let traffic = &world.sources[source];
        let costs = &world.hosts[world.nics[traffic.nic].host].costs;
        let filtered = traffic.filter == Filter::DropInDriver;
        let entries = Entries { world, source };
        let (mut deferred, mut switch) = (CostSum::default(), CostSum::default());
        let (mut app, mut guest, mut own_queue) = (CostSum::default(), CostSum::default(), None);
        let uses_rps = world.uses_rps(source);
        let mut stack = (uses_rps && entries.is_for_stack()).then(CostSum::default);
        if filtered {
            entries.charge_host(&mut deferred, "filter_packet", &costs.filter_packet, false);
        } else {
            entries.charge_host(&mut deferred, "packet", &costs.packet, false);
            entries.charge_host(&mut deferred, "byte", &costs.byte, true);
            if entries.is_for_stack() {
                let sum = stack.as_mut().unwrap_or(&mut deferred);
                entries.charge_host(sum, "stack_packet", &costs.stack_packet, false);
                entries.charge_host(sum, "stack_byte", &costs.stack_byte, true);
            }
        }
        let mut copies = 0;
        match traffic.to {
            Consumer::Host => {}
            Consumer::Broadcast => {
                entries.charge_broadcast(&mut switch, costs);
                entries.charge_guest(&mut guest, costs);
                copies = if filtered { 0 } else { world.vnics_of(traffic.nic).count() - 1 };
            }
            Consumer::App(index) => {
                let spec = &world.apps[index];
                entries.charge(&mut app, "app_packet", &spec.packet, false);
                entries.charge(&mut app, "app_byte", &spec.byte, true);
            }
            Consumer::Vnic(vnic) => {
                let own = world.vnics[vnic].rx_path.own();
                let (depends, comes_by_own) = entries.comes_by_own(own);
                entries.charge_switch(&mut switch, costs, comes_by_own && !depends);
                own_queue = depends.then(|| {
                    let mut switch = CostSum::default();
                    entries.charge_switch(&mut switch, costs, true);
                    Box::new(OwnQueueSwitch { switch, queues: own.to_vec() })
                });
                entries.charge_guest(&mut guest, costs);
            }
        }
        let to_switch = matches!(traffic.to, Consumer::Vnic(_) | Consumer::Broadcast);
        let is_switched = to_switch && !filtered && copies == 0;
        let has_next_hop = uses_rps || traffic.to != Consumer::Host;
        Self {
            deferred,
            stack,
            switch,
            own_queue,
            app,
            guest,
            has_next_hop,
            is_switched,
            uses_rps,
            copies,
        }
    }

    /// The driver's work, with the host stack's where RPS is off.
    #[inline(always)]
    pub(crate) fn deferred(&self, frame: &Frame) -> Span {
        self.deferred.of(frame)
    }

    /// The work in a backlog; none if the virtual switch follows at once.
    pub(crate) fn in_backlog(&self, frame: &Frame) -> Option<Span> {
        let work = if self.uses_rps { self.stack.as_ref() } else { Some(&self.deferred) };
        work.map(|work| work.of(frame))
    }

    /// The virtual switch's work on a packet in this queue.
    #[inline(always)]
    pub(crate) fn switch(&self, frame: &Frame, queue: u32) -> Span {
        match &self.own_queue {
            Some(own_queue) if own_queue.queues.contains(&queue) => own_queue.switch.of(frame),
            _ => self.switch.of(frame),
        }
    }

    /// Sets the own queues of the virtual NIC that the packets are for.
    pub(crate) fn set_vm_queues(&mut self, queues: &[u32]) {
        if let Some(own_queue) = &mut self.own_queue {
            own_queue.queues = queues.to_vec();
        }
    }

    /// The app's work.
    pub(crate) fn app(&self, frame: &Frame) -> Span {
        self.app.of(frame)
    }

    /// The guest's work.
    pub(crate) fn guest(&self, frame: &Frame) -> Span {
        self.guest.of(frame)
    }

    /// All work on a packet in this queue, of host and guest.
    pub(crate) fn host_and_guest(&self, frame: &Frame, queue: u32) -> Span {
        let stack = self.stack.as_ref().map_or(Span::ZERO, |stack| stack.of(frame));
        let host = self.deferred(frame) + stack + self.switch(frame, queue);
        host + self.app(frame) + self.guest(frame)
    }
}

/// Adds up the cost entries of one source's packets.
struct Entries<'w> {
    world: &'w World,
    source: usize,
}

impl Entries<'_> {
    fn traffic(&self) -> &TrafficSpec {
        &self.world.sources[self.source]
    }

    fn charge(&self, sum: &mut CostSum, entry: &str, draw: &Draw, per_byte: bool) {
        let name = &self.traffic().source.name;
        let words = Indexed::new(self.world.seed, name, &format!("cost.{entry}"));
        sum.add(draw, words, per_byte);
    }

    /// Adds work of the host, which contention on the NIC prolongs.
    fn charge_host(&self, sum: &mut CostSum, entry: &str, draw: &Draw, per_byte: bool) {
        let contention = self.world.nics[self.traffic().nic].contention;
        self.charge(sum, entry, &draw.scaled(contention), per_byte);
    }

    /// Whether the packets go through the host's own stack.
    fn is_for_stack(&self) -> bool {
        match self.traffic().to {
            Consumer::Host | Consumer::App(_) => true,
            Consumer::Broadcast => false,
            Consumer::Vnic(vnic) => self.world.vnics[vnic].owner == VnicOwner::Host,
        }
    }

    fn charge_guest(&self, sum: &mut CostSum, costs: &Costs) {
        self.charge(sum, "guest_packet", &costs.guest_packet, false);
        self.charge(sum, "guest_byte", &costs.guest_byte, true);
    }

    /// Adds the virtual switch's work on one copy of a broadcast packet: no lookup, but a copy
    /// each.
    fn charge_broadcast(&self, sum: &mut CostSum, costs: &Costs) {
        self.charge_host(sum, "vswitch_packet", &costs.vswitch_packet, false);
        self.charge_host(sum, "vswitch_byte", &costs.vswitch_byte, true);
        self.charge_host(sum, "vswitch_copy", &costs.vswitch_copy, true);
    }

    /// (The switch's work depends on the queue, the packets come by own queues at the start.)
    fn comes_by_own(&self, own: &[u32]) -> (bool, bool) {
        let traffic = self.traffic();
        let has_own = matches!(self.world.nics[traffic.nic].steering, SteeringSpec::Vmq { .. });
        let comes_by_own = match traffic.filter {
            Filter::Pin(queue) => own.contains(&queue),
            Filter::Pass | Filter::DropInNic | Filter::DropInDriver => !own.is_empty(),
        };
        (has_own && self.world.changes_rx_path(self.source), has_own && comes_by_own)
    }

    /// Adds the virtual switch's work. Packets that come by their virtual NIC's own queue need no
    /// lookup, and in shared memory no copy.
    fn charge_switch(&self, sum: &mut CostSum, costs: &Costs, own_queue: bool) {
        let steering = &self.world.nics[self.traffic().nic].steering;
        let shared = matches!(steering, SteeringSpec::Vmq { shared_memory: true });
        self.charge_host(sum, "vswitch_packet", &costs.vswitch_packet, false);
        self.charge_host(sum, "vswitch_byte", &costs.vswitch_byte, true);
        if !own_queue {
            self.charge_host(sum, "vswitch_lookup", &costs.vswitch_lookup, false);
        }
        if !own_queue || !shared {
            self.charge_host(sum, "vswitch_copy", &costs.vswitch_copy, true);
        }
    }
}

impl CostSum {
    fn add(&mut self, draw: &Draw, words: Indexed, per_byte: bool) {
        let law = Sampler::new(draw);
        match (law.constant(), per_byte) {
            (Some(span), false) => self.fixed += span.0,
            (Some(span), true) => self.per_byte += span.0,
            (None, false) => self.random.push(RandomEntry { law, words }),
            (None, true) => self.random_per_byte.push(RandomEntry { law, words }),
        }
        self.is_random = self.random.len() + self.random_per_byte.len() > 0;
    }

    #[inline(always)]
    fn of(&self, frame: &Frame) -> Span {
        let mut ps = self.fixed + self.per_byte * u64::from(frame.size);
        if self.is_random {
            ps += match &self.random[..] {
                [RandomEntry { law: Sampler::Exponential(law), words }]
                    if self.random_per_byte.is_empty() =>
                {
                    exponential(law, *words, frame.number)
                }
                _ => self.random_part(frame),
            };
        }
        Span(ps)
    }

    #[inline(never)]
    fn random_part(&self, frame: &Frame) -> u64 {
        let mut ps = 0;
        for entry in &self.random {
            ps += entry.of(frame);
        }
        for entry in &self.random_per_byte {
            ps += entry.of(frame) * u64::from(frame.size);
        }
        ps
    }
}

/// The one random entry that most scenarios with random costs have. Not inlined, because the loops
/// that use it have no registers to spare.
#[inline(never)]
fn exponential(law: &Exponential, words: Indexed, number: u64) -> u64 {
    law.span(words.word(number)).0
}
