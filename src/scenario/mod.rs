//! Floor 5: from a TOML file to a world.
//!
//! [`load()`] reads a text, lays overlays over it, and checks all of it; [`Loaded::plan`] hands out
//! the plain file or one of its designs as a [`Plan`], with the world to run.
//!
//! - `text` is the file: a tree of keys and values that knows where each was written.
//! - `schema` is the table of all keys; it validates, reads and explains a document.
//! - `profile` holds named sets of numbers with their sources.
//! - `plan` turns tables into the specifications of a world; `build` puts them together.

pub mod text;
pub mod schema;
pub mod profile;
pub mod overlay;
pub mod plan;
pub mod build;
pub mod load;

pub use build::{Plan, Warmup};
pub use load::{Loaded, load};
pub use plan::expect::{Equals, Expect};
pub use text::library::Source;
