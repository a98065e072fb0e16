//! When a NIC's vectors interrupt, in the steps that the NIC can count.

use crate::engine::time::Span;
use crate::rx::moderation::Moderation;
use crate::scenario::profile::Profile;
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::text::findings::Findings;

/// The throttle where none is stated; assumed.
const USUAL: Span = Span::us(50);

/// Reads the moderation of a NIC.
pub fn read(nic: &TableReader, model: &Profile, findings: &mut Findings) -> Moderation {
    let Some(view) = nic.table("moderation") else {
        let none = model.is_ideal() || nic.text("moderation") == Some("none");
        let usual = Moderation::Throttle { interval: steps(USUAL, model) };
        return if none { Moderation::None } else { usual };
    };
    for (key, policies) in APPLY {
        let policy = view.text("policy").unwrap_or("");
        if view.has(key) && !policies.contains(&policy) {
            findings.warn(format!("nic.{}: moderation.{key} does not apply to {policy}", nic.name));
        }
    }
    policy(nic, &view, model, findings).unwrap_or(Moderation::None)
}

/// The policies to which each key applies.
const APPLY: [(&str, &[&str]); 3] = [
    ("interval", &["throttle", "timer", "timer-or-count", "periodic"]),
    ("frames", &["timer-or-count"]),
    ("algorithm", &["adaptive"]),
];

fn policy(
    nic: &TableReader,
    view: &TableReader,
    model: &Profile,
    findings: &mut Findings,
) -> Option<Moderation> {
    let policy = view.text("policy")?;
    let default = (policy == "throttle").then_some(USUAL);
    let mut interval = || interval(nic, view, model, default, findings);
    match policy {
        "throttle" => interval().map(|interval| Moderation::Throttle { interval }),
        "timer" => interval().map(|interval| Moderation::Timer { interval }),
        "periodic" => interval().map(|interval| Moderation::Periodic { interval }),
        "timer-or-count" => {
            let interval = interval();
            if !view.has("frames") {
                findings.mistake(missing(view, "frames", "timer-or-count", "frames = 32"));
            }
            Some(Moderation::TimerOrCount { interval: interval?, frames: view.count("frames")? })
        }
        "adaptive" => match view.text("algorithm") {
            Some("ixgbe") => Some(Moderation::Ixgbe),
            Some(_) => Some(Moderation::NetDim),
            None => {
                let example = "algorithm = \"net-dim\"` or `algorithm = \"ixgbe\"";
                findings.mistake(missing(view, "algorithm", "adaptive", example));
                None
            }
        },
        _ => None,
    }
}

/// The stated interval as the NIC uses it; none where it switches moderation off.
fn interval(
    nic: &TableReader,
    view: &TableReader,
    model: &Profile,
    default: Option<Span>,
    findings: &mut Findings,
) -> Option<Span> {
    if !view.has("interval") {
        if default.is_none() {
            let policy = view.text("policy").unwrap_or("this policy");
            findings.mistake(missing(view, "interval", policy, "interval = \"50 us\""));
        }
        return default.map(|usual| steps(usual, model));
    }
    let stated = view.time("interval")?;
    let unit = model.time("moderation.unit").unwrap_or(Span(1));
    let most = unit * model.number("moderation.steps").unwrap_or(u64::MAX / unit.0);
    if stated > most {
        findings.mistake(
            view.mistake("interval", format!("{} cannot wait for {stated}", model.name))
                .because(format!("its longest interval is {most}"))
                .help(format!("write at most \"{most}\"")),
        );
    }
    let used = steps(stated, model);
    if used == Span::ZERO {
        findings.warn(format!(
            "nic.{}: an interval of {stated} is below the unit of {} ({unit}): moderation is off",
            nic.name, model.name
        ));
        return None;
    }
    if used != stated {
        findings.warn(format!(
            "nic.{}: {} counts in units of {unit}: the interval of {stated} becomes {used}",
            nic.name, model.name
        ));
    }
    Some(used)
}

/// Rounds an interval down to the NIC's unit.
fn steps(interval: Span, model: &Profile) -> Span {
    let unit = model.time("moderation.unit").unwrap_or(Span(1));
    Span(interval.0 / unit.0 * unit.0)
}

fn missing(view: &TableReader, key: &str, policy: &str, example: &str) -> Diagnostic {
    view.mistake("policy", format!("moderation by {policy} needs `{key}`"))
        .because(format!("`{key}` is missing"))
        .help(format!("add `{example}`"))
}
