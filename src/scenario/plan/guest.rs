//! Virtual machines and virtual NICs: their references are checked; they are not simulated yet.

use super::host::Host;
use super::nic::Nic;
use super::reference;
use crate::host::world::SteeringSpec;
use crate::scenario::findings::Findings;
use crate::scenario::view::View;

/// Checks a group of VMs against its port's host.
pub fn vm(view: &View, nics: &[Nic], hosts: &[Host], findings: &mut Findings) {
    let names: Vec<&str> = nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    let nic = findings.take(reference::named(view, "nic", "nic", &names));
    if let Some(nic) = nic {
        let nic = &nics[nic];
        if matches!(nic.spec.steering, SteeringSpec::Rss(_)) {
            findings.warn(format!(
                "nic.{}: Windows uses RSS on a port with a virtual switch only with VMMQ (2016)",
                nic.spec.name
            ));
        }
        let host = &hosts[nic.spec.host];
        findings.take(view.cpus("cores", host.spec.cores));
    }
}

/// Checks a virtual NIC.
pub fn vnic(view: &View, nics: &[Nic], vms: &[&str], findings: &mut Findings) {
    let names: Vec<&str> = nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    findings.take(reference::named(view, "nic", "nic", &names));
    if view.has("vm") {
        findings.take(reference::named(view, "vm", "vm", vms));
    }
}
