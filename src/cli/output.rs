//! What goes to standard output.

use super::failure::Failure;
use std::io::{self, Write};

/// Writes to stdout. A reader that has gone away is no failure.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Temporary(format!("cannot write the result: {error}")))
        }
        _ => Ok(()),
    }
}
