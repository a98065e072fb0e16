//! The scenarios that come with the program: sound, and honest about where their claims come from.
//! That the claims hold is for `.ci/scenarios`, which runs them all as users do.

use rxsim::scenario::Loaded;
use rxsim::scenario::load;
use rxsim::scenario::text::diagnostic::render;
use rxsim::scenario::text::library;
use rxsim::study;
use std::cell::RefCell;
use std::collections::BTreeSet;

fn each(look: impl Fn(&str, &Loaded)) {
    for name in library::names() {
        let source = library::find(name).expect("a name of the list");
        let loaded = load(&source, &[]).unwrap_or_else(|e| panic!("{}", render(&e, false)));
        look(name, &loaded);
    }
}

#[test]
fn every_built_in_scenario_is_sound_and_claims_figures_that_exist() {
    each(|name, loaded| {
        let designs = loaded.designs();
        assert!(designs.len() > 1, "{name} has nothing to compare");
        for design in designs.into_iter().map(Some).chain([None]) {
            let plan = loaded.plan(design).unwrap_or_else(|e| panic!("{}", render(&e, false)));
            study::expect::check(&plan).unwrap_or_else(|e| panic!("{}", render(&e, false)));
        }
    });
}

/// That the fingerprints are right is for `.ci/scenarios`.
#[test]
fn every_design_of_a_built_in_scenario_has_its_line_in_the_file_of_fingerprints() {
    let file = include_str!("../../fingerprints.txt");
    let lines = file.lines().filter(|line| !line.starts_with("world:"));
    let runs: BTreeSet<&str> = lines.filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    let wanted = RefCell::new(BTreeSet::new());
    each(|name, loaded| {
        for design in loaded.designs().into_iter().map(Some).chain([None]) {
            let plan = loaded.plan(design).unwrap_or_else(|e| panic!("{}", render(&e, false)));
            let run = format!("{name} {} {}", design.unwrap_or("-"), plan.seed);
            assert!(runs.contains(&run[..]), "missing: {run}");
            wanted.borrow_mut().insert(run);
        }
    });
    let extra: Vec<_> = runs.iter().filter(|run| !wanted.borrow().contains(**run)).collect();
    assert!(extra.is_empty(), "extra: {extra:?}");
}

#[test]
fn every_built_in_scenario_has_its_row_in_the_list_of_scenarios() {
    let list = include_str!("../../../scenarios/README.md");
    each(|name, _| assert!(list.contains(&format!("\n| `{name}` | ")), "{name}"));
}

#[test]
fn every_design_of_a_built_in_scenario_has_a_claim_and_every_claim_its_source() {
    each(|name, loaded| {
        for design in loaded.designs() {
            let named = loaded.expects().iter().any(|e| e.design.as_deref() == Some(design));
            assert!(named, "{name}: {design} claims nothing");
        }
        for expect in loaded.expects() {
            assert!(expect.why.len() > 10, "{name}: {} says not why", expect.metric);
        }
    });
}
