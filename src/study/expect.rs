//! What a scenario claims, judged.

use super::metrics::shape;
use super::plan::{Equals, Expect, Plan};
use crate::measure::tree::Tree;
use std::fmt;

/// A claim and whether it holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// The claim.
    pub expect: Expect,
    /// The figure it is about.
    pub value: Tree,
    /// Whether it holds. A figure without data holds nothing.
    pub pass: bool,
}

/// A claim that names no figure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What the claim names.
    pub metric: String,
    /// Whether that is a group of figures.
    pub group: bool,
    /// The figure that is spelled most like it.
    pub nearest: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { metric, nearest, .. } = self;
        if self.group {
            write!(f, "`{metric}` in [[expect]] is a group of figures; name one, as `{nearest}`")
        } else {
            write!(f, "[[expect]] names no figure: `{metric}`; did you mean `{nearest}`?")
        }
    }
}

/// What is simulated, and so which claims are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The plain file: the claims that name no design.
    Plain,
    /// One design on its own: these, and the claims that name it.
    Design(&'a str),
    /// One design among others: the claims that name it.
    Compared(&'a str),
}

impl<'a> Scope<'a> {
    /// The design, if one is laid over the file.
    #[must_use]
    pub const fn design(self) -> Option<&'a str> {
        match self {
            Self::Plain => None,
            Self::Design(design) | Self::Compared(design) => Some(design),
        }
    }

    fn concerns(self, expect: &Expect) -> bool {
        match &expect.design {
            None => !matches!(self, Self::Compared(_)),
            named => named.as_deref() == self.design(),
        }
    }
}

/// Looks at the claims that will be judged, before anything is simulated.
///
/// # Errors
/// Those that name no figure of this scenario.
pub fn check(plan: &Plan, scope: Scope) -> Result<(), Vec<Mistake>> {
    let shape = shape(&plan.world);
    let concerned = plan.expects.iter().filter(|expect| scope.concerns(expect));
    let mistakes: Vec<Mistake> =
        concerned.filter_map(|expect| mistake(&shape, &expect.metric)).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

fn mistake(shape: &Tree, metric: &str) -> Option<Mistake> {
    let found = shape.get(metric);
    let group = matches!(found, Some(Tree::Table(_) | Tree::List(_)));
    if found.is_some() && !group {
        return None;
    }
    let mut paths = shape.walk().into_iter().map(|(path, _)| path);
    let nearest = if group {
        let inside = [format!("{metric}."), format!("{metric}[")];
        paths.find(|path| inside.iter().any(|start| path.starts_with(start)))
    } else {
        paths.min_by_key(|path| strsim::damerau_levenshtein(path, metric))
    };
    let nearest = nearest.unwrap_or_else(|| "delivered.gbps".to_owned());
    Some(Mistake { metric: metric.to_owned(), group, nearest })
}

/// Judges the claims that the scope concerns.
pub(super) fn judge(plan: &Plan, scope: Scope, metrics: &Tree) -> Vec<Judged> {
    let judged = |expect: &Expect| {
        let value = metrics.get(&expect.metric).cloned().unwrap_or(Tree::Null);
        Judged { expect: expect.clone(), pass: holds(expect, &value), value }
    };
    plan.expects.iter().filter(|expect| scope.concerns(expect)).map(judged).collect()
}

fn holds(expect: &Expect, value: &Tree) -> bool {
    let above = expect.min.is_none_or(|min| value.as_number().is_some_and(|value| value >= min));
    let below = expect.max.is_none_or(|max| value.as_number().is_some_and(|value| value <= max));
    let equal = match (&expect.equals, value) {
        (None, value) => *value != Tree::Null,
        (Some(Equals::Word(word)), Tree::Word(value)) => word == value,
        (Some(Equals::Flag(flag)), Tree::Flag(value)) => flag == value,
        (Some(Equals::Number(number)), value) => value.as_number() == Some(*number),
        (Some(_), _) => false,
    };
    above && below && equal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::fixture;

    fn expect(metric: &str) -> Expect {
        Expect {
            metric: metric.into(),
            design: None,
            min: None,
            max: None,
            equals: None,
            why: None,
        }
    }

    #[test]
    fn bounds_hold_at_their_ends_and_nothing_holds_of_no_data() {
        let bounds = Expect { min: Some(3.3), max: Some(3.7), ..expect("x") };
        for (value, pass) in [(3.3, true), (3.7, true), (3.29, false), (3.71, false)] {
            assert_eq!(holds(&bounds, &Tree::Number(value)), pass, "{value}");
        }
        assert!(!holds(&bounds, &Tree::Null));
        assert!(!holds(&expect("x"), &Tree::Null));
    }

    #[test]
    fn words_flags_and_numbers_are_compared_with_their_own_kind() {
        let equals = |equals| Expect { equals: Some(equals), ..expect("x") };
        assert!(holds(&equals(Equals::Word("vf".into())), &Tree::Word("vf".into())));
        assert!(!holds(&equals(Equals::Word("true".into())), &Tree::Flag(true)));
        assert!(holds(&equals(Equals::Flag(false)), &Tree::Flag(false)));
        assert!(holds(&equals(Equals::Number(2.0)), &Tree::Count(2)));
    }

    #[test]
    fn a_design_is_judged_by_its_own_claims_and_compared_by_them_alone() {
        let mut plan = fixture::plan();
        let rss = Expect { design: Some("rss".into()), ..expect("loss") };
        let other = Expect { design: Some("no-rss".into()), ..expect("loss") };
        plan.expects = vec![expect("loss"), rss, other];
        let metrics = shape(&plan.world);
        assert_eq!(judge(&plan, Scope::Plain, &metrics).len(), 1);
        assert_eq!(judge(&plan, Scope::Design("rss"), &metrics).len(), 2);
        assert_eq!(judge(&plan, Scope::Compared("rss"), &metrics).len(), 1);
    }

    #[test]
    fn a_misspelled_figure_is_a_mistake_with_the_nearest_path() {
        let mut plan = fixture::plan();
        plan.expects = vec![expect("deliverd.gbps"), expect("latency"), expect("loss")];
        let found: Vec<String> =
            check(&plan, Scope::Plain).unwrap_err().iter().map(ToString::to_string).collect();
        let expected = [
            "[[expect]] names no figure: `deliverd.gbps`; did you mean `delivered.gbps`?",
            "`latency` in [[expect]] is a group of figures; name one, as `latency.mean_us`",
        ];
        assert_eq!(found, expected);
    }
}
