//! Flow control: at which fill of its packet buffer a port asks its peer to pause.

use crate::scenario::schema::rows::nics::{FlowControlKeys, NicKeys};
use crate::scenario::schema::rows::values::FlowControlKind;
use crate::scenario::schema::setting::{Setting, WordOr};
use crate::scenario::text::findings::Findings;
use crate::world::FlowControl;

/// The marks where the file does not say: shares of the buffer in percent; assumed. Data sheets
/// (Intel I210, FCRTH0 and FCRTL0) leave them to the driver, above the largest frame.
const HIGH: u64 = 75;
const LOW: u64 = 50;

/// Whether a port has flow control.
#[must_use]
pub fn is_on(nic: &NicKeys) -> bool {
    matches!(nic.flow_control.value, Some(WordOr::Table(_) | WordOr::Word(FlowControlKind::Pause)))
}

/// Reads when a port with this link and this packet buffer asks its peer to pause.
pub fn read(
    nic: &NicKeys,
    link: Option<u64>,
    buffer: Option<u64>,
    findings: &mut Findings,
) -> Option<FlowControl> {
    if !is_on(nic) {
        return None;
    }
    if link.is_none() {
        findings.mistake(
            nic.flow_control
                .mistake(format!("`{}` has no link that could pause", nic.name()))
                .because("an unlimited link brings every frame the moment it is offered")
                .help("add link = \"10 Gbps\", or a model"),
        );
    }
    let Some(buffer) = buffer else {
        findings.mistake(
            nic.flow_control
                .mistake(format!("`{}` never asks for a pause", nic.name()))
                .because("its packet buffer is unlimited")
                .help("add buffer = \"512 KiB\", or a model"),
        );
        return None;
    };
    let marks: Option<&FlowControlKeys> = match &nic.flow_control.value {
        Some(WordOr::Table(marks)) => Some(marks),
        _ => None,
    };
    let mark = |setting: Option<&Setting<u64>>, percent: u64| match setting {
        Some(setting) => setting.or(Some(buffer * percent / 100)),
        None => Some(buffer * percent / 100),
    };
    let high = mark(marks.map(|marks| &marks.high), HIGH)?;
    let low = mark(marks.map(|marks| &marks.low), LOW)?;
    if let Some(marks) = marks
        && (low >= high || high > buffer)
    {
        let setting = if marks.high.given { &marks.high } else { &marks.low };
        findings.mistake(
            setting
                .mistake("a pause that cannot begin or end")
                .because(format!(
                    "it begins at {high} B and ends at {low} B; the buffer holds {buffer} B"
                ))
                .help("write `low` below `high`, and `high` at most the buffer"),
        );
    }
    Some(FlowControl { high, low })
}
