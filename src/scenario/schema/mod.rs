//! Every key of the format: meaning, unit, default, bounds, and its names elsewhere.
//!
//! One table serves the check of a file, the hints at typing errors, `explain`, the JSON schema
//! and the defaults themselves.

mod choice;
pub mod rows;
mod key;
mod format;
mod keys;
pub mod setting;
pub mod json_schema;
mod lookup;
mod spelling;
pub mod table_reader;
pub mod validate;
pub mod value;

pub use choice::Choice;
pub use format::Format;
pub use key::{Default, Key, Kind, Table, keys as keys_of, quoted};
pub use lookup::{TABLES, Value, all, find, find_in, path_of, tables, values, words};
pub use rows::costs::COST;
pub use rows::roots::SCENARIO;
pub use rows::traffics::SIZE;
pub use spelling::{near, nearest, plain};
