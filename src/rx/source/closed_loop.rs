//! A closed loop: connections whose next packets wait for feedback on earlier ones.
//!
//! The sender learns of a delivery `feedback` after it. So once all deliveries up to an instant are
//! known, all sends up to `feedback` later are known, too.

use crate::engine::chance::Stream;
use crate::engine::sample::{Draw, Sampler};
use crate::engine::time::{Span, Time};
use crate::vocab::id::FlowId;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

/// A closed loop: each flow of the source is a connection, whose next packets wait for the delivery
/// or loss of earlier ones.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ClosedLoop {
    /// The window of a connection: packets that it may have in flight.
    pub window: Window,
    /// The client's think time after a response.
    pub think: Draw,
    /// The time from a packet's delivery until its sender learns of it. Above 0.
    pub feedback: Span,
    /// A packet whose delivery the sender has not learned of this long after offering it counts as
    /// lost. Longer than `feedback`.
    pub timeout: Span,
}

impl ClosedLoop {
    /// Connections that have one packet under way, do not think, and learn at once of a delivery
    /// (a nanosecond later) or of a loss (`timeout` after the packet was offered).
    #[must_use]
    pub fn new(timeout: Span) -> Self {
        Self { window: Window::Fixed(1), think: Draw::ZERO, feedback: Span::ns(1), timeout }
    }
}

/// The window of a connection: packets that it may have in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Window {
    /// Constant.
    Fixed(u32),
    /// Additive increase, multiplicative decrease: one more per window delivered, halved by a loss.
    Aimd {
        /// At the start.
        initial: u32,
        /// At most.
        most: u32,
    },
}

/// The connections of one source.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    think: Sampler,
    think_times: Stream,
    feedback: Span,
    timeout: Span,
    /// The largest window; none for constant windows.
    most: Option<u32>,
    all: Vec<Connection>,
    /// Scheduled packets: (time, serial number, connection).
    scheduled: BinaryHeap<Reverse<(Time, u64, u32)>>,
    /// The next serial number.
    serial: u64,
    /// Sent packets, from the first one on whose fate is not known.
    sent: VecDeque<Sent>,
    /// The number of that packet.
    first: u64,
    /// When packets count as lost, as far as nobody has asked yet.
    losses: VecDeque<Time>,
}

#[derive(Clone, Debug)]
struct Connection {
    window: u32,
    /// Packets in flight or scheduled.
    in_flight: u32,
    /// Deliveries learned of since the window last changed.
    delivered: u32,
    /// When the window was last halved.
    halved: Option<Time>,
}

#[derive(Clone, Copy, Debug)]
struct Sent {
    at: Time,
    connection: u32,
    delivered: bool,
}

impl Connections {
    /// Creates `count` connections of the source `name`, which begin after `from`.
    pub(super) fn new(spec: &ClosedLoop, count: u32, name: &str, seed: u64, from: Time) -> Self {
        let ClosedLoop { window, think, feedback, timeout } = spec;
        assert!(Span::ZERO < *feedback && feedback < timeout, "a loop that takes its time");
        let (initial, most) = match *window {
            Window::Fixed(packets) => (packets, None),
            Window::Aimd { initial, most } => (initial, Some(most)),
        };
        assert!(initial > 0 && most.is_none_or(|most| initial <= most), "a window within bounds");
        let one = Connection { window: initial, in_flight: 0, delivered: 0, halved: None };
        let mut connections = Self {
            think: Sampler::new(think),
            think_times: Stream::new(seed, name, "think"),
            feedback: *feedback,
            timeout: *timeout,
            most,
            all: vec![one; count as usize],
            scheduled: BinaryHeap::new(),
            serial: 0,
            sent: VecDeque::new(),
            first: 0,
            losses: VecDeque::new(),
        };
        let mut phases = Stream::new(seed, name, "start");
        for connection in 0..count {
            let begin = later(from, Span(phases.below(feedback.0)));
            connections.schedule_sends(connection, begin, false);
        }
        connections
    }

    /// When the next known packet is due.
    pub(super) fn due(&self) -> Option<Time> {
        self.scheduled.peek().map(|Reverse((at, ..))| *at)
    }

    /// Sends the packet that is due; returns its connection.
    pub(super) fn send(&mut self) -> FlowId {
        let Reverse((at, _, connection)) = self.scheduled.pop().expect("one is due");
        self.sent.push_back(Sent { at, connection, delivered: false });
        FlowId(connection)
    }

    /// Learns that these packets (end, number), and no others since the last call, were delivered
    /// by `now`, and schedules all that follows by `now + feedback`. All packets due by `now` must
    /// have been sent.
    pub(super) fn learn(&mut self, ends: &mut [(Time, u64)], now: Time) {
        ends.sort_unstable();
        for (end, number) in ends {
            let at = later(*end, self.feedback);
            self.expire(at, *number);
            self.deliver(at, *number);
        }
        self.expire(later(now, self.feedback), u64::MAX);
    }

    /// How many more packets count as lost by `now`.
    pub(super) fn lost_by(&mut self, now: Time) -> u64 {
        let known = self.losses.iter().take_while(|at| **at <= now).count();
        self.losses.drain(..known);
        known as u64
    }

    /// Takes all packets for lost whose timeout comes before (`before`, `number`).
    fn expire(&mut self, before: Time, number: u64) {
        while let Some(Sent { at, connection, delivered }) = self.sent.front().copied() {
            let known = later(at, self.timeout);
            if !delivered && (known, self.first) >= (before, number) {
                return;
            }
            self.sent.pop_front();
            self.first += 1;
            if !delivered {
                self.lose(connection, at, known);
            }
        }
    }

    fn deliver(&mut self, at: Time, number: u64) {
        // The packet may have timed out before.
        let Some(place) = number.checked_sub(self.first) else { return };
        let sent = &mut self.sent[place as usize];
        sent.delivered = true;
        let number = sent.connection;
        let connection = &mut self.all[number as usize];
        connection.in_flight -= 1;
        if let Some(most) = self.most {
            connection.delivered += 1;
            if connection.delivered == connection.window {
                connection.window = most.min(connection.window + 1);
                connection.delivered = 0;
            }
        }
        self.schedule_sends(number, at, true);
    }

    fn lose(&mut self, number: u32, sent: Time, at: Time) {
        self.losses.push_back(at);
        let connection = &mut self.all[number as usize];
        connection.in_flight -= 1;
        // A packet sent before the last halving was lost in the same overload.
        if self.most.is_some() && connection.halved.is_none_or(|halved| sent >= halved) {
            connection.window = (connection.window / 2).max(1);
            connection.delivered = 0;
            connection.halved = Some(at);
        }
        self.schedule_sends(number, at, false);
    }

    /// Schedules the packets that the window allows, once the connection learns something at `at`.
    fn schedule_sends(&mut self, number: u32, at: Time, thinks: bool) {
        let connection = &mut self.all[number as usize];
        while connection.in_flight < connection.window {
            let mut think = || {
                self.think.constant().unwrap_or_else(|| self.think.span(self.think_times.word()))
            };
            let at = if thinks { later(at, think()) } else { at };
            self.scheduled.push(Reverse((at, self.serial, number)));
            self.serial += 1;
            connection.in_flight += 1;
        }
    }
}

/// `time + span`, or the greatest time that a `u64` can hold.
fn later(time: Time, span: Span) -> Time {
    Time(time.0.saturating_add(span.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const US: u64 = 1_000_000;

    /// Connections that begin at 0, with a way back of 10 us and a timeout of 100 us.
    fn connections(window: Window, think: Draw, count: u32) -> Connections {
        let spec = ClosedLoop { window, think, feedback: Span::us(10), timeout: Span::us(100) };
        let mut all = Connections::new(&spec, count, "test", 1, Time::ZERO);
        // Without their phases.
        for Reverse((at, ..)) in std::mem::take(&mut all.scheduled) {
            assert!(at < Time(10 * US));
        }
        let flat = (0..count).flat_map(|number| {
            let window = all.all[number as usize].window;
            (0..window).map(move |_| number)
        });
        all.scheduled = flat.zip(0..).map(|(number, n)| Reverse((Time::ZERO, n, number))).collect();
        all
    }

    /// All that is sent by `until` (us): (us, connection).
    fn sent_by(all: &mut Connections, until: u64) -> Vec<(u64, u32)> {
        let mut sent = Vec::new();
        while let Some(at) = all.due().filter(|at| at.0 <= until * US) {
            sent.push((at.0 / US, all.send().0));
        }
        sent
    }

    /// Deliveries (us, number), known up to `now` (us).
    fn learn(all: &mut Connections, ends: &[(u64, u64)], now: u64) {
        let mut ends: Vec<_> = ends.iter().map(|(end, n)| (Time(end * US), *n)).collect();
        all.learn(&mut ends, Time(now * US));
    }

    #[test]
    fn a_fixed_window_sends_one_packet_for_each_that_is_delivered_a_thought_later() {
        let think = Draw::Constant(Span::us(3));
        let mut all = connections(Window::Fixed(2), think, 1);
        assert_eq!(sent_by(&mut all, 9), [(0, 0), (0, 0)]);
        learn(&mut all, &[(5, 1), (4, 0)], 5);
        assert_eq!(sent_by(&mut all, 100), [(17, 0), (18, 0)]);
    }

    #[test]
    fn what_is_not_known_in_time_is_lost_even_if_it_was_delivered() {
        let think = Draw::Constant(Span::us(3));
        let mut all = connections(Window::Fixed(3), think, 1);
        assert_eq!(sent_by(&mut all, 0).len(), 3);
        // Known at 100, just in time; and at 101, too late.
        learn(&mut all, &[(90, 0), (91, 1)], 91);
        assert_eq!(sent_by(&mut all, 200), [(100, 0), (100, 0), (103, 0)]);
        assert_eq!((all.lost_by(Time(99 * US)), all.lost_by(Time(100 * US))), (0, 2));
        learn(&mut all, &[(95, 2)], 200);
        assert_eq!(all.lost_by(Time(300 * US)), 3, "what was sent again, at 200 and 203");
    }

    #[test]
    fn knowings_of_one_instant_come_in_the_order_of_numbers() {
        let mut all = connections(Window::Fixed(1), Draw::ZERO, 3);
        assert_eq!(sent_by(&mut all, 0), [(0, 0), (0, 1), (0, 2)]);
        // At 100: number 0 is lost, 1 is known to be delivered, 2 is lost.
        learn(&mut all, &[(90, 1)], 90);
        assert_eq!(sent_by(&mut all, 100), [(100, 0), (100, 1), (100, 2)]);
        assert_eq!(all.lost_by(Time(100 * US)), 2);
    }

    #[test]
    fn a_window_grows_by_one_for_each_window_delivered_and_is_halved_once_for_one_overload() {
        let mut all = connections(Window::Aimd { initial: 2, most: 4 }, Draw::ZERO, 1);
        assert_eq!(sent_by(&mut all, 0).len(), 2);
        learn(&mut all, &[(0, 0), (1, 1)], 1);
        // The second delivery fills the window of 2: it is 3 from then on.
        assert_eq!(sent_by(&mut all, 11), [(10, 0), (11, 0), (11, 0)]);
        learn(&mut all, &[(20, 2), (21, 3), (21, 4)], 21);
        assert_eq!(sent_by(&mut all, 31), [(30, 0), (31, 0), (31, 0), (31, 0)]);
        // Four deliveries more: it stays at the most.
        learn(&mut all, &[(40, 5), (41, 6), (41, 7), (41, 8)], 41);
        assert_eq!(sent_by(&mut all, 60), [(50, 0), (51, 0), (51, 0), (51, 0)]);
        // Number 9 is lost at 150, and halves the window: 3 are under way, so nothing is sent.
        // 10 is lost at 151, sent before that: 2 are under way, and the window is 2. So is 11: one
        // is sent again, and one for 12.
        learn(&mut all, &[], 145);
        assert_eq!(sent_by(&mut all, 160), [(151, 0), (151, 0)]);
        assert_eq!(all.lost_by(Time(151 * US)), 4);
        assert_eq!((all.all[0].window, all.all[0].delivered), (2, 0));
        // Sent again at 151, lost at 251: halved again, to the least.
        learn(&mut all, &[], 250);
        assert_eq!(sent_by(&mut all, 260), [(251, 0)]);
        assert_eq!(all.all[0].window, 1);
    }

    #[test]
    fn thoughts_are_drawn_in_the_order_in_which_packets_are_scheduled() {
        let think = Draw::Exponential { mean: Span::us(7) };
        let mut all = connections(Window::Fixed(1), think.clone(), 2);
        assert_eq!(sent_by(&mut all, 0).len(), 2);
        let mut both = all.clone();
        learn(&mut both, &[(2, 1), (2, 0)], 2);
        learn(&mut all, &[(2, 0)], 2);
        learn(&mut all, &[(2, 1)], 2);
        let mut words = Stream::new(1, "test", "think");
        let mut expected: Vec<_> = (0..2_u32)
            .map(|n| (Time(12 * US) + Sampler::new(&think).span(words.word()), n))
            .collect();
        expected.sort();
        for all in [&mut both, &mut all] {
            let sent = [0, 1].map(|_| (all.due().expect("two are"), all.send().0));
            assert_eq!(sent[..], expected[..]);
        }
    }
}
