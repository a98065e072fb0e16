//! Hosts: cores, stack, costs, dispatch, and the apps and works that run on them.

pub mod host;
pub mod cost;
pub mod dispatch;
pub mod threads;
pub mod compat;
