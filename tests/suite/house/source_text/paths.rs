//! The paths that production code writes: of `use` trees, taken apart, and inline ones.

use super::{SourceFile, Token};

/// A path as it is written, and where.
#[derive(Debug, PartialEq)]
pub(crate) struct Written {
    /// Its segments, as in `["super", "time", "Span"]`; a glob ends in `*`.
    pub(crate) segments: Vec<String>,
    /// The name it gets here, if it is the path of a `use`.
    pub(crate) name: Option<String>,
    /// Whether it only hands the name on: a `use` that is itself `pub`.
    pub(crate) handed_on: bool,
    /// The line it stands on.
    pub(crate) line: usize,
}

/// All paths of two segments and more, and those of every `use`.
pub(crate) fn written(file: &SourceFile) -> Vec<Written> {
    let tokens = file.tokens();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).map(|before| tokens[before].text);
        if tokens[at].text == "use" && tokens.get(at + 1).is_some_and(|next| next.text != "<") {
            let handed_on = matches!(before, Some("pub" | ")"));
            at = tree(&tokens, at + 1, &[], handed_on, &mut found);
        } else if is_visibility(&tokens, at) {
            at = inline(&tokens, at);
        } else if tokens[at].is_word() && !matches!(before, Some("::" | ".")) {
            let end = inline(&tokens, at);
            if end > at + 1 {
                let segments = tokens[at..end].iter().step_by(2).map(|t| t.text.into()).collect();
                let line = tokens[at].line;
                found.push(Written { segments, name: None, handed_on: false, line });
            }
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// Whether the path of `pub(in path)` begins here.
fn is_visibility(tokens: &[Token<'_>], at: usize) -> bool {
    let before = tokens[at.saturating_sub(3)..at].iter();
    before.map(|token| token.text).eq(["pub", "(", "in"])
}

/// Where the path that begins at a word ends.
fn inline(tokens: &[Token<'_>], start: usize) -> usize {
    let mut end = start + 1;
    while end + 1 < tokens.len() && tokens[end].text == "::" && tokens[end + 1].is_word() {
        end += 2;
    }
    end
}

/// Takes one branch of a `use` apart, from its first token; gives the token after it.
fn tree(
    tokens: &[Token<'_>],
    start: usize,
    stem: &[String],
    handed_on: bool,
    found: &mut Vec<Written>,
) -> usize {
    let mut segments = stem.to_vec();
    let mut at = start;
    loop {
        match tokens[at].text {
            "{" => {
                at += 1;
                while tokens[at].text != "}" {
                    at = tree(tokens, at, &segments, handed_on, found);
                    at += usize::from(tokens[at].text == ",");
                }
                return at + 1;
            }
            "::" => {}
            "self" if !segments.is_empty() => {}
            segment => segments.push(segment.into()),
        }
        at += 1;
        if matches!(tokens[at].text, "," | "}" | ";" | "as") {
            break;
        }
    }
    let mut name = segments.last().cloned();
    let line = tokens[start].line;
    if tokens[at].text == "as" {
        name = Some(tokens[at + 1].text.into());
        at += 2;
    }
    found.push(Written { segments, name, handed_on, line });
    at
}

#[test]
fn a_tree_of_use_is_taken_apart_and_inline_paths_are_found() {
    let text = "use super::{a::{self, B as C}, *};\npub(crate) use d::E;\npub(in crate::i) fn f(x: crate::g::H) {}\n";
    let paths = written(&SourceFile::new("src/x.rs", text));
    let shown: Vec<String> = paths
        .iter()
        .map(|path| {
            let name = path.name.as_deref().unwrap_or("-");
            format!("{} {} {name} {}", path.line, path.segments.join("::"), path.handed_on)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "1 super::a a false",
            "1 super::a::B C false",
            "1 super::* * false",
            "2 d::E E true",
            "3 crate::g::H - false"
        ]
    );
}
