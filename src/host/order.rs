//! Whether packets overtake others of their own flow.
//!
//! Queues are worked off independently of each other, so ends are noted in no particular order;
//! once all cores have been caught up they are sorted, and looked at.

use crate::engine::time::Time;
use crate::rx::ring::Descriptor;

/// The order in which the packets of one source are delivered, flow by flow.
#[derive(Debug)]
pub(super) struct Order {
    /// Number of the last packet delivered per flow, plus one; empty where order cannot change.
    last: Vec<u64>,
    /// Ends since the last look: (end, number, flow).
    ends: Vec<(Time, u64, u32)>,
}

impl Order {
    /// Over so many flows; over none, order does not matter.
    pub(super) fn new(flows: usize) -> Self {
        Self { last: vec![0; flows], ends: Vec::new() }
    }

    pub(super) const fn matters(&self) -> bool {
        !self.last.is_empty()
    }

    /// A packet was delivered at `end`.
    pub(super) fn note(&mut self, packet: &Descriptor, end: Time) {
        if self.matters() {
            self.ends.push((end, packet.frame.number, packet.frame.flow));
        }
    }

    /// Counts the packets delivered after a later one of their own flow, among those noted since
    /// the last time.
    pub(super) fn settle(&mut self) -> u64 {
        let mut reordered = 0;
        self.ends.sort_unstable();
        for (_, number, flow) in self.ends.drain(..) {
            let last = &mut self.last[flow as usize];
            if number + 1 < *last {
                reordered += 1;
            } else {
                *last = number + 1;
            }
        }
        reordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocab::frame::Frame;

    #[test]
    fn what_was_overtaken_counts_whatever_the_order_of_notes() {
        let mut order = Order::new(2);
        let packet = |number, flow| Descriptor {
            frame: Frame { number, flow, ..Frame::default() },
            ..Descriptor::default()
        };
        order.note(&packet(3, 0), Time(40));
        order.note(&packet(0, 0), Time(10));
        order.note(&packet(1, 0), Time(50));
        order.note(&packet(2, 1), Time(60));
        assert_eq!(order.settle(), 1);
        order.note(&packet(2, 0), Time(70));
        assert_eq!(order.settle(), 1);
        assert!(!Order::new(0).matters());
    }
}
