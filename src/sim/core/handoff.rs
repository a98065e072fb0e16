//! What a round brings to apps and guests once its last packet is done, and how it gets there.
//!
//! Apps are handed their packets through the inbox of their core. The channel of a guest takes a
//! packet, or has no room for it, at the instant of the hand-off; so a round with packets for
//! guests waits until all other cores have come that far.

use crate::sim::accounting::ledger::{Ledger, Next};
use crate::sim::core::core::Core;
use crate::sim::core::delivery::{Delivery, HandOff, Item, What};
use crate::sim::core::round::Round;
use crate::sim::coupling::rank::Rank;
use crate::sim::host::host::Host;

impl Core {
    /// Hands over what one of the core's rounds, that is over, still has to bring.
    #[inline(always)]
    pub(crate) fn hand_over_from(&mut self, round: fn(&mut Self) -> &mut Round) {
        if !round(self).delivery.is_empty() {
            let mut delivery = std::mem::take(&mut round(self).delivery);
            self.hand_over(&mut delivery);
            round(self).delivery = delivery;
        }
    }

    /// Hands the packets of a round that has none for guests over to their apps, on this core or
    /// another, at the core's time; those that go to backlogs wait for the core's turn.
    pub(crate) fn hand_over(&mut self, delivery: &mut Delivery) {
        let item = self.next_item();
        for (next, packet) in delivery.packets.drain(..) {
            if next == Next::Backlog {
                self.outgoing.push(packet);
                continue;
            }
            let Next::App(app) = next else { unreachable!("guests are served by the site") };
            let hand_off = HandOff { item, what: What::Packet(app, packet) };
            match &mut self.threads {
                Some(threads) if threads.has_app(app) => threads.hand_off(hand_off),
                _ => self.outbox.push(hand_off),
            }
        }
    }

    const fn next_item(&self) -> Item {
        Item { moment: self.see, core: self.number, turns: self.turns }
    }
}

impl Host {
    /// It is this core's turn to spread packets, to hand over, or to notify.
    pub(crate) fn hand_over(&mut self, core: usize, ledger: &mut Ledger<'_>) {
        let item = self.cores[core].next_item();
        let rank = Rank::given(item.moment, core);
        self.cores[core].turns += 1;
        if !self.cores[core].outgoing.is_empty() {
            return self.spread(core, ledger);
        }
        let mut delivery = std::mem::take(&mut self.cores[core].round_that_hands_over().delivery);
        let mut guests = 0;
        if delivery.has_guests {
            self.enter_channels(&mut delivery, rank, ledger);
            // Behind those: while the core of a channel is caught up, nothing of this item is there.
            for (next, packet) in delivery.packets.drain(..) {
                if let Next::App(app) = next {
                    let what = What::Packet(app, packet);
                    self.bring(HandOff { item, what }, self.app_cores[app]);
                }
            }
            delivery.has_guests = false;
            guests = delivery.notify.len();
        } else {
            for channel in delivery.notify.drain(..) {
                let (core, at) = self.wake_place(channel, rank, ledger);
                self.bring(HandOff { item, what: What::Notification(at) }, Some(core));
            }
        }
        self.cores[core].round_that_hands_over().delivery = delivery;
        self.cores[core].has_handed_over(guests, &self.queues, ledger);
    }

    /// The packets of a hand-over of this rank enter their channels; notes whom that notifies.
    fn enter_channels(&mut self, delivery: &mut Delivery, rank: Rank, ledger: &mut Ledger<'_>) {
        let now = rank.moment().time();
        for run in delivery.packets.chunk_by(|(one, _), (other, _)| one == other) {
            let Next::Guest(number) = run[0].0 else { continue };
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

    /// Brings something to the threads of a core.
    fn bring(&mut self, hand_off: HandOff, core: Option<usize>) {
        let core = core.expect("apps and guests are served on their own host");
        let threads = self.cores[core].threads.as_mut().expect("its core has the thread");
        threads.hand_off(hand_off);
        if !self.cores[core].outgoing.is_empty() {
            // What its threads do with it may come before its turn to spread packets.
            self.note_give(core);
        }
    }

    /// Takes what a core handed over to the cores of its apps.
    pub(crate) fn route(&mut self, from: usize) {
        if self.cores[from].outbox.is_empty() {
            return;
        }
        for hand_off in std::mem::take(&mut self.cores[from].outbox) {
            let What::Packet(app, _) = hand_off.what else {
                unreachable!("a core itself hands over to apps only")
            };
            self.bring(hand_off, self.app_cores[app]);
        }
    }
}
