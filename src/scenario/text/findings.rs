//! What a check found: mistakes, and warnings about what is legal but surprising.

use super::diagnostic::Diagnostic;

/// Mistakes and warnings.
#[derive(Debug, Default)]
pub struct Findings {
    /// Mistakes: nothing runs.
    pub mistakes: Vec<Diagnostic>,
    /// Warnings: they go into the result.
    pub warnings: Vec<String>,
    /// What is right, and cannot be simulated yet.
    pub unsupported: Vec<Diagnostic>,
}

impl Findings {
    /// Notes a mistake.
    pub fn mistake(&mut self, mistake: Diagnostic) {
        self.mistakes.push(mistake);
    }

    /// Notes a warning.
    pub fn warn(&mut self, warning: impl Into<String>) {
        self.warnings.push(warning.into());
    }

    /// Notes what this version cannot simulate.
    pub fn unsupported(&mut self, what: Diagnostic) {
        self.unsupported.push(what.unsupported());
    }

    /// Notes a mistake, if there is one, and hands on the value.
    pub fn take<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|mistake| self.mistake(mistake)).ok()
    }
}
