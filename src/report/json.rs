//! Results as JSON: one object per study, an array of them for a comparison.

use super::document::{Differences, ResultDocument};
use super::renderer::Renderer;
use crate::study::compare::Comparison;
use crate::study::run::Study;
use serde::Serialize;

/// JSON, indented, with a final newline.
#[derive(Clone, Copy, Debug)]
pub struct Json;

impl Renderer for Json {
    /// One object.
    fn study(&self, study: &Study) -> String {
        pretty(&ResultDocument::new(study))
    }

    /// An array; each element but the first holds its `difference` from the first.
    fn comparison(&self, comparison: &Comparison) -> String {
        let mut documents: Vec<ResultDocument> =
            comparison.studies.iter().map(ResultDocument::new).collect();
        for (document, differences) in documents.iter_mut().skip(1).zip(&comparison.differences) {
            document.difference = Some(Differences::new(differences));
        }
        pretty(&documents)
    }
}

fn pretty(document: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(document).expect("a document is plain data");
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Plan;
    use crate::study::fixture;
    use serde_json::Value;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_study_has_all_keys_in_order_and_no_interval_for_one_replication() {
        let found = parsed(&Json.study(&fixture::study(2, 1)));
        let keys: Vec<&String> = found.as_object().unwrap().keys().collect();
        let expected = [
            "rxsim",
            "title",
            "design",
            "seed",
            "replications",
            "warmup_us",
            "scenario_hash",
            "fingerprint",
            "verdict",
            "bottleneck",
            "warnings",
            "metrics",
            "interval95",
            "expect",
        ];
        assert_eq!(keys, expected);
        assert_eq!(found["interval95"], Value::Null);
        assert_eq!(found["bottleneck"]["name"], "alpha.core[0]");
        assert_eq!(found["bottleneck"]["next"]["resource"], "link");
        assert_eq!(found["metrics"]["host"]["alpha"]["core"].as_array().unwrap().len(), 2);
        assert_eq!(found["metrics"]["nic"]["port0"]["queue"].as_array().unwrap().len(), 1);
        assert_eq!(found["scenario_hash"], "000000000000feed");
    }

    #[test]
    fn intervals_have_the_shape_of_the_metrics() {
        let outcomes = vec![fixture::outcome(2, 1), fixture::outcome(2, 1)];
        let plan = Plan { world: fixture::world(2, 1), ..fixture::plan() };
        let found = parsed(&Json.study(&fixture::study_of(plan, outcomes)));
        assert_eq!(found["interval95"]["delivered"]["gbps"], 0.0);
        assert_eq!(found["interval95"]["host"]["alpha"]["core"][1]["busy"], 0.0);
        assert_eq!(found["interval95"]["sustained"], Value::Null);
    }

    #[test]
    fn a_carried_load_has_no_bottleneck_but_a_next_limit() {
        let found = parsed(&Json.study(&fixture::study(8, 3)));
        assert_eq!(found["bottleneck"]["resource"], "none");
        assert_eq!(found["bottleneck"]["next"]["name"], "port0");
    }
}
