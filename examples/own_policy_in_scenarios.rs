//! The program `rxsim` with a policy of one's own, which scenarios name like any other:
//!
//! ```text
//!   rebalance = { policy = "smoothed", alpha = 0.3 }
//! ```
//!
//! ```text
//! cargo run --example own_policy_in_scenarios -- explain smoothed
//! cargo run --example own_policy_in_scenarios -- compare examples/own_policy.toml
//! cargo run --example own_policy_in_scenarios -- run examples/own_policy.toml --design smoothed \
//!     --set nic.port0.rss.rebalance.alpha=0.1
//! ```

use rxsim::policy::{CoreId, OwnPolicy, Parameter, Parameters, QueueId};
use rxsim::{Loads, Move, Policy, Span};
use std::process::ExitCode;

/// Moves a queue from the busiest core to the least busy one, by loads that are smoothed over the
/// looks: a burst that is over is no reason to move.
struct Smoothed {
    /// The weight of the newest look.
    alpha: f64,
    /// How much busier than the least busy core the busiest one may be, as a share of the interval.
    gap: f64,
    /// The smoothed share of each core.
    busy: Vec<f64>,
}

impl Smoothed {
    fn new(parameters: &Parameters) -> Self {
        let (alpha, gap) = (parameters.number("alpha"), parameters.number("gap"));
        Self { alpha, gap, busy: Vec::new() }
    }
}

impl Policy for Smoothed {
    fn name(&self) -> &'static str {
        "smoothed"
    }

    fn rebalance(&mut self, loads: &Loads) -> Vec<Move> {
        self.busy.resize(loads.cores.len(), 0.0);
        for (smoothed, core) in self.busy.iter_mut().zip(&loads.cores) {
            let share = core.busy.total().as_us() / loads.interval.as_us();
            *smoothed += self.alpha * (share - *smoothed);
        }
        let busy = |core: &CoreId| self.busy[core.at()];
        let order = |a: &CoreId, b: &CoreId| busy(a).total_cmp(&busy(b)).then(b.cmp(a));
        let (Some(from), Some(to)) = (loads.usable().max_by(order), loads.usable().min_by(order))
        else {
            return vec![];
        };
        let of = |core: CoreId| {
            let queues = (0..).map(QueueId).zip(&loads.queues);
            queues.filter(move |(_, queue)| queue.core == core)
        };
        if busy(&from) - busy(&to) < self.gap || of(from).count() < 2 {
            return vec![];
        }
        let smallest = of(from).min_by_key(|(number, queue)| (queue.packets, *number));
        smallest.map(|(queue, _)| Move::Queue { queue, to }).into_iter().collect()
    }
}

fn main() -> ExitCode {
    let alpha = Parameter::Number { default: 0.3, min: 0.01, max: 1.0 };
    let gap = Parameter::Number { default: 0.2, min: 0.0, max: 1.0 };
    let about = "moves a queue from the busiest core to the least busy one, by smoothed loads";
    let smoothed =
        OwnPolicy::new("smoothed", about, |parameters| Box::new(Smoothed::new(parameters)))
            .parameter("alpha", alpha, "weight of the newest look")
            .parameter("gap", gap, "how much busier one core than another may be")
            .interval(Span::ms(10));
    rxsim::cli::main_with([smoothed])
}
