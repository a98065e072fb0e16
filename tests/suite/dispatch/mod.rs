//! Cores that share the packets of all rings.

mod event_loop;
mod on_random_worlds;
