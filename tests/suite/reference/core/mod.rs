//! A core: interrupts, rounds, threads, guests, and what leaves one core for another.

pub(in crate::reference) mod automaton;
pub(in crate::reference) mod guests;
pub(in crate::reference) mod handoff;
pub(in crate::reference) mod rounds;
pub(in crate::reference) mod rps;
pub(in crate::reference) mod threads;
pub(in crate::reference) mod vf_rings;
