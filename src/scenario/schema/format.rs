//! The scenario format of a program: rxsim's own, with the policies that the program adds.

use super::choice::Choice;
use super::key::{Default, Key, Kind, Table};
use super::lookup::TABLES;
use super::rows::queues::{RSS_REBALANCE, VMQ_REBALANCE};
use super::rows::roots::SCENARIO;
use super::rows::values::RebalanceKind;
use crate::policy::own::Declared;
use crate::policy::{OwnPolicy, Parameter};
use crate::scenario::text::diagnostic::Diagnostic;
use std::sync::Arc;

/// The scenario format of a program: rxsim's own, with the policies that the program adds.
#[derive(Clone, Debug)]
pub struct Format {
    root: &'static Table,
    tables: &'static [&'static Table],
    policies: Arc<[OwnPolicy]>,
}

impl Format {
    /// The format with the policies that come with rxsim.
    #[must_use]
    pub fn built_in() -> Self {
        Self { root: &SCENARIO, tables: TABLES, policies: Arc::new([]) }
    }

    /// The format with further policies, and their parameters as keys of `rebalance`. The tables of
    /// a format live as long as the program: it is to be made once.
    ///
    /// # Errors
    /// A name or a parameter that is taken.
    pub fn with(policies: impl IntoIterator<Item = OwnPolicy>) -> Result<Self, Vec<Diagnostic>> {
        let policies: Vec<OwnPolicy> = policies.into_iter().collect();
        if policies.is_empty() {
            return Ok(Self::built_in());
        }
        let mistakes = clashes(&policies);
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let extended = Extended::new(&policies);
        let tables: Vec<&Table> = TABLES.iter().map(|table| extended.table(table)).collect();
        Ok(Self { root: tables[0], tables: leak(tables), policies: policies.into() })
    }

    /// The table of the whole file.
    pub(crate) const fn root(&self) -> &'static Table {
        self.root
    }

    /// The policies that the program adds.
    pub(crate) fn policies(&self) -> &[OwnPolicy] {
        &self.policies
    }

    /// Every key of every table.
    #[doc(hidden)]
    pub fn keys(&self) -> impl Iterator<Item = (&'static Table, &'static Key)> {
        self.tables.iter().flat_map(|table| table.keys().map(move |word| (*table, word)))
    }

    /// All tables, in the order in which they are explained.
    #[doc(hidden)]
    #[must_use]
    pub const fn tables(&self) -> &'static [&'static Table] {
        self.tables
    }
}

/// What is wrong with names of policies and their parameters.
fn clashes(policies: &[OwnPolicy]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (at, policy) in policies.iter().enumerate() {
        let name = policy.name;
        let earlier = &policies[..at];
        if RebalanceKind::named(name).is_some() || earlier.iter().any(|other| other.name == name) {
            found.push(
                Diagnostic::new(format!("there is a policy \"{name}\" already"))
                    .help("give the policy a name of its own"),
            );
        }
        for (number, declared) in policy.parameters.iter().enumerate() {
            let key = declared.name;
            let of_others = earlier.iter().flat_map(|other| &other.parameters);
            let same = |other: &&Declared| other.name == key;
            let is_other = |other: &Declared| !other.parameter.takes_what(declared.parameter);
            let twice = policy.parameters[..number].iter().any(|other| other.name == key);
            if twice || RSS_REBALANCE.row(key).is_some() {
                found.push(
                    Diagnostic::new(format!("policy \"{name}\": there is a key `{key}` already"))
                        .help("give the parameter another name"),
                );
            } else if of_others.clone().find(same).is_some_and(is_other) {
                found.push(
                    Diagnostic::new(format!(
                        "policy \"{name}\": `{key}` is of another type or has other bounds with \
                         another policy"
                    ))
                    .help("declare it alike, or give it another name"),
                );
            }
        }
    }
    found
}

/// The tables that name policies, with those that a program adds.
struct Extended {
    choices: &'static [Choice],
    keys: &'static [Key],
}

impl Extended {
    fn new(policies: &[OwnPolicy]) -> Self {
        let own = policies.iter().map(|policy| Choice { name: policy.name, meaning: policy.about });
        let choices: &[Choice] = leak(RebalanceKind::ALL.iter().copied().chain(own).collect());
        let mut keys: Vec<Key> = RSS_REBALANCE.keys().copied().collect();
        let built_in = "those that come with rxsim: irqbalance 10 s (its manual), rss++ 100 ms \
                        (FastClick's DeviceBalancer), other policies 100 ms (assumed)";
        let own = policies.iter().map(|policy| format!("; {} {}", policy.name, policy.interval));
        let interval = std::iter::once(built_in.to_owned()).chain(own).collect::<String>();
        keys[1].default = Default::Says(interval.leak());
        keys[0].kind = Kind::Choice(choices);
        let declared: Vec<(&OwnPolicy, &Declared)> = policies
            .iter()
            .flat_map(|policy| policy.parameters.iter().map(move |one| (policy, one)))
            .collect();
        for (at, (_, first)) in declared.iter().enumerate() {
            if declared[..at].iter().all(|(_, other)| other.name != first.name) {
                let all = declared.iter().filter(|(_, other)| other.name == first.name);
                keys.push(key(&all.copied().collect::<Vec<_>>()));
            }
        }
        Self { choices, keys: leak(keys) }
    }

    /// A table with all in it, of which as much is made anew as names policies.
    fn table(&self, table: &'static Table) -> &'static Table {
        if is_rebalance(table) {
            return Box::leak(Box::new(Table { parts: leak(vec![self.keys]), ..*table }));
        }
        let words: Vec<Key> = table.keys().map(|word| self.key(word)).collect();
        let kept = words.iter().zip(table.keys()).all(|(new, old)| {
            let (new, old) = (inner(new.kind), inner(old.kind));
            new.zip(old).is_none_or(|(new, old)| std::ptr::eq(new, old))
        });
        if kept {
            table
        } else {
            Box::leak(Box::new(Table { parts: leak(vec![leak(words)]), ..*table }))
        }
    }

    fn key(&self, word: &Key) -> Key {
        let kind = match word.kind {
            Kind::ChoiceOr(_, inner) if is_rebalance(inner) => {
                Kind::ChoiceOr(self.choices, self.table(inner))
            }
            Kind::ChoiceOr(names, inner) => Kind::ChoiceOr(names, self.table(inner)),
            Kind::IntegerOr(min, max, inner) => Kind::IntegerOr(min, max, self.table(inner)),
            Kind::Table(inner) => Kind::Table(self.table(inner)),
            Kind::Tables(inner) => Kind::Tables(self.table(inner)),
            Kind::Named(inner) => Kind::Named(self.table(inner)),
            other => other,
        };
        Key { kind, ..*word }
    }
}

fn is_rebalance(table: &Table) -> bool {
    [&RSS_REBALANCE, &VMQ_REBALANCE].iter().any(|one| std::ptr::eq(*one, table))
}

/// The table that a key takes.
fn inner(kind: Kind) -> Option<&'static Table> {
    match kind {
        Kind::ChoiceOr(_, inner)
        | Kind::IntegerOr(.., inner)
        | Kind::Table(inner)
        | Kind::Tables(inner)
        | Kind::Named(inner) => Some(inner),
        _ => None,
    }
}

/// The key of a parameter that these policies declare alike.
fn key(declared: &[(&OwnPolicy, &Declared)]) -> Key {
    let (_, first) = declared[0];
    let kind = match first.parameter {
        Parameter::Number { min, max, .. } => Kind::Number(min, max),
        Parameter::Integer { min, max, .. } => Kind::Integer(min.into(), max.into()),
        Parameter::Time { .. } => Kind::Time,
        Parameter::Flag { .. } => Kind::Flag,
    };
    let each = |text: &dyn Fn(&Declared) -> String| {
        let all = declared.iter().map(|(policy, one)| format!("{}: {}", policy.name, text(one)));
        &*all.collect::<Vec<_>>().join("; ").leak()
    };
    let written = |one: &Declared| match one.parameter {
        Parameter::Number { default, .. } => default.to_string(),
        Parameter::Integer { default, .. } => default.to_string(),
        Parameter::Time { default } => default.to_string(),
        Parameter::Flag { default } => default.to_string(),
    };
    let default = match declared {
        [(_, only)] => Default::Value(written(only).leak()),
        _ => Default::Says(each(&written)),
    };
    let meaning = each(&|one| one.about.to_owned());
    Key { name: first.name, kind, default, meaning, elsewhere: &[] }
}

fn leak<T>(all: Vec<T>) -> &'static [T] {
    all.leak()
}
