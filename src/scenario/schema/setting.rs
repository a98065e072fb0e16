//! One key of a table as it was read: its value, whether the file gives it, and where.

use super::table_reader::TableReader;
use crate::scenario::text::diagnostic::{Diagnostic, Place};
pub use crate::scenario::text::units::CpuList;

/// The value of a key.
#[derive(Clone, Debug)]
pub struct Setting<'d, T> {
    /// The key.
    pub key: &'static str,
    /// The value, or its default. None where there is no default, or where the value is wrong, which
    /// has been reported.
    pub value: Option<T>,
    /// Whether the file gives it.
    pub given: bool,
    /// Where the value stands, or else the table without it.
    pub place: &'d Place,
}

impl<'d, T> Setting<'d, T> {
    /// The key of a table, with its value as it was read.
    pub fn new(table: &TableReader<'d>, key: &'static str, value: Option<T>) -> Self {
        Self { key, value, given: table.has(key), place: table.place(key) }
    }

    /// A mistake about this key.
    pub fn mistake(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message).at(self.place)
    }
}

impl<T: Copy> Setting<'_, T> {
    /// The value if the file gives it, else `usual`; none where the given value is wrong.
    pub fn or(&self, usual: Option<T>) -> Option<T> {
        if self.given { self.value } else { usual }
    }
}

impl<T> Setting<'_, Vec<T>> {
    /// The tables or words of a list; empty where it was left out.
    pub fn items(&self) -> &[T] {
        self.value.as_deref().unwrap_or_default()
    }
}

impl Setting<'_, CpuList> {
    /// The processors, each below `cores`; all of them where the key is left out. `owner` is whose
    /// key it is.
    ///
    /// # Errors
    /// A processor that the host does not have.
    pub fn within(&self, owner: &str, cores: u32) -> Result<Vec<u32>, Diagnostic> {
        if !self.given {
            return Ok((0..cores).collect());
        }
        let ranges = self.value.as_ref().map_or(&[][..], |list| &list.ranges);
        if let Some((_, last)) = ranges.iter().find(|(_, last)| *last >= cores) {
            return Err(self
                .mistake(format!("core {last} of `{owner}` does not exist"))
                .because(format!("the host has the cores 0 to {}", cores - 1))
                .help(format!("write processors from 0 to {}", cores - 1)));
        }
        let mut all: Vec<u32> = ranges.iter().flat_map(|(first, last)| *first..=*last).collect();
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }
}

/// A word (or a number), or a table of options in its place.
#[derive(Clone, Debug)]
pub enum WordOr<W, T> {
    /// The word.
    Word(W),
    /// The table.
    Table(Box<T>),
}
