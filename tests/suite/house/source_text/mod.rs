//! The program's own source, read as text: what a test of its structure needs and no more.
//!
//! "Production code" is what is left of a file when comments, the insides of literals and every
//! item under `#[cfg(test)]` are blanked. Blanks keep their place, so lines can be counted.

pub(crate) mod methods;
pub(crate) mod paths;

use std::fs;
use std::path::Path;

/// A file of Rust text.
pub(crate) struct SourceFile {
    /// From the crate's root, as in "src/rx/ring.rs".
    pub(crate) path: String,
    /// As it was written.
    pub(crate) text: String,
    /// Production code, of the same lines as the text.
    pub(crate) code: String,
    /// How many lines of the text belong to items under `#[cfg(test)]`.
    pub(crate) test_lines: usize,
    /// Modules in files of their own that are declared under `#[cfg(test)]`.
    test_modules: Vec<String>,
}

impl SourceFile {
    /// A file of that name and text.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut code = split(text).0;
        let (test_lines, test_modules) = blank_tests(&mut code);
        let code = String::from_utf8(code).expect("whole characters are blanked");
        Self { path: path.into(), text: text.into(), code, test_lines, test_modules }
    }

    /// The path of its module: empty for the crate's root, `["rx", "ring"]` for "src/rx/ring.rs".
    pub(crate) fn module(&self) -> Vec<String> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        let path = path.trim_end_matches("/mod");
        if path == "lib" { Vec::new() } else { path.split('/').map(String::from).collect() }
    }

    /// Its code, that of tests included, without comments and the insides of literals.
    pub(crate) fn identifiers(&self) -> String {
        let code = split(&self.text).0;
        String::from_utf8(code).expect("whole characters are blanked")
    }

    /// Its comments.
    pub(crate) fn comments(&self) -> String {
        let comments = split(&self.text).1;
        String::from_utf8(comments).expect("whole characters are blanked")
    }

    /// The tokens of its production code.
    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        tokens(&self.code)
    }
}

/// The files of src/ that hold production code, in the order of their names.
pub(crate) fn production() -> Vec<SourceFile> {
    let mut files = under("src");
    let of_tests: Vec<Vec<String>> = files
        .iter()
        .flat_map(|file| file.test_modules.iter().map(|name| [file.module(), vec![name.clone()]]))
        .map(|parts| parts.concat())
        .collect();
    files.retain(|file| !of_tests.iter().any(|module| file.module().starts_with(module)));
    files
}

/// All Rust files under a folder of the crate, in the order of their names.
pub(crate) fn under(folder: &str) -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = Vec::new();
    collect(&root.join(folder), folder, &mut names);
    names.sort();
    let read = |name: &String| {
        let text = fs::read_to_string(root.join(name)).expect("a file just listed is readable");
        SourceFile::new(name, &text)
    };
    names.iter().map(read).collect()
}

fn collect(folder: &Path, name: &str, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the folder is part of the crate") {
        let path = entry.expect("the folder is readable").path();
        let last = path.file_name().expect("entries have names").to_string_lossy();
        let name = format!("{name}/{last}");
        if path.is_dir() {
            collect(&path, &name, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            names.push(name);
        }
    }
}

/// Fails with all violations at once, each as "file:line: what is wrong".
#[track_caller]
pub(crate) fn none(rule: &str, violations: &[String]) {
    assert!(
        violations.is_empty(),
        "{rule}\n{} violation(s):\n  {}\n",
        violations.len(),
        violations.join("\n  ")
    );
}

/// A word or a sign of the code, and its line, counted from one.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    /// An identifier, a number, `::`, or one other sign.
    pub(crate) text: &'a str,
    /// The line it stands on.
    pub(crate) line: usize,
}

impl Token<'_> {
    /// Whether it is an identifier or a keyword.
    pub(crate) fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let length = if is_word_part(first) {
            rest.find(|c| !is_word_part(c)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (text, after) = rest.split_at(length);
        if first == '\n' {
            line += 1;
        } else if !first.is_whitespace() {
            found.push(Token { text, line });
        }
        rest = after;
    }
    found
}

fn is_word_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The code, with comments and literals blanked, and the comments, with all else blanked.
fn split(text: &str) -> (Vec<u8>, Vec<u8>) {
    let mut code = text.as_bytes().to_vec();
    let mut comments = code.clone();
    let all = comments.len();
    blank(&mut comments, 0, all);
    let mut at = 0;
    while at < code.len() {
        let in_word = at > 0 && is_word_part(char::from(code[at - 1]));
        let end = match code[at] {
            b'/' if text[at..].starts_with("//") => at + until(&text[at..], "\n"),
            b'/' if text[at..].starts_with("/*") => at + until(&text[at..], "*/") + 2,
            b'"' => quoted(&code, at, b'"'),
            b'r' if !in_word || code[at - 1] == b'b' => raw(text, at),
            b'\'' => character(text, at),
            _ => at,
        };
        if code[at] == b'/' && end > at {
            let end = end.min(all);
            comments[at..end].copy_from_slice(&text.as_bytes()[at..end]);
        }
        blank(&mut code, at, end);
        at = end.max(at + 1);
    }
    (code, comments)
}

fn until(text: &str, mark: &str) -> usize {
    text.find(mark).unwrap_or(text.len())
}

/// The end of a literal between quotes that may hold escapes.
fn quoted(code: &[u8], open: usize, quote: u8) -> usize {
    let mut at = open + 1;
    while at < code.len() && code[at] != quote {
        at += if code[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// The end of a raw string, or `at` if none opens there.
fn raw(text: &str, at: usize) -> usize {
    let signs = text[at + 1..].bytes().take_while(|&sign| sign == b'#').count();
    let open = at + 1 + signs;
    if text.as_bytes().get(open) != Some(&b'"') {
        return at;
    }
    let close = format!("\"{}", "#".repeat(signs));
    open + 1 + until(&text[open + 1..], &close) + close.len()
}

/// The end of a character literal, or `at` if the sign opens a lifetime.
fn character(text: &str, at: usize) -> usize {
    let mut after = text[at + 1..].chars();
    match (after.next(), after.next()) {
        (Some('\\'), _) => quoted(text.as_bytes(), at, b'\''),
        (Some(one), Some('\'')) => at + 1 + one.len_utf8() + 1,
        _ => at,
    }
}

fn blank(code: &mut [u8], from: usize, to: usize) {
    let to = to.min(code.len());
    for byte in code[from.min(to)..to].iter_mut().filter(|byte| **byte != b'\n') {
        *byte = b' ';
    }
}

/// Blanks items under `#[cfg(test)]`; gives their lines, and the names of those in other files.
fn blank_tests(code: &mut [u8]) -> (usize, Vec<String>) {
    const MARK: &str = "#[cfg(test)]";
    let (mut lines, mut modules) = (0, Vec::new());
    loop {
        let text = str::from_utf8(code).expect("whole characters are blanked");
        let Some(start) = text.find(MARK) else { return (lines, modules) };
        let item = start + MARK.len();
        let head = item + text[item..].find(['{', ';']).expect("an attribute has an item");
        let end = if text.as_bytes()[head] == b'{' {
            closing(text, head) + 1
        } else {
            let words: Vec<&str> = text[item..head].split_whitespace().collect();
            if let [.., "mod", name] = words[..] {
                modules.push(name.to_string());
            }
            head + 1
        };
        lines += text[start..end].lines().count();
        blank(code, start, end);
    }
}

/// Where the brace that opens at `open` closes.
pub(crate) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len() - 1
}

#[test]
fn comments_literals_and_tests_are_no_production_code() {
    let text = "//! crate::a\nfn f<'a>() { g(\"crate::b {\", '{', r#\"\"}\"#, b'\\'') } /* h */\n\
                #[cfg(test)]\nmod tests {\n    use crate::c;\n}\n#[cfg(test)]\nmod fixture;\nuse d;\n";
    let file = SourceFile::new("src/x.rs", text);
    let words: Vec<&str> = file.tokens().iter().filter(|t| t.is_word()).map(|t| t.text).collect();
    assert_eq!(words, ["fn", "f", "a", "g", "b", "use", "d"]);
    assert_eq!(file.tokens().last().map(|token| token.line), Some(9));
    assert_eq!(file.test_lines, 6);
    assert_eq!(file.test_modules, ["fixture"]);
}
