//! A recording whose addresses say where its frames go.

use crate::rx::source::{Arrivals, SourceSpec};
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::reference;
use crate::scenario::plan::vms::address;
use crate::scenario::plan::vms::vm::Guests;
use crate::scenario::schema::rows::traffics::TrafficKeys;
use crate::scenario::text::findings::Findings;
use crate::world::Consumer;
use std::sync::Arc;

/// By which port, and to whom.
type Destination = (usize, Consumer);

/// Marks of the flows that go there.
type Flows = Arc<[bool]>;

/// To whom the addresses of a recording lead on a port, and with which of its flows; none where that
/// is wrong, which has been reported.
pub fn by_address(
    keys: &TrafficKeys,
    source: &SourceSpec,
    nics: &[Nic],
    guests: &Guests,
    findings: &mut Findings,
) -> Option<(Vec<Destination>, Vec<Flows>)> {
    let Arrivals::Capture(capture) = &source.arrivals else {
        findings.mistake(
            keys.to
                .mistake("only a recording has addresses")
                .because("`capture` is missing")
                .help("add `capture = \"trace.pcapng\"`, or write to = \"vm.NAME\""),
        );
        return None;
    };
    let names: Vec<&str> = nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    let nic = findings.take(reference::named(&keys.nic, keys.name(), "nic", &names))?;
    let team = guests.uplinks.teams.iter().find(|team| team.ports.contains(&nic));
    if let Some(team) = team {
        findings.mistake(
            keys.nic
                .mistake(format!("{} is a port of team.{}", names[nic], team.name))
                .because("a recording comes by one port, as it was recorded at one")
                .help("take the port out of the team, or write to = \"vm.NAME\""),
        );
        return None;
    }
    let here = guests.vnics.iter().zip(&guests.addresses).enumerate();
    let here = here.filter(|(_, (vnic, _))| vnic.nic == nic);
    let known: Vec<_> = here.filter_map(|(at, (_, address))| Some((at, (*address)?))).collect();
    if known.is_empty() {
        findings.mistake(
            keys.to
                .mistake(format!("no virtual NIC of {} has an address", names[nic]))
                .because("none has a `mac`")
                .help("add mac = \"02:00:00:00:00:10\" to [vm.NAME], as it was recorded"),
        );
        return None;
    }
    let whose = address::divide(capture, &known);
    if whose.iter().all(|(vnic, _)| vnic.is_none()) {
        findings.warn(format!(
            "traffic.{}: no frame of the recording is for a virtual NIC: all go to the host",
            keys.name()
        ));
    }
    let to = |vnic: Option<usize>| (nic, vnic.map_or(Consumer::Host, Consumer::Vnic));
    Some(whose.into_iter().map(|(vnic, flows)| (to(vnic), flows)).unzip())
}
