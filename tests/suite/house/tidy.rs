//! House rules that no compiler checks, enforced on the text of the crate.

use crate::house::source_text::paths::written;
use crate::house::source_text::{SourceFile, closing, none, production, under};
use std::collections::BTreeMap;

const LONGEST_FUNCTION: usize = 70;
const LONGEST_FILE: usize = 600;
const LONGEST_ROW: usize = 15;

/// Folders whose types have names of their own.
const OF_THE_ENGINE: [&str; 7] = ["engine", "vocab", "measure", "rx", "policy", "world", "sim"];

/// Names that several types of the engine have, which others are about to tell apart.
const SHARED_NAMES: &[&str] = &[];

/// Folders below `study`: what runs there depends on nothing but the scenario and the seed.
const BELOW_STUDY: [&str; 8] =
    ["engine", "vocab", "measure", "rx", "policy", "world", "sim", "scenario"];

/// Violations "file:line: word" of words that some files must not hold.
fn words(files: &[SourceFile], banned: impl Fn(&SourceFile, &str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        for token in file.tokens().iter().filter(|token| token.is_word()) {
            if banned(file, token.text) {
                found.push(format!("{}:{}: {}", file.path, token.line, token.text));
            }
        }
    }
    found
}

/// The functions of a text: the name, and where it ends.
fn heads(code: &str) -> Vec<(String, usize)> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let starts = code.match_indices("fn ").map(|(at, _)| at + 3);
    let starts = starts.filter(|at| !code[..at - 3].ends_with(is_part));
    let heads = starts.map(|at| {
        let name: String = code[at..].chars().take_while(|&c| is_part(c)).collect();
        let end = at + name.len();
        (name, end)
    });
    heads.filter(|(name, _)| !name.is_empty()).collect()
}

/// The line on which this place of a text lies.
fn line(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// The functions of a file: name, line, length in lines from `fn` to the closing brace.
fn functions(file: &SourceFile) -> Vec<(String, usize, usize)> {
    let code = &file.code;
    let whole = |(name, end): (String, usize)| {
        let open = body(code, end)?;
        let length = code[end..=closing(code, open)].lines().count();
        Some((name, line(code, end), length))
    };
    heads(code).into_iter().filter_map(whole).collect()
}

/// Where the body of a function opens, if it has one; `;` within brackets is an array's.
fn body(code: &str, start: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

fn too_long(file: &SourceFile) -> Vec<String> {
    let mut found = Vec::new();
    let lines = file.text.lines().count() - file.test_lines;
    if lines > LONGEST_FILE {
        found.push(format!("{}:1: {lines} lines of production code", file.path));
    }
    for (name, line, length) in functions(file) {
        if length > LONGEST_FUNCTION {
            found.push(format!("{}:{line}: fn {name} has {length} lines", file.path));
        }
    }
    found
}

/// The parameters of a function whose name ends at `start`, as they are written.
fn parameters(code: &str, start: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut generics, mut last) = (0, 0, 0);
    let bytes = code.as_bytes();
    for at in start..code.len() {
        match bytes[at] {
            b'<' => generics += 1,
            b'>' if bytes[at - 1] != b'-' => generics -= 1,
            b'(' | b'[' => {
                depth += 1;
                if depth == 1 && generics == 0 {
                    last = at + 1;
                }
            }
            b')' | b']' => depth -= 1,
            _ => {}
        }
        let ends = generics == 0 && (depth == 0 && bytes[at] == b')');
        if ends || generics == 0 && depth == 1 && bytes[at] == b',' {
            found.push(code[last..at].trim());
            last = at + 1;
        }
        if ends {
            break;
        }
    }
    found.retain(|parameter| !parameter.is_empty());
    found
}

/// Whether a parameter is a tuple, or a reference to one.
fn is_tuple(parameter: &str) -> bool {
    let mut depth = 0;
    let colon = parameter.char_indices().find(|&(at, c)| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0 && c == ':' && !parameter[at + 1..].starts_with(':')
    });
    let Some((colon, _)) = colon else { return false };
    let mut of_type = parameter[colon + 1..].trim_start();
    while let Some(rest) = of_type.strip_prefix('&') {
        of_type = rest.trim_start_matches(|c: char| c == '\'' || c.is_alphanumeric() || c == '_');
        of_type = if of_type.starts_with(' ') { of_type.trim_start() } else { rest };
    }
    of_type.trim_start_matches("mut ").starts_with('(') && !of_type.starts_with("()")
}

/// "file:line: fn name: parameter" of parameters that are tuples.
fn tuples(file: &SourceFile) -> Vec<String> {
    let code = file.identifiers();
    let mut found = Vec::new();
    for (name, end) in heads(&code) {
        for parameter in parameters(&code, end).into_iter().filter(|one| is_tuple(one)) {
            let parameter = parameter.split_whitespace().collect::<Vec<_>>().join(" ");
            found.push(format!("{}:{}: fn {name}: {parameter}", file.path, line(&code, end)));
        }
    }
    found
}

#[test]
fn no_parameter_is_a_tuple() {
    let files = ["src", "tests", "benches", "examples"].into_iter().flat_map(under);
    let found: Vec<String> = files.flat_map(|file| tuples(&file)).collect();
    none("no parameter is a tuple: its fields have names", &found);
}

#[test]
fn tuples_are_seen_however_they_are_written() {
    let seen = |text: &str| tuples(&SourceFile::new("src/x.rs", text)).len();
    assert_eq!(
        seen("fn f<F: Fn((u8, u8)) -> u8>(a: F, b: &[(u8, u8)], c: A<(u8, u8)>, d: ()) {}"),
        0
    );
    assert_eq!(seen("fn f(a: (u8, u8), (b, c): (u8, u8), d: &'a (u8,), e: &mut (u8, u8)) {}"), 4);
    assert_eq!(seen("trait T {\n    fn f<'a>(&self, a: (u8, u8));\n}"), 1);
}

#[test]
fn folders_are_short() {
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for file in ["src", "tests", "benches", "examples"].into_iter().flat_map(under) {
        let folder = file.path.rsplit_once('/').expect("it lies in a folder").0.to_string();
        *rows.entry(folder).or_default() += 1;
    }
    let found: Vec<String> = rows
        .into_iter()
        .filter(|(_, files)| *files > LONGEST_ROW)
        .map(|(folder, files)| format!("{folder}: {files} files"))
        .collect();
    none(&format!("a folder holds at most {LONGEST_ROW} files"), &found);
}

#[test]
fn types_of_the_engine_have_names_of_their_own() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in production() {
        let module = file.module();
        if !module.first().is_some_and(|folder| OF_THE_ENGINE.contains(&folder.as_str())) {
            continue;
        }
        for two in file.tokens().windows(2) {
            if matches!(two[0].text, "struct" | "enum" | "trait") && two[1].is_word() {
                let place = format!("{}:{}", file.path, two[1].line);
                places.entry(two[1].text.to_string()).or_default().push(place);
            }
        }
    }
    let shared = |(name, places): &(String, Vec<String>)| {
        places.len() > 1 && !SHARED_NAMES.contains(&name.as_str())
    };
    let found: Vec<String> = places
        .into_iter()
        .filter(shared)
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    none("a type's name is unique within the engine", &found);
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    let files = ["src", "tests", "benches", "examples"].into_iter().flat_map(under);
    let silent = files.filter(|file| {
        let first = file.text.lines().next().unwrap_or_default();
        first.strip_prefix("//!").is_none_or(|said| said.trim().is_empty())
    });
    let found: Vec<String> = silent.map(|file| format!("{}:1", file.path)).collect();
    none("every file begins with a //! head", &found);
}

#[test]
fn functions_and_files_are_short() {
    let found: Vec<String> = production().iter().flat_map(too_long).collect();
    let rule = format!(
        "a function has at most {LONGEST_FUNCTION} lines, a file {LONGEST_FILE} of production code"
    );
    none(&rule, &found);
}

#[test]
fn production_code_does_not_unwrap() {
    let mut found = Vec::new();
    for file in production() {
        let tokens = file.tokens();
        for three in tokens.windows(3) {
            if three.iter().map(|token| token.text).eq([".", "unwrap", "("]) {
                found.push(format!("{}:{}: .unwrap()", file.path, three[1].line));
            }
        }
    }
    none("no .unwrap() outside tests: expect() says why it holds", &found);
}

#[test]
fn no_collection_without_an_order() {
    let found = words(&production(), |_, word| matches!(word, "HashMap" | "HashSet"));
    none("no HashMap, no HashSet: their order is not the same in each run", &found);
}

#[test]
fn nothing_is_left_to_do() {
    let mut found = Vec::new();
    for file in production() {
        for two in file.tokens().windows(2) {
            if matches!(two[0].text, "todo" | "unimplemented" | "dbg") && two[1].text == "!" {
                found.push(format!("{}:{}: {}!", file.path, two[0].line, two[0].text));
            }
        }
    }
    none("no todo!, unimplemented!, dbg!", &found);
}

#[test]
fn below_study_no_clock_and_no_environment() {
    let below = |file: &SourceFile| {
        file.module().first().is_some_and(|folder| BELOW_STUDY.contains(&folder.as_str()))
    };
    let files: Vec<SourceFile> = production().into_iter().filter(below).collect();
    let mut found = words(&files, |_, word| matches!(word, "Instant" | "SystemTime"));
    for file in &files {
        for path in written(file) {
            if let [std, module, ..] = &path.segments[..]
                && std == "std"
                && matches!(module.as_str(), "time" | "env")
            {
                found.push(format!("{}:{}: {}", file.path, path.line, path.segments.join("::")));
            }
        }
    }
    none("below study/ no std::time, Instant, SystemTime, std::env", &found);
}

/// Floats may leave time, for people to read; they never enter it. So the files of time hold
/// them in one kind of function only: a documented `pub fn as_...(self) -> f64`.
#[test]
fn time_and_order_are_whole_numbers() {
    let mut found = Vec::new();
    for file in production() {
        if !matches!(file.path.as_str(), "src/engine/time.rs" | "src/engine/timeline.rs") {
            continue;
        }
        let lines: Vec<&str> = file.text.lines().collect();
        let for_people = |(name, line, length): &(String, usize, usize)| {
            let above = lines[..line - 1].iter().rev().find(|line| !line.trim().starts_with("#["));
            let documented = above.is_some_and(|line| line.trim().starts_with("///"));
            let leaves = lines[line - 1].contains("(self) -> f64 {");
            (name.starts_with("as_") && documented && leaves).then_some(*line..line + length)
        };
        let allowed: Vec<_> = functions(&file).iter().filter_map(for_people).collect();
        for token in file.tokens() {
            let float = matches!(token.text, "f32" | "f64");
            if float && !allowed.iter().any(|lines| lines.contains(&token.line)) {
                found.push(format!("{}:{}: {}", file.path, token.line, token.text));
            }
        }
    }
    none("no f32, f64 in time and timeline but for documented `as_...(self) -> f64`", &found);
}

#[test]
fn every_station_names_its_neighbours() {
    let mut found = Vec::new();
    for file in production() {
        let module = file.module();
        if module.len() != 2 || module[0] != "rx" {
            continue;
        }
        let head: Vec<&str> =
            file.text.lines().take_while(|line| line.starts_with("//!")).collect();
        for mark in ["Before:", "After:"] {
            if !head.iter().any(|line| line.contains(mark)) {
                found.push(format!("{}:1: no {mark}", file.path));
            }
        }
    }
    none("the head of every station of src/rx says what is Before: and After: it", &found);
}

#[test]
fn a_function_one_line_too_long_is_seen_and_its_tests_are_not_counted() {
    let long = |lines: usize| format!("fn f(x: [u8; 2]) {{\n{}}}\n", "    x;\n".repeat(lines - 2));
    let test = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", long(LONGEST_FILE));
    let sound = SourceFile::new("src/x.rs", &(long(LONGEST_FUNCTION) + &test));
    assert!(too_long(&sound).is_empty());
    let text = "//! X.\n".to_string() + &long(LONGEST_FUNCTION + 1);
    assert_eq!(too_long(&SourceFile::new("src/x.rs", &text)), ["src/x.rs:2: fn f has 71 lines"]);
    let full = SourceFile::new("src/x.rs", &"//!\n".repeat(LONGEST_FILE + 1));
    assert_eq!(too_long(&full), ["src/x.rs:1: 601 lines of production code"]);
}
