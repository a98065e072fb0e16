//! What an interrupt vector counts, for the adaptive rules.

/// The counts of one vector since the start of the run, or since its last reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VectorCounters {
    /// Interrupts taken.
    pub interrupts: u64,
    /// Packets processed.
    pub packets: u64,
    /// Bytes of those packets.
    pub bytes: u64,
}
