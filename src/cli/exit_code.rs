//! Exit codes of the program.

/// Everything as expected.
pub(super) const OK: u8 = 0;
/// An expectation of the scenario failed.
pub(super) const FAILED: u8 = 1;
/// Bad input: a mistake in a scenario or on the command line.
pub(super) const INPUT: u8 = 2;
/// A broken invariant: a bug of the program.
pub(super) const BUG: u8 = 70;
/// Something temporary, such as a full disk.
pub(super) const TEMPORARY: u8 = 75;

/// What the program tells the shell that started it.
pub(super) const EXIT_CODES: &str = "\
Exit codes: 0 ok, 1 an expectation failed, 2 bad input,
  70 a bug in rxsim, 75 something temporary (retry).";
