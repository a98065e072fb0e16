//! A virtual processor of a guest: a thread that works off the channels of its virtual NICs.

use super::ledger::{Ledger, Processed};
use super::world::{VnicOwner, World};
use crate::engine::time::{Span, Time};
use crate::vocab::drop_reason::DropReason;
use crate::vocab::packet::Fate;
use crate::vocab::stage::Stage;
use std::collections::VecDeque;

/// The channel from the virtual switch to one virtual NIC.
pub(super) struct Channel {
    /// The virtual NIC's number in the world.
    pub(super) vnic: usize,
    /// Notifications that its guest has received.
    pub(super) notifications: u64,
    /// Packets handed over and not yet finished; the first may be in hand.
    packets: VecDeque<Processed>,
    capacity: usize,
    /// Its guest waits, and wants to be notified of the next packet.
    armed: bool,
    /// Its guest was notified, and has not looked since.
    notified: bool,
}

/// A vCPU.
pub(super) struct Vcpu {
    pub(super) channels: Vec<Channel>,
    /// Left of what is in hand.
    pub(super) left: Span,
    /// Channels that have packets and whose guest knows, by number; the first is taken up.
    pending: VecDeque<usize>,
    doing: Doing,
    /// Packets taken since the first channel was taken up.
    taken: u32,
    budget: u32,
    interrupt: Span,
}

/// What a vCPU has in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Nothing,
    Interrupt,
    /// A packet; since when, once it has really begun.
    Packet(Option<Time>),
}

impl Channel {
    /// Takes a packet in at `now`, or loses it for want of room. True if the guest is to be
    /// notified of it.
    pub(super) fn accept(&mut self, done: Processed, now: Time, ledger: &mut Ledger<'_>) -> bool {
        if self.packets.len() >= self.capacity {
            let fate = Fate::Dropped(DropReason::VmChannelFull);
            ledger.lost(&done.packet, done.queue, done.start, now, fate);
            return false;
        }
        self.packets.push_back(done);
        std::mem::replace(&mut self.armed, false)
    }
}

impl Vcpu {
    /// The vCPUs that are pinned to this core, in the order (VM, vCPU).
    pub(super) fn of_core(world: &World, host: usize, core: u32) -> Vec<Self> {
        let mut all = Vec::new();
        for (vm, spec) in world.vms.iter().enumerate().filter(|(_, vm)| vm.host == host) {
            let here = (0..).zip(&spec.vcpus).filter(|(_, its_core)| **its_core == core);
            all.extend(here.map(|(vcpu, _)| Self::new(world, VnicOwner::Vm { vm, vcpu }, host)));
        }
        all
    }

    fn new(world: &World, owner: VnicOwner, host: usize) -> Self {
        let vnics = world.vnics.iter().enumerate().filter(|(_, vnic)| vnic.owner == owner);
        let channels = vnics.map(|(vnic, spec)| Channel {
            vnic,
            notifications: 0,
            packets: VecDeque::new(),
            capacity: spec.channel as usize,
            armed: true,
            notified: false,
        });
        let spec = &world.hosts[host];
        Self {
            channels: channels.collect(),
            left: Span::ZERO,
            pending: VecDeque::new(),
            doing: Doing::Nothing,
            taken: 0,
            budget: spec.budget,
            interrupt: spec.costs.guest_interrupt,
        }
    }

    /// The guest is notified of packets in a channel.
    pub(super) fn notify(&mut self, channel: usize) {
        self.pending.push_back(channel);
        self.channels[channel].notified = true;
        self.channels[channel].notifications += 1;
    }

    /// Takes in hand what comes next, if nothing is. Something is pending.
    pub(super) fn take_up(&mut self, ledger: &Ledger<'_>) {
        if self.doing != Doing::Nothing {
            return;
        }
        let channel = &mut self.channels[self.pending[0]];
        if std::mem::replace(&mut channel.notified, false) {
            (self.doing, self.left) = (Doing::Interrupt, self.interrupt);
        } else {
            let frame = &channel.packets[0].packet.frame;
            self.doing = Doing::Packet(None);
            self.left = ledger.costs_of(frame.source).guest(frame);
        }
    }

    /// It ran for so long, from `from` on.
    pub(super) fn spend(&mut self, from: Time, ran: Span) {
        self.left -= ran;
        if self.doing == Doing::Packet(None) {
            self.doing = Doing::Packet(Some(from));
        }
    }

    /// What is in hand has ended. True if something else follows.
    pub(super) fn finish(&mut self, now: Time, ledger: &mut Ledger<'_>) -> bool {
        let doing = std::mem::replace(&mut self.doing, Doing::Nothing);
        let Doing::Packet(begun) = doing else { return true };
        let number = self.pending[0];
        let channel = &mut self.channels[number];
        let done = channel.packets.pop_front().expect("a packet was in hand");
        let begun = begun.expect("it ended after it began");
        let parts = [(Stage::Channel, begun - done.end), (Stage::Guest, now - begun)];
        ledger.delivered(&done, now, &parts);
        self.taken += 1;
        let is_empty = channel.packets.is_empty();
        channel.armed = is_empty;
        if is_empty || self.taken >= self.budget {
            self.pending.pop_front();
            self.taken = 0;
            if !is_empty {
                self.pending.push_back(number);
            }
        }
        !self.pending.is_empty()
    }

    /// Packets in its channels.
    pub(super) fn packets(&self) -> usize {
        self.channels.iter().map(|channel| channel.packets.len()).sum()
    }
}
