//! Every table of the format, and how a word is looked up in them.

use super::choice::Choice;
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

/// A value of an enumeration, and the key that takes it.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// The table of the key.
    pub table: &'static Table,
    /// The key.
    pub key: &'static Key,
    /// The value.
    pub choice: &'static Choice,
}

/// All tables that a query names: `cost`, `nic.port0`, `nic.NAME.rss`, `scenario`.
#[must_use]
pub fn tables(among: &'static [&'static Table], query: &str) -> Vec<&'static Table> {
    let query = Query::new(query);
    among.iter().copied().filter(|table| query.names_table(table)).collect()
}

/// All keys of rxsim's own format that a query names, as [`find_in`] says.
#[must_use]
pub fn find(query: &str) -> Vec<(&'static Table, &'static Key)> {
    find_in(TABLES, query)
}

/// All keys that a query names: by a key, a dotted path, or a name elsewhere.
#[must_use]
pub fn find_in(
    among: &'static [&'static Table],
    query: &str,
) -> Vec<(&'static Table, &'static Key)> {
    let query = Query::new(query);
    keys_of(among).filter(|(table, key)| query.names_key(table, key)).collect()
}

/// All values of enumerations that a query names.
#[must_use]
pub fn values(among: &'static [&'static Table], query: &str) -> Vec<Value> {
    let query = Query::new(query);
    let of_key = |(table, key): (&'static Table, &'static Key)| {
        key.kind.listed().map(move |choice| Value { table, key, choice })
    };
    keys_of(among).flat_map(of_key).filter(|value| same(value.choice.name, &query.whole)).collect()
}

/// Every key of every table that a file may use.
pub fn all() -> impl Iterator<Item = (&'static Table, &'static Key)> {
    keys_of(TABLES)
}

/// Every key of these tables.
fn keys_of(
    tables: &'static [&'static Table],
) -> impl Iterator<Item = (&'static Table, &'static Key)> {
    tables.iter().flat_map(|table| table.listed().map(move |word| (*table, word)))
}

/// A key of a table as a path.
#[must_use]
pub fn path_of(table: &Table, key: &str) -> String {
    if table.path.is_empty() { key.to_owned() } else { format!("{}.{key}", table.path) }
}

/// Every word that [`tables`], [`find`] and [`values`] know, but for names elsewhere.
pub fn words(among: &'static [&'static Table]) -> impl Iterator<Item = &'static str> {
    let of_key = |(_, key): (&'static Table, &'static Key)| {
        let values = key.kind.listed().map(|choice| choice.name);
        std::iter::once(key.name).chain(values)
    };
    among.iter().map(|table| last_word(table)).chain(keys_of(among).flat_map(of_key))
}

/// The word by which people call a table: `rss` of `nic.NAME.rss`.
fn last_word(table: &Table) -> &'static str {
    table.path.rsplit('.').find(|part| *part != NAME && !part.is_empty()).unwrap_or("scenario")
}

/// What stands in paths for the names that users give.
const NAME: &str = "NAME";

/// What somebody typed, without what only a file needs: brackets, quotes, a value after `=`.
struct Query {
    whole: String,
    /// The parts between dots; `design.NAME.` and `sweep.` stand before keys of other tables.
    parts: Vec<String>,
}

impl Query {
    fn new(text: &str) -> Self {
        let key = text.split_once('=').map_or(text, |(key, _)| key);
        let mut whole = String::new();
        let mut rest = key;
        while let Some((before, after)) = rest.split_once('[') {
            whole.push_str(before);
            // The number in `web[3]`; a header such as `[nic.port0]` keeps what is in brackets.
            let inner = after.split_once(']').filter(|_| !before.is_empty());
            rest = inner.map_or(after, |(_, behind)| behind);
        }
        whole.push_str(rest);
        whole.retain(|sign| !matches!(sign, '[' | ']' | '"' | '`' | '\''));
        let whole = whole.trim().to_owned();
        let parts: Vec<String> = whole.split('.').map(str::to_owned).collect();
        let skipped = match parts[0].to_lowercase().as_str() {
            "design" if parts.len() > 2 => 2,
            "sweep" if parts.len() > 1 => 1,
            _ => 0,
        };
        Self { whole, parts: parts[skipped..].to_vec() }
    }

    fn names_table(&self, table: &Table) -> bool {
        match &self.parts[..] {
            [] => false,
            [word] => same(last_word(table), word),
            parts => ends_with(table, parts),
        }
    }

    fn names_key(&self, table: &Table, key: &Key) -> bool {
        let elsewhere = || key.elsewhere.iter().any(|name| same(name, &self.whole));
        match &self.parts[..] {
            [.., last] if !same(key.name, last) => elsewhere(),
            [_] => true,
            [before @ .., _] => ends_with(table, before) || elsewhere(),
            [] => false,
        }
    }
}

/// Whether the path of a table ends with these parts, any name in place of `NAME`.
fn ends_with(table: &Table, parts: &[String]) -> bool {
    let path: Vec<&str> = table.path.split('.').collect();
    let fits = |(known, given): (&&str, &String)| *known == NAME || same(known, given);
    path.len()
        .checked_sub(parts.len())
        .is_some_and(|skipped| path[skipped..].iter().zip(parts).all(fits))
}

/// Whether two spellings stand for one word: letters, digits and plus signs count.
fn same(one: &str, other: &str) -> bool {
    let pluses = |text: &str| text.bytes().filter(|byte| *byte == b'+').count();
    plain(one) == plain(other) && pluses(one) == pluses(other) && !plain(one).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(query: &str) -> Vec<String> {
        find(query).into_iter().map(|(table, key)| path_of(table, key.name)).collect()
    }

    #[test]
    fn a_key_is_found_by_its_path_in_a_file_whatever_the_names() {
        let queries = [
            "nic.port0.rss.queues",
            "nic.NAME.rss.queues",
            "NIC.Port0.RSS.Queues",
            "rss.queues",
            "port0.rss.queues",
            "design.wide.nic.port0.rss.queues",
            "sweep.nic.port0.rss.queues",
            "nic.port0.rss.queues = 8",
            "NumberOfReceiveQueues",
            "*NumRSSQueues",
        ];
        for query in queries {
            assert_eq!(keys(query), ["nic.NAME.rss.queues"], "{query}");
        }
        assert_eq!(keys("vm.web[3].vcpus"), ["vm.NAME.vcpus"]);
        assert_eq!(keys("event[0].at"), ["event.at"]);
        assert_eq!(keys("nic.port0.filter[1].match.traffic"), ["nic.NAME.filter.match.traffic"]);
        assert!(keys("host.port0.ring").is_empty() && keys("").is_empty());
    }

    #[test]
    fn a_table_is_found_by_its_header_and_by_its_last_word() {
        let paths =
            |query| tables(TABLES, query).iter().map(|table| table.path).collect::<Vec<_>>();
        for query in ["nic.port0", "[nic.port0]", "nic", "NIC", "nic.NAME"] {
            assert_eq!(paths(query), ["nic.NAME"], "{query}");
        }
        assert_eq!(paths("host.alpha"), ["host.NAME"]);
        assert_eq!(paths("vm.web[3]"), ["vm.NAME"]);
        assert_eq!(paths("rebalance"), ["nic.NAME.rss.rebalance", "nic.NAME.vmq.rebalance"]);
        assert_eq!(paths("scenario"), [""]);
        assert!(paths("alpha").is_empty());
    }

    #[test]
    fn a_value_is_found_with_the_keys_that_take_it() {
        let found = |query| {
            let path = |value: Value| path_of(value.table, value.key.name);
            values(TABLES, query).into_iter().map(path).collect::<Vec<_>>()
        };
        assert_eq!(found("throttle"), ["nic.NAME.moderation.policy"]);
        assert_eq!(found("Windows-DPC"), ["host.NAME.stack", "host.NAME.stack.kind"]);
        assert_eq!(found("NUMAStatic"), ["nic.NAME.rss.profile"]);
        assert_eq!(found("rss"), ["nic.NAME.path"], "not `rss++`");
        assert_eq!(found("linux-4.18-drop"), ["host.NAME.costs"]);
    }
}
