//! Why nothing came of it, and the exit code that says so.

use super::exit_code::{BUG, INPUT, TEMPORARY};
use crate::error::Error;
use crate::report::folder::Refusal;
use crate::scenario::text::diagnostic::{Diagnostic, render};
use std::fmt::Display;
use std::io::{IsTerminal, Write, stderr};
use std::panic;
use std::sync::{Mutex, Once};

/// Why nothing came of it.
#[derive(Debug)]
pub(super) enum Failure {
    /// Mistakes in a scenario.
    Scenario(Vec<Diagnostic>),
    /// Another mistake on the command line.
    Input(String),
    /// The machine could not, now.
    Temporary(String),
}

impl Failure {
    /// Tells the user, and returns the exit code.
    pub(super) fn report(&self) -> u8 {
        match self {
            Self::Scenario(mistakes) => {
                tell(render(mistakes, colours(&stderr())));
                INPUT
            }
            Self::Input(message) => {
                tell(format!("error: {message}"));
                INPUT
            }
            Self::Temporary(message) => {
                tell(format!("error: {message}"));
                TEMPORARY
            }
        }
    }
}

/// Writes to the standard error; where nobody reads that any more, nobody is told.
pub(super) fn tell(message: impl Display) {
    let _ = writeln!(stderr(), "{message}");
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(mistakes: Vec<Diagnostic>) -> Self {
        Self::Scenario(mistakes)
    }
}

/// A policy that decides what cannot be done is its author's mistake, not a bug of the program.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Scenario(mistakes) => Self::Scenario(mistakes),
            Error::Run(error) => Self::Input(error.to_string()),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Exists(_) => Self::Input(refusal.to_string()),
            Refusal::Failed(..) => Self::Temporary(refusal.to_string()),
        }
    }
}

/// Whether colours are welcome: on a terminal, unless `NO_COLOR` is set to anything.
pub(super) fn colours(stream: &impl IsTerminal) -> bool {
    stream.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// What is being simulated, for the message of a broken invariant.
static RUNNING: Mutex<Option<String>> = Mutex::new(None);

/// Notes what is being simulated.
pub(super) fn running(what: String) {
    if let Ok(mut running) = RUNNING.lock() {
        *running = Some(what);
    }
}

/// A panic is a broken invariant: the message says that it is a bug, and how to see it again. Only
/// the first is told; other threads may break over the same thing.
pub(super) fn install_panic_hook() {
    static FIRST: Once = Once::new();
    panic::set_hook(Box::new(|broken| {
        FIRST.call_once(|| {
            let running = RUNNING.lock().ok().and_then(|running| running.clone());
            let seed = running.map_or(String::new(), |what| format!(" ({what})"));
            tell(format!(
                "error: rxsim {} broke an invariant of its own (exit code {BUG})\n  {broken}\n\
                 This is a bug in rxsim, not a mistake in the scenario. Please report it with the \
                 scenario and the command line{seed}.",
                env!("CARGO_PKG_VERSION")
            ));
        });
    }));
}
