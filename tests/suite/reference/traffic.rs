//! Traffic comes from the shared generator; here it only learns to wait.

use rxsim::host::world::TrafficSpec;
use rxsim::rx::source::Source;
use rxsim::vocab::flow_key::FlowKey;
use rxsim::vocab::id::FlowId;
use rxsim::vocab::packet::Packet;

/// A source, its next packet, and the keys of its flows.
pub(super) struct Feed {
    source: Source,
    pub(super) next: Option<Packet>,
    keys: Vec<FlowKey>,
}

impl Feed {
    pub(super) fn new(spec: &TrafficSpec, seed: u64) -> Self {
        let mut source = Source::between(&spec.source, seed, spec.from, spec.until);
        let next = source.emit();
        Self { source, next, keys: spec.source.flow_keys(seed).collect() }
    }

    /// Hands out the next packet.
    pub(super) fn take(&mut self) -> Packet {
        let packet = self.next.expect("an offer was expected");
        self.next = self.source.emit();
        packet
    }

    pub(super) fn key(&self, flow: FlowId) -> FlowKey {
        self.keys[flow.at()]
    }
}
