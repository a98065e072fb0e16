//! Closed loops: what connections wait for, and how long.

use crate::engine::sample::Draw;
use crate::engine::time::Span;
use crate::scenario::plan::hosts::cost;
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
pub fn kind<'d>(view: &TableReader<'d>) -> Option<&'d str> {
    view.text("arrivals").filter(|kind| ["request-response", "windowed"].contains(kind))
}

/// Tells of what is ignored where a traffic is none; without a word on its arrivals it was probably
/// meant to be one.
pub fn ignored(view: &TableReader, findings: &mut Findings) {
    let given: Vec<&str> = KEYS.into_iter().filter(|key| view.has(key)).collect();
    let Some(first) = given.first() else { return };
    if let Some(kind) = view.text("arrivals") {
        findings.warn(format!(
            "traffic.{}: `{}` {} ignored because arrivals = \"{kind}\"",
            view.name,
            given.join("`, `"),
            if given.len() == 1 { "is" } else { "are" },
        ));
        return;
    }
    findings.mistake(
        view.mistake(first, format!("`{first}` belongs to a closed loop"))
            .because(format!("traffic \"{}\" does not say that it is one", view.name))
            .help("add arrivals = \"windowed\" or arrivals = \"request-response\""),
    );
}

/// Reads the closed loop of a traffic that is one, and that this many instances receive.
pub fn read(view: &TableReader, instances: usize, findings: &mut Findings) -> Option<ClosedLoop> {
    let kind = kind(view)?;
    refuse_open(view, findings);
    let (window, think) = (window(view, kind, findings), think(view, kind, findings));
    let spans = spans(view, kind, findings);
    let window = window?;
    under_way(view, window, instances, findings);
    let (feedback, timeout) = spans?;
    Some(ClosedLoop { window, think: think?, feedback, timeout })
}

/// Refuses what tells others when packets come, and of which flow.
fn refuse_open(view: &TableReader, findings: &mut Findings) {
    let what = |key, message: &str, reason: &str, help: &str| {
        view.mistake(key, message).because(reason).help(help)
    };
    if view.has("rate") {
        findings.mistake(what(
            "rate",
            "`rate` does not apply to a closed loop",
            "its packets come as those before them are delivered; what it reaches is a result",
            "remove the key; `flows`, the window and `feedback` say how much it asks for",
        ));
    }
    if view.has("popularity") {
        findings.mistake(what(
            "popularity",
            "`popularity` does not apply to a closed loop",
            "each of its flows is a connection, and sends as its own window lets it",
            "remove the key, or write two traffics",
        ));
    }
}

fn window(view: &TableReader, kind: &str, findings: &mut Findings) -> Option<Window> {
    if kind == "request-response" {
        if view.has("window") {
            findings.mistake(
                view.mistake("window", "a client has one request under way, and no window")
                    .because("arrivals = \"request-response\"")
                    .help("raise `flows` for more clients, or write arrivals = \"windowed\""),
            );
        }
        return Some(Window::Fixed(1));
    }
    if let Some(aimd) = view.table("window") {
        let (initial, most) = (aimd.count("initial")?, aimd.count("most")?);
        if initial > most {
            findings.mistake(
                aimd.mistake("initial", format!("the window begins with {initial} packets"))
                    .because(format!("it has {most} at most"))
                    .help(format!("write initial = {most}, or a larger `most`")),
            );
            return None;
        }
        return Some(Window::Aimd { initial, most });
    }
    if !view.has("window") {
        findings.mistake(missing(view, "window", "window = 64` or `window = { most = 256 }"));
    }
    view.count("window").map(Window::Fixed)
}

fn missing(view: &TableReader, key: &str, example: &str) -> Diagnostic {
    let kind = kind(view).unwrap_or_default();
    view.mistake(key, format!("arrivals = \"{kind}\" needs `{key}`"))
        .because(format!("`{key}` is missing in traffic \"{}\"", view.name))
        .help(format!("add `{example}`"))
}

/// How long a client thinks.
fn think(view: &TableReader, kind: &str, findings: &mut Findings) -> Option<Draw> {
    let Some(node) = view.node("think") else { return Some(Draw::ZERO) };
    if kind == "windowed" {
        findings.mistake(
            view.mistake("think", "a windowed transfer does not think")
                .because("it sends as soon as its window has room")
                .help("remove the key, or write arrivals = \"request-response\""),
        );
        return None;
    }
    let cycles = |text: &str| matches!(units::work(text), Ok(Work::Cycles(_)));
    let stated = match &node.value {
        Value::Text(text) => vec![text.as_str()],
        _ => view.table("think").into_iter().flat_map(|law| texts(&law)).collect(),
    };
    if stated.into_iter().any(cycles) {
        findings.mistake(
            view.mistake("think", "a client thinks in time, not in cycles")
                .because("it is none of the hosts, and has no clock here")
                .help("write a time, such as think = \"1 ms\""),
        );
        return None;
    }
    cost::entry(view, "think", 1, findings) // of a clock that nothing is counted in
}

/// All that a law of chance says with a unit.
fn texts<'d>(law: &TableReader<'d>) -> Vec<&'d str> {
    let own = ["mean", "min", "max"].into_iter().filter_map(|key| law.text(key));
    let values = law.list("values");
    own.chain(values.iter().filter_map(|value| value.text("value"))).collect()
}

/// The way back and the timeout.
fn spans(view: &TableReader, kind: &str, findings: &mut Findings) -> Option<(Span, Span)> {
    if !view.has("feedback") {
        findings.mistake(missing(view, "feedback", "feedback = \"50 us\""));
    }
    if kind == "windowed" && !view.has("timeout") {
        findings.mistake(missing(view, "timeout", "timeout = \"1 ms\""));
        return None;
    }
    let feedback = view.time("feedback")?;
    let timeout = if view.has("timeout") { view.time("timeout")? } else { USUAL_TIMEOUT };
    if feedback < SHORTEST {
        findings.mistake(
            view.mistake("feedback", format!("a way back of {feedback} is too short"))
                .because(format!("the engine feeds back at most every {SHORTEST}"))
                .help(format!("write feedback = \"{SHORTEST}\", or more")),
        );
        return None;
    }
    if timeout <= feedback {
        findings.mistake(
            view.mistake("timeout", "every packet would be taken for lost")
                .because(format!("the timeout of {timeout} ends before the way back of {feedback}"))
                .help("write a `timeout` of a few times `feedback` at least"),
        );
        return None;
    }
    Some((feedback, timeout))
}

/// Refuses more packets under way than fit the memory.
fn under_way(view: &TableReader, window: Window, instances: usize, findings: &mut Findings) {
    let (Window::Fixed(most) | Window::Aimd { most, .. }) = window;
    let flows = view.integer("flows").unwrap_or(1);
    let all = flows.saturating_mul(most.into()).saturating_mul(instances as u64);
    if all > MOST {
        findings.mistake(
            view.mistake("flows", format!("{all} packets may be under way at once"))
                .because(format!("connections x window x instances; the bound is {MOST}"))
                .help("write fewer `flows`, or a smaller `window`"),
        );
    }
}

/// At most about how many packets a closed loop offers within a span.
#[must_use]
pub fn estimate(traffic: &TrafficSpec, closed: &ClosedLoop, span: Span) -> f64 {
    let (Window::Fixed(most) | Window::Aimd { most, .. }) = closed.window;
    let under_way = f64::from(traffic.source.flows.count) * f64::from(most);
    under_way * span.0 as f64 / (closed.feedback.0 as f64 + closed.think.mean_ps())
}
