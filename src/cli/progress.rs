//! A progress bar on stderr, on terminals only.

use crate::engine::time::Span;
use crate::scenario::{Plan, Warmup};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicU64, Ordering};

/// Picoseconds per unit of the bar.
const UNIT: u64 = 1_000_000;

/// How far simulations are.
pub(super) struct Progress {
    bar: ProgressBar,
    /// Simulated so far, in picoseconds.
    done: AtomicU64,
}

impl Progress {
    /// A bar for these plans, unless `quiet` or not on a terminal.
    pub(super) fn new(plans: &[Plan], quiet: bool) -> Self {
        let bar = if quiet || !stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            match plans.iter().map(length).sum::<Option<u64>>() {
                Some(total) => ProgressBar::new(total / UNIT).with_style(style()),
                None => ProgressBar::new_spinner(),
            }
        };
        Self { bar, done: AtomicU64::new(0) }
    }

    /// Notes that more time was simulated.
    pub(super) fn advance(&self, span: Span) {
        let done = self.done.fetch_add(span.0, Ordering::Relaxed) + span.0;
        self.bar.set_position(done / UNIT);
    }

    /// Removes the bar.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Picoseconds that a plan simulates; none where captures say how long it takes.
fn length(plan: &Plan) -> Option<u64> {
    let duration = plan.world.duration?.0;
    let pilot = if plan.warmup == Warmup::Auto { duration } else { 0 };
    let run = plan.world.warmup.0 + duration;
    Some(run.saturating_mul(plan.replications).saturating_add(pilot))
}

fn style() -> ProgressStyle {
    let style = ProgressStyle::with_template("{bar:40} {percent} % of simulated time, {eta} left");
    style.expect("the template is sound")
}
