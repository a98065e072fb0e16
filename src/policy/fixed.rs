//! `fixed`: every queue stays where it started.

use super::contract::{Loads, Move, Policy};

/// Moves nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixed;

impl Policy for Fixed {
    fn name(&self) -> &'static str {
        "fixed"
    }

    fn rebalance(&mut self, _: &Loads) -> Vec<Move> {
        Vec::new()
    }
}
