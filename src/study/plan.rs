//! What a study is asked to do: a checked scenario.

use crate::engine::time::Span;
use crate::host::world::World;

/// A checked scenario, ready to be simulated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its title.
    pub title: String,
    /// What it shows.
    pub about: String,
    /// Seed of the first replication.
    pub seed: u64,
    /// Independent runs.
    pub replications: u32,
    /// What is simulated before the window.
    pub warmup: Warmup,
    /// The world; its seed and warm-up are those of the first replication with a fixed warm-up.
    pub world: World,
    /// What the file claims.
    pub expects: Vec<Expect>,
    /// What its author should know.
    pub warnings: Vec<String>,
    /// Hash of the scenario.
    pub scenario_hash: u64,
}

/// What is simulated before the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Warmup {
    /// So long.
    Fixed(Span),
    /// As a pilot run shows.
    Auto,
}

/// A claim of a scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    /// Path of the metric.
    pub metric: String,
    /// The design it holds for; none: the plain file.
    pub design: Option<String>,
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// The value itself.
    pub equals: Option<Equals>,
    /// Its source.
    pub why: Option<String>,
}

/// A word, a number, or true or false.
#[derive(Clone, Debug, PartialEq)]
pub enum Equals {
    /// A word.
    Word(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
}
