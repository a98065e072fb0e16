//! Spreading in software (RPS, vRSS): what a round took from its rings goes to the backlogs of the
//! cores that a hash names, with an interrupt from processor to processor (IPI) where one rests.

use super::backlog::BACKLOG;
use super::core::{Core, Handler};
use super::ledger::Ledger;
use super::rank::{Bounds, Rank};
use super::site::Site;
use super::spread::place_in;
use super::world::{Dispatch, World};
use crate::engine::time::Moment;
use crate::rx::cpu::{Kind, Stack};
use crate::vocab::frame::Frame;
use std::collections::BTreeSet;

/// To which core's backlog the packets of a host go: per source of the world.
pub(super) struct Spreading {
    sources: Vec<Targets>,
    /// The cores that may take such packets from rings.
    takers: Vec<usize>,
}

/// Where the packets of one source go.
#[derive(Default)]
struct Targets {
    /// The core of each flow; none where the source's packets are not spread.
    cores: Vec<u16>,
    /// A packet is lost that finds so many in the backlog.
    bound: u32,
}

impl Spreading {
    /// That of a host's packets, if any are spread.
    pub(super) fn new(world: &World, host: usize) -> Option<Self> {
        let on_host = |source: usize| world.nics[world.sources[source].nic].host == host;
        let is_spread = |source: usize| on_host(source) && world.is_spread(source);
        let all = 0..world.sources.len();
        all.clone().any(is_spread).then(|| {
            let spec = &world.hosts[host];
            assert!(spec.stack.masks(), "{:?} spreads nothing in software", spec.stack);
            assert!(spec.dispatch == Dispatch::PerQueue, "cores share packets or spread them");
            assert!(!spec.non_preemptive, "what is spread interrupts others");
            let targets = |source| {
                if is_spread(source) { Targets::of(world, source) } else { Targets::default() }
            };
            let spreads =
                |nic: &usize| world.nics[*nic].host == host && world.nics[*nic].spread.is_some();
            let ports = (0..world.nics.len()).filter(spreads);
            let takers = ports.flat_map(|nic| cores_of_queues(world, nic)).collect::<BTreeSet<_>>();
            let takers = takers.into_iter().collect();
            Self { sources: all.map(targets).collect(), takers }
        })
    }

    /// The core of a packet, and the bound of its backlog.
    fn target(&self, frame: &Frame) -> (usize, u32) {
        let targets = &self.sources[frame.source as usize];
        (targets.cores[frame.flow as usize].into(), targets.bound)
    }
}

/// The cores that queues of a port may be on.
fn cores_of_queues(world: &World, nic: usize) -> impl Iterator<Item = usize> {
    let spec = &world.nics[nic];
    let others = if world.moves_queues(nic) { &spec.usable[..] } else { &[] };
    spec.queues.iter().chain(others).map(|core| *core as usize)
}

impl Targets {
    fn of(world: &World, source: usize) -> Self {
        let traffic = &world.sources[source];
        let spread = world.nics[traffic.nic].spread.as_ref().expect("the port spreads");
        let place = place_in(&spread.cores);
        let core = |key| {
            let core = spread.cores.over[place(&key)];
            u16::try_from(core).expect("a host has at most 1024 cores")
        };
        let cores = traffic.source.flow_keys(world.seed).map(core).collect();
        Self { cores, bound: spread.backlog }
    }
}

impl Site {
    /// The bound before which nothing that another core spreads reaches this one.
    pub(super) fn bound_of_spreading(&self, core: usize) -> Moment {
        let front = self.joint.front;
        let Some(spreading) = &self.spreading else { return front };
        let others = spreading.takers.iter().filter(|taker| **taker != core);
        let first = others.map(|taker| self.joint.gives[*taker]).min();
        first.map_or(front, |first| Bounds::joint(front, first, core).threads)
    }

    /// Packets of rounds that this core has ended go to their backlogs.
    pub(super) fn spread(&mut self, from: usize, ledger: &mut Ledger<'_>) {
        let now = self.cores[from].see;
        let mut outgoing = std::mem::take(&mut self.cores[from].outgoing);
        for done in outgoing.drain(..) {
            let spreading = self.spreading.as_ref().expect("a port of the host spreads");
            let (to, bound) = spreading.target(&done.packet.frame);
            self.catch_up_for(to, Rank::given(now, from), ledger);
            let core = &mut self.cores[to];
            let accepts = core.backlog.accept(done, bound, now.time(), ledger);
            if accepts && !std::mem::replace(&mut core.backlog.is_at_work, true) {
                if to == from {
                    core.queue_backlog();
                } else {
                    core.interrupt_for_backlog(now);
                }
                self.note_give(to);
            }
        }
        self.cores[from].outgoing = outgoing;
    }
}

impl Core {
    /// Another processor interrupts this one at `moment`.
    fn interrupt_for_backlog(&mut self, moment: Moment) {
        self.backlog.interrupt = Some(moment);
        self.wake_by(moment);
    }

    /// That interrupt is taken now.
    pub(super) fn take_ipi(&mut self) {
        let start = self.see.time();
        let end = start + self.costs.ipi + self.disturbance(start);
        self.backlog.interrupt = None;
        self.handle(Handler { vector: BACKLOG, start, end });
        self.sheet.enter(Kind::Deferred, start);
    }

    /// The backlog's work is due on this core, at its time.
    fn queue_backlog(&mut self) {
        if let Some(threads) = &mut self.threads {
            threads.pause(self.see);
        }
        self.waiting.push_back(BACKLOG);
        self.raise_softirq();
        self.wake_by(self.see);
    }

    /// A round over the backlog that took so many packets is over: the work is complete, or goes to
    /// the tail.
    pub(super) fn close_round_over_backlog(&mut self, taken: u32) {
        let spent = matches!(self.stack, Stack::LinuxNapi { .. }) && taken >= self.budget;
        self.backlog.is_at_work = spent || !self.backlog.is_empty();
        if self.backlog.is_at_work {
            self.waiting.push_back(BACKLOG);
        }
    }
}
