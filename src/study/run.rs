//! One study: a scenario's replications, their mean, and how sure it is.

use super::bottleneck::{Bottleneck, bottleneck};
use super::expect::{self, Judged};
use super::figures::Figures;
use super::figures::record::{Record, Side};
use super::metrics;
use crate::engine::chance::replication_seed;
use crate::engine::digest;
use crate::engine::time::{Span, Time};
use crate::error::Error;
use crate::measure::tree::Tree;
use crate::measure::warmup::mser5;
use crate::scenario::{Plan, Warmup};
use crate::sim;
use crate::world::outcome::Outcome;
use crate::world::{RunError, World};
use rayon::prelude::*;
use std::time::Instant;

/// Steps of a pilot run's series.
const PILOT_STEPS: u64 = 1000;

/// Told how much more time has been simulated, from whichever thread did it.
pub type Progress<'a> = dyn Fn(Span) + Sync + 'a;

/// What a study found.
#[derive(Clone, Debug)]
pub struct Study {
    /// What was asked for, with the warm-up that was settled.
    pub plan: Plan,
    /// What was simulated before the window.
    pub warmup: Span,
    /// The hash of the replications' fingerprints, in order.
    pub fingerprint: u64,
    /// What the reader should know.
    pub warnings: Vec<String>,
    /// Each replication's figures, in order.
    pub replications: Vec<Figures>,
    /// Their means.
    pub figures: Figures,
    /// The means by path.
    pub metrics: Tree,
    /// Half-widths of the 95 % intervals around them by path; none for one replication.
    pub interval95: Option<Tree>,
    /// What limits.
    pub bottleneck: Bottleneck,
    /// The scenario's claims, judged.
    pub expect: Vec<Judged>,
    /// The first replication, for what is shown over time.
    pub first: Outcome,
}

impl Study {
    /// Whether all claims hold.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.expect.iter().all(|judged| judged.pass)
    }
}

/// Simulates `plan` and judges its claims.
///
/// # Errors
/// Claims that name no figure; a policy that decides a move that cannot be made.
pub fn run(plan: &Plan, progress: &Progress) -> Result<Study, Error> {
    expect::check(plan)?;
    after(settle(plan, progress)?, plan, progress)
}

/// Simulates `plan` with a warm-up that is settled.
pub(super) fn after(warmup: Warmed, plan: &Plan, progress: &Progress) -> Result<Study, Error> {
    let world = World { warmup: warmup.span, ..plan.world.clone() };
    let replications = (0..plan.replications).into_par_iter();
    let runs = replications.map(|r| replicate(&world, plan.seed, r, progress));
    let runs: Result<Vec<Run>, RunError> = runs.collect();
    let runs = runs.map_err(|error| error.of_design(plan.design.as_deref()))?;
    Ok(assemble(Plan { world, ..plan.clone() }, warmup, runs))
}

/// Puts a plan's replications together.
pub(super) fn assemble(plan: Plan, warmup: Warmed, runs: Vec<Run>) -> Study {
    let fingerprint = digest::sequence(runs.iter().map(|run| run.fingerprint));
    let (mut first, mut replications) = (None, Vec::with_capacity(runs.len()));
    for run in runs {
        first = first.or(run.outcome);
        replications.push(run.figures);
    }
    let figures = Figures::mean(&replications.iter().collect::<Vec<_>>());
    let metrics = metrics::tree(&figures, Side::Value);
    let several = replications.len() > 1;
    Study {
        warmup: warmup.span,
        fingerprint,
        warnings: plan.warnings.iter().cloned().chain(warmup.warning).collect(),
        replications,
        bottleneck: bottleneck(&plan.world, &figures),
        expect: expect::judge(&plan, &metrics),
        metrics,
        interval95: several.then(|| metrics::tree(&figures, Side::HalfWidth)),
        figures,
        first: first.expect("the first replication keeps its outcome"),
        plan,
    }
}

/// One replication.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub(super) figures: Figures,
    pub(super) fingerprint: u64,
    /// Of the first replication only: histograms and series are large.
    pub(super) outcome: Option<Outcome>,
}

fn replicate(world: &World, seed: u64, r: u64, progress: &Progress) -> Result<Run, RunError> {
    let step = if r == 0 { world.step } else { None };
    let world = World { seed: replication_seed(seed, r), step, ..world.clone() };
    let start = Instant::now();
    let outcome = simulate(&world, progress)?;
    let figures = Figures::new(&world, &outcome, start.elapsed());
    Ok(Run { figures, fingerprint: outcome.fingerprint, outcome: (r == 0).then_some(outcome) })
}

/// Runs `world`, turning the engine's absolute times into progress made.
fn simulate(world: &World, progress: &Progress) -> Result<Outcome, RunError> {
    let mut last = Time::ZERO;
    sim::run(world, &mut |now| {
        progress(now.since(last));
        last = now;
    })
}

/// A warm-up that is settled, and what to say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Warmed {
    pub(super) span: Span,
    pub(super) warning: Option<String>,
}

/// Settles the warm-up; `auto` by MSER-5 on the packets that a pilot run, measured from the start,
/// delivers per step.
pub(super) fn settle(plan: &Plan, progress: &Progress) -> Result<Warmed, Error> {
    let duration = match (plan.warmup, plan.world.duration) {
        (Warmup::Fixed(span), _) => return Ok(Warmed { span, warning: None }),
        (Warmup::Auto, Some(duration)) => duration,
        (Warmup::Auto, None) => {
            let warning = "warmup = \"auto\" has no effect on a capture: all of it is measured";
            return Ok(Warmed { span: Span::ZERO, warning: Some(warning.to_owned()) });
        }
    };
    let step = Span((duration.0 / PILOT_STEPS).max(1));
    let pilot = World { warmup: Span::ZERO, step: Some(step), ..plan.world.clone() };
    let pilot = simulate(&pilot, progress);
    let steps = pilot.map_err(|error| error.of_design(plan.design.as_deref()))?.series;
    let delivered: Vec<f64> = steps.iter().map(|step| step.delivered.packets as f64).collect();
    if let Some(cut) = mser5(&delivered) {
        return Ok(Warmed { span: step * cut as u64, warning: None });
    }
    let span = Span(duration.0 / 2);
    let warning = format!(
        "warmup = \"auto\" found no steady state within {duration} and uses {span}; \
         a longer duration would help"
    );
    Ok(Warmed { span, warning: Some(warning) })
}
