//! Events: what changes while a world runs.

use super::host::Host;
use super::nic::Nic;
use super::{WITHIN_RUN, rebalance, reference};
use crate::engine::time::{Span, Time};
use crate::host::world::{Action, EventSpec};
use crate::scenario::findings::Findings;
use crate::scenario::overlay;
use crate::scenario::view::View;

/// What events refer to.
#[derive(Debug)]
pub struct World<'d> {
    /// Hosts.
    pub hosts: &'d [Host],
    /// Ports.
    pub nics: &'d [Nic],
    /// Groups of VMs, and how many each has.
    pub vms: Vec<(&'d str, u64)>,
    /// How long it runs, the warm-up included; none: until recorded traffic has ended.
    pub run: Option<Span>,
}

/// Reads an event; none where it is wrong or not simulated yet, which has been reported.
pub fn read(view: &View, world: &World, findings: &mut Findings) -> Option<EventSpec> {
    let at = view.time("at")?;
    if let Some(run) = world.run.filter(|run| at >= *run) {
        findings.mistake(
            view.mistake("at", format!("the run has ended by {at}"))
                .because(format!("warm-up and duration together are {run}"))
                .help(WITHIN_RUN),
        );
    }
    let action = view.text("action")?;
    references(view, action, world, findings);
    let nics: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    let nic = view.has("nic").then(|| findings.take(reference::named(view, "nic", "nic", &nics)));
    if let Some(reason) = not_yet(action) {
        findings.not_yet(
            view.mistake("action", format!("action = \"{action}\" is not simulated yet"))
                .because(reason)
                .help("remove the event; \"lose-affinity\" is the one that is simulated"),
        );
        return None;
    }
    let nic = nic??;
    lose_affinity(view, &world.nics[nic], world, findings);
    Some(EventSpec { at: Time::ZERO + at, action: Action::LoseAffinity { nic } })
}

/// Why an action cannot be simulated; none: it can.
fn not_yet(action: &str) -> Option<&'static str> {
    match action {
        "live-migrate" => Some("a virtual machine stays on the host that it starts on"),
        "detach-vf" | "attach-vf" => Some("a virtual NIC keeps the path that it starts with"),
        "set" => Some("all numbers hold for the whole run; designs compare them"),
        "link-down" | "link-up" => Some("a link is up for the whole run"),
        _ => None,
    }
}

/// Checks the keys that an action needs, and the names in them.
fn references(view: &View, action: &str, world: &World, findings: &mut Findings) {
    let needs: &[&str] = match action {
        "live-migrate" => &["vm", "to"],
        "detach-vf" | "attach-vf" => &["vm"],
        "set" => &["key", "value"],
        _ => &["nic"],
    };
    for key in needs.iter().filter(|key| !view.has(key)) {
        findings.mistake(
            view.mistake("action", format!("this event needs `{key}`"))
                .because(format!("`{key}` is missing"))
                .help(format!("add `{key} = ...`")),
        );
    }
    if view.has("to") {
        let hosts: Vec<&str> = world.hosts.iter().map(|host| host.spec.name.as_str()).collect();
        findings.take(reference::named(view, "to", "host", &hosts));
    }
    vm(view, world, findings);
    if let Some(key) = view.text("key") {
        let path: Vec<String> = key.split('.').map(str::to_owned).collect();
        if overlay::word_of(&path).is_none() {
            findings.mistake(
                view.mistake("key", "this is no key of a scenario")
                    .because("unknown key")
                    .help("write a dotted key, such as \"nic.port0.rss.queues\""),
            );
        }
    }
}

/// Checks that the queues of a port can move, and whether any would.
fn lose_affinity(view: &View, nic: &Nic, world: &World, findings: &mut Findings) {
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

/// Checks the VM that an event concerns.
fn vm(view: &View, world: &World, findings: &mut Findings) {
    let Some(text) = view.text("vm") else { return };
    let known: Vec<&str> = world.vms.iter().map(|(name, _)| *name).collect();
    let (name, index) = reference::instance(text).unwrap_or((text, None));
    let Some(at) = reference::find(name, &known) else {
        findings.mistake(reference::unknown(view, "vm", "vm", name, &known));
        return;
    };
    let count = world.vms[at].1;
    if index.is_some_and(|index| u64::from(index) >= count) {
        findings.mistake(reference::no_instance(view, "vm", text, count));
    }
}
