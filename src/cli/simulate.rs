//! Commands that simulate: run and compare.

use super::args::{Format, Run, Simulation};
use super::exit_code::{FAILED, OK};
use super::failure::{self, Failure};
use super::lookup::loaded;
use super::output::print;
use super::progress::Progress;
use crate::engine::time::Span;
use crate::error::Error;
use crate::report::csv::Csv;
use crate::report::folder::Folder;
use crate::report::json::Json;
use crate::report::md::Markdown;
use crate::report::renderer::{Renderer, Report};
use crate::report::text::{Style, Text};
use crate::rx::source::Arrivals;
use crate::scenario::Plan;
use crate::scenario::schema;
use crate::study;
use rayon::ThreadPoolBuilder;
use std::io::stdout;

/// Packets beyond which `--force` is due.
const MUCH: f64 = 1e12;
/// Steps of a series.
const STEPS: u64 = 200;

/// Simulates the plain file or one design.
pub(super) fn run(arguments: &Run, format: &schema::Format) -> Result<u8, Failure> {
    let simulation = &arguments.simulation;
    let plan = loaded(&simulation.scenario, format)?.plan(arguments.design.as_deref())?;
    answer(vec![plan], &[], simulation, |plans, progress| study::run::run(&plans[0], progress))
}

/// Simulates all designs of the file.
pub(super) fn compare(simulation: &Simulation, format: &schema::Format) -> Result<u8, Failure> {
    let loaded = loaded(&simulation.scenario, format)?;
    let designs = loaded.designs();
    if designs.is_empty() {
        let name = &simulation.scenario.name;
        return Err(Failure::Input(format!(
            "{name} has no designs to compare; add tables [design.NAME], or use `rxsim run`"
        )));
    }
    let mut plans = Vec::with_capacity(designs.len());
    for design in &designs {
        plans.push(loaded.plan(Some(design))?);
    }
    answer(plans, &designs, simulation, study::compare::run)
}

/// Simulates plans, writes and prints the result, and says by the exit code whether all claims
/// hold. Files of several designs have folders of their own.
fn answer<R: Report + Send>(
    plans: Vec<Plan>,
    designs: &[&str],
    simulation: &Simulation,
    simulate: impl FnOnce(Vec<Plan>, &study::run::Progress) -> Result<R, Error> + Send,
) -> Result<u8, Failure> {
    let plans: Vec<Plan> = plans.into_iter().map(|plan| prepared(plan, simulation)).collect();
    affordable(&plans, simulation)?;
    let folder = open(simulation, designs)?;
    let progress = Progress::new(&plans, simulation.quiet);
    let found = in_pool(simulation, || simulate(plans, &|span| progress.advance(span)))??;
    progress.finish();
    if let Some(folder) = folder {
        folder.write(&found)?;
    }
    print(&found.render(renderer(simulation.format).as_ref()))?;
    Ok(if found.passes() { OK } else { FAILED })
}

/// What prints a result in a format.
fn renderer(format: Format) -> Box<dyn Renderer> {
    match format {
        Format::Text => Box::new(Text(style())),
        Format::Json => Box::new(Json),
        Format::Csv => Box::new(Csv),
        Format::Md => Box::new(Markdown),
    }
}

/// A plan that records the series that files and pictures show, if they are asked for.
fn prepared(mut plan: Plan, simulation: &Simulation) -> Plan {
    if simulation.out.is_some() {
        let step = simulation.step.unwrap_or_else(|| Span((length(&plan).0 / STEPS).max(1)));
        plan.world.step = Some(step);
    }
    plan
}

/// The measured time; that of the longest recording where nothing else says.
fn length(plan: &Plan) -> Span {
    let recording = |arrivals: &Arrivals| match arrivals {
        Arrivals::Capture(capture) => capture.packets.last().map(|packet| packet.offset),
        _ => None,
    };
    let recordings = plan.world.sources.iter().filter_map(|spec| recording(&spec.source.arrivals));
    plan.world.duration.or_else(|| recordings.max()).unwrap_or(Span::ms(200))
}

/// Refuses what would take days unless it is asked for.
fn affordable(plans: &[Plan], simulation: &Simulation) -> Result<(), Failure> {
    let packets: f64 = plans.iter().map(|plan| plan.offered_estimate).sum();
    if packets > MUCH && !simulation.force {
        return Err(Failure::Input(format!(
            "about {packets:.1e} packets would be simulated, more than {MUCH:.0e}; \
             shorten `duration`, lower `replications`, or use --force"
        )));
    }
    let plan = &plans[0];
    failure::running(format!("seed {}, replications {}", plan.seed, plan.replications));
    Ok(())
}

fn open(simulation: &Simulation, designs: &[&str]) -> Result<Option<Folder>, Failure> {
    let open = |dir| Folder::open(dir, designs, simulation.force);
    Ok(simulation.out.as_deref().map(open).transpose()?)
}

/// Runs `work` on as many threads as asked for.
fn in_pool<T: Send>(
    simulation: &Simulation,
    work: impl FnOnce() -> T + Send,
) -> Result<T, Failure> {
    let threads = simulation.jobs.map_or(0, usize::from);
    let pool = ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Failure::Temporary(format!("no threads: {error}")))?;
    Ok(pool.install(work))
}

fn style() -> Style {
    if failure::colours(&stdout()) { Style::Coloured } else { Style::Plain }
}
