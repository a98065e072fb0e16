//! What things cost: a packet's by its number, a core's from its own streams.
//!
//! Rules Z2 to Z5, G2 to G4 and C10.

use crate::reference::model::{CoreAt, Frame, Model};
use rxsim::engine::chance::{Indexed, Stream};
use rxsim::engine::sample::{Draw, Sampler};
use rxsim::engine::time::Span;
use rxsim::rx::cpu::Costs;
use rxsim::world::{Consumer, Filter, SteeringSpec, VnicOwner, World};

/// The streams of all cores, per host.
pub(super) struct Chance {
    interrupt: Vec<Vec<Stream>>,
    round: Vec<Vec<Stream>>,
}

impl Chance {
    pub(super) fn new(world: &World) -> Self {
        let streams = |purpose: &str| {
            let of_core = |host: &str, core: u32| {
                Stream::new(world.seed, &format!("host.{host}.core[{core}]"), purpose)
            };
            let of_host = |host: &rxsim::world::HostSpec| {
                (0..host.cores).map(|core| of_core(&host.name, core)).collect()
            };
            world.hosts.iter().map(of_host).collect()
        };
        Self { interrupt: streams("cost.interrupt"), round: streams("cost.round") }
    }
}

/// Constants draw nothing.
pub(super) fn draw(law: &Draw, stream: &mut Stream) -> Span {
    let sampler = Sampler::new(law);
    sampler.constant().unwrap_or_else(|| sampler.span(stream.word()))
}

impl Model<'_> {
    pub(super) fn interrupt_cost(&mut self, at: CoreAt) -> Span {
        let law = &self.world.hosts[at.host].costs.interrupt;
        draw(law, &mut self.chance.interrupt[at.host][at.index])
    }

    pub(super) fn round_cost(&mut self, at: CoreAt) -> Span {
        let law = &self.world.hosts[at.host].costs.round;
        draw(law, &mut self.chance.round[at.host][at.index])
    }

    /// A packet's deferred work, but for the virtual switch's part of it.
    pub(super) fn driver_cost(&self, frame: &Frame) -> Span {
        let costs = self.costs_of(frame);
        let entry = |law: &Draw, purpose| self.contended(frame, law, purpose);
        if self.world.sources[frame.source].filter == Filter::DropInDriver {
            return entry(&costs.filter_packet, "cost.filter_packet");
        }
        let driver =
            entry(&costs.packet, "cost.packet") + entry(&costs.byte, "cost.byte") * frame.bytes();
        if self.uses_rps(frame) { driver } else { driver + self.stack_cost(frame) }
    }

    /// The host's stack works on what is for it, for an app, or for a virtual NIC of its own.
    pub(super) fn stack_cost(&self, frame: &Frame) -> Span {
        let of_host = |vnic: usize| self.world.vnics[vnic].owner == VnicOwner::Host;
        match frame.to {
            Consumer::Host | Consumer::App(_) => {}
            Consumer::Vnic(vnic) if of_host(vnic) => {}
            Consumer::Vnic(_) | Consumer::Broadcast => return Span::ZERO,
        }
        let costs = self.costs_of(frame);
        let entry = |law: &Draw, purpose| self.contended(frame, law, purpose);
        entry(&costs.stack_packet, "cost.stack_packet")
            + entry(&costs.stack_byte, "cost.stack_byte") * frame.bytes()
    }

    /// The virtual switch's work for a packet.
    pub(super) fn switch_cost(&self, frame: &Frame) -> Span {
        let costs = self.costs_of(frame);
        let entry = |law: &Draw, purpose| self.contended(frame, law, purpose);
        let (sorted, copied) = match (frame.to, &self.world.nics[frame.nic].steering) {
            // A broadcast is looked up for nobody.
            (Consumer::Broadcast, _) => (true, true),
            (Consumer::Vnic(vnic), SteeringSpec::Vmq { shared_memory }) => {
                let own = self.vnics[vnic].rx_path.own().contains(&frame.queue);
                (own, !(own && *shared_memory))
            }
            _ => (false, true),
        };
        let mut cost = entry(&costs.vswitch_packet, "cost.vswitch_packet")
            + entry(&costs.vswitch_byte, "cost.vswitch_byte") * frame.bytes();
        if !sorted {
            cost += entry(&costs.vswitch_lookup, "cost.vswitch_lookup");
        }
        if copied {
            cost += entry(&costs.vswitch_copy, "cost.vswitch_copy") * frame.bytes();
        }
        cost
    }

    /// A guest's work for a packet.
    pub(super) fn guest_cost(&self, frame: &Frame) -> Span {
        let costs = self.costs_of(frame);
        self.packet_draw(frame, &costs.guest_packet, "cost.guest_packet")
            + self.packet_draw(frame, &costs.guest_byte, "cost.guest_byte") * frame.bytes()
    }

    /// An app's work for a packet.
    pub(super) fn app_cost(&self, app: usize, frame: &Frame) -> Span {
        let spec = &self.world.apps[app];
        self.packet_draw(frame, &spec.packet, "cost.app_packet")
            + self.packet_draw(frame, &spec.byte, "cost.app_byte") * frame.bytes()
    }

    /// What things cost on the host that takes the packet.
    fn costs_of(&self, frame: &Frame) -> &Costs {
        &self.world.hosts[self.world.nics[frame.nic].host].costs
    }

    /// An entry of the host's own work for a packet.
    fn contended(&self, frame: &Frame, law: &Draw, purpose: &str) -> Span {
        self.packet_draw(frame, &law.scaled(self.world.nics[frame.nic].contention), purpose)
    }

    fn packet_draw(&self, frame: &Frame, law: &Draw, purpose: &str) -> Span {
        let source = &self.world.sources[frame.source].source.name;
        let words = Indexed::new(self.world.seed, source, purpose);
        Sampler::new(law).span(words.word(frame.packet.number))
    }
}
