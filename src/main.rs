//! The `rxsim` binary: hands over to [`rxsim::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    rxsim::cli::main()
}
