//! What a key is: its kind of value, default, bounds, meaning, names elsewhere.

use super::choice::{Choice, NOT_SIMULATED};
use std::fmt;

/// A table of the format and its keys.
#[derive(Debug)]
pub struct Table {
    /// Its path, with `NAME` for what the user names: `nic.NAME.rss`.
    pub path: &'static str,
    /// What it describes.
    pub about: &'static str,
    /// Its keys: those of its own, then those of each group that it takes in.
    pub parts: &'static [&'static [Key]],
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What holds where it is left out.
    pub default: Default,
    /// What it means.
    pub meaning: &'static str,
    /// Its names in Windows, ethtool and drivers.
    pub elsewhere: &'static [&'static str],
}

/// What holds where a key is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// It must be given.
    Required,
    /// This value, as it would be written (strings without quotes).
    Value(&'static str),
    /// What this sentence says.
    Says(&'static str),
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// True or false.
    Flag,
    /// A whole number between bounds.
    Integer(i128, i128),
    /// A number between bounds.
    Number(f64, f64),
    /// Any finite number.
    Figure,
    /// A time above zero.
    Time,
    /// A time, zero included.
    TimeOrZero,
    /// A time, zero included, or `auto`.
    Warmup,
    /// Bits per second.
    Link,
    /// Bits or packets per second, or `line`.
    Rate,
    /// Bytes, between bounds.
    Size(u64, u64),
    /// Hertz.
    Frequency,
    /// A share of one.
    Percent,
    /// A list of processors.
    Cpus,
    /// A time, cycles, or a table with a law of chance.
    Cost(&'static Table),
    /// A size, `imix`, or a list of tables of sizes.
    Frame(&'static Table),
    /// A time or cycles.
    Work,
    /// One of some words.
    Choice(&'static [Choice]),
    /// A whole number between bounds, or a table.
    IntegerOr(i128, i128, &'static Table),
    /// One of some words, or a table.
    ChoiceOr(&'static [Choice], &'static Table),
    /// A list of some words.
    Choices(&'static [Choice]),
    /// A list of names.
    Names,
    /// Any scalar.
    Scalar,
    /// A whole number, or a range of them as text.
    Ports,
    /// A table of options.
    Table(&'static Table),
    /// A list of tables.
    Tables(&'static Table),
    /// Tables named by the user.
    Named(&'static Table),
    /// Tables named by the user of dotted keys of the file.
    Designs,
    /// Dotted keys of the file with lists of values.
    Axes,
}

impl Table {
    /// All its keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        let parts: &'static [&'static [Key]] = self.parts;
        parts.iter().flat_map(|part| part.iter())
    }

    /// Its keys that a file may use.
    pub fn listed(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.keys().filter(|key| key.meaning != NOT_SIMULATED)
    }

    /// The row of a key.
    #[must_use]
    pub fn row(&self, key: &str) -> Option<&'static Key> {
        self.keys().find(|row| row.name == key)
    }
}

impl Kind {
    /// The values of an enumeration; none for all else.
    #[must_use]
    pub fn choices(&self) -> &'static [Choice] {
        match *self {
            Self::Choice(all) | Self::ChoiceOr(all, _) | Self::Choices(all) => all,
            _ => &[],
        }
    }

    /// The values of an enumeration that a file may use.
    pub fn listed(&self) -> impl Iterator<Item = &'static Choice> + use<> {
        self.choices().iter().filter(|choice| choice.meaning != NOT_SIMULATED)
    }

    /// The units that a value may be written in; none for what has no unit.
    #[must_use]
    pub const fn units(&self) -> &'static [&'static str] {
        match self {
            Self::Time | Self::TimeOrZero | Self::Warmup => &["ps", "ns", "us", "ms", "s"],
            Self::Link => &["bps", "kbps", "Mbps", "Gbps", "Tbps"],
            Self::Rate => &["bps", "kbps", "Mbps", "Gbps", "Tbps", "pps", "kpps", "Mpps", "Gpps"],
            Self::Size(..) | Self::Frame(_) => &["B", "KiB", "MiB", "GiB"],
            Self::Frequency => &["Hz", "kHz", "MHz", "GHz"],
            Self::Percent => &["%"],
            Self::Cost(_) | Self::Work => &["ps", "ns", "us", "ms", "s", "cycles"],
            _ => &[],
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text => f.write_str("text"),
            Self::Flag => f.write_str("true or false"),
            Self::Integer(min, max) => write!(f, "a whole number, {min} to {max}"),
            Self::Number(min, max) => write!(f, "a number, {min} to {max}"),
            Self::Figure => f.write_str("a number"),
            Self::Time => f.write_str("a time above zero, such as \"50 us\""),
            Self::TimeOrZero => f.write_str("a time, such as \"50 us\""),
            Self::Warmup => f.write_str("a time, such as \"20 ms\", or \"auto\""),
            Self::Link => f.write_str("bits per second, such as \"10 Gbps\""),
            Self::Rate => f.write_str("\"500 Mbps\", \"812 kpps\" or \"line\""),
            Self::Size(min, max) => write!(f, "a size, such as \"512 KiB\"; {min} to {max} B"),
            Self::Frequency => f.write_str("a clock, such as \"2.66 GHz\""),
            Self::Percent => f.write_str("a share, such as \"30 %\""),
            Self::Cpus => f.write_str("processors, such as \"0,2,4-7\""),
            Self::Cost(_) => f.write_str(
                "a time, cycles (\"9200 cycles\"), or { mean = \"1 us\", distribution = \
                 \"exponential\" }",
            ),
            Self::Work => f.write_str("a time, or cycles, such as \"9200 cycles\""),
            Self::Frame(_) => {
                f.write_str("\"1518 B\", \"imix\", or [{ size = \"64 B\", weight = 7 }, ...]")
            }
            Self::Choice(words) => f.write_str(&quoted(words)),
            Self::ChoiceOr(words, table) => {
                let words = if words.is_empty() { String::new() } else { quoted(words) + ", or " };
                write!(f, "{words}a table with {}", keys(table))
            }
            Self::IntegerOr(min, max, table) => {
                write!(f, "a whole number, {min} to {max}, or a table with {}", keys(table))
            }
            Self::Choices(words) => write!(f, "a list of {}", quoted(words)),
            Self::Names => f.write_str("a list of names, such as [\"port0\", \"port1\"]"),
            Self::Scalar => f.write_str("a word, a number, true or false"),
            Self::Ports => f.write_str("a port, or a range such as \"2000-2019\""),
            Self::Table(table) => write!(f, "a table with {}", keys(table)),
            Self::Tables(table) => write!(f, "a list of tables with {}", keys(table)),
            Self::Named(table) => write!(f, "tables [{}]", table.path),
            Self::Designs => f.write_str("tables [design.NAME] of dotted keys"),
            Self::Axes => f.write_str("dotted keys, each with a list of values"),
        }
    }
}

/// The values of an enumeration as a list for people.
#[must_use]
pub fn quoted(choices: &[Choice]) -> String {
    let listed = choices.iter().filter(|choice| choice.meaning != NOT_SIMULATED);
    let quoted: Vec<String> = listed.map(|choice| format!("\"{}\"", choice.name)).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The keys of a table as a list for people.
#[must_use]
pub fn keys(table: &Table) -> String {
    table.listed().map(|word| word.name).collect::<Vec<_>>().join(", ")
}
