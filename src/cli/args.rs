//! What the command line takes.

use crate::engine::time::Span;
use crate::scenario::text::units;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

/// What to try first.
const FIRST_STEPS: &str = "\
First steps:
  rxsim list                                 what is built in, and what it shows
  rxsim run single-core-ceiling              a first verdict
  rxsim explain bottleneck                   a word of the verdict
  rxsim compare rss-spreads-the-load         designs side by side
  rxsim show single-core-ceiling > my.toml   a scenario to change";

/// What the program tells the shell that started it.
pub(super) const EXIT_CODES: &str = "\
Exit codes: 0 ok, 1 an expectation failed, 2 bad input,
  70 a bug in rxsim, 75 something temporary (retry).";

/// Simulates, packet by packet, what happens to incoming packets between the wire and the code that
/// wants them, and says what breaks first.
#[derive(Debug, Parser)]
#[command(
    name = "rxsim",
    version,
    about = "Simulates, packet by packet, what happens to incoming packets between the wire and\n\
    the code that wants them, and says what breaks first",
    after_help = format!("{FIRST_STEPS}\n\n{EXIT_CODES}")
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Simulate; print the verdict and tables
    Run(Run),
    /// Simulate every design of the file on the same traffic, and how they differ
    Compare(Simulation),
    /// Validate only: all mistakes at once
    Check(Scenario),
    /// List what is built in: scenarios with what they show, and profiles
    List,
    /// Print a built-in scenario, or a profile with the source of each number
    Show {
        /// Its name, as `rxsim list` prints it
        name: String,
    },
    /// Explain a table, key or value of the scenario format, or a word of the results
    #[command(after_help = "Without a word, all tables are listed. Examples:\n  \
        rxsim explain nic.port0.ring        a key\n  \
        rxsim explain host.alpha            a table with its keys\n  \
        rxsim explain numa-static           a value\n  \
        rxsim explain rx-usecs              a name from Windows, Linux or ethtool\n  \
        rxsim explain next limit            a word of the verdict\n  \
        rxsim explain GRO                   a word of other systems")]
    Explain {
        /// A key, path, table, value, a word of the results, or a word of other systems
        #[arg(value_name = "WORD", allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print the JSON schema of the scenario format
    Schema,
    /// Print the completion script for a shell
    #[command(after_help = "For bash:\n  \
        rxsim completions bash > ~/.local/share/bash-completion/completions/rxsim\n\
        For zsh, in a folder of $fpath:\n  \
        rxsim completions zsh > ~/.zfunc/_rxsim\n\
        For fish:\n  \
        rxsim completions fish > ~/.config/fish/completions/rxsim.fish")]
    Completions {
        /// The shell that is to complete command lines
        shell: Shell,
    },
    /// Print a manual page in roff, or write all of them
    #[command(after_help = "To read a page:\n  \
        rxsim man run | man -l -\n\
        To install all pages:\n  \
        rxsim man --out ~/.local/share/man/man1")]
    Man {
        /// The command that the page is about (the program if left out)
        #[arg(conflicts_with = "out")]
        command: Option<String>,
        /// Write the pages of the program and of all commands into this folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn seed_and_replications_are_laid_over_the_file_last() {
        let line = ["rxsim", "check", "x.toml", "--seed", "7", "--set", "seed = 3"];
        let Command::Check(scenario) = Arguments::try_parse_from(line).unwrap().command else {
            panic!("another command")
        };
        let expected = [("seed", "3"), ("seed", "7")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(scenario.overlays(), expected);
    }
}
