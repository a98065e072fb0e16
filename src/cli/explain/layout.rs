//! The layout of an explanation: name, meaning, what a key takes, unit, default, names elsewhere.

use super::other_systems::Word;
use crate::report::glossary::Term;
use crate::report::text::wrapped;
use crate::scenario::schema::{Default, Key, Kind, Table, Value, keys_of, path_of};
use crate::study::metrics::Metric;
use std::collections::BTreeSet;

/// Columns before the meaning of a name.
const INDENT: usize = 2;
/// Columns of a label such as `takes`, with the gap behind it.
const LABEL: usize = 11;
/// Columns of a table's name in the list of all tables.
const NAME: usize = 30;

/// All tables, with a line each.
pub(super) fn overview(tables: &[&Table]) -> String {
    let mut text = "Tables of a scenario (rxsim explain TABLE lists the keys of one)\n".to_owned();
    for table in tables {
        let first = sentences(table.about.split(". ").next().unwrap_or_default());
        let name = format!("  {}", header(table));
        let line = format!("{name:NAME$}{}\n", wrapped(&first, NAME));
        text.push_str(&line);
    }
    text.push_str(
        "\nrxsim explain also takes keys (ring, nic.port0.rss.queues), values (numa-static), words of\n\
         results (bottleneck, sustained), and words of other systems (rx-usecs, *NumRSSQueues, GRO).\n",
    );
    text
}

/// A table with all its keys.
pub(super) fn table(table: &Table) -> String {
    let mut text = format!("[{}]\n", header(table));
    paragraph(&mut text, INDENT, &sentences(table.about));
    for key in table.listed() {
        text.extend(["\n  ", key.name, "\n"]);
        body(&mut text, 2 * INDENT, key);
    }
    text
}

/// Keys; one that several tables share is explained once.
pub(super) fn keys(found: &[(&Table, &Key)]) -> Vec<String> {
    let same = |one: &Key, other: &Key| one.name == other.name && one.meaning == other.meaning;
    let firsts = found
        .iter()
        .enumerate()
        .filter(|(index, (_, key))| found[..*index].iter().all(|(_, before)| !same(before, key)));
    let part = |(_, (_, key)): (usize, &(&Table, &Key))| {
        let alike = found.iter().filter(|(_, other)| same(other, key));
        let paths: Vec<String> = alike.map(|(table, key)| path_of(table, key.name)).collect();
        let mut text = format!("{}\n", wrapped(&paths.join(", "), 0));
        body(&mut text, INDENT, key);
        text
    };
    firsts.map(part).collect()
}

/// Values; one that several keys take is explained once.
pub(super) fn values(found: &[Value]) -> Vec<String> {
    let part = |(at, value): (usize, &Value)| {
        if found[..at].iter().any(|before| before.choice == value.choice) {
            return None;
        }
        let alike = || found.iter().filter(|other| other.choice == value.choice);
        let paths: Vec<String> = alike().map(|one| path_of(one.table, one.key.name)).collect();
        let options: BTreeSet<&str> = alike().flat_map(options).collect();
        let mut text = format!("\"{}\"\n", value.choice.name);
        paragraph(&mut text, INDENT, &sentences(value.choice.meaning));
        label(&mut text, INDENT, "value of", &paths.join(", "));
        if !options.is_empty() {
            let options: Vec<&str> = options.into_iter().collect();
            label(&mut text, INDENT, "options", &options.join(", "));
        }
        Some(text)
    };
    found.iter().enumerate().filter_map(part).collect()
}

/// The keys that have a meaning with one value alone: their meaning begins with the value.
fn options(value: &Value) -> impl Iterator<Item = &'static str> {
    let name = value.choice.name;
    let is_option = move |key: &&Key| {
        let mut parts = key.meaning.split("; ").filter_map(|part| part.split_once(": "));
        parts.any(|(of, _)| of.split(", ").any(|of| of == name))
    };
    value.table.keys().filter(is_option).map(|key| key.name)
}

/// A metric of the results.
pub(super) fn metric(metric: &Metric) -> String {
    let mut text = format!("{}\n", metric.path);
    paragraph(&mut text, INDENT, &sentences(&metric.meaning));
    if !metric.unit.is_empty() {
        label(&mut text, INDENT, "unit", metric.unit);
    }
    text
}

/// A word of the results.
pub(super) fn term(term: &Term) -> String {
    let mut text = format!("{}\n", term.word);
    paragraph(&mut text, INDENT, term.meaning);
    text
}

/// A word of another system.
pub(super) fn other_system(word: &Word) -> String {
    let mut text = format!("{} (elsewhere)\n", word.names[0]);
    paragraph(&mut text, INDENT, word.answer);
    if !word.keys.is_empty() {
        label(&mut text, INDENT, "keys", &word.keys.join(", "));
    }
    if let Some(page) = word.page {
        label(&mut text, INDENT, "see", page);
    }
    text
}

/// The header of a table in a file.
fn header(table: &Table) -> &'static str {
    if table.path.is_empty() { "top of the file" } else { table.path }
}

/// What follows the name of a key.
fn body(text: &mut String, indent: usize, key: &Key) {
    paragraph(text, indent, &sentences(key.meaning));
    label(text, indent, "takes", &takes(key.kind));
    for choice in key.kind.listed() {
        let line = format!("\"{}\": {}", choice.name, choice.meaning);
        text.push_str(&" ".repeat(indent + LABEL));
        text.push_str(&wrapped(&line, indent + LABEL + INDENT));
        text.push('\n');
    }
    if !key.kind.units().is_empty() {
        label(text, indent, "unit", &key.kind.units().join(", "));
    }
    let default = match key.default {
        Default::Required => "none, the key must be given",
        Default::Value("") => "empty",
        Default::Value(text) | Default::Says(text) => text,
    };
    label(text, indent, "default", default);
    if !key.elsewhere.is_empty() {
        label(text, indent, "elsewhere", &key.elsewhere.join(", "));
    }
}

/// What a key takes; the values of an enumeration follow in lines of their own.
fn takes(kind: Kind) -> String {
    match kind {
        Kind::Choice(_) => "one of these values".to_owned(),
        Kind::Choices(_) => "a list of these values".to_owned(),
        Kind::ChoiceOr(_, table) => {
            format!("one of these values, or a table with {}", keys_of(table))
        }
        kind => kind.to_string(),
    }
}

fn label(text: &mut String, indent: usize, name: &str, value: &str) {
    text.push_str(&" ".repeat(indent));
    let line = format!("{name:LABEL$}{}\n", wrapped(value, indent + LABEL));
    text.push_str(&line);
}

fn paragraph(text: &mut String, indent: usize, prose: &str) {
    text.push_str(&" ".repeat(indent));
    text.push_str(&wrapped(prose, indent));
    text.push('\n');
}

/// A phrase of the format's rows as sentences: with a capital letter and a full stop. What a file
/// writes in lower case (`linux-napi: ...`) and names in backticks stay as they are.
fn sentences(phrase: &str) -> String {
    let first = phrase.split(' ').next().unwrap_or_default();
    let is_name = first.contains(['-', ':', ',', '+', '_']) || first == "rss++";
    let mut letters = phrase.chars();
    let text = match letters.next() {
        Some(letter) if !is_name => letter.to_uppercase().chain(letters).collect(),
        _ => phrase.to_owned(),
    };
    if text.ends_with(['.', '?', '!']) || text.is_empty() { text } else { format!("{text}.") }
}
