//! The state of everything, and the loop over the agenda.

use crate::reference::agenda::{Agenda, Item, Place};
use crate::reference::closed_loops::Loop;
use crate::reference::control::affinity::Going;
use crate::reference::control::events::does_not_run;
use crate::reference::control::policies::PolicyRunner;
use crate::reference::core::automaton::Core;
use crate::reference::core::guests::{Vcpu, Vnic};
use crate::reference::core::threads::App;
use crate::reference::costs::Chance;
use crate::reference::nic::port::Nic;
use crate::reference::traffic::Feed;
use crate::reference::{Changes, Functions, Moves, Tallies, Verdict};
use rxsim::engine::time::{PhasedTime, Time};
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::id::SourceId;
use rxsim::vocab::packet::{Fate, Packet, Record};
use rxsim::world::outcome::PolicyTally;
use rxsim::world::{Consumer, World};

/// Where a core is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct CoreAt {
    pub(super) host: usize,
    pub(super) index: usize,
}

/// Where an interrupt vector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct VectorAt {
    pub(super) nic: usize,
    pub(super) index: usize,
}

/// A packet on its way, and what is known of it so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) source: usize,
    pub(super) packet: Packet,
    /// Whose it is: a copy of a broadcast is its virtual NIC's.
    pub(super) to: Consumer,
    pub(super) nic: usize,
    /// `u32::MAX` until it is steered.
    pub(super) queue: u32,
    /// Last bit on the wire; until then, when it was offered.
    pub(super) arrival: Time,
    /// When the host could see it.
    pub(super) visible: PhasedTime,
    /// When its own processing started.
    pub(super) start: Option<Time>,
}

impl Frame {
    pub(super) fn bytes(&self) -> u64 {
        u64::from(self.packet.size)
    }
}

/// The whole world at one instant.
pub(super) struct Model<'w> {
    pub(super) world: &'w World,
    pub(super) agenda: Agenda,
    pub(super) chance: Chance,
    pub(super) feeds: Vec<Feed>,
    /// Per source, if it is one.
    pub(super) loops: Vec<Option<Loop>>,
    pub(super) nics: Vec<Nic>,
    /// Per host.
    pub(super) cores: Vec<Vec<Core>>,
    pub(super) apps: Vec<App>,
    /// In the order of (VM, vCPU).
    pub(super) vcpus: Vec<Vcpu>,
    pub(super) vnics: Vec<Vnic>,
    /// Per virtual machine: why its packets are lost, if it does not run.
    pub(super) stopped: Vec<Option<DropReason>>,
    /// Queues on the move, in the order in which they came to be.
    pub(super) going: Vec<Going>,
    /// Moves that had to wait, so far.
    pub(super) goings: usize,
    /// Per NIC.
    pub(super) policy_runners: Vec<PolicyRunner>,
    pub(super) policies: Vec<PolicyTally>,
    pub(super) moves: Moves,
    pub(super) functions: Functions,
    pub(super) changes: Changes,
    pub(super) tallies: Tallies,
    /// Packets taken for lost, per source.
    pub(super) resent: Vec<u64>,
    /// Copies made, per source.
    pub(super) replicated: Vec<u64>,
    records: Vec<Record>,
    offered: u64,
}

impl<'w> Model<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        let cores = (0..world.hosts.len())
            .map(|host| {
                (0..world.hosts[host].cores as usize)
                    .map(|index| Core::new(world, CoreAt { host, index }))
                    .collect()
            })
            .collect();
        Self {
            world,
            agenda: Agenda::default(),
            chance: Chance::new(world),
            feeds: world.sources.iter().map(|spec| Feed::new(spec, world.seed)).collect(),
            loops: world.sources.iter().map(|spec| Loop::new(spec, world.seed)).collect(),
            nics: (0..world.nics.len()).map(|nic| Nic::new(world, nic)).collect(),
            cores,
            apps: world.apps.iter().map(|_| App::default()).collect(),
            vcpus: Vcpu::all(world),
            vnics: world.vnics.iter().map(|spec| Vnic::new(world, spec)).collect(),
            stopped: world.vms.iter().map(does_not_run).collect(),
            going: Vec::new(),
            goings: 0,
            policy_runners: world.nics.iter().map(|spec| PolicyRunner::new(world, spec)).collect(),
            policies: vec![PolicyTally::default(); world.nics.len()],
            moves: Moves::default(),
            functions: Functions::default(),
            changes: Changes::default(),
            tallies: Tallies::default(),
            resent: vec![0; world.sources.len()],
            replicated: vec![0; world.sources.len()],
            records: Vec::new(),
            offered: 0,
        }
    }

    /// Handles item after item until the run's end, the end's own instant included.
    pub(super) fn run(mut self) -> Verdict {
        let end = self.world.duration.map(|span| Time::ZERO + self.world.warmup + span);
        self.begin();
        while let Some(item) = self.agenda.take(end.unwrap_or(Time::END)) {
            self.handle(item);
            if end.is_none() && self.all_packets_ended() {
                break;
            }
        }
        let end = end.unwrap_or(self.agenda.time());
        for core in self.all_cores() {
            self.charge(core, end);
        }
        let queues = |nic: usize| 0..self.world.nics[nic].queues.len() as u32;
        let places = |nic| queues(nic).map(|queue| self.core_of_queue(nic, queue)).collect();
        let places = (0..self.nics.len()).map(places).collect();
        let tallies = |cores: &Vec<Core>| cores.iter().map(|core| core.tally).collect();
        Verdict {
            records: self.records,
            cores: self.cores.iter().map(tallies).collect(),
            vnics: self.vnics.iter().map(|vnic| vnic.tally).collect(),
            policies: self.policies,
            interrupts: self.nics.iter().map(|nic| nic.interrupts).collect(),
            places,
            moves: self.moves,
            functions: self.functions,
            changes: self.changes,
            tallies: self.tallies,
            resent: self.resent,
            replicated: self.replicated,
            paused: self.nics.iter().map(|nic| nic.link.paused_until(end)).collect(),
            offered: self.offered,
        }
    }

    /// What happens of itself: sources offer, works ask, cores that poll begin to.
    fn begin(&mut self) {
        for source in 0..self.feeds.len() {
            self.expect_offer(source);
            self.begin_loop(source);
        }
        for work in 0..self.world.works.len() {
            self.agenda.put(Time::ZERO, Item::Work { work });
        }
        for (event, spec) in self.world.events.iter().enumerate() {
            self.agenda.put(spec.at, Item::Event { event });
        }
        for nic in 0..self.nics.len() {
            self.expect_look(nic);
        }
        for core in self.all_cores() {
            self.dispatch(core);
        }
    }

    fn handle(&mut self, item: Item) {
        match item {
            Item::DmaDone { nic } => self.dma_done(nic),
            Item::DmaStart { nic } => self.start_dma(nic),
            Item::Moderation { vector } => self.moderation_timer(vector),
            Item::Work { work } => self.work_is_due(work),
            Item::Interrupt { core } => self.interrupt(core),
            Item::GuestInterrupt { vcpu, vector, .. } => self.guest_interrupt(vcpu, vector),
            Item::End { core, serial } => self.activity_ends(core, serial),
            Item::Handoff { core } => self.deliver_leaving(core),
            Item::RoundHandoff { core, holder } => self.round_handoff(core, holder),
            Item::LateDone => self.late_done(),
            Item::LinkFree { nic } => self.resume_link(nic),
            Item::Known { source, number, delivered } => self.known(source, number, delivered),
            Item::Send { source, connection, .. } => self.send(source, connection),
            Item::LastBit { nic } => self.last_bit(nic),
            Item::Offer { source, .. } => self.offer(source),
            Item::Goes { nic, queue, .. } => self.goes(nic, queue),
            Item::Event { event } => self.event(event),
            Item::PolicyTick { nic } => self.policy_tick(nic),
        }
    }

    /// Puts the source's next packet on the agenda.
    pub(super) fn expect_offer(&mut self, source: usize) {
        if let Some(packet) = self.feeds[source].next {
            let place = Place::of(&self.world.sources[source]);
            self.agenda.put(packet.time, Item::Offer { place, source });
        }
    }

    /// A source offers its next packet.
    fn offer(&mut self, source: usize) {
        let packet = self.feeds[source].take();
        self.expect_offer(source);
        if self.is_in_part(source, &packet) {
            self.offer_packet(source, packet);
        }
    }

    /// A packet is offered: to the wire, or behind it.
    pub(super) fn offer_packet(&mut self, source: usize, packet: Packet) {
        self.offered += 1;
        let spec = &self.world.sources[source];
        let frame = Frame {
            source,
            packet,
            to: spec.to,
            nic: spec.nic,
            queue: u32::MAX,
            arrival: packet.time,
            visible: PhasedTime::NEVER,
            start: None,
        };
        if spec.by_internal_switch { self.arrive(frame) } else { self.enter_link(frame) }
    }

    /// A packet ends here and now.
    pub(super) fn end(&mut self, frame: Frame, fate: Fate) {
        let now = self.agenda.time();
        if fate == Fate::Delivered {
            self.expect_to_be_known(&frame);
        }
        self.records.push(Record {
            source: SourceId(frame.source as u32),
            number: frame.packet.number,
            queue: frame.queue,
            arrival: frame.arrival,
            start: frame.start.unwrap_or(now),
            end: now,
            fate,
        });
    }

    fn all_packets_ended(&self) -> bool {
        self.feeds.iter().all(|feed| feed.next.is_none())
            && self.records.len() as u64 == self.offered
    }

    fn all_cores(&self) -> Vec<CoreAt> {
        let at = |host: usize| (0..self.cores[host].len()).map(move |index| CoreAt { host, index });
        (0..self.cores.len()).flat_map(at).collect()
    }

    pub(super) fn core(&mut self, at: CoreAt) -> &mut Core {
        &mut self.cores[at.host][at.index]
    }
}
