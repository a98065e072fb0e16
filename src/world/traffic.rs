//! Traffic: where the packets of each source enter, and who consumes them.

use crate::engine::time::Time;
use crate::rx::source::keys::Keys;
use crate::rx::source::{Arrivals, ClosedLoop, Flows, Popularity, Sizes, SourceSpec};
use std::sync::Arc;

/// A source, and where its packets go.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct TrafficSpec {
    /// Its group's name in results (`bulk`).
    pub group: String,
    /// Index of the port it sends to.
    pub nic: usize,
    /// Its packets come from the port's own switch, not over the link: their sender has a virtual
    /// function of the port.
    pub by_internal_switch: bool,
    /// Who consumes its packets.
    pub to: Consumer,
    /// An early verdict on its packets.
    pub filter: Filter,
    /// When it begins to send: its own clock starts there.
    pub from: Time,
    /// When it stops; none: never.
    pub until: Option<Time>,
    /// Which of its packets come here.
    pub part: Part,
    /// Its packets follow what becomes of those before; `source.arrivals` are not looked at. None:
    /// they come whatever becomes of them.
    pub closed: Option<ClosedLoop>,
    /// When, how large, which flow.
    pub source: SourceSpec,
}

impl TrafficSpec {
    /// Traffic to the stack of a port's host, from the start of the run to its end: frames of 64
    /// bytes, all of one flow. Results call it by this name.
    #[must_use]
    pub fn new(name: &str, nic: usize, arrivals: Arrivals) -> Self {
        let flows = Flows { count: 1, keys: Keys::Random, popularity: Popularity::Uniform };
        let full = format!("traffic.{name}");
        Self {
            group: name.to_owned(),
            nic,
            by_internal_switch: false,
            to: Consumer::Host,
            filter: Filter::Pass,
            from: Time::ZERO,
            until: None,
            part: Part::default(),
            closed: None,
            source: SourceSpec { name: full, arrivals, sizes: Sizes::Fixed(64), flows },
        }
    }
}

/// Which of the packets of a source come by a port. The others are counted and numbered, and come
/// by other ports (as sources of the same name), or not at all.
#[derive(Clone, Debug, Default)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Part {
    /// Those offered at this instant or later.
    pub since: Time,
    /// Those of the flows that are marked here; none: of all.
    pub flows: Option<Arc<[bool]>>,
}

/// Who consumes a source's packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Consumer {
    /// The host's stack: delivered when the deferred work ends.
    Host,
    /// An app, by index.
    App(usize),
    /// A virtual NIC, by index: through the virtual switch to its VM, or (one of the host's own)
    /// back into the host's stack.
    Vnic(usize),
    /// Every virtual NIC of its port's virtual switch: broadcast.
    Broadcast,
}

/// An early verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Filter {
    /// None.
    Pass,
    /// Discarded by the NIC with its last bit.
    DropInNic,
    /// Sent to this queue whatever its hash.
    Pin(u32),
    /// Discarded by the driver for `filter_packet`.
    DropInDriver,
}
