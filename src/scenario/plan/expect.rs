//! What the file claims.

use super::reference;
use crate::scenario::schema::table_reader::TableReader;
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
pub fn read(view: &TableReader, designs: &[&str], findings: &mut Findings) -> Option<Expect> {
    if view.has("design") {
        findings.take(reference::named(view, "design", "design", designs))?;
    }
    let bound = |key: &str| if view.has(key) { view.number(key) } else { None };
    let (min, max) = (bound("min"), bound("max"));
    if let (Some(least), Some(most)) = (min, max)
        && least > most
    {
        findings.mistake(
            view.mistake("min", format!("no value is above {least} and below {most}"))
                .because("`min` is above `max`")
                .help(format!("write min = {most}, max = {least}")),
        );
    }
    let ranged = view.has("min") || view.has("max");
    if ranged == view.has("equals") {
        let both = if ranged { "both a range and a value" } else { "nothing" };
        findings.mistake(
            view.mistake("metric", format!("this expectation claims {both}"))
                .because("a range or a value is due")
                .help("write `min`, `max` or both, or `equals` for words and true or false"),
        );
        return None;
    }
    Some(Expect {
        metric: view.text("metric")?.to_owned(),
        design: view.text("design").map(str::to_owned),
        min,
        max,
        equals: view.node("equals").and_then(equals),
        why: view.text("why").unwrap_or("").to_owned(),
        place: view.place("metric").clone(),
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
