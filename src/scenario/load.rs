//! A text and its overlays -> everything checked, ready to be planned per design.

use super::build::{self, Plan};
use super::overlay::{self, Change};
use super::plan::expect::{self, Expect};
use super::plan::traffic::source::Captures;
use super::schema::rows::roots::ExpectKeys;
use super::schema::table_reader::TableReader;
use super::schema::{self, Format, validate};
use super::text::diagnostic::{Diagnostic, Origin, Place, sorted};
use super::text::document::{self, Entry, Node, Table, Value};
use super::text::findings::Findings;
use super::text::library::Source;
use std::sync::Arc;

/// A checked scenario with its designs.
#[derive(Debug)]
pub struct Loaded {
    format: Format,
    root: Table,
    place: Place,
    /// The plain file without changes, then the designs in the order of the file with theirs.
    variants: Vec<(Option<String>, Vec<Change>)>,
    sets: Vec<Change>,
    captures: Captures,
    expects: Vec<Expect>,
    /// The axes of `[sweep]`: dotted key, and its values as TOML would write them.
    axes: Vec<(String, Vec<String>)>,
}

/// Reads a scenario with overlays of dotted keys (`--set`) and checks everything: the plain file,
/// each design, the axes of the sweep, the expectations.
///
/// # Errors
/// All mistakes, in the order of the text.
pub fn load(source: &Source, overlays: &[(String, String)]) -> Result<Loaded, Vec<Diagnostic>> {
    Format::built_in().load(source, overlays)
}

impl Format {
    /// Reads a scenario of this format: as [`load()`] does, which knows the policies that come with
    /// rxsim alone.
    ///
    /// # Errors
    /// All mistakes, in the order of the text.
    pub fn load(
        &self,
        source: &Source,
        overlays: &[(String, String)],
    ) -> Result<Loaded, Vec<Diagnostic>> {
        read(self, source, overlays)
    }
}

fn read(
    format: &Format,
    source: &Source,
    overlays: &[(String, String)],
) -> Result<Loaded, Vec<Diagnostic>> {
    let origin = Origin { name: source.name.clone(), text: source.text.clone() };
    let origin = Arc::new(origin);
    let mut root = document::parse(&origin)?;
    let place = Place { origin, range: 0..0 };
    let mut found = validate::check(&root, format.root(), "", &place);
    let [designs, sweep, claims] = ["design", "sweep", "expect"].map(|key| root.remove(key));
    let sets = overlays
        .iter()
        .filter_map(|(key, value)| set(key, value).map_err(|wrong| found.push(wrong)).ok())
        .collect();
    let mut loaded = Loaded {
        axes: sweep.map_or(vec![], |sweep| axes(&sweep, &root, format, &mut found)),
        variants: variants(designs.as_ref()),
        captures: Captures::new(&source.dir),
        expects: vec![],
        format: format.clone(),
        root,
        place,
        sets,
    };
    for at in 0..loaded.variants.len() {
        found.extend(loaded.mistakes(at));
    }
    loaded.expects = expectations(claims, &loaded.designs(), &loaded.place, &mut found);
    if found.is_empty() { Ok(loaded) } else { Err(sorted(found)) }
}

impl Loaded {
    /// The file with the changes of a variant and of `--set`, and what is wrong with them.
    fn laid_over(&self, changes: &[Change]) -> (Table, Vec<Diagnostic>) {
        let (mut table, words) = (self.root.clone(), self.format.root());
        let all = changes.iter().chain(&self.sets);
        let wrong =
            all.filter_map(|change| overlay::apply(&mut table, change, words).err()).collect();
        (table, wrong)
    }

    /// The mistakes of a variant.
    fn mistakes(&mut self, variant: usize) -> Vec<Diagnostic> {
        let (table, mut found) = self.laid_over(&self.variants[variant].1);
        found.extend(validate::check(&table, self.format.root(), "", &self.place));
        found.extend(
            build::check(&table, &self.format, &self.place, &mut self.captures).findings.mistakes,
        );
        found
    }

    /// The names of the designs in the order of the file.
    #[must_use]
    pub fn designs(&self) -> Vec<&str> {
        self.variants.iter().filter_map(|(name, _)| name.as_deref()).collect()
    }

    /// The axes of the sweep: dotted key, and its values as `--set` takes them.
    #[must_use]
    pub fn axes(&self) -> &[(String, Vec<String>)] {
        &self.axes
    }

    /// All expectations of the file, whatever design they name.
    #[must_use]
    pub fn expects(&self) -> &[Expect] {
        &self.expects
    }

    /// The plan of the plain file, or of a design.
    ///
    /// # Errors
    /// An unknown design; what is well written but cannot be simulated yet.
    pub fn plan(&self, design: Option<&str>) -> Result<Plan, Vec<Diagnostic>> {
        let found = self.variants.iter().find(|(name, _)| name.as_deref() == design);
        let Some((_, changes)) = found else {
            return Err(vec![self.no_design(design.unwrap_or(""))]);
        };
        let (table, _) = self.laid_over(changes);
        let checked = build::check(&table, &self.format, &self.place, &mut self.captures.clone());
        let Some(plan) = checked.plan else {
            return Err(sorted(checked.findings.unsupported));
        };
        let mine = |expect: &&Expect| expect.design.is_none() || expect.design.as_deref() == design;
        Ok(Plan {
            design: design.map(str::to_owned),
            expects: self.expects.iter().filter(mine).cloned().collect(),
            warnings: checked.findings.warnings,
            scenario_hash: table.digest(),
            ..plan
        })
    }

    fn no_design(&self, name: &str) -> Diagnostic {
        let help = match self.designs()[..] {
            [] => "add a table `[design.NAME]`".to_owned(),
            ref names => format!("there are: {}", names.join(", ")),
        };
        Diagnostic::new(format!("there is no design \"{name}\"")).help(help)
    }
}

/// The plain file, then each design with its changes.
fn variants(designs: Option<&Entry>) -> Vec<(Option<String>, Vec<Change>)> {
    let designs = designs.and_then(|entry| entry.node.table());
    let named = designs.into_iter().flat_map(|designs| &designs.entries).filter_map(|design| {
        let by = format!("design {}", design.key);
        Some((Some(design.key.clone()), overlay::changes(design.node.table()?, &by)))
    });
    std::iter::once((None, vec![])).chain(named.take(validate::MAX_DESIGNS)).collect()
}

/// One `--set key=value`.
fn set(key: &str, value: &str) -> Result<Change, Diagnostic> {
    let origin = Arc::new(Origin { name: "--set".to_owned(), text: format!("{key}={value}") });
    if origin.text.len() > document::MAX_BYTES {
        return Err(document::too_long("--set", origin.text.len()));
    }
    let node = document::parse_value(&origin, key.len() + 1)?;
    let path = key.split('.').map(|part| part.trim().trim_matches('"').to_owned()).collect();
    let place = Place { origin, range: 0..key.len() };
    Ok(Change { path, place, node, by: "--set".to_owned() })
}

/// The axes of a sweep: each key is laid over the file for its first value, and each value has
/// the shape that the key asks for.
fn axes(
    sweep: &Entry,
    root: &Table,
    format: &Format,
    found: &mut Vec<Diagnostic>,
) -> Vec<(String, Vec<String>)> {
    let Some(table) = sweep.node.table() else { return vec![] };
    let mut axes = vec![];
    for change in overlay::changes(table, "sweep") {
        let key = change.path.join(".");
        let Value::List(values) = &change.node.value else {
            found.push(no_values(&change, &key, "a list of values is due"));
            continue;
        };
        let Some(first) = values.first() else {
            found.push(no_values(&change, &key, "the list is empty"));
            continue;
        };
        let one = Change { node: first.clone(), ..change.clone() };
        if let Err(wrong) = overlay::apply(&mut root.clone(), &one, format.root()) {
            found.push(wrong);
            continue;
        }
        if let Some(word) = overlay::word_of(&change.path, format.root()) {
            found.extend(values.iter().flat_map(|node| validate::check_value(node, word, &key)));
        }
        axes.push((key, values.iter().map(written).collect()));
    }
    axes
}

/// A value as it was written.
fn written(node: &Node) -> String {
    node.place.origin.text[node.place.range.clone()].to_owned()
}

fn no_values(change: &Change, key: &str, reason: &str) -> Diagnostic {
    Diagnostic::new(format!("sweep: `{key}` has no values to sweep over"))
        .at(&change.node.place)
        .because(reason)
        .help("write a list, such as [1, 2, 4, 8]")
}

/// The claims of the file.
fn expectations(
    expects: Option<Entry>,
    designs: &[&str],
    place: &Place,
    found: &mut Vec<Diagnostic>,
) -> Vec<Expect> {
    let table = Table { entries: expects.into_iter().collect() };
    let view = TableReader::new(&table, &schema::SCENARIO, "", place);
    let mut findings = Findings::default();
    let all = view.list("expect").into_iter().map(ExpectKeys::read);
    let all = all.filter_map(|one| expect::read(&one, designs, &mut findings)).collect();
    found.append(&mut findings.mistakes);
    all
}
