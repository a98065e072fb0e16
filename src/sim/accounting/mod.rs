//! What is counted: every packet is entered when it is offered, and once more when it ends.

pub(crate) mod ledger;
pub(crate) mod reordering;
pub(crate) mod slowdown;
