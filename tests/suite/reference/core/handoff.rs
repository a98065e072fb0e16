//! Handoffs: the packets that rounds leave to apps and channels, and the guests that they notify.
//!
//! Rules T1 to T3, G12, G14, X2, I14 and I19 to I21.

use crate::reference::control::events::vm_of;
use crate::reference::core::guests::ChannelAt;
use crate::reference::core::rounds::{Holder, Leaving, Round, Step};
use crate::reference::core::threads::ThreadKind;
use crate::reference::model::{CoreAt, Frame, Model};
use rxsim::vocab::drop_reason::DropReason;
use rxsim::vocab::packet::Fate;
use rxsim::world::Consumer;

impl Model<'_> {
    /// The packets of the rounds that ended on this core reach their apps.
    pub(in crate::reference) fn deliver_leaving(&mut self, from: CoreAt) {
        for leaving in std::mem::take(&mut self.core(from).leaving) {
            self.deliver(from, leaving);
        }
    }

    /// A round that waited for its handoff delivers its packets, or notifies; then it continues
    /// with the notifications that its packets call for, or ends.
    pub(in crate::reference) fn round_handoff(&mut self, at: CoreAt, holder: Holder) {
        match self.round_of(at, holder).step {
            Step::Delivers => {
                let leaving = std::mem::take(&mut self.round_of(at, holder).leaving);
                let to_notify: Vec<ChannelAt> =
                    leaving.into_iter().filter_map(|frame| self.deliver(at, frame)).collect();
                if to_notify.is_empty() {
                    self.round_ends(at, holder);
                } else {
                    self.begin_notifying(at, holder, to_notify);
                }
            }
            Step::Notifies => {
                for channel in std::mem::take(&mut self.round_of(at, holder).to_notify) {
                    self.notify(channel);
                }
                self.round_ends(at, holder);
            }
            _ => unreachable!("only rounds that wait are handled here"),
        }
        // Unmasked with packets waiting, a vector interrupts before the core turns to anything.
        self.interrupt(at);
        self.pause(at);
        self.dispatch(at);
    }

    fn round_of(&mut self, at: CoreAt, holder: Holder) -> &mut Round {
        let core = self.core(at);
        let round = match holder {
            Holder::Deferred => core.deferred.as_mut(),
            Holder::Ksoftirqd => core.threads.ksoftirqd().round.as_mut(),
        };
        round.expect("a round waits for its hand-offs")
    }

    /// One activity for all notifications of the round.
    fn begin_notifying(&mut self, at: CoreAt, holder: Holder, to_notify: Vec<ChannelAt>) {
        let cost = self.world.hosts[at.host].costs.vm_notify * to_notify.len() as u64;
        let round = self.round_of(at, holder);
        round.to_notify = to_notify;
        round.begin(Step::Notify, cost);
        if holder == Holder::Ksoftirqd {
            self.core(at).threads.ksoftirqd().left = cost;
            self.keep_or_pass_on(at, true);
        }
    }

    /// A round that waited for its handoff has nothing more to do.
    fn round_ends(&mut self, at: CoreAt, holder: Holder) {
        match holder {
            Holder::Deferred => {
                let round = self.core(at).deferred.take().expect("a round waited");
                self.deferred_round_ends(at, &round);
            }
            Holder::Ksoftirqd => {
                let round = self.core(at).threads.ksoftirqd().round.take();
                self.complete_or_requeue(at, &round.expect("a round waited"));
                let more = !self.core(at).queue.is_empty();
                self.keep_or_pass_on(at, more);
            }
        }
    }

    /// A packet reaches a backlog, its app or its channel. Returns a channel that it disarms.
    fn deliver(&mut self, from: CoreAt, leaving: Leaving) -> Option<ChannelAt> {
        let frame = match leaving {
            Leaving::FlowMap(frame) => {
                self.hand_to_backlog(from, frame);
                return None;
            }
            Leaving::Consumed(frame) => frame,
        };
        match frame.to {
            Consumer::App(app) => self.deliver_to_app(frame, app),
            Consumer::Vnic(vnic) => return self.deliver_to_guest(frame, vnic),
            Consumer::Host | Consumer::Broadcast => unreachable!("these are not handed over"),
        }
        None
    }

    fn deliver_to_app(&mut self, frame: Frame, app: usize) {
        let spec = &self.world.apps[app];
        let at = CoreAt { host: spec.host, index: spec.core as usize };
        if self.apps[app].backlog.len() >= spec.backlog as usize {
            return self.end(frame, Fate::Dropped(DropReason::BacklogFull));
        }
        self.apps[app].backlog.push_back(frame);
        if self.apps[app].backlog.len() == 1 {
            self.pause(at);
            self.take_app_packet(at, app);
            self.wake(at, ThreadKind::App(app));
            self.dispatch(at);
        }
    }

    /// A packet for a virtual NIC enters one of its channels. Returns the channel if it disarms it.
    fn deliver_to_guest(&mut self, frame: Frame, vnic: usize) -> Option<ChannelAt> {
        let spec = &self.world.vnics[vnic];
        let index = spec.channels.as_ref().map_or(0, |spread| self.pick(spread, &frame));
        if let Some(reason) = vm_of(self.world, vnic).and_then(|vm| self.stopped[vm]) {
            self.changes.came_in_vain += 1;
            self.end(frame, Fate::Dropped(reason));
            return None;
        }
        let at = ChannelAt { vnic, index };
        let channel = self.channel(at);
        if channel.packets.len() >= spec.channel as usize {
            self.end(frame, Fate::Dropped(DropReason::VmChannelFull));
            return None;
        }
        channel.packets.push_back(frame);
        let disarmed = std::mem::replace(&mut channel.armed, false);
        self.changes.other_channels += u64::from(index > 0);
        disarmed.then_some(at)
    }
}
