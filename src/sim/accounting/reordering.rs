//! In which order packets are delivered: whether they overtake others of their own flow, and what
//! their sender comes to know.
//!
//! Queues are worked off independently of each other, so ends are noted in no particular order;
//! once all cores have been caught up they are sorted, and looked at.

use crate::engine::time::Time;
use crate::rx::ring::Descriptor;

/// The order in which the packets of one source are delivered, flow by flow.
#[derive(Debug)]
pub(crate) struct Order {
    /// Number of the last packet delivered per flow, plus one; empty where order cannot change.
    last: Vec<u64>,
    /// Ends since the last look: (end, number, flow).
    ends: Vec<(Time, u64, u32)>,
    /// Those that their sender, a closed loop, has not been told of: (end, number).
    fed_back: Option<Vec<(Time, u64)>>,
    /// Somebody wants to know.
    matters: bool,
}

impl Order {
    /// Over so many flows, none where nothing overtakes; a closed loop is told of all ends.
    pub(crate) fn new(flows: usize, is_closed: bool) -> Self {
        let fed_back = is_closed.then(Vec::new);
        Self { last: vec![0; flows], ends: Vec::new(), fed_back, matters: flows > 0 || is_closed }
    }

    pub(crate) const fn matters(&self) -> bool {
        self.matters
    }

    /// The ends (end, number), since it was told last, that a closed loop is to be told of.
    pub(crate) const fn fed_back(&mut self) -> Option<&mut Vec<(Time, u64)>> {
        self.fed_back.as_mut()
    }

    /// A packet was delivered at `end`.
    pub(crate) fn note(&mut self, packet: &Descriptor, end: Time) {
        if self.matters() {
            self.ends.push((end, packet.frame.number, packet.frame.flow));
        }
    }

    /// Counts the packets delivered after a later one of their own flow, among those noted since
    /// the last time.
    pub(crate) fn settle(&mut self) -> u64 {
        let mut reordered = 0;
        self.ends.sort_unstable();
        for (end, number, flow) in self.ends.drain(..) {
            if let Some(fed_back) = &mut self.fed_back {
                fed_back.push((end, number));
            }
            let Some(last) = self.last.get_mut(flow as usize) else { continue };
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
        let mut order = Order::new(2, false);
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
        assert!(!Order::new(0, false).matters());
    }

    #[test]
    fn a_closed_loop_is_told_of_all_ends_in_their_order() {
        let mut order = Order::new(0, true);
        let packet = |number| Descriptor {
            frame: Frame { number, flow: 7, ..Frame::default() },
            ..Descriptor::default()
        };
        assert!(order.matters());
        order.note(&packet(2), Time(40));
        order.note(&packet(1), Time(40));
        order.note(&packet(3), Time(10));
        assert_eq!(order.settle(), 0, "nothing is said of overtaking");
        let told = order.fed_back().expect("it is one");
        assert_eq!(told[..], [(Time(10), 3), (Time(40), 1), (Time(40), 2)]);
    }
}
