//! The methods that production code declares, and where it calls them.

use super::{SourceFile, Token};

/// A method, by its name, and the type or trait that it belongs to.
#[derive(Debug, PartialEq)]
pub(crate) struct Declared {
    /// Its name.
    pub(crate) name: String,
    /// The type of the `impl`, or the trait.
    pub(crate) owner: String,
}

/// A call `.name(`, and where.
#[derive(Debug, PartialEq)]
pub(crate) struct Called {
    /// The name of the method.
    pub(crate) name: String,
    /// The line it stands on.
    pub(crate) line: usize,
}

/// The methods that a file declares: functions of an `impl` or a trait that take `self`.
pub(crate) fn declared(file: &SourceFile) -> Vec<Declared> {
    let tokens = file.tokens();
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if is_item(&tokens, at) {
            let (owner, open) = head(&tokens, at);
            at = methods(&tokens, open, &owner, &mut found);
        }
        at += 1;
    }
    found
}

/// Whether an `impl` block or a trait begins here; `impl` stands in types, too.
fn is_item(tokens: &[Token<'_>], at: usize) -> bool {
    let before = at.checked_sub(1).map_or(";", |before| tokens[before].text);
    match tokens[at].text {
        "impl" => matches!(before, ";" | "{" | "}" | "]"),
        "trait" => matches!(before, ";" | "{" | "}" | "]" | "pub" | ")"),
        _ => false,
    }
}

/// The type that an `impl` or a trait that begins at `start` is for, and where its body opens.
fn head(tokens: &[Token<'_>], start: usize) -> (String, usize) {
    let (mut owner, mut generics, mut named) = (String::new(), 0, false);
    let mut at = start + 1;
    while tokens[at].text != "{" {
        match tokens[at].text {
            "<" => generics += 1,
            ">" if tokens[at - 1].text != "-" => generics -= 1,
            "for" if generics == 0 => (owner, named) = (String::new(), false),
            "where" | ":" if generics == 0 => named = true,
            word if generics == 0 && !named && tokens[at].is_word() => owner = word.into(),
            _ => {}
        }
        at += 1;
    }
    (owner, at)
}

/// Adds the methods of the body that opens at `open`; gives where it closes.
fn methods(tokens: &[Token<'_>], open: usize, owner: &str, found: &mut Vec<Declared>) -> usize {
    let (mut depth, mut at) = (0, open);
    loop {
        match tokens[at].text {
            "{" => depth += 1,
            "}" if depth == 1 => return at,
            "}" => depth -= 1,
            "fn" if depth == 1 && takes_self(tokens, at + 2) => {
                found.push(Declared { name: tokens[at + 1].text.into(), owner: owner.into() });
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether the first parameter of the function whose name ends before `at` is `self`.
fn takes_self(tokens: &[Token<'_>], at: usize) -> bool {
    let open = at + tokens[at..].iter().take_while(|token| token.text != "(").count();
    let mut first = tokens[open + 1..].iter().take_while(|token| !matches!(token.text, "," | ")"));
    first.any(|token| token.text == "self")
}

/// The calls of a file that are written as those of methods.
pub(crate) fn called(file: &SourceFile) -> Vec<Called> {
    let tokens = file.tokens();
    let is_call = |four: &&[Token<'_>]| {
        let [before, dot, name, after] = four else { return false };
        before.text != "." && dot.text == "." && name.is_word() && matches!(after.text, "(" | "::")
    };
    let calls = tokens.windows(4).filter(is_call);
    calls.map(|four| Called { name: four[2].text.into(), line: four[2].line }).collect()
}

#[test]
fn methods_are_those_that_take_self_and_calls_those_behind_a_dot() {
    let text = "impl<'a, F: Fn() -> u8> super::A<'a, F> where F: Copy {\n\
                fn one(&mut self, x: u8) { x.two(); }\nfn not(x: A) {}\n}\n\
                impl B for c::D { fn three<T>(self: Box<Self>) { (0..x()).four::<u8>() } }\n\
                trait E: F { fn five(&self); }\n";
    let file = SourceFile::new("src/x.rs", text);
    let names: Vec<String> =
        declared(&file).iter().map(|method| format!("{}::{}", method.owner, method.name)).collect();
    assert_eq!(names, ["A::one", "D::three", "E::five"]);
    let calls: Vec<String> =
        called(&file).iter().map(|call| format!("{} {}", call.line, call.name)).collect();
    assert_eq!(calls, ["2 two", "5 four"]);
}
