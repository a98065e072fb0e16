//! Virtual machines and virtual NICs, instance by instance, and who is given a queue.

use super::address::{self, Address};
use super::queue_pool::QueuePool;
pub use super::request::VnicRequest;
use super::request::{Asked, refuse_of_host, room, whole_group};
use crate::rx::cpu::{Feature, Unsupported};
use crate::scenario::plan::hosts::host::Host;
use crate::scenario::plan::nics::nic::Nic;
use crate::scenario::plan::nics::rps;
use crate::scenario::plan::nics::sriov::{Sriov, VfRequest};
use crate::scenario::plan::nics::team::{Uplink, Uplinks};
use crate::scenario::schema::rows::guests::{PortKeys, VmKeys, VnicKeys};
use crate::scenario::schema::rows::values::VcpuPlacement;
use crate::scenario::text::findings::Findings;
use crate::vocab::drop_reason::DropReason;
use crate::world::{FlowMap, PathReason, RxPath, SteeringSpec, VmSpec, VnicOwner, VnicSpec};
use std::collections::BTreeMap;
use std::ops::Range;

/// Most virtual machines of a file.
const MOST_VMS: usize = 4096;
/// Why VMs that float have no virtual function.
const FLOATING: &str = "cannot have a virtual function and float";
/// Most vCPUs, and most virtual NICs, of a file.
const MOST_PARTS: usize = 65_536;

/// The virtual machines of a file and what traffic can be sent to.
#[derive(Debug, Default)]
pub struct Guests {
    /// Every instance of every group, in the order of the file.
    pub vms: Vec<VmSpec>,
    /// The one that each VM has, then the further ones; on a team that may receive for one by
    /// several ports, one on each of these.
    pub vnics: Vec<VnicSpec>,
    /// Per virtual NIC which recorded frames are for it.
    pub addresses: Vec<Option<Address>>,
    /// Per port and MAC address the virtual NICs that have it.
    taken: BTreeMap<(usize, [u8; 6]), Vec<usize>>,
    /// Per port whether virtual RSS needs it to spread packets by software.
    pub spreads: Vec<bool>,
    /// What traffic can name.
    receivers: Vec<Receiver>,
    /// Ports and teams.
    pub uplinks: Uplinks,
    /// What each virtual NIC wants.
    wants: Vec<VnicRequest>,
    /// The queues of each port, and its virtual functions, and how many came too late for one.
    queues: QueuePool,
    functions: Vec<Option<Sriov>>,
    no_function: Vec<u32>,
}

/// The virtual NICs that one table of the file stands for.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// As traffic names it: `vm.web`, `vnic.storage`.
    name: String,
    /// Its virtual NICs in [`Guests::vnics`] ...
    vnics: Range<usize>,
    /// ... of which so many are one, each on another port of its team.
    ports: usize,
    /// Where they are.
    pub uplink: Uplink,
    /// Whether they are numbered: not so the host's own.
    pub numbered: bool,
    /// First of its VMs in [`Guests::vms`], and how many virtual NICs each has.
    vms: usize,
    vnics_each: u32,
    /// Whether its guests have a driver for virtual functions.
    vf_driver: bool,
}

impl Receiver {
    /// How many it stands for.
    #[must_use]
    pub fn count(&self) -> usize {
        self.vnics.len() / self.ports.max(1)
    }

    /// One of them: a virtual NIC for each port by which its packets may come.
    #[must_use]
    pub fn instance(&self, index: usize) -> Range<usize> {
        let first = self.vnics.start + index * self.ports;
        first..first + self.ports
    }
}

impl Guests {
    /// Reads all groups of VMs and all virtual NICs, and gives out the queues of the ports: first
    /// come, first served.
    pub fn read(
        vms: &[VmKeys],
        vnics: &[VnicKeys],
        nics: &[Nic],
        hosts: &[Host],
        uplinks: Uplinks,
        findings: &mut Findings,
    ) -> Self {
        let mut guests = Self {
            uplinks,
            spreads: vec![false; nics.len()],
            queues: QueuePool::new(nics),
            functions: nics.iter().map(|nic| nic.sriov.clone()).collect(),
            no_function: vec![0; nics.len()],
            ..Self::default()
        };
        for vm in vms {
            let _reported = guests.group(vm, nics, hosts, findings);
        }
        let names: Vec<&str> = vms.iter().map(VmKeys::name).collect();
        for vnic in vnics {
            let _reported = guests.further(vnic, &names, nics, hosts, findings);
        }
        guests.warn(nics, findings);
        guests
    }

    /// What a name of traffic (`vm.web`) stands for; none where its table is wrong.
    #[must_use]
    pub fn receiver(&self, name: &str) -> Option<&Receiver> {
        self.receivers.iter().find(|receiver| receiver.name == name)
    }

    /// The VMs of a group in [`Guests::vms`]; none where its table is wrong.
    #[must_use]
    pub fn members(&self, group: &str) -> Option<Range<usize>> {
        let receiver = self.receiver(&format!("vm.{group}"))?;
        Some(receiver.vms..receiver.vms + receiver.count())
    }

    /// What a virtual NIC wants.
    #[must_use]
    pub fn wants(&self, vnic: usize) -> VnicRequest {
        self.wants[vnic].clone()
    }

    /// A further virtual NIC of a VM that is elsewhere by then, and wants what this one does.
    pub fn again(&mut self, vnic: usize, elsewhere: VnicSpec) {
        self.wants.push(self.wants[vnic].clone());
        self.addresses.push(self.addresses[vnic]);
        self.vnics.push(elsewhere);
    }

    /// Queues of a port are free again.
    pub fn free_queues(&mut self, nic: usize, rx_path: &RxPath) {
        self.queues.release(nic, rx_path.own());
    }

    /// A virtual function of a port is free again.
    pub fn free_function(&mut self, nic: usize) {
        if let Some(sriov) = &mut self.functions[nic] {
            sriov.take_back();
        }
    }

    /// Reads a group of VMs; none where it is wrong, which has been reported.
    fn group(
        &mut self,
        keys: &VmKeys,
        nics: &[Nic],
        hosts: &[Host],
        findings: &mut Findings,
    ) -> Option<()> {
        let uplink = findings.take(self.uplinks.of(&keys.port))?;
        let host = nics[self.uplinks.first(uplink)].spec.host;
        let cores = findings.take(keys.cores.within(keys.name(), hosts[host].spec.cores))?;
        let floats = keys.placement.value == Some(VcpuPlacement::Floating);
        let runs = keys.running.value?;
        let (count, vcpus) = (keys.count.value?, keys.vcpus.value?);
        let each = vcpus as usize * count as usize;
        let vcpus_before: usize = self.vms.iter().map(|vm| vm.vcpus.len()).sum();
        room(
            &keys.count,
            keys.name(),
            "virtual machines",
            self.vms.len() + count as usize,
            MOST_VMS,
            findings,
        )?;
        room(&keys.vcpus, keys.name(), "vCPUs", vcpus_before + each, MOST_PARTS, findings)?;
        let first = self.vms.len();
        for index in 0..count {
            let nth = |k: u32| u64::from(index) * u64::from(vcpus) + u64::from(k);
            let core = |k| cores.get((nth(k) % cores.len().max(1) as u64) as usize).copied();
            let vcpus = (0..vcpus).map(core).collect::<Option<Vec<u32>>>()?;
            self.vms.push(VmSpec {
                group: keys.name().to_owned(),
                index,
                host,
                vcpus,
                allowed_cores: floats.then(|| cores.clone()),
                running: runs,
            });
        }
        let owner = |index| VnicOwner::Vm { vm: first + index, vcpu: 0 };
        let owners = (0..count as usize).map(owner).collect();
        let asked = Asked::read(&keys.port, "vm", uplink, keys.vf_driver.value?)?;
        self.add(&asked, owners, nics, hosts, findings)?;
        self.receivers.last_mut()?.vms = first;
        Some(())
    }

    /// Reads a further virtual NIC: of each VM of a group, or of the host itself.
    fn further(
        &mut self,
        keys: &VnicKeys,
        vms: &[&str],
        nics: &[Nic],
        hosts: &[Host],
        findings: &mut Findings,
    ) -> Option<()> {
        let uplink = findings.take(self.uplinks.of(&keys.port))?;
        if !keys.vm.given {
            refuse_of_host(&keys.port, findings);
            let asked = Asked::read(&keys.port, "vnic", uplink, true)?;
            return self.add(&asked, vec![VnicOwner::Host], nics, hosts, findings);
        }
        let name = vms[findings.take(whole_group(keys, vms))?];
        let own = format!("vm.{name}");
        let group = self.receivers.iter_mut().find(|receiver| receiver.name == own)?;
        let (first, count, number) = (group.vms, group.count(), group.vnics_each);
        group.vnics_each += 1;
        let driver = group.vf_driver;
        let (theirs, ours) = (self.vms[first].host, nics[self.uplinks.first(uplink)].spec.host);
        if theirs != ours {
            let [theirs, ours] = [theirs, ours].map(|at| hosts[at].spec.name.as_str());
            let port = self.uplinks.name(uplink);
            findings.mistake(
                keys.port
                    .nic
                    .mistake(format!("the VMs of \"{name}\" cannot reach {port}"))
                    .because(format!("they run on {theirs}, and the port belongs to {ours}"))
                    .help(format!("name a port of {theirs} with `nic`")),
            );
            return None;
        }
        room(
            &keys.vm,
            keys.name(),
            "virtual NICs",
            self.vnics.len() + count,
            MOST_PARTS,
            findings,
        )?;
        let owner = |vm: usize| {
            let vcpu = number % self.vms[vm].vcpus.len() as u32;
            VnicOwner::Vm { vm, vcpu }
        };
        let owners = (first..first + count).map(owner).collect();
        self.add(&Asked::read(&keys.port, "vnic", uplink, driver)?, owners, nics, hosts, findings)
    }

    /// Adds a virtual NIC for each owner, with a virtual function or queues where it wants them and
    /// some are left.
    fn add(
        &mut self,
        asked: &Asked,
        owners: Vec<VnicOwner>,
        nics: &[Nic],
        hosts: &[Host],
        findings: &mut Findings,
    ) -> Option<()> {
        let (first, count) = (self.vnics.len(), owners.len() as u32);
        let numbered = !matches!(owners[..], [VnicOwner::Host]);
        let address = address::read(asked.keys, count, findings);
        self.check(asked, owners.first(), nics, hosts, findings);
        let ports = self.uplinks.width(asked.uplink);
        let all = first + count as usize * ports;
        room(&asked.keys.nic, asked.keys.name(), "virtual NICs", all, MOST_PARTS, findings)?;
        let mut no_vrss = None;
        for (index, owner) in owners.into_iter().enumerate() {
            let name =
                if numbered { format!("{}[{index}]", asked.name) } else { asked.name.clone() };
            let given = self.uplinks.next(asked.uplink);
            let address = address.map(|first| first.behind(index as u32));
            self.address(asked.keys, address, &given, findings);
            no_vrss = no_vrss.or(self.one(asked, &name, owner, &given, nics, findings));
        }
        if let Some(why) = no_vrss {
            findings.warn(format!("{} has no virtual RSS: {why}", asked.name));
        }
        self.receivers.push(Receiver {
            name: asked.name.clone(),
            vnics: first..self.vnics.len(),
            ports,
            uplink: asked.uplink,
            numbered,
            vms: 0,
            vnics_each: 1,
            vf_driver: asked.vf_driver,
        });
        Some(())
    }

    /// Adds one, which receives by these ports; returns why it has no virtual RSS, if it wants it in
    /// vain.
    fn one(
        &mut self,
        asked: &Asked,
        name: &str,
        owner: VnicOwner,
        ports: &[usize],
        nics: &[Nic],
        findings: &mut Findings,
    ) -> Option<&'static str> {
        let at: Vec<(usize, &Nic)> = ports.iter().map(|port| (*port, &nics[*port])).collect();
        let (vf, rx_paths, path_reason) = self.path(&at, owner, &asked.wants);
        if vf.is_some() {
            self.refuse_floating(asked, owner, findings);
        }
        let (vcpus, queues) = (self.vcpus(owner), rx_paths[0].own().len() as u32);
        let link = nics[ports[0]].spec.link;
        let no_vrss = rps::no_vrss(&rx_paths[0], link, vcpus).filter(|_| asked.vrss);
        let vrss = asked.vrss && no_vrss.is_none();
        for (port, rx_path) in ports.iter().zip(rx_paths) {
            self.spreads[*port] |= vrss && queues < 2;
            self.wants.push(asked.wants.clone());
            self.vnics.push(VnicSpec {
                name: name.to_owned(),
                nic: *port,
                owner,
                channel: asked.channel,
                channels: rps::channels(owner, vcpus, if vrss { vcpus } else { queues }),
                rx_path,
                vf: vf.clone(),
                path_reason,
            });
        }
        no_vrss
    }

    /// The vCPUs of an owner; none of the host.
    fn vcpus(&self, owner: VnicOwner) -> u32 {
        let VnicOwner::Vm { vm, .. } = owner else { return 0 };
        self.vms[vm].vcpus.len() as u32
    }

    /// Notes which recorded frames are for the next virtual NIC on these ports.
    fn address(
        &mut self,
        keys: &PortKeys,
        address: Option<Address>,
        ports: &[usize],
        findings: &mut Findings,
    ) {
        for port in ports {
            if let Some(address) = address {
                let known = self.taken.entry((*port, address.mac)).or_default();
                let clashes =
                    |vnic: &&usize| self.addresses[**vnic].is_some_and(|a| a.clashes(&address));
                if let Some(other) = known.iter().find(clashes) {
                    let other = &self.vnics[*other].name;
                    findings.mistake(
                        keys.mac
                            .mistake(format!("`{}` has addresses of others", keys.name()))
                            .because(format!("{other} receives such frames too"))
                            .help("write another `mac`, or `vlan` for both"),
                    );
                }
                known.push(self.addresses.len());
            }
            self.addresses.push(address);
        }
    }

    /// Checks what a table asks for, against the host and the port.
    fn check(
        &self,
        asked: &Asked,
        owner: Option<&VnicOwner>,
        nics: &[Nic],
        hosts: &[Host],
        findings: &mut Findings,
    ) {
        let (keys, port) = (asked.keys, self.uplinks.first(asked.uplink));
        if let (Some(sriov), Some(VnicOwner::Vm { vm, .. })) = (&self.functions[port], owner) {
            let vcpus = self.vms[*vm].vcpus.len() as u32;
            sriov.check(&asked.name, keys, &asked.wants.function, vcpus, findings);
        }
        if asked.wants.queues == 0 && keys.vmq_queues.value.is_some_and(|queues| queues > 1) {
            findings.warn(format!("{}: `vmq_queues` counts only with vmq = true", asked.name));
        }
        let host = &hosts[nics[port].spec.host].spec;
        if asked.vrss
            && let Err(Unsupported { reason, help }) = host.supports(Feature::Rps)
        {
            findings.mistake(
                keys.vrss
                    .mistake(format!("`{}` cannot have virtual RSS here", keys.name()))
                    .because(reason)
                    .help(help),
            );
        }
    }

    /// Refuses a virtual function to a VM whose vCPUs float.
    fn refuse_floating(&self, asked: &Asked, owner: VnicOwner, findings: &mut Findings) {
        let VnicOwner::Vm { vm, .. } = owner else { return };
        let said = findings.mistakes.iter().any(|known| known.message.contains(FLOATING));
        if self.vms[vm].allowed_cores.is_some() && !said {
            findings.mistake(
                asked
                    .keys
                    .vf
                    .mistake(format!("`{}` {FLOATING}", asked.keys.name()))
                    .because(
                        "a vCPU that serves a ring itself is interrupted where it is, and does \
                         not float",
                    )
                    .help("write placement = \"pinned\" for the VMs, or vf = false"),
            );
        }
    }

    /// How the packets of the next virtual NIC come at the start, by each of the ports by which they
    /// may.
    fn path(
        &mut self,
        ports: &[(usize, &Nic)],
        owner: VnicOwner,
        wants: &VnicRequest,
    ) -> (Option<FlowMap>, Vec<RxPath>, PathReason) {
        if matches!(owner, VnicOwner::Vm { vm, .. } if !self.vms[vm].running) {
            let nowhere = RxPath::Drop(DropReason::NoFilter);
            return (None, vec![nowhere; ports.len()], PathReason::NotRunning);
        }
        match self.function(ports[0].0, owner, &wants.function) {
            Some(Ok(vf)) => {
                (Some(vf), vec![RxPath::VirtualFunction; ports.len()], PathReason::None)
            }
            without => {
                let (rx_paths, why) = self.by_switches(ports, wants, without.and_then(Result::err));
                (None, rx_paths, why)
            }
        }
    }

    /// The best path through the virtual switch that a virtual NIC of a port can be given, and why
    /// it has no better one; `missing` is what it lacks for a virtual function.
    pub fn by_switch(
        &mut self,
        nic: usize,
        port: &Nic,
        wants: &VnicRequest,
        missing: Option<PathReason>,
    ) -> (RxPath, PathReason) {
        let (mut rx_paths, why) = self.by_switches(&[(nic, port)], wants, missing);
        (rx_paths.remove(0), why)
    }

    /// Likewise by several ports, on all of which it is given as many queues.
    fn by_switches(
        &mut self,
        ports: &[(usize, &Nic)],
        wants: &VnicRequest,
        missing: Option<PathReason>,
    ) -> (Vec<RxPath>, PathReason) {
        let given = self.queues.ask(ports, wants.queues);
        let why = match (missing, given) {
            (Some(PathReason::VfNotWanted), Err(why)) if wants.queues > 0 => why,
            (Some(broken), _) => broken,
            (None, Err(why)) => why,
            (None, Ok(given)) if given < wants.queues => PathReason::NoFreeQueue,
            (None, Ok(_)) => PathReason::None,
        };
        let rx_path = |(port, _): &(usize, &Nic)| match given {
            Ok(number) => RxPath::VmQueues(rps::by_hash(self.queues.take(*port, number))),
            Err(_) => RxPath::DefaultQueue,
        };
        (ports.iter().map(rx_path).collect(), why)
    }

    /// The virtual function that the next virtual NIC of a port is given, or the link that is
    /// missing; none where the port has another path.
    pub fn function(
        &mut self,
        nic: usize,
        owner: VnicOwner,
        request: &VfRequest,
    ) -> Option<Result<FlowMap, PathReason>> {
        let sriov = self.functions[nic].as_mut()?;
        let VnicOwner::Vm { vm, vcpu } = owner else { return Some(Err(PathReason::VfNotWanted)) };
        let given = sriov.give(request);
        if given == Err(PathReason::NoFreeVf) {
            self.no_function[nic] += 1;
        }
        let vcpus = self.vms[vm].vcpus.len() as u32;
        Some(given.map(|()| sriov.function(request, vcpu, vcpus)))
    }

    /// Warns of virtual NICs on a port that spreads for others.
    pub fn warn_of_rps(&self, port: usize, name: &str, findings: &mut Findings) {
        let here = self.vnics.iter().filter(|vnic| vnic.nic == port && !vnic.rx_path.is_function());
        if let Some(other) =
            here.filter(|vnic| vnic.channels.is_none()).map(|vnic| &vnic.name).next()
        {
            findings.warn(format!(
                "nic.{name}: it spreads the packets of all its virtual NICs over cores, also those \
                 without `vrss`, such as {other}"
            ));
        }
    }

    /// Warns of ports whose queues ran out, and of those on which Windows would not do this.
    fn warn(&self, nics: &[Nic], findings: &mut Findings) {
        for (at, nic) in nics.iter().enumerate() {
            let name = &nic.spec.name;
            self.queues.warn(at, nic, findings);
            if let (Some(sriov), 1..) = (&self.functions[at], self.no_function[at]) {
                findings.warn(format!("nic.{name}: {}", sriov.too_late(self.no_function[at])));
            }
            let rss = matches!(nic.spec.steering, SteeringSpec::Rss(_));
            if rss && self.vnics.iter().any(|vnic| vnic.nic == at) {
                findings.warn(format!(
                    "nic.{name}: Windows uses RSS on a port with a virtual switch only with VMMQ \
                     (2016)"
                ));
            }
        }
    }
}
