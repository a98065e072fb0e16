//! Floor 5: from a TOML file to a world.
//!
//! [`load()`] reads a text, lays overlays over it, and checks all of it; [`Loaded::plan`] hands out
//! the plain file or one of its designs as a [`Plan`], with the world to run.
//!
//! - `document` is the tree of keys and values, with places.
//! - `words` is the table of all keys; `shape` holds a document against it; `view` reads it.
//! - `plan` turns tables into the specifications of a world; `build` puts them together.

pub mod build;
pub mod cost;
pub mod diagnostic;
pub mod document;
pub mod findings;
pub mod library;
pub mod load;
pub mod overlay;
pub mod plan;
pub mod profile;
pub mod schema;
pub mod shape;
pub mod units;
pub mod view;
pub mod words;

pub use build::{Plan, Warmup};
pub use library::Source;
pub use load::{Loaded, load};
pub use plan::expect::{Equals, Expect};
