//! When a vector with waiting packets is due.

use super::agenda::Item;
use super::model::{Frame, Model, VectorAt};
use rxsim::engine::time::{Moment, Span, Time};
use rxsim::rx::cpu::Stack;
use rxsim::rx::moderation::Moderation;

/// An interrupt vector.
#[derive(Clone, Debug, Default)]
pub(super) struct Vector {
    masked: bool,
    /// The last unmasking; none before the first interrupt.
    unmasked: Option<Moment>,
    /// When its last interrupt was taken.
    last_taken: Option<Time>,
    /// Since when it is due.
    pub(super) due: Option<Moment>,
    /// What its timer is set to.
    timer: Option<Time>,
    /// The position among its rings from which the next packet is looked for.
    pub(super) look_at: usize,
    /// The position of the ring last served.
    pub(super) served: Option<usize>,
}

impl Model<'_> {
    /// A packet became visible in a ring: its vector, or it, may be due.
    pub(super) fn became_visible(&mut self, nic: usize, queue: u32) {
        let core = self.core_of_queue(nic, queue);
        match self.world.hosts[core.host].stack {
            Stack::BusyPoll => {}
            Stack::InterruptPerPacket => {
                self.agenda.put(self.agenda.time(), Item::Interrupt { core });
            }
            Stack::WindowsDpc | Stack::LinuxNapi { .. } => {
                self.moderate(self.vector_of_queue(nic, queue));
            }
        }
    }

    /// If the vector is unmasked and something waits, makes it due or sets its timer.
    fn moderate(&mut self, at: VectorAt) {
        let vector = &self.nics[at.nic].vectors[at.index];
        if vector.masked || vector.due.is_some() {
            return;
        }
        let Some(earliest) = self.waiting(at).map(|frame| frame.visible).min() else {
            return;
        };
        let waiting = self.waiting(at).count();
        let now = self.agenda.now();
        let first = vector.unmasked.map_or(earliest, |unmasked| earliest.max(unmasked));
        let due = match self.world.nics[at.nic].moderation {
            Moderation::None => first,
            Moderation::Throttle { interval } => throttled(first, vector.last_taken, interval),
            Moderation::TimerOrCount { frames, .. } if waiting >= frames as usize => now,
            Moderation::Timer { interval } | Moderation::TimerOrCount { interval, .. } => {
                timer(first, interval)
            }
            Moderation::Periodic { interval } => tick(first, vector.unmasked, interval),
            Moderation::NetDim | Moderation::Ixgbe => adaptive(),
        };
        if due <= now {
            self.fall_due(at, due);
        } else {
            self.nics[at.nic].vectors[at.index].timer = Some(due.time());
            self.agenda.put(due.time(), Item::Moderation { vector: at });
        }
    }

    /// A timer runs out, unless the vector was interrupted or is due since it was set.
    pub(super) fn moderation_timer(&mut self, at: VectorAt) {
        let now = self.agenda.time();
        let vector = &self.nics[at.nic].vectors[at.index];
        if vector.timer == Some(now) && vector.due.is_none() {
            self.fall_due(at, now.before_arrivals());
        }
    }

    fn fall_due(&mut self, at: VectorAt, due: Moment) {
        self.nics[at.nic].vectors[at.index].due = Some(due);
        let core = self.core_of_queue(at.nic, self.world.nics[at.nic].vectors[at.index][0]);
        self.agenda.put(self.agenda.time(), Item::Interrupt { core });
    }

    /// The vector's interrupt is taken.
    pub(super) fn mask(&mut self, at: VectorAt) {
        let now = self.agenda.time();
        let vector = &mut self.nics[at.nic].vectors[at.index];
        (vector.masked, vector.last_taken) = (true, Some(now));
        (vector.due, vector.timer) = (None, None);
    }

    /// The deferred work that the vector's interrupt started is complete.
    pub(super) fn unmask(&mut self, at: VectorAt) {
        let now = self.agenda.now();
        let vector = &mut self.nics[at.nic].vectors[at.index];
        (vector.masked, vector.unmasked) = (false, Some(now));
        self.moderate(at);
    }

    /// The visible packets in all rings of a vector.
    pub(super) fn waiting(&self, at: VectorAt) -> impl Iterator<Item = &Frame> {
        let rings = &self.nics[at.nic].rings;
        let queues = &self.world.nics[at.nic].vectors[at.index];
        queues.iter().flat_map(|queue| &rings[*queue as usize].visible)
    }
}

/// At once when quiet, else `interval` after the last interrupt was taken.
fn throttled(first: Moment, last_taken: Option<Time>, interval: Span) -> Moment {
    last_taken.map_or(first, |last| first.max((last + interval).before_arrivals()))
}

/// `interval` after the first packet; never before it, where the interval is zero.
fn timer(first: Moment, interval: Span) -> Moment {
    first.max((first.time() + interval).before_arrivals())
}

/// The first multiple of `interval` that is not before `first` and is after the unmasking.
fn tick(first: Moment, unmasked: Option<Moment>, interval: Span) -> Moment {
    let mut tick = Time(first.time().0 / interval.0 * interval.0);
    while tick.before_arrivals() < first
        || unmasked.is_some_and(|unmasked| tick.before_arrivals() <= unmasked)
    {
        tick += interval;
    }
    tick.before_arrivals()
}

/// DELEGATION POINT: `net_dim` and `ixgbe` are pure functions of what the vector saw, shared with
/// the engine through `rx::moderation`; random worlds leave them out until those exist.
fn adaptive() -> Moment {
    unimplemented!("adaptive moderation is shared with rx::moderation")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tick_at_the_instant_of_an_arrival_comes_too_early_for_it() {
        let interval = Span(10);
        assert_eq!(tick(Time(20).before_arrivals(), None, interval), Time(20).before_arrivals());
        assert_eq!(tick(Time(20).at_arrivals(), None, interval), Time(30).before_arrivals());
    }

    #[test]
    fn a_tick_lies_after_the_unmasking() {
        let unmasked = Some(Time(20).before_arrivals());
        let first = Time(20).before_arrivals();
        assert_eq!(tick(first, unmasked, Span(10)), Time(30).before_arrivals());
    }
}
