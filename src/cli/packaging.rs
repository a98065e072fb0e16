//! What a package of the program installs beside it: shell completions and manual pages.

use super::exit_code::{EXIT_CODES, OK};
use super::failure::Failure;
use super::output::print;
use crate::scenario::schema::nearest;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};
use std::fs;
use std::io;
use std::path::Path;

/// Prints the completion script for a shell.
pub(super) fn completions(program: &mut Command, shell: Shell) -> Result<u8, Failure> {
    print(&script(program, shell))?;
    Ok(OK)
}

/// Prints the manual page of the program or of one of its commands.
pub(super) fn page(program: Command, command: Option<&str>) -> Result<u8, Failure> {
    print(&roff(find(program, command)?))?;
    Ok(OK)
}

/// Writes the manual pages of the program and of every command into a folder, and prints the names
/// of the files.
pub(super) fn pages(program: Command, folder: &Path) -> Result<u8, Failure> {
    let failed = |error: io::Error| {
        Failure::Temporary(format!("cannot write to {}: {error}", folder.display()))
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let program = with_full_names(program);
    let commands = program.get_subcommands().cloned();
    for command in std::iter::once(program.clone()).chain(commands) {
        let path = folder.join(Man::new(command.clone()).get_filename());
        fs::write(&path, roff(command)).map_err(failed)?;
        print(&format!("{}\n", path.display()))?;
    }
    Ok(OK)
}

fn script(program: &mut Command, shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, program, "rxsim", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// The command line, each command with its full name. `help` is left out: it needs no page.
fn with_full_names(program: Command) -> Command {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    program
}

fn find(program: Command, command: Option<&str>) -> Result<Command, Failure> {
    let program = with_full_names(program);
    let Some(name) = command else { return Ok(program) };
    if let Some(found) = program.find_subcommand(name) {
        return Ok(found.clone());
    }
    let near = nearest(name, program.get_subcommands().map(Command::get_name));
    let near = near.map_or(String::new(), |near| format!(" did you mean `{near}`?"));
    Err(Failure::Input(format!("there is no command `{name}`;{near} `rxsim --help` lists them")))
}

/// A manual page in roff: what clap knows, then examples and exit codes in the sections where readers
/// of manual pages look for them.
fn roff(command: Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let examples = help.strip_suffix(EXIT_CODES).unwrap_or(&help).trim();
    let has_commands = command.has_subcommands();
    // `whatis` wants the name and what it does on one line.
    let page = Man::new(command.about(about.replace('\n', " "))).manual("rxsim manual");
    let mut text = Vec::new();
    let mut write = || -> io::Result<()> {
        page.render_title(&mut text)?;
        page.render_name_section(&mut text)?;
        page.render_synopsis_section(&mut text)?;
        page.render_description_section(&mut text)?;
        page.render_options_section(&mut text)?;
        if has_commands {
            page.render_subcommands_section(&mut text)?;
        }
        if !examples.is_empty() {
            literal("EXAMPLES", examples).to_writer(&mut text)?;
        }
        literal("EXIT STATUS", EXIT_CODES).to_writer(&mut text)
    };
    // Writing to memory does not fail.
    let _ = write();
    String::from_utf8_lossy(&text).into_owned()
}

/// A section whose lines are kept as they are.
fn literal(title: &str, lines: &str) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [title]).control("nf", []).text([roman(lines)]).control("fi", []);
    section
}

#[cfg(test)]
mod tests {
    use super::super::Arguments;
    use super::*;
    use clap::{CommandFactory, ValueEnum};

    #[test]
    fn every_shell_gets_a_script_that_completes_commands() {
        for shell in Shell::value_variants() {
            let script = script(&mut Arguments::command(), *shell);
            assert!(script.contains("compare") && script.contains("explain"), "{shell}: {script}");
        }
    }

    #[test]
    fn the_page_of_the_program_names_its_commands_examples_and_exit_codes() {
        let page = roff(find(Arguments::command(), None).expect("the program"));
        for text in [
            "rxsim \\- Simulates, packet by packet, what happens to incoming packets between the \
             wire and the code that wants them, and says what breaks first\n",
            "rxsim\\-run(1)",
            "rxsim\\-man(1)",
            ".SH EXAMPLES\n.nf\nFirst steps:\n  rxsim list",
            ".SH \"EXIT STATUS\"\n.nf\nExit codes: 0 ok",
        ] {
            assert!(page.contains(text), "{text} in {page}");
        }
    }

    #[test]
    fn a_command_has_a_page_of_its_own_and_an_unknown_one_a_hint() {
        let page = roff(find(Arguments::command(), Some("run")).expect("a command"));
        assert!(page.contains("rxsim\\-run \\- ") && page.contains("\\-\\-replications"), "{page}");
        let Err(Failure::Input(message)) = find(Arguments::command(), Some("comare")) else {
            panic!("a page")
        };
        assert_eq!(
            message,
            "there is no command `comare`; did you mean `compare`? `rxsim --help` lists them"
        );
    }
}
