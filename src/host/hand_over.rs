//! What a round brings to apps and guests once its last packet is done, and how it gets there.
//!
//! Apps are handed their packets through the inbox of their core. The channel of a guest takes a
//! packet, or has no room for it, at the instant of the hand-off; so a round with packets for
//! guests waits until all other cores have come that far.

use super::core::Core;
use super::delivery::{Delivery, HandOff, What};
use super::ledger::{Ledger, Next, Processed};
use super::rank::Rank;
use super::site::Site;

impl Core {
    /// Hands the packets of a round that has none for guests over to their apps, on this core or
    /// another, at the core's time.
    pub(super) fn hand_over(&mut self, delivery: &mut Delivery) {
        let item = (self.see, self.number);
        for (next, packet) in delivery.packets.drain(..) {
            let Next::App(app) = next else { unreachable!("guests are served by the site") };
            self.send(HandOff { item, what: What::Packet(app, packet) });
        }
    }

    /// Sends something to threads of this core, or (by the site) of another.
    fn send(&mut self, hand_off: HandOff) {
        match &mut self.threads {
            Some(threads) if threads.has(&hand_off.what) => threads.hand_off(hand_off),
            _ => self.outbox.push(hand_off),
        }
    }
}

impl Site {
    /// It is the turn of this core's round to hand over, or to notify.
    pub(super) fn hand_over(&mut self, core: usize, ledger: &mut Ledger<'_>) {
        let item = (self.cores[core].see, core);
        let rank = Rank { moment: item.0, is_hand_over: true, core, gives: true };
        let mut delivery = std::mem::take(&mut self.cores[core].round_that_hands_over().delivery);
        let mut guests = 0;
        if delivery.has_guests {
            for (next, packet) in delivery.packets.drain(..) {
                match next {
                    Next::Guest(vnic) if self.enter_channel(vnic, packet, rank, ledger) => {
                        delivery.notify.push(vnic);
                    }
                    Next::App(app) => {
                        let what = What::Packet(app, packet);
                        self.cores[core].send(HandOff { item, what });
                    }
                    Next::Guest(_) | Next::Ended => {}
                }
            }
            delivery.has_guests = false;
            guests = delivery.notify.len();
        } else {
            for vnic in delivery.notify.drain(..) {
                self.cores[core].send(HandOff { item, what: What::Notification(vnic) });
            }
        }
        self.cores[core].round_that_hands_over().delivery = delivery;
        self.route(core);
        self.cores[core].has_handed_over(guests, ledger);
    }

    /// A packet enters a channel in a hand-over of this rank; true if its guest is to be notified.
    fn enter_channel(
        &mut self,
        vnic: usize,
        packet: Processed,
        rank: Rank,
        ledger: &mut Ledger<'_>,
    ) -> bool {
        let core = self.vcpu_cores[vnic].expect("a guest runs on the host of its NIC");
        self.catch_up_for(core, rank, ledger);
        let now = rank.moment;
        let threads = self.cores[core].threads.as_mut().expect("its core has the vCPU");
        threads.channel(vnic).accept(packet, now.time(), ledger)
    }

    /// Takes what a core handed over to the cores of its apps and guests.
    pub(super) fn route(&mut self, from: usize) {
        let outbox = std::mem::take(&mut self.cores[from].outbox);
        for hand_off in outbox {
            let core = match hand_off.what {
                What::Packet(app, _) => self.app_cores[app],
                What::Notification(vnic) => self.vcpu_cores[vnic],
            };
            let core = core.expect("apps and guests are served on their own host");
            let threads = self.cores[core].threads.as_mut().expect("its core has the thread");
            threads.hand_off(hand_off);
        }
    }
}
