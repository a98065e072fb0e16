//! The simulation of a world: advances all hosts from one control event to the next.

use crate::engine::time::{Span, Time};
use crate::engine::timeline::Timeline;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::host::host::Host;
use crate::sim::window::MeasuredWindow;
use crate::vocab::packet::Record;
use crate::world::outcome::Outcome;
use crate::world::{RunError, World};

/// How often the packets inside are sampled during the window.
const SAMPLES: u64 = 64;

/// A run without a duration checks at this interval whether all packets have ended.
const DRAIN_CHECK: Span = Span::ms(100);

/// A control event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    Open,
    /// The packets inside are counted.
    Sample,
    /// A step of the series ends.
    Step,
    /// All cores are caught up; nothing else happens. Bounds the length of a batch.
    Batch,
    /// Closed loops are told which of their packets were delivered.
    Feedback,
    /// Events or policies are due. They come before all other control events of their instant.
    Action,
    Close,
}

/// A world that is being simulated.
pub(crate) struct Simulation<'w> {
    world: &'w World,
    hosts: Vec<Host>,
    timeline: Timeline<Control>,
    /// When the next event or policy tick is due.
    next_action: Option<Time>,
    /// When the last one was due.
    last_action: Option<Time>,
    /// The shortest feedback time of all closed loops: their sends are known this far ahead.
    feedback: Option<Span>,
}

impl<'w> Simulation<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        let hosts = (0..world.hosts.len()).map(|host| Host::new(world, host)).collect();
        let next_action = next_action_after(world, None);
        let loops = world.sources.iter().filter_map(|source| source.closed.as_ref());
        let feedback = loops.map(|closed| closed.feedback).min();
        Self {
            world,
            hosts,
            timeline: Timeline::default(),
            next_action,
            last_action: None,
            feedback,
        }
    }

    /// Runs the world for `duration` after its warm-up.
    ///
    /// # Errors
    /// A policy decides a move that cannot be made.
    pub(crate) fn run(
        mut self,
        duration: Span,
        sink: Option<&mut dyn FnMut(Record)>,
        progress: &mut dyn FnMut(Time),
    ) -> Result<Outcome, RunError> {
        let mut ledger = Ledger::new(self.world, sink);
        let mut window = MeasuredWindow::new(self.world);
        let open = Time::ZERO + self.world.warmup;
        let close = open + duration;
        self.plan(open, close);
        if open == Time::ZERO {
            window.open(open, &mut ledger, &self.hosts);
        }
        while let Some((now, control)) = self.timeline.take() {
            self.advance(now, &mut ledger);
            self.act(now, &mut ledger)?;
            self.feed_back(now, &mut ledger);
            progress(now);
            match control {
                Control::Open => window.open(now, &mut ledger, &self.hosts),
                Control::Sample => window.sample(now, &ledger),
                Control::Step => window.step(now, &ledger, &self.hosts),
                Control::Batch | Control::Feedback | Control::Action => {}
                Control::Close => break,
            }
            self.plan_next(now, control, close);
        }
        self.check(&ledger);
        Ok(window.close(duration, self.timeline.count(), &ledger, &self.hosts))
    }

    /// When the last packet ends, in a world whose sources all end.
    ///
    /// # Errors
    /// A policy decides a move that cannot be made.
    pub(crate) fn last_end(mut self, progress: &mut dyn FnMut(Time)) -> Result<Time, RunError> {
        assert_eq!(self.feedback, None, "a closed loop never runs dry");
        let mut last = Time::ZERO;
        let mut keep_last = |record: Record| last = last.max(record.end);
        let mut ledger = Ledger::new(self.world, Some(&mut keep_last));
        let mut now = Time::ZERO;
        while ledger.inside() > 0 || !self.hosts.iter().all(Host::is_exhausted) {
            let check = now + DRAIN_CHECK;
            now = self.next_action.map_or(check, |action| check.min(action));
            self.advance(now, &mut ledger);
            self.act(now, &mut ledger)?;
            progress(now);
        }
        Ok(last)
    }

    fn advance(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        for host in &mut self.hosts {
            host.run(now, ledger);
        }
        ledger.count_reordered();
    }

    /// Performs the events and policy ticks that are due at `now`.
    fn act(&mut self, now: Time, ledger: &mut Ledger<'_>) -> Result<(), RunError> {
        if self.next_action != Some(now) {
            return Ok(());
        }
        for event in self.world.events.iter().filter(|event| event.at == now) {
            let host = &mut self.hosts[self.world.host_of(&event.action)];
            host.change(self.world, &event.action, now, ledger);
        }
        // The first policy tick comes after the first interval.
        if now > Time::ZERO {
            self.hosts.iter_mut().try_for_each(|host| host.policy_tick(self.world, now, ledger))?;
        }
        self.next_action = next_action_after(self.world, Some(now));
        self.last_action = Some(now);
        Ok(())
    }

    /// Tells closed loops which of their packets were delivered by `now`.
    fn feed_back(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        if self.feedback.is_none() {
            return;
        }
        // Events and policy ticks of this instant may have ended packets.
        if self.last_action == Some(now) {
            self.advance(now, ledger);
        }
        self.hosts.iter_mut().for_each(|host| host.feed_back(now, ledger));
    }

    /// Schedules the control events that are known from the start. Of those at one instant, the
    /// window opens first and closes last.
    fn plan(&mut self, open: Time, close: Time) {
        if open > Time::ZERO {
            self.timeline.put(open, Control::Open);
        }
        let window = close - open;
        for sample in 0..=SAMPLES {
            let part = u128::from(window.0) * u128::from(sample) / u128::from(SAMPLES);
            self.timeline.put(open + Span(part as u64), Control::Sample);
        }
        for (span, control) in
            [(self.world.step, Control::Step), (self.world.batch, Control::Batch)]
        {
            if let Some(span) = span.filter(|span| Time::ZERO + *span <= close) {
                self.timeline.put(Time::ZERO + span, control);
            }
        }
        if self.feedback.is_some() {
            self.timeline.put(Time::ZERO, Control::Feedback);
        }
        self.plan_action(close);
    }

    /// Schedules the next occurrence of a periodic event. The end of the window is scheduled last,
    /// so that it comes behind all other events of its instant.
    fn plan_next(&mut self, now: Time, control: Control, close: Time) {
        let span = match control {
            Control::Step => self.world.step,
            Control::Batch => self.world.batch,
            Control::Feedback => self.feedback,
            Control::Action => {
                self.plan_action(close);
                None
            }
            Control::Open | Control::Sample | Control::Close => None,
        };
        if let Some(span) = span
            && now + span <= close
        {
            self.timeline.put(now + span, control);
        }
        if now == close && control == Control::Sample {
            self.timeline.put(close, Control::Close);
        }
    }

    fn plan_action(&mut self, close: Time) {
        if let Some(action) = self.next_action.filter(|action| *action <= close) {
            self.timeline.put(action, Control::Action);
        }
    }

    /// Checks the invariants that every run ends with, in release builds, too.
    fn check(&self, ledger: &Ledger<'_>) {
        let inside: u64 = self.hosts.iter().map(Host::packets_inside).sum();
        assert_eq!(inside, ledger.inside(), "packets inside (seed {})", self.world.seed);
    }
}

/// When the next event or policy tick after `now` is due; without `now`, the first one of the run.
fn next_action_after(world: &World, now: Option<Time>) -> Option<Time> {
    let events = world.events.iter().map(|event| event.at);
    let ticks = world.nics.iter().filter_map(|nic| nic.rebalance.as_ref()).map(|rebalance| {
        let interval = rebalance.interval.0;
        Time((now.map_or(0, |now| now.0 / interval) + 1).saturating_mul(interval))
    });
    events.chain(ticks).filter(|time| now.is_none_or(|now| *time > now)).min()
}
