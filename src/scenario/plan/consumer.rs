//! Apps and works: the threads of a host.

use super::host::Host;
use super::reference;
use crate::engine::time::Span;
use crate::host::world::{AppSpec, WorkSpec};
use crate::scenario::cost;
use crate::scenario::findings::Findings;
use crate::scenario::view::View;

/// Reads an app; none where its host is unknown.
pub fn app(view: &View, hosts: &[Host], findings: &mut Findings) -> Option<AppSpec> {
    let names: Vec<&str> = hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let at = findings.take(reference::named(view, "host", "host", &names))?;
    let host = &hosts[at];
    let core = view.count("core")?;
    if core >= host.spec.cores {
        let last = host.spec.cores - 1;
        findings.mistake(
            view.mistake("core", format!("`{}` has no core {core}", host.spec.name))
                .because(format!("it has the cores 0 to {last}"))
                .help(format!("write core = 0 to {last}")),
        );
    }
    let own = |key, findings: &mut Findings| cost::entry(view, key, host.clock, findings);
    let packet = own("packet", findings).unwrap_or_else(|| host.spec.costs.app_packet.clone());
    let byte = own("byte", findings).unwrap_or_else(|| host.spec.costs.app_byte.clone());
    let backlog = view.count("backlog")?;
    Some(AppSpec { name: view.name.to_owned(), host: at, core, backlog, packet, byte })
}

/// Reads a work: one per core that it loads.
pub fn work(view: &View, hosts: &[Host], vms: &[&str], findings: &mut Findings) -> Vec<WorkSpec> {
    let Some(at) = place(view, hosts, vms, findings) else { return vec![] };
    let cores = findings.take(view.cpus("cores", hosts[at].spec.cores)).unwrap_or_default();
    let (Some(load), Some(period)) = (view.percent("load"), view.time("period")) else {
        return vec![];
    };
    let demand = (u128::from(period.0) * load.num + load.den / 2) / load.den;
    let demand = Span(demand as u64);
    let one = |core| WorkSpec { name: view.name.to_owned(), host: at, core, period, demand };
    cores.into_iter().filter(|_| demand > Span::ZERO).map(one).collect()
}

/// The host that a work loads.
fn place(view: &View, hosts: &[Host], vms: &[&str], findings: &mut Findings) -> Option<usize> {
    let names: Vec<&str> = hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let (kind, name) = view.text("on")?.split_once('.').unwrap_or(("", ""));
    match kind {
        "host" => {
            let at = reference::find(name, &names);
            let unknown = || reference::unknown(view, "on", "host", name, &names);
            findings.take(at.ok_or_else(unknown))
        }
        "vm" if reference::find(name.trim_end_matches(".*"), vms).is_none() => {
            findings.mistake(reference::unknown(view, "on", "vm", name, vms));
            None
        }
        "vm" => {
            findings.not_yet(
                view.mistake("on", "work inside a VM is not simulated yet")
                    .because("this version simulates physical hosts")
                    .help("put the work on a host"),
            );
            None
        }
        _ => {
            findings.mistake(
                view.mistake("on", format!("`{}` loads no known place", view.name))
                    .because("a host or a VM is due")
                    .help("write on = \"host.NAME\" or \"vm.NAME\""),
            );
            None
        }
    }
}
