//! Is one value of its kind and within its bounds? Tables are checked by `validate`.

use super::choice::Choice;
use super::key::{self, Kind, quoted};
use super::spelling::nearest;
use crate::scenario::text::document::{Node, Value};
use crate::scenario::text::units::{self, Bare, Fault, short};

/// Checks a value that is no table.
pub(super) fn scalar(node: &Node, kind: Kind) -> Result<(), Fault> {
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
fn keys(words: &key::Table) -> String {
    let keys: Vec<&str> = words.listed().map(|word| word.name).collect();
    format!("it has the keys {}", keys.join(", "))
}

/// Checks a value with a unit.
fn measured(node: &Node, kind: Kind) -> Result<(), Fault> {
    let (bare, example) = match kind {
        Kind::Time | Kind::TimeOrZero | Kind::Warmup => (Bare::Time, "\"50 us\""),
        Kind::Link => (Bare::Link, "\"10 Gbps\""),
        Kind::Rate => (Bare::Rate, "\"500 Mbps\""),
        Kind::Size(..) | Kind::Frame(_) => (Bare::Size, "\"1518 B\""),
        Kind::Frequency => (Bare::Frequency, "\"2.66 GHz\""),
        Kind::Percent => (Bare::Percent, "\"30 %\""),
        Kind::Cpus => (Bare::Cpus, "\"0,2,4-7\""),
        Kind::Cost(_) | Kind::Work => (Bare::Work, "\"1 us\""),
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
        Kind::Frame(_) if text == "imix" => Ok(()),
        Kind::Frame(_) => size(text, 64, 65_539),
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

fn word(node: &Node, kind: Kind, choices: &[Choice]) -> Result<(), Fault> {
    let Value::Text(text) = &node.value else {
        return Err(fault("a word is due", format!("write {kind}")));
    };
    if choices.iter().any(|choice| choice.name == text) {
        return Ok(());
    }
    Err(unknown_word(text, choices, &kind.to_string()))
}

fn many_words(node: &Node, choices: &[Choice]) -> Result<(), Fault> {
    let Value::List(nodes) = &node.value else {
        return Err(fault("a list is due", format!("write a list of {}", quoted(choices))));
    };
    for node in nodes {
        let text = text(node)?;
        if choices.iter().all(|choice| choice.name != text) {
            return Err(unknown_word(text, choices, &quoted(choices)));
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

fn unknown_word(text: &str, choices: &[Choice], allowed: &str) -> Fault {
    let near = nearest(text, choices.iter().map(|choice| choice.name));
    let near = near.map_or(String::new(), |near| format!("did you mean \"{near}\"? "));
    fault(
        format!("`{}` is not one of the values", short(text)),
        format!("{near}allowed: {allowed}"),
    )
}

fn fault(reason: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { reason: reason.into(), help: help.into() }
}
