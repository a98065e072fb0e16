//! When a vector with waiting packets is due.
//!
//! Rules V1 to V7, M14 to M18, I10 and I34.

use crate::reference::agenda::Item;
use crate::reference::model::{CoreAt, Frame, Model, VectorAt};
use rxsim::engine::time::{PhasedTime, Span, Time};
use rxsim::rx::cpu::Stack;
use rxsim::rx::moderation::Moderation;
use rxsim::world::NicSpec;

/// An interrupt vector.
#[derive(Clone, Debug)]
pub(in crate::reference) struct Vector {
    pub(in crate::reference) server: Server,
    /// Its rings, in the order of visits.
    pub(in crate::reference) queues: Vec<u32>,
    pub(in crate::reference) masked: bool,
    /// The last unmasking; none before the first interrupt.
    pub(in crate::reference) unmasked: Option<PhasedTime>,
    /// When its last interrupt was taken.
    last_taken: Option<Time>,
    /// Since when it is due.
    pub(in crate::reference) due: Option<PhasedTime>,
    /// What its timer is set to.
    timer: Option<Time>,
    /// The position among its rings from which the next packet is looked for.
    pub(in crate::reference) look_at: usize,
    /// The position at which the next round begins to look: behind that of the ring served last.
    pub(in crate::reference) next: usize,
    /// Of a virtual function, interrupted and not taken up since: what taking it up costs.
    pub(in crate::reference) pending_interrupt: Option<Span>,
}

/// Whom a vector interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::reference) enum Server {
    Core(CoreAt),
    /// That of a virtual function: a vCPU, in the order of (VM, vCPU).
    Vcpu(usize),
}

impl Vector {
    pub(in crate::reference) fn new(server: Server, queues: Vec<u32>) -> Self {
        Self {
            server,
            queues,
            masked: false,
            unmasked: None,
            last_taken: None,
            due: None,
            timer: None,
            look_at: 0,
            next: 0,
            pending_interrupt: None,
        }
    }

    /// Those of a port's own queues. Shared ones: one per usable core.
    pub(in crate::reference) fn of_port(spec: &NicSpec) -> Vec<Self> {
        let server = |core: u32| Server::Core(CoreAt { host: spec.host, index: core as usize });
        if spec.shared_interrupts && !spec.usable.is_empty() {
            let on = |core: u32| -> Vec<u32> {
                let all = 0..spec.queues.len() as u32;
                all.filter(|queue| spec.queues[*queue as usize] == core).collect()
            };
            return spec.usable.iter().map(|core| Self::new(server(*core), on(*core))).collect();
        }
        let of =
            |queues: &Vec<u32>| Self::new(server(spec.queues[queues[0] as usize]), queues.clone());
        spec.vectors.iter().map(of).collect()
    }
}

impl Model<'_> {
    /// A packet became visible in a ring: its vector, or it, may be due.
    pub(in crate::reference) fn became_visible(&mut self, nic: usize, queue: u32) {
        // A queue that has left its vector and goes at the end of this instant has none.
        let Some(at) = self.vector_of_queue(nic, queue) else {
            return;
        };
        let Server::Core(core) = self.vector(at).server else {
            return self.moderate(at);
        };
        match self.world.hosts[core.host].stack {
            Stack::BusyPoll => {}
            Stack::InterruptPerPacket => {
                self.agenda.put(self.agenda.time(), Item::Interrupt { core });
            }
            Stack::WindowsDpc | Stack::LinuxNapi { .. } => self.moderate(at),
        }
    }

    pub(in crate::reference) fn vector(&mut self, at: VectorAt) -> &mut Vector {
        &mut self.nics[at.nic].vectors[at.index]
    }

    /// If the vector is unmasked and something waits, makes it due or sets its timer.
    pub(in crate::reference) fn moderate(&mut self, at: VectorAt) {
        let vector = &self.nics[at.nic].vectors[at.index];
        if vector.masked || vector.due.is_some() {
            return;
        }
        let now = self.agenda.now();
        match self.due_moment(at) {
            // Not before it is known: a queue may have come with packets that wait for long.
            Some(due) if due <= now => self.fall_due(at, now),
            Some(due) => {
                self.vector(at).timer = Some(due.time());
                self.agenda.put(due.time(), Item::Moderation { vector: at });
            }
            None => {}
        }
    }

    /// When an unmasked vector is due by what waits in its rings now.
    fn due_moment(&self, at: VectorAt) -> Option<PhasedTime> {
        let vector = &self.nics[at.nic].vectors[at.index];
        let mut waiting: Vec<PhasedTime> = self.waiting(at).map(|frame| frame.visible).collect();
        waiting.sort_unstable();
        let after_unmasking =
            |moment: PhasedTime| vector.unmasked.map_or(moment, |unmasked| moment.max(unmasked));
        let first = after_unmasking(*waiting.first()?);
        Some(match self.world.nics[at.nic].moderation {
            Moderation::None => first,
            Moderation::Throttle { interval } => throttled(first, vector.last_taken, interval),
            Moderation::Timer { interval } => timer(first, interval),
            Moderation::TimerOrCount { interval, frames } => {
                let counted = waiting.get(frames as usize - 1).copied().map(after_unmasking);
                timer(first, interval).min(counted.unwrap_or(PhasedTime::NEVER))
            }
            Moderation::Periodic { interval } => tick(first, vector.unmasked, interval),
            Moderation::NetDim | Moderation::Ixgbe => adaptive(),
        })
    }

    /// A queue has left an unmasked vector, which is due by what is left to it, if at all; where it
    /// was due and still is, then not since earlier than it was.
    pub(in crate::reference) fn moderate_anew(&mut self, at: VectorAt) {
        let now = self.agenda.now();
        let due = self.due_moment(at);
        let vector = self.vector(at);
        vector.timer = None;
        let was_due = vector.due.take();
        match (was_due, due) {
            (Some(was), Some(due)) if due <= now => vector.due = Some(was.max(due)),
            _ => self.moderate(at),
        }
    }

    /// A timer runs out, unless the vector was interrupted or is due since it was set.
    pub(in crate::reference) fn moderation_timer(&mut self, at: VectorAt) {
        let now = self.agenda.time();
        let vector = &self.nics[at.nic].vectors[at.index];
        if vector.timer == Some(now) && vector.due.is_none() {
            self.fall_due(at, now.before_arrivals());
        }
    }

    pub(in crate::reference) fn fall_due(&mut self, at: VectorAt, due: PhasedTime) {
        self.vector(at).due = Some(due);
        let item = match self.vector(at).server {
            Server::Core(core) => Item::Interrupt { core },
            Server::Vcpu(vcpu) => {
                Item::GuestInterrupt { core: self.vcpus[vcpu].core, vcpu, vector: at }
            }
        };
        self.agenda.put(self.agenda.time(), item);
    }

    /// The vector's interrupt is taken.
    pub(in crate::reference) fn mask(&mut self, at: VectorAt) {
        let now = self.agenda.time();
        self.nics[at.nic].interrupts += 1;
        let vector = self.vector(at);
        (vector.masked, vector.last_taken) = (true, Some(now));
        (vector.due, vector.timer) = (None, None);
    }

    /// The deferred work that the vector's interrupt started is complete.
    pub(in crate::reference) fn unmask(&mut self, at: VectorAt) {
        let now = self.agenda.now();
        let vector = self.vector(at);
        (vector.masked, vector.unmasked) = (false, Some(now));
        self.moderate(at);
    }

    /// The visible packets in all rings of a vector.
    pub(in crate::reference) fn waiting(&self, at: VectorAt) -> impl Iterator<Item = &Frame> {
        let nic = &self.nics[at.nic];
        let queues = &nic.vectors[at.index].queues;
        queues.iter().flat_map(|queue| &nic.rings[*queue as usize].visible)
    }
}

/// At once when quiet, else `interval` after the last interrupt was taken.
fn throttled(first: PhasedTime, last_taken: Option<Time>, interval: Span) -> PhasedTime {
    last_taken.map_or(first, |last| first.max((last + interval).before_arrivals()))
}

/// `interval` after the first packet; never before it, where the interval is zero.
fn timer(first: PhasedTime, interval: Span) -> PhasedTime {
    first.max((first.time() + interval).before_arrivals())
}

/// The first multiple of `interval` that is not before `first` and is after the unmasking.
fn tick(first: PhasedTime, unmasked: Option<PhasedTime>, interval: Span) -> PhasedTime {
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
fn adaptive() -> PhasedTime {
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
