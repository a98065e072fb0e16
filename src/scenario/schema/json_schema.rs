//! The format as a JSON schema, made from the words.

use super::choice::Choice;
use super::format::Format;
use super::key::{Default, Key, Kind, Table};
use serde_json::{Map, Value, json};

/// The JSON schema (2020-12) of a scenario file.
#[must_use]
pub fn schema() -> Value {
    schema_of(&Format::built_in())
}

/// Likewise of a program that adds policies.
#[must_use]
pub fn schema_of(format: &Format) -> Value {
    let mut schema = table(format.root());
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("rxsim scenario");
    schema
}

fn table(words: &Table) -> Value {
    let properties: Map<String, Value> =
        words.listed().map(|word| (word.name.to_owned(), key(word))).collect();
    let required: Vec<&str> = words
        .keys()
        .filter(|word| word.default == Default::Required)
        .map(|word| word.name)
        .collect();
    json!({
        "type": "object",
        "description": words.about,
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn key(word: &Key) -> Value {
    let mut value = kind(word.kind);
    value["description"] = json!(word.meaning);
    if let Default::Value(text) = word.default {
        let read = match word.kind {
            Kind::Integer(..) | Kind::Number(..) | Kind::Flag => text.parse().ok(),
            _ => Some(json!(text)),
        };
        value["default"] = read.unwrap_or_else(|| json!(text));
    }
    value
}

fn kind(kind: Kind) -> Value {
    let with_unit = |units: &str| {
        let pattern = format!("^ *[+]?[0-9.]+([eE][+-]?[0-9]+)? *({units}) *$");
        json!({ "type": "string", "pattern": pattern })
    };
    let time = "ps|ns|us|ms|s";
    let rate = "bps|kbps|Mbps|Gbps|Tbps";
    match kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer(min, max) => {
            json!({ "type": "integer", "minimum": min as i64, "maximum": max as u64 })
        }
        Kind::Figure => json!({ "type": "number" }),
        Kind::Number(min, max) => json!({ "type": "number", "minimum": min, "maximum": max }),
        Kind::Time | Kind::TimeOrZero => with_unit(time),
        Kind::Warmup => json!({ "anyOf": [with_unit(time), { "const": "auto" }] }),
        Kind::Link => with_unit(rate),
        Kind::Rate => {
            let rates = format!("{rate}|pps|kpps|Mpps|Gpps");
            json!({ "anyOf": [with_unit(&rates), { "const": "line" }] })
        }
        Kind::Size(..) => with_unit("B|KiB|MiB|GiB"),
        Kind::Frequency => with_unit("Hz|kHz|MHz|GHz"),
        Kind::Percent => with_unit("%"),
        Kind::Cpus => {
            json!({ "type": "string", "pattern": "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$" })
        }
        Kind::Cost(law) => json!({ "anyOf": [with_unit(&format!("{time}|cycles")), table(law)] }),
        Kind::Work => with_unit(&format!("{time}|cycles")),
        Kind::Frame(size) => json!({ "anyOf": [
            with_unit("B|KiB|MiB|GiB"),
            { "const": "imix" },
            { "type": "array", "items": table(size), "minItems": 1 },
        ] }),
        Kind::Choice(values) => choices(values),
        Kind::ChoiceOr(values, options) => json!({ "anyOf": [choices(values), table(options)] }),
        Kind::IntegerOr(min, max, options) => {
            json!({ "anyOf": [self::kind(Kind::Integer(min, max)), table(options)] })
        }
        Kind::Choices(values) => json!({ "type": "array", "items": choices(values) }),
        Kind::Names => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Kind::Ports => json!({ "type": ["integer", "string"], "minimum": 0, "maximum": 65_535 }),
        Kind::Table(options) => table(options),
        Kind::Tables(options) => json!({ "type": "array", "items": table(options) }),
        Kind::Named(options) => {
            json!({ "type": "object", "additionalProperties": table(options), "minProperties": 1 })
        }
        Kind::Designs => {
            json!({ "type": "object", "additionalProperties": { "type": "object" } })
        }
        Kind::Axes => json!({ "type": "object" }),
    }
}

/// The values of an enumeration, each with its meaning.
fn choices(values: &[Choice]) -> Value {
    let one = |choice: &Choice| json!({ "const": choice.name, "description": choice.meaning });
    let names: Vec<&str> = values.iter().map(|choice| choice.name).collect();
    json!({ "enum": names, "oneOf": values.iter().map(one).collect::<Vec<_>>() })
}
