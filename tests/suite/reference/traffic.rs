//! Traffic comes from the shared generator; here it only learns to wait.

use rxsim::engine::time::{Span, Time};
use rxsim::host::world::TrafficSpec;
use rxsim::rx::source::Source;
use rxsim::vocab::flow_key::FlowKey;
use rxsim::vocab::id::FlowId;
use rxsim::vocab::packet::Packet;

/// A source, its next packet, and the keys of its flows.
pub(super) struct Feed {
    source: Source,
    /// When its own clock starts.
    from: Time,
    until: Time,
    pub(super) next: Option<Packet>,
    keys: Vec<FlowKey>,
}

impl Feed {
    pub(super) fn new(spec: &TrafficSpec, seed: u64) -> Self {
        let mut feed = Self {
            source: Source::new(&spec.source, seed),
            from: spec.from,
            until: spec.until.unwrap_or(Time::END),
            next: None,
            keys: spec.source.flow_keys(seed).collect(),
        };
        feed.look_ahead();
        feed
    }

    fn look_ahead(&mut self) {
        let start = Span(self.from.0);
        let next = self.source.emit().map(|packet| Packet { time: packet.time + start, ..packet });
        self.next = next.filter(|packet| packet.time < self.until);
    }

    /// Hands out the next packet.
    pub(super) fn take(&mut self) -> Packet {
        let packet = self.next.expect("an offer was expected");
        self.look_ahead();
        packet
    }

    pub(super) fn key(&self, flow: FlowId) -> FlowKey {
        self.keys[flow.at()]
    }
}
