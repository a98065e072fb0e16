//! The scenarios that come with the program: sound, and honest about where their claims come from.
//! That the claims hold is for `.ci/scenarios`, which runs them all as users do.

use rxsim::scenario::diagnostic::render;
use rxsim::scenario::{Loaded, Source, library, load};
use rxsim::study;
use std::fs;
use std::path::Path;

fn each(look: impl Fn(&str, &Loaded)) {
    for name in library::names() {
        let source = library::find(name).expect("a name of the list");
        let loaded = load(&source, &[]).unwrap_or_else(|e| panic!("{}", render(&e, false)));
        look(name, &loaded);
    }
    for (name, source) in drafts() {
        let loaded = load(&source, &[]).unwrap_or_else(|e| panic!("{}", render(&e, false)));
        look(&name, &loaded);
    }
}

/// Scenarios that wait for the engine to simulate virtual machines; they are not built in yet.
fn drafts() -> Vec<(String, Source)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("drafts");
    let files = fs::read_dir(folder).into_iter().flatten();
    let paths = files.map(|file| file.expect("a readable folder").path());
    let scenarios = paths.filter(|path| path.extension().is_some_and(|end| end == "toml"));
    let mut paths: Vec<String> = scenarios.map(|path| path.display().to_string()).collect();
    paths.sort();
    let open = |path: String| (path.clone(), library::open(&path).expect("a readable draft"));
    paths.into_iter().map(open).collect()
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
