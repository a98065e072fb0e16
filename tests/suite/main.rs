//! All integration tests, in one binary.

/// The engine against the reference model, on random worlds.
mod against_reference;
/// The contract of ARCHITECTURE.md as a plain event heap.
mod reference;
/// Random worlds, small enough to compare packet by packet.
mod worlds;
