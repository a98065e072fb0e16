//! What is wrong with a scenario, where, and what to write instead.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::ops::Range;
use std::sync::Arc;

/// A text that somebody wrote: a file, or one `--set`.
#[derive(Debug, PartialEq, Eq)]
pub struct Origin {
    /// How messages name it.
    pub name: String,
    /// The text.
    pub text: String,
}

/// Where in which text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The text.
    pub origin: Arc<Origin>,
    /// Bytes of it.
    pub range: Range<usize>,
}

/// One mistake of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Diagnostic {
    /// What is wrong, with the key it concerns.
    pub message: String,
    /// Where; none where no text is to blame (a file that cannot be read).
    pub place: Option<Place>,
    /// The reason, shown at the caret.
    pub reason: String,
    /// What to write instead.
    pub help: String,
    /// The file is right, but this version cannot run it yet: `check` accepts it.
    pub unsupported: bool,
}

/// How many mistakes are shown in full.
const SHOWN: usize = 50;
/// Characters of a line around the caret that are shown of a longer line.
const CONTEXT: usize = 60;

impl Diagnostic {
    /// A mistake of which nothing but the message is known yet.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            reason: String::new(),
            help: String::new(),
            unsupported: false,
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: &Place) -> Self {
        self.place = Some(place.clone());
        self
    }

    /// Says why.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = reason.into();
        self
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Marks it as no mistake, but something this version cannot simulate.
    #[must_use]
    pub fn unsupported(mut self) -> Self {
        self.unsupported = true;
        self
    }
}

/// Puts mistakes in the order of the text and removes those that were found twice (a design
/// repeats the mistakes of the file it is laid over).
#[must_use]
pub fn sorted(mut all: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let key = |d: &Diagnostic| {
        d.place.as_ref().map(|p| (p.origin.name.starts_with("--"), p.range.start, p.range.end))
    };
    all.sort_by(|a, b| (key(a), &a.message, &a.reason).cmp(&(key(b), &b.message, &b.reason)));
    all.dedup();
    all
}

/// Shows mistakes with file, line, caret, reason and fix; `styled` with colours.
#[must_use]
pub fn render(all: &[Diagnostic], styled: bool) -> String {
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    let mut shown: Vec<String> =
        all.iter().take(SHOWN).map(|one| renderer.render(&[group(one)])).collect();
    if all.len() > SHOWN {
        shown.push(format!("error: and {} more", all.len() - SHOWN));
    }
    shown.join("\n\n")
}

/// One mistake as the renderer wants it.
fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let title = Level::ERROR.primary_title(diagnostic.message.as_str());
    let mut group = match &diagnostic.place {
        Some(place) => title.element(snippet(place, &diagnostic.reason)),
        None if diagnostic.reason.is_empty() => Group::with_title(title),
        None => title.element(Level::NOTE.message(diagnostic.reason.as_str())),
    };
    if !diagnostic.help.is_empty() {
        group = group.element(Level::HELP.message(diagnostic.help.as_str()));
    }
    group
}

/// The line of a place, cut to what surrounds the caret if it is long.
fn snippet<'a>(
    place: &'a Place,
    reason: &'a str,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = place.origin.text.as_str();
    let start = floor_char(text, place.range.start.min(text.len()));
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = floor_char(text, place.range.end.clamp(start, line_end));
    let from = floor_char(text, line_start.max(start.saturating_sub(CONTEXT)));
    let to = floor_char(text, line_end.min(end.min(start + CONTEXT) + CONTEXT));
    let from = if line_end - line_start <= 2 * CONTEXT { line_start } else { from };
    let to = if line_end - line_start <= 2 * CONTEXT { line_end } else { to };
    let line = 1 + text[..line_start].matches('\n').count();
    let caret = start - from..end.min(to) - from;
    let annotation = AnnotationKind::Primary.span(caret);
    let annotation = if reason.is_empty() { annotation } else { annotation.label(reason) };
    Snippet::source(&text[from..to])
        .line_start(line)
        .path(place.origin.name.as_str())
        .annotation(annotation)
}

/// The start of the character at or before this byte.
fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
