//! Traffic that a port's own switch forwards: who sends it, and whether the switch sees it.

use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::reference;
use crate::scenario::plan::vms::vm::Guests;
use crate::scenario::schema::rows::events::EventKeys;
use crate::scenario::schema::rows::traffics::TrafficKeys;
use crate::scenario::schema::rows::values::EventAction;
use crate::scenario::text::findings::Findings;
use crate::scenario::text::units::{Rate, short};
use crate::world::{Consumer, VnicOwner};

/// What senders and receivers are among.
#[derive(Debug)]
pub struct Around<'d> {
    /// Ports.
    pub nics: &'d [Nic],
    /// Groups of VMs by name.
    pub vms: &'d [&'d str],
    /// Virtual NICs by name.
    pub vnics: &'d [&'d str],
    /// What these became.
    pub guests: &'d Guests,
}

/// Refuses what says how packets come over the link; true where something does.
pub fn refuse_link(keys: &TrafficKeys, findings: &mut Findings) -> bool {
    let (key, because) = if keys.rate.value == Some(Rate::Line) {
        ("rate", "rate = \"line\" is the link's own rate")
    } else if keys.burst.given {
        ("burst", "the packets of a burst are as far apart as the link makes them")
    } else {
        return false;
    };
    findings.mistake(
        keys.reader
            .mistake(key, format!("traffic \"{}\" has a `sender`, and no link", keys.name()))
            .because(format!("{because}; what virtual machines send to each other crosses none"))
            .help("write a rate in Gbps or pps, or remove `sender`"),
    );
    true
}

/// The virtual NIC that sends a traffic; none where it is wrong. Its packets go to all of `to`.
pub fn read(
    keys: &TrafficKeys,
    to: impl Iterator<Item = (usize, Consumer)>,
    around: &Around,
    findings: &mut Findings,
) -> Option<usize> {
    let sender = keys.sender.value?;
    let (vnic, port) = virtual_nic(keys, sender, around, findings)?;
    let vnics = &around.guests.vnics;
    for (nic, to) in to {
        let Consumer::Vnic(receiver) = to else {
            findings.mistake(
                keys.to
                    .mistake(format!("{sender} sends to virtual NICs alone"))
                    .because("the NIC's own switch forwards between these")
                    .help("write to = \"vm.NAME\" or \"vnic.NAME\", or remove `sender`"),
            );
            return None;
        };
        let receiver_name = &vnics[receiver].name;
        let (why, help) = if receiver == vnic {
            (
                "no switch sends a packet back to where it came from".to_owned(),
                "name others in `to`",
            )
        } else if nic != port {
            let (theirs, ours) = (&around.nics[nic].spec.name, &around.nics[port].spec.name);
            let why = format!("{receiver_name} is behind {theirs}, and {sender} behind {ours}");
            (why, "name a receiver behind the sender's port, or remove `sender`")
        } else if vnics[receiver].vf.is_none() && vnics[vnic].vf.is_none() {
            let why = format!(
                "neither it nor {receiver_name} has a virtual function: the host's virtual switch \
                 copies such packets from one to the other"
            );
            (why, "give one of them a virtual function (path = \"sriov\", vf = true)")
        } else {
            continue;
        };
        findings.mistake(
            keys.sender
                .mistake(format!("the NIC forwards nothing of {sender} here"))
                .because(why)
                .help(help),
        );
        return None;
    }
    Some(vnic)
}

/// The one virtual NIC that a sender's name stands for, and its port.
fn virtual_nic(
    keys: &TrafficKeys,
    sender: &str,
    around: &Around,
    findings: &mut Findings,
) -> Option<(usize, usize)> {
    let (kind, name) = sender.split_once('.').unwrap_or(("", sender));
    let names = match kind {
        "vm" => around.vms,
        "vnic" => around.vnics,
        _ => {
            findings.mistake(
                keys.sender
                    .mistake(format!("nobody sends traffic \"{}\"", keys.name()))
                    .because(format!("\"{}\" is no virtual NIC", short(sender)))
                    .help("write sender = \"vm.NAME[0]\" or \"vnic.NAME[0]\""),
            );
            return None;
        }
    };
    let (base, index) = reference::instance(name).unwrap_or((name, None));
    if reference::find(base, names).is_none() {
        findings.mistake(reference::unknown(&keys.sender, kind, base, names));
        return None;
    }
    let group = around.guests.receiver(&format!("{kind}.{base}"))?;
    let count = group.count();
    let index = match index.map(|index| index as usize) {
        Some(index) if index < count => index,
        Some(_) => {
            findings.mistake(reference::no_instance(&keys.sender, sender, count as u64));
            return None;
        }
        None if count == 1 => 0,
        None => {
            findings.mistake(
                keys.sender
                    .mistake(format!("{} is more than one sender", short(sender)))
                    .because(format!("the group has {count}"))
                    .help(format!("name one: \"{kind}.{base}[0]\"")),
            );
            return None;
        }
    };
    let vnic = group.instance(index).start;
    Some((vnic, around.guests.vnics[vnic].nic))
}

/// Refuses senders that migrate: where they send from then on is not followed.
pub fn check(keys: &TrafficKeys, events: &[&EventKeys], guests: &Guests, findings: &mut Findings) {
    let Some(sender) = keys.sender.value else { return };
    let name = if sender.contains('[') { sender.to_owned() } else { format!("{sender}[0]") };
    let named = guests.vnics.iter().find(|vnic| vnic.name == name);
    let Some(VnicOwner::Vm { vm, .. }) = named.map(|vnic| vnic.owner) else { return };
    let vm = &guests.vms[vm];
    let moves = |event: &&EventKeys| {
        let its = event.vm.value.and_then(reference::instance);
        event.action.value == Some(EventAction::LiveMigrate)
            && its.is_some_and(|(group, index)| {
                group == vm.group && index.is_none_or(|index| index == vm.index)
            })
    };
    if events.iter().any(moves) {
        findings.mistake(
            keys.sender
                .mistake(format!("\"{}\" does not follow its sender", keys.name()))
                .because(format!("vm.{}[{}] migrates to another port", vm.group, vm.index))
                .help("leave the event out, or name a sender that stays"),
        );
    }
}
