//! Results as a tree of named values: one shape for figures, intervals and differences.

/// A value or a group of values.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// A figure without data.
    Null,
    /// A count.
    Count(i64),
    /// A figure.
    Number(f64),
    /// A word.
    Word(String),
    /// True or false.
    Flag(bool),
    /// A list (`core[0]`, `queue[3]`).
    List(Vec<Tree>),
    /// Named values in order.
    Table(Vec<(String, Tree)>),
}
