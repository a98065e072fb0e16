//! Is every key known, every required key there, every value of its kind and within its bounds?
//!
//! Looks at one value at a time; what depends on other values is checked where they meet.

use crate::scenario::schema::{self, Default, Key, Kind};
use crate::scenario::text::diagnostic::{Diagnostic, Place};
use crate::scenario::text::document::{Entry, Node, Table, Value};
use crate::scenario::text::units::{self, Bare, Fault, short};

/// Most tables of one group (hosts, NICs, ...), and most designs.
pub const MAX_NAMED: usize = 1024;
/// Most designs of a file.
pub const MAX_DESIGNS: usize = 256;
/// Mistakes after which the check of a table is given up: each costs a search for what was meant.
const MAX_FOUND: usize = 500;
/// Most entries of a list of tables.
const MAX_LIST: usize = 10_000;

/// Checks a table and all in it. `path` is its path in the file, `place` where it stands.
pub fn check(table: &Table, words: &schema::Table, path: &str, place: &Place) -> Vec<Diagnostic> {
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
    words: &schema::Table,
    path: &str,
    place: &Place,
    found: &mut Vec<Diagnostic>,
) {
    for entry in &table.entries {
        if found.len() >= MAX_FOUND {
            return;
        }
        match words.word(&entry.key) {
            Some(word) => value(&entry.node, word, &join(path, &entry.key), found),
            None => found.push(unknown_key(entry, words, path)),
        }
    }
    for word in words.words {
        let empty = |node: &Node| {
            matches!(word.kind, Kind::Named(_))
                && node.table().is_some_and(|t| t.entries.is_empty())
        };
        if word.default == Default::Required && table.get(word.key).is_none_or(empty) {
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
            Kind::Table(words) | Kind::ChoiceOr(_, words) | Kind::IntegerOr(.., words),
            Value::Table(table),
        ) => {
            check_into(table, words, path, &node.place, found);
        }
        (Kind::Tables(words), Value::List(nodes)) => list(nodes, words, node, path, found),
        (Kind::Frame, Value::List(nodes)) if !nodes.is_empty() => {
            list(nodes, &schema::SIZE, node, path, found);
        }
        (Kind::Cost, Value::Table(table)) => {
            check_into(table, &schema::COST, path, &node.place, found);
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

fn list(
    nodes: &[Node],
    words: &schema::Table,
    node: &Node,
    path: &str,
    found: &mut Vec<Diagnostic>,
) {
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

fn named(
    groups: &Table,
    words: &schema::Table,
    node: &Node,
    path: &str,
    found: &mut Vec<Diagnostic>,
) {
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
    let key = word.key;
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
fn example(table: &schema::Table) -> String {
    let required = table.words.iter().filter(|word| word.default == Default::Required);
    required.map(|word| format!("{} = ...", word.key)).collect::<Vec<_>>().join(", ")
}

fn unknown_key(entry: &Entry, words: &schema::Table, path: &str) -> Diagnostic {
    Diagnostic::new(format!("`{}` is no key of a scenario", join(path, &entry.key)))
        .at(&entry.place)
        .because("unknown key")
        .help(hint(&entry.key, words))
}

/// What an unknown key was probably meant to be.
#[must_use]
pub fn hint(key: &str, words: &schema::Table) -> String {
    let plain = schema::plain(key);
    let here = words.words.iter().find(|word| {
        word.elsewhere.iter().any(|name| schema::plain(name) == plain)
            || schema::plain(word.key) == plain
    });
    if let Some(word) = here {
        return format!("`{}` is `{}` here", short(key), word.key);
    }
    let alien = |word: &Key| word.elsewhere.iter().any(|name| schema::plain(name) == plain);
    let near = schema::nearest(key, words.words.iter().map(|word| word.key));
    let there = schema::all()
        .find(|(_, word)| alien(word))
        .or_else(|| schema::all().find(|(_, word)| near.is_none() && word.key == key));
    if let Some((table, word)) = there {
        let place = if table.path.is_empty() {
            "at the top".to_owned()
        } else {
            format!("under [{}]", table.path)
        };
        return format!(
            "`{}` is `{}` {place} (see `rxsim explain {}`)",
            short(key),
            word.key,
            word.key
        );
    }
    if let Some(near) = near {
        return format!("did you mean `{near}`?");
    }
    let keys: Vec<&str> = words.words.iter().map(|word| word.key).collect();
    format!("the keys here are {}", keys.join(", "))
}

/// Checks a value that is no table.
fn scalar(node: &Node, kind: Kind) -> Result<(), Fault> {
    match kind {
        Kind::Text => text(node).map(drop),
        Kind::Flag => match node.value {
            Value::Flag(_) => Ok(()),
            _ => Err(fault("true or false is due", "write `true` or `false`, without quotes")),
        },
        Kind::Integer(min, max) | Kind::IntegerOr(min, max, _) => integer(node, min, max),
        Kind::Number(min, max) => number(node, Some((min, max))),
        Kind::Figure => number(node, None),
        Kind::Scalar => match node.value {
            Value::Text(_) | Value::Flag(_) | Value::Integer(_) | Value::Float(_) => Ok(()),
            _ => Err(fault("a single value is due", "write a word, a number, true or false")),
        },
        Kind::Ports => ports(node).map(drop),
        Kind::Choice(words) | Kind::ChoiceOr(words, _) => word(node, kind, words),
        Kind::Choices(words) => many_words(node, words),
        Kind::Names => names(node),
        _ => measured(node, kind),
    }
}

/// The keys of a table, in a sentence.
fn keys(words: &schema::Table) -> String {
    let keys: Vec<&str> = words.words.iter().map(|word| word.key).collect();
    format!("it has the keys {}", keys.join(", "))
}

/// Checks a value with a unit.
fn measured(node: &Node, kind: Kind) -> Result<(), Fault> {
    let (bare, example) = match kind {
        Kind::Time | Kind::TimeOrZero | Kind::Warmup => (Bare::Time, "\"50 us\""),
        Kind::Link => (Bare::Link, "\"10 Gbps\""),
        Kind::Rate => (Bare::Rate, "\"500 Mbps\""),
        Kind::Size(..) | Kind::Frame => (Bare::Size, "\"1518 B\""),
        Kind::Frequency => (Bare::Frequency, "\"2.66 GHz\""),
        Kind::Percent => (Bare::Percent, "\"30 %\""),
        Kind::Cpus => (Bare::Cpus, "\"0,2,4-7\""),
        Kind::Cost | Kind::Work => (Bare::Work, "\"1 us\""),
        Kind::Tables(words) => {
            let help = format!("write `[[...]]` above each, with double brackets; {}", keys(words));
            return Err(fault("a list of tables is due", help));
        }
        Kind::Table(words) | Kind::Named(words) => {
            return Err(fault("a table is due", keys(words)));
        }
        _ => return Err(fault("a table is due", "write it under a header of its own")),
    };
    let text = match &node.value {
        Value::Text(text) => text,
        Value::Integer(n) => return Err(units::bare(&n.to_string(), bare)),
        Value::Float(x) => return Err(units::bare(&x.to_string(), bare)),
        _ => {
            return Err(fault(
                "a value with a unit is due",
                format!("write a string, such as {example}"),
            ));
        }
    };
    match kind {
        Kind::Time => units::time(text).and_then(|span| {
            if span.0 > 0 {
                Ok(())
            } else {
                Err(fault("zero", format!("write a time above 0, such as {example}")))
            }
        }),
        Kind::Warmup if text == "auto" => Ok(()),
        Kind::TimeOrZero | Kind::Warmup => units::time(text).map(drop),
        Kind::Link => units::link(text).map(drop),
        Kind::Rate => units::rate(text).map(drop),
        Kind::Size(min, max) => size(text, min, max),
        Kind::Frame if text == "imix" => Ok(()),
        Kind::Frame => size(text, 64, 65_539),
        Kind::Frequency => units::frequency(text).map(drop),
        Kind::Percent => units::percent(text).map(drop),
        Kind::Cpus => units::cpu_list(text).map(drop),
        _ => units::work(text).map(drop),
    }
}

fn size(text: &str, min: u64, max: u64) -> Result<(), Fault> {
    let bytes = units::size(text)?;
    if (min..=max).contains(&bytes) {
        return Ok(());
    }
    Err(fault(
        format!("outside of {min} B to {max} B"),
        format!("write \"{} B\"", bytes.clamp(min, max)),
    ))
}

fn text(node: &Node) -> Result<&str, Fault> {
    match &node.value {
        Value::Text(text) => Ok(text),
        Value::Integer(n) => Err(fault("a string is due", format!("write \"{n}\" in quotes"))),
        _ => Err(fault("a string is due", "write it in quotes")),
    }
}

fn integer(node: &Node, min: i128, max: i128) -> Result<(), Fault> {
    match node.value {
        Value::Integer(n) if (min..=max).contains(&n) => Ok(()),
        Value::Integer(n) => {
            Err(fault(format!("outside of {min} to {max}"), format!("write {}", n.clamp(min, max))))
        }
        Value::Float(_) => Err(fault(
            "a whole number is due",
            format!("write a number from {min} to {max}, without a point"),
        )),
        _ => Err(fault(
            "a whole number is due",
            format!("write a number from {min} to {max}, without quotes"),
        )),
    }
}

fn number(node: &Node, bounds: Option<(f64, f64)>) -> Result<(), Fault> {
    let x = match node.value {
        Value::Integer(n) => n as f64,
        Value::Float(x) => x,
        _ => return Err(fault("a number is due", "write a number without quotes, such as 1.5")),
    };
    match bounds {
        None if x.is_finite() => Ok(()),
        None => Err(fault("no finite number", "write a finite number, such as 3.5")),
        Some((min, max)) if (min..=max).contains(&x) => Ok(()),
        Some((min, max)) => {
            Err(fault(format!("outside of {min} to {max}"), format!("write {min} to {max}")))
        }
    }
}

/// Ports: one, or a range.
///
/// # Errors
/// Anything else.
pub fn ports(node: &Node) -> Result<(u16, u16), Fault> {
    let wrong =
        || fault("no port or range of ports", "write 5001 or \"2000-2019\", from 0 to 65535");
    match &node.value {
        Value::Integer(n) => u16::try_from(*n).map(|port| (port, port)).map_err(|_| wrong()),
        Value::Text(text) => {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            match (first.trim().parse::<u16>(), last.trim().parse::<u16>()) {
                (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
                _ => Err(wrong()),
            }
        }
        _ => Err(wrong()),
    }
}

fn word(node: &Node, kind: Kind, words: &[&'static str]) -> Result<(), Fault> {
    let Value::Text(text) = &node.value else {
        return Err(fault("a word is due", format!("write {kind}")));
    };
    if words.contains(&text.as_str()) {
        return Ok(());
    }
    Err(unknown_word(text, words, &kind.to_string()))
}

fn many_words(node: &Node, words: &[&'static str]) -> Result<(), Fault> {
    let Value::List(nodes) = &node.value else {
        return Err(fault("a list is due", format!("write a list of {}", schema::quoted(words))));
    };
    for node in nodes {
        let text = text(node)?;
        if !words.contains(&text) {
            return Err(unknown_word(text, words, &schema::quoted(words)));
        }
    }
    Ok(())
}

/// Checks a list of names, whatever they are.
fn names(node: &Node) -> Result<(), Fault> {
    let Value::List(nodes) = &node.value else {
        return Err(fault("a list is due", format!("write {}", Kind::Names)));
    };
    nodes.iter().try_for_each(|node| text(node).map(drop))
}

fn unknown_word(text: &str, words: &[&'static str], allowed: &str) -> Fault {
    let near = schema::nearest(text, words.iter().copied());
    let near = near.map_or(String::new(), |near| format!("did you mean \"{near}\"? "));
    fault(
        format!("`{}` is not one of the values", short(text)),
        format!("{near}allowed: {allowed}"),
    )
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

fn fault(reason: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { reason: reason.into(), help: help.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::text::diagnostic::Origin;
    use crate::scenario::text::document::parse;
    use std::sync::Arc;

    #[test]
    fn every_default_has_the_shape_of_its_key() {
        for (table, word) in schema::all() {
            let Default::Value(text) = word.default else { continue };
            let bare = matches!(
                word.kind,
                Kind::Integer(..) | Kind::Number(..) | Kind::Flag | Kind::Ports
            );
            let value = if bare { text.to_owned() } else { format!("\"{text}\"") };
            let text = format!("{} = {value}", word.key);
            let origin = Arc::new(Origin { name: "default".to_owned(), text });
            let document = parse(&origin).expect("sound");
            let node = document.get(word.key).expect("just written");
            assert_eq!(check_value(node, word, word.key), [], "{}.{}", table.path, word.key);
        }
    }

    #[test]
    fn no_table_has_a_key_twice() {
        for table in schema::TABLES {
            for (index, word) in table.words.iter().enumerate() {
                let again = table.words[index + 1..].iter().any(|other| other.key == word.key);
                assert!(!again, "{}.{}", table.path, word.key);
            }
        }
    }
}
