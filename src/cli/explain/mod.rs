//! `rxsim explain`: what a word means, wherever it comes from.

mod layout;
mod other_systems;

use super::exit_code::OK;
use super::failure::Failure;
use super::output::print;
use crate::report::glossary::{self, GLOSSARY};
use crate::scenario::schema::{self, Format};
use crate::study::metrics::{self, Metric};
use other_systems::WORDS;

/// Most words that an unknown one is compared with in a message.
const MOST_NEAR: usize = 3;

/// Explains a word, or lists what can be explained.
pub(super) fn explain(query: &str, format: &Format) -> Result<u8, Failure> {
    let text =
        if query.is_empty() { layout::overview(format.tables()) } else { found(query, format)? };
    print(&text)?;
    Ok(OK)
}

/// Everything that a word stands for: tables, keys, values, metrics, words of the results and of other
/// systems, in this order.
fn found(query: &str, format: &Format) -> Result<String, Failure> {
    let tables = format.tables();
    let mut parts: Vec<String> =
        schema::tables(tables, query).into_iter().map(layout::table).collect();
    parts.extend(layout::keys(&schema::find_in(tables, query)));
    parts.extend(layout::values(&schema::values(tables, query)));
    parts.extend(metrics(query).into_iter().map(layout::metric));
    parts.extend(glossary::find(query).map(layout::term));
    parts.extend(other_systems::find(query).map(layout::other_system));
    if parts.is_empty() { Err(unknown(query, format)) } else { Ok(parts.join("\n")) }
}

/// The metric of a path, or all metrics whose paths end so.
fn metrics(query: &str) -> Vec<&'static Metric> {
    let lower = query.to_lowercase();
    if let Some(metric) = metrics::metric(query).or_else(|| metrics::metric(&lower)) {
        return vec![metric];
    }
    let end = format!(".{}", numbers_left_out(&lower));
    metrics::all().iter().filter(|metric| metric.path.to_lowercase().ends_with(&end)).collect()
}

/// A path with `[n]` in place of numbers: `core[3].busy`.
fn numbers_left_out(path: &str) -> String {
    let mut parts = path.split('[');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == 'n');
        format!("{text}[n{rest}")
    })
}

fn unknown(query: &str, format: &Format) -> Failure {
    let last = query.rsplit('.').next().unwrap_or(query);
    let words = schema::words(format.tables())
        .chain(GLOSSARY.iter().map(|term| term.word))
        .chain(WORDS.iter().flat_map(|word| word.names.iter().copied()));
    let path = metrics::nearest(query).filter(|_| query.contains('.'));
    let near: Vec<String> = schema::near(last, words, MOST_NEAR - 1)
        .into_iter()
        .chain(path.as_deref())
        .map(|word| format!("`{word}`"))
        .collect();
    let near = match near.split_last() {
        Some((last, [])) => format!(" did you mean {last}?"),
        Some((last, others)) => format!(" did you mean {} or {last}?", others.join(", ")),
        None => String::new(),
    };
    Failure::Input(format!(
        "neither scenarios nor results have a word `{query}`;{near} `rxsim explain` lists all tables"
    ))
}

#[cfg(test)]
mod tests;
