//! What a table of virtual NICs asks for, and what no table may ask for.

use super::demand;
use crate::scenario::plan::nics::sriov::VfRequest;
use crate::scenario::plan::nics::team::Uplink;
use crate::scenario::plan::reference;
use crate::scenario::schema::rows::guests::{PortKeys, VnicKeys};
use crate::scenario::schema::setting::Setting;
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::text::findings::Findings;

/// What a virtual NIC wants of its port.
#[derive(Clone, Debug)]
pub struct VnicRequest {
    /// Queues of its own; 0: none.
    pub(super) queues: u32,
    /// A virtual function.
    pub function: VfRequest,
}

/// What a table of virtual NICs asks for.
pub(super) struct Asked<'d> {
    pub(super) keys: &'d PortKeys<'d>,
    /// Its name as traffic has it.
    pub(super) name: String,
    pub(super) uplink: Uplink,
    pub(super) wants: VnicRequest,
    pub(super) vrss: bool,
    pub(super) channel: u32,
    pub(super) vf_driver: bool,
}

/// The group of VMs that a further virtual NIC is for: one of them alone cannot have it.
pub(super) fn whole_group(keys: &VnicKeys, vms: &[&str]) -> Result<usize, Diagnostic> {
    let name = keys.vm.value.and_then(reference::instance);
    match name.filter(|(name, index)| index.is_some() && vms.contains(name)) {
        Some((name, _)) => Err(keys
            .vm
            .mistake(format!("`{}` cannot be for one VM of a group alone", keys.name()))
            .because("every VM of a group has the same virtual NICs")
            .help(format!("write vm = \"{name}\"; to = \"vnic.{}[0]\" sends to one", keys.name()))),
        None => reference::named(&keys.vm, keys.name(), "vm", vms),
    }
}

/// Whether so many in all are within the bound of a file.
pub(super) fn room<T>(
    setting: &Setting<T>,
    owner: &str,
    what: &str,
    all: usize,
    most: usize,
    findings: &mut Findings,
) -> Option<()> {
    if all > most {
        findings.mistake(
            setting
                .mistake(format!("with \"{owner}\" there are {all} {what}"))
                .because(format!("the bound is {most} in all"))
                .help(format!("lower `{}`, or leave other {what} out", setting.key)),
        );
    }
    (all <= most).then_some(())
}

/// Refuses for the host's own virtual NIC what leads to vCPUs.
pub(super) fn refuse_of_host(keys: &PortKeys, findings: &mut Findings) {
    if keys.vf.value == Some(true) {
        findings.mistake(
            keys.vf
                .mistake(format!("`{}` cannot have a virtual function", keys.name()))
                .because("it is the host's own, and virtual functions are for virtual machines")
                .help("remove `vf`, or name a group of virtual machines with `vm`"),
        );
    }
    if keys.vrss.value == Some(true) {
        findings.mistake(
            keys.vrss
                .mistake(format!("`{}` has no vCPUs to spread over", keys.name()))
                .because("it is the host's own")
                .help("remove `vrss`; `spread` of its port spreads it over the host's cores"),
        );
    }
}

impl<'d> Asked<'d> {
    /// What a table of a kind (`vm`, `vnic`) asks for; none where it is wrong.
    pub(super) fn read(
        keys: &'d PortKeys<'d>,
        kind: &str,
        uplink: Uplink,
        vf_driver: bool,
    ) -> Option<Self> {
        Some(Self {
            keys,
            name: format!("{kind}.{}", keys.name()),
            uplink,
            wants: VnicRequest {
                queues: demand::queues(keys),
                function: VfRequest::read(keys, vf_driver),
            },
            vrss: keys.vrss.value?,
            channel: keys.channel.value?,
            vf_driver,
        })
    }
}
