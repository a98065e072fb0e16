//! What one source's packets cost: a pure function of the packet's number.

use crate::engine::chance::Indexed;
use crate::engine::sample::{Draw, Exponential, Sampler};
use crate::engine::time::Span;
use crate::rx::cpu::Costs;
use crate::vocab::frame::Frame;
use crate::world::{Consumer, Filter, SteeringSpec, TrafficSpec, VnicOwner, World};

/// The costs of one source's packets.
#[derive(Debug)]
pub(crate) struct PacketCosts {
    deferred: Costed,
    /// What the host's stack does in a backlog; none where nothing is spread, or for guests.
    stack: Option<Costed>,
    switch: Costed,
    /// Where it depends on the queue what the virtual switch has to do.
    by_own: Option<Box<ByOwn>>,
    app: Costed,
    guest: Costed,
    /// Packets do not end with the driver's work: the virtual switch or an app is next.
    pub(crate) goes_on: bool,
    /// The virtual switch is, for one virtual NIC.
    pub(crate) is_switched: bool,
    /// A backlog comes before it: software spreads them over cores.
    pub(crate) uses_rps: bool,
    /// Copies that the virtual switch makes first, for all virtual NICs of the port but the last.
    pub(crate) copies: usize,
}

/// The virtual switch's work on packets that come by their virtual NIC's own queues.
#[derive(Debug)]
struct ByOwn {
    switch: Costed,
    /// Those queues.
    queues: Vec<u32>,
}

/// A sum of cost entries; the constant ones are added up beforehand.
#[derive(Debug, Default)]
struct Costed {
    fixed: u64,
    per_byte: u64,
    /// Entries with chance, per packet and per byte.
    random: Vec<RandomEntry>,
    random_per_byte: Vec<RandomEntry>,
    is_random: bool,
}

/// An entry with chance: its value is drawn by the packet's number.
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
        let (mut deferred, mut switch) = (Costed::default(), Costed::default());
        let (mut app, mut guest, mut by_own) = (Costed::default(), Costed::default(), None);
        let uses_rps = world.uses_rps(source);
        let mut stack = (uses_rps && entries.is_for_stack()).then(Costed::default);
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
                entries.charge_flood(&mut switch, costs);
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
                let (depends, uses_own) = entries.uses_own(own);
                entries.charge_switch(&mut switch, costs, uses_own && !depends);
                by_own = depends.then(|| {
                    let mut switch = Costed::default();
                    entries.charge_switch(&mut switch, costs, true);
                    Box::new(ByOwn { switch, queues: own.to_vec() })
                });
                entries.charge_guest(&mut guest, costs);
            }
        }
        let to_switch = matches!(traffic.to, Consumer::Vnic(_) | Consumer::Broadcast);
        let is_switched = to_switch && !filtered && copies == 0;
        let goes_on = uses_rps || traffic.to != Consumer::Host;
        Self { deferred, stack, switch, by_own, app, guest, goes_on, is_switched, uses_rps, copies }
    }

    /// The packet's work in the driver, and (where it is not spread) in the host's stack.
    #[inline(always)]
    pub(crate) fn deferred(&self, frame: &Frame) -> Span {
        self.deferred.of(frame)
    }

    /// The packet's work in a backlog; none: the virtual switch begins with it at once.
    pub(crate) fn in_backlog(&self, frame: &Frame) -> Option<Span> {
        let work = if self.uses_rps { self.stack.as_ref() } else { Some(&self.deferred) };
        work.map(|work| work.of(frame))
    }

    /// The virtual switch's work on a packet in this queue.
    #[inline(always)]
    pub(crate) fn switch(&self, frame: &Frame, queue: u32) -> Span {
        match &self.by_own {
            Some(by_own) if by_own.queues.contains(&queue) => by_own.switch.of(frame),
            _ => self.switch.of(frame),
        }
    }

    /// The virtual NIC that the packets are for has these queues from now on.
    pub(crate) fn set_own(&mut self, queues: &[u32]) {
        if let Some(by_own) = &mut self.by_own {
            by_own.queues = queues.to_vec();
        }
    }

    /// The packet's consumption by its app.
    pub(crate) fn app(&self, frame: &Frame) -> Span {
        self.app.of(frame)
    }

    /// The packet's processing by its guest.
    pub(crate) fn guest(&self, frame: &Frame) -> Span {
        self.guest.of(frame)
    }

    /// All processing of a packet in this queue that passes the host.
    pub(crate) fn host_and_guest(&self, frame: &Frame, queue: u32) -> Span {
        let stack = self.stack.as_ref().map_or(Span::ZERO, |stack| stack.of(frame));
        let host = self.deferred(frame) + stack + self.switch(frame, queue);
        host + self.app(frame) + self.guest(frame)
    }
}

/// The entries of one source's packets.
struct Entries<'w> {
    world: &'w World,
    source: usize,
}

impl Entries<'_> {
    fn traffic(&self) -> &TrafficSpec {
        &self.world.sources[self.source]
    }

    fn charge(&self, sum: &mut Costed, entry: &str, draw: &Draw, per_byte: bool) {
        let name = &self.traffic().source.name;
        let words = Indexed::new(self.world.seed, name, &format!("cost.{entry}"));
        sum.add(draw, words, per_byte);
    }

    /// Work on the host, which contention on the NIC makes longer.
    fn charge_host(&self, sum: &mut Costed, entry: &str, draw: &Draw, per_byte: bool) {
        let contention = self.world.nics[self.traffic().nic].contention;
        self.charge(sum, entry, &draw.scaled(contention), per_byte);
    }

    /// The host's own stack is where the packets go, or end.
    fn is_for_stack(&self) -> bool {
        match self.traffic().to {
            Consumer::Host | Consumer::App(_) => true,
            Consumer::Broadcast => false,
            Consumer::Vnic(vnic) => self.world.vnics[vnic].owner == VnicOwner::Host,
        }
    }

    fn charge_guest(&self, sum: &mut Costed, costs: &Costs) {
        self.charge(sum, "guest_packet", &costs.guest_packet, false);
        self.charge(sum, "guest_byte", &costs.guest_byte, true);
    }

    /// The virtual switch's work on one copy of a packet for all: it finds nothing, and each copy is
    /// one to be made.
    fn charge_flood(&self, sum: &mut Costed, costs: &Costs) {
        self.charge_host(sum, "vswitch_packet", &costs.vswitch_packet, false);
        self.charge_host(sum, "vswitch_byte", &costs.vswitch_byte, true);
        self.charge_host(sum, "vswitch_copy", &costs.vswitch_copy, true);
    }

    /// Whether the packets come by their virtual NIC's own queues, which are these at the start; first,
    /// whether that depends on the queue that a packet lies in.
    fn uses_own(&self, own: &[u32]) -> (bool, bool) {
        let traffic = self.traffic();
        let has_own = matches!(self.world.nics[traffic.nic].steering, SteeringSpec::Vmq { .. });
        let uses_own = match traffic.filter {
            Filter::Pin(queue) => own.contains(&queue),
            Filter::Pass | Filter::DropInNic | Filter::DropInDriver => !own.is_empty(),
        };
        (has_own && self.world.changes_way(self.source), has_own && uses_own)
    }

    /// The virtual switch's work on packets: what finds and copies them is spared where they come by
    /// their virtual NIC's own queue.
    fn charge_switch(&self, sum: &mut Costed, costs: &Costs, by_own: bool) {
        let steering = &self.world.nics[self.traffic().nic].steering;
        let shared = matches!(steering, SteeringSpec::Vmq { shared_memory: true });
        self.charge_host(sum, "vswitch_packet", &costs.vswitch_packet, false);
        self.charge_host(sum, "vswitch_byte", &costs.vswitch_byte, true);
        if !by_own {
            self.charge_host(sum, "vswitch_lookup", &costs.vswitch_lookup, false);
        }
        if !by_own || !shared {
            self.charge_host(sum, "vswitch_copy", &costs.vswitch_copy, true);
        }
    }
}

impl Costed {
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

/// The one random entry that most scenarios with chance have. Not inlined: the loops that pay costs
/// have no registers to spare.
#[inline(never)]
fn exponential(law: &Exponential, words: Indexed, number: u64) -> u64 {
    law.span(words.word(number)).0
}
