//! Policies that a program adds, as scenarios name them: parameters, defaults, mistakes.

use rxsim::policy::{CoreId, Loads, Move, OwnPolicy, Parameter, Policy, QueueId};
use rxsim::scenario::schema::{Format, json_schema};
use rxsim::scenario::text::diagnostic::render;
use rxsim::{Source, Span};

/// Moves queue 0 to and fro, so many times.
struct Pendulum(u64);

impl Policy for Pendulum {
    fn name(&self) -> &'static str {
        "pendulum"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        if self.0 == 0 {
            return vec![];
        }
        self.0 -= 1;
        vec![Move::Queue { queue: QueueId(0), to: CoreId(1 - loads.queues[0].core.0) }]
    }
}

fn pendulum() -> OwnPolicy {
    let swings = Parameter::Integer { default: 5, min: 1, max: 100 };
    let about = "moves queue 0 to and fro";
    OwnPolicy::new("pendulum", about, |all| Box::new(Pendulum(all.integer("swings"))))
        .parameter("swings", swings, "how often")
        .parameter("alpha", Parameter::Number { default: 0.3, min: 0.0, max: 1.0 }, "unused")
        .interval(Span::ms(1))
}

const TEXT: &str = r#"
duration = "50 ms"
host.alpha = { cores = 2, cost = { packet = "1 us" } }
traffic.bulk = { to = "host.alpha", rate = "100 kpps", flows = 100 }
[nic.port0]
path = "rss"
rss = { queues = 2, rebalance = "pendulum" }
[design.often]
nic.port0.rss.rebalance.swings = 9
nic.port0.rss.rebalance.policy = "pendulum"
"#;

/// The moves of a design, with these overlays.
fn moves(design: Option<&str>, overlays: &[(&str, &str)]) -> Result<u64, String> {
    let format = Format::with([pendulum()]).expect("names of its own");
    let overlay = |(key, value): &(&str, &str)| {
        (format!("nic.port0.rss.rebalance.{key}"), (*value).to_owned())
    };
    let overlays: Vec<_> = overlays.iter().map(overlay).collect();
    let loaded = format.load(&Source::new("test.toml", TEXT), &overlays);
    let plan = loaded.and_then(|loaded| loaded.plan(design));
    let plan = plan.map_err(|mistakes| render(&mistakes, false))?;
    Ok(rxsim::run(&plan.world).expect("both cores are there").nics[0].policy.moves)
}

#[test]
fn parameters_have_defaults_and_are_set_by_designs_and_dotted_keys() {
    assert_eq!(moves(None, &[]), Ok(5));
    assert_eq!(moves(Some("often"), &[]), Ok(9));
    let set = [("policy", "pendulum"), ("swings", "7"), ("alpha", "1")];
    assert_eq!(moves(None, &set), Ok(7));
}

#[test]
fn a_wrong_parameter_is_answered_with_what_to_write() {
    for (key, value, said) in [
        ("alhpa", "0.3", "did you mean `alpha`?"),
        ("swings", "0", "outside of 1 to 100"),
        ("alpha", "\"much\"", "write a number"),
        ("tolerance", "\"2 %\"", "is a number of rss++ alone"),
        ("policy", "\"pendulm\"", "did you mean \"pendulum\"?"),
    ] {
        let set = [("policy", "pendulum"), (key, value)];
        let text = moves(None, &set).expect_err("it is wrong");
        assert!(text.contains(said), "{key} = {value}: {text}");
    }
}

#[test]
fn explain_and_the_json_schema_know_them_and_names_are_taken_once() {
    let format = Format::with([pendulum()]).expect("names of its own");
    let schema = json_schema::schema_of(&format).to_string();
    assert!(schema.contains("pendulum: how often") && schema.contains("\"pendulum\""));
    assert!(!json_schema::schema().to_string().contains("pendulum"));
    assert!(Format::with([pendulum(), pendulum()]).is_err());
    let taken = OwnPolicy::new("rss++", "not the original", |_| Box::new(Pendulum(0)));
    assert!(Format::with([taken]).is_err());
}
