//! Values with a unit: `"10 Gbps"`, `"50 us"`, `"512 KiB"`, `"9200 cycles"`, `"90 %"`, `"0,2,4-7"`.
//!
//! Numbers are read as exact decimals, never as floats, and rounded once, to the nearest whole
//! unit.

use crate::engine::time::{Span, Time};

/// Why a text is no such value, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The reason.
    pub reason: String,
    /// What to write instead.
    pub help: String,
}

/// An exact fraction, reduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// Above ...
    pub num: u128,
    /// ... below; never 0.
    pub den: u128,
}

/// How much traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Bits of L2 frames per second.
    Bits(Fraction),
    /// Packets per second.
    Packets(Fraction),
    /// The link's own rate.
    Line,
}

/// A cost: a time, or cycles of a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A time that no clock changes.
    Time(Span),
    /// Cycles.
    Cycles(Fraction),
}

/// A family of units: how messages name it, and (unit, factor).
struct Family {
    what: &'static str,
    units: &'static [(&'static str, u128)],
    example: &'static str,
}

const TIME: Family = Family {
    what: "a time",
    units: &[
        ("ps", 1),
        ("ns", 1_000),
        ("us", 1_000_000),
        ("ms", 1_000_000_000),
        ("s", 1_000_000_000_000),
    ],
    example: "us",
};
const BIT_RATE: Family = Family {
    what: "a rate in bits per second",
    units: &[
        ("bps", 1),
        ("kbps", 1_000),
        ("Mbps", 1_000_000),
        ("Gbps", 1_000_000_000),
        ("Tbps", 1_000_000_000_000),
    ],
    example: "Gbps",
};
const PACKET_RATE: Family = Family {
    what: "a rate in packets per second",
    units: &[("pps", 1), ("kpps", 1_000), ("Mpps", 1_000_000), ("Gpps", 1_000_000_000)],
    example: "kpps",
};
const SIZE: Family = Family {
    what: "a size",
    units: &[("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)],
    example: "B",
};
const FREQUENCY: Family = Family {
    what: "a frequency",
    units: &[("Hz", 1), ("kHz", 1_000), ("MHz", 1_000_000), ("GHz", 1_000_000_000)],
    example: "GHz",
};
const CYCLES: Family = Family { what: "cycles", units: &[("cycles", 1)], example: "cycles" };
const PERCENT: Family = Family { what: "a share", units: &[("%", 1)], example: "%" };

/// The fastest link and the highest rates that are taken for meant: 100 Tbps, 1 Tpps.
const MAX_BITS: u128 = 100_000_000_000_000;
const MAX_PACKETS: u128 = 1_000_000_000_000;
/// Decimal digits and exponent that a number may have.
const MAX_DIGITS: usize = 18;

impl Fraction {
    /// `num / den` in lowest terms.
    #[must_use]
    pub fn new(num: u128, den: u128) -> Self {
        let divisor = gcd(num, den).max(1);
        Self { num: num / divisor, den: den / divisor }
    }

    /// To the nearest whole number.
    #[must_use]
    pub const fn round(self) -> u128 {
        (self.num + self.den / 2) / self.den
    }

    /// For comparisons with people's bounds.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.num as f64 / self.den as f64
    }

    /// Times a whole number; none beyond the type.
    fn times(self, factor: u128) -> Option<Self> {
        let divisor = gcd(factor, self.den).max(1);
        let num = self.num.checked_mul(factor / divisor)?;
        Some(Self { num, den: self.den / divisor })
    }
}

/// The greatest common divisor.
#[must_use]
pub const fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A time.
///
/// # Errors
/// Anything else, and what the clock cannot hold.
pub fn time(text: &str) -> Result<Span, Fault> {
    let ps = quantity(text, &[&TIME])?.1.round();
    match u64::try_from(ps) {
        Ok(ps) if ps <= Time::END.0 => Ok(Span(ps)),
        _ => Err(fault(
            format!("longer than the clock: {}", Span(Time::END.0)),
            "write a time below 4611686 s (53 days)",
        )),
    }
}

/// A link's rate in bits per second.
///
/// # Errors
/// Anything else, zero, and more than 100 Tbps.
pub fn link(text: &str) -> Result<u64, Fault> {
    let bits = quantity(text, &[&BIT_RATE])?.1.round();
    match bits {
        0 => Err(fault("a link carries something", "write a rate above 0, such as \"10 Gbps\"")),
        1..=MAX_BITS => Ok(bits as u64),
        _ => Err(fault("no such link exists", "write at most \"100 Tbps\"")),
    }
}

/// How much traffic: bits or packets per second, or `line`.
///
/// # Errors
/// Anything else, zero, more than 100 Tbps or 1 Tpps.
pub fn rate(text: &str) -> Result<Rate, Fault> {
    if text.trim() == "line" {
        return Ok(Rate::Line);
    }
    let (family, rate) = quantity(text, &[&BIT_RATE, &PACKET_RATE])?;
    let bits = family.what == BIT_RATE.what;
    if rate.num == 0 {
        return Err(fault(
            "traffic has a rate above 0",
            "leave the traffic out, or write a rate such as \"1 Mbps\"",
        ));
    }
    if rate.round() > if bits { MAX_BITS } else { MAX_PACKETS } {
        return Err(fault(
            "more than any link carries",
            "write at most \"100 Tbps\" or \"1000 Gpps\"",
        ));
    }
    Ok(if bits { Rate::Bits(rate) } else { Rate::Packets(rate) })
}

/// A size in bytes.
///
/// # Errors
/// Anything else, parts of a byte, more than 2^63 bytes.
pub fn size(text: &str) -> Result<u64, Fault> {
    let bytes = quantity(text, &[&SIZE])?.1;
    if bytes.den != 1 {
        return Err(fault("no whole number of bytes", "write a whole number, such as \"1518 B\""));
    }
    u64::try_from(bytes.num)
        .ok()
        .filter(|bytes| i64::try_from(*bytes).is_ok())
        .ok_or_else(|| fault("beyond any memory", "write fewer bytes, such as \"512 KiB\""))
}

/// A clock in hertz.
///
/// # Errors
/// Anything else; outside of 1 MHz to 100 GHz.
pub fn frequency(text: &str) -> Result<u64, Fault> {
    match quantity(text, &[&FREQUENCY])?.1.round() {
        hertz @ 1_000_000..=100_000_000_000 => Ok(hertz as u64),
        _ => Err(fault("no CPU runs at that clock", "write \"1 MHz\" to \"100 GHz\"")),
    }
}

/// A time or cycles.
///
/// # Errors
/// Anything else; more than a second, more than 10^12 cycles.
pub fn work(text: &str) -> Result<Work, Fault> {
    let (family, amount) = quantity(text, &[&TIME, &CYCLES])?;
    if amount.as_f64() > 1e12 {
        return Err(fault("longer than any packet takes", "write a cost of at most \"1 s\""));
    }
    let cycles = family.what == CYCLES.what;
    Ok(if cycles { Work::Cycles(amount) } else { Work::Time(Span(amount.round() as u64)) })
}

/// A share, as a fraction of one.
///
/// # Errors
/// Anything else; more than 100 %.
pub fn percent(text: &str) -> Result<Fraction, Fault> {
    let share = quantity(text, &[&PERCENT])?.1;
    if share.as_f64() > 100.0 {
        return Err(fault("more than all", "write \"0 %\" to \"100 %\""));
    }
    Ok(Fraction::new(share.num, share.den * 100))
}

/// A list of processors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuList {
    /// Ranges, first and last included, as they are written.
    pub ranges: Vec<(u32, u32)>,
}

/// A list of processors.
///
/// # Errors
/// Anything else, a range that runs backwards.
pub fn cpu_list(text: &str) -> Result<CpuList, Fault> {
    let help = "write processors and ranges, such as \"0,2,4-7\"";
    let number = |part: &str| part.trim().parse::<u32>().ok();
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => Ok((first, last)),
            (Some(_), Some(_)) => Err(fault("this range runs backwards", help)),
            _ => Err(fault("no list of processors", help)),
        }
    };
    let ranges = text.split(',').map(range).collect::<Result<_, _>>()?;
    Ok(CpuList { ranges })
}

/// The right spelling of a bare number for a value of this family of keys.
#[must_use]
pub fn bare(number: &str, what: Bare) -> Fault {
    let (families, also): (&[&Family], _) = match what {
        Bare::Time => (&[&TIME], ""),
        Bare::Link => (&[&BIT_RATE], ""),
        Bare::Rate => (&[&BIT_RATE, &PACKET_RATE], " or \"line\""),
        Bare::Size => (&[&SIZE], ""),
        Bare::Frequency => (&[&FREQUENCY], ""),
        Bare::Work => (&[&TIME, &CYCLES], ""),
        Bare::Percent => (&[&PERCENT], ""),
        Bare::Cpus => {
            return fault("a list of processors is a string", format!("write \"{number}\""));
        }
    };
    let examples: Vec<String> =
        families.iter().map(|family| format!("\"{number} {}\"", family.example)).collect();
    let units = names(families);
    fault(
        "a bare number says no unit",
        format!("write {}{also}, with the unit that you mean: {units}", examples.join(" or ")),
    )
}

/// The keys for which [`bare`] knows the spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bare {
    /// Times.
    Time,
    /// Links.
    Link,
    /// Rates of traffic.
    Rate,
    /// Sizes.
    Size,
    /// Clocks.
    Frequency,
    /// Costs.
    Work,
    /// Shares.
    Percent,
    /// Processors.
    Cpus,
}

fn fault(reason: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { reason: reason.into(), help: help.into() }
}

/// The units of families, as a list for people.
fn names(families: &[&Family]) -> String {
    let all: Vec<&str> =
        families.iter().flat_map(|family| family.units.iter().map(|(unit, _)| *unit)).collect();
    match all.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Reads a number and its unit; the value is in the family's smallest unit.
fn quantity<'f>(text: &str, families: &[&'f Family]) -> Result<(&'f Family, Fraction), Fault> {
    let text = text.trim();
    let (number, unit) = split(text);
    let what = families.iter().map(|family| family.what).collect::<Vec<_>>().join(" or ");
    if number.is_empty() {
        return Err(fault(
            format!("no {}", what.trim_start_matches("a ")),
            format!("write a number and a unit, such as \"10 {}\"", families[0].example),
        ));
    }
    if number.starts_with('-') {
        return Err(fault("below zero", format!("write {what} that is not negative")));
    }
    let value = decimal(number)?;
    let known = families.iter().find_map(|family| {
        let (_, factor) = family.units.iter().find(|(name, _)| *name == unit)?;
        Some((*family, value.times(*factor)))
    });
    match known {
        Some((family, Some(value))) => Ok((family, value)),
        Some((_, None)) => {
            Err(fault("too large a number", format!("write {what} with fewer digits")))
        }
        None if unit.is_empty() => Err(missing_unit(number, families)),
        None => Err(wrong_unit(number, unit, families)),
    }
}

fn missing_unit(number: &str, families: &[&Family]) -> Fault {
    let example = families[0].example;
    fault(
        "the unit is missing",
        format!("write \"{number} {example}\", with one of the units {}", names(families)),
    )
}

/// Splits a text into its number and its unit.
fn split(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let sign = matches!(bytes[end], b'+' | b'-')
            && (end == 0 || matches!(bytes[end - 1], b'e' | b'E'));
        let exponent = matches!(bytes[end], b'e' | b'E')
            && end > 0
            && bytes.get(end + 1).is_some_and(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'));
        if !(bytes[end].is_ascii_digit() || bytes[end] == b'.' || sign || exponent) {
            break;
        }
        end += 1;
    }
    (&text[..end], text[end..].trim())
}

/// An exact decimal number.
fn decimal(number: &str) -> Result<Fraction, Fault> {
    let wrong = || fault("no number that can be read", "write digits, such as \"12.5 us\"");
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('+');
    let digits = format!("{whole}{part}");
    if digits.is_empty() || digits.bytes().any(|b| !b.is_ascii_digit()) {
        return Err(wrong());
    }
    let digits = digits.trim_start_matches('0');
    if digits.len() > MAX_DIGITS {
        return Err(fault(
            "more digits than any measurement has",
            format!("write at most {MAX_DIGITS} digits"),
        ));
    }
    let value: u128 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| wrong())? };
    let exponent: i64 = exponent.parse().map_err(|_| wrong())?;
    let scale = exponent.saturating_sub(part.len() as i64);
    if scale.abs() > MAX_DIGITS as i64 {
        return Err(fault("beyond every measure", "write a number between 1e-18 and 1e18"));
    }
    let power = 10_u128.pow(scale.unsigned_abs() as u32);
    Ok(if scale < 0 { Fraction::new(value, power) } else { Fraction::new(value * power, 1) })
}

/// A unit that nobody knows: the nearest known ones.
fn wrong_unit(number: &str, unit: &str, families: &[&Family]) -> Fault {
    let rates = families.iter().any(|family| family.what == BIT_RATE.what);
    if let Some(help) = rates.then(|| data_rate(number, unit)).flatten() {
        return fault(
            format!("`{}` is no unit here: a rate counts bits per second", short(unit)),
            help,
        );
    }
    let sizes = families.iter().any(|family| family.what == SIZE.what);
    if let Some(help) = sizes.then(|| decimal_size(number, unit)).flatten() {
        return fault(format!("`{}` can mean powers of 1000 or of 1024", short(unit)), help);
    }
    let lower = unit.to_lowercase();
    let same = families
        .iter()
        .flat_map(|family| family.units.iter())
        .find(|(name, _)| name.to_lowercase() == lower || alias(&lower) == Some(name));
    fault(
        format!("`{}` is no unit here", short(unit)),
        match same {
            Some((name, _)) => format!("write \"{number} {name}\""),
            None => format!("write one of the units {}", names(families)),
        },
    )
}

/// Both readings of what looks like bits or bytes per second.
fn data_rate(number: &str, unit: &str) -> Option<String> {
    let lower = unit.to_lowercase();
    let (prefix, rest) = match lower.as_bytes().first()? {
        b'k' | b'm' | b'g' | b't' => lower.split_at(1),
        _ => ("", lower.as_str()),
    };
    if !matches!(rest, "bps" | "b/s" | "bit/s" | "bits/s" | "byte/s" | "bytes/s" | "b" | "bit") {
        return None;
    }
    let prefix = if prefix == "k" { "k".to_owned() } else { prefix.to_uppercase() };
    let bytes = decimal(number).ok()?.times(8)?.as_f64();
    Some(format!(
        "write \"{number} {prefix}bps\" if bits are meant, \"{bytes} {prefix}bps\" if bytes are"
    ))
}

/// Both readings of KB, MB and GB.
fn decimal_size(number: &str, unit: &str) -> Option<String> {
    let (name, factor) = match unit.to_lowercase().as_str() {
        "k" | "kb" => ("KiB", 1_000),
        "m" | "mb" => ("MiB", 1_000_000),
        "g" | "gb" => ("GiB", 1_000_000_000),
        _ => return None,
    };
    let bytes = decimal(number).ok()?.times(factor)?.as_f64();
    Some(format!("write \"{number} {name}\" if powers of 1024 are meant, else \"{bytes} B\""))
}

/// Other spellings of units, in lower case.
fn alias(lower: &str) -> Option<&'static str> {
    Some(match lower {
        "µs" | "μs" | "usec" | "usecs" | "microsecond" | "microseconds" => "us",
        "msec" | "msecs" | "millisecond" | "milliseconds" => "ms",
        "nsec" | "nsecs" | "nanosecond" | "nanoseconds" => "ns",
        "sec" | "secs" | "second" | "seconds" => "s",
        "byte" | "bytes" | "octets" => "B",
        "packets/s" | "p/s" | "packet/s" => "pps",
        "cycle" | "clocks" => "cycles",
        "percent" => "%",
        _ => return None,
    })
}

/// The beginning of a text that may be very long.
#[must_use]
pub fn short(text: &str) -> String {
    let mut cut: String = text.chars().take(40).collect();
    if cut.len() < text.len() {
        cut.push_str("...");
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_round_to_the_nearest_picosecond() {
        assert_eq!(time("67.2 ns"), Ok(Span(67_200)));
        assert_eq!(time("0.0004 ns"), Ok(Span(0)));
        assert_eq!(time("0.0005 ns"), Ok(Span(1)));
        assert_eq!(time("1e3us"), Ok(Span::ms(1)));
        assert_eq!(time("1.5e-3 ms"), Ok(Span(1_500_000)));
    }

    #[test]
    fn rates_are_exact_fractions() {
        assert_eq!(rate("812.5 kpps"), Ok(Rate::Packets(Fraction { num: 812_500, den: 1 })));
        assert_eq!(rate("0.1 bps"), Ok(Rate::Bits(Fraction { num: 1, den: 10 })));
        assert_eq!(rate("line"), Ok(Rate::Line));
        assert_eq!(link("10 Gbps"), Ok(10_000_000_000));
    }

    #[test]
    fn a_rate_that_is_read_in_two_ways_shows_both() {
        let help = |text| rate(text).expect_err("ambiguous").help;
        for text in ["10 gb/s", "10 GB/s", "10 gbps", "10 Gbit/s"] {
            assert!(help(text).contains("\"10 Gbps\" if bits"), "{text}: {}", help(text));
            assert!(help(text).contains("\"80 Gbps\" if bytes"), "{text}: {}", help(text));
        }
    }

    #[test]
    fn absurd_numbers_are_refused() {
        for text in ["-1 us", "inf us", "nan us", "1e99 s", "1e18 s", "", " us", "1.2.3 us", "٣ us"]
        {
            assert!(time(text).is_err(), "{text}");
        }
        for text in ["0 bps", "1e15 Gbps", "10", "10 Gb", "10 us"] {
            assert!(link(text).is_err(), "{text}");
        }
        assert!(size("1.5 B").is_err());
        assert_eq!(size("1.5 KiB"), Ok(1536));
        assert!(percent("101 %").is_err());
    }

    #[test]
    fn processors_are_numbers_and_ranges() {
        assert_eq!(cpu_list("0,2,4-7").map(|list| list.ranges), Ok(vec![(0, 0), (2, 2), (4, 7)]));
        for text in ["", "a", "7-4", "1,,2", "-1"] {
            assert!(cpu_list(text).is_err(), "{text}");
        }
    }
}
