//! What stands at the ends of paths: figures, words, and what is true or false.

use super::record::{Metric, Place, Record, Side};
use crate::engine::time::Span;
use crate::measure::interval::estimate;
use crate::measure::tree::Tree;

/// A count or a number, or none without data; the mean of several runs has a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    value: Value,
    half_width: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Value {
    None,
    Count(i64),
    Number(f64),
}

impl Figure {
    /// A figure without data.
    pub const NONE: Self = Self { value: Value::None, half_width: None };

    /// A count, as far as it fits.
    #[must_use]
    pub fn count(count: u64) -> Self {
        Self::balance(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// A count that may be negative.
    #[must_use]
    pub const fn balance(count: i64) -> Self {
        Self { value: Value::Count(count), half_width: None }
    }

    /// A number; what is not finite has no data.
    #[must_use]
    pub fn number(number: f64) -> Self {
        Self::maybe(Some(number))
    }

    /// A number that may have no data; what is not finite has none.
    #[must_use]
    pub fn maybe(number: Option<f64>) -> Self {
        let value = number.filter(|number| number.is_finite()).map_or(Value::None, Value::Number);
        Self { value, half_width: None }
    }

    /// `amount` per second of `window`; without data for an empty window.
    #[must_use]
    pub fn per_second(amount: f64, window: Span) -> Self {
        Self::number(amount / window.as_s())
    }

    /// `part` as a fraction of `window`; 0 of an empty one.
    #[must_use]
    pub fn share(part: Span, window: Span) -> Self {
        let empty = window == Span::ZERO;
        Self::number(if empty { 0.0 } else { part.0 as f64 / window.0 as f64 })
    }

    /// Its value, if there is data.
    #[must_use]
    pub fn get(self) -> Option<f64> {
        match self.value {
            Value::None => None,
            Value::Count(count) => Some(count as f64),
            Value::Number(number) => Some(number),
        }
    }

    /// Its value, 0 without data.
    #[must_use]
    pub fn or_zero(self) -> f64 {
        self.get().unwrap_or(0.0)
    }

    /// Whether there is data above 0.
    #[must_use]
    pub fn is_positive(self) -> bool {
        self.or_zero() > 0.0
    }

    /// Half the width of the 95 % interval around the mean of several runs.
    #[must_use]
    pub const fn half_width(self) -> Option<f64> {
        self.half_width
    }
}

impl Record for Figure {
    fn tree(&self, side: Side) -> Option<Tree> {
        Some(match (side, self.value) {
            (Side::HalfWidth, _) => Tree::figure(self.half_width),
            (Side::Value, Value::None) => Tree::Null,
            (Side::Value, Value::Count(count)) => Tree::Count(count),
            (Side::Value, Value::Number(number)) => Tree::Number(number),
        })
    }

    /// The mean of those that have data.
    fn mean(runs: &[&Self]) -> Self {
        if let [only] = runs {
            return **only;
        }
        let values: Vec<f64> = runs.iter().filter_map(|run| run.get()).collect();
        let found = estimate(&values);
        Self {
            half_width: found.and_then(|found| found.half_width),
            ..Self::maybe(found.map(|found| found.mean))
        }
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        metrics.push(place.metric());
    }
}

/// A word, or none. Of several runs it is the first one's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word(pub Option<String>);

impl Word {
    /// This word.
    #[must_use]
    pub fn of(word: &str) -> Self {
        Self(Some(word.to_owned()))
    }

    /// The word; empty without one.
    #[must_use]
    pub fn word(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Record for Word {
    fn tree(&self, side: Side) -> Option<Tree> {
        Some(match (side, &self.0) {
            (Side::Value, Some(word)) => Tree::Word(word.clone()),
            _ => Tree::Null,
        })
    }

    fn mean(runs: &[&Self]) -> Self {
        runs[0].clone()
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        metrics.push(place.metric());
    }
}

/// What is true or false. Of several runs it is true where it is true of all.
impl Record for bool {
    fn tree(&self, side: Side) -> Option<Tree> {
        Some(if side == Side::Value { Tree::Flag(*self) } else { Tree::Null })
    }

    fn mean(runs: &[&Self]) -> Self {
        runs.iter().all(|run| **run)
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        metrics.push(place.metric());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_of_figures_with_data_and_has_an_interval() {
        let runs = [Figure::count(10), Figure::NONE, Figure::count(14)];
        let mean = Figure::mean(&runs.iter().collect::<Vec<_>>());
        assert_eq!(mean.tree(Side::Value), Some(Tree::Number(12.0)));
        assert!((mean.half_width().unwrap() - 12.706 * 2.0).abs() < 1e-2);
        let mean = Figure::mean(&[&Figure::NONE, &Figure::number(2.0)]);
        assert_eq!(mean.tree(Side::Value), Some(Tree::Number(2.0)));
        assert_eq!(mean.tree(Side::HalfWidth), Some(Tree::Null));
    }

    #[test]
    fn one_run_is_shown_as_it_is() {
        let only = Figure::count(3);
        assert_eq!(Figure::mean(&[&only]), only);
        assert_eq!(only.tree(Side::Value), Some(Tree::Count(3)));
    }

    #[test]
    fn words_are_the_first_ones_and_flags_true_where_all_are() {
        assert_eq!(Word::mean(&[&Word::of("vf"), &Word::of("vmq")]), Word::of("vf"));
        assert!(!bool::mean(&[&true, &false]));
        assert_eq!(true.tree(Side::HalfWidth), Some(Tree::Null));
    }
}
