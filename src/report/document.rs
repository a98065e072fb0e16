//! The result document: what `--format json` prints, and what can be read back from it.

use super::verdict::verdict;
use crate::measure::tree::Tree;
use crate::scenario::Equals;
use crate::study::bottleneck::{Bottleneck, Resource, ResourceKind};
use crate::study::compare::Difference;
use crate::study::expect::Judged;
use crate::study::run::Study;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The result of one study.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultDocument {
    /// The version of the program.
    pub rxsim: String,
    /// The scenario's title.
    pub title: String,
    /// The design that was simulated; none: the plain file.
    pub design: Option<String>,
    /// The seed.
    pub seed: u64,
    /// How many independent runs were made.
    pub replications: u64,
    /// Simulated before the measured window, in microseconds.
    pub warmup_us: f64,
    /// The hash of the scenario, as 16 hexadecimal digits.
    pub scenario_hash: String,
    /// The hash of all packets' records, as 16 hexadecimal digits.
    pub fingerprint: String,
    /// The verdict in a sentence.
    pub verdict: String,
    /// The verdict in words and numbers.
    pub bottleneck: BottleneckDocument,
    /// What the reader should know.
    pub warnings: Vec<String>,
    /// The figures by path: means over the replications.
    pub metrics: Tree,
    /// Half-widths of the 95 % intervals around them; none for one replication.
    pub interval95: Option<Tree>,
    /// The scenario's claims, judged.
    pub expect: Vec<ClaimDocument>,
    /// How the figures differ from those of the first design; for the other designs of a
    /// comparison only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Differences>,
}

/// What limits, and what limits next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BottleneckDocument {
    /// The kind of the resource; `none` where the load is carried.
    pub resource: String,
    /// Its name.
    pub name: Option<String>,
    /// The share of the window in which it was in use; where nothing limits, that of `next`.
    pub utilization: Option<f64>,
    /// What saturates next.
    pub next: Option<NextDocument>,
}

/// What limits next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NextDocument {
    /// The kind of the resource.
    pub resource: String,
    /// Its name.
    pub name: String,
    /// The share of the window in which it was in use.
    pub utilization: f64,
    /// The load of all ports at which it is full.
    pub gbps: Option<f64>,
}

/// A claim of the scenario, judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimDocument {
    /// The path of the figure.
    pub metric: String,
    /// The figure.
    pub value: Tree,
    /// The least that it may be.
    pub min: Option<f64>,
    /// The most that it may be.
    pub max: Option<f64>,
    /// What it must be.
    pub equals: Option<Tree>,
    /// Whether the claim holds.
    pub pass: bool,
    /// Why it is claimed.
    pub why: String,
}

/// Differences from another design by path, in the order of the metrics.
#[derive(Clone, Debug, PartialEq)]
pub struct Differences(pub Vec<(String, DifferenceDocument)>);

/// A difference of two designs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceDocument {
    /// The mean over pairs of replications.
    pub mean: f64,
    /// Half the width of the 95 % interval around it; none for one pair.
    pub interval95: Option<f64>,
}

impl ResultDocument {
    /// The document of a study.
    #[must_use]
    pub fn new(study: &Study) -> Self {
        let plan = &study.plan;
        Self {
            rxsim: env!("CARGO_PKG_VERSION").to_owned(),
            title: plan.title.clone(),
            design: plan.design.clone(),
            seed: plan.seed,
            replications: plan.replications,
            warmup_us: study.warmup.as_us(),
            scenario_hash: format!("{:016x}", plan.scenario_hash),
            fingerprint: format!("{:016x}", study.fingerprint),
            verdict: verdict(study),
            bottleneck: BottleneckDocument::new(&study.bottleneck),
            warnings: study.warnings.clone(),
            metrics: study.metrics.clone(),
            interval95: study.interval95.clone(),
            expect: study.expect.iter().map(ClaimDocument::new).collect(),
            difference: None,
        }
    }
}

impl BottleneckDocument {
    fn new(found: &Bottleneck) -> Self {
        let next = found.next.as_ref();
        let limit: Option<&Resource> = found.limit.as_ref();
        Self {
            resource: limit.map_or(ResourceKind::None, |limit| limit.kind).name().to_owned(),
            name: limit.map(|limit| limit.place.name()),
            utilization: limit.or(next).map(|resource| resource.utilization),
            next: next.map(|next| NextDocument {
                resource: next.kind.name().to_owned(),
                name: next.place.name(),
                utilization: next.utilization,
                gbps: next.capacity_gbps,
            }),
        }
    }
}

impl ClaimDocument {
    fn new(judged: &Judged) -> Self {
        let expect = &judged.expect;
        let equals = expect.equals.as_ref().map(|equals| match equals {
            Equals::Word(word) => Tree::Word(word.clone()),
            Equals::Number(number) => Tree::Number(*number),
            Equals::Flag(flag) => Tree::Flag(*flag),
        });
        Self {
            metric: expect.metric.clone(),
            value: judged.value.clone(),
            min: expect.min,
            max: expect.max,
            equals,
            pass: judged.pass,
            why: expect.why.clone(),
        }
    }
}

impl Differences {
    /// The differences that a comparison found.
    #[must_use]
    pub fn new(differences: &[Difference]) -> Self {
        let entry = |difference: &Difference| {
            let estimate = difference.estimate;
            let document =
                DifferenceDocument { mean: estimate.mean, interval95: estimate.half_width };
            (difference.path.clone(), document)
        };
        Self(differences.iter().map(entry).collect())
    }
}

impl Serialize for Differences {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(path, difference)| (path, difference)))
    }
}

impl<'de> Deserialize<'de> for Differences {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Differences;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("differences by path")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Differences, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Differences(entries))
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Count(count) => serializer.serialize_i64(*count),
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Word(word) => serializer.serialize_str(word),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::List(items) => serializer.collect_seq(items),
            Self::Table(entries) => {
                serializer.collect_map(entries.iter().map(|(key, value)| (key, value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTree)
    }
}

/// Takes any value that a tree can hold.
struct AnyTree;

impl<'de> Visitor<'de> for AnyTree {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a figure, a word, true or false, null, a list or a table")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_i64<E>(self, count: i64) -> Result<Tree, E> {
        Ok(Tree::Count(count))
    }

    fn visit_u64<E>(self, count: u64) -> Result<Tree, E> {
        Ok(Tree::count(count))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Tree, E> {
        Ok(Tree::Number(number))
    }

    fn visit_str<E>(self, word: &str) -> Result<Tree, E> {
        Ok(Tree::Word(word.to_owned()))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Tree, E> {
        Ok(Tree::Flag(flag))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Tree::Table(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::interval::Estimate;
    use crate::scenario::{Expect, Plan};
    use crate::study::fixture;

    fn read_back(document: &ResultDocument) -> ResultDocument {
        let text = serde_json::to_string_pretty(document).expect("plain data");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"))
    }

    #[test]
    fn a_result_is_read_back_as_it_was_written() {
        let plan = Plan { world: fixture::guests(3), ..fixture::plan() };
        let mut study = fixture::study_of(plan, vec![fixture::guests_outcome(3)]);
        let expect = Expect { equals: Some(Equals::Number(2.0)), ..fixture::expect("loss") };
        study.expect = vec![Judged { expect, value: Tree::Null, pass: false }];
        let mut document = ResultDocument::new(&study);
        assert_eq!(read_back(&document), document);
        let estimate = Estimate { mean: 0.1 + 0.2, half_width: None };
        let difference = Difference { path: "vm.web[0].loss".into(), estimate };
        document.difference = Some(Differences::new(&[difference]));
        assert_eq!(read_back(&document), document);
    }

    #[test]
    fn intervals_of_several_replications_are_read_back() {
        let plan = Plan { world: fixture::world(8, 3), ..fixture::plan() };
        let mut other = fixture::outcome(8, 3);
        other.sources[0].delivered.bytes -= 1_234_567;
        let outcomes = vec![fixture::outcome(8, 3), other, fixture::outcome(8, 3)];
        let document = ResultDocument::new(&fixture::study_of(plan, outcomes));
        assert_eq!(read_back(&document), document);
    }
}
