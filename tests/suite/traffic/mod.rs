//! Packets: when they come, how large, to which flow and queue.

mod sampling; // random laws against an independent crate; bits pinned
mod arrivals; // when packets come, how large, to which flow
mod parts; // parts of sources: the same stream, shared out
mod line_rate; // frames on the link, to the picosecond
mod captures; // recorded traffic, sound and damaged
mod toeplitz; // the published verification suite of the hash
mod balls_in_bins; // how evenly hashing places flows on queues
