//! rxsim: a packet-level simulator of the network receive path.
//!
//! ```text
//!   wire           | NIC                                   | host                   | VM
//!   source -> wire | buffer -> steering -> dma -> ring -+  |                        |
//!                  |                                    +->| interrupt -> deferred  |
//!                  |                                    |  |   -> consumer          |
//!                  |                                    |  |   -> virtual switch ---|-> guest
//!                  |                                    +----- virtual function ----|-> guest
//! ```
//!
//! Modules are floors, lowest first; each imports lower floors only.
//!
//! - [`engine`] is time, order, chance; it knows no packet.
//! - [`vocab`] holds the words that all stations share.
//! - [`measure`] holds the instruments.
//! - [`rx`] is the receive path, one file per station.
//! - [`policy`] is the control plane beside it: loads in, moves out.
//! - [`world`] is what is simulated, in plain numbers, and what came out of it.
//! - [`sim`] is the wiring; it runs a [`world::World`].
//! - [`scenario`] goes from TOML file -> checked plan -> world.
//! - [`study`] holds replications, comparisons, metrics, expectations.
//! - [`report`] writes verdict, tables, files, plots.
//! - [`cli`] is the command line.

pub mod cli;
pub mod engine;
pub mod measure;
pub mod policy;
pub mod report;
pub mod rx;
pub mod scenario;
pub mod sim;
pub mod study;
pub mod vocab;
pub mod world;
