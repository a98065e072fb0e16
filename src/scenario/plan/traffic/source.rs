//! Traffic: where it goes, how large its frames are, its flows, its recording.

use super::closed_loop;
use super::flows;
use super::rate;
use super::recorded;
use super::sender;
use crate::engine::time::{Span, Time};
use crate::rx::source::capture::{self, Capture};
use crate::rx::source::keys::Keys;
use crate::rx::source::{Arrivals, Flows, Gap, Popularity, Sizes, SourceSpec};
use crate::scenario::plan::WITHIN_RUN;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::nics::team::{self, Receives, Uplink};
use crate::scenario::plan::reference;
use crate::scenario::plan::vms::vm::Guests;
use crate::scenario::schema::rows::traffics::TrafficKeys;
use crate::scenario::text::findings::Findings;
use crate::scenario::text::library;
use crate::world::{AppSpec, Consumer, Filter, Part, TrafficSpec, VnicSpec};
use std::collections::BTreeMap;
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
    /// Seed of all chance.
    pub seed: u64,
}

/// Where packets go: one consumer, or each instance of a group.
struct Target {
    instances: Vec<Instance>,
    /// Each instance has a stream of its own, with a number.
    numbered: bool,
}

/// Where the packets of one stream go.
struct Instance {
    /// By which ports, and to whom.
    destinations: Vec<(usize, Consumer)>,
    /// Which of its flows.
    share: Share,
}

/// By which of its ways a packet comes.
enum Share {
    /// By the first, which is the only one that is used.
    First,
    /// By the one that its flow's hash names.
    ByFlow,
    /// By the one that the addresses of a recording name, way by way.
    Recorded(Vec<Arc<[bool]>>),
}

impl Instance {
    /// All packets by one port to one consumer.
    fn one(nic: usize, to: Consumer) -> Self {
        Self { destinations: vec![(nic, to)], share: Share::First }
    }

    /// The flows of a source that come by each of its ways; none: all.
    fn flows(&self, source: &SourceSpec, seed: u64) -> Vec<Option<Arc<[bool]>>> {
        match &self.share {
            Share::First => vec![None],
            Share::ByFlow => {
                team::by_flow(source, seed, self.destinations.len()).into_iter().map(Some).collect()
            }
            Share::Recorded(flows) => flows.iter().cloned().map(Some).collect(),
        }
    }
}

impl Target {
    /// The port by which its first packets come.
    fn port(&self) -> usize {
        self.instances[0].destinations[0].0
    }
}

/// Reads a traffic: a source per instance that it goes to; none where it is wrong.
pub fn read(
    keys: &TrafficKeys,
    world: &World,
    captures: &mut Captures,
    findings: &mut Findings,
) -> Vec<TrafficSpec> {
    let inside = keys.sender.given;
    if inside && sender::refuse_link(keys, findings) {
        return vec![];
    }
    let by_address = keys.to.value == Some("addresses");
    let target = if by_address { None } else { target(keys, world, findings) };
    let link = target.as_ref().and_then(|target| world.nics[target.port()].spec.link);
    let source = source(keys, link, captures, findings);
    let spans = times(keys, findings);
    let instances = target.as_ref().map_or(1, |target| target.instances.len());
    let closed = closed_loop::read(keys, instances, findings);
    if closed.is_none() && closed_loop::kind(keys).is_some() {
        return vec![];
    }
    let target = match &source {
        Some(source) if by_address => {
            let found = recorded::by_address(keys, source, world.nics, world.guests, findings);
            found.map(|(destinations, flows)| Target {
                instances: vec![Instance { destinations, share: Share::Recorded(flows) }],
                numbered: false,
            })
        }
        _ => target,
    };
    let (Some(target), Some(source), Some((from, until))) = (target, source, spans) else {
        return vec![];
    };
    check_port(keys, &world.nics[target.port()], &source, findings);
    let destinations =
        target.instances.iter().flat_map(|instance| instance.destinations.iter().copied());
    let World { nics, vms, vnics, guests, .. } = *world;
    let around = sender::Around { nics, vms, vnics, guests };
    if inside && sender::read(keys, destinations, &around, findings).is_none() {
        return vec![];
    }
    if closed.is_some() && refuse_several_destinations(keys, &target, findings) {
        return vec![];
    }
    let filter = |nic: usize| {
        let filter = world.nics[nic].filters.iter().find(|(name, _)| name == keys.name());
        filter.map_or(Filter::Pass, |(_, filter)| *filter)
    };
    let mut all = vec![];
    for (index, instance) in target.instances.iter().enumerate() {
        let mut source = source.clone();
        if target.numbered {
            source.name = format!("{}[{index}]", source.name);
        }
        let flows = instance.flows(&source, world.seed);
        all.extend(instance.destinations.iter().zip(flows).map(|((nic, to), flows)| TrafficSpec {
            group: keys.name().to_owned(),
            nic: *nic,
            to: *to,
            by_internal_switch: inside,
            filter: filter(*nic),
            from,
            until,
            part: Part { since: Time::ZERO, flows },
            closed: closed.clone(),
            source: source.clone(),
        }));
    }
    all
}

/// When a traffic begins and ends; none where that is wrong.
fn times(keys: &TrafficKeys, findings: &mut Findings) -> Option<(Time, Option<Time>)> {
    if let (true, Some(key)) =
        (rate::is_capture(keys), ["from", "until"].iter().find(|key| keys.reader.has(key)))
    {
        findings.mistake(
            keys.reader
                .mistake(key, format!("`{key}` does not apply to a recording"))
                .because("it is played from the start of the run, as it was recorded")
                .help("remove the key, or cut the recording"),
        );
        return None;
    }
    let from = Time::ZERO + keys.from.value?;
    let until = if keys.until.given { Some(Time::ZERO + keys.until.value?) } else { None };
    if until.is_some_and(|until| until <= from) {
        findings.mistake(
            keys.until
                .mistake(format!("traffic \"{}\" ends before it begins", keys.name()))
                .because(format!("it begins at {}", Span(from.0)))
                .help("write a later `until`, or an earlier `from`"),
        );
        return None;
    }
    Some((from, until))
}

/// Refuses traffic that begins when a run of this length has ended.
pub fn check_start(keys: &TrafficKeys, run: Span, findings: &mut Findings) {
    if let Some(from) = keys.from.value.filter(|from| *from >= run) {
        findings.mistake(
            keys.from
                .mistake(format!("traffic \"{}\" never begins", keys.name()))
                .because(format!("the run has ended by {from}: warm-up and duration are {run}"))
                .help(WITHIN_RUN),
        );
    }
}

/// Checks that a port takes what comes by it.
pub fn check_port(keys: &TrafficKeys, port: &Nic, source: &SourceSpec, findings: &mut Findings) {
    large(keys, port, source, findings);
}

/// Refuses a filter in a driver that never sees the packets, at least at times.
pub fn check_filter(
    keys: &TrafficKeys,
    sources: &[TrafficSpec],
    vnics: &[VnicSpec],
    findings: &mut Findings,
) {
    let by_function = |to: Consumer| matches!(to, Consumer::Vnic(at) if vnics[at].vf.is_some());
    let mut ours = sources.iter().filter(|source| source.group == keys.name());
    if ours.any(|source| source.filter == Filter::DropInDriver && by_function(source.to)) {
        findings.mistake(
            keys.to
                .mistake(format!("the filter never sees traffic \"{}\"", keys.name()))
                .because("it comes by virtual functions, and no driver of the host touches it")
                .help("write at = \"nic\" in the filter, or vf = false for its virtual machines"),
        );
    }
}

/// Refuses closed loops whose packets come several ways: their sender knows of one end of each.
fn refuse_several_destinations(
    keys: &TrafficKeys,
    target: &Target,
    findings: &mut Findings,
) -> bool {
    let has_broadcast = |instance: &Instance| {
        instance.destinations.iter().any(|(_, to)| *to == Consumer::Broadcast)
    };
    let what = if target.instances.iter().any(has_broadcast) {
        "the virtual switch copies its packets, so that each ends several times"
    } else if target.instances.iter().any(|instance| instance.destinations.len() > 1) {
        "its packets come by several ports of a team"
    } else {
        return false;
    };
    findings.unsupported(
        keys.to
            .mistake(format!("\"{}\" does not know what becomes of its packets", keys.name()))
            .because(format!("it is a closed loop, and {what}"))
            .help("send traffic that waits for nothing, or name one receiver behind one port"),
    );
    true
}

/// Who packets are for, and by which port they come.
fn target(keys: &TrafficKeys, world: &World, findings: &mut Findings) -> Option<Target> {
    let hosts: Vec<&str> = world.hosts.iter().map(|host| host.spec.name.as_str()).collect();
    let apps: Vec<&str> = world.apps.iter().map(|app| app.name.as_str()).collect();
    let to = keys.to.value?;
    if to == "broadcast" {
        let nic = broadcast_port(keys, world, findings)?;
        let all = Instance::one(nic, Consumer::Broadcast);
        return Some(Target { instances: vec![all], numbered: false });
    }
    let (kind, name) = to.split_once('.').unwrap_or(("", to));
    let names: &[&str] = match kind {
        "host" => &hosts,
        "app" => &apps,
        "vm" => world.vms,
        "vnic" => world.vnics,
        _ => {
            findings.mistake(
                keys.to
                    .mistake(format!("traffic \"{}\" goes nowhere", keys.name()))
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
        findings.mistake(reference::unknown(&keys.to, kind, name, names));
        return None;
    };
    let one = |nic, to| Target { instances: vec![Instance::one(nic, to)], numbered: false };
    match kind {
        "host" => Some(one(port(keys, at, world, findings)?, Consumer::Host)),
        "app" => Some(one(port(keys, world.apps[at].host, world, findings)?, Consumer::App(at))),
        _ => virtual_nics(keys, &format!("{kind}.{base}"), index, world, findings),
    }
}

/// The port whose virtual switch brings packets to all its virtual NICs.
fn broadcast_port(keys: &TrafficKeys, world: &World, findings: &mut Findings) -> Option<usize> {
    let names: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
    let nic = findings.take(reference::named(&keys.nic, keys.name(), "nic", &names))?;
    let has_some = world.guests.vnics.iter().any(|vnic| vnic.nic == nic);
    if !has_some {
        findings.mistake(
            keys.to
                .mistake(format!("nobody gets the broadcasts of \"{}\"", keys.name()))
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
    keys: &TrafficKeys,
    name: &str,
    index: Option<u32>,
    world: &World,
    findings: &mut Findings,
) -> Option<Target> {
    let receiver = world.guests.receiver(name)?;
    let (uplink, uplinks) = (receiver.uplink, &world.guests.uplinks);
    let theirs = uplinks.name(uplink);
    if let Some(named) = keys.nic.value.filter(|named| *named != theirs) {
        let names: Vec<&str> = world.nics.iter().map(|nic| nic.spec.name.as_str()).collect();
        let teams = uplinks.teams.iter().map(|team| team.name.as_str());
        let names: Vec<&str> = names.into_iter().chain(teams).collect();
        if !names.contains(&named) {
            findings.mistake(reference::unknown(&keys.nic, "nic", named, &names));
            return None;
        }
        findings.mistake(
            keys.nic
                .mistake(format!("`{name}` is not reached by this port"))
                .because(format!("it is on the virtual switch of {theirs}"))
                .help(format!("leave `nic` out, or give `{name}` another port")),
        );
    }
    let receives = match uplink {
        Uplink::Port(_) => Receives::InTurn,
        Uplink::Team(team) => uplinks.teams[team].receives,
    };
    let instance = |index: usize| {
        let destination = |vnic: usize| (world.guests.vnics[vnic].nic, Consumer::Vnic(vnic));
        let destinations = receiver.instance(index).map(destination);
        match receives {
            Receives::ByFlow => {
                Instance { destinations: destinations.collect(), share: Share::ByFlow }
            }
            _ => Instance { destinations: destinations.take(1).collect(), share: Share::First },
        }
    };
    let (count, numbered) = (receiver.count(), receiver.numbered);
    let Some(index) = index.map(|index| index as usize) else {
        return Some(Target { instances: (0..count).map(instance).collect(), numbered });
    };
    if !numbered || index >= count {
        findings.mistake(if numbered {
            reference::no_instance(&keys.to, keys.to.value?, count as u64)
        } else {
            keys.to
                .mistake(format!("`{name}` has no instances"))
                .because("it is the host's own, and there is one")
                .help(format!("write to = \"{name}\""))
        });
        return None;
    }
    Some(Target { instances: vec![instance(index)], numbered: false })
}

/// The port that packets for a host come in by.
fn port(keys: &TrafficKeys, host: usize, world: &World, findings: &mut Findings) -> Option<usize> {
    let of_host: Vec<usize> =
        (0..world.nics.len()).filter(|nic| world.nics[*nic].spec.host == host).collect();
    let names: Vec<&str> = of_host.iter().map(|nic| world.nics[*nic].spec.name.as_str()).collect();
    if names.is_empty() {
        let host = &world.hosts[host].spec.name;
        findings.mistake(
            keys.to
                .mistake(format!("host \"{host}\" has no NIC"))
                .because("its packets have no way in")
                .help(format!("add a table `[nic.NAME]` with `host = \"{host}\"`")),
        );
        return None;
    }
    let teams = &world.guests.uplinks.teams;
    if let Some(team) = teams.iter().find(|team| Some(team.name.as_str()) == keys.nic.value) {
        findings.mistake(
            keys.nic
                .mistake(format!("team.{} brings packets to virtual NICs alone", team.name))
                .because("the host itself is behind the virtual switch of a team")
                .help(format!(
                    "add [vnic.mgmt] with nic = \"{}\", and send to = \"vnic.mgmt\"",
                    team.name
                )),
        );
        return None;
    }
    let at = findings.take(reference::named(&keys.nic, keys.name(), "nic", &names))?;
    Some(of_host[at])
}

fn source(
    keys: &TrafficKeys,
    link: Option<u64>,
    captures: &mut Captures,
    findings: &mut Findings,
) -> Option<SourceSpec> {
    let name = format!("traffic.{}", keys.name());
    let is_closed = closed_loop::kind(keys).is_some();
    if !is_closed {
        closed_loop::ignored(keys, findings);
    }
    if rate::is_capture(keys) {
        let capture = recording(keys, captures, findings)?;
        let flows = Flows { count: 1, keys: Keys::Random, popularity: Popularity::Uniform };
        let arrivals = Arrivals::Capture(capture);
        return Some(SourceSpec { name, arrivals, sizes: Sizes::Fixed(64), flows });
    }
    for key in ["speed", "max_gap"].into_iter().filter(|key| keys.reader.has(key)) {
        findings.warn(format!("{name}: `{key}` applies to recordings only"));
    }
    let sizes = flows::sizes(keys)?;
    let arrivals = if is_closed {
        rate::kind(keys, findings); // tells of others that are given, too
        Some(Arrivals::Poisson(Gap { ps: 1, packets: 1 })) // not looked at
    } else {
        rate::read(keys, &sizes, link, findings)
    };
    let flows = flows::read(keys, findings);
    Some(SourceSpec { name, arrivals: arrivals?, sizes, flows: flows? })
}

/// Reads the recording and warns of what it does not say itself.
fn recording(
    keys: &TrafficKeys,
    captures: &mut Captures,
    findings: &mut Findings,
) -> Option<Arc<Capture>> {
    let Some(file) = keys.capture.value else {
        findings.mistake(
            keys.arrivals
                .mistake("arrivals = \"capture\" needs a recording")
                .because("`capture` is missing")
                .help("add `capture = \"trace.pcapng\"`"),
        );
        return None;
    };
    for key in
        ["rate", "frame", "flows", "keys", "popularity"].iter().filter(|key| keys.reader.has(key))
    {
        findings.warn(format!(
            "traffic.{}: `{key}` does not apply to a recording, which has its own",
            keys.name()
        ));
    }
    let gap = if keys.max_gap.given { Some(keys.max_gap.value?) } else { None };
    let capture = captures.get(file, keys.speed.value?, gap).map_err(|reason| {
        keys.capture
            .mistake(format!("the recording \"{file}\" cannot be played"))
            .because(reason)
            .help("name a whole pcap or pcapng file (plain or gzip), relative to the scenario file")
    });
    let capture = findings.take(capture)?;
    if capture.backwards > 0 {
        findings.warn(format!(
            "traffic.{}: {file} goes back in time, {} of its packets were recorded before their \
             predecessor: each is played together with it",
            keys.name(),
            capture.backwards
        ));
    }
    Some(capture)
}

/// Frames beyond the model's largest: a mistake where they are stated, a warning where recorded.
fn large(keys: &TrafficKeys, port: &Nic, source: &SourceSpec, findings: &mut Findings) {
    let Some(most) = port.model.size("max_frame") else { return };
    if let Arrivals::Capture(capture) = &source.arrivals {
        let over = capture.packets.iter().filter(|packet| u64::from(packet.size) > most).count();
        if over > 0 {
            findings.warn(format!(
                "traffic.{}: {over} frames are larger than the {most} B that {} takes; \
                 they are played all the same",
                keys.name(),
                port.model.name
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
            keys.frame
                .mistake(format!("{} takes no frames of {largest} B", port.model.name))
                .because(format!("its largest frame has {most} B"))
                .help(format!("write at most \"{most} B\", or model = \"ideal\"")),
        );
    }
}
