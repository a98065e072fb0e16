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
use args::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::panic;
use std::process::ExitCode;

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
        Command::Completions { shell } => packaging::completions(shell),
        Command::Man { command, out: None } => packaging::page(command.as_deref()),
        Command::Man { out: Some(folder), .. } => packaging::pages(&folder),
    }
}
