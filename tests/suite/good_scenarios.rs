//! What the format means: defaults, rounding, and the worlds that it makes.

use rxsim::scenario::diagnostic::render;
use rxsim::scenario::{Loaded, Plan, Source, library, load};

fn loaded(text: &str, sets: &[(&str, &str)]) -> Loaded {
    let source = Source { name: "test.toml".into(), text: text.into(), dir: "".into() };
    let sets: Vec<_> = sets.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    load(&source, &sets).unwrap_or_else(|wrong| panic!("{}", render(&wrong, false)))
}

fn plan(text: &str) -> Plan {
    loaded(text, &[]).plan(None).unwrap_or_else(|wrong| panic!("{}", render(&wrong, false)))
}

#[test]
fn every_built_in_scenario_is_sound() {
    for name in library::names() {
        let source = library::find(name).expect("built in");
        let loaded = load(&source, &[]).unwrap_or_else(|wrong| panic!("{}", render(&wrong, false)));
        assert!(loaded.plan(None).is_ok(), "{name}");
        for design in loaded.designs() {
            assert!(loaded.plan(Some(design)).is_ok(), "{name}: {design}");
        }
    }
}

/// The example of the format's description, with all tables that it has.
const EXAMPLE: &str = include_str!("good_scenarios/everything.toml");

#[test]
fn the_example_of_the_format_is_well_written_and_says_what_cannot_run_yet() {
    let loaded = loaded(EXAMPLE, &[]);
    assert_eq!(loaded.designs(), ["no-rss", "rss"]);
    assert_eq!(loaded.axes().len(), 2);
    let wrong = loaded.plan(None).expect_err("it has virtual machines");
    assert!(wrong.iter().all(|one| one.unsupported));
    assert!(render(&wrong, false).contains("not simulated yet"));
}

const SHORT: &str = r#"
duration = "1 ms"
[host.alpha]
[nic.port0]
[traffic.bulk]
to = "host.alpha"
rate = "1 Gbps"
"#;

#[test]
fn the_short_form_has_all_defaults() {
    let plan = plan(SHORT);
    println!("{plan:#?}");
}
