//! The simulator against exact results of queueing theory, counts by hand and published
//! measurements.

mod queues; // textbook queues: M/M/1, M/D/1, finite rooms, mixes, separate queues
mod interrupts; // moderation, polling, cyclic service: vacation queues
mod livelock; // interrupts starve what comes after them, masked ones do not
mod bursts; // counted by hand: line rate, bursts into rings, transfers over a bus
mod hash_imbalance; // what even and uneven hashing means for throughput, packet by packet
mod guests; // switch, guests, VMQ: queues in a row, processor sharing, arithmetic of queues
mod pooled_cores; // cores that share packets: against a plain loop, and textbook queues
mod published; // measurements of others: calibrated at some points, predicted at the rest
