//! Teams: ports that serve the virtual NICs of a host together (Windows Server 2012, "Volume balancing
//! and failover").
//!
//! Of what a team does only receiving is told here: by which of its ports the packets for a virtual
//! NIC come, and on which of them it needs a queue (Microsoft, "Performance Tuning Guidelines for
//! Windows Server 2012 R2").

use super::nic::Nic;
use crate::rx::source::SourceSpec;
use crate::rx::steering::placement::Processors;
use crate::rx::steering::rss::{HashTypes, Rss, RssSpec};
use crate::rx::steering::toeplitz::KEY_MICROSOFT;
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::reference;
use crate::scenario::schema::rows::guests::PortKeys;
use crate::scenario::schema::rows::teams::TeamKeys;
use crate::scenario::schema::rows::values::{TeamBalance, TeamMode};
use crate::scenario::text::diagnostic::Diagnostic;
use crate::scenario::text::findings::Findings;
use crate::scenario::text::units::short;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most ports of a team (Microsoft, "NIC Teaming").
const MOST: usize = 32;

/// A team.
#[derive(Clone, Debug)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Its ports.
    pub ports: Vec<usize>,
    /// How it receives.
    pub receives: Receives,
}

/// By which of its ports a team receives for a virtual NIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receives {
    /// By one, which virtual NICs are given in turn. Queues add up.
    InTurn,
    /// Each flow by the one that its hash names. As many queues as the port with fewest has.
    ByFlow,
    /// By the first, as addresses are known there alone. Likewise.
    ByFirst,
}

/// Where a virtual NIC is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Uplink {
    /// On the virtual switch of a port.
    Port(usize),
    /// On that of a team.
    Team(usize),
}

/// What virtual NICs can name as theirs.
#[derive(Clone, Debug, Default)]
pub struct Uplinks {
    /// The teams.
    pub teams: Vec<Team>,
    /// The names of all ports.
    ports: Vec<String>,
    /// The next port that each team gives.
    turns: Vec<usize>,
}

impl Uplinks {
    /// Reads all teams of ports with these names.
    pub fn read(views: &[TeamKeys], ports: &[&str], findings: &mut Findings) -> Self {
        let mut teams: Vec<Team> = vec![];
        for keys in views {
            teams.extend(read(keys, ports, &teams, findings));
        }
        let ports = ports.iter().map(|name| (*name).to_owned()).collect();
        Self { turns: vec![0; teams.len()], teams, ports }
    }

    /// What a virtual NIC names, or the only one that there is.
    ///
    /// # Errors
    /// An unknown name; a port of a team; no name where there are several.
    pub fn of(&self, keys: &PortKeys) -> Result<Uplink, Diagnostic> {
        let team_of = |port| self.teams.iter().find(|team| team.ports.contains(&port));
        let free = (0..self.ports.len()).filter(|port| team_of(*port).is_none());
        let free = free.map(|port| (self.ports[port].as_str(), Uplink::Port(port)));
        let teams = self.teams.iter().enumerate();
        let teams = teams.map(|(team, spec)| (spec.name.as_str(), Uplink::Team(team)));
        let (names, all): (Vec<&str>, Vec<Uplink>) = free.chain(teams).unzip();
        if let Some(team) = self.port_named(keys).and_then(team_of) {
            return Err(keys
                .nic
                .mistake(format!("`{}` cannot be on one port of a team alone", keys.name()))
                .because(format!("the port belongs to team.{}", team.name))
                .help(format!("write nic = \"{}\"", team.name)));
        }
        let found = reference::named(&keys.nic, keys.name(), "nic", &names);
        let found = found.map_err(|mistake| match keys.nic.value {
            Some(name) => {
                let name = short(name);
                mistake.because(format!("no table [nic.{name}] or [team.{name}]"))
            }
            None => mistake,
        });
        Ok(all[found?])
    }

    fn port_named(&self, keys: &PortKeys) -> Option<usize> {
        let name = keys.nic.value?;
        self.ports.iter().position(|port| port == name)
    }

    /// The ports by which the packets of the next virtual NIC on an uplink may come.
    pub fn next(&mut self, uplink: Uplink) -> Vec<usize> {
        match uplink {
            Uplink::Port(port) => vec![port],
            Uplink::Team(team) => {
                let spec = &self.teams[team];
                if spec.receives != Receives::InTurn {
                    return spec.ports.clone();
                }
                let port = spec.ports[self.turns[team] % spec.ports.len()];
                self.turns[team] += 1;
                vec![port]
            }
        }
    }

    /// By how many ports the packets of one virtual NIC on an uplink may come.
    #[must_use]
    pub fn width(&self, uplink: Uplink) -> usize {
        match uplink {
            Uplink::Team(team) if self.teams[team].receives != Receives::InTurn => {
                self.teams[team].ports.len()
            }
            _ => 1,
        }
    }

    /// The name of an uplink.
    #[must_use]
    pub fn name(&self, uplink: Uplink) -> &str {
        match uplink {
            Uplink::Port(port) => &self.ports[port],
            Uplink::Team(team) => &self.teams[team].name,
        }
    }

    /// A port of an uplink.
    #[must_use]
    pub fn first(&self, uplink: Uplink) -> usize {
        match uplink {
            Uplink::Port(port) => port,
            Uplink::Team(team) => self.teams[team].ports[0],
        }
    }
}

/// Reads a team, with those of its ports that there are; none where it has none. Mistakes have been
/// reported.
fn read(keys: &TeamKeys, ports: &[&str], others: &[Team], findings: &mut Findings) -> Option<Team> {
    let names = keys.nics.items();
    if ports.contains(&keys.name()) {
        findings.mistake(
            keys.nics
                .mistake(format!("the team \"{0}\" has the name of a port", keys.name()))
                .because("virtual NICs name either with `nic`")
                .help("choose another name for the team"),
        );
        return None;
    }
    let mut members = vec![];
    for name in names {
        let Some(port) = reference::find(name, ports) else {
            findings.mistake(reference::unknown(&keys.nics, "nic", name, ports));
            continue;
        };
        let other = others.iter().find(|other| other.ports.contains(&port));
        if members.contains(&port) || other.is_some() {
            let whose = other.map_or("this team", |other| &other.name);
            findings.mistake(
                keys.nics
                    .mistake(format!("port \"{name}\" cannot be in a team twice"))
                    .because(format!("it belongs to {whose} already"))
                    .help("name each port once"),
            );
            continue;
        }
        members.push(port);
    }
    if keys.nics.value.is_some() && keys.nics.given && !(2..=MOST).contains(&names.len()) {
        findings.mistake(
            keys.nics
                .mistake(format!("a team of {} is none", names.len()))
                .because(format!("it takes 2 to {MOST} ports"))
                .help("write nics = [\"port0\", \"port1\"], or name the port itself with `nic`"),
        );
    }
    let receives = match (keys.mode.value?, keys.balance.value?) {
        (TeamMode::SwitchDependent, _) => Receives::ByFlow,
        (_, TeamBalance::AddressHash) => Receives::ByFirst,
        (_, TeamBalance::HypervPort | TeamBalance::Dynamic) => Receives::InTurn,
    };
    let team = Team { name: keys.name().to_owned(), ports: members, receives };
    (!team.ports.is_empty()).then_some(team)
}

/// Checks a team against its ports.
pub fn check(keys: &TeamKeys, team: &Team, nics: &[Nic], hosts: &[Host], findings: &mut Findings) {
    let ports: Vec<&Nic> = team.ports.iter().map(|port| &nics[*port]).collect();
    let first = ports[0];
    if let Some(other) = ports.iter().find(|port| port.spec.host != first.spec.host) {
        let [here, there] = [first, other].map(|port| hosts[port.spec.host].spec.name.as_str());
        findings.mistake(
            keys.nics
                .mistake(format!("team \"{}\" has ports of several hosts", team.name))
                .because(format!(
                    "{} is of {here}, {} of {there}",
                    first.spec.name, other.spec.name
                ))
                .help("make a team per host"),
        );
        return;
    }
    if let Some(port) = ports.iter().find(|port| port.sriov.is_some()) {
        findings.mistake(
            keys.nics
                .mistake(format!("{} gives virtual functions", port.spec.name))
                .because(
                    "a virtual function bypasses the team, which so could not move its traffic",
                )
                .help("write path = \"vmq\", or leave the port out of the team"),
        );
        return;
    }
    processors(keys, team, &ports, hosts[first.spec.host].processors, findings);
}

/// Checks the processors that the queues of a team's ports may use.
fn processors(
    keys: &TeamKeys,
    team: &Team,
    ports: &[&Nic],
    of_host: Processors,
    findings: &mut Findings,
) {
    if ports.iter().any(|port| !port.gives_queues) {
        return;
    }
    let set = |port: &Nic| port.spec.usable.iter().copied().collect::<BTreeSet<u32>>();
    let sets: Vec<BTreeSet<u32>> = ports.iter().map(|port| set(port)).collect();
    let shares = |(at, set): (usize, &BTreeSet<u32>)| {
        sets[..at].iter().any(|before| !before.is_disjoint(set))
    };
    if team.receives == Receives::InTurn {
        if sets.iter().enumerate().any(shares) {
            findings.warn(format!(
                "team.{}: its ports share processors, and where queues add up they should not: {} \
                 (Microsoft, tuning guidelines 2012 R2)",
                team.name,
                advice(ports, of_host)
            ));
        }
    } else if let Some(other) = (1..sets.len()).find(|at| sets[*at] != sets[0]) {
        let [first, other] = [0, other].map(|at| &ports[at].spec.name);
        findings.mistake(
            keys.nics
                .mistake(format!("the ports of team \"{}\" use other processors", team.name))
                .because(format!(
                    "a virtual NIC has a queue on each of them; those of {first} and {other} must \
                     be the same"
                ))
                .help(
                    "write the same base_processor and max_processors for both, or \
                     balance = \"hyperv-port\" with mode = \"switch-independent\"",
                ),
        );
    }
}

/// A division of the processors among ports, to be written.
fn advice(ports: &[&Nic], of_host: Processors) -> String {
    let parts = ports.iter().zip(budget(of_host, ports.len() as u32));
    let parts = parts.map(|(port, (base, most))| {
        let name = &port.spec.name;
        format!("{name} base_processor = {base}, max_processors = {most}")
    });
    parts.collect::<Vec<_>>().join("; ")
}

/// The first processor and the number of physical cores of each of so many ports: all but the first
/// core, at most 16 each (Microsoft, "Performance Tuning Guidelines for Windows Server 2012 R2").
fn budget(of_host: Processors, ports: u32) -> Vec<(u32, u32)> {
    let Processors { logical, smt, .. } = of_host;
    let cores = (logical / smt).saturating_sub(1).max(1);
    let mut next = u32::from(logical > smt);
    let share = |port| (cores / ports + u32::from(port < cores % ports)).clamp(1, 16);
    let part = |port| {
        let part = (next * smt, share(port));
        next += part.1;
        part
    };
    (0..ports).map(part).collect()
}

/// Which flows of a source come by each of so many ports. The upper bits of the hash name the port,
/// as the lower ones name queues there.
#[must_use]
pub fn by_flow(source: &SourceSpec, seed: u64, ports: usize) -> Vec<Arc<[bool]>> {
    let types = HashTypes::USUAL;
    let rss = Rss::new(&RssSpec { key: KEY_MICROSOFT, types, table: vec![0] });
    let port = |hash: u32| ((u64::from(hash) * ports as u64) >> 32) as usize;
    let flow_keys = source.flow_keys(seed);
    let named: Vec<usize> = flow_keys.map(|key| rss.hash(&key).map_or(0, port)).collect();
    (0..ports).map(|port| named.iter().map(|its| *its == port).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of Microsoft's tuning guidelines, with hyper-threading.
    #[test]
    fn processors_are_divided_as_in_the_guidelines() {
        let of = |logical| Processors { logical, smt: 2, nodes: 1 };
        assert_eq!(budget(of(8), 3), [(2, 1), (4, 1), (6, 1)]);
        assert_eq!(budget(of(16), 4), [(2, 2), (6, 2), (10, 2), (14, 1)]);
        assert_eq!(budget(of(8), 1), [(2, 3)], "of a team with min queues: the same for each");
        assert_eq!(budget(of(16), 1), [(2, 7)]);
        let without = Processors { logical: 9, smt: 1, nodes: 1 };
        assert_eq!(budget(without, 2), [(1, 4), (5, 4)]);
        assert_eq!(budget(Processors { logical: 64, smt: 1, nodes: 1 }, 2), [(1, 16), (17, 16)]);
    }
}
