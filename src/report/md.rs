//! Results as Markdown: the tables of the text, for documents and issues.

use super::renderer::Renderer;
use super::section::{self, Section};
use super::verdict::{next, verdict};
use crate::study::compare::Comparison;
use crate::study::run::Study;
use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

/// Markdown.
#[derive(Clone, Copy, Debug)]
pub struct Markdown;

impl Renderer for Markdown {
    fn study(&self, study: &Study) -> String {
        let mut parts = vec![format!("# {}\n\n**{}**\n", study.plan.title, verdict(study))];
        parts.extend(next(study).map(|next| format!("\n{next}\n")));
        parts.extend(section::of_study(study).iter().map(shown));
        parts.extend(warnings(study));
        parts.push(provenance(study));
        parts.concat()
    }

    fn comparison(&self, comparison: &Comparison) -> String {
        let studies = &comparison.studies;
        let title = studies.first().map_or("", |study| &study.plan.title);
        let design = |study: &Study| study.plan.design.clone().unwrap_or_default();
        let verdicts =
            studies.iter().map(|one| format!("- **{}**: {}\n", design(one), verdict(one)));
        let mut parts = vec![format!("# {title}\n\n")];
        parts.extend(verdicts);
        parts.extend(section::of_comparison(comparison).iter().map(shown));
        parts.extend(studies.iter().flat_map(warnings));
        parts.extend(studies.iter().map(provenance));
        parts.concat()
    }
}

fn warnings(study: &Study) -> Vec<String> {
    study.warnings.iter().map(|warning| format!("\n> warning: {warning}\n")).collect()
}

fn provenance(study: &Study) -> String {
    let plan = &study.plan;
    let design = plan.design.as_ref().map_or(String::new(), |name| format!("design `{name}`, "));
    format!("\n{design}seed {}, fingerprint `{:016x}`\n", plan.seed, study.fingerprint)
}

fn shown(section: &Section) -> String {
    let mut parts = vec!["\n".to_owned()];
    if !section.title.is_empty() {
        parts.push(format!("## {}\n\n", section.title));
    }
    if !section.rows.is_empty() {
        parts.push(format!("{}\n", table(section).trim_fmt()));
    }
    parts.extend(section.note.as_ref().map(|note| format!("\n{note}\n")));
    parts.concat()
}

fn table(section: &Section) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).force_no_tty();
    table.set_header(section.header.iter().map(|name| name.trim_start_matches('<')));
    table.add_rows(section.rows.iter().map(|row| row.iter().map(|cell| escaped(cell))));
    for (column, name) in table.column_iter_mut().zip(&section.header) {
        if !name.starts_with('<') {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
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
        let text = Markdown.study(&fixture::study(2, 1));
        assert!(text.starts_with("# Single-core ceiling\n\n**Bottleneck: core 0"), "{text}");
        assert!(text.contains("| Traffic "), "{text}");
        assert!(text.contains("|---"), "{text}");
    }
}
