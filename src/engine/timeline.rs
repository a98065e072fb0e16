//! The timeline: a small heap of control events, never of packets.
//!
//! Keys are (time, serial number), so that events of one instant come in the order in which they
//! were put in.

use super::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Control events of type `E`, soonest first.
#[derive(Debug)]
pub struct Timeline<E> {
    heap: BinaryHeap<Reverse<(Time, u64, Entry<E>)>>,
    serial: u64,
}

/// Carries an event through the heap without taking part in the order: serials are unique.
#[derive(Debug)]
struct Entry<E>(E);

impl<E> PartialEq for Entry<E> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
impl<E> Eq for Entry<E> {}
impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<E> Ord for Entry<E> {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl<E> Default for Timeline<E> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), serial: 0 }
    }
}

impl<E> Timeline<E> {
    /// Puts `event` in at `time`.
    pub fn put(&mut self, time: Time, event: E) {
        self.heap.push(Reverse((time, self.serial, Entry(event))));
        self.serial += 1;
    }

    /// Takes the soonest event.
    #[must_use]
    pub fn take(&mut self) -> Option<(Time, E)> {
        self.heap.pop().map(|Reverse((time, _, Entry(event)))| (time, event))
    }

    /// How many events were put in so far.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.serial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soonest_comes_first_and_ties_keep_their_order() {
        let mut timeline = Timeline::default();
        timeline.put(Time(5), 'b');
        timeline.put(Time(5), 'c');
        timeline.put(Time(1), 'a');
        let order: String =
            std::iter::from_fn(|| timeline.take()).map(|(_, event)| event).collect();
        assert_eq!(order, "abc");
    }
}
