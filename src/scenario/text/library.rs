//! Where the text of a scenario comes from: a file, or those that come with the program, by name.

use super::diagnostic::Diagnostic;
use super::document::{MAX_BYTES, too_long};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A scenario as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Source {
    /// How messages name it: the path, or the name of a built-in scenario.
    pub name: String,
    /// The text.
    pub text: String,
    /// Where relative paths of captures start.
    pub dir: PathBuf,
}

impl Source {
    /// A scenario from a text that messages call by this name. Relative paths of captures start in
    /// the working directory.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), dir: PathBuf::new() }
    }

    /// The scenario of this path, or the built-in one of this name. A file wins.
    ///
    /// # Errors
    /// What keeps it from being read: no such file or name, a directory, no text, too long.
    pub fn open(name: &str) -> Result<Self, Vec<Diagnostic>> {
        open(name).map_err(|mistake| vec![mistake])
    }
}

/// The text of a file of `scenarios/`.
macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../scenarios/", $name, ".toml")))),*]
    };
}

/// Name and text; a new scenario is a file in `scenarios/` and a line here.
const ALL: &[(&str, &str)] = built_in![
    "single-core-ceiling",
    "closed-loop-ceiling",
    "gigabit-era",
    "rss-spreads-the-load",
    "rss-hash-collisions",
    "sequential-ports",
    "rss-needs-checksum-offload",
    "rss-profiles",
    "split-cores-between-ports",
    "small-packets",
    "moderation-trade-off",
    "one-full-queue-stops-the-port",
    "burst-into-a-ring",
    "receive-livelock",
    "livelock-cured-by-polling",
    "linux-busy-curve",
    "flood-and-transactions",
    "xeon-six-cores",
    "dispatch-disciplines",
    "recorded-traffic",
    "no-vmq-ceiling",
    "vmq-eight-gigabits",
    "queues-run-out",
    "wasted-queues",
    "shared-interrupts",
    "interrupt-storm",
    "one-big-vm",
    "dynamic-vmq-day",
    "affinity-lost",
    "rss-rebalancing",
    "converged-host",
    "broadcast-storm",
    "sriov-bypass",
    "vmq-versus-sriov",
    "sixty-vms",
    "vf-exits",
    "vfs-run-out",
    "sriov-not-available",
    "policy-removes-vf",
    "dual-port-card",
    "vm-to-vm",
    "storage-over-vf",
    "rps",
    "team-min-queues",
    "team-sum-of-queues",
    "vms-come-and-go",
    "vf-failover",
    "migrate-to-plain-host",
    "migration-loses-speed",
    "link-failure",
    "six-designs",
];

/// Name and bytes of the recordings that these scenarios play.
const RECORDINGS: &[(&str, &[u8])] =
    &[("recorded-traffic.pcap.gz", include_bytes!("../../../scenarios/recorded-traffic.pcap.gz"))];

/// The names.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// The scenario of this name.
#[must_use]
pub fn find(name: &str) -> Option<Source> {
    let (name, text) = ALL.iter().find(|(known, _)| *known == name)?;
    Some(Source { name: (*name).to_owned(), text: (*text).to_owned(), dir: PathBuf::new() })
}

/// The recording of this name. As with scenarios, a file of that name wins.
pub(crate) fn recording(name: &str) -> Option<&'static [u8]> {
    RECORDINGS.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}

/// Reads the scenario of this path, or the built-in one of this name. A file wins.
///
/// # Errors
/// What keeps it from being read: no such file or name, a directory, no text, too long.
pub fn open(name: &str) -> Result<Source, Diagnostic> {
    let path = Path::new(name);
    if !path.exists() {
        return find(name).ok_or_else(|| nothing(name));
    }
    if path.is_dir() {
        return Err(Diagnostic::new(format!("{name} is a directory"))
            .help("name a scenario file in it, such as `rxsim run DIR/scenario.toml`"));
    }
    let unreadable = |error: std::io::Error| {
        Diagnostic::new(format!("{name} cannot be read"))
            .because(error.to_string())
            .help("name a file that may be read")
    };
    let mut bytes = vec![];
    let file = File::open(path).map_err(unreadable)?;
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > MAX_BYTES {
        return Err(too_long(name, bytes.len()));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        Diagnostic::new(format!("{name} is no text"))
            .because(format!("byte {} is not UTF-8", error.utf8_error().valid_up_to()))
            .help("a scenario is a TOML file; recorded traffic is named in it: `capture = ...`")
    })?;
    let dir = path.parent().map(Path::to_path_buf).unwrap_or_default();
    Ok(Source { name: name.to_owned(), text, dir })
}

/// There is neither a file nor a built-in scenario of this name.
fn nothing(name: &str) -> Diagnostic {
    let near = crate::scenario::schema::nearest(name, names());
    let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
    Diagnostic::new(format!("there is no scenario `{name}`"))
        .because("neither a file nor a built-in scenario has that name")
        .help(format!("{near}`rxsim list` names those that are built in"))
}
