//! Is every key known, every required key there, every value of its kind and within its bounds?
//!
//! Looks at one value at a time; what depends on other values is checked where they meet.

use super::key::{self, Default, Key, Kind};
use super::lookup;
use super::spelling::{nearest, plain};
use super::value::scalar;
use crate::scenario::text::diagnostic::{Diagnostic, Place};
use crate::scenario::text::document::{Entry, Node, Table, Value};
use crate::scenario::text::units::short;

/// Most tables of one group (hosts, NICs, ...), and most designs.
pub const MAX_NAMED: usize = 1024;
/// Most designs of a file.
pub const MAX_DESIGNS: usize = 256;
/// Mistakes after which the check of a table is given up: each costs a search for what was meant.
const MAX_FOUND: usize = 500;
/// Most entries of a list of tables.
const MAX_LIST: usize = 10_000;

/// Checks a table and all in it. `path` is its path in the file, `place` where it stands.
pub fn check(table: &Table, words: &key::Table, path: &str, place: &Place) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    check_into(table, words, path, place, &mut found);
    found
}

/// Checks one value of a key.
pub fn check_value(node: &Node, word: &Key, path: &str) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    value(node, word, path, &mut found);
    found
}

fn check_into(
    table: &Table,
    words: &key::Table,
    path: &str,
    place: &Place,
    found: &mut Vec<Diagnostic>,
) {
    for entry in &table.entries {
        if found.len() >= MAX_FOUND {
            return;
        }
        match words.row(&entry.key) {
            Some(word) => value(&entry.node, word, &join(path, &entry.key), found),
            None => found.push(unknown_key(entry, words, path)),
        }
    }
    for word in words.keys() {
        let empty = |node: &Node| {
            matches!(word.kind, Kind::Named(_))
                && node.table().is_some_and(|t| t.entries.is_empty())
        };
        if word.default == Default::Required && table.get(word.name).is_none_or(empty) {
            found.push(missing(word, path, place));
        }
    }
}

/// A path in the file.
#[must_use]
pub fn join(path: &str, key: &str) -> String {
    let key = short(key);
    if path.is_empty() { key } else { format!("{path}.{key}") }
}

fn value(node: &Node, word: &Key, path: &str, found: &mut Vec<Diagnostic>) {
    match (word.kind, &node.value) {
        (
            Kind::Table(words)
            | Kind::ChoiceOr(_, words)
            | Kind::IntegerOr(.., words)
            | Kind::Cost(words),
            Value::Table(table),
        ) => {
            check_into(table, words, path, &node.place, found);
        }
        (Kind::Tables(words), Value::List(nodes)) => list(nodes, words, node, path, found),
        (Kind::Frame(words), Value::List(nodes)) if !nodes.is_empty() => {
            list(nodes, words, node, path, found);
        }
        (Kind::Named(words), Value::Table(groups)) => named(groups, words, node, path, found),
        (Kind::Designs, Value::Table(designs)) => {
            if designs.entries.len() > MAX_DESIGNS {
                found.push(too_many(node, path, MAX_DESIGNS));
            }
            for design in designs.entries.iter().filter(|entry| entry.node.table().is_none()) {
                found.push(needs_name(design, path));
            }
        }
        (Kind::Axes, Value::Table(_)) => {}
        _ => {
            if let Err(fault) = scalar(node, word.kind) {
                found.push(
                    Diagnostic::new(format!("`{path}` does not take {}", written(node)))
                        .at(&node.place)
                        .because(fault.reason)
                        .help(fault.help),
                );
            }
        }
    }
}

fn list(nodes: &[Node], words: &key::Table, node: &Node, path: &str, found: &mut Vec<Diagnostic>) {
    if nodes.len() > MAX_LIST {
        found.push(too_many(node, path, MAX_LIST));
        return;
    }
    for (index, item) in nodes.iter().enumerate() {
        let path = format!("{path}[{index}]");
        match item.table() {
            Some(table) => check_into(table, words, &path, &item.place, found),
            None => found.push(
                Diagnostic::new(format!("`{path}` is {}", item.value.kind()))
                    .at(&item.place)
                    .because("a table is due")
                    .help(format!("write {{ {} }}", example(words))),
            ),
        }
    }
}

fn named(groups: &Table, words: &key::Table, node: &Node, path: &str, found: &mut Vec<Diagnostic>) {
    if groups.entries.len() > MAX_NAMED {
        found.push(too_many(node, path, MAX_NAMED));
        return;
    }
    for entry in &groups.entries {
        let Some(table) = entry.node.table() else {
            found.push(needs_name(entry, path));
            continue;
        };
        let name = join(path, &entry.key);
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if entry.key.is_empty() || entry.key.len() > 64 || !entry.key.chars().all(plain) {
            found.push(
                Diagnostic::new(format!("`{name}` is no name"))
                    .at(&entry.place)
                    .because("dotted keys and results must be able to refer to it")
                    .help("use up to 64 letters, digits, `-` and `_`"),
            );
        }
        check_into(table, words, &name, &entry.place, found);
    }
}

fn too_many(node: &Node, path: &str, bound: usize) -> Diagnostic {
    Diagnostic::new(format!("`{path}` has too many entries"))
        .at(&node.place)
        .because(format!("the bound is {bound}"))
        .help("split the scenario into several files")
}

fn needs_name(entry: &Entry, path: &str) -> Diagnostic {
    Diagnostic::new(format!("`{}` stands where a name is due", join(path, &entry.key)))
        .at(&entry.place)
        .because(format!("[{path}] holds tables with names"))
        .help(format!(
            "write the keys under a header with a name, such as `[{path}.{}]`",
            sample(path)
        ))
}

/// A name as examples use it.
fn sample(path: &str) -> &'static str {
    match path {
        "host" => "alpha",
        "nic" => "port0",
        "team" => "uplink",
        "vm" => "web",
        "traffic" => "bulk",
        "design" => "rss",
        _ => "one",
    }
}

fn missing(word: &Key, path: &str, place: &Place) -> Diagnostic {
    let key = word.name;
    let whole = join(path, key);
    let help = match word.kind {
        Kind::Named(_) => format!("add a table `[{key}.{}]`", sample(key)),
        Kind::Text | Kind::Choice(_) => {
            format!("write `{key} = ...`: {}; it takes {}", word.meaning, word.kind)
        }
        kind => format!("write `{key} = ...`: it takes {kind}"),
    };
    Diagnostic::new(format!("`{whole}` is missing")).at(place).because(word.meaning).help(help)
}

/// What a table looks like, for the fix.
fn example(table: &key::Table) -> String {
    let required = table.keys().filter(|word| word.default == Default::Required);
    required.map(|word| format!("{} = ...", word.name)).collect::<Vec<_>>().join(", ")
}

fn unknown_key(entry: &Entry, words: &key::Table, path: &str) -> Diagnostic {
    Diagnostic::new(format!("`{}` is no key of a scenario", join(path, &entry.key)))
        .at(&entry.place)
        .because("unknown key")
        .help(hint(&entry.key, words))
}

/// What an unknown key was probably meant to be.
#[must_use]
pub fn hint(key: &str, words: &key::Table) -> String {
    let letters = plain(key);
    let here = words.keys().find(|word| {
        word.elsewhere.iter().any(|name| plain(name) == letters) || plain(word.name) == letters
    });
    if let Some(word) = here {
        return format!("`{}` is `{}` here", short(key), word.name);
    }
    let alien = |word: &Key| word.elsewhere.iter().any(|name| plain(name) == letters);
    let near = nearest(key, words.listed().map(|word| word.name));
    let there = lookup::all()
        .find(|(_, word)| alien(word))
        .or_else(|| lookup::all().find(|(_, word)| near.is_none() && word.name == key));
    if let Some((table, word)) = there {
        let place = if table.path.is_empty() {
            "at the top".to_owned()
        } else {
            format!("under [{}]", table.path)
        };
        return format!(
            "`{}` is `{}` {place} (see `rxsim explain {}`)",
            short(key),
            word.name,
            word.name
        );
    }
    if let Some(near) = near {
        return format!("did you mean `{near}`?");
    }
    let keys: Vec<&str> = words.listed().map(|word| word.name).collect();
    format!("the keys here are {}", keys.join(", "))
}

/// A value as a message repeats it.
fn written(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => format!("\"{}\"", short(text)),
        Value::Integer(i128::MAX | i128::MIN) => "so large a number".to_owned(),
        Value::Integer(n) => n.to_string(),
        Value::Float(x) => x.to_string(),
        Value::Flag(flag) => flag.to_string(),
        other => other.kind().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::text::diagnostic::Origin;
    use crate::scenario::text::document::parse;
    use std::sync::Arc;

    #[test]
    fn every_default_has_the_shape_of_its_key() {
        for (table, word) in lookup::all() {
            let Default::Value(text) = word.default else { continue };
            let bare = matches!(
                word.kind,
                Kind::Integer(..) | Kind::Number(..) | Kind::Flag | Kind::Ports
            );
            let value = if bare { text.to_owned() } else { format!("\"{text}\"") };
            let text = format!("{} = {value}", word.name);
            let origin = Arc::new(Origin { name: "default".to_owned(), text });
            let document = parse(&origin).expect("sound");
            let node = document.get(word.name).expect("just written");
            assert_eq!(check_value(node, word, word.name), [], "{}.{}", table.path, word.name);
        }
    }

    #[test]
    fn no_table_has_a_key_twice() {
        for table in lookup::TABLES {
            for (index, word) in table.keys().enumerate() {
                let again = table.keys().skip(index + 1).any(|other| other.name == word.name);
                assert!(!again, "{}.{}", table.path, word.name);
            }
        }
    }
}
