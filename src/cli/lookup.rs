//! Commands that simulate nothing: check, list, show, schema.

use super::args::Scenario;
use super::exit_code::OK;
use super::failure::{Failure, tell};
use super::output::print;
use crate::report::text::wrapped;
use crate::scenario::Loaded;
use crate::scenario::profile;
use crate::scenario::profile::Profile;
use crate::scenario::schema;
use crate::scenario::schema::Format;
use crate::scenario::schema::json_schema;
use crate::scenario::text::diagnostic::{Diagnostic, sorted};
use crate::scenario::text::lessons::lessons;
use crate::scenario::text::library;
use crate::study::expect;

/// Reads a scenario and checks it.
pub(super) fn loaded(scenario: &Scenario, format: &Format) -> Result<Loaded, Failure> {
    let source = library::open(&scenario.name).map_err(|mistake| vec![mistake])?;
    Ok(format.load(&source, &scenario.overlays())?)
}

/// Columns of a name in a list, with what stands before it.
const NAME: usize = 34;

/// Validates a scenario: the file, its designs, and what it claims. A claim is held against the
/// design that it names, or else against the plain file alone: another design may lack the figure.
pub(super) fn check(scenario: &Scenario, format: &Format) -> Result<u8, Failure> {
    let loaded = loaded(scenario, format)?;
    let designs = loaded.designs();
    let mut mistakes = Vec::new();
    let (mut warnings, mut notes): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for design in std::iter::once(None).chain(designs.iter().copied().map(Some)) {
        match loaded.plan(design) {
            Ok(mut plan) => {
                plan.expects.retain(|expect| expect.design.as_deref() == design);
                mistakes.extend(expect::check(&plan).err().into_iter().flatten());
                warnings.extend(plan.warnings);
            }
            Err(unsupported) => notes.extend(unsupported.into_iter().map(note)),
        }
    }
    if !mistakes.is_empty() {
        return Err(Failure::Scenario(sorted(mistakes)));
    }
    for (kind, mut lines) in [("warning", warnings), ("note", notes)] {
        lines.sort();
        lines.dedup();
        for line in lines {
            tell(format!("{kind}: {line}"));
        }
    }
    let plural = if designs.len() == 1 { "" } else { "s" };
    print(&format!("{}: sound, {} design{plural}\n", scenario.name, designs.len()))?;
    Ok(OK)
}

fn note(unsupported: Diagnostic) -> String {
    unsupported.message
}

/// Names what is built in, and what each scenario shows.
pub(super) fn list() -> Result<u8, Failure> {
    let row = |name: &str, about: &str| {
        format!("{:NAME$}{}\n", format!("  {name}"), wrapped(about, NAME))
    };
    let mut text = "Scenarios (rxsim run NAME)\n".to_owned();
    for lesson in lessons() {
        text.extend(["\n", lesson.title, "\n"]);
        text.extend(lesson.stories.iter().map(|story| row(story.name, story.shows)));
    }
    text += "\nProfiles (rxsim show NAME)\n";
    text.extend(profile::all().map(|profile| row(profile.name, profile.about)));
    print(&text)?;
    Ok(OK)
}

/// Prints a built-in scenario, or a profile with its sources.
pub(super) fn show(name: &str) -> Result<u8, Failure> {
    if let Some(source) = library::find(name) {
        print(&source.text)?;
    } else if let Some(profile) = profile::find(name) {
        print(&numbers(profile))?;
    } else {
        let names = || library::names().chain(profile::all().map(|profile| profile.name));
        let near = schema::nearest(name, names());
        let near = near.map_or(String::new(), |near| format!(" did you mean `{near}`?"));
        return Err(Failure::Input(format!(
            "there is no scenario or profile `{name}`;{near} `rxsim list` names them"
        )));
    }
    Ok(OK)
}

fn numbers(profile: &Profile) -> String {
    let width = |of: fn(&profile::Row) -> usize| profile.rows.iter().map(of).max().unwrap_or(0);
    let (keys, values) = (width(|row| row.key.len()), width(|row| row.value.len()));
    let indent = keys + values + 6;
    let rows = profile.rows.iter().map(|row| {
        let source = wrapped(row.source, indent);
        format!("  {:keys$}  {:values$}  {source}\n", row.key, row.value)
    });
    let head = wrapped(&format!("{}: {}", profile.name, profile.about), 2);
    format!("{head}\n{}", rows.collect::<String>())
}

/// Prints the format as a JSON schema.
pub(super) fn schema(format: &Format) -> Result<u8, Failure> {
    print(&format!("{:#}\n", json_schema::schema_of(format)))?;
    Ok(OK)
}
