//! The state of things at some time while events are worked out.

use super::event::{Destination, Event};
use super::relocation::Relocations;
use crate::engine::time::{Span, Time};
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::vms::vm::Guests;
use crate::scenario::schema::setting::Setting;
use crate::world::{Action, EventSpec, PathReason, RxPath, VmSpec, VnicOwner, VnicSpec};
use std::collections::{BTreeMap, BTreeSet};

/// A virtual machine of the file.
#[derive(Debug)]
pub(super) struct Life {
    /// It in [`Guests::vms`] on each host that it comes to.
    pub(super) homes: Vec<usize>,
    /// Where it is, by place in `homes`.
    pub(super) home: usize,
    pub(super) runs: bool,
    /// What happens to it until when.
    pub(super) busy: Option<(&'static str, Time)>,
}

/// How the packets of a virtual NIC come at some time.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) rx_path: RxPath,
    pub(super) reason: PathReason,
    /// It has a virtual function, though perhaps not in use.
    pub(super) holds: bool,
}

/// What an event leads to at its time or later.
#[derive(Debug)]
pub(super) enum Step {
    /// The event itself.
    Begin,
    /// The filters of virtual NICs have moved to the virtual switch.
    Synthetic(Vec<usize>),
    /// Their functions are free.
    Free(Vec<usize>),
    /// Their functions receive.
    Attached(Vec<usize>),
    /// A migrating machine stops ...
    Pause(usize),
    /// ... and starts elsewhere.
    Arrive(usize, Destination),
    /// The network sends its packets there.
    Relearned(usize),
}

/// The state at some time while events are worked out.
pub(super) struct Schedule<'d> {
    pub(super) hosts: &'d [Host],
    pub(super) nics: &'d [Nic],
    pub(super) guests: &'d mut Guests,
    pub(super) events: &'d [Event<'d>],
    /// How long it runs; none: unknown.
    pub(super) run: Option<Span>,
    pub(super) lives: Vec<Life>,
    /// Per virtual NIC.
    pub(super) ports: Vec<Port>,
    /// Per VM in [`Guests::vms`] its virtual NICs.
    pub(super) vnics: Vec<Vec<usize>>,
    /// Ports whose link is down.
    pub(super) down: BTreeSet<usize>,
    /// By time, event, order of being known.
    pub(super) due: BTreeMap<(Time, usize, usize), Step>,
    pub(super) known: usize,
    /// Events that are not over when the run ends.
    pub(super) unfinished: BTreeSet<usize>,
    pub(super) done: Vec<(usize, EventSpec)>,
    pub(super) relocations: Relocations,
}

impl<'d> Schedule<'d> {
    pub(super) fn new(
        events: &'d [Event<'d>],
        guests: &'d mut Guests,
        hosts: &'d [Host],
        nics: &'d [Nic],
        run: Option<Span>,
    ) -> Self {
        let life = |(vm, spec): (usize, &VmSpec)| Life {
            homes: vec![vm],
            home: 0,
            runs: spec.running,
            busy: None,
        };
        let mut vnics = vec![Vec::new(); guests.vms.len()];
        for (index, vnic) in guests.vnics.iter().enumerate() {
            if let VnicOwner::Vm { vm, .. } = vnic.owner {
                vnics[vm].push(index);
            }
        }
        let begin = |(index, event): (usize, &Event)| ((event.at, index, index), Step::Begin);
        Self {
            hosts,
            nics,
            run,
            lives: guests.vms.iter().enumerate().map(life).collect(),
            ports: guests.vnics.iter().map(Port::at_start).collect(),
            vnics,
            guests,
            down: BTreeSet::new(),
            due: events.iter().enumerate().map(begin).collect(),
            known: events.len(),
            events,
            unfinished: BTreeSet::new(),
            done: Vec::new(),
            relocations: Relocations::default(),
        }
    }

    pub(super) fn emit(&mut self, at: Time, event: usize, action: Action) {
        self.done.push((event, EventSpec { at, action }));
    }

    /// Lets a step follow, if that is within the run.
    pub(super) fn follow(&mut self, at: Time, event: usize, step: Step) {
        if self.run.is_some_and(|run| at >= Time::ZERO + run) {
            self.unfinished.insert(event);
            return;
        }
        self.due.insert((at, event, self.known), step);
        self.known += 1;
    }

    /// Changes the receive path of a virtual NIC; returns the one before.
    pub(super) fn steer(
        &mut self,
        at: Time,
        event: usize,
        vnic: usize,
        rx_path: RxPath,
        reason: PathReason,
    ) -> RxPath {
        self.emit(at, event, Action::SetRoute { vnic, rx_path: rx_path.clone() });
        self.ports[vnic].reason = reason;
        std::mem::replace(&mut self.ports[vnic].rx_path, rx_path)
    }

    /// A virtual NIC comes by the virtual switch, with a queue of its own where it wants one and one
    /// is free.
    pub(super) fn join_switch(
        &mut self,
        at: Time,
        event: usize,
        vnic: usize,
        missing: Option<PathReason>,
        migrated: bool,
    ) {
        let (nic, wants) = (self.guests.vnics[vnic].nic, self.guests.wants(vnic));
        let (rx_path, why) = self.guests.by_switch(nic, &self.nics[nic], &wants, missing);
        let lacks = migrated && wants.function.wanted && self.nics[nic].sriov.is_none();
        let why = if lacks && why == PathReason::None { PathReason::NoSriov } else { why };
        let left = self.steer(at, event, vnic, rx_path, why);
        self.guests.free_queues(nic, &left);
    }

    /// The name of a VM of the file.
    pub(super) fn name(&self, vm: usize) -> String {
        let spec = &self.guests.vms[vm];
        format!("{}[{}]", spec.group, spec.index)
    }

    pub(super) fn keep_busy(&mut self, vms: &[usize], what: &'static str, until: Time) {
        for vm in vms {
            let life = &mut self.lives[*vm];
            let later = life.busy.map_or(until, |(_, end)| end.max(until));
            life.busy = Some((what, later));
        }
    }
}

impl Life {
    /// Where it is, in [`Guests::vms`].
    pub(super) fn home(&self) -> usize {
        self.homes[self.home]
    }
}

impl Port {
    pub(super) fn at_start(vnic: &VnicSpec) -> Self {
        let (rx_path, reason) = (vnic.rx_path.clone(), vnic.path_reason);
        let holds = rx_path.is_function() || reason == PathReason::VfDriver;
        Self { rx_path, reason, holds }
    }
}

/// So long after an instant.
pub(super) const fn after(at: Time, span: Span) -> Time {
    Time(at.0.saturating_add(span.0))
}

/// A span that an event states, or its default.
pub(super) fn span(setting: &Setting<Span>) -> Span {
    setting.value.unwrap_or(Span::ZERO)
}
