//! What is to go on at some later moment, by that moment.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use tokio::time::Instant;

/// A heap of values by the moment at which they are due; those of the same moment in the order of their arrival.
pub(super) struct Delays<V> {
    heap: BinaryHeap<Delayed<V>>,
    arrivals: u64,
}

struct Delayed<V> {
    at: Instant,
    arrival: u64,
    value: V,
}

impl<V> Delays<V> {
    pub(super) fn new() -> Self {
        Self { heap: BinaryHeap::new(), arrivals: 0 }
    }

    pub(super) fn push(&mut self, at: Instant, value: V) {
        self.arrivals += 1;
        self.heap.push(Delayed { at, arrival: self.arrivals, value });
    }

    /// When the first is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|first| first.at)
    }

    pub(super) fn pop_due(&mut self, now: Instant) -> Option<V> {
        if self.next()? > now {
            return None;
        }
        self.heap.pop().map(|first| first.value)
    }

    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = V> {
        self.heap.drain().map(|delayed| delayed.value)
    }
}

impl<V> Ord for Delayed<V> {
    /// The earliest is the greatest, which a heap gives first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.arrival).cmp(&(self.at, self.arrival))
    }
}

impl<V> PartialOrd for Delayed<V> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<V> PartialEq for Delayed<V> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<V> Eq for Delayed<V> {}
