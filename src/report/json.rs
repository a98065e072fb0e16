//! Results as JSON: one object per study, an array of them for a comparison.

use super::verdict::verdict;
use crate::measure::tree::Tree;
use crate::scenario::Equals;
use crate::study::bottleneck::{Bottleneck, Resource, ResourceKind};
use crate::study::compare::{Comparison, Difference};
use crate::study::expect::Judged;
use crate::study::run::Study;
use serde_json::{Map, Value, json};

/// A study as one JSON object, indented, with a final newline.
#[must_use]
pub fn study(study: &Study) -> String {
    pretty(&object(study))
}

/// A comparison as a JSON array; each element but the first holds its `difference` from the first.
#[must_use]
pub fn comparison(comparison: &Comparison) -> String {
    let mut studies: Vec<Value> = comparison.studies.iter().map(object).collect();
    for (study, differences) in studies.iter_mut().skip(1).zip(&comparison.differences) {
        study["difference"] = differences_by_path(differences);
    }
    pretty(&Value::Array(studies))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn object(study: &Study) -> Value {
    let plan = &study.plan;
    json!({
        "rxsim": env!("CARGO_PKG_VERSION"),
        "title": plan.title,
        "design": study.plan.design,
        "seed": plan.seed,
        "replications": plan.replications,
        "warmup_us": study.warmup.as_us(),
        "scenario_hash": format!("{:016x}", plan.scenario_hash),
        "fingerprint": format!("{:016x}", study.fingerprint),
        "verdict": verdict(study),
        "bottleneck": bottleneck(&study.bottleneck),
        "warnings": study.warnings,
        "metrics": value(&study.metrics),
        "interval95": study.interval95.as_ref().map(value),
        "expect": study.expect.iter().map(judged).collect::<Vec<_>>(),
    })
}

fn bottleneck(found: &Bottleneck) -> Value {
    let next = found.next.as_ref().map(|next| {
        let mut next_object = resource(next);
        next_object["gbps"] = json!(next.capacity_gbps);
        next_object
    });
    let mut limit = found.limit.as_ref().map_or_else(
        || {
            let most = found.next.as_ref().map(|next| next.utilization);
            json!({ "resource": ResourceKind::None.name(), "name": null, "utilization": most })
        },
        resource,
    );
    limit["next"] = json!(next);
    limit
}

fn resource(resource: &Resource) -> Value {
    json!({
        "resource": resource.kind.name(),
        "name": resource.place.name(),
        "utilization": resource.utilization,
    })
}

fn judged(judged: &Judged) -> Value {
    let expect = &judged.expect;
    let equals = expect.equals.as_ref().map(|equals| match equals {
        Equals::Word(word) => json!(word),
        Equals::Number(number) => json!(number),
        Equals::Flag(flag) => json!(flag),
    });
    json!({
        "metric": expect.metric,
        "value": value(&judged.value),
        "min": expect.min,
        "max": expect.max,
        "equals": equals,
        "pass": judged.pass,
        "why": expect.why,
    })
}

fn differences_by_path(differences: &[Difference]) -> Value {
    let entry = |difference: &Difference| {
        let estimate = difference.estimate;
        let value = json!({ "mean": estimate.mean, "interval95": estimate.half_width });
        (difference.path.clone(), value)
    };
    Value::Object(differences.iter().map(entry).collect::<Map<_, _>>())
}

/// A tree as JSON.
pub(super) fn value(tree: &Tree) -> Value {
    match tree {
        Tree::Null => Value::Null,
        Tree::Count(count) => json!(count),
        Tree::Number(number) => json!(number),
        Tree::Word(word) => json!(word),
        Tree::Flag(flag) => json!(flag),
        Tree::List(items) => items.iter().map(value).collect(),
        Tree::Table(entries) => {
            Value::Object(entries.iter().map(|(key, entry)| (key.clone(), value(entry))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Plan;
    use crate::study::fixture;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_study_has_all_keys_in_order_and_no_interval_for_one_replication() {
        let found = parsed(&study(&fixture::study(2, 1)));
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
        let found = parsed(&study(&fixture::study_of(plan, outcomes)));
        assert_eq!(found["interval95"]["delivered"]["gbps"], 0.0);
        assert_eq!(found["interval95"]["host"]["alpha"]["core"][1]["busy"], 0.0);
        assert_eq!(found["interval95"]["sustained"], Value::Null);
    }

    #[test]
    fn a_carried_load_has_no_bottleneck_but_a_next_limit() {
        let found = parsed(&study(&fixture::study(8, 3)));
        assert_eq!(found["bottleneck"]["resource"], "none");
        assert_eq!(found["bottleneck"]["next"]["name"], "port0");
    }
}
