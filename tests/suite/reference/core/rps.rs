//! Receive packet steering: from the core that took a packet from its ring to the backlog of
//! another.
//!
//! Rules X1 to X9, I35 and I36.

use crate::reference::agenda::Item;
use crate::reference::core::rounds::{Round, Work};
use crate::reference::model::{CoreAt, Frame, Model};

use rxsim::rx::cpu::Stack;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::Filter;

impl Model<'_> {
    /// Whether a packet's driver and the rest of its deferred work are different activities, the
    /// second one for a packet of a backlog.
    pub(in crate::reference) fn uses_rps(&self, frame: &Frame) -> bool {
        self.world.nics[frame.nic].rps.is_some()
            && self.world.sources[frame.source].filter != Filter::DropInDriver
    }

    /// A packet comes to the backlog of the core that hash and table name. The first one makes the
    /// work of an idle one due: there by an interrupt, unless that is the handing core itself.
    pub(in crate::reference) fn hand_to_backlog(&mut self, from: CoreAt, frame: Frame) {
        let spread = self.world.nics[frame.nic].rps.as_ref().expect("its packets are spread");
        let index = spread.cores.targets[self.pick(&spread.cores, &frame)] as usize;
        let at = CoreAt { host: from.host, index };
        let now = self.agenda.now();
        let core = self.core(at);
        let in_processing = core.rounds().any(|round| round.of_backlog() && round.has_packet());
        if core.backlog.len() + usize::from(in_processing) >= spread.backlog as usize {
            self.tallies.rps.lost += 1;
            return self.end(frame, Fate::Dropped(DropReason::BacklogFull));
        }
        core.backlog.push_back(frame);
        if std::mem::replace(&mut core.backlog_works, true) {
            self.tallies.rps.came_to_work += 1;
        } else if at == from {
            self.tallies.rps.at_home += 1;
            self.pause(at);
            self.queue_deferred_work(at, Work::Backlog);
            self.dispatch(at);
        } else {
            self.tallies.rps.ipis += 1;
            self.core(at).ipi = Some(now);
            self.agenda.put(now.time(), Item::Interrupt { core: at });
        }
    }

    /// At the end of a round over a backlog: with nothing in it the work completes.
    pub(in crate::reference) fn backlog_round_ends(&mut self, at: CoreAt, round: &Round) {
        let host = &self.world.hosts[at.host];
        let complete = self.cores[at.host][at.index].backlog.is_empty()
            && (round.taken < host.budget || host.stack == Stack::WindowsDpc);
        let core = self.core(at);
        if complete {
            core.backlog_works = false;
        } else {
            core.queue.push_back(Work::Backlog);
            self.tallies.rps.requeues += 1;
        }
    }
}
