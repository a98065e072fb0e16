//! What is counted. The `ledger` enters every packet when it is offered and when it ends, so that
//! offered = delivered + dropped + filtered + inside; `reordering` and `slowdown` are computed from
//! the ends.

pub(crate) mod ledger;
pub(crate) mod reordering;
pub(crate) mod slowdown;
