//! Random worlds with random changes: window-length invariance, conservation.

use crate::fixtures::random;
use crate::fixtures::runs::{compared_in_windows, unaccounted};
use crate::worlds::{FUNCTIONS, random_world};
use rayon::prelude::*;
use rxsim::engine::chance::Stream;
use rxsim::engine::time::{Span, Time};
use rxsim::rx::steering::rss::{HashTypes, RssSpec};
use rxsim::rx::steering::toeplitz::KEY_MICROSOFT;
use rxsim::vocab::drop_reason::DropReason;
use rxsim::world::{Action, EventSpec, Filter, FlowMap, RxPath, SteeringSpec, VnicOwner, World};

const REASONS: [DropReason; 3] =
    [DropReason::NoFilter, DropReason::VmPaused, DropReason::WrongHost];

/// Draws changes.
struct Changes<'w> {
    stream: Stream,
    world: &'w mut World,
}

impl Changes<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.stream.below(n as u64) as usize
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn reason(&mut self) -> DropReason {
        REASONS[self.below(REASONS.len())]
    }

    /// Over up to four of `choices`, none twice.
    fn spread(&mut self, mut choices: Vec<u32>) -> FlowMap {
        let most = choices.len().min(4);
        let count = 1 + self.below(most);
        let over: Vec<u32> = (0..count)
            .map(|_| {
                let at = self.below(choices.len());
                choices.swap_remove(at)
            })
            .collect();
        let entries = [1, 2, 8, 32][self.below(4)];
        let table = (0..entries).map(|_| self.below(count) as u32).collect();
        let types = if self.one_in(5) { HashTypes::NONE } else { HashTypes::USUAL };
        let rss = (!self.one_in(4)).then_some(RssSpec { key: KEY_MICROSOFT, types, table });
        FlowMap { targets: over, rss }
    }

    fn route(&mut self, vnic: usize) -> RxPath {
        let nic = &self.world.nics[self.world.vnics[vnic].nic];
        let (queues, has_function) = (nic.queues.len() as u32, self.world.vnics[vnic].vf.is_some());
        let vmq = matches!(nic.steering, SteeringSpec::Vmq { .. });
        match self.below(4) {
            1 if vmq && queues > 1 => RxPath::VmQueues(self.spread((1..queues).collect())),
            2 if has_function => RxPath::VirtualFunction,
            3 => RxPath::Drop(self.reason()),
            _ => RxPath::DefaultQueue,
        }
    }

    /// More channels, functions and queues than a random world has.
    fn vnics(&mut self) {
        for vnic in 0..self.world.vnics.len() {
            let owner = self.world.vnics[vnic].owner;
            if let VnicOwner::Vm { vm, .. } = owner {
                let vcpus = self.world.vms[vm].vcpus.len() as u32;
                // Two channels of a vCPU, too.
                let choices = || (0..vcpus).chain(0..vcpus).collect();
                if self.one_in(2) {
                    self.world.vnics[vnic].channels = Some(self.spread(choices()));
                }
                if self.one_in(3) && self.world.vnics[vnic].vf.is_none() {
                    self.world.vnics[vnic].vf = Some(self.spread(choices()));
                }
            }
            if self.one_in(3) {
                let route = self.route(vnic);
                self.world.vnics[vnic].rx_path = route;
            }
        }
    }

    /// Machines without functions float, in every second world.
    fn floats(&mut self) {
        let floats = self.one_in(2);
        for vm in 0..self.world.vms.len() {
            let of_vm = |owner| matches!(owner, VnicOwner::Vm { vm: its, .. } if its == vm);
            let mut vnics = self.world.vnics.iter().filter(|vnic| of_vm(vnic.owner));
            if floats && vnics.all(|vnic| vnic.vf.is_none()) {
                let cores = self.world.hosts[self.world.vms[vm].host].cores;
                let FlowMap { targets: over, .. } = self.spread((0..cores).collect());
                self.world.vms[vm].allowed_cores = Some(over);
            }
        }
    }

    fn event(&mut self) -> Option<Action> {
        Some(match self.below(6) {
            0 | 1 if !self.world.vnics.is_empty() => {
                let vnic = self.below(self.world.vnics.len());
                Action::SetRoute { vnic, rx_path: self.route(vnic) }
            }
            2 | 3 if !self.world.vms.is_empty() => {
                let vm = self.below(self.world.vms.len());
                Action::Stop { vm, reason: self.reason() }
            }
            4 if !self.world.vms.is_empty() => {
                Action::Start { vm: self.below(self.world.vms.len()) }
            }
            5 => Action::Link { nic: self.below(self.world.nics.len()), up: self.one_in(2) },
            _ => return None,
        })
    }

    fn make(mut self) {
        self.vnics();
        self.floats();
        for vm in 0..self.world.vms.len() {
            self.world.vms[vm].running = !self.one_in(6);
        }
        for source in 0..self.world.sources.len() {
            if self.world.sources[source].filter == Filter::Pass && self.one_in(12) {
                self.world.sources[source].filter = Filter::DropInDriver;
            }
        }
        let end = self.world.duration.expect("random worlds say how long").0;
        let mut on = Vec::new();
        for _ in 0..self.below(16) {
            let grid = 100_000;
            let at = Time(self.stream.below(end / grid) * grid);
            // Some of one instant.
            let at = if self.one_in(3) { on.last().copied().unwrap_or(at) } else { at };
            on.push(at);
            if let Some(action) = self.event() {
                self.world.events.push(EventSpec { at, action });
            }
        }
        if self.one_in(2) {
            // What stopped starts again.
            for vm in 0..self.world.vms.len() {
                let at = Time(self.stream.below(end / 100_000) * 100_000);
                self.world.events.push(EventSpec { at, action: Action::Start { vm } });
            }
        }
    }
}

/// The world of this seed.
pub(super) fn changing_world(seed: u64) -> World {
    let mut world = random_world(seed, FUNCTIONS);
    let stream = Stream::new(seed, "random changes", "");
    Changes { stream, world: &mut world }.make();
    world
}

/// What is wrong with a world, if anything is.
fn wrong(world: &World) -> Option<String> {
    let batches = [Span::us(1), Span::ns(10_100), Span::us(100)];
    let (whole, difference) = compared_in_windows(world, &batches);
    difference.or_else(|| {
        whole.sources.iter().enumerate().find_map(|(at, source)| {
            let off = unaccounted(source);
            (off != 0).then(|| format!("source {at} is off by {off} packets"))
        })
    })
}

#[test]
fn changes_happen_alike_in_windows_of_any_length_and_lose_no_packet_of_sight() {
    let seeds = (0..random::worlds(600)).into_par_iter();
    let found: Vec<String> = seeds
        .filter_map(|seed| {
            let name = format!("changing_world({seed})");
            random::wrong_with(name, &changing_world(seed), wrong)
        })
        .collect();
    random::none_wrong(&found);
}
