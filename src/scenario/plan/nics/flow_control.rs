//! Flow control: at which fill of its packet buffer a port asks its peer to pause.

use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::findings::Findings;
use crate::world::FlowControl;

/// The marks where the file does not say: shares of the buffer in percent; assumed. Data sheets
/// (Intel I210, FCRTH0 and FCRTL0) leave them to the driver, above the largest frame.
const HIGH: u64 = 75;
const LOW: u64 = 50;

/// Whether a port has flow control.
#[must_use]
pub fn is_on(nic: &TableReader) -> bool {
    nic.table("flow_control").is_some() || nic.text("flow_control") == Some("pause")
}

/// Reads when a port with this link and this packet buffer asks its peer to pause.
pub fn read(
    nic: &TableReader,
    link: Option<u64>,
    buffer: Option<u64>,
    findings: &mut Findings,
) -> Option<FlowControl> {
    if !is_on(nic) {
        return None;
    }
    if link.is_none() {
        findings.mistake(
            nic.mistake("flow_control", format!("`{}` has no link that could pause", nic.name))
                .because("an unlimited link brings every frame the moment it is offered")
                .help("add link = \"10 Gbps\", or a model"),
        );
    }
    let Some(buffer) = buffer else {
        findings.mistake(
            nic.mistake("flow_control", format!("`{}` never asks for a pause", nic.name))
                .because("its packet buffer is unlimited")
                .help("add buffer = \"512 KiB\", or a model"),
        );
        return None;
    };
    let marks = nic.table("flow_control");
    let mark = |key: &str, percent: u64| match &marks {
        Some(marks) if marks.has(key) => marks.size(key),
        _ => Some(buffer * percent / 100),
    };
    let pause = FlowControl { high: mark("high", HIGH)?, low: mark("low", LOW)? };
    if let Some(marks) = &marks
        && (pause.low >= pause.high || pause.high > buffer)
    {
        let key = if marks.has("high") { "high" } else { "low" };
        let FlowControl { high, low } = pause;
        findings.mistake(
            marks
                .mistake(key, "a pause that cannot begin or end")
                .because(format!(
                    "it begins at {high} B and ends at {low} B; the buffer holds {buffer} B"
                ))
                .help("write `low` below `high`, and `high` at most the buffer"),
        );
    }
    Some(pause)
}
