//! Closed loops: what connections wait for, and how long.

use crate::engine::sample::Draw;
use crate::engine::time::Span;
use crate::scenario::plan::hosts::cost;
use crate::scenario::schema::rows::traffics::TrafficKeys;
use crate::scenario::schema::rows::values::ArrivalsKind;
use crate::scenario::schema::setting::{Setting, WordOr};
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::text::document::Value;
use crate::scenario::text::findings::Findings;
use crate::scenario::text::units::{self, Work};
use crate::world::{ClosedLoop, TrafficSpec, Window};

/// The shortest way back: the engine feeds back at least that often.
const SHORTEST: Span = Span::us(1);
/// Most packets that all connections of a traffic may have under way.
const MOST: u64 = 1 << 22;
/// Linux' least retransmission timeout, `TCP_RTO_MIN`.
const USUAL_TIMEOUT: Span = Span::ms(200);

/// What only closed loops have.
const KEYS: [&str; 4] = ["window", "think", "feedback", "timeout"];

/// The kind of closed loop that a traffic is, if it is one.
#[must_use]
pub fn kind(keys: &TrafficKeys) -> Option<ArrivalsKind> {
    let closed = |kind: &ArrivalsKind| {
        matches!(kind, ArrivalsKind::RequestResponse | ArrivalsKind::Windowed)
    };
    keys.arrivals.value.filter(closed)
}

/// Tells of what is ignored where a traffic is none; without a word on its arrivals it was probably
/// meant to be one.
pub fn ignored(keys: &TrafficKeys, findings: &mut Findings) {
    let given: Vec<&str> = KEYS.into_iter().filter(|key| keys.reader.has(key)).collect();
    let Some(first) = given.first() else { return };
    if let Some(kind) = keys.arrivals.value {
        findings.warn(format!(
            "traffic.{}: `{}` {} ignored because arrivals = \"{}\"",
            keys.name(),
            given.join("`, `"),
            if given.len() == 1 { "is" } else { "are" },
            kind.name(),
        ));
        return;
    }
    findings.mistake(
        keys.reader
            .mistake(first, format!("`{first}` belongs to a closed loop"))
            .because(format!("traffic \"{}\" does not say that it is one", keys.name()))
            .help("add arrivals = \"windowed\" or arrivals = \"request-response\""),
    );
}

/// Reads the closed loop of a traffic that is one, and that this many instances receive.
pub fn read(keys: &TrafficKeys, instances: usize, findings: &mut Findings) -> Option<ClosedLoop> {
    let kind = kind(keys)?;
    refuse_open(keys, findings);
    let (window, think) = (window(keys, kind, findings), think(keys, kind, findings));
    let spans = spans(keys, kind, findings);
    let window = window?;
    in_flight(keys, window, instances, findings);
    let (feedback, timeout) = spans?;
    Some(ClosedLoop { window, think: think?, feedback, timeout })
}

/// Refuses what tells others when packets come, and of which flow.
fn refuse_open(keys: &TrafficKeys, findings: &mut Findings) {
    if keys.rate.given {
        findings.mistake(
            keys.rate
                .mistake("`rate` does not apply to a closed loop")
                .because(
                    "its packets come as those before them are delivered; what it reaches is a \
                     result",
                )
                .help(
                    "remove the key; `flows`, the window and `feedback` say how much it asks for",
                ),
        );
    }
    if keys.popularity.given {
        findings.mistake(
            keys.popularity
                .mistake("`popularity` does not apply to a closed loop")
                .because("each of its flows is a connection, and sends as its own window lets it")
                .help("remove the key, or write two traffics"),
        );
    }
}

fn window(keys: &TrafficKeys, kind: ArrivalsKind, findings: &mut Findings) -> Option<Window> {
    if kind == ArrivalsKind::RequestResponse {
        if keys.window.given {
            findings.mistake(
                keys.window
                    .mistake("a client has one request under way, and no window")
                    .because("arrivals = \"request-response\"")
                    .help("raise `flows` for more clients, or write arrivals = \"windowed\""),
            );
        }
        return Some(Window::Fixed(1));
    }
    if let Some(WordOr::Table(aimd)) = &keys.window.value {
        let (initial, most) = (aimd.initial.value?, aimd.most.value?);
        if initial > most {
            findings.mistake(
                aimd.initial
                    .mistake(format!("the window begins with {initial} packets"))
                    .because(format!("it has {most} at most"))
                    .help(format!("write initial = {most}, or a larger `most`")),
            );
            return None;
        }
        return Some(Window::Aimd { initial, most });
    }
    if !keys.window.given {
        findings.mistake(missing(keys, &keys.window, "window = 64` or `window = { most = 256 }"));
    }
    match keys.window.value {
        Some(WordOr::Word(packets)) => Some(Window::Fixed(packets)),
        _ => None,
    }
}

fn missing<T>(keys: &TrafficKeys, setting: &Setting<T>, example: &str) -> Diagnostic {
    let (kind, key) = (kind(keys).map_or("", ArrivalsKind::name), setting.key);
    setting
        .mistake(format!("arrivals = \"{kind}\" needs `{key}`"))
        .because(format!("`{key}` is missing in traffic \"{}\"", keys.name()))
        .help(format!("add `{example}`"))
}

/// How long a client thinks.
fn think(keys: &TrafficKeys, kind: ArrivalsKind, findings: &mut Findings) -> Option<Draw> {
    let Some(node) = keys.think.value else { return Some(Draw::ZERO) };
    if kind == ArrivalsKind::Windowed {
        findings.mistake(
            keys.think
                .mistake("a windowed transfer does not think")
                .because("it sends as soon as its window has room")
                .help("remove the key, or write arrivals = \"request-response\""),
        );
        return None;
    }
    let cycles = |text: &str| matches!(units::work(text), Ok(Work::Cycles(_)));
    let stated = match &node.value {
        Value::Text(text) => vec![text.as_str()],
        _ => keys.reader.table("think").into_iter().flat_map(|law| texts(&law)).collect(),
    };
    if stated.into_iter().any(cycles) {
        findings.mistake(
            keys.think
                .mistake("a client thinks in time, not in cycles")
                .because("it is none of the hosts, and has no clock here")
                .help("write a time, such as think = \"1 ms\""),
        );
        return None;
    }
    cost::entry(&keys.reader, "think", 1, findings) // of a clock that nothing is counted in
}

/// All that a law of chance says with a unit.
fn texts<'d>(law: &TableReader<'d>) -> Vec<&'d str> {
    let own = ["mean", "min", "max"].into_iter().filter_map(|key| law.text(key));
    let values = law.list("values");
    own.chain(values.into_iter().filter_map(|value| value.text("value"))).collect()
}

/// The way back and the timeout.
fn spans(keys: &TrafficKeys, kind: ArrivalsKind, findings: &mut Findings) -> Option<(Span, Span)> {
    if !keys.feedback.given {
        findings.mistake(missing(keys, &keys.feedback, "feedback = \"50 us\""));
    }
    if kind == ArrivalsKind::Windowed && !keys.timeout.given {
        findings.mistake(missing(keys, &keys.timeout, "timeout = \"1 ms\""));
        return None;
    }
    let feedback = keys.feedback.value?;
    let timeout = if keys.timeout.given { keys.timeout.value? } else { USUAL_TIMEOUT };
    if feedback < SHORTEST {
        findings.mistake(
            keys.feedback
                .mistake(format!("a way back of {feedback} is too short"))
                .because(format!("the engine feeds back at most every {SHORTEST}"))
                .help(format!("write feedback = \"{SHORTEST}\", or more")),
        );
        return None;
    }
    if timeout <= feedback {
        findings.mistake(
            keys.timeout
                .mistake("every packet would be taken for lost")
                .because(format!("the timeout of {timeout} ends before the way back of {feedback}"))
                .help("write a `timeout` of a few times `feedback` at least"),
        );
        return None;
    }
    Some((feedback, timeout))
}

/// Refuses more packets under way than fit the memory.
fn in_flight(keys: &TrafficKeys, window: Window, instances: usize, findings: &mut Findings) {
    let (Window::Fixed(most) | Window::Aimd { most, .. }) = window;
    let flows = u64::from(keys.flows.value.unwrap_or(1));
    let all = flows.saturating_mul(most.into()).saturating_mul(instances as u64);
    if all > MOST {
        findings.mistake(
            keys.flows
                .mistake(format!("{all} packets may be under way at once"))
                .because(format!("connections x window x instances; the bound is {MOST}"))
                .help("write fewer `flows`, or a smaller `window`"),
        );
    }
}

/// At most about how many packets a closed loop offers within a span.
#[must_use]
pub fn estimate(traffic: &TrafficSpec, closed: &ClosedLoop, span: Span) -> f64 {
    let (Window::Fixed(most) | Window::Aimd { most, .. }) = closed.window;
    let in_flight = f64::from(traffic.source.flows.count) * f64::from(most);
    in_flight * span.0 as f64 / (closed.feedback.0 as f64 + closed.think.mean_ps())
}
