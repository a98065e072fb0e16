//! When packets come: gaps as exact fractions, bursts, on and off spans.

use super::closed_loop;
use crate::engine::sample::Draw;
use crate::engine::time::{Span, Time};
use crate::rx::source::{Arrivals, Gap, Sizes, SourceSpec, link_time};
use crate::scenario::schema::rows::traffics::TrafficKeys;
use crate::scenario::schema::rows::values::{ArrivalsKind, SpanLaw};
use crate::scenario::schema::setting::Setting;
use crate::scenario::text::findings::Findings;
use crate::scenario::text::units::{Fraction, Rate};
use crate::world::TrafficSpec;

/// The arrivals of a traffic that is no recording, on a link of `link` bits per second.
pub fn read(
    keys: &TrafficKeys,
    sizes: &Sizes,
    link: Option<u64>,
    findings: &mut Findings,
) -> Option<Arrivals> {
    let kind = kind(keys, findings);
    if kind == ArrivalsKind::Burst {
        return burst(keys, link, findings);
    }
    if keys.arrivals.given && keys.arrivals.value.is_none() {
        return None; // which has been reported: whether they have a rate is open
    }
    if !keys.rate.given {
        findings.mistake(
            keys.rate
                .mistake(format!("traffic \"{}\" has no rate", keys.name()))
                .because("`rate` is missing")
                .help(
                    "add a rate, such as `rate = \"1 Gbps\"`, `rate = \"100 kpps\"` or \
                     `rate = \"line\"`",
                ),
        );
        return None;
    }
    let rate = keys.rate.value?;
    if rate == Rate::Line {
        let stated = keys.arrivals.given || kind != ArrivalsKind::Poisson;
        return line(&keys.rate, kind, stated, link, findings);
    }
    let gap = checked_gap(&keys.rate, rate, sizes, findings)?;
    match kind {
        ArrivalsKind::Constant => Some(Arrivals::Constant(gap)),
        ArrivalsKind::OnOff => on_off(keys, gap, findings),
        _ => Some(Arrivals::Poisson(gap)),
    }
}

/// Arrivals at even gaps, or at the link's rate.
pub fn even(
    setting: &Setting<Rate>,
    rate: Rate,
    sizes: &Sizes,
    link: Option<u64>,
    findings: &mut Findings,
) -> Option<Arrivals> {
    if rate == Rate::Line {
        return line(setting, ArrivalsKind::Constant, true, link, findings);
    }
    checked_gap(setting, rate, sizes, findings).map(Arrivals::Constant)
}

/// The stated or implied kind of arrivals.
pub fn kind(keys: &TrafficKeys, findings: &mut Findings) -> ArrivalsKind {
    let tables = [
        (keys.burst.given, keys.burst.key, ArrivalsKind::Burst),
        (keys.on_off.given, keys.on_off.key, ArrivalsKind::OnOff),
        (keys.capture.given, keys.capture.key, ArrivalsKind::Capture),
    ];
    let given: Vec<_> = tables.into_iter().filter(|(given, ..)| *given).collect();
    if let Some(kind) = keys.arrivals.value {
        for (_, key, _) in given.iter().filter(|(.., its)| *its != kind) {
            findings.warn(format!(
                "traffic.{}: `{key}` is ignored because arrivals = \"{}\"",
                keys.name(),
                kind.name()
            ));
        }
        return kind;
    }
    if let [(_, first, _), (_, second, _), ..] = given[..] {
        findings.mistake(
            keys.reader
                .mistake(second, format!("traffic \"{}\" has two kinds of arrivals", keys.name()))
                .because(format!("`{first}` is given too"))
                .help("keep one, or say which with `arrivals`"),
        );
    }
    given.first().map_or(ArrivalsKind::Poisson, |(.., kind)| *kind)
}

/// Whether the traffic is a recording.
#[must_use]
pub fn is_capture(keys: &TrafficKeys) -> bool {
    match keys.arrivals.value {
        Some(kind) => kind == ArrivalsKind::Capture,
        None => keys.capture.given && !keys.burst.given && !keys.on_off.given,
    }
}

fn line(
    rate: &Setting<Rate>,
    kind: ArrivalsKind,
    stated: bool,
    link: Option<u64>,
    findings: &mut Findings,
) -> Option<Arrivals> {
    if kind != ArrivalsKind::Constant && stated {
        findings.mistake(
            rate.mistake("rate = \"line\" leaves no room for chance")
                .because(format!(
                    "the arrivals are {}; frames at line rate are back to back",
                    kind.name()
                ))
                .help("write arrivals = \"constant\", or a rate in Gbps"),
        );
        return None;
    }
    if link.is_none() {
        findings.mistake(
            rate.mistake("an unlimited link has no line rate")
                .because("the NIC has no `link`")
                .help("give the NIC a link, such as `link = \"10 Gbps\"`"),
        );
    }
    link.map(|link| Arrivals::Line { link })
}

fn checked_gap(
    setting: &Setting<Rate>,
    rate: Rate,
    sizes: &Sizes,
    findings: &mut Findings,
) -> Option<Gap> {
    let gap = gap(rate, sizes);
    if gap.is_none() {
        findings.mistake(
            setting
                .mistake("this rate has no usable gap between packets")
                .because("the gap must be from 1 ps to 53 days, and a fraction that fits the clock")
                .help("write a rate with fewer digits, between 1 pps and 1000 Gpps"),
        );
    }
    gap
}

/// The mean gap as an exact fraction; a rate in bits is divided by the mean size.
fn gap(rate: Rate, sizes: &Sizes) -> Option<Gap> {
    const SECOND: u128 = 1_000_000_000_000;
    let fraction = match rate {
        Rate::Packets(Fraction { num, den }) => Fraction::new(SECOND.checked_mul(den)?, num),
        Rate::Bits(Fraction { num, den }) => {
            let (bytes, weights) = sizes.mean();
            let bits = Fraction::new(bytes.checked_mul(8)?, weights);
            let second = Fraction::new(SECOND.checked_mul(den)?, num);
            Fraction::new(bits.num.checked_mul(second.num)?, bits.den.checked_mul(second.den)?)
        }
        Rate::Line => return None,
    };
    let most = 1 << 80;
    let sane = fraction.num < most
        && fraction.den < most
        && fraction.num >= fraction.den
        && fraction.num / fraction.den <= u128::from(Time::END.0);
    sane.then_some(Gap { ps: fraction.num, packets: fraction.den })
}

fn burst(keys: &TrafficKeys, link: Option<u64>, findings: &mut Findings) -> Option<Arrivals> {
    let Some(burst) = keys.burst.value.as_ref().filter(|_| keys.burst.given) else {
        findings.mistake(
            keys.arrivals
                .mistake("arrivals = \"burst\" needs a table `burst`")
                .because("`burst` is missing")
                .help("add `burst = { packets = 1000, every = \"1 s\" }`"),
        );
        return None;
    };
    if keys.rate.given {
        findings.warn(format!(
            "traffic.{}: `rate` does not apply to bursts, which come at the link's rate",
            keys.name()
        ));
    }
    let every = burst.every.value?;
    let poisson = burst.poisson.value == Some(true);
    let every = if poisson { Draw::Exponential { mean: every } } else { Draw::Constant(every) };
    Some(Arrivals::Burst { packets: burst.packets.value?, every, link })
}

fn on_off(keys: &TrafficKeys, gap: Gap, findings: &mut Findings) -> Option<Arrivals> {
    let Some(spans) = keys.on_off.value.as_ref().filter(|_| keys.on_off.given) else {
        findings.mistake(
            keys.arrivals
                .mistake("arrivals = \"on-off\" needs a table `on_off`")
                .because("`on_off` is missing")
                .help("add `on_off = { on = \"1 ms\", off = \"9 ms\" }`"),
        );
        return None;
    };
    let shape = spans.shape.value?;
    let law = spans.distribution.value?;
    let draw = |mean: Span| match law {
        SpanLaw::Pareto => Draw::Pareto { mean, shape },
        SpanLaw::Constant => Draw::Constant(mean),
        SpanLaw::Exponential => Draw::Exponential { mean },
    };
    Some(Arrivals::OnOff { gap, on: draw(spans.on.value?), off: draw(spans.off.value?) })
}

/// About how many packets a source offers in a run of this length, on a link of `link` bits per
/// second.
#[must_use]
pub fn estimate(traffic: &TrafficSpec, link: Option<u64>, run: Span) -> f64 {
    let SourceSpec { arrivals, sizes, .. } = &traffic.source;
    let end = traffic.until.unwrap_or(Time::END).min(Time::ZERO + run);
    let span = Span(end.0.saturating_sub(traffic.from.max(traffic.part.since).0));
    let back_to_back = |link: u64| {
        let (bytes, weights) = sizes.mean();
        let mean = (bytes / weights.max(1)) as u32;
        span.0 as f64 / link_time(mean, link).0.max(1) as f64
    };
    if let Some(closed) = &traffic.closed {
        let most = closed_loop::estimate(traffic, closed, span);
        return link.map_or(most, |link| most.min(back_to_back(link)));
    }
    let over = |gap: &Gap| span.0 as f64 * gap.packets as f64 / gap.ps as f64;
    match arrivals {
        Arrivals::Constant(gap) | Arrivals::Poisson(gap) => over(gap),
        Arrivals::Line { link } => back_to_back(*link),
        Arrivals::OnOff { gap, on, off } => {
            over(gap) * on.mean_ps() / (on.mean_ps() + off.mean_ps()).max(1.0)
        }
        Arrivals::Burst { packets, every, .. } => {
            *packets as f64 * (span.0 as f64 / every.mean_ps().max(1.0)).ceil()
        }
        Arrivals::Capture(capture) => capture.packets.len() as f64,
    }
}
