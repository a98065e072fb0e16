//! Dotted keys laid over a file: a design's, or those of `--set`.

use super::schema::validate::hint;
use super::schema::{self, Kind};
use super::text::diagnostic::{Diagnostic, Place};
use super::text::document::{Entry, Node, Table, Value};
use super::text::units::short;

/// One change: a dotted key, where it was written, its value, and who asks for it.
#[derive(Clone, Debug)]
pub struct Change {
    /// The parts of the dotted key.
    pub path: Vec<String>,
    /// Where the key stands.
    pub place: Place,
    /// The value.
    pub node: Node,
    /// How messages name the source: `--set`, `design rss`.
    pub by: String,
}

/// The changes of a design's table. Dotted keys are written with quotes or without, or as tables.
#[must_use]
pub fn changes(table: &Table, by: &str) -> Vec<Change> {
    let mut all = Vec::new();
    collect(table, &[], by, &mut all);
    all
}

fn collect(table: &Table, prefix: &[String], by: &str, all: &mut Vec<Change>) {
    for entry in &table.entries {
        let mut path = prefix.to_vec();
        path.extend(entry.key.split('.').map(str::to_owned));
        match entry.node.table() {
            Some(inner) if !entry.node.is_inline() => collect(inner, &path, by, all),
            _ => all.push(Change {
                path,
                place: entry.place.clone(),
                node: entry.node.clone(),
                by: by.to_owned(),
            }),
        }
    }
}

/// Lays a change over a file, whose keys are those of `words`.
///
/// # Errors
/// Where the key is none of the format, or would create a host, NIC, VM or traffic.
///
/// # Panics
/// Never: a dotted key has at least one part.
pub fn apply(root: &mut Table, change: &Change, words: &schema::Table) -> Result<(), Diagnostic> {
    let (first, rest) = change.path.split_first().expect("a split text has a part");
    let Some(word) = words.row(first) else {
        return Err(unknown(change, hint(first, words)));
    };
    match word.kind {
        // Claims and other designs are about designs; a list of events can give way to another.
        Kind::Tables(_) if *first == "event" && rest.is_empty() => {
            put(root, first, &change.place, change.node.clone());
            Ok(())
        }
        Kind::Designs | Kind::Axes | Kind::Tables(_) => Err(refused(change)),
        Kind::Named(inner) => {
            let Some((name, rest)) = rest.split_first() else { return Err(unnamed(change, first)) };
            let group = root.get(first).and_then(Node::table);
            if group.is_none_or(|group| group.get(name).is_none()) {
                return Err(creates(change, first, name, group));
            }
            let entry = root.entry_mut(first).and_then(|group| table_of(group).entry_mut(name));
            let table = table_of(entry.expect("looked up above"));
            if rest.is_empty() {
                return Err(unnamed(change, first));
            }
            set(table, inner, rest, change)
        }
        _ => set(root, words, &change.path, change),
    }
}

/// Sets a key in a table that exists, making the tables of options on the way.
fn set(
    table: &mut Table,
    words: &schema::Table,
    path: &[String],
    change: &Change,
) -> Result<(), Diagnostic> {
    let (key, rest) = path.split_first().expect("checked by the caller");
    let Some(word) = words.row(key) else { return Err(unknown(change, hint(key, words))) };
    let inner = match word.kind {
        Kind::Table(path) | Kind::ChoiceOr(_, path) | Kind::IntegerOr(.., path) => Some(path),
        Kind::Cost(law) => Some(law),
        _ => None,
    };
    if rest.is_empty() {
        let options = change.node.table().filter(|_| matches!(word.kind, Kind::Table(_)));
        let Some(options) = options else {
            put(table, key, &change.place, change.node.clone());
            return Ok(());
        };
        let target = table_of(entry(table, key, &change.place));
        for item in &options.entries {
            put(target, &item.key, &item.place, item.node.clone());
        }
        return Ok(());
    }
    let Some(inner) = inner else {
        return Err(unknown(
            change,
            format!("`{key}` has no keys of its own: it takes {}", word.kind),
        ));
    };
    set(table_of(entry(table, key, &change.place)), inner, rest, change)
}

/// The entry of a key, made if need be.
fn entry<'t>(table: &'t mut Table, key: &str, place: &Place) -> &'t mut Entry {
    let at = table.entries.iter().position(|entry| entry.key == key).unwrap_or_else(|| {
        let node = Node { place: place.clone(), value: Value::Table(Table::default()) };
        table.entries.push(Entry { key: key.to_owned(), place: place.clone(), node });
        table.entries.len() - 1
    });
    &mut table.entries[at]
}

/// The table in an entry; a value of another kind gives way to one.
fn table_of(entry: &mut Entry) -> &mut Table {
    if entry.node.table().is_none() {
        entry.node.value = Value::Table(Table::default());
    }
    match &mut entry.node.value {
        Value::Table(table) => table,
        _ => unreachable!("made a table above"),
    }
}

fn put(table: &mut Table, key: &str, place: &Place, node: Node) {
    let entry = entry(table, key, place);
    entry.place = place.clone();
    entry.node = node;
}

fn diagnostic(change: &Change, what: &str) -> Diagnostic {
    let key = short(&change.path.join("."));
    Diagnostic::new(format!("{}: `{key}` {what}", change.by)).at(&change.place)
}

fn unknown(change: &Change, help: String) -> Diagnostic {
    diagnostic(change, "is no key of a scenario").because("unknown key").help(help)
}

fn refused(change: &Change) -> Diagnostic {
    diagnostic(change, "cannot be set by a dotted key")
        .because("it is a list, or describes other designs")
        .help("edit the file")
}

fn unnamed(change: &Change, group: &str) -> Diagnostic {
    diagnostic(change, "names no key")
        .because(format!("a key of one {group} is due"))
        .help(format!("write {group}.NAME.KEY, such as nic.port0.ring"))
}

fn creates(change: &Change, group: &str, name: &str, existing: Option<&Table>) -> Diagnostic {
    let names: Vec<&str> =
        existing.map_or(vec![], |table| table.entries.iter().map(|e| e.key.as_str()).collect());
    let near = names
        .iter()
        .find(|known| strsim::damerau_levenshtein(known, &short(name)) <= 2 && name.len() < 40);
    let near = near.map_or(String::new(), |near| format!("did you mean `{group}.{near}`? "));
    let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    diagnostic(change, &format!("would create `{group}.{}`", short(name)))
        .because(format!("{} changes what the file has; it creates nothing", change.by))
        .help(format!("{near}the file has: {known}"))
}

/// The word of a dotted key of the format; used to check the axes of a sweep.
#[must_use]
pub fn word_of(path: &[String], root: &'static schema::Table) -> Option<&'static schema::Key> {
    let mut table = root;
    let mut parts = path.iter();
    let mut key = parts.next()?;
    loop {
        let word = table.row(key)?;
        let inner = match word.kind {
            Kind::Named(inner) => {
                parts.next()?;
                inner
            }
            Kind::Table(inner) | Kind::ChoiceOr(_, inner) | Kind::IntegerOr(.., inner) => inner,
            Kind::Cost(law) => law,
            _ => return parts.next().is_none().then_some(word),
        };
        match parts.next() {
            Some(next) => (key, table) = (next, inner),
            None => return (!matches!(word.kind, Kind::Named(_))).then_some(word),
        }
    }
}
