//! Scenarios that run many times over, and their figures against exact ones.
//!
//! The rule: at least 20 replications with fixed seeds; the mean is within 3.5 standard errors of
//! the exact figure, and the standard error is at most 1 % of it, so that no check passes by being
//! noisy. Where all replications agree, a millionth is granted to the counting. Quantiles, read
//! from buckets of 0.4 %, are granted twice that and half a bucket.
//! `RXSIM_SLOW=1` adds the figures that take minutes; `--nocapture` prints all of them.

use rayon::prelude::*;
use rxsim::engine::chance::replication_seed;
use rxsim::engine::time::Span;
use rxsim::measure::histogram::Histogram;
use rxsim::scenario::load;
use rxsim::scenario::text::diagnostic::render;
use rxsim::scenario::{Plan, Source};
use rxsim::sim;
use rxsim::world::World;
use rxsim::world::outcome::{Outcome, SourceTally};

/// Independent runs of a scenario that does not say how many.
pub(crate) const REPLICATIONS: u64 = 20;

/// Standard errors between the mean of replications and the exact figure that chance may bring
/// about: about one check in 400 goes wrong with seeds that are not fixed.
const ERRORS: f64 = 3.5;

/// Whether the figures that take minutes are wanted too.
pub(crate) fn slow() -> bool {
    std::env::var_os("RXSIM_SLOW").is_some()
}

/// The plan of a scenario, or of one of its designs.
pub(crate) fn plan_of(text: &str, design: Option<&str>) -> Plan {
    let source = Source { name: "test.toml".into(), text: text.into(), dir: "".into() };
    load(&source, &[])
        .and_then(|loaded| loaded.plan(design))
        .unwrap_or_else(|wrong| panic!("{}\n{text}", render(&wrong, false)))
}

/// The world of a scenario.
pub(crate) fn world(text: &str) -> World {
    plan_of(text, None).world
}

/// One run of a scenario.
pub(crate) fn outcome(text: &str) -> Outcome {
    sim::run(&world(text), &mut |_| ())
}

/// What `look` makes of the world of each replication.
pub(crate) fn each<T: Send>(text: &str, look: impl Fn(&World) -> T + Sync) -> Vec<T> {
    let plan = plan_of(text, None);
    let replications = if plan.replications > 1 { plan.replications } else { REPLICATIONS };
    let of = |r| look(&World { seed: replication_seed(plan.seed, r), ..plan.world.clone() });
    (0..replications).into_par_iter().map(of).collect()
}

/// The outcome of each replication.
pub(crate) fn replicate(text: &str) -> Vec<Outcome> {
    each(text, |world| sim::run(world, &mut |_| ()))
}

/// The mean of `values` and its standard error.
pub(crate) fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (n - 1.0) / n).sqrt())
}

/// Holds the mean of replications against the exact figure.
pub(crate) fn agrees(what: &str, values: &[f64], exact: f64) {
    judge(what, values, exact, 0.01, 1e-6 * exact.abs());
}

/// As [`agrees`], for quantiles.
pub(crate) fn quantile_agrees(what: &str, values: &[f64], exact: f64) {
    judge(what, values, exact, 0.02, 0.002 * exact);
}

/// Holds `figure` of each replication against the exact one.
pub(crate) fn check(what: &str, runs: &[Outcome], figure: impl Fn(&Outcome) -> f64, exact: f64) {
    agrees(what, &runs.iter().map(figure).collect::<Vec<_>>(), exact);
}

/// Holds the quantile `p` of the latency in microseconds against the exact one.
pub(crate) fn check_quantile(what: &str, runs: &[Outcome], p: f64, exact: f64) {
    let of = |run: &Outcome| latency(run).quantile_ps(p).expect("packets") / 1e6;
    quantile_agrees(
        &format!("{what} p{}", 100.0 * p),
        &runs.iter().map(of).collect::<Vec<_>>(),
        exact,
    );
}

fn judge(what: &str, values: &[f64], exact: f64, most: f64, resolution: f64) {
    let (mean, error) = mean_and_error(values);
    let line = format!("{what}: exact {exact:.6}, mean {mean:.6}, standard error {error:.6}");
    println!("| {what} | {exact:.6} | {mean:.6} | {error:.6} |");
    assert!(values.len() as u64 >= REPLICATIONS, "{line}: too few replications");
    assert!(error <= most * exact.abs(), "{line}: too noisy");
    assert!((mean - exact).abs() <= ERRORS * error + resolution, "{line}");
}

/// Holds a figure that follows from calibration against the one that was measured.
pub(crate) fn within(what: &str, found: f64, published: f64, tolerance: f64) {
    println!("| {what} | {published:.6} | {found:.6} | tolerance {tolerance:.6} |");
    assert!((found - published).abs() <= tolerance, "{what}: {found} for {published}");
}

/// The latencies of all packets of all sources.
pub(crate) fn latency(run: &Outcome) -> Histogram {
    let mut all = Histogram::default();
    run.sources.iter().for_each(|source| all.merge(&source.latency));
    all
}

/// The mean latency in microseconds.
pub(crate) fn mean_us(run: &Outcome) -> f64 {
    latency(run).mean_ps().expect("packets") / 1e6
}

/// The sum of a count over all sources.
pub(crate) fn total(run: &Outcome, count: impl Fn(&SourceTally) -> u64) -> u64 {
    run.sources.iter().map(count).sum()
}

/// The share of the packets offered that were dropped.
pub(crate) fn loss(run: &Outcome) -> f64 {
    let dropped = total(run, |source| source.dropped.iter().sum());
    dropped as f64 / total(run, |source| source.offered.packets) as f64
}

/// Packets delivered per microsecond.
pub(crate) fn delivered_mpps(run: &Outcome) -> f64 {
    per_us(total(run, |source| source.delivered.packets), run.window)
}

/// Interrupts taken per microsecond.
pub(crate) fn interrupts_per_us(run: &Outcome) -> f64 {
    let taken = run.hosts.iter().flat_map(|host| &host.cores).map(|core| core.interrupts).sum();
    per_us(taken, run.window)
}

fn per_us(count: u64, window: Span) -> f64 {
    count as f64 * 1e6 / window.0 as f64
}

/// The share of the window in which core 0 was not busy.
pub(crate) fn idle(run: &Outcome) -> f64 {
    let busy = run.hosts[0].cores[0].busy;
    1.0 - (busy.interrupt + busy.deferred + busy.app).0 as f64 / run.window.0 as f64
}

/// An ideal NIC and one core; what costs something, how packets come.
///
/// `packets` of them are expected to come at `kpps` within the window.
pub(crate) struct OneCore<'a> {
    /// Further keys of the host.
    pub(crate) host: &'a str,
    /// Entries of the host's costs.
    pub(crate) cost: &'a str,
    /// Keys of the NIC.
    pub(crate) nic: &'a str,
    /// Keys of the traffic.
    pub(crate) traffic: &'a str,
    /// Thousands of packets per second.
    pub(crate) kpps: f64,
    /// Packets in the window of one replication.
    pub(crate) packets: f64,
    /// Microseconds before the window.
    pub(crate) warmup_us: f64,
}

impl OneCore<'_> {
    /// A waiting room without end, Poisson arrivals of 64-byte frames.
    pub(crate) const PLAIN: OneCore<'static> = OneCore {
        host: "",
        cost: "",
        nic: "ring = 1048576",
        traffic: "",
        kpps: 1.0,
        packets: 1.0,
        warmup_us: 5_000.0,
    };

    /// The scenario.
    pub(crate) fn text(&self) -> String {
        let Self { host, cost, nic, traffic, kpps, packets, warmup_us } = self;
        let duration = 1e3 * packets / kpps;
        let frame = if traffic.contains("frame") { "" } else { "frame = \"64 B\"" };
        format!(
            r#"
            duration = "{duration:.6} us"
            warmup = "{warmup_us:.6} us"
            [host.alpha]
            costs = "zero"
            {host}
            [host.alpha.cost]
            {cost}
            [nic.port0]
            model = "ideal"
            {nic}
            [traffic.bulk]
            to = "host.alpha"
            rate = "{kpps} kpps"
            {frame}
            {traffic}
            "#
        )
    }

    /// Its replications.
    pub(crate) fn replicate(&self) -> Vec<Outcome> {
        replicate(&self.text())
    }
}
