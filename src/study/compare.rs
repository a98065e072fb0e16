//! Designs on the same traffic: each against the first, replication by replication.

use super::expect;
use super::figures::record::Side;
use super::metrics;
use super::run::{Progress, Study, Warmed, after, settle};
use crate::error::Error;
use crate::measure::interval::{Estimate, estimate};
use crate::measure::tree::Tree;
use crate::scenario::Plan;
use crate::scenario::text::diagnostic::{Diagnostic, sorted};
use rayon::prelude::*;

/// The studies of a file's designs, and how they differ.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// One study per design; the first is the baseline.
    pub studies: Vec<Study>,
    /// For each but the first its differences from the baseline.
    pub differences: Vec<Vec<Difference>>,
}

/// How one figure differs from the baseline's.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The figure's path in the metrics.
    pub path: String,
    /// Mean and 95 % half-width of the differences of pairs with the same seed.
    pub estimate: Estimate,
}

impl Difference {
    /// Whether the interval rules out that there is none; none without an interval.
    #[must_use]
    pub fn is_shown(&self) -> Option<bool> {
        self.estimate.half_width.map(|half| self.estimate.mean.abs() > half)
    }
}

/// Simulates designs on the same traffic and judges the claims that name them; those that name none
/// are about the plain file, which is not among them. Where the warm-up is
/// found by pilot runs the longest is used for all, so that the windows are the same.
///
/// # Errors
/// Claims that name no figure; a policy that decides a move that cannot be made.
pub fn run(designs: Vec<Plan>, progress: &Progress) -> Result<Comparison, Error> {
    let mut designs = designs;
    for plan in &mut designs {
        plan.expects.retain(|expect| expect.design.is_some());
    }
    let mistakes = designs.iter().filter_map(|plan| expect::check(plan).err());
    let mistakes: Vec<Diagnostic> = mistakes.flatten().collect();
    if !mistakes.is_empty() {
        return Err(sorted(mistakes).into());
    }
    let warmed: Result<Vec<Warmed>, Error> =
        designs.par_iter().map(|plan| settle(plan, progress)).collect();
    let warmed = warmed?;
    let span = warmed.iter().map(|warmed| warmed.span).max().unwrap_or_default();
    let studies = designs.par_iter().zip(warmed);
    let study = |(plan, warmed)| after(Warmed { span, ..warmed }, plan, progress);
    let studies: Result<Vec<Study>, Error> = studies.map(study).collect();
    Ok(compare(studies?))
}

/// Compares studies; replication r of each had the same seed, so that differences are of pairs.
fn compare(studies: Vec<Study>) -> Comparison {
    let trees = |study: &Study| -> Vec<Tree> {
        study.replications.iter().map(|figures| metrics::tree(figures, Side::Value)).collect()
    };
    let baseline = studies.first().map_or_else(Vec::new, trees);
    let others = studies.iter().skip(1);
    let differences = others.map(|other| differences(&baseline, &trees(other))).collect();
    Comparison { studies, differences }
}

/// The differences of all figures that both sides have. How fast the program itself was
/// (`engine.*`) is none of the designs' doing and left out.
fn differences(baseline: &[Tree], other: &[Tree]) -> Vec<Difference> {
    let Some(shape) = baseline.first() else { return Vec::new() };
    let paths = shape.walk().into_iter().map(|(path, _)| path);
    paths
        .filter(|path| !path.starts_with("engine."))
        .filter_map(|path| {
            let pairs = baseline.iter().zip(other);
            let differences: Vec<f64> = pairs
                .filter_map(|(base, other)| Some(other.number(&path)? - base.number(&path)?))
                .collect();
            estimate(&differences).map(|estimate| Difference { path, estimate })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replication(pps: f64, queues: usize) -> Tree {
        let queue = Tree::table([("packets", Tree::Count(1))]);
        Tree::table([
            ("pps", Tree::Number(pps)),
            ("queue", Tree::List(vec![queue; queues])),
            ("path", Tree::Word("rss".into())),
            ("engine", Tree::table([("events", Tree::Count(1))])),
        ])
    }

    #[test]
    fn differences_are_of_pairs_so_that_a_common_swing_cancels() {
        let baseline = [replication(100.0, 1), replication(200.0, 1), replication(300.0, 1)];
        let other = [replication(109.0, 2), replication(211.0, 2), replication(310.0, 2)];
        let found = differences(&baseline, &other);
        let paths: Vec<&str> = found.iter().map(|found| found.path.as_str()).collect();
        assert_eq!(paths, ["pps", "queue[0].packets"]);
        assert!((found[0].estimate.mean - 10.0).abs() < 1e-12);
        assert_eq!(found[0].is_shown(), Some(true));
        assert_eq!(found[1].is_shown(), Some(false));
    }

    #[test]
    fn one_pair_gives_a_difference_but_no_interval() {
        let found = differences(&[replication(1.0, 1)], &[replication(2.0, 1)]);
        assert_eq!(found[0].estimate, Estimate { mean: 1.0, half_width: None });
        assert_eq!(found[0].is_shown(), None);
    }
}
