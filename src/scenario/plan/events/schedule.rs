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
use crate::world::{Action, EventSpec};

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
    hosts: &[Host],
    nics: &[Nic],
    run: Option<Span>,
    findings: &mut Findings,
) -> Consequences {
    let mut schedule = Schedule::new(events, guests, hosts, nics, run);
    while let Some(((at, event, _), step)) = schedule.due.pop_first() {
        schedule.step(at, event, step, findings);
        if schedule.done.len() > MOST_CHANGES {
            let keys = events[event].keys;
            findings.mistake(
                keys.vm
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
            let keys = self.events[event].keys;
            findings.warn(format!(
                "event[{event}]: {} of {} is not over when the run ends",
                keys.action.value.map_or("", EventAction::name),
                keys.vm.value.unwrap_or("")
            ));
        }
        for (vnic, port) in self.guests.vnics.iter_mut().zip(self.ports) {
            vnic.path_reason = port.reason;
        }
        self.done.sort_by_key(|(event, _)| *event);
        let events = self.done.into_iter().map(|(_, event)| event).collect();
        Consequences { events, relocations: self.relocations }
    }

    fn step(&mut self, at: Time, event: usize, step: Step, findings: &mut Findings) {
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
                self.receive_by_functions(at, event, &vnics);
            }
            Step::Pause(vm) => {
                self.halt(at, event, vm, DropReason::VmPaused);
            }
            Step::Arrive(vm, to) => self.arrive(at, event, vm, &to),
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
                        self.start(at, index, vm);
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

    fn link(&mut self, event: usize, nic: usize, up: bool, findings: &mut Findings) {
        let (keys, at) = (self.events[event].keys, self.events[event].at);
        let changes = if up { self.down.remove(&nic) } else { self.down.insert(nic) };
        if !changes {
            let state = if up { "up" } else { "down" };
            let name = &self.nics[nic].spec.name;
            findings.mistake(
                keys.action
                    .mistake(format!("the link of {name} is {state} at {}", Span(at.0)))
                    .because("nothing is left to be done by this event")
                    .help("remove the event, or write another `at`"),
            );
        }
        self.emit(at, event, Action::Link { nic, up });
    }
}
