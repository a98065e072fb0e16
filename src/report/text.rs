//! Results as text for a terminal of 100 columns: the verdict first.

use super::renderer::Renderer;
use super::section::{self, Section};
use super::verdict::{next, verdict};
use crate::engine::time::Span;
use crate::study::compare::Comparison;
use crate::study::run::Study;
use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width,
};

/// Columns of a line.
const WIDTH: u16 = 100;

/// Columns of the terminal beside what stands in a cell.
const PADDING: u16 = 2;

/// How text may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Nothing but characters.
    Plain,
    /// With colours and bold letters.
    Coloured,
}

/// Text in a style.
#[derive(Clone, Copy, Debug)]
pub struct Text(pub Style);

impl Renderer for Text {
    /// The verdict, then the tables.
    fn study(&self, study: &Study) -> String {
        let Self(style) = *self;
        let mut text = String::new();
        line(&mut text, &bold(&wrapped(&verdict(study), 0), style));
        if let Some(next) = next(study) {
            line(&mut text, &wrapped(&next, 0));
        }
        for section in section::of_study(study) {
            text.push_str(&shown(&section, style));
        }
        text.push_str(&warnings(study));
        text.push('\n');
        text.push_str(&provenance(study));
        text
    }

    /// Each design's verdict, then the tables.
    fn comparison(&self, comparison: &Comparison) -> String {
        let Self(style) = *self;
        let mut text = String::new();
        for study in &comparison.studies {
            let name = study.plan.design.as_deref().unwrap_or_default();
            let sentence = wrapped(&format!("{name}: {}", verdict(study)), 2);
            line(&mut text, &format!("{}{}", bold(name, style), &sentence[name.len()..]));
        }
        for section in section::of_comparison(comparison) {
            text.push_str(&shown(&section, style));
        }
        for study in &comparison.studies {
            text.push_str(&warnings(study));
        }
        text.push('\n');
        for study in &comparison.studies {
            text.push_str(&provenance(study));
        }
        text
    }
}

fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

fn bold(text: &str, style: Style) -> String {
    if style == Style::Coloured { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// A table with its title above and its note below.
fn shown(section: &Section, style: Style) -> String {
    let mut text = String::from("\n");
    if !section.title.is_empty() {
        line(&mut text, &bold(&section.title, style));
    }
    if !section.rows.is_empty() {
        for row in table(section, style).lines() {
            line(&mut text, row.trim_end());
        }
    }
    if let Some(note) = &section.note {
        line(&mut text, &format!(" {}", wrapped(note, 1)));
    }
    text
}

fn table(section: &Section, style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_width(WIDTH).set_content_arrangement(ContentArrangement::Dynamic);
    if style == Style::Coloured {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table.set_header(
        section
            .header
            .iter()
            .map(|name| Cell::new(name.trim_start_matches('<')).add_attribute(Attribute::Bold)),
    );
    for row in &section.rows {
        table.add_row(row.iter().map(|cell| coloured(cell)));
    }
    let constraints = constraints(section);
    for ((column, name), constraint) in
        table.column_iter_mut().zip(&section.header).zip(constraints)
    {
        let left = name.starts_with('<');
        column.set_cell_alignment(if left { CellAlignment::Left } else { CellAlignment::Right });
        if let Some(constraint) = constraint {
            column.set_constraint(constraint);
        }
    }
    table
}

/// How wide the columns of a table have to be that is wider than the terminal: no word is broken,
/// and the second longest text leaves its room to the longest. None: as it comes.
fn constraints(section: &Section) -> Vec<Option<ColumnConstraint>> {
    let columns = section.header.len();
    let width = |at: usize, of: fn(&str) -> usize| {
        let cells = section.rows.iter().filter_map(|row| row.get(at)).map(String::as_str);
        let cells = cells.chain([section.header[at].trim_start_matches('<')]);
        PADDING + cells.map(of).max().unwrap_or(0) as u16
    };
    let cells: Vec<u16> = (0..columns).map(|at| width(at, |cell| cell.chars().count())).collect();
    let words: Vec<u16> = (0..columns).map(|at| width(at, longest_word)).collect();
    if cells.iter().sum::<u16>() <= WIDTH || words.iter().sum::<u16>() > WIDTH {
        return vec![None; columns];
    }
    let is_text = |at: &usize| section.header[*at].starts_with('<') && words[*at] < cells[*at];
    let mut texts: Vec<usize> = (0..columns).filter(is_text).collect();
    texts.sort_by_key(|at| cells[*at]);
    let second = texts.iter().rev().nth(1).copied();
    let constraint = |at: usize| {
        let width = Width::Fixed(words[at]);
        Some(if second == Some(at) {
            ColumnConstraint::Absolute(width)
        } else {
            ColumnConstraint::LowerBoundary(width)
        })
    };
    (0..columns).map(constraint).collect()
}

fn longest_word(cell: &str) -> usize {
    cell.split(' ').map(|word| word.chars().count()).max().unwrap_or(0)
}

/// Colours the words that decide.
fn coloured(text: &str) -> Cell {
    let cell = Cell::new(text);
    match text {
        "pass" => cell.fg(Color::Green),
        "FAIL" => cell.fg(Color::Red).add_attribute(Attribute::Bold),
        _ => cell,
    }
}

/// Prose in lines that fit, those after the first indented; the first may be, too. A number stays
/// with what it counts: `95 % interval` has no break after 95.
#[must_use]
pub fn wrapped(prose: &str, indent: usize) -> String {
    let (mut text, mut column) = (String::new(), indent);
    let mut words: Vec<String> = Vec::new();
    for word in prose.split(' ') {
        match words.last_mut() {
            Some(last) if last.ends_with(|sign: char| sign.is_ascii_digit()) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    for word in &words {
        let width = word.chars().count();
        if column > indent && column + 1 + width > usize::from(WIDTH) {
            text.push('\n');
            text.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += width;
    }
    text
}

fn warnings(study: &Study) -> String {
    let warning = |warning: &String| format!("\n{}\n", wrapped(&format!("warning: {warning}"), 2));
    study.warnings.iter().map(warning).collect()
}

/// What it takes to see the same again.
fn provenance(study: &Study) -> String {
    let plan = &study.plan;
    let design = plan.design.as_ref().map_or(String::new(), |name| format!("{name}: "));
    let runs = match plan.replications {
        1 => String::new(),
        many => format!("{many} x "),
    };
    let warmup = match study.warmup {
        Span::ZERO => String::new(),
        span => format!(" after {span} of warm-up"),
    };
    format!(
        "{design}{runs}{}{warmup}, seed {}, fingerprint {:016x}\n",
        study.first.window, plan.seed, study.fingerprint
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::time::Time;
    use crate::measure::tree::Tree;
    use crate::policy::{Kind, PolicySpec};
    use crate::scenario::{Expect, Plan};
    use crate::study::expect::Judged;
    use crate::study::fixture;
    use crate::world::outcome::PolicyTally;
    use crate::world::{Action, EventSpec, Maker, PathReason, Rebalance, RxPath, World};

    fn sample() -> Study {
        let mut study = fixture::study(8, 1);
        let expect = Expect {
            min: Some(3.3),
            max: Some(3.7),
            why: "the ceiling of about 3.5 Gbps that the 2012 posts report".into(),
            ..fixture::expect("delivered.gbps")
        };
        study.expect = vec![Judged { expect, value: Tree::Number(3.4999), pass: true }];
        study.warnings = vec!["checksum offload is off, and so is RSS".into()];
        study
    }

    #[test]
    fn the_verdict_comes_first_and_no_line_is_longer_than_the_terminal() {
        let text = Text(Style::Plain).study(&sample());
        assert!(text.starts_with("Bottleneck: core 0 of alpha, 100 % busy"), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(!text.contains('\x1b'), "{text}");
        for part in ["ring_full", "pass", "the 2012 posts", "warning: checksum", "seed 2012"] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
    }

    fn of_guests(world: World) -> String {
        let vms = world.vms.len() as u32;
        let plan = Plan { world, ..fixture::plan() };
        let text =
            Text(Style::Plain).study(&fixture::study_of(plan, vec![fixture::guests_outcome(vms)]));
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        text
    }

    #[test]
    fn virtual_machines_have_rows_and_cores_the_columns_of_switch_and_guests() {
        let text = of_guests(fixture::guests(3));
        let row = text.lines().find(|line| line.contains("web[0]")).unwrap();
        let cells: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(cells, ["web[0]", "vmq", "0.987", "0.805", "18.5", "%", "713"]);
        assert!(text.contains("▚ vswitch  ▄ guest"), "{text}");
        assert!(!text.contains("why not better"), "none has a reason: {text}");
        let plain = Text(Style::Plain).study(&sample());
        assert!(!plain.contains("vswitch") && !plain.contains("<VM"), "{plain}");
    }

    #[test]
    fn copies_filters_pauses_and_slowdowns_are_told_where_there_are_any() {
        let plain = Text(Style::Plain).study(&sample());
        for word in ["copies", "Filters", "paused", "slowdown"] {
            assert!(!plain.contains(word), "{word} in\n{plain}");
        }
        let mut outcome = fixture::outcome(8, 1);
        outcome.sources[0].replicated = 12_345;
        outcome.sources[0].filtered = 2_012;
        outcome.sources[0].slowdown.record(Span(1_500));
        outcome.nics[0].paused = Span(outcome.window.0 / 4);
        let text = Text(Style::Plain).study(&fixture::study_of(fixture::plan(), vec![outcome]));
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for told in [
            "include 12 345 copies that the virtual switch made.",
            "Filters discarded 2 012 packets, which is no loss.",
            "The peer of port0 paused for 25.0 % of the time.",
            "slowdown 1.50 1.50 - 1.50 1.50 -",
        ] {
            assert!(text.contains(told), "{told} in\n{text}");
        }
    }

    #[test]
    fn many_virtual_machines_share_the_rows_of_their_paths() {
        let mut world = fixture::guests(20);
        for vnic in &mut world.vnics[15..] {
            (vnic.rx_path, vnic.path_reason) = (RxPath::DefaultQueue, PathReason::NoFreeQueue);
        }
        let text = of_guests(world);
        for row in ["15 of web[0-14] vmq", "5 of web[15-19] default-queue no-free-queue"] {
            let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.lines().any(|line| words(line).starts_with(row)), "{row} in\n{text}");
        }
        assert!(text.contains("20 VMs. The VMs of one path share a row"), "{text}");
    }

    #[test]
    fn who_moved_queues_is_told_where_somebody_may() {
        let mut world = fixture::world(8, 4);
        assert!(!of(world.clone()).contains("policy"));
        let at = Time::ZERO + Span::ms(1);
        world.events = vec![EventSpec { at, action: Action::LoseAffinity { nic: 0 } }];
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&of(world.clone())).contains("port0 none 0 - 4"));
        let maker = Maker::BuiltIn(PolicySpec::of(Kind::LeastLoaded));
        world.nics[0].rebalance = Some(Rebalance { interval: Span::ms(5), maker });
        let plan = Plan { world, ..fixture::plan() };
        let mut outcome = fixture::outcome(8, 4);
        outcome.nics[0].policy = PolicyTally { moves: 1_234, settled: Some(Span::ms(7)) };
        outcome.nics[0].queues[3].core = 0;
        let text = Text(Style::Plain).study(&fixture::study_of(plan, vec![outcome]));
        assert!(words(&text).contains("port0 least-loaded 1 234 7000 3"), "{text}");
    }

    fn of(world: World) -> String {
        let plan = Plan { world, ..fixture::plan() };
        Text(Style::Plain).study(&fixture::study_of(plan, vec![fixture::outcome(8, 4)]))
    }

    #[test]
    fn prose_is_wrapped_between_words() {
        let text = wrapped(&"word ".repeat(50), 2);
        assert!(text.lines().all(|line| line.chars().count() <= 100));
        assert_eq!(text.lines().count(), 3);
        assert!(text.lines().skip(1).all(|line| line.starts_with("  word")));
        assert_eq!(wrapped("a short one", 0), "a short one");
        let text = wrapped(&format!("{} 95 % interval", "x".repeat(96)), 0);
        assert!(text.ends_with("\n95 % interval"), "{text}");
    }

    #[test]
    fn a_table_that_is_too_wide_breaks_no_word() {
        let why = "of what is claimed here, word by word, until there are two lines and more of it";
        let metric = "traffic.transactions.delivered.pps (no-flood)";
        let row = ["pass", metric, "34 525", "34 180 to 34 870", why].map(str::to_owned);
        let header = ["<Claim", "<metric", "value", "<claimed", "<why"];
        let (title, rows) = (String::new(), vec![row.to_vec()]);
        let section = Section { title, header: header.to_vec(), rows, note: None };
        let text = shown(&section, Style::Plain);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
        assert!(text.contains(" traffic.transactions.delivered.pps "), "{text}");
        assert!(text.contains("34 180 to 34 870  of what is claimed here,"), "{text}");
    }

    #[test]
    fn colours_are_used_where_asked_for() {
        assert!(Text(Style::Coloured).study(&sample()).contains("\x1b["));
    }
}
