//! A policy of the library's user as scenarios name it: its parameters, declared like keys of the
//! scenario format, and what makes it.

use super::contract::Policy;
use crate::engine::time::Span;
use std::fmt;
use std::sync::Arc;

/// The type of a parameter, with its default and its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Parameter {
    /// A number.
    Number {
        /// Where it is left out.
        default: f64,
        /// The least value.
        min: f64,
        /// The greatest value.
        max: f64,
    },
    /// A whole number.
    Integer {
        /// Where it is left out.
        default: u64,
        /// The least value.
        min: u64,
        /// The greatest value.
        max: u64,
    },
    /// A time above zero.
    Time {
        /// Where it is left out.
        default: Span,
    },
    /// True or false.
    Flag {
        /// Where it is left out.
        default: bool,
    },
}

/// The value of a parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ParameterValue {
    Number(f64),
    Integer(u64),
    Time(Span),
    Flag(bool),
}

impl Parameter {
    /// The value where the scenario gives none.
    pub(crate) const fn default(self) -> ParameterValue {
        match self {
            Self::Number { default, .. } => ParameterValue::Number(default),
            Self::Integer { default, .. } => ParameterValue::Integer(default),
            Self::Time { default } => ParameterValue::Time(default),
            Self::Flag { default } => ParameterValue::Flag(default),
        }
    }

    /// Whether the two take the same values, whatever their defaults.
    pub(crate) fn takes_what(self, other: Self) -> bool {
        match (self, other) {
            (Self::Number { min, max, .. }, Self::Number { min: from, max: to, .. }) => {
                min.total_cmp(&from).is_eq() && max.total_cmp(&to).is_eq()
            }
            (Self::Integer { min, max, .. }, Self::Integer { min: from, max: to, .. }) => {
                (min, max) == (from, to)
            }
            (Self::Time { .. }, Self::Time { .. }) | (Self::Flag { .. }, Self::Flag { .. }) => true,
            _ => false,
        }
    }
}

/// A parameter as its policy declares it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declared {
    pub(crate) name: &'static str,
    pub(crate) parameter: Parameter,
    pub(crate) about: &'static str,
}

/// The values of a policy's parameters: those of the scenario, or else the declared defaults.
///
/// # Panics
/// All methods panic for a parameter that the policy has not declared with that type.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters(pub(crate) Vec<(&'static str, ParameterValue)>);

impl Parameters {
    /// The value of a [`Parameter::Number`].
    #[must_use]
    pub fn number(&self, name: &str) -> f64 {
        match self.given_or_default(name) {
            Some(ParameterValue::Number(value)) => value,
            _ => undeclared(name, "number"),
        }
    }

    /// The value of a [`Parameter::Integer`].
    #[must_use]
    pub fn integer(&self, name: &str) -> u64 {
        match self.given_or_default(name) {
            Some(ParameterValue::Integer(value)) => value,
            _ => undeclared(name, "integer"),
        }
    }

    /// The value of a [`Parameter::Time`].
    #[must_use]
    pub fn time(&self, name: &str) -> Span {
        match self.given_or_default(name) {
            Some(ParameterValue::Time(value)) => value,
            _ => undeclared(name, "time"),
        }
    }

    /// The value of a [`Parameter::Flag`].
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        match self.given_or_default(name) {
            Some(ParameterValue::Flag(value)) => value,
            _ => undeclared(name, "flag"),
        }
    }

    fn given_or_default(&self, name: &str) -> Option<ParameterValue> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}

fn undeclared(name: &str, what: &str) -> ! {
    panic!("the policy declares no {what} `{name}`")
}

/// Makes a policy from its parameters.
type Make = dyn Fn(&Parameters) -> Box<dyn Policy> + Send + Sync;

/// A policy of the library's user, for scenarios to name.
///
/// ```
/// use rxsim::policy::{OwnPolicy, Parameter};
/// use rxsim::{Format, Loads, Move, Policy, Source};
///
/// struct Lazy {
///     patience: u64,
/// }
///
/// impl Policy for Lazy {
///     fn name(&self) -> &'static str {
///         "lazy"
///     }
///
///     fn rebalance(&mut self, _: &Loads) -> Vec<Move> {
///         self.patience -= 1;
///         Vec::new()
///     }
/// }
///
/// let patience = Parameter::Integer { default: 1000, min: 1, max: 1_000_000 };
/// let lazy = OwnPolicy::new("lazy", "moves nothing", |parameters| {
///     Box::new(Lazy { patience: parameters.integer("patience") })
/// })
/// .parameter("patience", patience, "looks until it gives up");
/// let format = Format::with([lazy])?;
///
/// let text = r#"
///     duration = "20 ms"
///     host.alpha = { cores = 4 }
///     traffic.bulk = { to = "host.alpha", rate = "1500 kpps", flows = 100 }
///     [nic.port0]
///     path = "rss"
///     rss = { queues = 8, rebalance = { policy = "lazy", patience = 10, interval = "1 ms" } }
/// "#;
/// let source = Source::new("here", text);
/// assert!(format.load(&source, &[])?.plan(None).is_ok());
/// let key = "nic.port0.rss.rebalance.patience".to_owned();
/// let mistakes = format.load(&source, &[(key, "0".to_owned())]).unwrap_err();
/// assert!(mistakes[0].message.contains("patience"));
/// # Ok::<(), rxsim::Error>(())
/// ```
#[derive(Clone)]
pub struct OwnPolicy {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) interval: Span,
    pub(crate) moves_entries: bool,
    pub(crate) parameters: Vec<Declared>,
    make: Arc<Make>,
}

impl OwnPolicy {
    /// A policy that scenarios call by this name, what it does in a few words, and what makes it
    /// from its parameters: called for each run anew.
    pub fn new(
        name: &'static str,
        about: &'static str,
        make: impl Fn(&Parameters) -> Box<dyn Policy> + Send + Sync + 'static,
    ) -> Self {
        let (interval, parameters) = (Span::ms(100), Vec::new());
        Self { name, about, interval, moves_entries: false, parameters, make: Arc::new(make) }
    }

    /// Declares a parameter.
    #[must_use]
    pub fn parameter(
        mut self,
        name: &'static str,
        parameter: Parameter,
        about: &'static str,
    ) -> Self {
        self.parameters.push(Declared { name, parameter, about });
        self
    }

    /// How often it is asked where the scenario does not say; 100 ms without this.
    #[must_use]
    pub fn interval(mut self, interval: Span) -> Self {
        self.interval = interval;
        self
    }

    /// It moves entries of the indirection table and never a queue: so it works on every stack, but
    /// not on `path = "vmq"`, which has no such table.
    #[must_use]
    pub fn moves_entries(mut self) -> Self {
        self.moves_entries = true;
        self
    }

    /// The policy with these values, before its first look.
    pub(crate) fn make(&self, parameters: &Parameters) -> Box<dyn Policy> {
        (self.make)(parameters)
    }
}

impl fmt::Debug for OwnPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnPolicy").field("name", &self.name).finish_non_exhaustive()
    }
}
