//! Why a run came to no end.

use crate::engine::time::Time;
use crate::policy::{Move, Refusal};
use std::fmt;

/// Why a run came to no end: the mistake of a policy that the program's user has written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RunError {
    /// The design of the scenario; none: the plain file, or no scenario.
    pub design: Option<String>,
    /// The seed of the run.
    pub seed: u64,
    /// The name of the port whose policy it is.
    pub nic: String,
    /// The policy's name.
    pub policy: String,
    /// When the policy was asked.
    pub at: Time,
    /// The move that it decided.
    pub step: Move,
    /// Why that move cannot be made.
    pub refusal: Refusal,
}

impl RunError {
    /// The same error, of a design of a scenario.
    #[must_use]
    pub fn of_design(mut self, design: Option<&str>) -> Self {
        self.design = design.map(str::to_owned);
        self
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { design, seed, nic, policy, at, step, refusal } = self;
        if let Some(design) = design {
            write!(f, "design {design}: ")?;
        }
        let at = *at - Time::ZERO;
        write!(
            f,
            "nic.{nic}: at {at} (seed {seed}) the policy \"{policy}\" decides to {step}, but \
             {refusal}"
        )
    }
}

impl std::error::Error for RunError {}
