//! Floor 7: what people see.

pub mod csv;
pub mod folder;
pub mod json;
pub mod md;
pub mod plot;
mod section;
pub mod text;
pub mod verdict;
mod changes;
mod vms;
mod words;
