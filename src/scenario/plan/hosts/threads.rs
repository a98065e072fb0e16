//! Apps and works: the threads of a host.

use super::cost;
use super::host::Host;
use crate::engine::time::Span;
use crate::scenario::plan::reference;
use crate::scenario::schema::rows::hosts::{AppKeys, WorkKeys};
use crate::scenario::text::findings::Findings;
use crate::world::{AppSpec, VmSpec, WorkSpec};

/// Reads an app; none where its host is unknown.
pub fn app(keys: &AppKeys, hosts: &[Host], findings: &mut Findings) -> Option<AppSpec> {
    let names: Vec<&str> = hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let at = findings.take(reference::named(&keys.host, keys.name(), "host", &names))?;
    let host = &hosts[at];
    let core = keys.core.value?;
    host.check_core(&keys.core, findings);
    let own = |key, findings: &mut Findings| cost::entry(&keys.reader, key, host.clock, findings);
    let packet = own("packet", findings).unwrap_or_else(|| host.spec.costs.app_packet.clone());
    let byte = own("byte", findings).unwrap_or_else(|| host.spec.costs.app_byte.clone());
    let backlog = keys.backlog.value?;
    Some(AppSpec { name: keys.name().to_owned(), host: at, core, backlog, packet, byte })
}

/// Reads a work on a host: one per core that it loads. One inside VMs is checked, and becomes what
/// [`inside`] makes of it.
pub fn work(
    keys: &WorkKeys,
    hosts: &[Host],
    vms: &[(&str, u64)],
    findings: &mut Findings,
) -> Vec<WorkSpec> {
    let Some(at) = place(keys, hosts, vms, findings) else { return vec![] };
    let cores =
        findings.take(keys.cores.within(keys.name(), hosts[at].spec.cores)).unwrap_or_default();
    cores.into_iter().filter_map(|core| on_core(keys, at, core)).collect()
}

/// The work inside of VMs: one on the core of each of their vCPUs.
pub fn inside(keys: &WorkKeys, vms: &[VmSpec], findings: &mut Findings) -> Vec<WorkSpec> {
    let Some(name) = keys.on.value.and_then(|on| on.strip_prefix("vm.")) else { return vec![] };
    let Some((group, index)) = reference::instance(name) else { return vec![] };
    let named = |vm: &&VmSpec| vm.group == group && index.is_none_or(|index| index == vm.index);
    let its: Vec<&VmSpec> = vms.iter().filter(named).collect();
    if its.iter().any(|vm| vm.allowed_cores.is_some()) {
        findings.mistake(
            keys.on
                .mistake(format!("`{}` has no cores to run on", keys.name()))
                .because(format!("the vCPUs of vm.{group} float"))
                .help("write placement = \"pinned\" for the VMs, or put the work on the host"),
        );
        return vec![];
    }
    let cores = its.iter().flat_map(|vm| vm.vcpus.iter().map(|core| (vm.host, *core)));
    cores.filter_map(|(host, core)| on_core(keys, host, core)).collect()
}

/// What a work asks of one core; none where that is nothing, or wrong.
fn on_core(keys: &WorkKeys, host: usize, core: u32) -> Option<WorkSpec> {
    let (load, period) = (keys.load.value?, keys.period.value?);
    let demand = (u128::from(period.0) * load.num + load.den / 2) / load.den;
    let demand = Span(demand as u64);
    let work = WorkSpec { name: keys.name().to_owned(), host, core, period, demand };
    (demand > Span::ZERO).then_some(work)
}

/// The host that a work loads; none where it is wrong, or inside VMs.
fn place(
    keys: &WorkKeys,
    hosts: &[Host],
    vms: &[(&str, u64)],
    findings: &mut Findings,
) -> Option<usize> {
    let names: Vec<&str> = hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let (kind, name) = keys.on.value?.split_once('.').unwrap_or(("", ""));
    match kind {
        "host" => {
            let at = reference::find(name, &names);
            let unknown = || reference::unknown(&keys.on, "host", name, &names);
            findings.take(at.ok_or_else(unknown))
        }
        "vm" => {
            check_inside(keys, name, vms, findings);
            None
        }
        _ => {
            findings.mistake(
                keys.on
                    .mistake(format!("`{}` loads no known place", keys.name()))
                    .because("a host or a VM is due")
                    .help("write on = \"host.NAME\" or \"vm.NAME\""),
            );
            None
        }
    }
}

/// Checks a work inside of VMs.
fn check_inside(keys: &WorkKeys, name: &str, vms: &[(&str, u64)], findings: &mut Findings) {
    let known: Vec<&str> = vms.iter().map(|(name, _)| *name).collect();
    let (group, index) = reference::instance(name).unwrap_or((name, None));
    let Some((_, count)) = vms.iter().find(|(known, _)| *known == group) else {
        findings.mistake(reference::unknown(&keys.on, "vm", name, &known));
        return;
    };
    if index.is_some_and(|index| u64::from(index) >= *count) {
        findings.mistake(reference::no_instance(&keys.on, &format!("vm.{name}"), *count));
    }
    if keys.cores.given {
        findings.mistake(
            keys.cores
                .mistake(format!("`{}` is inside of a VM", keys.name()))
                .because("it runs on the cores of the VM's vCPUs")
                .help("remove `cores`, or put the work on the host"),
        );
    }
}
