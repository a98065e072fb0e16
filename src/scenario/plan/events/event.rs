//! Events as a file states them: their keys, and what they refer to. What follows from them is
//! worked out by [`course`](crate::scenario::plan::events::schedule).

use crate::engine::time::{Span, Time};
use crate::scenario::overlay;
use crate::scenario::plan::WITHIN_RUN;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::nics::rebalance;
use crate::scenario::plan::reference;
use crate::scenario::plan::vms::vm::Guests;
use crate::scenario::schema;
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::findings::Findings;
use crate::world::HostSpec;
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
    pub view: TableReader<'d>,
    /// When.
    pub at: Time,
    /// What is asked for.
    pub request: Request,
}

/// What an event asks for.
#[derive(Debug)]
pub enum Request {
    /// The driver of a port forgets the cores of its queues.
    LoseAffinity(usize),
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
fn keys(action: &str) -> (&'static [&'static str], usize) {
    match action {
        "live-migrate" => (KEYS_OF_MIGRATION, 2),
        "detach-vf" => (&["vm", "vnic", "nic", "filter_move", "vf_detach"], 1),
        "attach-vf" => (&["vm", "vnic", "nic", "vf_attach"], 1),
        "stop-vm" => (&["vm"], 1),
        "start-vm" => (&["vm", "vf_attach"], 1),
        _ => (&["nic"], 1),
    }
}

/// Reads an event; none where it is wrong or not simulated, which has been reported.
pub fn read<'d>(
    view: &TableReader<'d>,
    world: &World,
    findings: &mut Findings,
) -> Option<Event<'d>> {
    let at = view.time("at")?;
    if let Some(run) = world.run.filter(|run| at >= *run) {
        findings.mistake(
            view.mistake("at", format!("the run has ended by {at}"))
                .because(format!("warm-up and duration together are {run}"))
                .help(WITHIN_RUN),
        );
    }
    let action = view.text("action").filter(|_| !view.is_wrong("action"))?;
    if action == "set" {
        refuse_set(view, findings);
        return None;
    }
    check_keys(view, action, findings);
    let request = request(view, action, world, findings)?;
    Some(Event { view: *view, at: Time::ZERO + at, request })
}

fn request(
    view: &TableReader,
    action: &str,
    world: &World,
    findings: &mut Findings,
) -> Option<Request> {
    match action {
        "lose-affinity" | "link-down" | "link-up" => {
            let nics: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
            view.text("nic")?;
            let nic = findings.take(reference::named(view, "nic", "nic", &nics))?;
            if action != "lose-affinity" {
                return Some(Request::Link(nic, action == "link-up"));
            }
            lose_affinity(view, &world.nics[nic], world, findings);
            Some(Request::LoseAffinity(nic))
        }
        "live-migrate" => {
            let to = destination(view, world, findings);
            Some(Request::Migrate(vms(view, world, findings)?, to?))
        }
        "detach-vf" | "attach-vf" => {
            restriction(view, world, findings);
            Some(Request::Function(vms(view, world, findings)?, action == "attach-vf"))
        }
        _ => Some(Request::Run(vms(view, world, findings)?, action == "start-vm")),
    }
}

/// Checks that the keys that an action needs are there, and no others.
fn check_keys(view: &TableReader, action: &str, findings: &mut Findings) {
    let (keys, needed) = keys(action);
    for key in keys[..needed].iter().filter(|key| !view.has(key)) {
        findings.mistake(
            view.mistake("action", format!("this event needs `{key}`"))
                .because(format!("`{key}` is missing"))
                .help(format!("add `{key} = ...`")),
        );
    }
    let others = ["vnic", "key", "value"].iter().chain(KEYS_OF_MIGRATION);
    for key in others.filter(|key| view.has(key) && !keys.contains(key)) {
        findings.mistake(
            view.mistake(key, format!("`{key}` has no meaning for {action}"))
                .because(format!("the keys of {action} are {}", keys.join(", ")))
                .help(format!("remove `{key}`")),
        );
    }
}

/// Refuses to change numbers while it runs.
fn refuse_set(view: &TableReader, findings: &mut Findings) {
    if let Some(key) = view.text("key") {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        if overlay::word_of(&path, &schema::SCENARIO).is_none() {
            findings.mistake(
                view.mistake("key", "this is no key of a scenario")
                    .because("unknown key")
                    .help("write a dotted key, such as \"nic.port0.rss.queues\""),
            );
        }
    }
    findings.not_yet(
        view.mistake("action", "action = \"set\" is not simulated yet")
            .because("all numbers hold for the whole run; designs compare them")
            .help("remove the event; the other actions are simulated"),
    );
}

/// Checks that the queues of a port can move, and whether any would.
fn lose_affinity(view: &TableReader, nic: &Nic, world: &World, findings: &mut Findings) {
    if let Some((reason, help)) = rebalance::obstacle(&world.hosts[nic.spec.host]) {
        findings.mistake(
            view.mistake("action", "\"lose-affinity\" cannot move queues here")
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
fn vms(view: &TableReader, world: &World, findings: &mut Findings) -> Option<Range<usize>> {
    let text = view.text("vm")?;
    let (name, index) = reference::instance(text).unwrap_or((text, None));
    if reference::find(name, world.vms).is_none() {
        findings.mistake(reference::unknown(view, "vm", "vm", name, world.vms));
        return None;
    }
    let all = world.guests.members(name)?;
    let Some(index) = index else { return Some(all) };
    let at = all.start + index as usize;
    if !all.contains(&at) {
        findings.mistake(reference::no_instance(view, "vm", text, all.len() as u64));
        return None;
    }
    Some(at..at + 1)
}

/// Where VMs migrate to.
fn destination(view: &TableReader, world: &World, findings: &mut Findings) -> Option<Destination> {
    view.text("to")?;
    let hosts: Vec<&str> = world.hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let host = findings.take(reference::named(view, "to", "host", &hosts))?;
    let name = hosts[host];
    let ports: Vec<usize> =
        (0..world.nics.len()).filter(|nic| world.nics[*nic].spec.host == host).collect();
    let names: Vec<&str> = ports.iter().map(|nic| world.nics[*nic].spec.name.as_str()).collect();
    let nic = match (names.len(), view.text("nic")) {
        (0, _) => {
            findings.mistake(
                view.mistake("to", format!("host \"{name}\" has no NIC"))
                    .because("what migrates there receives nothing")
                    .help(format!("add a table `[nic.NAME]` with `host = \"{name}\"`")),
            );
            return None;
        }
        (1, None) => 0,
        (_, None) => {
            findings.mistake(
                view.mistake("to", "the event does not say which port the packets come by then")
                    .because(format!("{name} has several"))
                    .help(format!("add `nic = \"NAME\"`: {}", names.join(", "))),
            );
            return None;
        }
        (_, Some(_)) => findings.take(reference::named(view, "nic", "nic", &names))?,
    };
    let spec = &world.hosts[host].spec;
    if spec.shares_packets() {
        findings.mistake(
            view.mistake("to", format!("{name} runs no virtual machines"))
                .because("its cores share packets (`dispatch`), and do nothing else")
                .help("name another host, or leave `dispatch` out there"),
        );
    }
    let cores = if view.has("cores") { Some(cores(view, spec, findings)?) } else { None };
    Some(Destination { host, nic: ports[nic], cores })
}

/// The cores of a host that vCPUs are to run on.
fn cores(view: &TableReader, host: &HostSpec, findings: &mut Findings) -> Option<Vec<u32>> {
    let cores = findings.take(view.cpus("cores", u32::MAX))?;
    let beyond = cores.iter().find(|core| **core >= host.cores);
    if let Some(core) = beyond {
        findings.mistake(
            view.mistake("cores", format!("{} has no core {core}", host.name))
                .because(format!("it has the cores 0 to {}", host.cores - 1))
                .help(format!("write processors from 0 to {}", host.cores - 1)),
        );
    }
    (beyond.is_none() && !cores.is_empty()).then_some(cores)
}

/// Checks which virtual NICs of a VM are named.
fn restriction(view: &TableReader, world: &World, findings: &mut Findings) {
    let nics: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    if view.text("nic").is_some() {
        findings.take(reference::named(view, "nic", "nic", &nics));
    }
    if view.text("vnic").is_some() {
        findings.take(reference::named(view, "vnic", "vnic", world.vnics));
    }
}
