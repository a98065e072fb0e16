//! Events: their references are checked; they are not simulated yet.

use super::reference;
use crate::scenario::findings::Findings;
use crate::scenario::overlay;
use crate::scenario::view::View;

/// Names of the tables that events refer to.
#[derive(Debug)]
pub struct Names<'d> {
    /// Hosts.
    pub hosts: Vec<&'d str>,
    /// NICs.
    pub nics: Vec<&'d str>,
    /// Groups of VMs, and how many each has.
    pub vms: Vec<(&'d str, u64)>,
}

/// Checks an event.
pub fn read(view: &View, names: &Names, findings: &mut Findings) {
    let needs: &[&str] = match view.text("action") {
        Some("live-migrate") => &["vm", "to"],
        Some("detach-vf" | "attach-vf") => &["vm"],
        Some("set") => &["key", "value"],
        Some("link-down" | "link-up" | "lose-affinity") => &["nic"],
        _ => &[],
    };
    for key in needs.iter().filter(|key| !view.has(key)) {
        findings.mistake(
            view.mistake("action", format!("this event needs `{key}`"))
                .because(format!("`{key}` is missing"))
                .help(format!("add `{key} = ...`")),
        );
    }
    if view.has("to") {
        findings.take(reference::named(view, "to", "host", &names.hosts));
    }
    if view.has("nic") {
        findings.take(reference::named(view, "nic", "nic", &names.nics));
    }
    vm(view, names, findings);
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
    findings.not_yet(
        view.mistake("action", "events are not simulated yet")
            .because("this version runs a scenario as it starts")
            .help("remove the [[event]] tables"),
    );
}

/// Checks the VM that an event concerns.
fn vm(view: &View, names: &Names, findings: &mut Findings) {
    let Some(text) = view.text("vm") else { return };
    let known: Vec<&str> = names.vms.iter().map(|(name, _)| *name).collect();
    let (name, index) = reference::instance(text).unwrap_or((text, None));
    let Some(at) = reference::find(name, &known) else {
        findings.mistake(reference::unknown(view, "vm", "vm", name, &known));
        return;
    };
    let count = names.vms[at].1;
    if index.is_some_and(|index| u64::from(index) >= count) {
        findings.mistake(reference::no_instance(view, "vm", text, count));
    }
}
