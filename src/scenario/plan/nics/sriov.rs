//! Virtual functions of a port: the chain of what one needs, and who is given one.
//!
//! Firmware and chipset, driver of the physical function, virtual switch, weight, policies, a free
//! function, driver in the guest (Microsoft, "Overview of SR-IOV"): the first link that is missing
//! sends the packets through the virtual switch.

use crate::rx::steering::rss::{HashTypes, RssSpec, default_table};
use crate::rx::steering::toeplitz::KEY_MICROSOFT;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::reference;
use crate::scenario::profile::{self, Profile};
use crate::scenario::schema::rows::guests::PortKeys;
use crate::scenario::schema::rows::nics::NicKeys;
use crate::scenario::schema::rows::values::PathKind;
use crate::scenario::text::findings::Findings;
use crate::world::{FlowMap, PathReason};

/// The virtual functions of a port on `path = "sriov"`.
#[derive(Clone, Debug)]
pub struct Sriov {
    model: &'static Profile,
    /// How many it has to give, and how many it gave.
    all: u32,
    given: u32,
    /// The link of the chain that host, driver or switch lack.
    missing: Option<PathReason>,
}

/// What virtual NICs ask of a port.
#[derive(Clone, Copy, Debug, Default)]
pub struct Demand {
    /// Those that want a queue and are given no virtual function.
    pub queues: u32,
    /// Those that are given a virtual function.
    pub vfs: u32,
}

/// What a table of virtual NICs says of virtual functions.
#[derive(Clone, Debug)]
pub struct VfRequest {
    /// Whether it wants them.
    pub wanted: bool,
    /// The link of the chain that it lacks, the guest's driver apart.
    missing: Option<PathReason>,
    /// Whether the guest has a driver for them.
    driver: bool,
    /// Rings of each.
    pub queues: u32,
}

/// Reads the virtual functions of a port; none where its path is another one.
#[must_use]
pub fn read(nic: &NicKeys, hosts: &[Host]) -> Option<Sriov> {
    if nic.path.value != Some(PathKind::Sriov) {
        return None;
    }
    let names: Vec<&str> = hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let host = reference::named(&nic.host, nic.name(), "host", &names).ok()?;
    let model = nic.model.value.unwrap_or_else(|| profile::find_or(None, "ideal"));
    let options = nic.sriov.value.as_ref()?;
    let most = model.number("vfs").map_or(u32::MAX, |vfs| vfs as u32);
    let links = [
        (&options.driver, PathReason::PfDriver),
        (&options.switch_iov, PathReason::SwitchWithoutIov),
    ];
    let broken = links.into_iter().find(|(link, _)| link.value == Some(false));
    Some(Sriov {
        model,
        all: options.vfs.value.unwrap_or(most),
        given: 0,
        missing: hosts[host].no_vfs.or(broken.map(|(_, reason)| reason)),
    })
}

impl VfRequest {
    /// What a table says; `driver` is what the group of its VMs says of the guest's driver.
    #[must_use]
    pub fn read(keys: &PortKeys, driver: bool) -> Self {
        let policies = keys.port_policy.items();
        let missing = if keys.vf_weight.value == Some(0) {
            Some(PathReason::VfWeightZero)
        } else {
            (!policies.is_empty()).then_some(PathReason::PortPolicy)
        };
        let wanted = keys.vf.value == Some(true);
        Self { wanted, missing, driver, queues: keys.vf_queues.value.unwrap_or(1) }
    }
}

impl Sriov {
    /// Gives the next virtual NIC a function: first come, first served.
    ///
    /// # Errors
    /// The first link of the chain that is missing. A guest without a driver was given its function
    /// and leaves it idle.
    pub fn give(&mut self, request: &VfRequest) -> Result<(), PathReason> {
        if !request.wanted {
            return Err(PathReason::VfNotWanted);
        }
        if let Some(missing) = self.missing.or(request.missing) {
            return Err(missing);
        }
        if self.given == self.all {
            return Err(PathReason::NoFreeVf);
        }
        self.given += 1;
        if request.driver { Ok(()) } else { Err(PathReason::VfDriver) }
    }

    /// The most rings that a function may have.
    #[must_use]
    pub fn most_rings(&self) -> u64 {
        let spreads = self.model.text("vf.rss.table").is_some() || self.model.is_ideal();
        if spreads { self.model.number("vf.queues").unwrap_or(u64::MAX) } else { 1 }
    }

    /// One that it gave is free again.
    pub const fn take_back(&mut self) {
        self.given -= 1;
    }

    /// How many it gave.
    #[must_use]
    pub const fn given(&self) -> u32 {
        self.given
    }

    /// The function of a virtual NIC: its rings in turn over the vCPUs of its VM, from `first` on.
    #[must_use]
    pub fn function(&self, request: &VfRequest, first: u32, vcpus: u32) -> FlowMap {
        let entries = self.model.number("vf.rss.table").unwrap_or(128) as u32;
        let rss = || RssSpec {
            key: KEY_MICROSOFT,
            types: HashTypes::USUAL,
            table: default_table(entries, request.queues),
        };
        FlowMap {
            targets: (0..request.queues).map(|ring| (first + ring) % vcpus).collect(),
            rss: (request.queues > 1).then(rss),
        }
    }

    /// Checks the rings that a table asks of its functions, and warns where a link is missing;
    /// `name` is the table's own (`vm.web`).
    pub fn check(
        &self,
        name: &str,
        keys: &PortKeys,
        request: &VfRequest,
        vcpus: u32,
        findings: &mut Findings,
    ) {
        if !request.wanted {
            return;
        }
        rings(keys, request.queues, vcpus, self.model, findings);
        let driver = (!request.driver).then_some(PathReason::VfDriver);
        if let Some(why) = self.missing.or(request.missing).or(driver) {
            findings.warn(format!(
                "{name} has no virtual function: {}; its packets pass the virtual switch",
                sentence(why)
            ));
        }
    }

    /// How many wanted a function in vain, in the words of a warning.
    #[must_use]
    pub fn too_late(&self, too_late: u32) -> String {
        format!(
            "{} virtual NICs want a virtual function and there are {}: first come, first served, \
             the others pass the virtual switch",
            self.given + too_late,
            self.all
        )
    }
}

/// A link of the chain in the words of a warning.
fn sentence(why: PathReason) -> &'static str {
    match why {
        PathReason::Firmware => {
            "the firmware must let the operating system control PCI Express \
             (`virtualization.firmware`)"
        }
        PathReason::Iommu => "the chipset remaps no DMA and no interrupts (`virtualization.iommu`)",
        PathReason::PfDriver => "the driver of the physical function has none (`sriov.driver`)",
        PathReason::SwitchWithoutIov => {
            "the virtual switch was created without I/O virtualization (`sriov.switch_iov`)"
        }
        PathReason::VfWeightZero => "`vf_weight` is 0",
        PathReason::PortPolicy => {
            "a policy on its port of the switch needs the switch to see its packets (`port_policy`)"
        }
        PathReason::VfDriver => {
            "its guest has no driver for the one that it was given (`vf_driver`)"
        }
        _ => "another path is taken",
    }
}

/// Checks how many rings a function may have.
fn rings(keys: &PortKeys, rings: u32, vcpus: u32, model: &Profile, findings: &mut Findings) {
    if rings == 1 {
        return;
    }
    let refuse = |message: String| keys.vf_queues.mistake(message);
    let most = model.number("vf.queues").unwrap_or(u64::MAX);
    if model.text("vf.rss.table").is_none() && !model.is_ideal() {
        findings.mistake(
            refuse(format!("{} spreads nothing inside a virtual function", model.name))
                .because(
                    "RSS in a VM needs an indirection table per function, and this model has one \
                     for the port and all its functions",
                )
                .help("write vf_queues = 1, or choose model = \"intel-x550\" or \"ideal\""),
        );
    } else if u64::from(rings) > most {
        findings.mistake(
            refuse(format!("{rings} rings are more than a function of {} has", model.name))
                .because(format!("it has {most}"))
                .help(format!("write vf_queues = {most}, or model = \"ideal\"")),
        );
    }
    if rings > vcpus {
        let vcpus_are = if vcpus == 1 { "vCPU is" } else { "vCPUs are" };
        findings.mistake(
            refuse(format!("{rings} rings need as many vCPUs"))
                .because(format!(
                    "each ring interrupts a vCPU of its own; {vcpus} {vcpus_are} there"
                ))
                .help(format!("write vf_queues = {vcpus}, or vcpus = {rings}")),
        );
    }
}
