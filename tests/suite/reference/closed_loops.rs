//! Closed loops: connections, each of which sends when it learns what became of earlier packets.
//!
//! Rules W1 to W14 and I37.

use crate::reference::agenda::{Item, Place};
use crate::reference::costs::draw;
use crate::reference::model::{Frame, Model};
use rxsim::engine::chance::Stream;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::source::Sizes;
use rxsim::vocab::id::FlowId;
use rxsim::vocab::packet::Packet;
use rxsim::world::{ClosedLoop, TrafficSpec, Window};

/// The connections of a source.
pub(super) struct Loop {
    spec: ClosedLoop,
    until: Time,
    connections: Vec<Connection>,
    /// Packets scheduled so far.
    scheduled: usize,
    /// What was sent, by number.
    sent: Vec<Sent>,
    sizes: Sizes,
    size_words: Stream,
    think_words: Stream,
}

struct Connection {
    window: u32,
    /// Scheduled or sent, and not known to be delivered or lost.
    in_flight: u32,
    /// Deliveries known since the window changed last.
    count: u32,
    halved: Option<Time>,
}

struct Sent {
    connection: usize,
    at: Time,
    /// Its delivery will be known in time.
    delivered: bool,
}

impl Loop {
    pub(super) fn new(source: &TrafficSpec, seed: u64) -> Option<Self> {
        let spec = source.closed.clone()?;
        let (Window::Fixed(window) | Window::Aimd { initial: window, .. }) = spec.window;
        let connection = |_| Connection { window, in_flight: 0, count: 0, halved: None };
        let words = |purpose| Stream::new(seed, &source.source.name, purpose);
        Some(Self {
            spec,
            until: source.until.unwrap_or(Time::END),
            connections: (0..source.source.flows.count).map(connection).collect(),
            scheduled: 0,
            sent: Vec::new(),
            sizes: source.source.sizes.clone(),
            size_words: words("sizes"),
            think_words: words("think"),
        })
    }

    /// A size by weight; a fixed one draws nothing.
    fn size(&mut self) -> u32 {
        let sizes = match &self.sizes {
            Sizes::Fixed(size) => return *size,
            Sizes::Mix(sizes) => sizes,
        };
        let mut at = self.size_words.below(sizes.iter().map(|(_, weight)| weight).sum());
        for (size, weight) in sizes {
            if at < *weight {
                return *size;
            }
            at -= weight;
        }
        unreachable!("a word is less than all weights together")
    }

    /// What becomes known of a packet changes the window of its connection.
    fn learn(&mut self, number: usize, delivered: bool, now: Time) {
        let Sent { connection, at, .. } = self.sent[number];
        let its = &mut self.connections[connection];
        its.in_flight -= 1;
        let Window::Aimd { most, .. } = self.spec.window else {
            return;
        };
        if delivered {
            its.count += 1;
            if its.count >= its.window {
                (its.window, its.count) = (most.min(its.window + 1), 0);
            }
        } else if its.halved.is_none_or(|halved| at >= halved) {
            (its.window, its.count) = ((its.window / 2).max(1), 0);
            its.halved = Some(now);
        }
    }
}

impl Model<'_> {
    /// All connections begin, each with its window.
    pub(super) fn begin_loop(&mut self, source: usize) {
        let spec = &self.world.sources[source];
        let Some(closed) = &spec.closed else {
            return;
        };
        let mut phases = Stream::new(self.world.seed, &spec.source.name, "start");
        for connection in 0..spec.source.flows.count as usize {
            let start = spec.from + Span(phases.below(closed.feedback.0));
            self.schedule_missing(source, connection, |_| start);
        }
    }

    /// Schedules what a connection may send, each at the instant that `when` says.
    fn schedule_missing(
        &mut self,
        source: usize,
        connection: usize,
        mut when: impl FnMut(&mut Loop) -> Time,
    ) {
        let place = Place::of(&self.world.sources[source]);
        let its = self.loops[source].as_mut().expect("a closed loop");
        while its.connections[connection].in_flight < its.connections[connection].window {
            its.connections[connection].in_flight += 1;
            its.scheduled += 1;
            let at = when(its);
            if at < its.until {
                let order = its.scheduled;
                self.agenda.put(at, Item::Send { place, source, order, connection });
            }
        }
    }

    /// A connection sends its next packet.
    pub(super) fn send(&mut self, source: usize, connection: usize) {
        let now = self.agenda.time();
        let its = self.loops[source].as_mut().expect("a closed loop");
        let number = its.sent.len();
        its.sent.push(Sent { connection, at: now, delivered: false });
        let (size, flow) = (its.size(), FlowId(connection as u32));
        let given_up = now + its.spec.timeout;
        self.agenda.put(given_up, Item::Known { source, number, delivered: false });
        self.tallies.loops.sent += 1;
        self.offer_packet(source, Packet { time: now, number: number as u64, size, flow });
    }

    /// A packet was delivered. Its sender will know, if that is not too late.
    pub(super) fn expect_to_be_known(&mut self, frame: &Frame) {
        let Frame { source, packet, .. } = *frame;
        let number = packet.number as usize;
        if let Some(its) = &mut self.loops[source] {
            let known = self.agenda.time() + its.spec.feedback;
            if known <= packet.time + its.spec.timeout {
                its.sent[number].delivered = true;
                self.agenda.put(known, Item::Known { source, number, delivered: true });
            } else {
                self.tallies.loops.too_late += 1;
            }
        }
    }

    /// A sender comes to know that a packet was delivered, or takes it for lost.
    pub(super) fn known(&mut self, source: usize, number: usize, delivered: bool) {
        let now = self.agenda.time();
        let its = self.loops[source].as_mut().expect("a closed loop");
        let Sent { connection, delivered: known_otherwise, .. } = its.sent[number];
        if !delivered && known_otherwise {
            return;
        }
        let before = its.connections[connection].window;
        its.learn(number, delivered, now);
        let window = its.connections[connection].window;
        let tally = &mut self.tallies.loops;
        tally.grown += u64::from(window > before);
        tally.halved += u64::from(window < before);
        if delivered {
            tally.delivered += 1;
            let think = |its: &mut Loop| now + draw(&its.spec.think, &mut its.think_words);
            self.schedule_missing(source, connection, think);
        } else {
            tally.lost += 1;
            self.resent[source] += 1;
            self.schedule_missing(source, connection, |_| now);
        }
    }
}
