//! The offered part of a source. The other packets are drawn and numbered, too, but offered
//! elsewhere.

use crate::engine::time::Time;
use std::sync::Arc;

/// Which packets of a source are offered.
#[derive(Clone, Debug)]
pub(super) struct OfferedPart {
    /// Those due at this time or later ...
    since: Time,
    /// ... of the flows that are marked; none: of all.
    flows: Option<Arc<[bool]>>,
}

impl OfferedPart {
    /// None if that is the whole source.
    pub(super) fn new(since: Time, flows: Option<Arc<[bool]>>) -> Option<Self> {
        (since > Time::ZERO || flows.is_some()).then_some(Self { since, flows })
    }

    /// Whether a packet of this flow, due at `time`, is offered.
    pub(super) fn holds(&self, time: Time, flow: u32) -> bool {
        time >= self.since && self.flows.as_ref().is_none_or(|flows| flows[flow as usize])
    }
}
