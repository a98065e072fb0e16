//! The one error of the crate's face: what is wrong with a scenario, or with a run of it.

use crate::scenario::text::diagnostic::{Diagnostic, render};
use crate::world::RunError;
use std::fmt;

/// What is wrong with a scenario, or with a run of it. It is shown with the lines of the scenario
/// that it concerns.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Error {
    /// All mistakes of a scenario, in the order of its text.
    Scenario(Vec<Diagnostic>),
    /// A run came to no end.
    Run(RunError),
}

impl From<Vec<Diagnostic>> for Error {
    fn from(mistakes: Vec<Diagnostic>) -> Self {
        Self::Scenario(mistakes)
    }
}

impl From<RunError> for Error {
    fn from(error: RunError) -> Self {
        Self::Run(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario(mistakes) => f.write_str(&render(mistakes, false)),
            Self::Run(error) => error.fmt(f),
        }
    }
}

/// As for people: `main` shows the error it returns in this form.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl std::error::Error for Error {}
