//! The handoff: what a round delivers to apps and guests after its last packet, and how it gets
//! there.
//!
//! An app receives its packets through the inbox of its core. The channel of a guest accepts or
//! drops a packet at the instant of the handoff. The state of the channel must be exact at that
//! instant, so a round with packets for guests waits until all other cores have come that far.

use crate::sim::accounting::ledger::{Ledger, NextHop};
use crate::sim::core::core::Core;
use crate::sim::core::delivery::{Delivery, Handoff, HandoffKey, Payload, Turn};
use crate::sim::core::round::Round;
use crate::sim::coupling::rank::Rank;
use crate::sim::host::host::Host;

impl Core {
    /// Hands off what a finished round of this core still has to deliver.
    #[inline(always)]
    pub(super) fn send_from(&mut self, round: fn(&mut Self) -> &mut Round) {
        if !round(self).delivery.is_empty() {
            let mut delivery = std::mem::take(&mut round(self).delivery);
            self.send(&mut delivery);
            round(self).delivery = delivery;
        }
    }

    /// Sends the packets of a round without packets for guests to the apps on this core or another,
    /// at the core's clock. Packets for backlogs wait for the core's turn.
    pub(crate) fn send(&mut self, delivery: &mut Delivery) {
        let key = self.next_handoff_key();
        for (next, packet) in delivery.packets.drain(..) {
            if next == NextHop::Backlog {
                self.rps_pending.push(packet);
                continue;
            }
            let NextHop::App(app) = next else { unreachable!("channels take packets for guests") };
            let handoff = Handoff { key, payload: Payload::Packet(app, packet) };
            match &mut self.threads {
                Some(threads) if threads.has_app(app) => threads.deliver(handoff),
                _ => self.outbox.push(handoff),
            }
        }
    }

    const fn next_handoff_key(&self) -> HandoffKey {
        HandoffKey { turn: Turn { time: self.clock, core: self.number }, seq: self.handoffs_done }
    }
}

impl Host {
    /// It is this core's turn: distribute packets by RPS, send them to threads, or notify guests.
    pub(crate) fn perform_handoff(&mut self, core: usize, ledger: &mut Ledger<'_>) {
        let key = self.cores[core].next_handoff_key();
        let rank = Rank::given(key.turn.time, core);
        self.cores[core].handoffs_done += 1;
        if !self.cores[core].rps_pending.is_empty() {
            return self.apply_rps(core, ledger);
        }
        let mut delivery = std::mem::take(&mut self.cores[core].round_awaiting_handoff().delivery);
        let mut guests = 0;
        if delivery.has_guests {
            self.enter_channels(&mut delivery, rank, ledger);
            // Apps come after the channels: while the core of a channel is caught up, it must not
            // see any of this handoff.
            for (next, packet) in delivery.packets.drain(..) {
                if let NextHop::App(app) = next {
                    let payload = Payload::Packet(app, packet);
                    self.deliver(Handoff { key, payload }, self.app_cores[app]);
                }
            }
            delivery.has_guests = false;
            guests = delivery.notify.len();
        } else {
            for channel in delivery.notify.drain(..) {
                let (core, at) = self.wakeup_target(channel, rank, ledger);
                self.deliver(Handoff { key, payload: Payload::Notification(at) }, Some(core));
            }
        }
        self.cores[core].round_awaiting_handoff().delivery = delivery;
        self.cores[core].handoff_done(guests, &self.queues, ledger);
    }

    /// The packets of a handoff enter their channels. Records the guests that have to be notified.
    fn enter_channels(&mut self, delivery: &mut Delivery, rank: Rank, ledger: &mut Ledger<'_>) {
        let now = rank.moment().time();
        for run in delivery.packets.chunk_by(|(one, _), (other, _)| one == other) {
            let NextHop::Guest(number) = run[0].0 else { continue };
            let (core, at) = self.channels[number].expect("its host has the guest");
            self.catch_up_for(core, rank, ledger);
            let threads = self.cores[core].threads.as_mut().expect("it has the vCPU");
            let channel = threads.channel(at);
            for (_, packet) in run {
                if channel.accept(packet, now, ledger) {
                    delivery.notify.push(number);
                }
            }
        }
    }

    /// Delivers a packet or a notification to the threads of a core.
    fn deliver(&mut self, handoff: Handoff, core: Option<usize>) {
        let core = core.expect("apps and guests are served on their own host");
        let threads = self.cores[core].threads.as_mut().expect("its core has the thread");
        threads.deliver(handoff);
        if !self.cores[core].rps_pending.is_empty() {
            // The threads' reaction may come before the core's turn to distribute packets.
            self.update_give(core);
        }
    }

    /// Delivers the outbox of a core to the cores of the apps.
    pub(crate) fn deliver_outbox(&mut self, from: usize) {
        if self.cores[from].outbox.is_empty() {
            return;
        }
        for handoff in std::mem::take(&mut self.cores[from].outbox) {
            let Payload::Packet(app, _) = handoff.payload else {
                unreachable!("the outbox holds packets for apps only")
            };
            self.deliver(handoff, self.app_cores[app]);
        }
    }
}
