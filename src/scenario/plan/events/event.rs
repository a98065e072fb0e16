//! Events as a file states them: their keys, and what they refer to. What follows from them is
//! worked out by [`course`](crate::scenario::plan::events::schedule).

use crate::engine::time::{Span, Time};
use crate::rx::cpu::Unsupported;
use crate::scenario::overlay;
use crate::scenario::plan::WITHIN_RUN;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::nics::rebalance;
use crate::scenario::plan::reference;
use crate::scenario::plan::vms::vm::Guests;
use crate::scenario::schema;
use crate::scenario::schema::rows::events::EventKeys;
use crate::scenario::schema::rows::values::EventAction;
use crate::scenario::text::findings::Findings;
use crate::world::{Action, HostSpec};
use std::ops::Range;

/// What events refer to.
#[derive(Debug)]
pub struct World<'d> {
    /// Hosts.
    pub hosts: &'d [Host],
    /// Ports.
    pub nics: &'d [Nic],
    /// Groups of VMs by name.
    pub vms: &'d [&'d str],
    /// Further virtual NICs by name.
    pub vnics: &'d [&'d str],
    /// What these became.
    pub guests: &'d Guests,
    /// How long it runs, the warm-up included; none: until recorded traffic has ended.
    pub run: Option<Span>,
}

/// An event of the file.
#[derive(Debug)]
pub struct Event<'d> {
    /// Its table.
    pub keys: &'d EventKeys<'d>,
    /// When.
    pub at: Time,
    /// What is asked for.
    pub request: Request,
}

/// What an event asks for.
#[derive(Debug)]
pub enum Request {
    /// One action at the time of the event, and nothing else.
    Act(Action),
    /// The link of a port goes up (true) or down.
    Link(usize, bool),
    /// Virtual machines start (true) or stop.
    Run(Range<usize>, bool),
    /// Virtual NICs are given (true) their virtual functions, or lose them.
    Function(Range<usize>, bool),
    /// Virtual machines migrate.
    Migrate(Range<usize>, Destination),
}

/// Where virtual machines migrate to.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The host.
    pub host: usize,
    /// Its port that all their virtual NICs are on then.
    pub nic: usize,
    /// The cores for their vCPUs; none: those of the same numbers.
    pub cores: Option<Vec<u32>>,
}

/// The keys of a migration, those that it needs first.
const KEYS_OF_MIGRATION: &[&str] = &[
    "vm",
    "to",
    "nic",
    "cores",
    "rate",
    "filter_move",
    "vf_detach",
    "vf_attach",
    "precopy",
    "blackout",
    "relearn",
];

/// The keys of an action, those that it needs first, and how many these are.
fn expected_keys(action: EventAction) -> (&'static [&'static str], usize) {
    match action {
        EventAction::LiveMigrate => (KEYS_OF_MIGRATION, 2),
        EventAction::DetachVf => (&["vm", "vnic", "nic", "filter_move", "vf_detach"], 1),
        EventAction::AttachVf => (&["vm", "vnic", "nic", "vf_attach"], 1),
        EventAction::StopVm => (&["vm"], 1),
        EventAction::StartVm => (&["vm", "vf_attach"], 1),
        EventAction::LinkDown
        | EventAction::LinkUp
        | EventAction::LoseAffinity
        | EventAction::Set => (&["nic"], 1),
    }
}

/// Reads an event; none where it is wrong or not simulated, which has been reported.
pub fn read<'d>(
    keys: &'d EventKeys<'d>,
    world: &World,
    findings: &mut Findings,
) -> Option<Event<'d>> {
    let at = keys.at.value?;
    if let Some(run) = world.run.filter(|run| at >= *run) {
        findings.mistake(
            keys.at
                .mistake(format!("the run has ended by {at}"))
                .because(format!("warm-up and duration together are {run}"))
                .help(WITHIN_RUN),
        );
    }
    let action = keys.action.value?;
    if action == EventAction::Set {
        refuse_set(keys, findings);
        return None;
    }
    check_keys(keys, action, findings);
    let request = request(keys, action, world, findings)?;
    Some(Event { keys, at: Time::ZERO + at, request })
}

fn request(
    keys: &EventKeys,
    action: EventAction,
    world: &World,
    findings: &mut Findings,
) -> Option<Request> {
    match action {
        EventAction::LoseAffinity => {
            let nic = port(keys, world, findings)?;
            lose_affinity(keys, &world.nics[nic], world, findings);
            Some(Request::Act(Action::LoseAffinity { nic }))
        }
        EventAction::LinkDown | EventAction::LinkUp => {
            Some(Request::Link(port(keys, world, findings)?, action == EventAction::LinkUp))
        }
        EventAction::LiveMigrate => {
            let to = destination(keys, world, findings);
            Some(Request::Migrate(vms(keys, world, findings)?, to?))
        }
        EventAction::DetachVf | EventAction::AttachVf => {
            restriction(keys, world, findings);
            Some(Request::Function(vms(keys, world, findings)?, action == EventAction::AttachVf))
        }
        EventAction::StopVm | EventAction::StartVm => {
            Some(Request::Run(vms(keys, world, findings)?, action == EventAction::StartVm))
        }
        EventAction::Set => None,
    }
}

/// The port that an event concerns; none where it is not named or unknown, which has been reported.
fn port(keys: &EventKeys, world: &World, findings: &mut Findings) -> Option<usize> {
    let nics: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    keys.nic.value?;
    findings.take(reference::named(&keys.nic, keys.name(), "nic", &nics))
}

/// Checks that the keys that an action needs are there, and no others.
fn check_keys(keys: &EventKeys, action: EventAction, findings: &mut Findings) {
    let (expected, needed) = expected_keys(action);
    for key in expected[..needed].iter().filter(|key| !keys.reader.has(key)) {
        findings.mistake(
            keys.action
                .mistake(format!("this event needs `{key}`"))
                .because(format!("`{key}` is missing"))
                .help(format!("add `{key} = ...`")),
        );
    }
    let others = ["vnic", "key", "value"].iter().chain(KEYS_OF_MIGRATION);
    for key in others.filter(|key| keys.reader.has(key) && !expected.contains(key)) {
        findings.mistake(
            keys.reader
                .mistake(key, format!("`{key}` has no meaning for {}", action.name()))
                .because(format!("the keys of {} are {}", action.name(), expected.join(", ")))
                .help(format!("remove `{key}`")),
        );
    }
}

/// Refuses to change numbers while it runs.
fn refuse_set(keys: &EventKeys, findings: &mut Findings) {
    if let Some(key) = keys.key.value {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        if overlay::word_of(&path, &schema::SCENARIO).is_none() {
            findings.mistake(
                keys.key
                    .mistake("this is no key of a scenario")
                    .because("unknown key")
                    .help("write a dotted key, such as \"nic.port0.rss.queues\""),
            );
        }
    }
    findings.unsupported(
        keys.action
            .mistake("action = \"set\" is not simulated yet")
            .because("all numbers hold for the whole run; designs compare them")
            .help("remove the event; the other actions are simulated"),
    );
}

/// Checks that the queues of a port can move, and whether any would.
fn lose_affinity(keys: &EventKeys, nic: &Nic, world: &World, findings: &mut Findings) {
    if let Err(Unsupported { reason, help }) = rebalance::movable(&world.hosts[nic.spec.host]) {
        findings.mistake(
            keys.action
                .mistake("\"lose-affinity\" cannot move queues here")
                .because(reason)
                .help(help),
        );
    }
    if nic.spec.usable.len() < 2 {
        findings.warn(format!(
            "nic.{}: losing the affinity of its queues changes nothing, as all of them are on one \
             core for good",
            nic.spec.name
        ));
    }
}

/// The VMs that an event concerns; none where that is wrong, which has been reported.
fn vms(keys: &EventKeys, world: &World, findings: &mut Findings) -> Option<Range<usize>> {
    let text = keys.vm.value?;
    let (name, index) = reference::instance(text).unwrap_or((text, None));
    if reference::find(name, world.vms).is_none() {
        findings.mistake(reference::unknown(&keys.vm, "vm", name, world.vms));
        return None;
    }
    let all = world.guests.members(name)?;
    let Some(index) = index else { return Some(all) };
    let at = all.start + index as usize;
    if !all.contains(&at) {
        findings.mistake(reference::no_instance(&keys.vm, text, all.len() as u64));
        return None;
    }
    Some(at..at + 1)
}

/// Where VMs migrate to.
fn destination(keys: &EventKeys, world: &World, findings: &mut Findings) -> Option<Destination> {
    keys.to.value?;
    let hosts: Vec<&str> = world.hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let host = findings.take(reference::named(&keys.to, keys.name(), "host", &hosts))?;
    let name = hosts[host];
    let ports: Vec<usize> =
        (0..world.nics.len()).filter(|nic| world.nics[*nic].spec.host == host).collect();
    let names: Vec<&str> = ports.iter().map(|nic| world.nics[*nic].spec.name.as_str()).collect();
    let nic = match (names.len(), keys.nic.value) {
        (0, _) => {
            findings.mistake(
                keys.to
                    .mistake(format!("host \"{name}\" has no NIC"))
                    .because("what migrates there receives nothing")
                    .help(format!("add a table `[nic.NAME]` with `host = \"{name}\"`")),
            );
            return None;
        }
        (1, None) => 0,
        (_, None) => {
            findings.mistake(
                keys.to
                    .mistake("the event does not say which port the packets come by then")
                    .because(format!("{name} has several"))
                    .help(format!("add `nic = \"NAME\"`: {}", names.join(", "))),
            );
            return None;
        }
        (_, Some(_)) => findings.take(reference::named(&keys.nic, keys.name(), "nic", &names))?,
    };
    let spec = &world.hosts[host].spec;
    if spec.shares_packets() {
        findings.mistake(
            keys.to
                .mistake(format!("{name} runs no virtual machines"))
                .because("its cores share packets (`dispatch`), and do nothing else")
                .help("name another host, or leave `dispatch` out there"),
        );
    }
    let cores = if keys.cores.given { Some(cores(keys, spec, findings)?) } else { None };
    Some(Destination { host, nic: ports[nic], cores })
}

/// The cores of a host that vCPUs are to run on.
fn cores(keys: &EventKeys, host: &HostSpec, findings: &mut Findings) -> Option<Vec<u32>> {
    let cores = findings.take(keys.cores.within(keys.name(), u32::MAX))?;
    let beyond = cores.iter().find(|core| **core >= host.cores);
    if let Some(core) = beyond {
        findings.mistake(
            keys.cores
                .mistake(format!("{} has no core {core}", host.name))
                .because(format!("it has the cores 0 to {}", host.cores - 1))
                .help(format!("write processors from 0 to {}", host.cores - 1)),
        );
    }
    (beyond.is_none() && !cores.is_empty()).then_some(cores)
}

/// Checks which virtual NICs of a VM are named.
fn restriction(keys: &EventKeys, world: &World, findings: &mut Findings) {
    let nics: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    if keys.nic.value.is_some() {
        findings.take(reference::named(&keys.nic, keys.name(), "nic", &nics));
    }
    if keys.vnic.value.is_some() {
        findings.take(reference::named(&keys.vnic, keys.name(), "vnic", world.vnics));
    }
}
