//! What the file claims.

use super::reference;
use crate::scenario::schema::rows::roots::ExpectKeys;
use crate::scenario::text::diagnostic::Place;
use crate::scenario::text::document::{Node, Value};
use crate::scenario::text::findings::Findings;

/// A claim about a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// Path of the metric.
    pub metric: String,
    /// The design that it concerns; none: the plain file.
    pub design: Option<String>,
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// The very value.
    pub equals: Option<Equals>,
    /// The source of the claim.
    pub why: String,
    /// Where the metric's path stands, for the message that there is no such metric.
    pub place: Place,
}

/// The very value that a claim asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Equals {
    /// A word.
    Word(String),
    /// True or false.
    Flag(bool),
    /// A number.
    Number(f64),
}

/// Reads a claim; none where it is wrong.
pub fn read(keys: &ExpectKeys, designs: &[&str], findings: &mut Findings) -> Option<Expect> {
    if keys.design.given {
        findings.take(reference::named(&keys.design, keys.name(), "design", designs))?;
    }
    let (min, max) = (keys.min.value, keys.max.value);
    if let (Some(least), Some(most)) = (min, max)
        && least > most
    {
        findings.mistake(
            keys.min
                .mistake(format!("no value is above {least} and below {most}"))
                .because("`min` is above `max`")
                .help(format!("write min = {most}, max = {least}")),
        );
    }
    let ranged = keys.min.given || keys.max.given;
    if ranged == keys.equals.given {
        let both = if ranged { "both a range and a value" } else { "nothing" };
        findings.mistake(
            keys.metric
                .mistake(format!("this expectation claims {both}"))
                .because("a range or a value is due")
                .help("write `min`, `max` or both, or `equals` for words and true or false"),
        );
        return None;
    }
    Some(Expect {
        metric: keys.metric.value?.to_owned(),
        design: keys.design.value.map(str::to_owned),
        min,
        max,
        equals: keys.equals.value.and_then(equals),
        why: keys.why.value.unwrap_or("").to_owned(),
        place: keys.metric.place.clone(),
    })
}

fn equals(node: &Node) -> Option<Equals> {
    match &node.value {
        Value::Text(word) => Some(Equals::Word(word.clone())),
        Value::Flag(flag) => Some(Equals::Flag(*flag)),
        Value::Integer(n) => Some(Equals::Number(*n as f64)),
        Value::Float(x) => Some(Equals::Number(*x)),
        _ => None,
    }
}
