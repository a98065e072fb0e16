//! The documents: whatever they name exists, and their lines fit a screen.

use crate::house::source_text::{SourceFile, none, under};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const MAP: &str = "ARCHITECTURE.md";
const LONGEST_MAP: usize = 160;
const CONTRACT: &str = "docs/contract.md";
const LONGEST_LINE: usize = 120;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect("the document exists")
}

/// The pages that users and contributors read.
fn documents() -> Vec<String> {
    let mut found: Vec<String> = ["README.md", "ARCHITECTURE.md", "scenarios/README.md"]
        .iter()
        .map(ToString::to_string)
        .collect();
    for entry in fs::read_dir(root().join("docs")).expect("there is a folder docs") {
        let name = entry.expect("its entries can be read").file_name();
        found.push(format!("docs/{}", name.to_string_lossy()));
    }
    found.sort();
    found
}

/// Pieces between backticks, with their lines.
fn code_spans(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        found.extend(line.split('`').skip(1).step_by(2).map(|span| (at + 1, span)));
    }
    found
}

/// Relative links, without their anchors, with their lines.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let here = targets.filter(|target| !target.is_empty() && !target.contains("://"));
        found.extend(here.map(|target| (at + 1, target)));
    }
    found
}

/// Whether a piece of code is a path into the repository.
fn is_path(span: &str) -> bool {
    let folders = ["src/", "tests/", "examples/", "benches/", "docs/", "scenarios/", ".ci/"];
    folders.iter().any(|folder| span.starts_with(folder)) && is_path_like(span)
}

fn is_path_like(span: &str) -> bool {
    span.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether a file is the one that `a/b` names: `.../a/b.rs` or `.../a/b/mod.rs`.
fn is_called(file: &SourceFile, name: &str) -> bool {
    let path = format!("/{}", file.path);
    path.ends_with(&format!("/{name}.rs")) || path.ends_with(&format!("/{name}/mod.rs"))
}

/// "place: `file::function`" of those that no file holds.
fn functions_that_are_missing(document: &str, files: &[SourceFile]) -> Vec<String> {
    let text = text(document);
    let mut found = Vec::new();
    for (line, span) in code_spans(&text) {
        let Some((file, function)) = span.split_once("::") else { continue };
        if !is_word(function) || !file.split('/').all(is_word) {
            continue;
        }
        let declared = format!("fn {function}(");
        let holds = |f: &SourceFile| is_called(f, file) && f.text.contains(&declared);
        if !files.iter().any(holds) {
            found.push(format!("{document}:{line}: {span}"));
        }
    }
    found
}

fn long_lines(document: &str) -> Vec<String> {
    let text = text(document);
    let long = |line: &str| {
        line.chars().count() > LONGEST_LINE && !line.starts_with('|') && !line.contains("]: http")
    };
    let lines = text.lines().enumerate().filter(|(_, line)| long(line));
    lines.map(|(at, _)| format!("{document}:{}", at + 1)).collect()
}

/// Where a piece of code of the map may lead: below src/, below tests/suite/, or from the root.
fn map_entry(span: &str) -> Option<PathBuf> {
    let homes = ["src", "tests/suite", ""].map(|home| root().join(home).join(span));
    homes.into_iter().find(|path| path.exists())
}

/// Whether a file declares something of this name.
fn declares(path: &Path, name: &str) -> bool {
    let Ok(text) = fs::read_to_string(path) else { return false };
    let words: Vec<&str> = text
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|w| !w.is_empty())
        .collect();
    let kinds = ["fn", "struct", "enum", "trait", "const", "static", "type"];
    words.windows(2).any(|two| kinds.contains(&two[0]) && two[1] == name)
}

/// A rule's section and number, as in "K12".
type Label = (char, u32);

fn label(text: &str) -> Option<Label> {
    let mut chars = text.chars();
    let section = chars.next().filter(char::is_ascii_uppercase)?;
    let number = chars.as_str().parse().ok().filter(|number| *number > 0)?;
    Some((section, number))
}

/// The rules of the contract, with their lines and the whole text of each.
fn rules() -> Vec<(Label, usize, String)> {
    let mut rules: Vec<(Label, usize, String)> = Vec::new();
    let mut open = false;
    for (at, line) in text(CONTRACT).lines().enumerate() {
        if let Some(bold) = line.strip_prefix("- **") {
            let name = bold.split("**").next().unwrap_or_default();
            let label = label(name).unwrap_or_else(|| panic!("{CONTRACT}:{}: {name}", at + 1));
            rules.push((label, at + 1, String::new()));
            open = true;
        } else if !line.starts_with("  ") {
            open = false;
        }
        if let Some((_, _, text)) = rules.last_mut().filter(|_| open) {
            text.push_str(line);
            text.push('\n');
        }
    }
    rules
}

/// The labels that a text cites: those that follow the word "rule" or "rules", as in "rules K2 to
/// K5, V1 and I11".
fn cited(text: &str) -> Vec<Label> {
    let mut found = Vec::new();
    let (mut citing, mut range) = (false, false);
    for word in text.split(|c: char| c.is_whitespace() || "(),.;:`/!*".contains(c)) {
        match (word, label(word)) {
            ("" | "and", _) => {}
            ("rule" | "rules" | "Rule" | "Rules", _) => (citing, range) = (true, false),
            ("to", _) if citing => range = true,
            (_, Some((section, number))) if citing => {
                let first = match found.last() {
                    Some((of, first)) if range && *of == section => first + 1,
                    _ => number,
                };
                found.extend((first..=number).map(|number| (section, number)));
                range = false;
            }
            _ => citing = false,
        }
    }
    found
}

#[test]
fn rules_of_the_contract_are_numbered_in_turn_and_say_which_test_shows_them() {
    let mut found = Vec::new();
    let mut last: BTreeMap<char, u32> = BTreeMap::new();
    let mut sections = String::new();
    for ((section, number), line, text) in rules() {
        if !sections.ends_with(section) {
            sections.push(section);
        }
        if last.insert(section, number).unwrap_or(0) + 1 != number {
            found.push(format!("{CONTRACT}:{line}: {section}{number} is out of turn"));
        }
        if !text.contains("  Test: `") {
            found.push(format!("{CONTRACT}:{line}: {section}{number} names no test"));
        }
    }
    assert_eq!(last.len(), sections.len(), "each section is in one piece: {sections}");
    none("rules are numbered in turn, and each names a test", &found);
}

#[test]
fn tests_that_the_contract_names_exist() {
    let files: Vec<SourceFile> = ["tests", "src"].into_iter().flat_map(under).collect();
    none("a test that the contract names exists", &functions_that_are_missing(CONTRACT, &files));
}

#[test]
fn rules_that_are_cited_exist() {
    let known: BTreeSet<Label> = rules().into_iter().map(|(label, ..)| label).collect();
    let mut found = Vec::new();
    let mut count = 0;
    let files = ["tests", "src"].into_iter().flat_map(under).map(|file| (file.path, file.text));
    for (path, text) in files.chain([(CONTRACT.into(), text(CONTRACT))]) {
        if path.ends_with("house/docs.rs") {
            continue;
        }
        for (section, number) in cited(&text) {
            count += 1;
            if !known.contains(&(section, number)) {
                found.push(format!("{path}: {section}{number}"));
            }
        }
    }
    assert!(count > 100, "the reference model cites the rules that it restates: {count}");
    none("a rule that is cited is in docs/contract.md", &found);
}

#[test]
fn lines_of_the_documents_fit_a_screen() {
    let found: Vec<String> = documents().iter().flat_map(|path| long_lines(path)).collect();
    none("no line over 120 columns outside of tables", &found);
}

#[test]
fn the_map_fits_two_screens_and_names_what_exists() {
    let text = text(MAP);
    let lines = text.lines().count();
    assert!(lines <= LONGEST_MAP, "{MAP} has {lines} lines; it is a map, details go to docs/");
    let mut found = Vec::new();
    for (line, span) in code_spans(&text) {
        let (path, name) = span.split_once("::").map_or((span, None), |(p, name)| (p, Some(name)));
        if !path.contains('/') || !is_path_like(path) || path.contains("NAME") {
            continue;
        }
        let there = map_entry(path);
        let holds = there.is_some_and(|path| name.is_none_or(|name| declares(&path, name)));
        if !holds {
            found.push(format!("{MAP}:{line}: {span}"));
        }
    }
    none("a file, type or function that the map names exists", &found);
}

#[test]
fn files_that_the_documents_name_exist() {
    let mut found = Vec::new();
    for document in documents() {
        let text = text(&document);
        let home = root().join(&document).parent().expect("a file has a folder").to_path_buf();
        for (line, link) in links(&text) {
            if !home.join(link).exists() {
                found.push(format!("{document}:{line}: {link}"));
            }
        }
        for (line, span) in code_spans(&text) {
            if is_path(span) && !root().join(span).exists() {
                found.push(format!("{document}:{line}: {span}"));
            }
        }
    }
    none("a file that a document names exists", &found);
}

#[test]
fn citations_are_single_rules_lists_and_ranges() {
    let text = "(rule C4), rules K2 to K4, V1 and\n//! I11. F bytes, rules of thumb M1, Rule Q0.";
    let expected = [('C', 4), ('K', 2), ('K', 3), ('K', 4), ('V', 1), ('I', 11)];
    assert_eq!(cited(text), expected);
}
