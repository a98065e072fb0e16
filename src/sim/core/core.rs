//! A core: its interrupt vectors, what it has in service, and the loop that advances it.
//!
//! A core lags behind the simulation and is caught up only when its state is needed.
//! `Core::advance` then runs everything that happens on it before the horizon, in time order:
//! interrupts, deferred work and threads.

use crate::engine::chance::Stream;
use crate::engine::sample::{Draw, Sampler};
use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::{Activity, Feature, Stack, TimeSheet};
use crate::sim::accounting::ledger::{Ledger, RxPacket};
use crate::sim::core::backlog::{BACKLOG, Backlog};
use crate::sim::core::delivery::{Handoff, Turn};
use crate::sim::core::round::{Pace, Round, Stop};
use crate::sim::core::stack::linux_napi::Softirq;
use crate::sim::core::threads::event::ThreadEvent;
use crate::sim::core::threads::scheduler::{Ended, Threads};
use crate::sim::core::threads::vcpu::Channel;
use crate::sim::core::threads::vf_ring::VfRing;
use crate::sim::coupling::rank::Bounds;
use crate::sim::queue::rx_queue::RxQueue;
use crate::sim::queue::vector::{RoundTotals, Vector};
use crate::vocab::busy::Busy;
use crate::world::{HostSpec, World};
use std::collections::VecDeque;

/// A core of a host.
pub(crate) struct Core {
    /// Index within the host.
    pub(crate) number: usize,
    /// Interrupt vectors in the order (NIC, vector).
    pub(crate) vectors: Vec<Vector>,
    /// The core may take the fast path: it serves one ring and has nothing else to do.
    pub(crate) fast_path: bool,
    /// The core's own clock: everything before it is done.
    pub(crate) clock: PhasedTime,
    /// A lower bound of the core's next event: nothing is left to happen before it.
    pub(crate) done_until: PhasedTime,
    pub(crate) sheet: TimeSheet,
    pub(crate) costs: CoreCosts,
    pub(crate) stack: Stack,
    pub(crate) budget: u32,
    /// The step in service is finished before work of a higher class starts.
    pub(crate) non_preemptive: bool,
    /// An interrupt is due, and deferred until the step in service ends at this time.
    pub(crate) interrupt_deferred_until: Option<Time>,
    /// The interrupt handler that runs, if any.
    pub(crate) handler: Option<Handler>,
    /// Vectors (and the backlog) whose deferred work is queued, in order.
    pub(crate) deferred_queue: VecDeque<usize>,
    /// The round in the deferred class.
    pub(crate) round: Round,
    pub(crate) softirq: Option<Softirq>,
    pub(crate) backlog: Backlog,
    /// Capacity of the backlog under `interrupt-per-packet`, in packets.
    pub(super) backlog_bound: u32,
    /// Packets that receive packet steering (RPS) distributes to backlogs when it is this core's
    /// turn at its clock.
    pub(crate) rps_pending: Vec<RxPacket>,
    pub(crate) threads: Option<Box<Threads>>,
    pub(crate) counters: CoreCounters,
    /// What this core hands off to the threads of other cores.
    pub(crate) outbox: Vec<Handoff>,
    /// Handoffs and notifications that rounds of this core have made so far.
    pub(super) handoffs_done: u64,
    /// The vector that busy polling polls next.
    pub(super) poll_cursor: usize,
    /// When the current poll started.
    pub(super) poll_started: Time,
    /// Time spent on polls that found no packet.
    pub(super) empty_poll_time: Span,
    /// Queues that have left the core, each with the time, until the host collects them.
    pub(crate) detached: Vec<(Time, usize)>,
    /// The cost of queues that have moved here, charged to the next round.
    pub(crate) pending_move_cost: Span,
}

/// Why a core stopped advancing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Advance {
    /// The core has reached its horizon.
    Reached,
    /// A descriptor of a watched queue was freed at the core's clock.
    Freed,
    /// A round waits for its turn to send packets or to notify.
    WantsHandoff,
    /// Queues have left the core.
    Detached,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CoreCounters {
    pub(crate) interrupts: u64,
    pub(crate) rounds: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    pub(crate) vector: usize,
    pub(crate) start: Time,
    pub(crate) end: Time,
}

/// What the core's own activities cost.
pub(crate) struct CoreCosts {
    pub(crate) interrupt: Charge,
    pub(crate) round: Charge,
    pub(crate) wakeup: Span,
    pub(crate) vm_notify: Span,
    pub(crate) queue_move: Span,
    pub(crate) ipi: Span,
    guest_preempt: Span,
    idle_before_sleep: Span,
}

/// A cost that is drawn anew each time it falls due on its core.
pub(crate) struct Charge {
    pub(crate) law: Sampler,
    stream: Stream,
}

impl Charge {
    fn new(draw: &Draw, seed: u64, core: &str, entry: &str) -> Self {
        Self { law: Sampler::new(draw), stream: Stream::new(seed, core, &format!("cost.{entry}")) }
    }

    #[inline]
    pub(crate) fn draw(&mut self) -> Span {
        if let Some(span) = self.law.constant() {
            return span;
        }
        let word = self.stream.word();
        self.law.span(word)
    }
}

impl Core {
    pub(crate) fn new(world: &World, host: usize, core: u32) -> Self {
        let spec: &HostSpec = &world.hosts[host];
        let name = format!("host.{}.core[{core}]", spec.name);
        let charge = |draw, entry| Charge::new(draw, world.seed, &name, entry);
        assert!(!spec.non_preemptive || spec.supports(Feature::NonPreemptive).is_ok());
        Self {
            number: core as usize,
            vectors: Vec::new(),
            fast_path: false,
            clock: PhasedTime::default(),
            done_until: PhasedTime::default(),
            sheet: TimeSheet::new(),
            costs: CoreCosts {
                interrupt: charge(&spec.costs.interrupt, "interrupt"),
                round: charge(&spec.costs.round, "round"),
                wakeup: spec.costs.wakeup,
                vm_notify: spec.costs.vm_notify,
                queue_move: spec.costs.queue_move,
                ipi: spec.costs.ipi,
                guest_preempt: spec.costs.guest_preempt,
                idle_before_sleep: spec.idle_before_sleep,
            },
            stack: spec.stack,
            budget: spec.budget,
            non_preemptive: spec.non_preemptive,
            interrupt_deferred_until: None,
            handler: None,
            deferred_queue: VecDeque::new(),
            round: Round::default(),
            softirq: None,
            backlog: Backlog::default(),
            backlog_bound: spec.backlog,
            rps_pending: Vec::new(),
            threads: Threads::new(world, host, core).map(Box::new),
            counters: CoreCounters::default(),
            outbox: Vec::new(),
            handoffs_done: 0,
            poll_cursor: 0,
            poll_started: Time::ZERO,
            empty_poll_time: Span::ZERO,
            detached: Vec::new(),
            pending_move_cost: Span::ZERO,
        }
    }

    /// Runs what happens within `bounds`, or up to the first event that concerns other cores or a
    /// port.
    pub(crate) fn advance(
        &mut self,
        mut bounds: Bounds,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Advance {
        if self.non_preemptive && self.threads.is_some() {
            // Under non-preemptive scheduling a handoff to a thread may delay host work, so host
            // work goes no further than threads.
            bounds.all = bounds.threads;
        }
        if self.clock >= bounds.all {
            // A descriptor was freed at this instant; the port comes first.
            return Advance::Reached;
        }
        self.select_for_guest(rings, ledger);
        let advance = match self.stack {
            Stack::InterruptPerPacket => self.advance_per_packet(bounds, rings, ledger),
            Stack::BusyPoll if !self.vectors.is_empty() => {
                self.advance_polling(bounds.all, rings, ledger)
            }
            _ => self.advance_interrupts(bounds, rings, ledger),
        };
        self.done_until = if advance == Advance::Reached { bounds.threads } else { self.clock };
        advance
    }

    /// The loop of the stacks that mask a vector while its deferred work is under way.
    fn advance_interrupts(
        &mut self,
        bounds: Bounds,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Advance {
        self.resume(rings, ledger);
        let fast_path = self.fast_path && !rings[self.vectors[0].queues[0]].watched;
        if fast_path && self.is_at_rest() {
            self.run_fast_path(bounds.all, rings, ledger);
        }
        let mut next = self.next_due(rings);
        loop {
            if !self.detached.is_empty() {
                return Advance::Detached;
            }
            let (host, stopped) = self.host_work_bound(bounds);
            if let Some(handler) = self.handler {
                if handler.end.before_arrivals() >= host {
                    return stopped;
                }
                self.end_handler(handler);
            }
            let vector = next.1;
            let due = self.interrupt_deferred_until.map_or(next.0, Time::at_arrivals);
            if due > self.clock {
                let (limit, stop) = if self.round.is_active() || self.start_deferred() {
                    (host, self.run_deferred(due.min(host), rings, ledger))
                } else {
                    let bounds = self.thread_bounds(bounds.until(host));
                    (bounds.threads, self.run_threads(due, bounds, rings, ledger))
                };
                if stop != Stop::Limit {
                    self.interrupt_deferred_until = None;
                }
                match stop {
                    // A vector may have been unmasked, so look for the next interrupt again.
                    Stop::Ended => {
                        if fast_path && self.deferred_queue.is_empty() {
                            self.run_fast_path(bounds.all, rings, ledger);
                        }
                        next = self.next_due(rings);
                        continue;
                    }
                    Stop::Freed => return Advance::Freed,
                    Stop::WantsHandoff => return Advance::WantsHandoff,
                    Stop::Limit if due >= limit => return stopped,
                    Stop::Limit if self.interrupt_deferred_until.is_some() => {}
                    Stop::Limit if self.defer_interrupt() => continue,
                    Stop::Limit => self.clock = due,
                }
            }
            self.interrupt_deferred_until = None;
            if vector == BACKLOG {
                self.take_ipi();
            } else {
                self.take_interrupt(vector);
            }
            next = self.next_due(rings);
        }
    }

    /// How far handlers and deferred work may go, and why no further. While a round waits for its
    /// turn to send, they stay at the instant of that handoff.
    #[inline(always)]
    pub(super) fn host_work_bound(&mut self, bounds: Bounds) -> (PhasedTime, Advance) {
        if !self.rps_pending.is_empty() || self.wants_handoff() {
            (PhasedTime(self.clock.0 + 1), Advance::WantsHandoff)
        } else {
            (bounds.all, Advance::Reached)
        }
    }

    /// Resumes a round that freed a descriptor for a port: the round selects its next packet or
    /// ends. This belongs to the end of the freed packet, and so comes before anything that the
    /// port's frame causes.
    fn resume(&mut self, rings: &mut [RxQueue], ledger: &mut Ledger<'_>) {
        if self.round.is_selecting() {
            self.run_deferred(self.clock.time().before_arrivals(), rings, ledger);
        } else if self.ksoftirqd_is_selecting() {
            self.run_ksoftirqd(rings, ledger);
        }
    }

    /// Lets a guest that freed a descriptor for a port select its next work. This belongs to the
    /// end of the freed packet, too.
    fn select_for_guest(&mut self, rings: &[RxQueue], ledger: &mut Ledger<'_>) {
        if let Some(threads) = &mut self.threads
            && threads.guest_is_selecting()
        {
            threads.select(self.clock, rings);
            threads.catch_up(self.clock, rings, ledger);
            threads.run(self.clock.time(), rings, ledger);
            self.sheet.enter(threads.activity(), self.clock.time());
        }
    }

    /// Whether an interrupt that is due has to wait for the step in service. The interrupt is then
    /// taken after everything that the end of that step causes.
    pub(super) fn defer_interrupt(&mut self) -> bool {
        if self.non_preemptive {
            let round = self.round.is_active().then_some(self.round.end);
            self.interrupt_deferred_until =
                round.or_else(|| self.threads.as_ref()?.in_service_until());
        }
        self.interrupt_deferred_until.is_some()
    }

    /// Runs the active round up to `limit`.
    #[inline(always)]
    fn run_deferred(
        &mut self,
        limit: PhasedTime,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        if self.round.vector == BACKLOG {
            let stop = self.run_backlog_round(limit, ledger);
            if stop == Stop::Ended {
                self.after_round(rings, ledger);
            }
            return stop;
        }
        self.sheet.enter(self.round.activity(), self.clock.time());
        let vector = &self.vectors[self.round.vector];
        let (clock, sheet, budget) = (&mut self.clock, &mut self.sheet, self.budget);
        let pace = Pace { vector, clock, sheet, limit, budget };
        let stop = self.round.run(pace, rings, ledger);
        if stop == Stop::Ended {
            self.after_round(rings, ledger);
        }
        stop
    }

    /// The next interrupt: its time, and its vector or the backlog.
    #[inline(always)]
    pub(crate) fn next_due(&self, rings: &[RxQueue]) -> (PhasedTime, usize) {
        let mut next = (PhasedTime::NEVER, 0);
        for (index, vector) in self.vectors.iter().enumerate() {
            let due = vector.due(rings);
            if due < next.0 {
                next = (due, index);
            }
        }
        match self.backlog.interrupt {
            Some(due) if due < next.0 => (due, BACKLOG),
            _ => next,
        }
    }

    /// Takes the interrupt of a vector now. Returns when its handler ends.
    #[inline(always)]
    pub(crate) fn take_interrupt(&mut self, index: usize) -> Time {
        let now = self.clock.time();
        let cost = self.interrupt_cost(now);
        self.vectors[index].record_interrupt(now);
        self.start_handler(index, now, cost);
        now + cost
    }

    /// The cost of an interrupt taken at `now`, including a wake-up or the preemption of a guest.
    #[inline(always)]
    pub(crate) fn interrupt_cost(&mut self, now: Time) -> Span {
        self.costs.interrupt.draw() + self.interrupt_penalty(now)
    }

    /// The extra cost of an interrupt taken at `now`: waking a sleeping core, or preempting a
    /// guest.
    #[inline(always)]
    pub(crate) fn interrupt_penalty(&self, now: Time) -> Span {
        let wakeup = if self.costs.wakeup > Span::ZERO { self.wakeup(now) } else { Span::ZERO };
        let preempt = if self.costs.guest_preempt > Span::ZERO
            && self.threads.as_ref().is_some_and(|threads| threads.guest_runs())
        {
            self.costs.guest_preempt
        } else {
            Span::ZERO
        };
        wakeup + preempt
    }

    /// The cost of waking the core for an interrupt taken at `now`.
    fn wakeup(&self, now: Time) -> Span {
        let idle = self.sheet.idle_for(now);
        let asleep = idle.is_some_and(|idle| idle >= self.costs.idle_before_sleep);
        // A background thread that becomes runnable at this instant comes before the interrupt and
        // has woken the core.
        let woken = self.threads.as_ref().is_some_and(|threads| threads.is_due(now));
        if asleep && !woken { self.costs.wakeup } else { Span::ZERO }
    }

    /// Starts a handler at `now`. The step that it interrupts ends later by the handler's cost.
    #[inline(always)]
    pub(super) fn start_handler(&mut self, vector: usize, now: Time, cost: Span) {
        self.counters.interrupts += 1;
        self.handle(Handler { vector, start: now, end: now + cost });
        self.sheet.enter(Activity::Interrupt, now);
    }

    #[inline(always)]
    pub(crate) fn handle(&mut self, handler: Handler) {
        let cost = handler.end - handler.start;
        self.handler = Some(handler);
        if self.round.is_active() {
            self.round.end += cost;
        } else if let Some(threads) = &mut self.threads {
            // An IPI is caused by another core's handoff, which comes after everything that ends at
            // this instant.
            threads.pause_behind(self.clock, handler.vector == BACKLOG);
        }
    }

    #[inline(always)]
    fn end_handler(&mut self, handler: Handler) {
        self.clock = self.clock.max(handler.end.before_arrivals());
        self.handler = None;
        self.deferred_queue.push_back(handler.vector);
        self.raise_softirq();
    }

    /// Starts the next queued deferred work, if there is any and it may run. True if it did.
    #[inline(always)]
    fn start_deferred(&mut self) -> bool {
        if !self.softirq_may_run() {
            return false;
        }
        let Some(vector) = self.deferred_queue.pop_front() else { return false };
        let end = self.start_round();
        self.round.start(vector, self.first_ring(vector), end);
        true
    }

    /// The ring from which the next round over a vector (or the backlog) starts.
    #[inline(always)]
    pub(crate) fn first_ring(&self, vector: usize) -> usize {
        self.vectors.get(vector).map_or(0, |vector| vector.cursor)
    }

    /// Starts a round. Returns when its overhead ends.
    #[inline(always)]
    pub(super) fn start_round(&mut self) -> Time {
        self.counters.rounds += 1;
        self.clock.time() + self.costs.round.draw() + std::mem::take(&mut self.pending_move_cost)
    }

    /// Does the follow-up of a finished round: close it, hand its packets off, check the softirq's
    /// bounds.
    #[inline(always)]
    pub(crate) fn after_round(&mut self, rings: &[RxQueue], ledger: &mut Ledger<'_>) {
        self.close_round(self.round.sum(), rings);
        self.round.clear();
        self.send_from(|core| &mut core.round);
        self.account_softirq_round(self.round.taken, rings, ledger);
    }

    /// Closes a round over a vector's rings. The vector is unmasked if its deferred work is
    /// complete, else it is queued again.
    #[inline(always)]
    pub(super) fn close_round(&mut self, round: RoundTotals, rings: &[RxQueue]) {
        let index = round.vector;
        if index == BACKLOG {
            return self.close_backlog_round(round.taken);
        }
        self.vectors[index].record_round(round);
        let detaches = !self.vectors[index].detaching.is_empty();
        if detaches {
            self.detach(index);
        }
        let vector = &mut self.vectors[index];
        let moves_away = detaches && vector.moves_with_queue;
        let done = match self.stack {
            _ if moves_away => true,
            Stack::LinuxNapi { .. } => round.taken < self.budget,
            _ => !vector.has_visible(self.clock, rings),
        };
        if done {
            vector.unmask(self.clock);
            // A vector in transfer stays masked until it is attached to its new core.
            vector.masked = moves_away;
        } else {
            self.deferred_queue.push_back(index);
        }
    }

    /// Runs threads up to the next interrupt at `due`.
    pub(super) fn run_threads(
        &mut self,
        due: PhasedTime,
        bounds: Bounds,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Stop {
        if self.clock >= bounds.threads {
            // Other cores may still hand work to these threads before this.
            return Stop::Limit;
        }
        loop {
            let now = self.clock.time();
            let Some(threads) = &mut self.threads else {
                self.sheet.enter(Activity::Idle, now);
                return Stop::Limit;
            };
            threads.pause(self.clock);
            let external = threads.catch_up(self.clock, rings, ledger);
            threads.run(now, rings, ledger);
            self.sheet.enter(threads.activity(), now);
            let until = due.min(bounds.threads);
            if threads.drain(&mut self.clock, until, external, rings, ledger) {
                continue;
            }
            let Some((moment, event)) = threads.next_event(external) else {
                return Stop::Limit;
            };
            let may = match event {
                ThreadEvent::Handoff(core) => bounds.allow(Turn { time: moment, core }),
                _ => moment < bounds.threads,
            };
            if moment >= due || !may {
                return Stop::Limit;
            }
            self.clock = self.clock.max(moment);
            let time = moment.time();
            threads.pause(self.clock);
            match event {
                ThreadEvent::Release(_) | ThreadEvent::Interrupt(..) => {
                    threads.wake_by(event, time);
                }
                ThreadEvent::Handoff(_) => threads.receive_batch(ledger),
                ThreadEvent::SliceEnd => threads.rotate(),
                ThreadEvent::Switched => {}
                ThreadEvent::End => match threads.end(self.clock, rings, ledger) {
                    Ended::Done => {}
                    Ended::Freed => return Stop::Freed,
                    Ended::OfKsoftirqd => match self.run_ksoftirqd(rings, ledger) {
                        Stop::Limit => {}
                        stop => return stop,
                    },
                },
            }
        }
    }

    /// Time per activity so far.
    pub(crate) fn busy(&self) -> Busy {
        Busy {
            interrupt: self.sheet.spent(Activity::Interrupt),
            deferred: self.sheet.spent(Activity::Deferred),
            vswitch: self.sheet.spent(Activity::Vswitch),
            guest: self.sheet.spent(Activity::Guest),
            app: self.sheet.spent(Activity::App),
            work: self.sheet.spent(Activity::Work),
        }
    }

    /// Time per activity at `now`, up to which the core has been advanced, without empty polls. A
    /// poll counts as a whole once it has found a packet.
    pub(crate) fn busy_without_empty_polls(&self, now: Time) -> Busy {
        let busy = self.busy();
        let is_polling = self.stack == Stack::BusyPoll && self.round.is_overhead();
        let empty = if is_polling { now - self.poll_started } else { Span::ZERO };
        Busy { deferred: busy.deferred - self.empty_poll_time - empty, ..busy }
    }

    /// Brings the core's accounts and threads up to a control event at `now`, up to which the core
    /// has been advanced.
    pub(crate) fn sync_to(&mut self, now: Time, rings: &[RxQueue], ledger: &mut Ledger<'_>) {
        self.sheet.charge(now);
        if let Some(threads) = &mut self.threads {
            threads.sync_to(now, rings, ledger);
        }
    }

    pub(crate) fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.threads.iter().flat_map(|threads| threads.channels())
    }

    /// The rings of virtual functions that guests on this core serve.
    pub(crate) fn vf_rings(&self) -> impl Iterator<Item = &VfRing> {
        self.threads.iter().flat_map(|threads| threads.vf_rings())
    }

    /// Packets that have left their ring and not reached their end.
    pub(crate) fn packets_inside(&self) -> usize {
        let threads = self.threads.as_ref().map_or(0, |threads| threads.packets_inside());
        threads + self.round.delivery.len() + self.backlog.len() + self.rps_pending.len()
    }
}
