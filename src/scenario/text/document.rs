//! TOML text -> a tree in which every key and value knows where it was written.

use super::diagnostic::{Diagnostic, Origin, Place};
use crate::engine::digest;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The longest text of a scenario.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting of tables and lists.
pub const MAX_DEPTH: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where.
    pub place: Place,
    /// What.
    pub value: Value,
}

/// A value as TOML knows it.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string.
    Text(String),
    /// A whole number; one that is too large ends at the end of the type, beyond every bound.
    Integer(i128),
    /// A number with a point, an exponent, `inf` or `nan`.
    Float(f64),
    /// True or false.
    Flag(bool),
    /// A date or time, which no key takes.
    Date,
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

/// Keys and values in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The entries.
    pub entries: Vec<Entry>,
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Place,
    /// Its value.
    pub node: Node,
}

impl Value {
    /// The word for this type in messages.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Flag(_) => "true or false",
            Self::Date => "a date",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

impl Node {
    /// The table, if it is one.
    #[must_use]
    pub const fn table(&self) -> Option<&Table> {
        if let Value::Table(table) = &self.value { Some(table) } else { None }
    }

    /// Whether it was written as one value: no table made of headers or dotted keys.
    #[must_use]
    pub fn is_inline(&self) -> bool {
        let text = &self.place.origin.text;
        self.table().is_none() || text.as_bytes().get(self.place.range.start) == Some(&b'{')
    }

    /// Words that stand for the value and its structure, not for how it was written.
    fn digest(&self) -> u64 {
        match &self.value {
            Value::Text(text) => digest::record(1, hash(text), 0, 0),
            Value::Integer(n) => digest::record(2, *n as u64, (*n >> 64) as u64, 0),
            Value::Float(x) => digest::record(3, x.to_bits(), 0, 0),
            Value::Flag(flag) => digest::record(4, u64::from(*flag), 0, 0),
            Value::Date => digest::record(5, 0, 0, 0),
            Value::List(nodes) => {
                digest::record(6, digest::sequence(nodes.iter().map(Self::digest)), 0, 0)
            }
            Value::Table(table) => digest::record(7, table.digest(), 0, 0),
        }
    }
}

impl Table {
    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The entry of a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The entry of a key, to be changed.
    pub fn entry_mut(&mut self, key: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.key == key)
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key == key)?;
        Some(self.entries.remove(at))
    }

    /// A hash of keys and values in their order.
    #[must_use]
    pub fn digest(&self) -> u64 {
        digest::sequence(self.entries.iter().flat_map(|e| [hash(&e.key), e.node.digest()]))
    }
}

/// A hash of a text.
fn hash(text: &str) -> u64 {
    digest::sequence(std::iter::once(text.len() as u64).chain(text.bytes().map(u64::from)))
}

/// Reads a text.
///
/// # Errors
/// All that is wrong with its syntax, its size or its depth.
pub fn parse(origin: &Arc<Origin>) -> Result<Table, Vec<Diagnostic>> {
    if origin.text.len() > MAX_BYTES {
        return Err(vec![too_long(&origin.name, origin.text.len())]);
    }
    let (table, errors) = DeTable::parse_recoverable(&origin.text);
    if !errors.is_empty() {
        return Err(errors.iter().map(|error| syntax(origin, error)).collect());
    }
    let table = build_table(origin, table.get_ref(), 0, 0).map_err(|deep| vec![deep])?;
    if table.entries.is_empty() {
        let nothing = Diagnostic::new(format!("{} is empty", origin.name))
            .help("`rxsim show single-core-ceiling` prints a scenario to start from");
        return Err(vec![nothing]);
    }
    Ok(table)
}

/// Reads the value of a `--set`: TOML if it parses, else a string. The value starts at byte
/// `from` of the origin's text.
///
/// # Errors
/// Where it is nested too deep.
pub fn parse_value(origin: &Arc<Origin>, from: usize) -> Result<Node, Diagnostic> {
    let text = &origin.text[from..];
    match DeValue::parse(text) {
        Ok(value) => from_value(origin, &value, 1, from),
        Err(_) => Ok(Node {
            place: Place { origin: Arc::clone(origin), range: from..origin.text.len() },
            value: Value::Text(text.trim().to_owned()),
        }),
    }
}

/// A text beyond the bound.
#[must_use]
pub fn too_long(name: &str, bytes: usize) -> Diagnostic {
    Diagnostic::new(format!("{name} is too long for a scenario"))
        .because(format!("it has {bytes} bytes; the bound is {MAX_BYTES} (1 MiB)"))
        .help("recorded traffic belongs in a file of its own: `capture = \"trace.pcapng\"`")
}

/// A mistake that the parser found.
fn syntax(origin: &Arc<Origin>, error: &toml::de::Error) -> Diagnostic {
    let message = error.message().replace('\n', ": ");
    let deep = message.contains("recurs");
    let diagnostic = if deep {
        Diagnostic::new("tables or lists are nested too deep")
            .because(format!("the bound is {MAX_DEPTH}"))
            .help("write each table under its own header, such as `[nic.port0]`")
    } else if message.contains("duplicate key") {
        Diagnostic::new("a key is given twice")
            .because("the second time")
            .help("keep one of the two; alternatives go to `[design.NAME]`")
    } else {
        Diagnostic::new(format!("this is no TOML: {message}")).because("here").help(
            "a line is `key = value` or `[table.name]`; a value with a unit is a string, \
             such as `link = \"10 Gbps\"`",
        )
    };
    let length = origin.text.len();
    let range = error.span().map_or(0..0, |span| span.start.min(length)..span.end.min(length));
    diagnostic.at(&Place { origin: Arc::clone(origin), range })
}

/// Brings the entries into the order of the text.
fn build_table(
    origin: &Arc<Origin>,
    table: &DeTable<'_>,
    depth: usize,
    shift: usize,
) -> Result<Table, Diagnostic> {
    let mut entries = Vec::with_capacity(table.len());
    for (key, value) in table {
        entries.push(Entry {
            key: key.get_ref().clone().into_owned(),
            place: place(origin, key, shift),
            node: from_value(origin, value, depth + 1, shift)?,
        });
    }
    entries.sort_by_key(|entry| entry.place.range.start);
    Ok(Table { entries })
}

fn from_value(
    origin: &Arc<Origin>,
    value: &Spanned<DeValue<'_>>,
    depth: usize,
    shift: usize,
) -> Result<Node, Diagnostic> {
    let place = place(origin, value, shift);
    if depth > MAX_DEPTH + 1 {
        return Err(Diagnostic::new("tables or lists are nested too deep")
            .at(&place)
            .because(format!("the bound is {MAX_DEPTH}"))
            .help("write each table under its own header, such as `[nic.port0]`"));
    }
    let value = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(n) => {
            let end = if n.as_str().starts_with('-') { i128::MIN } else { i128::MAX };
            Value::Integer(i128::from_str_radix(n.as_str(), n.radix()).unwrap_or(end))
        }
        DeValue::Float(x) => Value::Float(x.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(list) => {
            let nodes = list.iter().map(|node| from_value(origin, node, depth + 1, shift));
            Value::List(nodes.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => Value::Table(build_table(origin, table, depth, shift)?),
    };
    Ok(Node { place, value })
}

fn place<T>(origin: &Arc<Origin>, spanned: &Spanned<T>, shift: usize) -> Place {
    let span = spanned.span();
    Place { origin: Arc::clone(origin), range: span.start + shift..span.end + shift }
}
