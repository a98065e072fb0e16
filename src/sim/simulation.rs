//! The machine: all sites of a world, driven from one control event to the next.

use crate::engine::time::{Span, Time};
use crate::engine::timeline::Timeline;
use crate::sim::accounting::ledger::Ledger;
use crate::sim::host::host::Host;
use crate::sim::window::MeasuredWindow;
use crate::vocab::packet::Record;
use crate::world::outcome::Outcome;
use crate::world::{RunError, World};

/// Points at which the packets inside are counted over the window.
const SAMPLES: u64 = 64;

/// Where a run without a duration looks whether everything has ended.
const LOOK: Span = Span::ms(100);

/// A control event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Control {
    /// The measured window opens.
    Open,
    /// The packets inside are counted.
    Sample,
    /// A step of the series ends.
    Step,
    /// All cores are caught up, for no other reason.
    Batch,
    /// Closed loops come to know what became of their packets.
    FeedBack,
    /// Events and policies are due: they come first at every instant.
    Act,
    /// The window closes; the run ends.
    Close,
}

/// A world that runs.
pub(crate) struct Simulation<'w> {
    world: &'w World,
    sites: Vec<Host>,
    timeline: Timeline<Control>,
    /// When events and policies are due next.
    acts: Option<Time>,
    /// When they were due last.
    acted: Option<Time>,
    /// The shortest way back of all closed loops: what they send is known that far ahead.
    feedback: Option<Span>,
}

impl<'w> Simulation<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        let sites = (0..world.hosts.len()).map(|host| Host::new(world, host)).collect();
        let acts = next_act(world, None);
        let loops = world.sources.iter().filter_map(|source| source.closed.as_ref());
        let feedback = loops.map(|closed| closed.feedback).min();
        Self { world, sites, timeline: Timeline::default(), acts, acted: None, feedback }
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
        let mut books = MeasuredWindow::new(self.world);
        let open = Time::ZERO + self.world.warmup;
        let close = open + duration;
        self.plan(open, close);
        if open == Time::ZERO {
            books.open(open, &mut ledger, &self.sites);
        }
        while let Some((now, control)) = self.timeline.take() {
            self.advance(now, &mut ledger);
            self.act(now, &mut ledger)?;
            self.feed_back(now, &mut ledger);
            progress(now);
            match control {
                Control::Open => books.open(now, &mut ledger, &self.sites),
                Control::Sample => books.sample(now, &ledger),
                Control::Step => books.step(now, &ledger, &self.sites),
                Control::Batch | Control::FeedBack | Control::Act => {}
                Control::Close => break,
            }
            self.plan_next(now, control, close);
        }
        self.check(&ledger);
        Ok(books.close(duration, self.timeline.count(), &ledger, &self.sites))
    }

    /// When the last packet ends, in a world whose sources all run dry.
    ///
    /// # Errors
    /// A policy decides a move that cannot be made.
    pub(crate) fn last_end(mut self, progress: &mut dyn FnMut(Time)) -> Result<Time, RunError> {
        assert_eq!(self.feedback, None, "a closed loop never runs dry");
        let mut last = Time::ZERO;
        let mut note = |record: Record| last = last.max(record.end);
        let mut ledger = Ledger::new(self.world, Some(&mut note));
        let mut now = Time::ZERO;
        while ledger.inside() > 0 || !self.sites.iter().all(Host::is_exhausted) {
            let look = now + LOOK;
            now = self.acts.map_or(look, |act| look.min(act));
            self.advance(now, &mut ledger);
            self.act(now, &mut ledger)?;
            progress(now);
        }
        Ok(last)
    }

    fn advance(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        for site in &mut self.sites {
            site.run(now, ledger);
        }
        ledger.settle();
    }

    /// Makes happen what events and policies want at `now`, if they are due.
    fn act(&mut self, now: Time, ledger: &mut Ledger<'_>) -> Result<(), RunError> {
        if self.acts != Some(now) {
            return Ok(());
        }
        for event in self.world.events.iter().filter(|event| event.at == now) {
            let site = &mut self.sites[self.world.host_of(&event.action)];
            site.change(self.world, &event.action, now, ledger);
        }
        // The first look is after the first interval.
        if now > Time::ZERO {
            self.sites.iter_mut().try_for_each(|site| site.look(self.world, now, ledger))?;
        }
        self.acts = next_act(self.world, Some(now));
        self.acted = Some(now);
        Ok(())
    }

    /// Closed loops come to know what became of their packets up to `now`.
    fn feed_back(&mut self, now: Time, ledger: &mut Ledger<'_>) {
        if self.feedback.is_none() {
            return;
        }
        // Events and policies may have let packets end at this very instant.
        if self.acted == Some(now) {
            self.advance(now, ledger);
        }
        self.sites.iter_mut().for_each(|site| site.feed_back(now, ledger));
    }

    /// The control events that are known beforehand. Of those at one instant, the window opens
    /// first and closes last.
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
            self.timeline.put(Time::ZERO, Control::FeedBack);
        }
        self.plan_act(close);
    }

    /// Repeats what is periodic. The close is put in when its time has come, behind all others.
    fn plan_next(&mut self, now: Time, control: Control, close: Time) {
        let span = match control {
            Control::Step => self.world.step,
            Control::Batch => self.world.batch,
            Control::FeedBack => self.feedback,
            Control::Act => {
                self.plan_act(close);
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

    fn plan_act(&mut self, close: Time) {
        if let Some(act) = self.acts.filter(|act| *act <= close) {
            self.timeline.put(act, Control::Act);
        }
    }

    /// The invariants that every run ends with, release builds included.
    fn check(&self, ledger: &Ledger<'_>) {
        let inside: u64 = self.sites.iter().map(Host::packets_inside).sum();
        assert_eq!(inside, ledger.inside(), "packets inside (seed {})", self.world.seed);
    }
}

/// When the next event or look of a policy after `now` is due (none: from the start on).
fn next_act(world: &World, now: Option<Time>) -> Option<Time> {
    let events = world.events.iter().map(|event| event.at);
    let looks = world.nics.iter().filter_map(|nic| nic.rebalance.as_ref()).map(|rebalance| {
        let interval = rebalance.interval.0;
        Time((now.map_or(0, |now| now.0 / interval) + 1).saturating_mul(interval))
    });
    events.chain(looks).filter(|time| now.is_none_or(|now| *time > now)).min()
}
