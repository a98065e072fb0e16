//! The rows: every key of the format, a file per kind of table.

pub mod roots;
pub mod hosts;
pub mod costs;
pub mod nics;
pub mod queues;
pub mod teams;
pub mod guests;
pub mod traffics;
pub mod events;
pub mod values;
