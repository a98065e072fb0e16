//! Figures of virtual machines and virtual NICs: each one's own, and those of groups.

use super::by_name::{ByName, OneOrMany};
use super::figure::{Figure, Word};
use super::flow::{self, Flow};
use super::record::record;
use crate::engine::time::Time;
use crate::study::paths;
use crate::world::outcome::{Outcome, SourceTally, VnicTally};
use crate::world::{Consumer, PathReason, RxPath, VnicOwner, World};
use std::collections::BTreeMap;

record! {
    /// What a virtual NIC, or several together, received.
    pub struct Received {
        ..flow: Flow,
        /// Packets for all virtual NICs of the port (broadcasts) that came here.
        pub flooded: Flooded,
        /// Notifications of the guest per second.
        pub notifications_per_second: Figure as "1/s",
    }
}

record! {
    /// What became of broadcasts at a virtual NIC.
    pub struct Flooded {
        /// Delivered.
        pub delivered: Figure as "packets",
        /// Lost on the way from the virtual switch.
        pub dropped: Figure as "packets",
    }
}

record! {
    /// What a virtual machine or one of its virtual NICs received, and by which path.
    pub struct VmFigures {
        ..received: Received,
        /// Path of the packets at the end: `vf`, `vmq`, `default-queue`, `software`, `none`.
        pub path: Word as "word",
        /// Why there is no better path; `none` where there is none.
        pub path_reason: Word as "word",
    }
}

impl VmFigures {
    /// What became of the packets for it.
    #[must_use]
    pub fn flow(&self) -> &Flow {
        &self.received.flow
    }
}

/// The virtual NICs of a world, and what went to each.
pub(super) struct Guests<'d> {
    world: &'d World,
    outcome: &'d Outcome,
    /// Per virtual NIC the tallies of the sources that send to it.
    received: Vec<Vec<&'d SourceTally>>,
    /// Per VM its virtual NICs, its own one first.
    vnics: Vec<Vec<usize>>,
    /// The path of each virtual NIC at the end.
    rx_paths: Vec<&'d RxPath>,
    /// Whether each VM runs at the end.
    running: Vec<bool>,
}

/// The VMs of one number in a group: several where the VM migrates.
type Homes = Vec<usize>;

impl<'d> Guests<'d> {
    pub(super) fn new(world: &'d World, outcome: &'d Outcome) -> Self {
        let mut received = vec![Vec::new(); world.vnics.len()];
        for (source, tally) in world.sources.iter().zip(&outcome.sources) {
            if let Consumer::Vnic(vnic) = source.to {
                received[vnic].push(tally);
            }
        }
        let mut vnics = vec![Vec::new(); world.vms.len()];
        for (index, vnic) in world.vnics.iter().enumerate() {
            if let VnicOwner::Vm { vm, .. } = vnic.owner {
                vnics[vm].push(index);
            }
        }
        let rx_paths = paths::rx_paths(world, Time::END);
        let running = paths::running(world, Time::END);
        Self { world, outcome, received, vnics, rx_paths, running }
    }

    /// Per group of VMs a list of its instances.
    pub(super) fn vms(&self) -> ByName<Vec<VmFigures>> {
        self.per_group(|vms| vms.iter().map(|homes| self.instance(&self.vnics_of(homes))).collect())
    }

    /// Per group of VMs its sums.
    pub(super) fn vm_groups(&self) -> ByName<Received> {
        self.per_group(|vms| {
            let vnics: Vec<usize> = vms.iter().flat_map(|homes| self.vnics_of(homes)).collect();
            self.received_by(&vnics)
        })
    }

    /// The further virtual NICs by name: several where they are numbered.
    pub(super) fn further(&self) -> ByName<OneOrMany<VmFigures>> {
        let mut names: Vec<&str> = Vec::new();
        let mut homes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, vnic) in self.world.vnics.iter().enumerate() {
            let Some(name) = vnic.name.strip_prefix("vnic.") else { continue };
            let known = homes.entry(name).or_default();
            if known.is_empty() {
                names.push(name);
            }
            known.push(index);
        }
        let mut all: Vec<(String, OneOrMany<VmFigures>)> = Vec::new();
        for name in names {
            let mut vnics = homes[name].clone();
            vnics.sort_by_key(|vnic| !self.is_in_use(*vnic));
            let figures = self.instance(&vnics);
            let Some((group, _)) = name.split_once('[') else {
                all.push((name.to_owned(), OneOrMany::One(figures)));
                continue;
            };
            match all.last_mut() {
                Some((last, OneOrMany::Many(items))) if last == group => items.push(figures),
                _ => all.push((group.to_owned(), OneOrMany::Many(vec![figures]))),
            }
        }
        ByName(all)
    }

    fn per_group<T>(&self, figures: impl Fn(&[Homes]) -> T) -> ByName<T> {
        ByName(self.groups().into_iter().map(|(name, vms)| (name, figures(&vms))).collect())
    }

    /// The groups in the order of the world, and the VMs of each by number.
    fn groups(&self) -> Vec<(String, Vec<Homes>)> {
        let mut groups: Vec<(String, BTreeMap<u32, Homes>)> = Vec::new();
        for (index, vm) in self.world.vms.iter().enumerate() {
            let at = groups.iter().position(|(name, _)| *name == vm.group);
            let at = at.unwrap_or_else(|| {
                groups.push((vm.group.clone(), BTreeMap::new()));
                groups.len() - 1
            });
            groups[at].1.entry(vm.index).or_default().push(index);
        }
        groups.into_iter().map(|(name, vms)| (name, vms.into_values().collect())).collect()
    }

    /// The virtual NICs of a VM wherever it was, those in use at the end first.
    fn vnics_of(&self, homes: &[usize]) -> Vec<usize> {
        let mut vnics: Vec<usize> = homes.iter().flat_map(|vm| self.vnics[*vm].clone()).collect();
        vnics.sort_by_key(|vnic| !self.is_in_use(*vnic));
        vnics
    }

    /// Whether the VM of a virtual NIC runs at the end.
    fn is_in_use(&self, vnic: usize) -> bool {
        paths::is_in_use(&self.world.vnics[vnic], &self.running)
    }

    /// The figures of some virtual NICs together, and the path of the first.
    fn instance(&self, vnics: &[usize]) -> VmFigures {
        let first = vnics.first().map(|index| (&self.world.vnics[*index], self.rx_paths[*index]));
        let path = first.map(|(vnic, rx_path)| paths::word(self.world, vnic, rx_path).to_owned());
        let path_reason = first.map(|(vnic, _)| reason(vnic.path_reason).to_owned());
        VmFigures {
            received: self.received_by(vnics),
            path: Word(path),
            path_reason: Word(path_reason),
        }
    }

    /// What some virtual NICs were sent, what came to them of packets for all, and how often their
    /// guests were notified.
    fn received_by(&self, vnics: &[usize]) -> Received {
        let window = self.outcome.window;
        let tallies = vnics.iter().flat_map(|vnic| &self.received[*vnic]).copied();
        let flow = Flow::new(&flow::sum(tallies), window);
        let tallies = vnics.iter().filter_map(|vnic| self.outcome.vnics.get(*vnic));
        let sum = |of: fn(&VnicTally) -> u64| tallies.clone().map(of).sum::<u64>();
        let notifications = sum(|tally| tally.notifications);
        Received {
            flow,
            flooded: Flooded {
                delivered: Figure::count(sum(|tally| tally.broadcast.delivered)),
                dropped: Figure::count(sum(|tally| tally.broadcast.dropped)),
            },
            notifications_per_second: Figure::per_second(notifications as f64, window),
        }
    }
}

/// Why there is no better path, in the words of the metric `path_reason`.
fn reason(reason: PathReason) -> &'static str {
    match reason {
        PathReason::None => "none",
        PathReason::NotWanted => "vmq-not-wanted",
        PathReason::NoFreeQueue => "no-free-queue",
        PathReason::OffBelow10Gbps => "vmq-off-below-10g",
        PathReason::Rss => "path-is-rss",
        PathReason::SingleQueue => "path-is-single-queue",
        PathReason::VfNotWanted => "vf-not-wanted",
        PathReason::Firmware => "no-firmware-support",
        PathReason::Iommu => "no-iommu",
        PathReason::PfDriver => "no-pf-driver",
        PathReason::SwitchWithoutIov => "switch-without-iov",
        PathReason::VfWeightZero => "vf-weight-0",
        PathReason::PortPolicy => "port-policy",
        PathReason::NoFreeVf => "no-free-vf",
        PathReason::VfDriver => "no-vf-driver",
        PathReason::VfDetached => "vf-detached",
        PathReason::NoSriov => "no-sriov",
        PathReason::NotRunning => "not-running",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::tree::Tree;
    use crate::study::fixture;
    use crate::study::fixture::metrics;
    use crate::study::metrics::shape;
    use crate::world::outcome::BroadcastTally;
    use crate::world::{FlowMap, VnicSpec};
    use std::time::Duration;

    fn sample() -> (World, Outcome) {
        (fixture::guests(3), fixture::guests_outcome(3))
    }

    fn tree(world: &World, outcome: &Outcome) -> Tree {
        metrics(world, outcome, Duration::from_secs(1))
    }

    fn word(tree: &Tree, path: &str) -> String {
        match tree.get(path) {
            Some(Tree::Word(word)) => word.clone(),
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn each_vm_has_the_figures_of_what_went_to_it_and_its_path() {
        let (mut world, outcome) = sample();
        world.vnics[2].rx_path = RxPath::DefaultQueue;
        world.vnics[2].path_reason = PathReason::NoFreeQueue;
        let tree = tree(&world, &outcome);
        let delivered = tree.number("vm.web[1].delivered.packets");
        assert_eq!(delivered, Some(outcome.sources[1].delivered.packets as f64));
        assert_eq!(word(&tree, "vm.web[1].path"), "vmq");
        assert_eq!(word(&tree, "vm.web[1].path_reason"), "none");
        assert_eq!(word(&tree, "vm.web[2].path"), "default-queue");
        assert_eq!(word(&tree, "vm.web[2].path_reason"), "no-free-queue");
        assert_eq!(tree.number("vm.web[0].notifications_per_second"), Some(5_000.0));
    }

    #[test]
    fn packets_by_functions_count_as_taken_by_interrupts() {
        let (mut world, mut outcome) = sample();
        let per_interrupt = |world: &World, outcome: &Outcome| {
            tree(world, outcome).number("interrupts.packets_per_interrupt").unwrap()
        };
        let before = per_interrupt(&world, &outcome);
        world.vnics[0].vf = Some(FlowMap::one(0));
        world.vnics[0].rx_path = RxPath::VirtualFunction;
        outcome.sources[0].by_function = outcome.sources[0].delivered.packets;
        let more = outcome.sources[0].by_function as f64;
        let interrupts = outcome.nics[0].interrupts as f64;
        assert!((per_interrupt(&world, &outcome) - before - more / interrupts).abs() < 1e-9);
        assert_eq!(word(&tree(&world, &outcome), "vm.web[0].path"), "vf");
    }

    #[test]
    fn a_group_has_the_sums_of_its_vms() {
        let (world, outcome) = sample();
        let tree = tree(&world, &outcome);
        let of = |path: &str| tree.number(path).unwrap_or_else(|| panic!("{path}"));
        let each: f64 = (0..3).map(|vm| of(&format!("vm.web[{vm}].delivered.gbps"))).sum();
        assert!((of("vm_groups.web.delivered.gbps") - each).abs() < 1e-9);
        let lost = of("dropped.total") / of("offered.packets");
        assert!((of("vm_groups.web.loss") - lost).abs() < 1e-12);
        assert!((of("vm_groups.web.notifications_per_second") - 15_000.0).abs() < 1e-6);
        assert!((of("vm_groups.web.latency.p99_us") - of("latency.p99_us")).abs() < 1e-9);
    }

    #[test]
    fn packets_for_all_count_apart_from_those_for_a_vm() {
        let (world, mut outcome) = sample();
        let before = tree(&world, &outcome);
        outcome.vnics[0].broadcast = BroadcastTally { delivered: 7, dropped: 2 };
        outcome.vnics[1].broadcast = BroadcastTally { delivered: 9, dropped: 0 };
        let tree = tree(&world, &outcome);
        assert_eq!(tree.number("vm.web[0].flooded.dropped"), Some(2.0));
        assert_eq!(tree.number("vm_groups.web.flooded.delivered"), Some(16.0));
        for path in ["vm.web[0].delivered.packets", "vm_groups.web.loss", "loss"] {
            assert_eq!(tree.number(path), before.number(path), "{path}");
        }
    }

    #[test]
    fn further_virtual_nics_count_for_their_vm_and_for_themselves() {
        let (mut world, mut outcome) = sample();
        for vm in 0..2 {
            let owner = VnicOwner::Vm { vm, vcpu: 0 };
            let name = format!("vnic.storage[{vm}]");
            world.vnics.push(VnicSpec { name, owner, ..world.vnics[0].clone() });
        }
        let mgmt = VnicSpec { owner: VnicOwner::Host, ..world.vnics[0].clone() };
        world.vnics.push(VnicSpec { name: "vnic.mgmt".into(), ..mgmt });
        for vnic in [4, 5] {
            let to = Consumer::Vnic(vnic);
            world.sources.push(crate::world::TrafficSpec { to, ..world.sources[0].clone() });
            outcome.sources.push(outcome.sources[0].clone());
        }
        let tree = tree(&world, &outcome);
        let packets = |path: &str| tree.number(&format!("{path}.delivered.packets"));
        let one = outcome.sources[0].delivered.packets as f64;
        assert_eq!(packets("vnic.storage[0]"), Some(0.0));
        assert_eq!(packets("vnic.storage[1]"), Some(one));
        assert_eq!(packets("vnic.mgmt"), Some(one));
        let own = outcome.sources[1].delivered.packets as f64;
        assert_eq!(packets("vm.web[1]"), Some(own + one));
        assert_eq!(packets("vm.web[0]"), Some(one));
    }

    #[test]
    fn queues_name_their_owner_and_every_path_is_there_before_a_run() {
        let (world, outcome) = sample();
        let tree = tree(&world, &outcome);
        assert_eq!(tree.get("nic.port0.queue[0].vm"), Some(&Tree::Null));
        assert_eq!(word(&tree, "nic.port0.queue[3].vm"), "vm.web[2]");
        let paths = |tree: &Tree| -> Vec<String> {
            tree.walk().into_iter().map(|(path, _)| path).collect()
        };
        assert_eq!(paths(&shape(&world)), paths(&tree));
    }
}
