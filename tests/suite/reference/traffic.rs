//! Traffic comes from the shared generator; here it only learns to wait.
//!
//! Rules S1 to S6.

use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::Source;
use rxsim::vocab::flow_key::FlowKey;
use rxsim::vocab::id::FlowId;
use rxsim::vocab::packet::Packet;
use rxsim::world::{Part, TrafficSpec};

/// A source, its next packet, and the keys of its flows.
pub(super) struct Feed {
    /// None where connections send, each when it may.
    source: Option<Source>,
    /// When its own clock starts.
    from: Time,
    until: Time,
    pub(super) next: Option<Packet>,
    keys: Vec<FlowKey>,
}

impl Feed {
    pub(super) fn new(spec: &TrafficSpec, seed: u64) -> Self {
        let mut feed = Self {
            source: spec.closed.is_none().then(|| Source::new(&spec.source, seed)),
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
        let next = self.source.as_mut().and_then(Source::emit);
        let next = next.map(|packet| Packet { time: packet.time + start, ..packet });
        self.next = next.filter(|packet| packet.time < self.until);
    }

    /// Hands out the next packet.
    pub(super) fn take(&mut self) -> Packet {
        let packet = self.next.expect("an offer was expected");
        self.look_ahead();
        packet
    }

    /// Whether a packet comes by this port at all.
    pub(super) fn is_in(part: &Part, packet: &Packet) -> bool {
        let marked = part.flows.as_ref().is_none_or(|flows| flows[packet.flow.at()]);
        marked && packet.time >= part.since
    }

    pub(super) fn key(&self, flow: FlowId) -> FlowKey {
        self.keys[flow.at()]
    }
}
