//! The suite: one binary, in reading order.

mod house; // rules of the house, enforced on the program's own text
mod fixtures; // what tests share: small worlds, texts of scenarios, runs and replications
mod traffic; // packets: when they come, how large, to which flow and queue
mod scenario; // what a file means, and what is said about a wrong one
mod reference; // the contract (docs/contract.md) as a plain event heap
mod worked_examples; // small worlds worked out by hand, for the reference model
mod worlds; // random worlds, small enough to compare packet by packet, and their fingerprints
mod sim; // the engine: by hand, against the reference model, in windows of any length
mod theory; // queueing theory, counts by hand, published measurements
mod program; // built-in scenarios, results, the command line
