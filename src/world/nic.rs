//! Ports of NICs: link, packet buffer, queues, vectors, steering, and who moves queues.

use crate::engine::time::Span;
use crate::policy::{Policy, PolicySpec};
use crate::rx::dma::DmaSpec;
use crate::rx::moderation::Moderation;
use crate::rx::steering::rss::RssSpec;
use std::fmt;
use std::sync::Arc;

/// A port of a NIC.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct NicSpec {
    /// Its name.
    pub name: String,
    /// Index of its host.
    pub host: usize,
    /// Bits per second; none: unlimited.
    pub link: Option<u64>,
    /// Bytes of the egress buffer before the link.
    pub egress: u64,
    /// Bytes of the packet buffer; none: unlimited.
    pub buffer: Option<u64>,
    /// PCIe.
    pub dma: DmaSpec,
    /// Descriptors per ring.
    pub ring: u32,
    /// A packet whose ring is full waits at the head of the port's buffer instead of being lost.
    pub hold: bool,
    /// Receive queues: the core of each.
    pub queues: Vec<u32>,
    /// Interrupt vectors; each queue belongs to exactly one, all of one vector to one core.
    pub vectors: Vec<Vec<u32>>,
    /// When a vector interrupts.
    pub moderation: Moderation,
    /// How packets find their queue.
    pub steering: SteeringSpec,
    /// Factor on the per-packet costs of this NIC's packets (static lock contention).
    pub contention: f64,
    /// Who moves its queues, or the entries of its indirection table; none: nobody.
    pub rebalance: Option<Rebalance>,
    /// Queues of one core share its vector, also those that are moved to it; false: each vector
    /// moves with its only queue.
    pub shared_interrupts: bool,
    /// The cores that queues may be moved to, the home core first.
    pub usable: Vec<u32>,
    /// Software spreads the packets over cores once the driver is done with them (RPS, vRSS); none:
    /// the core that took a packet from its ring does all of the host's work on it.
    pub rps: Option<RpsSpec>,
    /// The port asks its peer to pause where its packet buffer fills; none: it never does.
    pub flow_control: Option<FlowControl>,
}

impl NicSpec {
    /// A port of a host with a receive queue on each of these cores, every queue with a ring of
    /// 512 descriptors and an interrupt vector of its own, which interrupts at once. Link, packet
    /// buffer and PCIe are without limit. A single queue takes all packets; several share them by
    /// RSS. A policy may move the queues among these cores.
    #[must_use]
    pub fn new(name: &str, host: usize, cores: &[u32]) -> Self {
        let queues = cores.len() as u32;
        let mut usable = cores.to_vec();
        usable.sort_unstable();
        usable.dedup();
        let steering = match queues {
            0 | 1 => SteeringSpec::SingleQueue,
            _ => SteeringSpec::Rss(RssSpec::new(queues)),
        };
        Self {
            name: name.to_owned(),
            host,
            link: None,
            egress: 1 << 20,
            buffer: None,
            dma: DmaSpec { bits: None, max_payload: 256, latency: Span::ZERO },
            ring: 512,
            hold: false,
            queues: cores.to_vec(),
            vectors: (0..queues).map(|queue| vec![queue]).collect(),
            moderation: Moderation::None,
            steering,
            contention: 1.0,
            rebalance: None,
            shared_interrupts: false,
            usable,
            rps: None,
            flow_control: None,
        }
    }
}

/// Several of a kind (queues, rings, channels, cores) that packets are spread over.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FlowMap {
    /// What they are spread over. At least one.
    pub targets: Vec<u32>,
    /// Which of them a packet goes to, by its place in `over`: the entries of the table. None, or no
    /// hash: all go to the first.
    pub rss: Option<RssSpec>,
}

impl FlowMap {
    /// Spread over these, as `rss` says.
    #[must_use]
    pub fn new(targets: Vec<u32>, rss: RssSpec) -> Self {
        Self { targets, rss: Some(rss) }
    }

    /// All to this one.
    #[must_use]
    pub fn one(only: u32) -> Self {
        Self { targets: vec![only], rss: None }
    }
}

/// Spreading in software: the core that takes a packet from its ring hands it over to the backlog
/// of another one.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct RpsSpec {
    /// The cores.
    pub cores: FlowMap,
    /// Bound of the backlog of each core, the packet in processing included.
    pub backlog: u32,
}

impl RpsSpec {
    /// Over these cores, each with a backlog of so many packets.
    #[must_use]
    pub fn new(cores: FlowMap, backlog: u32) -> Self {
        Self { cores, backlog }
    }
}

/// When a port asks its peer to pause (IEEE 802.3x).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct FlowControl {
    /// As soon as so many bytes are in the packet buffer ...
    pub high: u64,
    /// ... until no more than so many are left.
    pub low: u64,
}

impl FlowControl {
    /// Pauses its peer at `high` bytes, and lets it go on at `low`.
    #[must_use]
    pub fn new(high: u64, low: u64) -> Self {
        Self { high, low }
    }
}

/// Who moves a port's queues or table entries, and how often it looks.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Rebalance {
    /// From look to look.
    pub interval: Span,
    /// Makes the policy, before its first look.
    pub maker: Maker,
}

impl Rebalance {
    /// A policy that looks at these intervals.
    #[must_use]
    pub fn new(interval: Span, maker: Maker) -> Self {
        Self { interval, maker }
    }
}

/// Makes a policy.
#[derive(Clone)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Maker {
    /// One that comes with the program.
    BuiltIn(PolicySpec),
    /// One of the library's user; see [`Maker::own`].
    Own(Arc<dyn Fn() -> Box<dyn Policy> + Send + Sync>),
}

impl fmt::Debug for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn(spec) => f.debug_tuple("BuiltIn").field(spec).finish(),
            Self::Own(make) => f.debug_tuple("Own").field(&make().name()).finish(),
        }
    }
}

impl Maker {
    /// A policy of the library's user. Each run asks for a new one, so that runs of equal worlds
    /// are equal; the closure may capture the policy's parameters.
    pub fn own(make: impl Fn() -> Box<dyn Policy> + Send + Sync + 'static) -> Self {
        Self::Own(Arc::new(make))
    }

    /// The policy, before its first look.
    #[must_use]
    pub fn make(&self) -> Box<dyn Policy> {
        match self {
            Self::BuiltIn(spec) => spec.build(),
            Self::Own(make) => make(),
        }
    }
}

/// How packets find their queue.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum SteeringSpec {
    /// By virtual NIC, as its [`RxPath`](crate::world::RxPath) says; everything else to queue 0, the default queue.
    Vmq {
        /// Packets of a virtual NIC's own queue lie in memory that its guest can read, and need no
        /// copy (Windows Server 2008 R2); false: every packet is copied (2012 and later).
        shared_memory: bool,
    },
    /// All to queue 0.
    SingleQueue,
    /// By Toeplitz hash and indirection table.
    Rss(RssSpec),
}
