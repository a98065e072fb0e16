//! What has no place on a host whose cores share packets.

use crate::rx::moderation::Moderation;
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::vms::vm::Guests;
use crate::scenario::schema::rows::hosts::HostKeys;
use crate::scenario::schema::rows::nics::NicKeys;
use crate::scenario::schema::setting::WordOr;
use crate::scenario::text::findings::Findings;
use crate::world::{AppSpec, NicSpec, VnicOwner, VnicSpec, WorkSpec};

/// Refuses whatever else would run on cores that share packets.
pub fn check_threads(
    host: &HostKeys,
    index: usize,
    apps: &[AppSpec],
    works: &[WorkSpec],
    guests: &Guests,
    nics: &[Nic],
    findings: &mut Findings,
) {
    let app = apps.iter().find(|app| app.host == index).map(|app| format!("app.{}", app.name));
    let work = works.iter().find(|work| work.host == index);
    let work = work.map(|work| format!("work.{}", work.name));
    let vm = guests.vms.iter().find(|vm| vm.host == index).map(|vm| format!("vm.{}", vm.group));
    let own = |vnic: &&VnicSpec| vnic.owner == VnicOwner::Host && nics[vnic.nic].spec.host == index;
    let vnic = guests.vnics.iter().find(own).map(|vnic| vnic.name.clone());
    for what in [app, work, vm, vnic].into_iter().flatten() {
        let what = what.split('[').next().unwrap_or(&what);
        findings.mistake(
            host.dispatch
                .mistake(format!("`{what}` has no place on `{}`", host.name()))
                .because("cores that share packets do nothing but the host's own stack")
                .help(format!("remove `[{what}]`, or leave `dispatch` out")),
        );
    }
}

/// Checks a port of a host whose cores share packets: a packet that finds one idle wakes it at once,
/// so interrupts are not held back.
pub fn check_port(nic: &NicKeys, spec: &mut NicSpec, host: &HostKeys, findings: &mut Findings) {
    if matches!(nic.moderation.value, Some(WordOr::Table(_))) {
        findings.mistake(
            nic.moderation
                .mistake("interrupts are not moderated where cores share packets")
                .because(format!("host.{}.dispatch: an idle core is woken at once", host.name()))
                .help("write moderation = \"none\", or leave `dispatch` out"),
        );
    } else if spec.moderation != Moderation::None {
        findings.warn(format!(
            "nic.{}: the usual moderation does not apply: the cores of `{}` share packets \
             (`dispatch`), and an idle one is woken at once",
            nic.name(),
            host.name()
        ));
    }
    spec.moderation = Moderation::None;
}
