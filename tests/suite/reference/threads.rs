//! Threads: apps, works and `ksoftirqd` share what interrupts and deferred work leave.

use super::agenda::Item;
use super::model::{CoreAt, Frame, Model};
use super::rounds::{Round, Work};
use rxsim::engine::time::Span;
use rxsim::host::world::{Consumer, World};
use rxsim::rx::cpu::Stack;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use std::collections::VecDeque;

/// The threads of a core.
pub(super) struct Threads {
    all: Vec<Thread>,
    /// Runnable threads, by position in `all`; the head has the core.
    queue: VecDeque<usize>,
    /// The thread that the core turned to last.
    last: Option<usize>,
}

/// A thread of a core.
pub(super) struct Thread {
    pub(super) kind: ThreadKind,
    /// Of what it does now: a packet, a demand, a round's own cost.
    pub(super) left: Span,
    pub(super) slice_left: Span,
    pub(super) switch_left: Span,
    /// The round in hand of `ksoftirqd`.
    round: Option<Round>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ThreadKind {
    App(usize),
    Work(usize),
    Ksoftirqd,
}

/// A consumer's packets.
#[derive(Default)]
pub(super) struct App {
    /// The first one is in processing.
    backlog: VecDeque<Frame>,
}

impl Threads {
    pub(super) fn new(world: &World, at: CoreAt) -> Self {
        let here = |host: usize, core: u32| host == at.host && core as usize == at.index;
        let apps = (0..world.apps.len())
            .filter(|app| here(world.apps[*app].host, world.apps[*app].core))
            .map(ThreadKind::App);
        let works = (0..world.works.len())
            .filter(|work| here(world.works[*work].host, world.works[*work].core))
            .map(ThreadKind::Work);
        let napi = matches!(world.hosts[at.host].stack, Stack::LinuxNapi { .. });
        let all = apps
            .chain(works)
            .chain(napi.then_some(ThreadKind::Ksoftirqd))
            .map(|kind| Thread {
                kind,
                left: Span::ZERO,
                slice_left: Span::ZERO,
                switch_left: Span::ZERO,
                round: None,
            })
            .collect();
        Self { all, queue: VecDeque::new(), last: None }
    }

    /// The thread that has the core.
    pub(super) fn head(&mut self) -> Option<&mut Thread> {
        self.queue.front().map(|at| &mut self.all[*at])
    }

    fn position(&self, kind: ThreadKind) -> usize {
        self.all.iter().position(|thread| thread.kind == kind).expect("a thread of this core")
    }

    fn is_runnable(&self, at: usize) -> bool {
        self.queue.contains(&at)
    }

    /// The thread becomes runnable, at the tail and with a whole slice; or it stays so.
    fn wake(&mut self, at: usize, quantum: Span) {
        if !self.is_runnable(at) {
            self.all[at].slice_left = quantum;
            self.queue.push_back(at);
        }
    }

    pub(super) fn ksoftirqd_is_runnable(&self) -> bool {
        self.is_runnable(self.position(ThreadKind::Ksoftirqd))
    }

    pub(super) fn wake_ksoftirqd(&mut self, quantum: Span) {
        self.wake(self.position(ThreadKind::Ksoftirqd), quantum);
    }
}

impl Model<'_> {
    /// Turns the core to the head of its run queue; to another one than last time has a price.
    /// A `ksoftirqd` that finds nothing queued sleeps, and the next one has its turn.
    pub(super) fn turn_to_head(&mut self, at: CoreAt) {
        let price = self.world.hosts[at.host].costs.context_switch;
        let threads = &mut self.core(at).threads;
        let Some(&head) = threads.queue.front() else {
            return;
        };
        if threads.last.is_some_and(|last| last != head) {
            threads.all[head].switch_left = price;
        }
        threads.last = Some(head);
        let thread = &threads.all[head];
        let begins_round = thread.kind == ThreadKind::Ksoftirqd
            && thread.round.is_none()
            && thread.switch_left == Span::ZERO;
        if begins_round {
            let Some(vector) = self.core(at).queue.pop_front() else {
                self.core(at).threads.queue.pop_front();
                return self.turn_to_head(at);
            };
            let round = self.begin_round(at, Work::Vector(vector));
            let thread = &mut self.core(at).threads.all[head];
            (thread.left, thread.round) = (round.left, Some(round));
        }
    }

    /// The head's activity or its slice ends.
    pub(super) fn thread_step(&mut self, at: CoreAt) {
        let quantum = self.world.hosts[at.host].quantum;
        let thread = self.core(at).threads.head().expect("a thread ran");
        let runnable = thread.left > Span::ZERO || self.has_more(at);
        let threads = &mut self.core(at).threads;
        let head = threads.queue.pop_front().expect("a thread ran");
        if !runnable {
            return;
        }
        if threads.all[head].slice_left == Span::ZERO {
            threads.wake(head, quantum);
        } else {
            threads.queue.push_front(head);
        }
    }

    /// The head's activity has ended: what it does next, if anything.
    fn has_more(&mut self, at: CoreAt) -> bool {
        match self.core(at).threads.head().expect("a thread ran").kind {
            ThreadKind::Work(_) => false,
            ThreadKind::App(app) => {
                let done = self.apps[app].backlog.pop_front().expect("a packet was in processing");
                self.end(done, Fate::Delivered);
                self.take_app_packet(at, app);
                !self.apps[app].backlog.is_empty()
            }
            ThreadKind::Ksoftirqd => {
                let thread = self.core(at).threads.head().expect("a thread ran");
                let mut round = thread.round.take().expect("ksoftirqd had a round in hand");
                if self.goes_on(at, &mut round) {
                    let thread = self.core(at).threads.head().expect("a thread ran");
                    (thread.left, thread.round) = (round.left, Some(round));
                    return true;
                }
                self.complete_or_requeue(at, &round);
                !self.core(at).queue.is_empty()
            }
        }
    }

    /// The app turns to the first packet of its backlog.
    fn take_app_packet(&mut self, at: CoreAt, app: usize) {
        if let Some(frame) = self.apps[app].backlog.front() {
            let cost = self.app_cost(app, frame);
            let threads = &mut self.core(at).threads;
            let thread = threads.position(ThreadKind::App(app));
            threads.all[thread].left = cost;
        }
    }

    /// The packets of the rounds that ended on this core reach their apps.
    pub(super) fn hand_off(&mut self, from: CoreAt) {
        for frame in std::mem::take(&mut self.core(from).leaving) {
            let Consumer::App(app) = self.world.sources[frame.source].to else {
                unreachable!("only packets for apps are handed over");
            };
            let spec = &self.world.apps[app];
            let at = CoreAt { host: spec.host, index: spec.core as usize };
            if self.apps[app].backlog.len() >= spec.backlog as usize {
                self.end(frame, Fate::Dropped(DropReason::BacklogFull));
                continue;
            }
            self.apps[app].backlog.push_back(frame);
            if self.apps[app].backlog.len() == 1 {
                self.pause(at);
                self.take_app_packet(at, app);
                self.wake(at, ThreadKind::App(app));
                self.dispatch(at);
            }
        }
    }

    /// A work asks anew, whatever it got; what it did not get is forgone.
    pub(super) fn work_asks(&mut self, work: usize) {
        let spec = &self.world.works[work];
        let at = CoreAt { host: spec.host, index: spec.core as usize };
        let next = self.agenda.time() + spec.period;
        self.agenda.put(next, Item::Work { work });
        self.pause(at);
        let threads = &mut self.core(at).threads;
        let thread = threads.position(ThreadKind::Work(work));
        threads.all[thread].left = spec.demand;
        if spec.demand > Span::ZERO {
            self.wake(at, ThreadKind::Work(work));
        }
        self.dispatch(at);
    }

    fn wake(&mut self, at: CoreAt, kind: ThreadKind) {
        let quantum = self.world.hosts[at.host].quantum;
        let threads = &mut self.core(at).threads;
        threads.wake(threads.position(kind), quantum);
    }
}
