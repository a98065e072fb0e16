//! What can be used up: cores, links, PCIe, buffers, apps.

/// From this share of the window on a resource counts as saturated.
const SATURATED: f64 = 0.95;

/// The kind of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceKind {
    /// A core.
    Core,
    /// A link.
    Link,
    /// The PCIe bandwidth of a port.
    Pcie,
    /// A ring, a packet buffer, a channel or a backlog that is too small for the bursts it sees.
    Buffer,
    /// A consumer on a host.
    App,
    /// None: the load is carried.
    None,
}

impl ResourceKind {
    /// The word that results use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Link => "link",
            Self::Pcie => "pcie",
            Self::Buffer => "buffer",
            Self::App => "app",
            Self::None => "none",
        }
    }
}

/// Where a resource is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Host and cores; several where they are saturated alike, by the same kind of work.
    Cores(String, Vec<usize>),
    /// A port: its link, its PCIe or its packet buffer.
    Port(String),
    /// Port and queue: its ring.
    Ring(String, usize),
    /// App, host and core.
    App(String, String, usize),
    /// A VM: its channel from the virtual switch.
    Channel(String),
    /// A VM: the rings of its virtual function.
    Function(String),
}

impl Place {
    /// The name that results use, of the first where there are several.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Cores(host, cores) => format!("{host}.core[{}]", cores[0]),
            Self::Port(port) => port.clone(),
            Self::Ring(port, queue) => format!("{port}.queue[{queue}]"),
            Self::App(name, ..) | Self::Channel(name) | Self::Function(name) => name.clone(),
        }
    }
}

/// Something that can be used up.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// Where it is.
    pub place: Place,
    /// The share of the window in which it was in use.
    pub utilization: f64,
    /// The load of all ports together, in Gbps of frames, at which it would be full while the load
    /// stays spread as it is; none where that cannot be told: it was not used, or nothing was
    /// delivered.
    pub capacity_gbps: Option<f64>,
}

impl Resource {
    /// A buffer that is too small for the bursts it sees.
    pub(super) fn overflowing(place: Place) -> Self {
        Self { kind: ResourceKind::Buffer, place, utilization: 1.0, capacity_gbps: None }
    }

    /// Whether it was in use (nearly) all the time.
    pub(super) fn is_saturated(&self) -> bool {
        self.utilization >= SATURATED
    }
}

/// The busiest of some resources, the first of equals.
pub(super) fn busiest(all: &[Resource], of: impl Fn(&Resource) -> bool) -> Option<&Resource> {
    all.iter().filter(|one| of(one)).rev().max_by(|a, b| a.utilization.total_cmp(&b.utilization))
}
