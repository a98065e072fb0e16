//! Traffic: where it goes, how large its frames are, its flows, its recording.

use super::guest::Guests;
use super::host::Host;
use super::nic::Nic;
use super::{WITHIN_RUN, rate, reference};
use crate::engine::time::{Span, Time};
use crate::host::world::{AppSpec, Consumer, Filter, Part, SteeringSpec, TrafficSpec};
use crate::rx::source::capture::{self, Capture};
use crate::rx::source::keys::Keys;
use crate::rx::source::{Arrivals, Flows, Popularity, Sizes, SourceSpec};
use crate::scenario::document::Value;
use crate::scenario::findings::Findings;
use crate::scenario::library;
use crate::scenario::shape;
use crate::scenario::view::View;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Recordings that were read, or why they could not be, so that designs share them.
#[derive(Clone, Debug)]
pub struct Captures {
    /// The directory that relative paths start from.
    dir: PathBuf,
    read: BTreeMap<Played, Result<Arc<Capture>, String>>,
}

/// A file, the bits of its speed, its longest gap.
type Played = (PathBuf, u64, Option<Span>);

impl Captures {
    /// Nothing read yet.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.to_path_buf(), read: BTreeMap::new() }
    }

    fn get(&mut self, file: &str, speed: f64, gap: Option<Span>) -> Result<Arc<Capture>, String> {
        let path = self.dir.join(file);
        let key = (path, speed.to_bits(), gap);
        let read = |(path, ..): &Played| {
            let capture = match library::recording(file).filter(|_| !path.exists()) {
                Some(bytes) => {
                    capture::read_from(bytes, speed, gap).map_err(|flaw| flaw.to_string())
                }
                None => capture::read(path, speed, gap).map_err(|error| error.to_string()),
            };
            capture.map(Arc::new)
        };
        self.read.entry(key.clone()).or_insert_with(|| read(&key)).clone()
    }
}

/// The tables that traffic refers to.
#[derive(Debug)]
pub struct World<'d> {
    /// Hosts.
    pub hosts: &'d [Host],
    /// Ports.
    pub nics: &'d [Nic],
    /// Apps.
    pub apps: &'d [AppSpec],
    /// Groups of VMs by name.
    pub vms: &'d [&'d str],
    /// Virtual NICs by name.
    pub vnics: &'d [&'d str],
    /// What these became.
    pub guests: &'d Guests,
}

/// Where packets go: one consumer, or each instance of a group.
struct Target {
    /// The port that they come in by.
    nic: usize,
    consumers: Vec<Consumer>,
    /// Each consumer has a stream of its own, with a number.
    numbered: bool,
}

/// Reads a traffic: a source per instance that it goes to; none where it is wrong.
pub fn read(
    view: &View,
    world: &World,
    captures: &mut Captures,
    findings: &mut Findings,
) -> Vec<TrafficSpec> {
    let target = target(view, world, findings);
    let link = target.as_ref().and_then(|target| world.nics[target.nic].spec.link);
    let source = source(view, link, captures, findings);
    let spans = times(view, findings);
    let (Some(target), Some(source), Some((from, until))) = (target, source, spans) else {
        return vec![];
    };
    let port = &world.nics[target.nic];
    large(view, port, &source, findings);
    refuse_recorded_addresses(view, port, findings);
    let filter = port.filters.iter().find(|(name, _)| name == view.name);
    let filter = filter.map_or(Filter::Pass, |(_, filter)| *filter);
    refuse_filter_of_functions(view, filter, &target, world.guests, findings);
    let one = |(index, to): (usize, &Consumer)| {
        let mut source = source.clone();
        if target.numbered {
            source.name = format!("{}[{index}]", source.name);
        }
        TrafficSpec {
            group: view.name.to_owned(),
            nic: target.nic,
            to: *to,
            filter,
            from,
            until,
            part: Part::default(),
            closed: None,
            source,
        }
    };
    target.consumers.iter().enumerate().map(one).collect()
}

/// When a traffic begins and ends; none where that is wrong.
fn times(view: &View, findings: &mut Findings) -> Option<(Time, Option<Time>)> {
    if let (true, Some(key)) =
        (rate::is_capture(view), ["from", "until"].iter().find(|key| view.has(key)))
    {
        findings.mistake(
            view.mistake(key, format!("`{key}` does not apply to a recording"))
                .because("it is played from the start of the run, as it was recorded")
                .help("remove the key, or cut the recording"),
        );
        return None;
    }
    let from = Time::ZERO + view.time("from")?;
    let until = if view.has("until") { Some(Time::ZERO + view.time("until")?) } else { None };
    if until.is_some_and(|until| until <= from) {
        findings.mistake(
            view.mistake("until", format!("traffic \"{}\" ends before it begins", view.name))
                .because(format!("it begins at {}", Span(from.0)))
                .help("write a later `until`, or an earlier `from`"),
        );
        return None;
    }
    Some((from, until))
}

/// Refuses traffic that begins when a run of this length has ended.
pub fn check_start(view: &View, run: Span, findings: &mut Findings) {
    if let Some(from) = view.time("from").filter(|from| *from >= run) {
        findings.mistake(
            view.mistake("from", format!("traffic \"{}\" never begins", view.name))
                .because(format!("the run has ended by {from}: warm-up and duration are {run}"))
                .help(WITHIN_RUN),
        );
    }
}

/// Refuses recordings where addresses steer: they hold addresses of their own.
fn refuse_recorded_addresses(view: &View, port: &Nic, findings: &mut Findings) {
    if rate::is_capture(view) && matches!(port.spec.steering, SteeringSpec::Vmq { .. }) {
        findings.not_yet(
            view.mistake(
                "capture",
                "recordings on path = \"vmq\" or \"sriov\" are not simulated yet",
            )
            .because("there the recorded MAC addresses would name queues and functions")
            .help("choose path = \"rss\" or \"single-queue\""),
        );
    }
}

/// Refuses a filter in a driver that never sees the packets.
fn refuse_filter_of_functions(
    view: &View,
    filter: Filter,
    target: &Target,
    guests: &Guests,
    findings: &mut Findings,
) {
    let by_function =
        |to: &Consumer| matches!(to, Consumer::Vnic(vnic) if guests.vnics[*vnic].way.is_function());
    if filter == Filter::DropInDriver && target.consumers.iter().any(by_function) {
        findings.mistake(
            view.mistake("to", format!("the filter never sees traffic \"{}\"", view.name))
                .because("it comes by virtual functions, and no driver of the host touches it")
                .help("write at = \"nic\" in the filter, or vf = false for its virtual machines"),
        );
    }
}

/// Who packets are for, and by which port they come.
fn target(view: &View, world: &World, findings: &mut Findings) -> Option<Target> {
    let hosts: Vec<&str> = world.hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let apps: Vec<&str> = world.apps.iter().map(|app| app.name.as_str()).collect();
    let to = view.text("to")?;
    if to == "broadcast" {
        let nic = flooded_port(view, world, findings)?;
        return Some(Target { nic, consumers: vec![Consumer::Flood], numbered: false });
    }
    let (kind, name) = to.split_once('.').unwrap_or(("", to));
    let names: &[&str] = match kind {
        "host" => &hosts,
        "app" => &apps,
        "vm" => world.vms,
        "vnic" => world.vnics,
        _ => {
            findings.mistake(
                view.mistake("to", format!("traffic \"{}\" goes nowhere", view.name))
                    .because("no kind of receiver")
                    .help(format!(
                        "write to = \"host.NAME\", \"app.NAME\", \"vm.NAME\", \"vnic.NAME\" or \
                         \"broadcast\"{}",
                        hosts
                            .first()
                            .map_or(String::new(), |host| format!("; here \"host.{host}\""))
                    )),
            );
            return None;
        }
    };
    let (base, index) = reference::instance(name).unwrap_or((name, None));
    let Some(at) =
        reference::find(base, names).filter(|_| index.is_none() || kind.starts_with('v'))
    else {
        findings.mistake(reference::unknown(view, "to", kind, name, names));
        return None;
    };
    let one = |nic, consumer| Target { nic, consumers: vec![consumer], numbered: false };
    match kind {
        "host" => Some(one(port(view, at, world, findings)?, Consumer::Host)),
        "app" => Some(one(port(view, world.apps[at].host, world, findings)?, Consumer::App(at))),
        _ => virtual_nics(view, &format!("{kind}.{base}"), index, world, findings),
    }
}

/// The port whose virtual switch brings packets to all its virtual NICs.
fn flooded_port(view: &View, world: &World, findings: &mut Findings) -> Option<usize> {
    let names: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    let nic = findings.take(reference::named(view, "nic", "nic", &names))?;
    let has_some = world.guests.vnics.iter().any(|vnic| vnic.nic == nic);
    if !has_some {
        findings.mistake(
            view.mistake("to", format!("nobody gets the broadcasts of \"{}\"", view.name))
                .because(format!("no virtual NIC is on the virtual switch of {}", names[nic]))
                .help(format!(
                    "add a table `[vm.NAME]` with nic = \"{}\", or write to = \"host.NAME\" for \
                     broadcasts that the host itself receives",
                    names[nic]
                )),
        );
    }
    has_some.then_some(nic)
}

/// The virtual NICs that `to` names: all of a group, or one.
fn virtual_nics(
    view: &View,
    name: &str,
    index: Option<u32>,
    world: &World,
    findings: &mut Findings,
) -> Option<Target> {
    let receiver = world.guests.receiver(name)?;
    let (vnics, numbered) = (receiver.vnics.clone(), receiver.numbered);
    let nic = world.guests.vnics[vnics.start].nic;
    let names: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    if view.has("nic") && findings.take(reference::named(view, "nic", "nic", &names))? != nic {
        findings.mistake(
            view.mistake("nic", format!("`{name}` is not reached by this port"))
                .because(format!("it is on the virtual switch of {}", names[nic]))
                .help(format!("leave `nic` out, or give `{name}` another port")),
        );
    }
    let Some(index) = index else {
        return Some(Target { nic, consumers: vnics.map(Consumer::Vnic).collect(), numbered });
    };
    let at = vnics.start + index as usize;
    if !numbered || !vnics.contains(&at) {
        findings.mistake(if numbered {
            reference::no_instance(view, "to", view.text("to")?, vnics.len() as u64)
        } else {
            view.mistake("to", format!("`{name}` has no instances"))
                .because("it is the host's own, and there is one")
                .help(format!("write to = \"{name}\""))
        });
        return None;
    }
    Some(Target { nic, consumers: vec![Consumer::Vnic(at)], numbered: false })
}

/// The port that packets for a host come in by.
fn port(view: &View, host: usize, world: &World, findings: &mut Findings) -> Option<usize> {
    let of_host: Vec<usize> =
        (0..world.nics.len()).filter(|nic| world.nics[*nic].spec.host == host).collect();
    let names: Vec<&str> = of_host.iter().map(|nic| world.nics[*nic].spec.name.as_str()).collect();
    if names.is_empty() {
        let host = &world.hosts[host].spec.name;
        findings.mistake(
            view.mistake("to", format!("host \"{host}\" has no NIC"))
                .because("its packets have no way in")
                .help(format!("add a table `[nic.NAME]` with `host = \"{host}\"`")),
        );
        return None;
    }
    let at = findings.take(reference::named(view, "nic", "nic", &names))?;
    Some(of_host[at])
}

fn source(
    view: &View,
    link: Option<u64>,
    captures: &mut Captures,
    findings: &mut Findings,
) -> Option<SourceSpec> {
    let name = format!("traffic.{}", view.name);
    if rate::is_capture(view) {
        let capture = recording(view, captures, findings)?;
        let flows = Flows { count: 1, keys: Keys::Random, popularity: Popularity::Uniform };
        let arrivals = Arrivals::Capture(capture);
        return Some(SourceSpec { name, arrivals, sizes: Sizes::Fixed(64), flows });
    }
    for key in ["speed", "max_gap"].into_iter().filter(|key| view.has(key)) {
        findings.warn(format!("{name}: `{key}` applies to recordings only"));
    }
    let sizes = sizes(view)?;
    let arrivals = rate::read(view, &sizes, link, findings);
    let flows = flows(view, findings);
    Some(SourceSpec { name, arrivals: arrivals?, sizes, flows: flows? })
}

/// Reads the recording and warns of what it does not say itself.
fn recording(
    view: &View,
    captures: &mut Captures,
    findings: &mut Findings,
) -> Option<Arc<Capture>> {
    let Some(file) = view.text("capture") else {
        findings.mistake(
            view.mistake("arrivals", "arrivals = \"capture\" needs a recording")
                .because("`capture` is missing")
                .help("add `capture = \"trace.pcapng\"`"),
        );
        return None;
    };
    for key in ["rate", "frame", "flows", "keys", "popularity"].iter().filter(|key| view.has(key)) {
        findings.warn(format!(
            "traffic.{}: `{key}` does not apply to a recording, which has its own",
            view.name
        ));
    }
    let gap = if view.has("max_gap") { Some(view.time("max_gap")?) } else { None };
    let capture = captures.get(file, view.number("speed")?, gap).map_err(|reason| {
        view.mistake("capture", format!("the recording \"{file}\" cannot be played"))
            .because(reason)
            .help("name a whole pcap or pcapng file (plain or gzip), relative to the scenario file")
    });
    let capture = findings.take(capture)?;
    if capture.backwards > 0 {
        findings.warn(format!(
            "traffic.{}: {file} goes back in time, {} of its packets were recorded before their \
             predecessor: each is played together with it",
            view.name, capture.backwards
        ));
    }
    Some(capture)
}

/// Frames beyond the model's largest: a mistake where they are stated, a warning where recorded.
fn large(view: &View, port: &Nic, source: &SourceSpec, findings: &mut Findings) {
    let Some(most) = port.model.size("max_frame") else { return };
    if let Arrivals::Capture(capture) = &source.arrivals {
        let over = capture.packets.iter().filter(|packet| u64::from(packet.size) > most).count();
        if over > 0 {
            findings.warn(format!(
                "traffic.{}: {over} frames are larger than the {most} B that {} takes; \
                 they are played all the same",
                view.name, port.model.name
            ));
        }
        return;
    }
    let largest = match &source.sizes {
        Sizes::Fixed(size) => *size,
        Sizes::Mix(sizes) => sizes.iter().map(|(size, _)| *size).max().unwrap_or(0),
    };
    if u64::from(largest) > most {
        findings.mistake(
            view.mistake("frame", format!("{} takes no frames of {largest} B", port.model.name))
                .because(format!("its largest frame has {most} B"))
                .help(format!("write at most \"{most} B\", or model = \"ideal\"")),
        );
    }
}

fn sizes(view: &View) -> Option<Sizes> {
    if let Some(Value::List(_)) = view.node("frame").map(|node| &node.value) {
        let one = |size: View| Some((size.size("size")? as u32, size.integer("weight")?));
        let sizes = view.list("frame").into_iter().map(one).collect::<Option<Vec<_>>>();
        return sizes.filter(|sizes| !sizes.is_empty()).map(Sizes::Mix);
    }
    if view.text("frame") == Some("imix") {
        return Some(Sizes::Mix(vec![(64, 7), (594, 4), (1518, 1)]));
    }
    view.size("frame").map(|size| Sizes::Fixed(size as u32))
}

fn flows(view: &View, findings: &mut Findings) -> Option<Flows> {
    let keys = match view.table("keys") {
        Some(keys) => ranges(&keys, findings)?,
        None if view.text("keys") == Some("sequential-ports") => Keys::SequentialPorts,
        None => Keys::Random,
    };
    let popularity = match view.table("popularity") {
        Some(popularity) => Popularity::Zipf(popularity.number("zipf")?),
        None => Popularity::Uniform,
    };
    Some(Flows { count: view.count("flows")?, keys, popularity })
}

fn ranges(view: &View, findings: &mut Findings) -> Option<Keys> {
    let mut addresses = |key: &str| {
        let range = range(view.text(key)?);
        if range.is_none() {
            findings.mistake(
                view.mistake(key, format!("`{key}` is no range of IPv4 addresses"))
                    .because("an address, or FIRST-LAST, is due")
                    .help("write \"198.18.10.1\" or \"198.19.10.1-198.19.10.100\""),
            );
        }
        range
    };
    let (src, dst) = (addresses("src"), addresses("dst"));
    let ports = |key: &str, usual: u16| match view.node(key) {
        Some(node) => shape::ports(node).ok(),
        None => Some((usual, usual)),
    };
    Some(Keys::Ranges {
        src: src?,
        dst: dst?,
        sport: ports("sport", 40_000)?,
        dport: ports("dport", 5_001)?,
        udp: view.text("protocol") == Some("udp"),
    })
}

/// One address or a range of them.
fn range(text: &str) -> Option<(Ipv4Addr, Ipv4Addr)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last): (Ipv4Addr, Ipv4Addr) =
        (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (first <= last).then_some((first, last))
}
