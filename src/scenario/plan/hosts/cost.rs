//! Costs: a profile's, with the entries that the file replaces.

use crate::engine::sample::Draw;
use crate::engine::time::Span;
use crate::rx::cpu::Costs;
use crate::scenario::profile::Profile;
use crate::scenario::schema::rows::hosts::HostKeys;
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::text::document::{Node, Value};
use crate::scenario::text::findings::Findings;
use crate::scenario::text::units::{self, Work};

/// The costs of a host.
pub fn read(host: &HostKeys, profile: &Profile, clock: u64, found: &mut Findings) -> Costs {
    let own = host.reader.table("cost");
    let mut draw = |key: &str| {
        let stated = own.as_ref().and_then(|own| entry(own, key, clock, found));
        stated.unwrap_or_else(|| of_profile(profile, key))
    };
    let mut costs = Costs {
        interrupt: draw("interrupt"),
        round: draw("round"),
        packet: draw("packet"),
        byte: draw("byte"),
        stack_packet: draw("stack_packet"),
        stack_byte: draw("stack_byte"),
        vswitch_packet: draw("vswitch_packet"),
        vswitch_byte: draw("vswitch_byte"),
        vswitch_lookup: draw("vswitch_lookup"),
        vswitch_copy: draw("vswitch_copy"),
        guest_packet: draw("guest_packet"),
        guest_byte: draw("guest_byte"),
        filter_packet: draw("filter_packet"),
        app_packet: draw("app_packet"),
        app_byte: draw("app_byte"),
        ..Costs::ZERO
    };
    let constant = |key: &str| {
        let own = own.as_ref().filter(|own| own.has(key)).and_then(|own| own.text(key));
        let own = own.and_then(|text| span(text, clock));
        own.or_else(|| profile.time(key)).unwrap_or(Span::ZERO)
    };
    costs.vm_notify = constant("vm_notify");
    costs.guest_interrupt = constant("guest_interrupt");
    costs.guest_preempt = constant("guest_preempt");
    costs.context_switch = constant("context_switch");
    costs.vm_exit = constant("vm_exit");
    costs.vm_wakeup = constant("vm_wakeup");
    costs.wakeup = constant("wakeup");
    costs.queue_move = constant("move");
    costs.ipi = constant("ipi");
    costs
}

/// A profile's cost; zero where it has none.
fn of_profile(profile: &Profile, key: &str) -> Draw {
    profile.time(key).map_or(Draw::ZERO, Draw::Constant)
}

/// The cost that a table states; none where it does not, or wrongly so.
pub fn entry(table: &TableReader, key: &str, clock: u64, found: &mut Findings) -> Option<Draw> {
    let node = table.node(key)?;
    match &node.value {
        Value::Text(text) => Some(Draw::Constant(span(text, clock)?)),
        Value::Table(_) => match law(&table.table(key)?, clock) {
            Ok(draw) => draw,
            Err(wrong) => {
                found.mistake(*wrong);
                None
            }
        },
        _ => None,
    }
}

/// A time, or cycles of the clock, to the nearest picosecond.
fn span(text: &str, clock: u64) -> Option<Span> {
    match units::work(text).ok()? {
        Work::Time(span) => Some(span),
        Work::Cycles(cycles) => {
            let hertz = u128::from(clock) * cycles.den;
            let ps = (cycles.num * 1_000_000_000_000 + hertz / 2) / hertz;
            Some(Span(u64::try_from(ps).ok()?))
        }
    }
}

/// A cost with chance; none where its shape is wrong, which has been reported.
fn law(cost: &TableReader, clock: u64) -> Result<Option<Draw>, Box<Diagnostic>> {
    let needs = |key: &str, law: &str, example: &str| {
        Box::new(
            cost.mistake(
                "distribution",
                format!("a cost with distribution \"{law}\" needs `{key}`"),
            )
            .because(format!("`{key}` is missing"))
            .help(format!("write {{ {example} }}")),
        )
    };
    let time = |key: &str| match cost.node(key) {
        Some(Node { value: Value::Text(text), .. }) => span(text, clock),
        _ => None,
    };
    let Some(law) = cost.text("distribution") else { return Ok(None) };
    let (keys, example): (&[&str], _) = match law {
        "constant" => (&["mean"], "mean = \"1 us\", distribution = \"constant\""),
        "exponential" => (&["mean"], "mean = \"1 us\", distribution = \"exponential\""),
        "lognormal" => (&["mean", "cv"], "mean = \"1 us\", distribution = \"lognormal\", cv = 0.5"),
        "uniform" => {
            (&["min", "max"], "distribution = \"uniform\", min = \"1 us\", max = \"2 us\"")
        }
        "bimodal" => (
            &["values"],
            "distribution = \"bimodal\", values = [{ value = \"0.5 us\", weight = 9 }, \
             { value = \"5.5 us\", weight = 1 }]",
        ),
        _ => return Ok(None),
    };
    if let Some(key) = keys.iter().find(|key| !cost.has(key)) {
        return Err(needs(key, law, example));
    }
    let all = ["mean", "cv", "min", "max", "values"];
    if let Some(key) = all.iter().find(|key| cost.has(key) && !keys.contains(key)) {
        return Err(Box::new(
            cost.mistake(key, format!("a cost with distribution \"{law}\" has no `{key}`"))
                .because(format!("it takes {}", keys.join(" and ")))
                .help(format!("write {{ {example} }}")),
        ));
    }
    Ok(match law {
        "constant" => time("mean").map(Draw::Constant),
        "exponential" => time("mean").map(|mean| Draw::Exponential { mean }),
        "lognormal" => lognormal(cost, time("mean")),
        "uniform" => uniform(cost, time("min"), time("max"))?,
        _ => bimodal(cost, clock)?,
    })
}

/// A lognormal cost; of mean zero or without spread it is a constant.
fn lognormal(cost: &TableReader, mean: Option<Span>) -> Option<Draw> {
    let (mean, cv) = (mean?, cost.number("cv")?);
    let constant = mean == Span::ZERO || cv == 0.0;
    Some(if constant { Draw::Constant(mean) } else { Draw::Lognormal { mean, cv } })
}

fn uniform(
    cost: &TableReader,
    min: Option<Span>,
    max: Option<Span>,
) -> Result<Option<Draw>, Box<Diagnostic>> {
    let (Some(min), Some(max)) = (min, max) else { return Ok(None) };
    if min > max {
        return Err(Box::new(
            cost.mistake("min", format!("the least value {min} is above the greatest, {max}"))
                .because("above `max`")
                .help(format!("write min = \"{max}\", max = \"{min}\"")),
        ));
    }
    Ok(Some(Draw::Uniform { min, max }))
}

fn bimodal(cost: &TableReader, clock: u64) -> Result<Option<Draw>, Box<Diagnostic>> {
    let values = cost.list("values");
    if values.is_empty() {
        return Err(Box::new(
            cost.mistake("values", "a bimodal cost needs values")
                .because("the list is empty")
                .help("write values = [{ value = \"0.5 us\", weight = 9 }, ...]"),
        ));
    }
    let one =
        |value: &TableReader| Some((span(value.text("value")?, clock)?, value.integer("weight")?));
    let all: Option<Vec<_>> = values.iter().map(one).collect();
    Ok(all.map(Draw::Discrete))
}
