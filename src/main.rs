//! The `rxsim` binary: hands over to [`rxsim::cli`].

fn main() {}
