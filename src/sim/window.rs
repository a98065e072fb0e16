//! The measured window and the series.
//!
//! Counters only grow: the window and each step of the series are differences of two snapshots.

use crate::engine::digest;
use crate::engine::time::{Span, Time};
use crate::sim::accounting::ledger::Ledger;
use crate::sim::core::core::Core;
use crate::sim::host::host::Host;
use crate::sim::host::nic_binding::NicBinding;
use crate::sim::queue::vector::Vector;
use crate::world::World;
use crate::world::outcome::{
    BroadcastTally, CoreTally, HostTally, NicTally, Outcome, PolicyTally, QueueTally, SeriesStep,
    VnicTally, Volume,
};

/// All counters but those of packets, at one instant.
#[derive(Clone, Debug, Default)]
struct Snapshot {
    hosts: Vec<HostTally>,
    nics: Vec<NicTally>,
    vnics: Vec<VnicTally>,
}

/// What is recorded at control events.
pub(crate) struct MeasuredWindow {
    nics: usize,
    vnics: usize,
    opening: Snapshot,
    /// Packet counts before the window opened, for steps that straddle the opening.
    before_opening: (Volume, Volume, u64),
    last_step: Option<(Snapshot, (Volume, Volume, u64))>,
    /// Sources whose receive path changes, and their delivered volume: before the opening, and up
    /// to the last step.
    changing: Vec<usize>,
    changing_before: Vec<Volume>,
    changing_counted: Vec<Volume>,
    series: Vec<SeriesStep>,
    inside: Vec<(Time, u64)>,
}

impl MeasuredWindow {
    pub(crate) fn new(world: &World) -> Self {
        let changing = if world.step.is_some() { world.changing() } else { vec![] };
        Self {
            nics: world.nics.len(),
            vnics: world.vnics.len(),
            opening: Snapshot::default(),
            before_opening: Default::default(),
            last_step: None,
            changing_before: vec![Volume::default(); changing.len()],
            changing_counted: vec![Volume::default(); changing.len()],
            changing,
            series: Vec::new(),
            inside: Vec::new(),
        }
    }

    pub(crate) fn open(&mut self, now: Time, ledger: &mut Ledger<'_>, hosts: &[Host]) {
        self.opening = self.snapshot(now, ledger, hosts);
        self.before_opening = ledger.totals();
        self.changing_before = self.delivered_of_changing(ledger);
        ledger.open_window();
    }

    /// Samples the packets inside.
    pub(crate) fn sample(&mut self, now: Time, ledger: &Ledger<'_>) {
        self.inside.push((now, ledger.inside()));
    }

    /// Ends a step of the series.
    pub(crate) fn step(&mut self, now: Time, ledger: &Ledger<'_>, hosts: &[Host]) {
        let snapshot = self.snapshot(now, ledger, hosts);
        let mut totals = ledger.totals();
        totals.0 += self.before_opening.0;
        totals.1 += self.before_opening.1;
        totals.2 += self.before_opening.2;
        let (before, counted) = self.last_step.take().unwrap_or_default();
        let earlier = before.hosts.into_iter().chain(std::iter::repeat(HostTally::default()));
        let cores = snapshot.hosts.iter().zip(earlier).map(|(host, before)| {
            let before = before.cores.into_iter().chain(std::iter::repeat(CoreTally::default()));
            host.cores
                .iter()
                .zip(before)
                .map(|(core, before)| core.busy.since(before.busy))
                .collect()
        });
        let interrupts = |nics: &[NicTally]| nics.iter().map(|nic| nic.interrupts).sum::<u64>();
        let changing = self.changing_within(ledger);
        self.series.push(SeriesStep {
            end: now,
            offered: totals.0.since(counted.0),
            delivered: totals.1.since(counted.1),
            dropped: totals.2 - counted.2,
            interrupts: interrupts(&snapshot.nics) - interrupts(&before.nics),
            cores: cores.collect(),
            changing,
            queues: self.queues(hosts),
        });
        self.last_step = Some((snapshot, totals));
    }

    /// The volume delivered since the start of the run, of each source whose receive path changes.
    fn delivered_of_changing(&self, ledger: &Ledger<'_>) -> Vec<Volume> {
        let sources = self.changing.iter().zip(&self.changing_before);
        sources
            .map(|(source, before)| {
                let mut delivered = ledger.delivered_of(*source);
                delivered += *before;
                delivered
            })
            .collect()
    }

    /// The same since the last step.
    fn changing_within(&mut self, ledger: &Ledger<'_>) -> Vec<Volume> {
        let counted = self.delivered_of_changing(ledger);
        let within = counted.iter().zip(&self.changing_counted);
        let within = within.map(|(now, before)| now.since(*before)).collect();
        self.changing_counted = counted;
        within
    }

    /// Closes the window.
    pub(crate) fn close(
        self,
        window: Span,
        events: u64,
        ledger: &Ledger<'_>,
        hosts: &[Host],
    ) -> Outcome {
        let end = self.inside.last().map_or(Time::ZERO, |(time, _)| *time);
        let closing = self.snapshot(end, ledger, hosts);
        let opening = self.opening;
        let hosts = closing.hosts.into_iter().zip(&opening.hosts).map(|(host, before)| HostTally {
            cores: host
                .cores
                .iter()
                .zip(&before.cores)
                .map(|(core, before)| core.since(before))
                .collect(),
        });
        let nics = closing.nics.into_iter().zip(&opening.nics).map(|(nic, before)| {
            let mut nic = nic.since(before);
            let opened = Span(end.0) - window;
            nic.policy.settled = nic.policy.settled.map(|time| time - opened);
            nic
        });
        let vnics = closing.vnics.iter().zip(&opening.vnics).map(|(vnic, before)| VnicTally {
            notifications: vnic.notifications - before.notifications,
            broadcast: vnic.broadcast.since(before.broadcast),
        });
        let sources = ledger.tallies();
        let outcome = Outcome {
            window,
            fingerprint: digest::sequence([ledger.digest(), ledger.offered_in_all()]),
            sources,
            hosts: hosts.collect(),
            nics: nics.collect(),
            vnics: vnics.collect(),
            series: self.series,
            inside: self.inside,
            events,
            packets: ledger.offered_in_all(),
        };
        outcome.check();
        outcome
    }

    fn snapshot(&self, now: Time, ledger: &Ledger<'_>, hosts: &[Host]) -> Snapshot {
        let tally = |core: &Core| CoreTally {
            busy: core.busy(),
            interrupts: core.counters.interrupts,
            rounds: core.counters.rounds,
        };
        let host_tallies =
            hosts.iter().map(|host| HostTally { cores: host.cores.iter().map(tally).collect() });
        let mut nics = vec![NicTally::default(); self.nics];
        for host in hosts {
            for port in &host.ports {
                nics[port.nic] = host.nic_tally(port, now);
            }
        }
        let mut vnics = vec![VnicTally::default(); self.vnics];
        for (vnic, broadcast) in vnics.iter_mut().zip(&ledger.broadcast) {
            vnic.broadcast = *broadcast;
        }
        for channel in hosts.iter().flat_map(|host| &host.cores).flat_map(Core::channels) {
            vnics[channel.vnic].notifications += channel.notifications;
        }
        Snapshot { hosts: host_tallies.collect(), nics, vnics }
    }

    /// Descriptors held, and core, per NIC and queue.
    fn queues(&self, hosts: &[Host]) -> Vec<Vec<(u32, u32)>> {
        let mut nics = vec![Vec::new(); self.nics];
        for host in hosts {
            for port in &host.ports {
                let queues = host.queues_of(port).iter();
                nics[port.nic] =
                    queues.map(|queue| (queue.ring.held() as u32, queue.core as u32)).collect();
            }
        }
        nics
    }
}

impl Host {
    fn nic_tally(&self, port: &NicBinding, now: Time) -> NicTally {
        let queues = self.queues_of(port).iter().map(|queue| QueueTally {
            packets: queue.ring.put_in_all() + queue.refused,
            dropped: queue.refused + queue.dropped,
            core: queue.core as u32,
        });
        let woken = self.pool.as_ref().map_or(0, |pool| pool.interrupts_of(port.nic));
        let of_vfs = self.cores.iter().flat_map(Core::vf_rings).map(|ring| &ring.vector);
        let vectors = self.cores.iter().flat_map(|core| &core.vectors).chain(of_vfs);
        let own = vectors.filter(|vector| vector.nic == port.nic);
        NicTally {
            queues: queues.collect(),
            paused: port.port.paused_by(now),
            wire: port.port.over_link(now),
            link_busy: port.port.link.wire.held() - port.port.link.wire.ahead(now),
            dma_busy: port.port.dma.busy - port.port.dma.ahead(now),
            held: port.held_by(now),
            interrupts: own.map(Vector::interrupts).sum::<u64>() + woken,
            policy: PolicyTally {
                moves: port.moves,
                settled: port.last_move.map(|time| time - Time::ZERO),
            },
        }
    }
}

impl Volume {
    /// The volume since `before`.
    pub(crate) fn since(self, before: Self) -> Self {
        Self { packets: self.packets - before.packets, bytes: self.bytes - before.bytes }
    }
}

impl BroadcastTally {
    fn since(self, before: Self) -> Self {
        Self {
            delivered: self.delivered - before.delivered,
            dropped: self.dropped - before.dropped,
        }
    }
}

impl CoreTally {
    fn since(&self, before: &Self) -> Self {
        Self {
            busy: self.busy.since(before.busy),
            interrupts: self.interrupts - before.interrupts,
            rounds: self.rounds - before.rounds,
        }
    }
}

impl PolicyTally {
    /// The moves since `before`; `settled` stays the time of the last move.
    fn since(&self, before: &Self) -> Self {
        let moves = self.moves - before.moves;
        Self { moves, settled: self.settled.filter(|_| moves > 0) }
    }
}

impl NicTally {
    fn since(self, before: &Self) -> Self {
        let queue = |(now, before): (&QueueTally, &QueueTally)| QueueTally {
            packets: now.packets - before.packets,
            dropped: now.dropped - before.dropped,
            core: now.core,
        };
        Self {
            queues: self.queues.iter().zip(&before.queues).map(queue).collect(),
            wire: self.wire.since(before.wire),
            link_busy: self.link_busy - before.link_busy,
            dma_busy: self.dma_busy - before.dma_busy,
            held: self.held - before.held,
            paused: self.paused - before.paused,
            interrupts: self.interrupts - before.interrupts,
            policy: self.policy.since(&before.policy),
        }
    }
}

impl Outcome {
    fn check(&self) {
        for core in self.hosts.iter().flat_map(|host| &host.cores) {
            let sum = core.busy.total();
            assert!(sum <= self.window, "a core was busy for {sum} of {}", self.window);
        }
    }
}
