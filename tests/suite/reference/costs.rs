//! What things cost: a packet's by its number, a core's from its own streams.

use super::model::{CoreAt, Frame, Model};
use rxsim::engine::chance::{Indexed, Stream};
use rxsim::engine::sample::{Draw, Sampler};
use rxsim::engine::time::Span;
use rxsim::host::world::{Filter, World};

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
            let of_host = |host: &rxsim::host::world::HostSpec| {
                (0..host.cores).map(|core| of_core(&host.name, core)).collect()
            };
            world.hosts.iter().map(of_host).collect()
        };
        Self { interrupt: streams("cost.interrupt"), round: streams("cost.round") }
    }
}

/// Constants draw nothing.
fn draw(law: &Draw, stream: &mut Stream) -> Span {
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

    /// A packet's deferred work.
    pub(super) fn deferred_cost(&self, frame: &Frame) -> Span {
        let nic = &self.world.nics[frame.nic];
        let costs = &self.world.hosts[nic.host].costs;
        let entry =
            |law: &Draw, purpose| self.packet_draw(frame, &law.scaled(nic.contention), purpose);
        if self.world.sources[frame.source].filter == Filter::DropInDriver {
            return entry(&costs.filter_packet, "cost.filter_packet");
        }
        entry(&costs.packet, "cost.packet")
            + entry(&costs.byte, "cost.byte") * frame.bytes()
            + entry(&costs.stack_packet, "cost.stack_packet")
            + entry(&costs.stack_byte, "cost.stack_byte") * frame.bytes()
    }

    /// An app's work for a packet.
    pub(super) fn app_cost(&self, app: usize, frame: &Frame) -> Span {
        let spec = &self.world.apps[app];
        self.packet_draw(frame, &spec.packet, "cost.app_packet")
            + self.packet_draw(frame, &spec.byte, "cost.app_byte") * frame.bytes()
    }

    fn packet_draw(&self, frame: &Frame, law: &Draw, purpose: &str) -> Span {
        let source = &self.world.sources[frame.source].source.name;
        let words = Indexed::new(self.world.seed, source, purpose);
        Sampler::new(law).span(words.word(frame.packet.number))
    }
}
