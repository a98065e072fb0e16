//! Floor 7: what people see. Tables and plots take the feature `cli`; JSON and CSV do not.

pub mod csv;
pub mod document;
#[cfg(feature = "cli")]
pub mod folder;
pub mod glossary;
pub mod json;
#[cfg(feature = "cli")]
pub mod md;
#[cfg(feature = "cli")]
pub mod plot;
#[cfg(feature = "cli")]
mod section;
#[cfg(feature = "cli")]
pub mod text;
pub mod renderer;
pub mod verdict;
mod changes;
#[cfg(feature = "cli")]
mod vms;
mod format;
