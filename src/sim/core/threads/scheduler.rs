//! The scheduler of a core's threads: round robin with a slice of `quantum`, in the order in which
//! threads became runnable.
//!
//! Threads run when neither an interrupt nor deferred work has the core. All durations are kept as
//! the time left; only the running thread has a clock.

use crate::engine::time::{PhasedTime, Span, Time};
use crate::rx::cpu::{Activity, Stack};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::delivery::{ChannelAt, Handoff, Payload, Turn};
use crate::sim::core::round::Round;
use crate::sim::core::stack::linux_napi::Ksoftirqd;
use crate::sim::core::threads::app::App;
use crate::sim::core::threads::event::{ThreadEvent, Upcoming, sooner};
use crate::sim::core::threads::timeslice::{Progress, Timeslice};
use crate::sim::core::threads::vcpu::Vcpu;
use crate::sim::core::threads::vf_ring::VfRing;
use crate::sim::queue::rx_queue::RxQueue;
use crate::world::World;
use std::collections::VecDeque;

pub(crate) struct Threads {
    pub(super) list: Vec<Thread>,
    /// Indices of the background threads.
    works: Vec<usize>,
    /// Indices of the vCPUs that serve virtual functions.
    with_vfs: Vec<usize>,
    /// The run queue behind the current thread.
    pub(super) runnable: VecDeque<usize>,
    pub(super) current: Option<CurrentThread>,
    /// The thread that had the core last.
    last: Option<usize>,
    quantum: Span,
    context_switch: Span,
    /// Handoffs that the threads have not received yet, in the order of their keys.
    pub(super) inbox: VecDeque<Handoff>,
}

pub(super) enum Thread {
    App(App),
    Work(Work),
    Vcpu(Vcpu),
    Ksoftirqd(Ksoftirqd),
}

/// Background work that asks for `demand` of CPU every `period`.
pub(super) struct Work {
    period: Span,
    demand: Span,
    left: Span,
    next: Time,
}

/// The thread that has the core, or gets it back once the higher classes rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct CurrentThread {
    pub(super) thread: usize,
    /// Time left of the context switch to it.
    switch: Span,
    /// Time left of its slice.
    slice: Span,
    /// When it started to run; none while a higher class has the core.
    pub(super) since: Option<Time>,
}

/// What the end of the current thread's step means for the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nothing.
    Done,
    /// The step was part of a round of `ksoftirqd`, which the core has to run on.
    OfKsoftirqd,
    /// The step freed a descriptor that a port waits for. The guest still has to select its next
    /// work.
    Freed,
}

impl Threads {
    /// The threads of core `core`, if it has any.
    pub(crate) fn new(world: &World, host: usize, core: u32) -> Option<Self> {
        let spec = &world.hosts[host];
        let here = |its_host: usize, its_core: u32| its_host == host && its_core == core;
        let apps = world.apps.iter().enumerate().filter(|(_, app)| here(app.host, app.core));
        let apps = apps.map(|(index, app)| Thread::App(App::new(index, app.backlog)));
        let works = world.works.iter().filter(|work| here(work.host, work.core)).map(|work| {
            let (period, demand) = (work.period, work.demand);
            Thread::Work(Work { period, demand, left: Span::ZERO, next: Time::ZERO })
        });
        let vcpus = Vcpu::of_core(world, host, core).into_iter().map(Thread::Vcpu);
        let mut list: Vec<Thread> = apps.chain(works).chain(vcpus).collect();
        if matches!(spec.stack, Stack::LinuxNapi { .. }) {
            list.push(Thread::Ksoftirqd(Ksoftirqd::default()));
        }
        let is_work = |index: &usize| matches!(list[*index], Thread::Work(_));
        let works = (0..list.len()).filter(is_work).collect();
        let has_vfs =
            |index: &usize| matches!(&list[*index], Thread::Vcpu(one) if !one.rings.is_empty());
        let with_vfs = (0..list.len()).filter(has_vfs).collect();
        (!list.is_empty()).then(|| Self {
            list,
            works,
            with_vfs,
            runnable: VecDeque::new(),
            current: None,
            last: None,
            quantum: spec.quantum,
            context_switch: spec.costs.context_switch,
            inbox: VecDeque::new(),
        })
    }

    /// The current thread stops running, on a core whose clock is `clock`.
    pub(crate) fn pause(&mut self, clock: PhasedTime) {
        self.pause_behind(clock, false);
    }

    /// As `pause`. With `all_ends`, the cause comes after everything that ends at this instant.
    pub(crate) fn pause_behind(&mut self, clock: PhasedTime, all_ends: bool) {
        let now = clock.time();
        let Some(mut current) = self.current else { return };
        let Some(since) = current.since.take() else { return };
        let mut ran = now - since;
        let switched = ran.min(current.switch);
        current.switch -= switched;
        ran -= switched;
        current.slice -= ran;
        self.current = Some(current);
        // The context switch ends at this instant. The thread has started its work if anything of
        // this instant came before the cause of the pause.
        let comes_last = all_ends || clock.is_at_arrivals() || self.is_due(now);
        let may_have_started = switched == Span::ZERO || ran > Span::ZERO || comes_last;
        match &mut self.list[current.thread] {
            Thread::App(app) => app.left -= ran,
            Thread::Work(work) => work.left -= ran,
            Thread::Vcpu(vcpu) if current.switch == Span::ZERO && may_have_started => {
                vcpu.spend(since + switched, ran);
            }
            Thread::Vcpu(_) => {}
            Thread::Ksoftirqd(ksoftirqd) => ksoftirqd.left -= ran,
        }
    }

    /// Gives the core to the current thread, or else to the first one of the run queue, from `now`
    /// on. False if there is none.
    pub(crate) fn run(&mut self, now: Time, rings: &[RxQueue], ledger: &Ledger<'_>) -> bool {
        if self.current.is_none() {
            let Some(thread) = self.runnable.pop_front() else { return false };
            let same = self.last.is_none_or(|last| last == thread);
            let switch = if same { Span::ZERO } else { self.context_switch };
            self.last = Some(thread);
            self.current = Some(CurrentThread { thread, switch, slice: self.quantum, since: None });
        }
        let current = self.current.as_mut().expect("just set");
        current.since = Some(now);
        match &mut self.list[current.thread] {
            Thread::App(app) => app.start_next(ledger),
            Thread::Vcpu(vcpu) => vcpu.start_next(rings, ledger),
            Thread::Ksoftirqd(ksoftirqd) => ksoftirqd.set_clock(now + current.switch),
            Thread::Work(_) => {}
        }
        true
    }

    /// Lets a running app or vCPU finish packets in a row, as long as each ends before `until`,
    /// before the first `external` event, and within the slice. Moves the core's clock along. True
    /// if another event may come first now.
    pub(crate) fn drain(
        &mut self,
        clock: &mut PhasedTime,
        until: PhasedTime,
        external: Upcoming,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let Some(current) = self.current.as_mut().filter(|current| current.switch == Span::ZERO)
        else {
            return false;
        };
        let Some(now) = current.since else { return false };
        let until = until.min(external.map_or(until, |(moment, _)| moment));
        let mut timeslice = Timeslice { now, clock: *clock, until, slice: current.slice };
        let progress = loop {
            let progress = match &mut self.list[current.thread] {
                Thread::App(app) => app.work(&mut timeslice, ledger),
                Thread::Vcpu(vcpu) => vcpu.work(&mut timeslice, rings, ledger),
                Thread::Work(_) | Thread::Ksoftirqd(_) => Progress::Running,
            };
            if progress != Progress::Continue {
                break progress;
            }
        };
        (*clock, current.since, current.slice) =
            (timeslice.clock, Some(timeslice.now), timeslice.slice);
        if progress == Progress::Idle {
            self.current = None;
        }
        progress != Progress::Running
    }

    /// When the current step of the running thread, or its slice, ends. The next demand of a
    /// background thread replaces the current one, and so ends it.
    pub(crate) fn in_service_until(&self) -> Option<Time> {
        let current = self.current?;
        let end = current.since? + current.switch + self.left(current.thread).min(current.slice);
        Some(match &self.list[current.thread] {
            Thread::Work(work) => end.min(work.next),
            Thread::App(_) | Thread::Vcpu(_) | Thread::Ksoftirqd(_) => end,
        })
    }

    /// The next event, given that the current thread runs and which event comes from outside.
    #[inline(always)]
    pub(crate) fn next_event(&self, external: Upcoming) -> Upcoming {
        let current = self.current.and_then(|current| {
            let start = current.since? + current.switch;
            let end = start + self.left(current.thread);
            let slice_end = start + current.slice;
            let next = (end, ThreadEvent::End).min((slice_end, ThreadEvent::SliceEnd));
            // Only `ksoftirqd` may be charged to another activity than the switch to it.
            let switches = current.switch > Span::ZERO && self.is_ksoftirqd(current.thread);
            Some(if switches { (start, ThreadEvent::Switched) } else { next })
        });
        let current = current.map(|(time, event)| (time.before_arrivals(), event));
        sooner(current, external)
    }

    /// The next event that does not depend on the current thread: a demand, an interrupt or a
    /// handoff.
    #[inline(always)]
    fn next_external(&self, rings: &[RxQueue]) -> Upcoming {
        let release = self.next_release();
        let release =
            release.map(|(time, work)| (time.before_arrivals(), ThreadEvent::Release(work)));
        let first = self.inbox.front().map(|first| first.key);
        let handoff = first.map(|key| (key.turn.time, ThreadEvent::Handoff(key.turn.core)));
        sooner(sooner(release, self.next_interrupt(rings)), handoff)
    }

    /// The virtual function that interrupts next.
    #[inline(always)]
    fn next_interrupt(&self, rings: &[RxQueue]) -> Upcoming {
        let mut next = (PhasedTime::NEVER, None);
        for thread in &self.with_vfs {
            for (ring, one) in self.rings_of(*thread).iter().enumerate() {
                let due = one.vector.due(rings);
                if due < next.0 {
                    next = (due, Some(ThreadEvent::Interrupt(*thread, ring)));
                }
            }
        }
        Some((next.0, next.1?))
    }

    fn rings_of(&self, thread: usize) -> &[VfRing] {
        if let Thread::Vcpu(vcpu) = &self.list[thread] { &vcpu.rings } else { &[] }
    }

    /// The rings of all vCPUs of this core.
    pub(crate) fn vf_rings(&self) -> impl Iterator<Item = &VfRing> {
        self.with_vfs.iter().flat_map(|thread| self.rings_of(*thread))
    }

    /// The next handoff to receive (its time and sending core), unless another event comes first.
    pub(crate) fn next_handoff(&self, rings: &[RxQueue]) -> Option<Turn> {
        if self.needs_dispatch() {
            return None; // that thread may finish something at this instant
        }
        match self.next_event(self.next_external(rings))? {
            (moment, ThreadEvent::Handoff(core)) => Some(Turn { time: moment, core }),
            _ => None,
        }
    }

    /// Whether a thread gets the core as soon as the higher classes rest.
    fn needs_dispatch(&self) -> bool {
        self.current.map_or(!self.runnable.is_empty(), |current| current.since.is_none())
    }

    /// Whether all handoffs up to `now` have been received.
    pub(crate) fn has_received(&self, now: PhasedTime) -> bool {
        self.inbox.front().is_none_or(|first| first.key.turn.time > now)
    }

    /// Whether a handoff of this time and core, or an earlier one, has not been received.
    pub(crate) fn has_unreceived(&self, by: Turn) -> bool {
        self.inbox.front().is_some_and(|first| first.key.turn <= by)
    }

    fn is_ksoftirqd(&self, thread: usize) -> bool {
        matches!(self.list[thread], Thread::Ksoftirqd(_))
    }

    /// Whether a vCPU, or the switch to it, has the core.
    pub(crate) fn guest_runs(&self) -> bool {
        self.current.is_some_and(|current| {
            current.since.is_some() && matches!(self.list[current.thread], Thread::Vcpu(_))
        })
    }

    fn next_release(&self) -> Option<(Time, usize)> {
        let release = |index: &usize| match &self.list[*index] {
            Thread::Work(work) => (work.next, *index),
            _ => unreachable!("listed as a work"),
        };
        self.works.iter().map(release).min()
    }

    /// Whether a background thread asks for its demand by `now`.
    pub(crate) fn is_due(&self, now: Time) -> bool {
        self.next_release().is_some_and(|(time, _)| time <= now)
    }

    fn left(&self, thread: usize) -> Span {
        match &self.list[thread] {
            Thread::App(app) => app.left,
            Thread::Work(work) => work.left,
            Thread::Vcpu(vcpu) => vcpu.left,
            Thread::Ksoftirqd(ksoftirqd) => ksoftirqd.left,
        }
    }

    /// Takes the demands and interrupts due by `now`, and receives the handoffs before `now`. No
    /// thread may be running. Returns the next external event.
    pub(crate) fn catch_up(
        &mut self,
        now: PhasedTime,
        rings: &[RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Upcoming {
        self.catch_up_before(Turn { time: now, core: 0 }, rings, ledger)
    }

    /// As `catch_up`, but receives all handoffs before this turn.
    pub(crate) fn catch_up_before(
        &mut self,
        turn: Turn,
        rings: &[RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Upcoming {
        loop {
            let next = self.next_external(rings);
            match next? {
                (time, ThreadEvent::Handoff(core)) if (Turn { time, core }) < turn => {
                    self.receive(ledger);
                }
                (_, ThreadEvent::Handoff(_)) => return next,
                (moment, event) if moment <= turn.time => self.wake_by(event, moment.time()),
                _ => return next,
            }
        }
    }

    /// A background thread asks for its demand, or a virtual function interrupts.
    pub(crate) fn wake_by(&mut self, event: ThreadEvent, now: Time) {
        match event {
            ThreadEvent::Release(work) => self.release(work),
            ThreadEvent::Interrupt(thread, ring) => {
                self.vcpu(thread).interrupt(ring, now);
                self.make_runnable(thread);
            }
            _ => unreachable!("nothing else wakes a thread by itself"),
        }
    }

    /// A background thread asks for its next demand; what is left of the last one is forgone.
    fn release(&mut self, index: usize) {
        let Thread::Work(work) = &mut self.list[index] else {
            unreachable!("only works are released")
        };
        work.left = work.demand;
        work.next += work.period;
        self.make_runnable(index);
    }

    fn make_runnable(&mut self, index: usize) {
        if !self.is_runnable(index) {
            self.runnable.push_back(index);
        }
    }

    pub(super) fn is_runnable(&self, index: usize) -> bool {
        self.current.is_some_and(|current| current.thread == index)
            || self.runnable.contains(&index)
    }

    /// Receives the first handoff: a packet enters the backlog of its app, or a guest is notified.
    fn receive(&mut self, ledger: &mut Ledger<'_>) {
        let Handoff { key, payload } = self.inbox.pop_front().expect("something was handed off");
        let (index, wakes) = match payload {
            Payload::Packet(app, packet) => {
                let index = self.place_of(app).expect("an app runs on the core it is fed at");
                let Thread::App(app) = &mut self.list[index] else {
                    unreachable!("found as an app")
                };
                (index, app.accept(packet, key.turn.time.time(), ledger))
            }
            Payload::Notification(ChannelAt { thread, channel }) => {
                self.vcpu(thread).notify(channel);
                (thread, true)
            }
        };
        if wakes {
            self.make_runnable(index);
        }
    }

    /// Index of an app's thread, if the app runs here.
    pub(super) fn place_of(&self, app: usize) -> Option<usize> {
        self.list.iter().position(|thread| matches!(thread, Thread::App(one) if one.index == app))
    }

    pub(crate) fn has_app(&self, app: usize) -> bool {
        self.place_of(app).is_some()
    }

    /// Receives all handoffs with the first key. What a thread does with them at once comes before
    /// the next key.
    pub(crate) fn receive_batch(&mut self, ledger: &mut Ledger<'_>) {
        let first = self.inbox.front().map(|handoff| handoff.key);
        while first.is_some() && self.inbox.front().map(|handoff| handoff.key) == first {
            self.receive(ledger);
        }
    }

    /// Puts a handoff into the inbox, in the order of the keys.
    pub(crate) fn deliver(&mut self, new: Handoff) {
        let place = self.inbox.partition_point(|other| other.key <= new.key);
        self.inbox.insert(place, new);
    }

    /// The current thread's step has ended, on a core whose clock is `clock`.
    pub(crate) fn end(
        &mut self,
        clock: PhasedTime,
        rings: &mut [RxQueue],
        ledger: &mut Ledger<'_>,
    ) -> Ended {
        let current = self.current.expect("something of the current thread ended");
        let has_more = match &mut self.list[current.thread] {
            Thread::App(app) => app.finish(clock.time(), ledger),
            Thread::Vcpu(vcpu) => {
                if vcpu.finish(clock.time(), rings, ledger) {
                    return Ended::Freed;
                }
                vcpu.select(clock, rings) != Progress::Idle
            }
            Thread::Work(_) => false,
            Thread::Ksoftirqd(_) => return Ended::OfKsoftirqd,
        };
        self.keep_or_release(has_more);
        Ended::Done
    }

    /// Whether the current guest freed a descriptor for a port, and still has to select its next
    /// work.
    pub(crate) fn guest_is_selecting(&self) -> bool {
        let thread = self.current.map(|current| &self.list[current.thread]);
        matches!(thread, Some(Thread::Vcpu(vcpu)) if vcpu.is_selecting())
    }

    /// That guest selects its next work.
    pub(crate) fn select(&mut self, clock: PhasedTime, rings: &[RxQueue]) {
        let current = self.current.expect("a guest has the core");
        let has_more = self.vcpu(current.thread).select(clock, rings) != Progress::Idle;
        self.keep_or_release(has_more);
    }

    /// The current thread's step has ended. The thread keeps the core if it has more to do and some
    /// of its slice left.
    fn keep_or_release(&mut self, has_more: bool) {
        if !has_more {
            self.current = None;
        } else if self.slice_is_over() {
            self.rotate();
        }
    }

    /// The current thread's slice is over: the thread goes to the tail of the run queue.
    pub(crate) fn rotate(&mut self) {
        let current = self.current.take().expect("a slice belongs to a thread");
        self.runnable.push_back(current.thread);
    }

    /// Whether the current thread has used up its slice.
    pub(crate) fn slice_is_over(&self) -> bool {
        self.current.is_some_and(|current| current.slice == Span::ZERO)
    }

    /// The current thread has nothing left to do.
    pub(crate) fn sleep(&mut self) {
        self.current = None;
    }

    pub(crate) fn wake_ksoftirqd(&mut self) {
        self.make_runnable(self.list.len() - 1);
    }

    /// Whether `ksoftirqd` is runnable. Only for a core that has it; it is the last thread.
    pub(crate) fn ksoftirqd_is_runnable(&self) -> bool {
        self.is_runnable(self.list.len() - 1)
    }

    /// The core's `ksoftirqd`, if it is the current thread.
    pub(crate) fn current_ksoftirqd(&mut self) -> Option<&mut Ksoftirqd> {
        match &mut self.list[self.current?.thread] {
            Thread::Ksoftirqd(ksoftirqd) => Some(ksoftirqd),
            Thread::App(_) | Thread::Work(_) | Thread::Vcpu(_) => None,
        }
    }

    /// The round of the core's `ksoftirqd`, if there is one.
    pub(crate) fn round_of_ksoftirqd(&mut self) -> Option<&mut Round> {
        let Some(Thread::Ksoftirqd(ksoftirqd)) = self.list.last_mut() else { return None };
        Some(&mut ksoftirqd.round)
    }

    /// Whether `ksoftirqd` has an active round.
    pub(crate) fn ksoftirqd_has_round(&self) -> bool {
        matches!(self.list.last(), Some(Thread::Ksoftirqd(one)) if one.round.is_active())
    }

    /// The time of the next event here, on a core whose clock is `clock` and whose higher classes
    /// rest.
    pub(crate) fn next_time(&self, clock: PhasedTime, rings: &[RxQueue]) -> PhasedTime {
        if self.needs_dispatch() {
            return clock;
        }
        let next = self.next_event(self.next_external(rings));
        next.map_or(PhasedTime::NEVER, |(moment, _)| moment)
    }

    /// Brings the threads up to a control event or an arrival at `now`: all handoffs up to then are
    /// received, and virtual functions have interrupted, even if a higher class has the core for
    /// longer.
    pub(crate) fn sync_to(&mut self, now: Time, rings: &[RxQueue], ledger: &mut Ledger<'_>) {
        if self.current.is_none_or(|current| current.since.is_none()) {
            let last = Turn { time: now.at_arrivals(), core: usize::MAX };
            self.catch_up_before(last, rings, ledger);
        }
    }

    /// The activity that the current thread's time is charged to.
    pub(crate) fn activity(&self) -> Activity {
        match self.current.map(|current| &self.list[current.thread]) {
            None => Activity::Idle,
            Some(Thread::App(_)) => Activity::App,
            Some(Thread::Work(_)) => Activity::Work,
            Some(Thread::Vcpu(_)) => Activity::Guest,
            Some(Thread::Ksoftirqd(ksoftirqd)) => {
                let switches = self.current.is_some_and(|current| current.switch > Span::ZERO);
                if switches { Activity::Deferred } else { ksoftirqd.round.activity() }
            }
        }
    }

    /// Packets that threads hold, or that are on their way to them.
    pub(crate) fn packets_inside(&self) -> usize {
        let held = |thread: &Thread| match thread {
            Thread::App(app) => app.packets(),
            Thread::Work(_) => 0,
            Thread::Vcpu(vcpu) => vcpu.packets(),
            Thread::Ksoftirqd(ksoftirqd) => ksoftirqd.round.delivery.len(),
        };
        let is_packet = |one: &&Handoff| matches!(one.payload, Payload::Packet(..));
        self.inbox.iter().filter(is_packet).count() + self.list.iter().map(held).sum::<usize>()
    }
}
