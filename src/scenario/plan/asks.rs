//! What events may lead virtual machines to ask of ports, known before there are ports.

use super::reference;
use crate::scenario::view::View;
use std::collections::BTreeSet;

/// What events may lead to.
#[derive(Debug, Default)]
pub struct Asks<'d> {
    /// Groups and numbers of VMs (none: all of the group) that may lose a function.
    lose: BTreeSet<(&'d str, Option<u32>)>,
    /// Those that come to other ports.
    visits: BTreeSet<(&'d str, Option<u32>, usize)>,
    /// Some VM starts after the start of the run: who comes first is open.
    starts: bool,
}

impl<'d> Asks<'d> {
    /// What the events of a file may lead to; mistakes in them are reported elsewhere.
    #[must_use]
    pub fn read(events: &[View<'d>], vms: &[View], nics: &[View], hosts: &[&str]) -> Self {
        let starts = vms.iter().any(|vm| vm.flag("running") == Some(false));
        let mut asks = Self { starts, ..Self::default() };
        for event in events {
            let Some(who) = event.text("vm").and_then(reference::instance) else { continue };
            match event.text("action") {
                Some("detach-vf" | "attach-vf") => drop(asks.lose.insert(who)),
                Some("stop-vm" | "start-vm") => asks.starts = true,
                Some("live-migrate") => {
                    asks.lose.insert(who);
                    let nic = destination(event, nics, hosts);
                    asks.visits.extend(nic.map(|nic| (who.0, who.1, nic)));
                }
                _ => {}
            }
        }
        asks
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
fn destination(event: &View, nics: &[View], hosts: &[&str]) -> Option<usize> {
    let to = event.text("to")?;
    let there = |nic: &View| {
        reference::named(nic, "host", "host", hosts).is_ok_and(|host| hosts[host] == to)
    };
    let named = |nic: &View| event.text("nic").is_none_or(|name| nic.name == name);
    nics.iter().position(|nic| there(nic) && named(nic))
}
