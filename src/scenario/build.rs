//! A whole file -> a checked plan and its world.

use super::plan::events::event;
use super::plan::events::schedule;
use super::plan::expect::Expect;
use super::plan::hosts::compat;
use super::plan::hosts::host::{self, Host};
use super::plan::hosts::threads;
use super::plan::nics::nic::{self, Nic};
use super::plan::nics::rebalance;
use super::plan::nics::rps;
use super::plan::nics::sriov;
use super::plan::nics::team::{self, Uplinks};
use super::plan::traffic::rate;
use super::plan::traffic::sender;
use super::plan::traffic::source::{self, Captures};
use super::plan::vms::demand;
use super::plan::vms::early_events::EarlyEvents;
use super::plan::vms::vm::Guests;
use super::schema::Format;
use super::schema::rows::events::EventKeys;
use super::schema::rows::guests::VmKeys;
use super::schema::rows::guests::VnicKeys;
use super::schema::rows::nics::NicKeys;
use super::schema::rows::roots::ScenarioKeys;
use super::schema::rows::traffics::TrafficKeys;
use super::schema::table_reader::TableReader;
use super::text::diagnostic::{Diagnostic, Place};
use super::text::document::Table;
use super::text::findings::Findings;
use crate::engine::time::{Span, Time};
use crate::policy::OwnPolicy;
use crate::world::{AppSpec, EventSpec, HostSpec, NicSpec, TrafficSpec, WorkSpec, World};

/// Most sources of a file: each instance that a traffic goes to has one.
const MOST_SOURCES: usize = 65_536;

/// Simulated before the measured window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Warmup {
    /// This long.
    Fixed(Span),
    /// As long as MSER-5 finds; the world's own warm-up is zero.
    Auto,
}

/// A scenario, or one of its designs, ready to run.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Plan {
    /// One line that names it.
    pub title: String,
    /// What it shows.
    pub about: String,
    /// The design; none: the plain file.
    pub design: Option<String>,
    /// Seed of the first replication.
    pub seed: u64,
    /// Independent runs.
    pub replications: u64,
    /// The warm-up.
    pub warmup: Warmup,
    /// What is simulated. Another `seed` makes another replication.
    pub world: World,
    /// The claims without a design and those that name this one.
    pub expects: Vec<Expect>,
    /// What is legal but surprising.
    pub warnings: Vec<String>,
    /// A hash of the file with its overlays: keys and values, not how they are written.
    pub scenario_hash: u64,
    /// About how many packets all replications offer together.
    pub offered_estimate: f64,
}

/// What became of a file: a plan, unless there are mistakes or something cannot run yet.
#[derive(Debug)]
pub struct Checked {
    /// The plan; none where something is missing from it.
    pub plan: Option<Plan>,
    /// What was found.
    pub findings: Findings,
}

/// Checks a file without its designs, sweep and expectations, and plans it.
pub fn check(root: &Table, format: &Format, place: &Place, captures: &mut Captures) -> Checked {
    let mut findings = Findings::default();
    let keys = ScenarioKeys::read(TableReader::new(root, format.root(), "", place));
    let parts = Parts::read(&keys, format.policies(), captures, &mut findings);
    let plan = parts.plan(&keys, &mut findings);
    let complete = findings.mistakes.is_empty() && findings.unsupported.is_empty();
    Checked { plan: plan.filter(|_| complete), findings }
}

/// The tables of a file.
struct Parts {
    hosts: Vec<Host>,
    nics: Vec<Nic>,
    apps: Vec<AppSpec>,
    works: Vec<WorkSpec>,
    guests: Guests,
    sources: Vec<TrafficSpec>,
    all_captures: bool,
}

impl Parts {
    fn read(
        keys: &ScenarioKeys,
        policies: &[OwnPolicy],
        captures: &mut Captures,
        findings: &mut Findings,
    ) -> Self {
        let hosts: Vec<Host> =
            keys.host.items().iter().map(|host| host::read(host, findings)).collect();
        let traffics = keys.traffic.items();
        let all_captures = traffics.iter().all(rate::is_capture);
        let mut parts = Self {
            hosts,
            nics: vec![],
            apps: vec![],
            works: vec![],
            guests: Guests::default(),
            sources: vec![],
            all_captures,
        };
        if parts.hosts.is_empty() {
            return parts;
        }
        let names: Vec<&str> = traffics.iter().map(TrafficKeys::name).collect();
        let (nic_keys, app_keys) = (keys.nic.items(), keys.app.items());
        let (vms, vnics) = (keys.vm.items(), keys.vnic.items());
        let ports: Vec<&str> = nic_keys.iter().map(NicKeys::name).collect();
        let sriov: Vec<_> = nic_keys.iter().map(|nic| sriov::read(nic, &parts.hosts)).collect();
        let uplinks = Uplinks::read(keys.team.items(), &ports, findings);
        let host_names: Vec<&str> = parts.hosts.iter().map(|h| h.spec.name.as_str()).collect();
        let early = EarlyEvents::read(keys.event.items(), vms, nic_keys, &host_names);
        let demand = demand::of(vms, vnics, nic_keys, &sriov, &uplinks, &early);
        let nics = nic_keys.iter().zip(sriov.into_iter().zip(demand));
        let nics = nics.map(|(keys, (sriov, demand))| {
            nic::read(keys, &parts.hosts, &names, sriov, demand, policies, findings)
        });
        parts.nics = all(nics.collect());
        let apps = app_keys.iter().map(|keys| threads::app(keys, &parts.hosts, findings));
        parts.apps = all(apps.collect());
        let instances: Vec<(&str, u64)> =
            vms.iter().map(|vm| (vm.name(), vm.count.value.unwrap_or(1).into())).collect();
        for work in keys.work.items() {
            parts.works.extend(threads::work(work, &parts.hosts, &instances, findings));
        }
        let broken = parts.nics.len() < nic_keys.len() || parts.apps.len() < app_keys.len();
        if broken || parts.nics.is_empty() {
            return parts;
        }
        parts.read_guests(keys, uplinks, findings);
        parts.shared_packets(keys, findings);
        parts.sources = parts.read_traffic(keys, captures, findings);
        parts
    }

    /// Reads all traffic: a source for each instance that a traffic goes to.
    fn read_traffic(
        &self,
        keys: &ScenarioKeys,
        captures: &mut Captures,
        findings: &mut Findings,
    ) -> Vec<TrafficSpec> {
        let vm_names: Vec<&str> = keys.vm.items().iter().map(VmKeys::name).collect();
        let vnic_names: Vec<&str> = keys.vnic.items().iter().map(VnicKeys::name).collect();
        let world = source::World {
            hosts: &self.hosts,
            nics: &self.nics,
            apps: &self.apps,
            vms: &vm_names,
            vnics: &vnic_names,
            guests: &self.guests,
            seed: keys.seed.value.unwrap_or(1),
        };
        let mut sources = Vec::new();
        for traffic in keys.traffic.items() {
            sources.extend(source::read(traffic, &world, captures, findings));
            if sources.len() > MOST_SOURCES {
                findings.mistake(too_many_sources(traffic));
                break;
            }
        }
        sources
    }

    /// Reads teams, the virtual machines and NICs on ports and teams, and the work inside of them.
    fn read_guests(&mut self, keys: &ScenarioKeys, uplinks: Uplinks, findings: &mut Findings) {
        for keys in keys.team.items() {
            if let Some(team) = uplinks.teams.iter().find(|team| team.name == keys.name()) {
                team::check(keys, team, &self.nics, &self.hosts, findings);
            }
        }
        let (vms, vnics) = (keys.vm.items(), keys.vnic.items());
        self.guests = Guests::read(vms, vnics, &self.nics, &self.hosts, uplinks, findings);
        self.virtual_rss(keys.nic.items(), findings);
        for work in keys.work.items() {
            self.works.extend(threads::inside(work, &self.guests.vms, findings));
        }
    }

    /// Ports spread by software where virtual RSS needs it, as they say, or by default.
    fn virtual_rss(&mut self, tables: &[NicKeys], findings: &mut Findings) {
        for (index, (port, keys)) in self.nics.iter_mut().zip(tables).enumerate() {
            if !self.guests.spreads[index] || port.spec.rps.is_some() {
                continue;
            }
            let host = &self.hosts[port.spec.host];
            port.spec.rps = rps::over_cores(keys, host, &port.spec.usable, findings);
            self.guests.warn_of_rps(index, keys.name(), findings);
        }
    }

    /// Checks what hosts do whose cores share packets; their NICs do not hold interrupts back.
    fn shared_packets(&mut self, keys: &ScenarioKeys, findings: &mut Findings) {
        let Self { hosts, apps, works, guests, .. } = self;
        for (index, (host, spec)) in keys.host.items().iter().zip(hosts).enumerate() {
            if spec.spec.shares_packets() {
                compat::check_threads(host, index, apps, works, guests, &self.nics, findings);
                for (nic, port) in keys.nic.items().iter().zip(&mut self.nics) {
                    if port.spec.host == index {
                        compat::check_port(nic, &mut port.spec, host, findings);
                    }
                }
            }
        }
    }

    /// The events of a run of this length, and what follows from them for guests and sources.
    fn events(
        &mut self,
        keys: &ScenarioKeys,
        run: Option<Span>,
        warmup: Warmup,
        findings: &mut Findings,
    ) -> Vec<EventSpec> {
        let vms: Vec<&str> = keys.vm.items().iter().map(VmKeys::name).collect();
        let vnics: Vec<&str> = keys.vnic.items().iter().map(VnicKeys::name).collect();
        if self.nics.is_empty() {
            // What they may refer to could not be read.
            return vec![];
        }
        let Self { hosts, nics, guests, sources, .. } = self;
        let world = event::World { hosts, nics, vms: &vms, vnics: &vnics, guests, run };
        let tables = keys.event.items();
        let before = findings.mistakes.len();
        let events: Vec<_> =
            tables.iter().filter_map(|one| event::read(one, &world, findings)).collect();
        let traffics = keys.traffic.items();
        // What events lead to depends on those that are wrong.
        let events = if findings.mistakes.len() > before { vec![] } else { events };
        // A warm-up that is yet to be found makes the run longer by nobody knows how much.
        let end = run.filter(|_| warmup != Warmup::Auto);
        let outcome = schedule::run(&events, guests, hosts, nics, end, findings);
        outcome.relocations.check(sources, traffics, &guests.vnics, nics, findings);
        let taken = sources.iter().any(|source| source.group == "migration");
        *sources = outcome.relocations.share_out(std::mem::take(sources), &guests.vnics, nics);
        let tables: Vec<&EventKeys> = events.iter().map(|event| event.keys).collect();
        sources.extend(outcome.relocations.copies(&tables, nics, taken, findings));
        for traffic in traffics {
            sender::check(traffic, &tables, guests, findings);
            source::check_filter(traffic, sources, &guests.vnics, findings);
        }
        outcome.events
    }

    /// Checks policies, and what is due within the run: their looks, the beginning of traffic.
    fn check_spans(
        &self,
        keys: &ScenarioKeys,
        window: Option<Span>,
        run: Option<Span>,
        findings: &mut Findings,
    ) {
        for nic in &self.nics {
            if let (Some(rebalance), Some(window)) = (&nic.spec.rebalance, window) {
                rebalance::few_looks(&nic.spec.name, rebalance, window, findings);
            }
        }
        rebalance::overlaps(self.nics.iter().map(|nic| &nic.spec), findings);
        if let Some(run) = run {
            for traffic in keys.traffic.items() {
                source::check_start(traffic, run, findings);
            }
        }
    }

    /// The plan of these tables; none where a key of the file itself is wrong.
    fn plan(mut self, keys: &ScenarioKeys, findings: &mut Findings) -> Option<Plan> {
        let warmup = match keys.reader.text("warmup")? {
            "auto" => Warmup::Auto,
            _ => Warmup::Fixed(keys.reader.time("warmup")?),
        };
        let fixed = if let Warmup::Fixed(span) = warmup { span } else { Span::ZERO };
        let duration = duration(keys, fixed, self.all_captures, findings);
        let run = duration.map(|duration| fixed + duration);
        let events = self.events(keys, run, warmup, findings);
        self.check_spans(keys, duration, run, findings);
        let (seed, replications) = (keys.seed.value?, keys.replications.value?);
        let run = run.unwrap_or(Span::ZERO);
        let link =
            |spec: &TrafficSpec| self.nics[spec.nic].spec.link.filter(|_| !spec.by_internal_switch);
        let offered = self.sources.iter().map(|spec| rate::estimate(spec, link(spec), run));
        let offered: f64 = offered.sum();
        Some(Plan {
            title: keys.title.value?.to_owned(),
            about: keys.about.value?.to_owned(),
            design: None,
            seed,
            replications,
            warmup,
            world: World {
                slowdown: keys.slowdown.value?,
                seed,
                warmup: fixed,
                duration,
                step: None,
                batch: None,
                hosts: self.hosts.into_iter().map(|host| host.spec).collect::<Vec<HostSpec>>(),
                nics: self.nics.into_iter().map(|nic| nic.spec).collect::<Vec<NicSpec>>(),
                sources: self.sources,
                apps: self.apps,
                works: self.works,
                vms: self.guests.vms,
                vnics: self.guests.vnics,
                events,
            },
            expects: vec![],
            warnings: vec![],
            scenario_hash: 0,
            offered_estimate: offered * replications as f64,
        })
    }
}

/// All of what was read, or nothing where something could not be: numbers refer to places in it.
fn all<T>(read: Vec<Option<T>>) -> Vec<T> {
    read.into_iter().collect::<Option<_>>().unwrap_or_default()
}

fn too_many_sources(traffic: &TrafficKeys) -> Diagnostic {
    traffic
        .to
        .mistake(format!("with \"{}\" there are too many sources", traffic.name()))
        .because(format!("each VM that a traffic goes to has one; the bound is {MOST_SOURCES}"))
        .help("send less traffic to all of a group: to = \"vm.NAME[0]\"")
}

/// Checks the window's length with the warm-up against the clock; recordings need none.
fn duration(
    keys: &ScenarioKeys,
    warmup: Span,
    all_captures: bool,
    findings: &mut Findings,
) -> Option<Span> {
    if !keys.duration.given {
        if !all_captures {
            findings.mistake(
                Diagnostic::new("`duration` is missing")
                    .at(keys.duration.place)
                    .because("only recorded traffic ends by itself")
                    .help("add `duration = \"200 ms\"` at the top"),
            );
        }
        return None;
    }
    let duration = keys.duration.value?;
    if warmup.0 + duration.0 > Time::END.0 {
        findings.mistake(
            keys.duration
                .mistake("warm-up and duration together are longer than the clock")
                .because(format!(
                    "{warmup} and {duration}; the clock ends at {}",
                    Span(Time::END.0)
                ))
                .help("write shorter ones: seconds show what there is to see"),
        );
    }
    Some(duration)
}
