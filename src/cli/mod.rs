//! Floor 8: the command line.

mod args;
mod exit_code;
mod explain;
mod failure;
mod lookup;
mod output;
mod packaging;
mod progress;
mod simulate;

use crate::policy::OwnPolicy;
use crate::scenario::schema::Format;
use args::{Run, Scenario, Simulation};
use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use exit_code::EXIT_CODES;
use failure::Failure;
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;

/// What to try first.
const FIRST_STEPS: &str = "\
First steps:
  rxsim list                                 what is built in, and what it shows
  rxsim run single-core-ceiling              a first verdict
  rxsim explain bottleneck                   a word of the verdict
  rxsim compare rss-spreads-the-load         designs side by side
  rxsim show single-core-ceiling > my.toml   a scenario to change";

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
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
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

/// Does what the command line says and returns its exit code: 0 ok, 1 an expectation failed, 2 bad
/// input, 70 a broken invariant, 75 something temporary.
#[must_use]
pub fn main() -> ExitCode {
    main_with([])
}

/// Likewise in a program that adds policies of its own, for scenarios to name.
#[must_use]
pub fn main_with(policies: impl IntoIterator<Item = OwnPolicy>) -> ExitCode {
    let format = match Format::with(policies) {
        Ok(format) => format,
        Err(mistakes) => return ExitCode::from(Failure::from(mistakes).report()),
    };
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(message) => {
            // Help and version go to stdout, mistakes to stderr; where that fails nobody reads.
            let _ = message.print();
            return ExitCode::from(u8::try_from(message.exit_code()).unwrap_or(exit_code::INPUT));
        }
    };
    failure::install_panic_hook();
    let done = panic::catch_unwind(panic::AssertUnwindSafe(|| obey(arguments.command, &format)));
    ExitCode::from(match done {
        Ok(Ok(code)) => code,
        Ok(Err(failure)) => failure.report(),
        Err(_) => exit_code::BUG,
    })
}

fn obey(command: Command, format: &Format) -> Result<u8, Failure> {
    match command {
        Command::Run(run) => simulate::run(&run, format),
        Command::Compare(compare) => simulate::compare(&compare, format),
        Command::Check(scenario) => lookup::check(&scenario, format),
        Command::List => lookup::list(),
        Command::Show { name } => lookup::show(&name),
        Command::Explain { words } => explain::explain(&words.join(" "), format),
        Command::Schema => lookup::schema(format),
        Command::Completions { shell } => packaging::completions(&mut Arguments::command(), shell),
        Command::Man { command, out: None } => {
            packaging::page(Arguments::command(), command.as_deref())
        }
        Command::Man { out: Some(folder), .. } => packaging::pages(Arguments::command(), &folder),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
