//! Records under the names that a scenario gives: of hosts, ports, groups of VMs, sources.

use super::record::{Metric, Place, Record, Side, mean_of};
use crate::measure::tree::Tree;
use std::ops::Index;

/// Records by name, in the order of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct ByName<T>(pub(super) Vec<(String, T)>);

impl<T> ByName<T> {
    /// The record of this name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(known, _)| *known == name).map(|(_, record)| record)
    }

    /// Names and records.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, record)| (name.as_str(), record))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// By place: hosts and ports have that of the world.
impl<T> Index<usize> for ByName<T> {
    type Output = T;

    fn index(&self, at: usize) -> &T {
        &self.0[at].1
    }
}

/// By a name of the world.
impl<T> Index<&str> for ByName<T> {
    type Output = T;

    fn index(&self, name: &str) -> &T {
        self.get(name).unwrap_or_else(|| panic!("no figures of {name}"))
    }
}

impl<T: Record> Record for ByName<T> {
    fn tree(&self, side: Side) -> Option<Tree> {
        let entry = |(name, record): (&str, &T)| Some((name.to_owned(), record.tree(side)?));
        Some(Tree::Table(self.iter().filter_map(entry).collect()))
    }

    fn mean(runs: &[&Self]) -> Self {
        let names = runs[0].0.iter().enumerate();
        let entry = |(at, (name, _)): (usize, &(String, T))| {
            (name.clone(), mean_of(runs, |run: &Self| &run[at]))
        };
        Self(names.map(entry).collect())
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        T::list(place.named(), metrics);
    }
}

/// One record of a name, or several that are numbered.
#[derive(Clone, Debug, PartialEq)]
pub enum OneOrMany<T> {
    /// `mgmt`.
    One(T),
    /// `storage[0]`, `storage[1]`.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// The only record, or all of them.
    #[must_use]
    pub fn records(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<T: Record> Record for OneOrMany<T> {
    fn tree(&self, side: Side) -> Option<Tree> {
        match self {
            Self::One(one) => one.tree(side),
            Self::Many(many) => many.tree(side),
        }
    }

    fn mean(runs: &[&Self]) -> Self {
        let item = |at: usize| mean_of(runs, |run: &Self| &run.records()[at]);
        match runs[0] {
            Self::One(_) => Self::One(item(0)),
            Self::Many(many) => Self::Many((0..many.len()).map(item).collect()),
        }
    }

    fn list(place: Place, metrics: &mut Vec<Metric>) {
        T::list(place.clone(), metrics);
        Vec::<T>::list(place, metrics);
    }
}
