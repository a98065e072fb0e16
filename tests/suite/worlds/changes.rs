//! Random changes: several queues and channels of a virtual NIC, parts of sources, routes that
//! change, machines that stop and start, links that go down. Nothing here draws on other levels.

use super::{CHANGES, Dice};
use rxsim::engine::time::{Span, Time};
use rxsim::vocab::drop_reason::DropReason;
use rxsim::world::{
    Action, Consumer, EventSpec, Filter, FlowMap, NicSpec, Part, RxPath, SteeringSpec, TrafficSpec,
    VmSpec, VnicOwner, VnicSpec,
};
use std::sync::Arc;

impl Dice {
    /// More vCPUs, channels and functions; some machines do not run at first, some routes lead
    /// nowhere.
    pub(super) fn changeable(&mut self, vms: &mut [VmSpec], vnics: &mut [VnicSpec]) {
        if !self.has(CHANGES) {
            return;
        }
        for vm in vms.iter_mut() {
            for _ in 0..self.below(3) {
                let core = self.pick(&vm.vcpus);
                let next = if self.one_in(2) { core } else { core.saturating_sub(1) };
                vm.vcpus.push(next);
            }
            vm.running = !self.one_in(5);
        }
        for vnic in vnics {
            if let VnicOwner::Vm { vm, .. } = vnic.owner {
                let vcpus = vms[vm].vcpus.len() as u64;
                vnic.channels = self.one_in(2).then(|| self.function(vcpus));
                if vnic.vf.is_none() && self.one_in(2) {
                    vnic.vf = Some(self.function(vcpus));
                }
            }
            if self.one_in(10) {
                vnic.rx_path = RxPath::Drop(self.reason());
            }
        }
    }

    fn reason(&mut self) -> DropReason {
        self.pick(&[DropReason::NoFilter, DropReason::VmPaused, DropReason::WrongHost])
    }

    /// Ways, machines and links change, some at one instant; those of one instant in some order.
    pub(super) fn changes(
        &mut self,
        events: &mut Vec<EventSpec>,
        nics: &[NicSpec],
        vms: &[VmSpec],
        vnics: &mut [VnicSpec],
        duration: Span,
    ) {
        if !self.has(CHANGES) {
            return;
        }
        for (vm, spec) in vms.iter().enumerate() {
            self.stops_and_starts(events, vm, spec.running, duration);
        }
        for nic in 0..nics.len() {
            if self.one_in(3) {
                let down = self.instant(duration);
                let up = down + self.span(Span(duration.0 / 8));
                events.push(EventSpec { at: down, action: Action::Link { nic, up: false } });
                events.push(EventSpec { at: up, action: Action::Link { nic, up: true } });
            }
        }
        let steers = if vnics.is_empty() { 0 } else { self.below(10) };
        for _ in 0..steers {
            let vnic = self.below(vnics.len() as u64) as usize;
            let mut at = self.instant(duration);
            if !events.is_empty() && self.one_in(3) {
                let other = self.below(events.len() as u64) as usize;
                at = events[other].at;
            }
            events.push(EventSpec {
                at,
                action: Action::SetRoute { vnic, rx_path: RxPath::DefaultQueue },
            });
        }
        events.sort_by_key(|event| event.at);
        self.choose_routes(events, nics, vnics);
    }

    fn instant(&mut self, duration: Span) -> Time {
        Time::ZERO + self.span(duration)
    }

    /// A machine that runs stops for a while, or for ever, sometimes for another reason in between.
    fn stops_and_starts(
        &mut self,
        events: &mut Vec<EventSpec>,
        vm: usize,
        mut runs: bool,
        duration: Span,
    ) {
        let mut at = self.instant(Span(duration.0 / 3));
        for _ in 0..self.below(16) {
            let action = if runs || self.one_in(5) {
                runs = false;
                Action::Stop { vm, reason: self.reason() }
            } else {
                runs = true;
                Action::Start { vm }
            };
            events.push(EventSpec { at, action });
            let longest = if runs { duration.0 / 8 } else { duration.0 / 24 };
            at += self.span(Span(longest));
        }
    }

    /// The queues of each virtual NIC at the start, and where routes lead that change. No queue is
    /// in two hands.
    fn choose_routes(
        &mut self,
        events: &mut [EventSpec],
        nics: &[NicSpec],
        vnics: &mut [VnicSpec],
    ) {
        let mut routes: Vec<RxPath> = vnics.iter().map(|vnic| vnic.rx_path.clone()).collect();
        for at in 0..vnics.len() {
            if !routes[at].own().is_empty() && self.one_in(2) {
                routes[at] = self.own_route(at, nics, vnics, &routes).expect("it has a queue");
                vnics[at].rx_path = routes[at].clone();
            }
        }
        for event in events {
            if let Action::SetRoute { vnic, rx_path } = &mut event.action {
                *rx_path = match self.below(8) {
                    0 => RxPath::Drop(self.reason()),
                    1 | 2 => RxPath::DefaultQueue,
                    3 | 4 if vnics[*vnic].vf.is_some() => RxPath::VirtualFunction,
                    _ => {
                        self.own_route(*vnic, nics, vnics, &routes).unwrap_or(RxPath::DefaultQueue)
                    }
                };
                routes[*vnic] = rx_path.clone();
            }
        }
    }

    /// Some of the queues that nobody else has, the default queue left out; none if there are none.
    fn own_route(
        &mut self,
        at: usize,
        nics: &[NicSpec],
        vnics: &[VnicSpec],
        routes: &[RxPath],
    ) -> Option<RxPath> {
        let nic = &nics[vnics[at].nic];
        if !matches!(nic.steering, SteeringSpec::Vmq { .. }) {
            return None;
        }
        let others = |vnic: &usize| *vnic != at && vnics[*vnic].nic == vnics[at].nic;
        let taken: Vec<u32> =
            (0..vnics.len()).filter(others).flat_map(|vnic| routes[vnic].own().to_vec()).collect();
        let mut free: Vec<u32> =
            (1..nic.queues.len() as u32).filter(|queue| !taken.contains(queue)).collect();
        while free.len() > 1 && self.one_in(2) {
            let left_out = self.below(free.len() as u64) as usize;
            free.remove(left_out);
        }
        let queues = free.len() as u64;
        let rss = (queues > 0 && !self.one_in(4)).then(|| self.rss(queues));
        (queues > 0).then_some(RxPath::VmQueues(FlowMap { targets: free, rss }))
    }

    /// Some sources come in part, the rest of some of them by another port.
    pub(super) fn parts(
        &mut self,
        sources: &mut Vec<TrafficSpec>,
        nics: &[NicSpec],
        vnics: &[VnicSpec],
        duration: Span,
    ) {
        if !self.has(CHANGES) {
            return;
        }
        for at in 0..sources.len() {
            if self.one_in(3) {
                let rest = self.part(&mut sources[at], duration);
                let nic = self.below(nics.len() as u64) as usize;
                let filter = Filter::Pass;
                let other = TrafficSpec { nic, to: Consumer::Host, filter, ..rest };
                let other = self.perhaps_to_vnic(other, vnics);
                if self.one_in(2) {
                    sources.push(other);
                }
            }
        }
    }

    /// Leaves some of a source's packets to it; returns the rest.
    fn part(&mut self, source: &mut TrafficSpec, duration: Span) -> TrafficSpec {
        let mut rest = source.clone();
        if self.one_in(2) {
            let at = self.instant(duration);
            rest.part.since = at;
            source.until = Some(source.until.map_or(at, |until| until.min(at)));
            return rest;
        }
        let flows = source.source.flows.count;
        let marked: Vec<bool> = (0..flows).map(|_| self.one_in(2)).collect();
        let others = marked.iter().map(|mine| !mine).collect();
        source.part = Part { flows: Some(Arc::from(marked)), ..Part::default() };
        rest.part = Part { flows: Some(others), ..Part::default() };
        rest
    }
}
