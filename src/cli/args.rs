//! The arguments that several commands take.

use crate::engine::time::Span;
use crate::scenario::text::units;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which scenario, and what is changed in it.
#[derive(Debug, Args)]
pub(super) struct Scenario {
    /// A scenario file, or the name of a built-in scenario
    #[arg(value_name = "SCENARIO")]
    pub(super) name: String,
    /// Lay a value over the scenario, by its dotted key
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = change)]
    pub(super) changes: Vec<(String, String)>,
    /// Use this seed
    #[arg(long)]
    pub(super) seed: Option<u64>,
    /// Make so many independent runs
    #[arg(long, value_name = "N")]
    pub(super) replications: Option<u64>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) simulation: Simulation,
    /// Lay this design over the file
    #[arg(long, value_name = "NAME")]
    pub(super) design: Option<String>,
}

/// What is common to all that simulates.
#[derive(Debug, Args)]
pub(super) struct Simulation {
    #[command(flatten)]
    pub(super) scenario: Scenario,
    /// Use so many threads (all processors if left out); results do not depend on it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// How the result is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Also write result, series and pictures into this folder
    #[arg(long, value_name = "DIR")]
    pub(super) out: Option<PathBuf>,
    /// Step of the series, such as "1 ms" (1/200 of the duration if left out)
    #[arg(long, value_name = "TIME", value_parser = step, requires = "out")]
    pub(super) step: Option<Span>,
    /// Overwrite files of DIR; simulate more than 10^12 packets
    #[arg(long)]
    pub(super) force: bool,
    /// No progress bar
    #[arg(long, short)]
    pub(super) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// The verdict and tables
    Text,
    /// One JSON object; an array of them for `compare`
    Json,
    /// One row per figure
    Csv,
    /// Markdown
    Md,
}

impl Scenario {
    /// All that is laid over the file; later ones win.
    pub(super) fn overlays(&self) -> Vec<(String, String)> {
        let named = [("seed", self.seed), ("replications", self.replications)];
        let named = named.into_iter().filter_map(|(key, n)| Some((key.to_owned(), n?.to_string())));
        self.changes.iter().cloned().chain(named).collect()
    }
}

fn change(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.trim().to_owned()))
        }
        _ => Err("write KEY=VALUE, such as nic.port0.ring=1024".to_owned()),
    }
}

fn step(text: &str) -> Result<Span, String> {
    match units::time(text) {
        Ok(Span::ZERO) => Err("a step takes some time".to_owned()),
        Ok(span) => Ok(span),
        Err(_) => Err("write a time with its unit, such as \"1 ms\"".to_owned()),
    }
}
