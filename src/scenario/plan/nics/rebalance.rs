//! Who moves the queues or table entries of a port: a policy and its numbers.

use crate::engine::time::Span;
use crate::policy::own::{Declared, ParameterValue};
use crate::policy::{Kind, OwnPolicy, Parameter, Parameters, PolicySpec, Share, Start};
use crate::rx::cpu::{Feature, Unsupported};
use crate::rx::steering::placement::place;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::text::findings::Findings;
use crate::world::{Maker, NicSpec, Rebalance};

/// Looks that a window should hold: fewer show how a policy starts rather than what it does.
const LOOKS: u64 = 20;

/// The numbers of policies, and whose each is.
const NUMBERS: [(&str, Kind); 5] = [
    ("expand_above", Kind::DynamicVmq),
    ("traffic_above", Kind::DynamicVmq),
    ("contract_below", Kind::DynamicVmq),
    ("tolerance", Kind::RssPlusPlus),
    ("power_save", Kind::Irqbalance),
];

/// The policy of a port on `path = "vmq"`, from its table `vmq`; none: nobody moves anything, or
/// it is wrong, which has been reported.
pub fn of_vmq(
    vmq: &TableReader,
    host: &Host,
    policies: &[OwnPolicy],
    findings: &mut Findings,
) -> Option<Rebalance> {
    let (named, at) = named(vmq, policies)?;
    if named.moves_entries() {
        findings.mistake(
            at.mistake(&format!("\"{}\" has no table to work on", named.name()))
                .because("it moves entries of the indirection table, and VMQ has none")
                .help("write \"dynamic-vmq\" or \"least-loaded\", or choose path = \"rss\""),
        );
        return None;
    }
    read(&at, named, host, policies, findings)
}

/// Likewise of a port on `path = "rss"`.
pub fn of_rss(
    rss: &TableReader,
    host: &Host,
    policies: &[OwnPolicy],
    findings: &mut Findings,
) -> Option<Rebalance> {
    let (named, at) = named(rss, policies)?;
    if matches!(named, Named::BuiltIn(Kind::DynamicVmq)) {
        findings.mistake(
            at.mistake("\"dynamic-vmq\" is a policy of VMQ")
                .because("it moves the queues of virtual machines; those of RSS are not theirs")
                .help("write \"rss++\", \"least-loaded\" or \"irqbalance\""),
        );
        return None;
    }
    read(&at, named, host, policies, findings)
}

/// A policy that a scenario names.
#[derive(Clone, Copy)]
enum Named<'p> {
    /// One that comes with rxsim.
    BuiltIn(Kind),
    /// One of the program that reads the scenario.
    Own(&'p OwnPolicy),
}

impl Named<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::BuiltIn(kind) => kind.name(),
            Self::Own(policy) => policy.name,
        }
    }

    fn moves_entries(&self) -> bool {
        match self {
            Self::BuiltIn(kind) => kind.moves_entries(),
            Self::Own(policy) => policy.moves_entries,
        }
    }

    /// Whether a key of its table is a number of its own.
    fn has(&self, key: &str) -> bool {
        match self {
            Self::BuiltIn(kind) => NUMBERS.contains(&(key, *kind)),
            Self::Own(policy) => policy.parameters.iter().any(|declared| declared.name == key),
        }
    }
}

/// The core of each queue at the start.
#[must_use]
pub fn start(queues: u32, usable: &[u32], rebalance: Option<&Rebalance>) -> Vec<u32> {
    match rebalance.map(|rebalance| rebalance.maker.make().start()) {
        Some(Start::Home) => place(queues, &usable[..1]),
        Some(Start::Spread) | None => place(queues, usable),
    }
}

/// Whether queues can change their core on a host.
///
/// # Errors
/// Why they cannot, and what to write instead.
pub fn movable(host: &Host) -> Result<(), Unsupported> {
    host.spec.supports(Feature::MovingQueues)?;
    if host.contention > 0.0 {
        return Err(Unsupported {
            reason: "the host's `contention` is a factor for the cores that own queues at the \
                     start: it would be wrong once they are others",
            help: "leave `contention` out",
        });
    }
    Ok(())
}

/// Warns of a window in which a policy decides a few times only.
pub fn few_looks(name: &str, rebalance: &Rebalance, window: Span, findings: &mut Findings) {
    let looks = window.0 / rebalance.interval.0;
    if looks < LOOKS {
        findings.warn(format!(
            "nic.{name}: its policy decides every {}, {looks} times in the window of {window}; a \
             policy shows where it settles after {LOOKS} decisions: write a `duration` of {} or more",
            rebalance.interval,
            rebalance.interval * LOOKS
        ));
    }
}

/// Warns of ports whose policies move queues among the same cores.
pub fn overlaps<'d>(nics: impl Iterator<Item = &'d NicSpec>, findings: &mut Findings) {
    let moved: Vec<&NicSpec> = nics.filter(|nic| nic.rebalance.is_some()).collect();
    for (at, nic) in moved.iter().enumerate() {
        let shares = |other: &&&NicSpec| {
            other.host == nic.host && other.usable.iter().any(|core| nic.usable.contains(core))
        };
        if let Some(other) = moved[..at].iter().find(shares) {
            findings.warn(format!(
                "nic.{}: it shares processors with nic.{}, and the policy of each takes the time \
                 of the other's packets for its own: set base_processor and max_processors so \
                 that they do not overlap (Microsoft, tuning guidelines 2012 R2)",
                nic.name, other.name
            ));
        }
    }
}

/// Where a policy is named: a word, or a table with its numbers.
struct At<'d> {
    /// The table that has the word ...
    reader: TableReader<'d>,
    /// ... under this key.
    key: &'static str,
    numbers: Option<TableReader<'d>>,
}

impl At<'_> {
    fn mistake(&self, message: &str) -> Diagnostic {
        self.reader.mistake(self.key, message)
    }
}

/// The policy that the table of a path names; none: a wrong word, which has been reported.
fn named<'d, 'p>(path: &TableReader<'d>, policies: &'p [OwnPolicy]) -> Option<(Named<'p>, At<'d>)> {
    let at = match path.table("rebalance") {
        Some(numbers) => At { reader: numbers, key: "policy", numbers: Some(numbers) },
        None => At { reader: *path, key: "rebalance", numbers: None },
    };
    let name = at.reader.text(at.key)?;
    let own = policies.iter().find(|policy| policy.name == name).map(Named::Own);
    Some((own.or_else(|| Kind::named(name).map(Named::BuiltIn))?, at))
}

fn read(
    at: &At,
    named: Named,
    host: &Host,
    policies: &[OwnPolicy],
    findings: &mut Findings,
) -> Option<Rebalance> {
    let foreign = foreign_numbers(at, named, policies, findings);
    if matches!(named, Named::BuiltIn(Kind::Fixed)) {
        return None;
    }
    let entries = named.moves_entries() && !host.spec.shares_packets();
    let movable = if entries { Ok(()) } else { movable(host) };
    if let Err(Unsupported { reason, help }) = movable {
        let message = format!("\"{}\" cannot move anything here", named.name());
        findings.mistake(at.mistake(&message).because(reason).help(help));
    }
    let kept = !foreign && movable.is_ok();
    match named {
        Named::BuiltIn(kind) => built_in(at, kind, findings).filter(|_| kept),
        Named::Own(policy) => own(at, policy).filter(|_| kept),
    }
}

/// A policy that comes with rxsim; none where one of its numbers is wrong.
fn built_in(at: &At, kind: Kind, findings: &mut Findings) -> Option<Rebalance> {
    let spec = at.numbers.map_or(Some(PolicySpec::of(kind)), |numbers| spec(&numbers, kind))?;
    if !spec.is_sound() {
        let place = if at.numbers.is_some_and(|numbers| numbers.has("contract_below")) {
            "contract_below"
        } else {
            "expand_above"
        };
        findings.mistake(
            at.reader
                .mistake(place, "what was spread would return at once")
                .because("`contract_below` is not below `expand_above`")
                .help("leave a gap between them, such as 60 % and 90 %"),
        );
        return None;
    }
    Some(Rebalance { interval: spec.interval, maker: Maker::BuiltIn(spec) })
}

/// A policy of the program's own; none where one of its parameters is wrong.
fn own(at: &At, policy: &OwnPolicy) -> Option<Rebalance> {
    let given = |key: &str| at.numbers.filter(|numbers| numbers.has(key));
    let interval = match given("interval") {
        Some(numbers) => numbers.time("interval")?,
        None => policy.interval,
    };
    let value = |declared: &Declared| {
        let key = declared.name;
        let Some(numbers) = given(key) else { return Some((key, declared.parameter.default())) };
        let value = match declared.parameter {
            Parameter::Number { .. } => ParameterValue::Number(numbers.number(key)?),
            Parameter::Integer { .. } => ParameterValue::Integer(numbers.integer(key)?),
            Parameter::Time { .. } => ParameterValue::Time(numbers.time(key)?),
            Parameter::Flag { .. } => ParameterValue::Flag(numbers.flag(key)?),
        };
        Some((key, value))
    };
    let parameters = Parameters(policy.parameters.iter().map(value).collect::<Option<_>>()?);
    let policy = policy.clone();
    Some(Rebalance { interval, maker: Maker::own(move || policy.make(&parameters)) })
}

/// Refuses numbers of other policies; whether there are any.
fn foreign_numbers(at: &At, named: Named, policies: &[OwnPolicy], findings: &mut Findings) -> bool {
    let Some(numbers) = at.numbers else { return false };
    let built_in = NUMBERS.iter().map(|(key, kind)| (*key, kind.name()));
    let own = policies
        .iter()
        .flat_map(|policy| policy.parameters.iter().map(|declared| (declared.name, policy.name)));
    let foreign = built_in.chain(own).filter(|(key, _)| !named.has(key) && numbers.has(key));
    let mut any = false;
    for (key, whose) in foreign {
        any = true;
        findings.mistake(
            numbers
                .mistake(key, format!("`{key}` is a number of {whose} alone"))
                .because(format!("the policy is {}", named.name()))
                .help(format!("remove it, or write policy = \"{whose}\"")),
        );
    }
    any
}

/// A policy with the numbers that are given, and its defaults; none where one is wrong.
fn spec(numbers: &TableReader, kind: Kind) -> Option<PolicySpec> {
    let usual = PolicySpec::of(kind);
    let share = |key: &str, usual: Share| {
        if !numbers.has(key) {
            return Some(usual);
        }
        let share = numbers.percent(key)?;
        Some(Share((share.as_f64() * 1e6).round() as u32))
    };
    Some(PolicySpec {
        kind,
        interval: if numbers.has("interval") { numbers.time("interval")? } else { usual.interval },
        expand_above: share("expand_above", usual.expand_above)?,
        traffic_above: share("traffic_above", usual.traffic_above)?,
        contract_below: share("contract_below", usual.contract_below)?,
        tolerance: share("tolerance", usual.tolerance)?,
        power_save: if numbers.has("power_save") { numbers.count("power_save") } else { None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::schema::{Default, find};

    #[test]
    fn the_defaults_that_are_explained_are_those_of_the_policies() {
        let usual = PolicySpec::of(Kind::DynamicVmq);
        let rss = PolicySpec::of(Kind::RssPlusPlus);
        for (key, share) in [
            ("expand_above", usual.expand_above),
            ("traffic_above", usual.traffic_above),
            ("contract_below", usual.contract_below),
            ("tolerance", rss.tolerance),
        ] {
            for (table, word) in find(key) {
                let percent = format!("{} %", share.0 / 10_000);
                let Default::Value(text) = word.default else { panic!("{}.{key}", table.path) };
                assert_eq!(text, percent, "{}.{key}", table.path);
            }
        }
        let interval = find("rebalance.interval");
        assert_eq!(interval.len(), 2);
        let Default::Says(text) = interval[0].1.default else { panic!("one per policy") };
        let shown = |kind| PolicySpec::of(kind).interval.to_string();
        assert!(text.contains(&shown(Kind::DynamicVmq)), "{text}");
        assert!(text.contains(&shown(Kind::Irqbalance)), "{text}");
    }
}
