//! What one source's packets cost: a pure function of the packet's number.

use super::world::{Consumer, Filter, World};
use crate::engine::chance::Indexed;
use crate::engine::sample::{Draw, Sampler};
use crate::engine::time::Span;
use crate::vocab::frame::Frame;

/// The costs of one source's packets.
#[derive(Debug)]
pub(super) struct PacketCosts {
    deferred: Costed,
    app: Costed,
    /// Packets do not end with their deferred work: an app consumes them.
    pub(super) goes_on: bool,
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
        let nic = &world.nics[traffic.nic];
        let costs = &world.hosts[nic.host].costs;
        let mut deferred = Costed::default();
        let mut app = Costed::default();
        let charge = |sum: &mut Costed, entry: &str, draw: &Draw, factor: f64, per_byte: bool| {
            let words = Indexed::new(world.seed, &traffic.source.name, &format!("cost.{entry}"));
            sum.add(&draw.scaled(factor), words, per_byte);
        };
        if traffic.filter == Filter::DropInDriver {
            charge(&mut deferred, "filter_packet", &costs.filter_packet, nic.contention, false);
        } else {
            charge(&mut deferred, "packet", &costs.packet, nic.contention, false);
            charge(&mut deferred, "byte", &costs.byte, nic.contention, true);
            charge(&mut deferred, "stack_packet", &costs.stack_packet, nic.contention, false);
            charge(&mut deferred, "stack_byte", &costs.stack_byte, nic.contention, true);
        }
        if let Consumer::App(index) = traffic.to {
            charge(&mut app, "app_packet", &world.apps[index].packet, 1.0, false);
            charge(&mut app, "app_byte", &world.apps[index].byte, 1.0, true);
        }
        Self { deferred, app, goes_on: traffic.to != Consumer::Host }
    }

    /// The packet's deferred work.
    #[inline(always)]
    pub(super) fn deferred(&self, frame: &Frame) -> Span {
        self.deferred.of(frame)
    }

    /// The packet's consumption by its app.
    pub(super) fn app(&self, frame: &Frame) -> Span {
        self.app.of(frame)
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
            ps += self.random_part(frame);
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
