//! Results as Markdown: the tables of the text, for documents and issues.

use super::section::{self, Section};
use super::verdict::{next, verdict};
use crate::study::compare::Comparison;
use crate::study::run::Study;
use comfy_table::CellAlignment;
use comfy_table::Table;
use comfy_table::presets::ASCII_MARKDOWN;

/// A study as Markdown.
#[must_use]
pub fn study(study: &Study) -> String {
    let mut text = format!("# {}\n\n**{}**\n", study.plan.title, verdict(study));
    if let Some(next) = next(study) {
        text += &format!("\n{next}\n");
    }
    section::of_study(study).iter().for_each(|section| text += &shown(section));
    study.warnings.iter().for_each(|warning| text += &format!("\n> warning: {warning}\n"));
    text + &provenance(study)
}

/// A comparison as Markdown.
#[must_use]
pub fn comparison(comparison: &Comparison) -> String {
    let title = comparison.studies.first().map_or("", |study| &study.plan.title);
    let mut text = format!("# {title}\n\n");
    for study in &comparison.studies {
        let design = study.plan.design.as_deref().unwrap_or_default();
        text += &format!("- **{design}**: {}\n", verdict(study));
    }
    section::of_comparison(comparison).iter().for_each(|section| text += &shown(section));
    comparison.studies.iter().for_each(|study| text += &provenance(study));
    text
}

fn provenance(study: &Study) -> String {
    let design =
        study.plan.design.as_ref().map_or(String::new(), |name| format!("design `{name}`, "));
    format!("\n{design}seed {}, fingerprint `{:016x}`\n", study.plan.seed, study.fingerprint)
}

fn shown(section: &Section) -> String {
    let mut text = String::from("\n");
    if !section.title.is_empty() {
        text += &format!("## {}\n\n", section.title);
    }
    if !section.rows.is_empty() {
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN).force_no_tty();
        table.set_header(section.header.iter().map(|name| name.trim_start_matches('<')));
        table.add_rows(section.rows.iter().map(|row| row.iter().map(|cell| escaped(cell))));
        for (column, name) in table.column_iter_mut().zip(&section.header) {
            if !name.starts_with('<') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        text += &format!("{}\n", table.trim_fmt());
    }
    if let Some(note) = &section.note {
        text += &format!("\n{note}\n");
    }
    text
}

/// A cell's text must not end the cell.
fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::fixture;

    #[test]
    fn tables_are_markdown_and_the_verdict_stands_above_them() {
        let text = study(&fixture::study(2, 1));
        assert!(text.starts_with("# Single-core ceiling\n\n**Bottleneck: core 0"), "{text}");
        assert!(text.contains("| Traffic "), "{text}");
        assert!(text.contains("|---"), "{text}");
    }
}
