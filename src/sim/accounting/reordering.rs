//! Reordering: whether packets overtake others of their flow, and what closed loops are told.
//!
//! Queues are drained independently of each other, so ends are recorded in no particular order.
//! They are sorted when all cores have been caught up.

use crate::engine::time::Time;
use crate::rx::ring::Descriptor;

/// The ends of one source's packets, flow by flow.
#[derive(Debug)]
pub(crate) struct Reordering {
    /// Per flow the number of the last packet delivered, plus one; empty where nothing can be
    /// overtaken.
    last: Vec<u64>,
    /// Ends since the last count: (end, number, flow).
    ends: Vec<(Time, u64, u32)>,
    /// Ends that the closed loop has not been told of: (end, number).
    fed_back: Option<Vec<(Time, u64)>>,
    matters: bool,
}

impl Reordering {
    /// For this many flows (0: nothing can be overtaken). A closed loop is told of all ends.
    pub(crate) fn new(flows: usize, is_closed: bool) -> Self {
        let fed_back = is_closed.then(Vec::new);
        Self { last: vec![0; flows], ends: Vec::new(), fed_back, matters: flows > 0 || is_closed }
    }

    pub(crate) const fn matters(&self) -> bool {
        self.matters
    }

    /// The ends (end, number) since the closed loop was last told.
    pub(crate) const fn fed_back(&mut self) -> Option<&mut Vec<(Time, u64)>> {
        self.fed_back.as_mut()
    }

    /// Records that a packet was delivered at `end`.
    pub(crate) fn record(&mut self, packet: &Descriptor, end: Time) {
        if self.matters() {
            self.ends.push((end, packet.frame.number, packet.frame.flow));
        }
    }

    /// Counts the packets that were delivered after a later one of their flow, since the last
    /// count.
    pub(crate) fn count_reordered(&mut self) -> u64 {
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
        let mut order = Reordering::new(2, false);
        let packet = |number, flow| Descriptor {
            frame: Frame { number, flow, ..Frame::default() },
            ..Descriptor::default()
        };
        order.record(&packet(3, 0), Time(40));
        order.record(&packet(0, 0), Time(10));
        order.record(&packet(1, 0), Time(50));
        order.record(&packet(2, 1), Time(60));
        assert_eq!(order.count_reordered(), 1);
        order.record(&packet(2, 0), Time(70));
        assert_eq!(order.count_reordered(), 1);
        assert!(!Reordering::new(0, false).matters());
    }

    #[test]
    fn a_closed_loop_is_told_of_all_ends_in_their_order() {
        let mut order = Reordering::new(0, true);
        let packet = |number| Descriptor {
            frame: Frame { number, flow: 7, ..Frame::default() },
            ..Descriptor::default()
        };
        assert!(order.matters());
        order.record(&packet(2), Time(40));
        order.record(&packet(1), Time(40));
        order.record(&packet(3), Time(10));
        assert_eq!(order.count_reordered(), 0, "nothing is said of overtaking");
        let told = order.fed_back().expect("it is one");
        assert_eq!(told[..], [(Time(10), 3), (Time(40), 1), (Time(40), 2)]);
    }
}
