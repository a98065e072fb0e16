//! What events may lead virtual machines to ask of ports, known before there are ports.

use crate::scenario::plan::reference;
use crate::scenario::schema::rows::events::EventKeys;
use crate::scenario::schema::rows::guests::VmKeys;
use crate::scenario::schema::rows::nics::NicKeys;
use crate::scenario::schema::rows::values::EventAction;
use std::collections::BTreeSet;

/// What events may lead to.
#[derive(Debug, Default)]
pub struct EarlyEvents<'d> {
    /// Groups and numbers of VMs (none: all of the group) that may lose a function.
    lose: BTreeSet<(&'d str, Option<u32>)>,
    /// Those that come to other ports.
    visits: BTreeSet<(&'d str, Option<u32>, usize)>,
    /// Some VM starts after the start of the run: who comes first is open.
    starts: bool,
}

impl<'d> EarlyEvents<'d> {
    /// What the events of a file may lead to; mistakes in them are reported elsewhere.
    #[must_use]
    pub fn read(
        events: &[EventKeys<'d>],
        vms: &[VmKeys],
        nics: &[NicKeys],
        hosts: &[&str],
    ) -> Self {
        let starts = vms.iter().any(|vm| vm.running.value == Some(false));
        let mut early = Self { starts, ..Self::default() };
        for event in events {
            let Some(who) = event.vm.value.and_then(reference::instance) else { continue };
            match event.action.value {
                Some(EventAction::DetachVf | EventAction::AttachVf) => drop(early.lose.insert(who)),
                Some(EventAction::StopVm | EventAction::StartVm) => early.starts = true,
                Some(EventAction::LiveMigrate) => {
                    early.lose.insert(who);
                    let nic = destination(event, nics, hosts);
                    early.visits.extend(nic.map(|nic| (who.0, who.1, nic)));
                }
                _ => {}
            }
        }
        early
    }

    /// Whether a VM may have to do without a function that it was given at the start.
    #[must_use]
    pub fn may_lose(&self, group: &str, index: u32) -> bool {
        self.starts
            || [None, Some(index)].iter().any(|number| self.lose.contains(&(group, *number)))
    }

    /// The ports that a VM comes to.
    #[must_use]
    pub fn visits(&self, group: &str, index: u32) -> BTreeSet<usize> {
        let theirs = self.visits.iter().filter(|(name, number, _)| {
            *name == group && number.is_none_or(|number| number == index)
        });
        theirs.map(|(.., nic)| *nic).collect()
    }
}

/// The port that a migration leads to.
fn destination(event: &EventKeys, nics: &[NicKeys], hosts: &[&str]) -> Option<usize> {
    let to = event.to.value?;
    let there = |nic: &NicKeys| {
        reference::named(&nic.host, nic.name(), "host", hosts).is_ok_and(|host| hosts[host] == to)
    };
    let named = |nic: &NicKeys| event.nic.value.is_none_or(|name| nic.name() == name);
    nics.iter().position(|nic| there(nic) && named(nic))
}
