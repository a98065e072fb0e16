//! What events lead to, in the order of time: who runs where, who has which queue and function, and
//! so the changes that the world makes.
//!
//! Queues and functions that someone gives up are free for whoever starts or asks later; nobody is
//! given them without an event of its own. A virtual function is given up in the order that
//! Microsoft documents ("SR-IOV VF Failover and Live Migration Support"): the filters move to the
//! synthetic path, then the function is freed.

use super::event::{Event, Request};
use super::relocation::Relocations;
use super::state::{Schedule, Step};
use crate::engine::time::{Span, Time};
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::vms::vm::Guests;
use crate::scenario::schema::rows::values::EventAction;
use crate::scenario::text::findings::Findings;
use crate::vocab::drop_reason::DropReason;
use crate::world::{Action, EventSpec, PathReason, RxPath};
use std::ops::Range;

/// Most changes that the events of a file make.
const MOST_CHANGES: usize = 65_536;

/// What events lead to.
#[derive(Debug)]
pub struct Consequences {
    /// The changes: those of each event in turn, in the order of time.
    pub events: Vec<EventSpec>,
    /// Where virtual NICs are reached.
    pub relocations: Relocations,
}

/// Works out what events lead to; adds to `guests` what comes to other hosts, and what each virtual
/// NIC has at the end.
pub fn run(
    events: &[Event],
    guests: &mut Guests,
    (hosts, nics): (&[Host], &[Nic]),
    run: Option<Span>,
    findings: &mut Findings,
) -> Consequences {
    let mut schedule = Schedule::new(events, guests, (hosts, nics), run);
    while let Some(((at, event, _), step)) = schedule.due.pop_first() {
        schedule.step(at, event, step, findings);
        if schedule.done.len() > MOST_CHANGES {
            let view = events[event].view;
            findings.mistake(
                view.vm
                    .mistake(format!("with this event there are over {MOST_CHANGES} changes"))
                    .because("that is the bound: each virtual NIC that an event concerns has some")
                    .help("leave events out, or let them concern fewer virtual machines"),
            );
            break;
        }
    }
    schedule.finish(findings)
}

impl Schedule<'_> {
    fn finish(mut self, findings: &mut Findings) -> Consequences {
        for event in self.unfinished {
            let view = self.events[event].view;
            findings.warn(format!(
                "event[{event}]: {} of {} is not over when the run ends",
                view.action.value.map_or("", EventAction::name),
                view.vm.value.unwrap_or("")
            ));
        }
        for (vnic, port) in self.guests.vnics.iter_mut().zip(self.ports) {
            vnic.path_reason = port.reason;
        }
        self.done.sort_by_key(|(event, _)| *event);
        let events = self.done.into_iter().map(|(_, event)| event).collect();
        Consequences { events, relocations: self.relocations }
    }

    pub(super) fn step(&mut self, at: Time, event: usize, step: Step, findings: &mut Findings) {
        match step {
            Step::Begin => self.begin(event, findings),
            Step::Synthetic(vnics) => {
                for vnic in vnics {
                    self.leave_function(at, event, vnic);
                }
            }
            Step::Free(vnics) => {
                for vnic in vnics {
                    self.ports[vnic].holds = false;
                    self.guests.free_function(self.guests.vnics[vnic].nic);
                }
            }
            Step::Attached(vnics) => {
                for vnic in vnics {
                    let left =
                        self.steer(at, event, vnic, RxPath::VirtualFunction, PathReason::None);
                    self.guests.free_queues(self.guests.vnics[vnic].nic, &left);
                }
            }
            Step::Pause(vm) => {
                self.halt(at, event, vm, DropReason::VmPaused);
            }
            Step::Arrive(vm, to) => self.arrive(at, event, vm, &to, findings),
            Step::Relearned(vm) => {
                self.relearned(at, vm);
            }
        }
    }

    /// What an event does at its own time.
    fn begin(&mut self, index: usize, findings: &mut Findings) {
        let events = self.events;
        let event = &events[index];
        let at = event.at;
        match &event.request {
            Request::Act(action) => self.emit(at, index, action.clone()),
            Request::Link(nic, up) => self.link(index, *nic, *up, findings),
            Request::Run(vms, starts) => {
                for vm in self.ready(index, vms, !starts, findings) {
                    if *starts {
                        self.start(at, index, vm, findings);
                    } else {
                        self.lives[vm].runs = false;
                        self.halt(at, index, vm, DropReason::NoFilter);
                        self.free_functions(vm);
                    }
                }
            }
            Request::Function(vms, true) => self.attach(index, vms, findings),
            Request::Function(vms, false) => self.detach(index, vms, findings),
            Request::Migrate(vms, to) => {
                for vm in self.ready(index, vms, true, findings) {
                    self.migrate(index, vm, to, findings);
                }
            }
        }
    }

    /// The VMs that an event applies to: those that run, or those that do not, and to which nothing
    /// else happens.
    pub(super) fn ready(
        &mut self,
        event: usize,
        vms: &Range<usize>,
        run: bool,
        findings: &mut Findings,
    ) -> Vec<usize> {
        let (view, at) = (self.events[event].view, self.events[event].at);
        let ready: Vec<usize> = vms.clone().filter(|vm| self.lives[*vm].runs == run).collect();
        if ready.is_empty() {
            let (name, now) = (view.vm.value.unwrap_or(""), Span(at.0));
            let (state, help) = if run {
                ("does not run", "start it first, with an event \"start-vm\"")
            } else {
                ("runs", "write `running = false` under its table, or stop it first")
            };
            findings.mistake(
                view.vm
                    .mistake(format!("{name} {state} at {now}"))
                    .because("nothing is left to be done by this event")
                    .help(help),
            );
        }
        ready.into_iter().filter(|vm| self.is_free(event, *vm, findings)).collect()
    }

    /// Whether nothing else happens to a VM at the time of an event.
    fn is_free(&self, event: usize, vm: usize, findings: &mut Findings) -> bool {
        let Some((what, until)) =
            self.lives[vm].busy.filter(|(_, end)| *end > self.events[event].at)
        else {
            return true;
        };
        let view = self.events[event].view;
        let until = Span(until.0);
        findings.mistake(
            view.at
                .mistake(format!("{} {what} until {until}", self.name(vm)))
                .because("one thing at a time happens to a virtual machine")
                .help(format!("write at = \"{until}\" or later")),
        );
        false
    }

    fn link(&mut self, event: usize, nic: usize, up: bool, findings: &mut Findings) {
        let (view, at) = (self.events[event].view, self.events[event].at);
        let changes = if up { self.down.remove(&nic) } else { self.down.insert(nic) };
        if !changes {
            let state = if up { "up" } else { "down" };
            let name = &self.nics[nic].spec.name;
            findings.mistake(
                view.action
                    .mistake(format!("the link of {name} is {state} at {}", Span(at.0)))
                    .because("nothing is left to be done by this event")
                    .help("remove the event, or write another `at`"),
            );
        }
        self.emit(at, event, Action::Link { nic, up });
    }

    /// A VM stops where it is: its queues are free, its packets are lost from now on.
    fn halt(&mut self, at: Time, event: usize, vm: usize, why: DropReason) {
        let home = self.lives[vm].home();
        self.emit(at, event, Action::Stop { vm: home, reason: why });
        for vnic in self.vnics[home].clone() {
            let left = self.steer(at, event, vnic, RxPath::Drop(why), PathReason::NotRunning);
            self.guests.free_queues(self.guests.vnics[vnic].nic, &left);
        }
    }

    /// A VM starts where it is: with what it wants and is free.
    pub(super) fn start(&mut self, at: Time, event: usize, vm: usize, findings: &mut Findings) {
        let home = self.lives[vm].home();
        self.lives[vm].runs = true;
        self.emit(at, event, Action::Start { vm: home });
        let mut given = Vec::new();
        for vnic in self.vnics[home].clone() {
            let missing = self.take_function(vnic);
            given.extend((missing == Some(PathReason::VfDetached)).then_some(vnic));
            self.join_switch(at, event, vnic, missing, home != vm);
        }
        self.attach_later(at, event, &[vm], given, findings);
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
}
