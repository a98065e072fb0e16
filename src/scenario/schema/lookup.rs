//! Every table of the format, and how a word is looked up in them.

use super::key::{Key, Table};
use super::rows::{costs, events, guests, hosts, nics, queues, roots, teams, traffics};
use super::spelling::plain;

/// All tables, in the order in which they are explained.
pub static TABLES: &[&Table] = &[
    &roots::SCENARIO,
    &hosts::HOST,
    &hosts::STACK,
    &hosts::DISPATCH,
    &hosts::VIRTUALIZATION,
    &costs::COSTS,
    &costs::COST,
    &costs::BIMODAL,
    &nics::NIC,
    &queues::SPREAD,
    &nics::FLOW_CONTROL,
    &queues::RSS,
    &queues::RSS_REBALANCE,
    &queues::VMQ,
    &queues::VMQ_REBALANCE,
    &queues::SRIOV,
    &nics::MODERATION,
    &nics::PCIE,
    &nics::FILTER,
    &nics::MATCH,
    &teams::TEAM,
    &guests::VM,
    &guests::VNIC,
    &hosts::APP,
    &hosts::WORK,
    &traffics::TRAFFIC,
    &traffics::SIZE,
    &traffics::BURST,
    &traffics::ON_OFF,
    &traffics::WINDOW,
    &traffics::KEYS,
    &traffics::POPULARITY,
    &events::EVENT,
    &roots::EXPECT,
];

/// All (table, word) that a query names: a key, a dotted path, a name elsewhere.
#[must_use]
pub fn find(query: &str) -> Vec<(&'static Table, &'static Key)> {
    find_in(TABLES, query)
}

/// Likewise among these tables.
fn find_in(tables: &[&'static Table], query: &str) -> Vec<(&'static Table, &'static Key)> {
    let last = plain(query.rsplit('.').next().unwrap_or(query));
    let matches = |table: &Table, word: &Key| {
        let whole = format!("{}.{}", table.path, word.key);
        word.key == query
            || whole == query
            || (query.contains('.') && whole.ends_with(&format!(".{query}")))
            || word.elsewhere.iter().any(|name| plain(name) == plain(query))
            || (query.contains('.') && plain(word.key) == last && fits(table.path, query))
    };
    let all = tables.iter().flat_map(|table| table.keys().map(move |word| (*table, word)));
    all.filter(|(table, word)| matches(table, word)).collect()
}

/// Every key of every table.
pub fn all() -> impl Iterator<Item = (&'static Table, &'static Key)> {
    TABLES.iter().flat_map(|table| table.keys().map(move |word| (*table, word)))
}

/// Explains a key, or all keys of a table; none for an unknown word.
#[must_use]
pub fn explain(query: &str) -> Option<String> {
    explain_in(TABLES, query)
}

/// Likewise among these tables.
pub(super) fn explain_in(tables: &[&'static Table], query: &str) -> Option<String> {
    let named = tables.iter().filter(|table| names(table.path, query));
    let mut parts: Vec<String> = named.map(ToString::to_string).collect();
    for (table, word) in find_in(tables, query) {
        parts.push(format!("{}\n{word}", path_of(table, word.key)));
    }
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// A key of a table as a path.
#[must_use]
pub fn path_of(table: &Table, key: &str) -> String {
    if table.path.is_empty() { key.to_owned() } else { format!("{}.{key}", table.path) }
}

/// Whether the word of a query stands for a table: `cost`, `nic`, `nic.NAME.rss`.
fn names(path: &str, query: &str) -> bool {
    let last = path.rsplit('.').find(|part| *part != "NAME").unwrap_or("");
    !path.is_empty() && (path == query || last == query)
}

/// Whether a dotted key of a file can lie in a table: `nic.port0.ring` in `nic.NAME`.
fn fits(path: &str, query: &str) -> bool {
    let mut parts: Vec<&str> = query.split('.').collect();
    parts.pop();
    let words: Vec<&str> = path.split('.').collect();
    parts.len() == words.len()
        && parts.iter().zip(&words).all(|(part, word)| part == word || *word == "NAME")
}
