//! When a NIC's vectors interrupt, in the steps that the NIC can count.

use crate::engine::time::Span;
use crate::rx::moderation::Moderation;
use crate::scenario::profile::Profile;
use crate::scenario::schema::rows::nics::{ModerationKeys, NicKeys};
use crate::scenario::schema::rows::values::{AdaptiveAlgorithm, ModerationPolicy, ModerationWord};
use crate::scenario::schema::setting::WordOr;
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::text::findings::Findings;

/// The throttle where none is stated; assumed.
const USUAL: Span = Span::us(50);

/// The moderation of a NIC.
pub fn read(nic: &NicKeys, model: &Profile, findings: &mut Findings) -> Moderation {
    match &nic.moderation.value {
        Some(WordOr::Table(keys)) => {
            warn_of_idle_keys(nic.name(), keys, findings);
            rule(nic.name(), keys, model, findings).unwrap_or(Moderation::None)
        }
        Some(WordOr::Word(ModerationWord::None)) => Moderation::None,
        None if model.is_ideal() => Moderation::None,
        None => Moderation::Throttle { interval: steps(USUAL, model) },
    }
}

/// Warns of keys that the rule does not look at.
fn warn_of_idle_keys(nic: &str, keys: &ModerationKeys, findings: &mut Findings) {
    let Some(policy) = keys.policy.value else { return };
    let interval = !matches!(policy, ModerationPolicy::None | ModerationPolicy::Adaptive);
    let idle = [
        (keys.interval.given && !interval, keys.interval.key),
        (keys.frames.given && policy != ModerationPolicy::TimerOrCount, keys.frames.key),
        (keys.algorithm.given && policy != ModerationPolicy::Adaptive, keys.algorithm.key),
    ];
    for (_, key) in idle.into_iter().filter(|(idle, _)| *idle) {
        let policy = policy.name();
        findings.warn(format!("nic.{nic}: moderation.{key} does not apply to {policy}"));
    }
}

fn rule(
    nic: &str,
    keys: &ModerationKeys,
    model: &Profile,
    findings: &mut Findings,
) -> Option<Moderation> {
    let mut interval = |usual| interval(nic, keys, model, usual, findings);
    match keys.policy.value? {
        ModerationPolicy::None => None,
        ModerationPolicy::Throttle => {
            interval(Some(USUAL)).map(|interval| Moderation::Throttle { interval })
        }
        ModerationPolicy::Timer => interval(None).map(|interval| Moderation::Timer { interval }),
        ModerationPolicy::Periodic => {
            interval(None).map(|interval| Moderation::Periodic { interval })
        }
        ModerationPolicy::TimerOrCount => {
            let interval = interval(None);
            if !keys.frames.given {
                findings.mistake(missing(keys, "frames", "frames = 32"));
            }
            Some(Moderation::TimerOrCount { interval: interval?, frames: keys.frames.value? })
        }
        ModerationPolicy::Adaptive => {
            if !keys.algorithm.given {
                let example = "algorithm = \"net-dim\"` or `algorithm = \"ixgbe\"";
                findings.mistake(missing(keys, "algorithm", example));
            }
            Some(match keys.algorithm.value? {
                AdaptiveAlgorithm::NetDim => Moderation::NetDim,
                AdaptiveAlgorithm::Ixgbe => Moderation::Ixgbe,
            })
        }
    }
}

/// The stated interval as the NIC uses it; none where it switches moderation off.
fn interval(
    nic: &str,
    keys: &ModerationKeys,
    model: &Profile,
    usual: Option<Span>,
    findings: &mut Findings,
) -> Option<Span> {
    if !keys.interval.given {
        if usual.is_none() {
            findings.mistake(missing(keys, "interval", "interval = \"50 us\""));
        }
        return usual.map(|usual| steps(usual, model));
    }
    let stated = keys.interval.value?;
    let unit = model.time("moderation.unit").unwrap_or(Span(1));
    let most = unit * model.number("moderation.steps").unwrap_or(u64::MAX / unit.0);
    if stated > most {
        findings.mistake(
            keys.interval
                .mistake(format!("{} cannot wait for {stated}", model.name))
                .because(format!("its longest interval is {most}"))
                .help(format!("write at most \"{most}\"")),
        );
    }
    let used = steps(stated, model);
    if used == Span::ZERO {
        findings.warn(format!(
            "nic.{nic}: an interval of {stated} is below the unit of {} ({unit}): moderation is off",
            model.name
        ));
        return None;
    }
    if used != stated {
        findings.warn(format!(
            "nic.{nic}: {} counts in units of {unit}: the interval of {stated} becomes {used}",
            model.name
        ));
    }
    Some(used)
}

/// Rounds an interval down to the NIC's unit.
fn steps(interval: Span, model: &Profile) -> Span {
    let unit = model.time("moderation.unit").unwrap_or(Span(1));
    Span(interval.0 / unit.0 * unit.0)
}

fn missing(keys: &ModerationKeys, key: &str, example: &str) -> Diagnostic {
    let policy = keys.policy.value.map_or("this policy", ModerationPolicy::name);
    keys.policy
        .mistake(format!("moderation by {policy} needs `{key}`"))
        .because(format!("`{key}` is missing"))
        .help(format!("add `{example}`"))
}
