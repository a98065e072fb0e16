//! What a profile is: named numbers, each with its source.

use crate::engine::time::Span;
use crate::rx::dma::DmaSpec;
use crate::scenario::schema::Choice;
use crate::scenario::text::units;
use std::fmt;

/// A named set of numbers.
#[derive(Debug)]
pub struct Profile {
    /// Its name in scenarios.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
    /// Its numbers.
    pub rows: &'static [Row],
}

/// A number.
#[derive(Debug)]
pub struct Row {
    /// The key of a scenario that it stands for.
    pub key: &'static str,
    /// The value as a scenario would write it.
    pub value: &'static str,
    /// Where it comes from, or "assumed".
    pub source: &'static str,
}

/// A number and its source.
pub(super) const fn row(key: &'static str, value: &'static str, source: &'static str) -> Row {
    Row { key, value, source }
}

/// Profiles as the values of a key.
pub(super) const fn choices<const N: usize>(profiles: &[Profile]) -> [Choice; N] {
    let mut all = [Choice { name: "", meaning: "" }; N];
    let mut at = 0;
    while at < N {
        all[at] = Choice { name: profiles[at].name, meaning: profiles[at].about };
        at += 1;
    }
    all
}

impl Profile {
    /// A number as it is written; none where the profile has none (no limit, no cost).
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'static str> {
        self.rows.iter().find(|row| row.key == key).map(|row| row.value)
    }

    /// A whole number.
    ///
    /// # Panics
    /// Never: a test reads every number of every profile.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<u64> {
        self.text(key).map(|text| text.parse().expect("profiles hold numbers"))
    }

    /// A whole number that fits 32 bits.
    fn count(&self, key: &str) -> Option<u32> {
        self.number(key).and_then(|number| u32::try_from(number).ok())
    }

    /// A size in bytes.
    ///
    /// # Panics
    /// Never: a test reads every number of every profile.
    #[must_use]
    pub fn size(&self, key: &str) -> Option<u64> {
        self.text(key).map(|text| units::size(text).expect("profiles hold sizes"))
    }

    /// A time.
    ///
    /// # Panics
    /// Never: a test reads every number of every profile.
    #[must_use]
    pub fn time(&self, key: &str) -> Option<Span> {
        self.text(key).map(|text| units::time(text).expect("profiles hold times"))
    }

    /// The rate of the link.
    ///
    /// # Panics
    /// Never: a test reads every number of every profile.
    #[must_use]
    pub fn link(&self) -> Option<u64> {
        self.text("link").map(|text| units::link(text).expect("profiles hold rates"))
    }

    /// The bus of a NIC model; none: unlimited.
    #[must_use]
    pub fn pcie(&self) -> Option<Pcie> {
        Some(Pcie {
            generation: self.count("pcie.generation")?,
            lanes: self.count("pcie.lanes")?,
            max_payload: self.count("pcie.max_payload")?,
            latency: self.time("pcie.latency")?,
        })
    }

    /// Whether it is the NIC without limits.
    #[must_use]
    pub fn is_ideal(&self) -> bool {
        self.name == "ideal"
    }
}

/// A PCI Express link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pcie {
    /// Generation, 1 to 5.
    pub generation: u32,
    /// Lanes.
    pub lanes: u32,
    /// Bytes of the largest payload.
    pub max_payload: u32,
    /// From the end of a transfer until the host sees the packet.
    pub latency: Span,
}

impl Pcie {
    /// Effective bits per second: transfers x lanes x coding x what acknowledgements, flow control
    /// and skips leave (pcie-bench, SIGCOMM'18: 0.862 and 0.896 at payloads of 128 and 256 B for
    /// generations 1 and 2, 0.899 and 0.918 later; larger payloads as 256 B, assumed).
    #[must_use]
    pub fn spec(&self) -> DmaSpec {
        let megatransfers: u64 =
            [2_500, 5_000, 8_000, 16_000, 32_000][self.generation as usize - 1];
        let old = self.generation <= 2;
        let (coded, of) = if old { (8, 10) } else { (128, 130) };
        let permille = match (old, self.max_payload) {
            (true, 128) => 862,
            (true, _) => 896,
            (false, 128) => 899,
            (false, _) => 918,
        };
        let bits = megatransfers * u64::from(self.lanes) * 1_000 * permille * coded / of;
        DmaSpec { bits: Some(bits), max_payload: self.max_payload, latency: self.latency }
    }
}

impl fmt::Display for Profile {
    /// As `rxsim show` prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}: {}", self.name, self.about)?;
        let width =
            |text: fn(&Row) -> &str| self.rows.iter().map(text).map(str::len).max().unwrap_or(0);
        let (keys, values) = (width(|row| row.key), width(|row| row.value));
        for row in self.rows {
            writeln!(f, "  {:keys$}  {:values$}  {}", row.key, row.value, row.source)?;
        }
        Ok(())
    }
}
