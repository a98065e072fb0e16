//! Random moves: policies that move queues and table entries, what a move costs, and events.
//! Nothing here draws below [`MOVES`], so that other levels stay as they are.

use super::{Dice, GRID, MOVES, probing_policy};
use rxsim::engine::time::{Span, Time};
use rxsim::policy::{Kind, PolicySpec, Share, Start};
use rxsim::rx::cpu::Stack;
use rxsim::world::{
    Action, EventSpec, HostSpec, Maker, NicSpec, Rebalance, SteeringSpec, TrafficSpec,
};

impl Dice {
    /// Policies on most ports, and what a move costs.
    pub(super) fn moves(&mut self, hosts: &mut [HostSpec], nics: &mut [NicSpec]) {
        if self.level < MOVES {
            return;
        }
        for host in hosts.iter_mut() {
            host.costs.queue_move = self.cost(Span::us(2));
            host.cores = host.cores.max(self.between(2, 4) as u32);
            if !moves_queues(host.stack) && !self.one_in(4) {
                host.stack = self.mover();
            }
        }
        for nic in nics {
            if !self.one_in(5) {
                self.movable(nic, &hosts[nic.host]);
            }
        }
    }

    /// A stack that moves queues.
    fn mover(&mut self) -> Stack {
        if self.one_in(2) {
            return Stack::WindowsDpc;
        }
        let (hz, ksoftirqd_defers) = (self.pick(&[1_000, 2_000_000, 10_000_000]), self.one_in(2));
        Stack::LinuxNapi { hz, ksoftirqd_defers }
    }

    fn movable(&mut self, nic: &mut NicSpec, host: &HostSpec) {
        let queues = moves_queues(host.stack);
        if !queues && !matches!(nic.steering, SteeringSpec::Rss(_)) {
            return;
        }
        let mut cores: Vec<u32> = (0..host.cores).collect();
        let used = self.between(1, host.cores.into());
        nic.usable = (0..used)
            .map(|_| {
                let at = self.below(cores.len() as u64) as usize;
                cores.remove(at)
            })
            .collect();
        let maker = self.maker(nic, queues);
        if !self.one_in(8) {
            let longest = self.pick(&[1, 5, 25]);
            let interval = self.span(Span::us(longest)).max(GRID);
            nic.rebalance = Some(Rebalance { interval, maker: maker.clone() });
        }
        if !queues {
            nic.usable = (0..host.cores).collect();
            return;
        }
        let home = maker.make().start() == Start::Home;
        for queue in &mut nic.queues {
            *queue = if home { nic.usable[0] } else { self.pick(&nic.usable) };
        }
        nic.shared_interrupts = self.one_in(2);
        let own = (0..nic.queues.len() as u32).map(|queue| vec![queue]).collect();
        nic.vectors = if nic.shared_interrupts { by_core(&nic.queues) } else { own };
    }

    fn maker(&mut self, nic: &NicSpec, queues: bool) -> Maker {
        if !queues && self.one_in(2) {
            return Maker::own(probing_policy::of_tables);
        }
        let expand_above = self.between(5, 60) as u32;
        let traffic_above = self.between(0, 20) as u32;
        let contract_below = self.below(expand_above.into()) as u32;
        let power_save = if self.one_in(2) { Some(self.between(0, 2) as u32) } else { None };
        let kind = match self.below(7) {
            _ if !queues => Kind::RssPlusPlus,
            0..=1 => return Maker::own(probing_policy::probing),
            2 => return Maker::own(probing_policy::probing_a_lot),
            3 => Kind::DynamicVmq,
            4 => Kind::LeastLoaded,
            5 if matches!(nic.steering, SteeringSpec::Rss(_)) => Kind::RssPlusPlus,
            _ => Kind::Irqbalance,
        };
        Maker::BuiltIn(PolicySpec {
            expand_above: Share::percent(expand_above),
            traffic_above: Share::percent(traffic_above),
            contract_below: Share::percent(contract_below),
            power_save,
            ..PolicySpec::of(kind)
        })
    }

    /// Lost affinities, some at instants at which a policy looks.
    pub(super) fn events(
        &mut self,
        hosts: &[HostSpec],
        nics: &[NicSpec],
        duration: Span,
    ) -> Vec<EventSpec> {
        let movable: Vec<usize> = (0..nics.len())
            .filter(|nic| {
                !nics[*nic].usable.is_empty() && moves_queues(hosts[nics[*nic].host].stack)
            })
            .collect();
        if self.level < MOVES || movable.is_empty() || self.one_in(3) {
            return Vec::new();
        }
        (0..self.between(1, 6))
            .map(|_| {
                let nic = self.pick(&movable);
                let mut at = self.span(duration);
                if let (Some(rebalance), true) = (&nics[nic].rebalance, self.one_in(2)) {
                    at = Span(at.0 / rebalance.interval.0 * rebalance.interval.0);
                }
                EventSpec { at: Time::ZERO + at, action: Action::LoseAffinity { nic } }
            })
            .collect()
    }

    /// Some sources begin late, some stop.
    pub(super) fn perhaps_for_a_while(&mut self, source: &mut TrafficSpec, duration: Span) {
        if self.level < MOVES {
            return;
        }
        let quarter = Span((duration.0 / 4 / GRID.0).max(1) * GRID.0);
        if self.one_in(4) {
            source.from = Time::ZERO + self.span(quarter);
        }
        if self.one_in(4) {
            source.until = Some(source.from + quarter + self.span(quarter * 2));
        }
    }
}

/// Only these two have an interrupt whose core can change.
fn moves_queues(stack: Stack) -> bool {
    matches!(stack, Stack::WindowsDpc | Stack::LinuxNapi { .. })
}

/// The queues of each core that has one.
fn by_core(queues: &[u32]) -> Vec<Vec<u32>> {
    let mut cores = queues.to_vec();
    cores.sort_unstable();
    cores.dedup();
    let of = |core: &u32| -> Vec<u32> {
        (0..queues.len() as u32).filter(|at| queues[*at as usize] == *core).collect()
    };
    cores.iter().map(of).collect()
}
