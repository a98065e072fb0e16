//! What one source's packets cost: a pure function of the packet's number.

use super::world::{Consumer, Filter, SteeringSpec, TrafficSpec, VnicOwner, World};
use crate::engine::chance::Indexed;
use crate::engine::sample::{Draw, Exponential, Sampler};
use crate::engine::time::Span;
use crate::rx::cpu::Costs;
use crate::vocab::frame::Frame;

/// The costs of one source's packets.
#[derive(Debug)]
pub(super) struct PacketCosts {
    deferred: Costed,
    switch: Costed,
    app: Costed,
    guest: Costed,
    /// Packets do not end with the driver's work: the virtual switch or an app is next.
    pub(super) goes_on: bool,
    /// The virtual switch is, for one virtual NIC.
    pub(super) is_switched: bool,
    /// Copies that the virtual switch makes first, for all virtual NICs of the port but the last.
    pub(super) copies: usize,
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
    pub(super) fn new(world: &World, source: usize) -> Self {
        let traffic = &world.sources[source];
        let costs = &world.hosts[world.nics[traffic.nic].host].costs;
        let filtered = traffic.filter == Filter::DropInDriver;
        let entries = Entries { world, source };
        let (mut deferred, mut switch) = (Costed::default(), Costed::default());
        let (mut app, mut guest) = (Costed::default(), Costed::default());
        if filtered {
            entries.charge_host(&mut deferred, "filter_packet", &costs.filter_packet, false);
        } else {
            entries.charge_host(&mut deferred, "packet", &costs.packet, false);
            entries.charge_host(&mut deferred, "byte", &costs.byte, true);
            if entries.is_for_stack() {
                entries.charge_host(&mut deferred, "stack_packet", &costs.stack_packet, false);
                entries.charge_host(&mut deferred, "stack_byte", &costs.stack_byte, true);
            }
        }
        let (mut is_switched, mut copies) = (false, 0);
        match traffic.to {
            Consumer::Host => {}
            Consumer::Flood => {
                entries.charge_flood(&mut switch, costs);
                entries.charge_guest(&mut guest, costs);
                copies = if filtered { 0 } else { world.vnics_of(traffic.nic).count() - 1 };
                is_switched = !filtered && copies == 0;
            }
            Consumer::App(index) => {
                let spec = &world.apps[index];
                entries.charge(&mut app, "app_packet", &spec.packet, false);
                entries.charge(&mut app, "app_byte", &spec.byte, true);
            }
            Consumer::Vnic(vnic) => {
                entries.charge_switch(&mut switch, costs, vnic);
                entries.charge_guest(&mut guest, costs);
                is_switched = !filtered;
            }
        }
        let goes_on = traffic.to != Consumer::Host;
        Self { deferred, switch, app, guest, goes_on, is_switched, copies }
    }

    /// The packet's work in the driver, and in the host's stack.
    #[inline(always)]
    pub(super) fn deferred(&self, frame: &Frame) -> Span {
        self.deferred.of(frame)
    }

    /// The packet's work in the virtual switch.
    pub(super) fn switch(&self, frame: &Frame) -> Span {
        self.switch.of(frame)
    }

    /// The packet's consumption by its app.
    pub(super) fn app(&self, frame: &Frame) -> Span {
        self.app.of(frame)
    }

    /// All processing of a packet that passes the host.
    pub(super) fn host_and_guest(&self, frame: &Frame) -> Span {
        self.deferred(frame) + self.switch(frame) + self.app(frame) + self.guest(frame)
    }

    /// The packet's processing by its guest.
    pub(super) fn guest(&self, frame: &Frame) -> Span {
        self.guest.of(frame)
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
            Consumer::Flood => false,
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

    /// The virtual switch's work on packets for a virtual NIC: what finds and copies them is spared
    /// where they come by its own queue.
    fn charge_switch(&self, sum: &mut Costed, costs: &Costs, vnic: usize) {
        let (traffic, own) = (self.traffic(), self.world.vnics[vnic].way.own().first().copied());
        let shared = match self.world.nics[traffic.nic].steering {
            SteeringSpec::Vmq { shared_memory } => Some(shared_memory),
            SteeringSpec::SingleQueue | SteeringSpec::Rss(_) => None,
        };
        let pinned_elsewhere = matches!(traffic.filter, Filter::Pin(queue) if own != Some(queue));
        let by_own = shared.is_some() && own.is_some() && !pinned_elsewhere;
        self.charge_host(sum, "vswitch_packet", &costs.vswitch_packet, false);
        self.charge_host(sum, "vswitch_byte", &costs.vswitch_byte, true);
        if !by_own {
            self.charge_host(sum, "vswitch_lookup", &costs.vswitch_lookup, false);
        }
        if !by_own || shared == Some(false) {
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
