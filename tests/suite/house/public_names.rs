//! The names of the crate that its users can write, held against a list: a change of the public
//! face is a decision.
//!
//! The face is what the crate shows without its feature `internals`: the root, and the modules that
//! are not hidden. An item counts where it stands, or where a `pub use` hands it on.

use crate::house::source_text::paths::written;
use crate::house::source_text::{SourceFile, under};
use std::collections::BTreeSet;
use std::fs;

/// The list, one path a line, sorted; from the crate's root.
const LIST: &str = "tests/public_names.txt";

/// The modules of the face: the file of each, and its path.
const FACE: [(&str, &str); 5] = [
    ("src/lib.rs", "rxsim"),
    ("src/cli/mod.rs", "rxsim::cli"),
    ("src/policy/mod.rs", "rxsim::policy"),
    ("src/world/mod.rs", "rxsim::world"),
    ("src/world/outcome.rs", "rxsim::world::outcome"),
];

/// The public names of a file: items at its top that are not hidden, and what it hands on.
fn names(file: &SourceFile) -> BTreeSet<String> {
    let handed_on = written(file).into_iter().filter(|path| path.handed_on);
    let mut found: BTreeSet<String> = handed_on.filter_map(|path| path.name).collect();
    let tokens = file.tokens();
    let (mut depth, mut hidden) = (0, false);
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            "hidden" if depth == 0 => hidden = true,
            "pub" if depth == 0 && !matches!(tokens[at + 1].text, "use" | "(") => {
                let kinds = ["mod", "fn", "struct", "enum", "trait", "type"];
                let kind = (at + 1..tokens.len()).find(|at| kinds.contains(&tokens[*at].text));
                let kind = kind.expect("a public item has a kind");
                if !std::mem::take(&mut hidden) {
                    found.insert(tokens[kind + 1].text.to_owned());
                }
            }
            _ => {}
        }
    }
    found
}

#[test]
fn the_public_names_are_those_of_the_list() {
    let files = under("src");
    let mut found = BTreeSet::new();
    for (path, module) in FACE {
        let file = files.iter().find(|file| file.path == path).expect("a module of the face");
        found.extend(names(file).into_iter().map(|name| format!("{module}::{name}")));
    }
    let root = env!("CARGO_MANIFEST_DIR");
    let list = fs::read_to_string(format!("{root}/{LIST}")).expect("the list is there");
    let list: BTreeSet<String> = list.lines().map(str::to_owned).collect();
    let new: Vec<&String> = found.difference(&list).collect();
    let gone: Vec<&String> = list.difference(&found).collect();
    let changed = !new.is_empty() || !gone.is_empty();
    assert!(!changed, "{LIST} is to say what is public\n  new: {new:#?}\n  gone: {gone:#?}");
}

#[test]
fn hidden_modules_and_what_lies_deeper_are_not_public() {
    let text = "#[doc(hidden)]\npub mod a;\npub mod b;\nmod c;\npub use c::{D, E as F};\n\
                pub const fn g() {\n    pub(super) struct H;\n}\nimpl D {\n    pub fn i() {}\n}\n";
    let names: Vec<String> = names(&SourceFile::new("src/x.rs", text)).into_iter().collect();
    assert_eq!(names, ["D", "F", "b", "g"]);
}
