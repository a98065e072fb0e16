//! What virtual NICs ask of ports, known before there are ports.

use super::early_events::EarlyEvents;
use crate::scenario::plan::nics::sriov::{Demand, Sriov, VfRequest};
use crate::scenario::plan::nics::team::{Receives, Uplinks};
use crate::scenario::plan::nics::vmq;
use crate::scenario::schema::rows::guests::{PortKeys, VmKeys, VnicKeys};
use crate::scenario::schema::rows::nics::NicKeys;

/// The queues of its own that a table of virtual NICs asks for, for each.
#[must_use]
pub fn queues(keys: &PortKeys) -> u32 {
    if keys.vmq.value == Some(true) { keys.vmq_queues.value.unwrap_or(1) } else { 0 }
}

/// What virtual NICs ask of each port at most, so that ports know how many queues to make.
#[must_use]
pub fn of(
    vms: &[VmKeys],
    vnics: &[VnicKeys],
    nics: &[NicKeys],
    sriov: &[Option<Sriov>],
    uplinks: &Uplinks,
    early: &EarlyEvents,
) -> Vec<Demand> {
    let mut functions = sriov.to_vec();
    let mut uplinks = uplinks.clone();
    let mut demand = vec![Demand::default(); nics.len()];
    let mut visits = Vec::new();
    let tables = tables(vms, vnics);
    for (keys, group, instances, request) in &tables {
        let Ok(uplink) = uplinks.of(keys) else { continue };
        let wanted = queues(keys);
        for index in 0..*instances {
            let ports = uplinks.next(uplink);
            for nic in &ports {
                let given =
                    functions[*nic].as_mut().is_some_and(|sriov| sriov.give(request).is_ok());
                let keeps = given && !early.may_lose(group, index);
                demand[*nic].queues += if keeps { 0 } else { wanted };
            }
            let others = early.visits(group, index).into_iter();
            let others = others.filter(|other| !ports.contains(other));
            visits.extend(others.map(|other| (other, wanted, request)));
        }
    }
    for (nic, wanted, request) in visits {
        let _ = functions[nic].as_mut().map(|sriov| sriov.give(request));
        demand[nic].queues += wanted;
    }
    for (demand, sriov) in demand.iter_mut().zip(functions) {
        demand.vfs = sriov.map_or(0, |sriov| sriov.given());
    }
    least(&mut demand, nics, &uplinks);
    demand
}

/// Each table of virtual NICs, its group of VMs, how many it stands for, what it says of functions.
fn tables<'d>(
    vms: &'d [VmKeys<'d>],
    vnics: &'d [VnicKeys<'d>],
) -> Vec<(&'d PortKeys<'d>, &'d str, u32, VfRequest)> {
    let count = |vm: &VmKeys| vm.count.value.unwrap_or(0);
    let driver = |vm: &VmKeys| vm.vf_driver.value == Some(true);
    let request = |vm: &'d VmKeys| VfRequest::read(&vm.port, driver(vm));
    let own = vms.iter().map(|vm| (&vm.port, vm.name(), count(vm), request(vm)));
    let further = vnics.iter().map(|vnic| {
        let vm = vms.iter().find(|vm| vnic.vm.value == Some(vm.name()));
        let instances = if vnic.vm.given { vm.map_or(0, count) } else { 1 };
        let request = VfRequest::read(&vnic.port, vm.is_some_and(driver));
        (&vnic.port, vm.map_or("", |vm| vm.name()), instances, request)
    });
    own.chain(further).collect()
}

/// On a team that needs a queue on each of its ports these give no more than the one with fewest.
fn least(demand: &mut [Demand], nics: &[NicKeys], uplinks: &Uplinks) {
    for team in uplinks.teams.iter().filter(|team| team.receives != Receives::InTurn) {
        let fewest = team.ports.iter().filter_map(|port| vmq::queues(&nics[*port])).min();
        for port in &team.ports {
            let queues = &mut demand[*port].queues;
            *queues = fewest.map_or(*queues, |fewest| fewest.saturating_sub(1).min(*queues));
        }
    }
}
