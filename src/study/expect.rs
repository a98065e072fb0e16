//! What a scenario claims, judged.

use super::metrics::{self, shape};
use crate::measure::tree::Tree;
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::{Equals, Expect, Plan};

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

/// Looks at the claims before anything is simulated.
///
/// # Errors
/// Those that name no figure of this scenario, with the nearest that there is.
pub fn check(plan: &Plan) -> Result<(), Vec<Diagnostic>> {
    let shape = shape(&plan.world);
    let mistakes: Vec<Diagnostic> =
        plan.expects.iter().filter_map(|expect| mistake(plan, &shape, expect)).collect();
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

fn mistake(plan: &Plan, shape: &Tree, expect: &Expect) -> Option<Diagnostic> {
    let metric = &expect.metric;
    let found = shape.get(metric);
    let group = matches!(found, Some(Tree::Table(_) | Tree::List(_)));
    if found.is_some() && !group {
        return None;
    }
    let mut paths = shape.walk().into_iter().map(|(path, _)| path);
    let (reason, nearest) = if group {
        let inside = [format!("{metric}."), format!("{metric}[")];
        let first = paths.find(|path| inside.iter().any(|start| path.starts_with(start)));
        ("a group of figures".to_owned(), first)
    } else {
        let design = plan.design.as_ref().map(|design| format!(" of design \"{design}\""));
        let known = metrics::metric(metric);
        let why = known.map_or("", |_| ": this scenario has no such name or number");
        let reason = format!("not in the result{}{why}", design.unwrap_or_default());
        (reason, paths.min_by_key(|path| strsim::damerau_levenshtein(path, metric)))
    };
    let nearest = nearest.unwrap_or_default();
    Some(
        Diagnostic::new(format!("there is no metric \"{metric}\""))
            .at(&expect.place)
            .because(reason)
            .help(format!("the nearest is \"{nearest}\"")),
    )
}

/// Judges the claims.
pub(super) fn judge(plan: &Plan, metrics: &Tree) -> Vec<Judged> {
    let judged = |expect: &Expect| {
        let value = metrics.get(&expect.metric).cloned().unwrap_or(Tree::Null);
        Judged { expect: expect.clone(), pass: holds(expect, &value), value }
    };
    plan.expects.iter().map(judged).collect()
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
    use crate::study::fixture::{self, expect};

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
    fn a_misspelled_figure_is_a_mistake_with_the_nearest_path() {
        let mut plan = fixture::plan();
        plan.expects = vec![expect("deliverd.gbps"), expect("latency"), expect("loss")];
        let found = check(&plan).unwrap_err();
        let helps: Vec<&str> = found.iter().map(|mistake| mistake.help.as_str()).collect();
        let expected = ["the nearest is \"delivered.gbps\"", "the nearest is \"latency.mean_us\""];
        assert_eq!(helps, expected);
    }
}
