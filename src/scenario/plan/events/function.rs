//! Virtual functions that are taken away and given while a world runs.

use super::state::{Schedule, Step, after, span};
use crate::engine::time::{Span, Time};
use crate::scenario::schema::rows::events::EventKeys;
use crate::scenario::text::findings::Findings;
use crate::world::{PathReason, RxPath};
use std::ops::Range;

impl Schedule<'_> {
    /// A VM gives all its functions back.
    pub(super) fn free_functions(&mut self, vm: usize) {
        for vnic in self.holders(&[vm]) {
            self.ports[vnic].holds = false;
            self.guests.free_function(self.guests.vnics[vnic].nic);
        }
    }

    /// Gives a virtual NIC a function, if it can have one: then it lacks nothing but to be attached.
    pub(super) fn take_function(&mut self, vnic: usize) -> Option<PathReason> {
        let (nic, owner) = (self.guests.vnics[vnic].nic, self.guests.vnics[vnic].owner);
        let request = self.guests.wants(vnic).function;
        match self.guests.function(nic, owner, &request)? {
            Ok(function) => {
                self.guests.vnics[vnic].vf = Some(function);
                self.ports[vnic].holds = true;
                Some(PathReason::VfDetached)
            }
            Err(missing) => {
                self.ports[vnic].holds = missing == PathReason::VfDriver;
                Some(missing)
            }
        }
    }

    /// Lets functions receive as soon as they are attached.
    pub(super) fn attach_later(
        &mut self,
        at: Time,
        event: usize,
        vms: &[usize],
        given: Vec<usize>,
    ) {
        if given.is_empty() {
            return;
        }
        let attached = after(at, span(&self.events[event].keys.vf_attach));
        if attached == at {
            self.receive_by_functions(at, event, &given);
            return;
        }
        self.keep_busy(vms, "has a virtual function attached", attached);
        self.follow(attached, event, Step::Attached(given));
    }

    /// The functions of virtual NICs are attached and receive; the queues of these virtual NICs are
    /// free.
    pub(super) fn receive_by_functions(&mut self, at: Time, event: usize, vnics: &[usize]) {
        for vnic in vnics {
            let left = self.steer(at, event, *vnic, RxPath::VirtualFunction, PathReason::None);
            self.guests.free_queues(self.guests.vnics[*vnic].nic, &left);
        }
    }

    /// The virtual NICs of some VMs, where they are, that hold a function.
    pub(super) fn holders(&self, vms: &[usize]) -> Vec<usize> {
        let theirs = vms.iter().flat_map(|vm| &self.vnics[self.lives[*vm].home()]);
        theirs.copied().filter(|vnic| self.ports[*vnic].holds).collect()
    }

    /// Whether the keys `vnic` and `nic` of an event let it concern a virtual NIC.
    pub(super) fn concerns(&self, keys: &EventKeys, vnic: usize) -> bool {
        let spec = &self.guests.vnics[vnic];
        let named = |name: &str| {
            let rest = spec.name.strip_prefix("vnic.").and_then(|rest| rest.strip_prefix(name));
            rest.is_some_and(|rest| rest.starts_with('['))
        };
        keys.vnic.value.is_none_or(named)
            && keys.nic.value.is_none_or(|nic| self.nics[spec.nic].spec.name == nic)
    }

    /// Functions are taken away: filters first.
    pub(super) fn detach(&mut self, event: usize, vms: &Range<usize>, findings: &mut Findings) {
        let (keys, at) = (self.events[event].keys, self.events[event].at);
        let mut vms = self.ready(event, vms, true, findings);
        if vms.is_empty() {
            return;
        }
        vms.retain(|vm| self.holders(&[*vm]).iter().any(|vnic| self.concerns(keys, *vnic)));
        if vms.is_empty() {
            self.no_function(event, "has no virtual function", findings);
        }
        let mut vnics = self.holders(&vms);
        vnics.retain(|vnic| self.concerns(keys, *vnic));
        let moved = after(at, span(&self.events[event].keys.filter_move));
        let free = after(moved, span(&self.events[event].keys.vf_detach));
        self.keep_busy(&vms, "loses its virtual function", free);
        self.follow(moved, event, Step::Synthetic(vnics.clone()));
        self.follow(free, event, Step::Free(vnics));
    }

    /// Functions are given.
    pub(super) fn attach(&mut self, event: usize, vms: &Range<usize>, findings: &mut Findings) {
        let (keys, at) = (self.events[event].keys, self.events[event].at);
        let mut is_wanted = false;
        let ready = self.ready(event, vms, true, findings);
        for vm in &ready {
            let mut given = Vec::new();
            for vnic in self.vnics[self.lives[*vm].home()].clone() {
                let wanted = self.guests.wants(vnic).function.wanted && self.concerns(keys, vnic);
                if !wanted || self.ports[vnic].holds {
                    continue;
                }
                is_wanted = true;
                match self.take_function(vnic) {
                    Some(PathReason::VfDetached) => given.push(vnic),
                    Some(missing) => {
                        self.ports[vnic].reason = missing;
                        self.in_vain(event, vnic, findings);
                    }
                    None => self.in_vain(event, vnic, findings),
                }
            }
            self.attach_later(at, event, &[*vm], given);
        }
        if !is_wanted && !ready.is_empty() {
            self.no_function(event, "has a virtual function, or wants none", findings);
        }
    }

    pub(super) fn no_function(&self, event: usize, state: &str, findings: &mut Findings) {
        let (keys, at) = (self.events[event].keys, self.events[event].at);
        let name = keys.vm.value.unwrap_or("");
        findings.mistake(
            keys.vm
                .mistake(format!("{name} {state} at {}", Span(at.0)))
                .because("nothing is left to be done by this event")
                .help("remove the event, or write `vf = true` and path = \"sriov\" for its port"),
        );
    }

    pub(super) fn in_vain(&self, event: usize, vnic: usize, findings: &mut Findings) {
        findings.warn(format!(
            "event[{event}]: {} is given no virtual function: its `path_reason` says why",
            self.guests.vnics[vnic].name
        ));
    }

    /// The packets of a virtual NIC do not come by its function any more.
    pub(super) fn leave_function(&mut self, at: Time, event: usize, vnic: usize) {
        if self.ports[vnic].rx_path.is_function() {
            self.join_switch(at, event, vnic, Some(PathReason::VfDetached), false);
        } else {
            self.ports[vnic].reason = PathReason::VfDetached;
        }
    }
}
