//! Ports of NICs: link, packet buffer, queues, vectors, steering, and who moves queues.

use crate::engine::time::Span;
use crate::policy::{Policy, PolicySpec};
use crate::rx::dma::DmaSpec;
use crate::rx::moderation::Moderation;
use crate::rx::steering::rss::RssSpec;

/// A port of a NIC.
#[derive(Clone, Debug)]
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

/// Several of a kind (queues, rings, channels, cores) that packets are spread over.
#[derive(Clone, Debug)]
pub struct FlowMap {
    /// What they are spread over. At least one.
    pub targets: Vec<u32>,
    /// Which of them a packet goes to, by its place in `over`: the entries of the table. None, or no
    /// hash: all go to the first.
    pub rss: Option<RssSpec>,
}

impl FlowMap {
    /// All to this one.
    #[must_use]
    pub fn one(only: u32) -> Self {
        Self { targets: vec![only], rss: None }
    }
}

/// Spreading in software: the core that takes a packet from its ring hands it over to the backlog
/// of another one.
#[derive(Clone, Debug)]
pub struct RpsSpec {
    /// The cores.
    pub cores: FlowMap,
    /// Bound of the backlog of each core, the packet in processing included.
    pub backlog: u32,
}

/// When a port asks its peer to pause (IEEE 802.3x).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlowControl {
    /// As soon as so many bytes are in the packet buffer ...
    pub high: u64,
    /// ... until no more than so many are left.
    pub low: u64,
}

/// Who moves a port's queues or table entries, and how often it looks.
#[derive(Clone, Copy, Debug)]
pub struct Rebalance {
    /// From look to look.
    pub interval: Span,
    /// Makes the policy, before its first look.
    pub maker: Maker,
}

/// Makes a policy.
#[derive(Clone, Copy, Debug)]
pub enum Maker {
    /// One that comes with the program.
    BuiltIn(PolicySpec),
    /// One of the library's user.
    Own(fn() -> Box<dyn Policy>),
}

impl Maker {
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
pub enum SteeringSpec {
    /// By virtual NIC, as its [`RxPath`] says; everything else to queue 0, the default queue.
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
