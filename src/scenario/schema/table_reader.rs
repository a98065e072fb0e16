//! Typed reading of a table whose shape was checked, with the defaults of the words.
//!
//! A value of the wrong shape reads as none: its mistake has been reported already.

use super::key::{self, Default, Kind};
use super::value::scalar;
use crate::engine::time::Span;
use crate::scenario::text::diagnostic::{Diagnostic, Place};
use crate::scenario::text::document::{Entry, Node, Table, Value};
use crate::scenario::text::units::{self, CpuList, Fraction, Rate};

/// A table, its words, and where it is.
#[derive(Clone, Copy, Debug)]
pub struct TableReader<'d> {
    /// The name of the table, where the user names it.
    pub name: &'d str,
    table: &'d Table,
    keys: &'static key::Table,
    place: &'d Place,
}

impl<'d> TableReader<'d> {
    /// A table that stands at `place` and has the words of `path`.
    #[must_use]
    pub fn new(
        table: &'d Table,
        keys: &'static key::Table,
        name: &'d str,
        place: &'d Place,
    ) -> Self {
        Self { name, table, keys, place }
    }

    /// The tables of a group (`host`, `nic`, ...) in the order of the file.
    #[must_use]
    pub fn group(&self, key: &str) -> Vec<TableReader<'d>> {
        let group = self.table.get(key).and_then(Node::table);
        let entries = group.into_iter().flat_map(|group| &group.entries);
        let reader = |entry: &'d Entry| self.inner(key, &entry.node, &entry.key, &entry.place);
        entries.filter_map(reader).collect()
    }

    /// A table of options; none where it was left out or is a word.
    #[must_use]
    pub fn table(&self, key: &str) -> Option<TableReader<'d>> {
        let node = self.table.get(key)?;
        self.inner(key, node, self.name, &node.place)
    }

    /// A table of options; with all its defaults where it was left out.
    #[must_use]
    pub fn options(&self, key: &str) -> TableReader<'d> {
        static EMPTY: Table = Table { entries: Vec::new() };
        let words = match self.keys.row(key).map(|word| word.kind) {
            Some(Kind::Table(words)) => words,
            _ => self.keys,
        };
        let defaults = TableReader::new(&EMPTY, words, self.name, self.place(key));
        self.table(key).unwrap_or(defaults)
    }

    /// The tables of a list.
    #[must_use]
    pub fn list(&self, key: &str) -> Vec<TableReader<'d>> {
        let Some(Value::List(nodes)) = self.node(key).map(|node| &node.value) else {
            return vec![];
        };
        let reader = |node: &'d Node| self.inner(key, node, self.name, &node.place);
        nodes.iter().filter_map(reader).collect()
    }

    /// A table under a key, with the words that the key's own word names.
    fn inner(
        &self,
        key: &str,
        node: &'d Node,
        name: &'d str,
        place: &'d Place,
    ) -> Option<TableReader<'d>> {
        let (Kind::Table(rows)
        | Kind::Tables(rows)
        | Kind::Named(rows)
        | Kind::ChoiceOr(_, rows)
        | Kind::IntegerOr(.., rows)
        | Kind::Cost(rows)
        | Kind::Frame(rows)) = self.keys.row(key)?.kind
        else {
            return None;
        };
        Some(TableReader::new(node.table()?, rows, name, place))
    }

    /// The value of a key as it was written.
    #[must_use]
    pub fn node(&self, key: &str) -> Option<&'d Node> {
        self.table.get(key)
    }

    /// Whether the key is given.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.node(key).is_some()
    }

    /// Where the value stands, or the table without it.
    #[must_use]
    pub fn place(&self, key: &str) -> &'d Place {
        self.node(key).map_or(self.place, |node| &node.place)
    }

    /// A mistake at a key.
    #[must_use]
    pub fn mistake(&self, key: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(message).at(self.place(key))
    }

    /// A text or word.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'d str> {
        match self.node(key) {
            Some(Node { value: Value::Text(text), .. }) => Some(text),
            Some(_) => None,
            None => self.default(key),
        }
    }

    /// A list of words; empty where it was left out.
    #[must_use]
    pub fn words(&self, key: &str) -> Vec<&'d str> {
        let Some(Value::List(nodes)) = self.node(key).map(|node| &node.value) else {
            return vec![];
        };
        let word = |node: &'d Node| match &node.value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        };
        nodes.iter().filter_map(word).collect()
    }

    /// A whole number.
    #[must_use]
    pub fn integer(&self, key: &str) -> Option<u64> {
        match self.node(key) {
            Some(node) if self.wrong(key, node) => None,
            Some(Node { value: Value::Integer(n), .. }) => u64::try_from(*n).ok(),
            Some(_) => None,
            None => self.default(key)?.parse().ok(),
        }
    }

    /// A whole number whose bounds fit 32 bits.
    #[must_use]
    pub fn count(&self, key: &str) -> Option<u32> {
        self.integer(key).and_then(|n| u32::try_from(n).ok())
    }

    /// A number.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.node(key) {
            Some(node) if self.wrong(key, node) => None,
            Some(Node { value: Value::Integer(n), .. }) => Some(*n as f64),
            Some(Node { value: Value::Float(x), .. }) => Some(*x),
            Some(_) => None,
            None => self.default(key)?.parse().ok(),
        }
    }

    /// True or false; none where the words name no default.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.node(key) {
            Some(Node { value: Value::Flag(flag), .. }) => Some(*flag),
            Some(_) => None,
            None => self.default(key)?.parse().ok(),
        }
    }

    /// A time.
    #[must_use]
    pub fn time(&self, key: &str) -> Option<Span> {
        units::time(self.measured(key)?).ok()
    }

    /// A link's rate.
    #[must_use]
    pub fn link(&self, key: &str) -> Option<u64> {
        units::link(self.measured(key)?).ok()
    }

    /// A rate of traffic.
    #[must_use]
    pub fn rate(&self, key: &str) -> Option<Rate> {
        units::rate(self.measured(key)?).ok()
    }

    /// A size in bytes.
    #[must_use]
    pub fn size(&self, key: &str) -> Option<u64> {
        units::size(self.measured(key)?).ok()
    }

    /// A clock.
    #[must_use]
    pub fn frequency(&self, key: &str) -> Option<u64> {
        units::frequency(self.measured(key)?).ok()
    }

    /// A share of one.
    #[must_use]
    pub fn percent(&self, key: &str) -> Option<Fraction> {
        units::percent(self.measured(key)?).ok()
    }

    /// A list of processors.
    #[must_use]
    pub fn cpu_list(&self, key: &str) -> Option<CpuList> {
        units::cpu_list(self.measured(key)?).ok()
    }

    /// Whether a value was found to be none that the key takes.
    #[must_use]
    pub fn is_wrong(&self, key: &str) -> bool {
        self.node(key).is_some_and(|node| self.wrong(key, node))
    }

    /// The text of a value with a unit.
    fn measured(&self, key: &str) -> Option<&'d str> {
        if self.is_wrong(key) { None } else { self.text(key) }
    }

    /// Whether the value was found to be wrong.
    fn wrong(&self, key: &str, node: &Node) -> bool {
        let word = self.keys.row(key);
        word.is_none_or(|word| scalar(node, word.kind).is_err())
    }

    /// The default of the words.
    fn default(&self, key: &str) -> Option<&'static str> {
        match self.keys.row(key).map(|word| word.default) {
            Some(Default::Value(text)) => Some(text),
            _ => None,
        }
    }
}
