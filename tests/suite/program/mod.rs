//! The program as users meet it.

mod built_in; // the scenarios that come with the program
mod metrics; // the registry of metrics, and its page
mod result_shape; // what a result holds: paths, intervals, when a load is carried
#[cfg(feature = "cli")]
mod cli; // commands, exit codes, files
