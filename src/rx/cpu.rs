//! A core: three classes of work, and what each costs.
//!
//! Before: [`moderation`](super::moderation). After: the consumer.

use crate::engine::sample::Draw;
use crate::engine::time::{Span, Time};

/// How a core takes packets out of its rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Stack {
    /// Interrupt, then poll rounds of `budget` packets until empty.
    WindowsDpc,
    /// NAPI: rounds of `budget` packets (its weight) inside softirqs of bounded size; then
    /// `ksoftirqd` in the thread class.
    LinuxNapi {
        /// Timer ticks per second: a softirq lasts at most two of them.
        hz: u32,
        /// Kernels up to 6.5: while `ksoftirqd` runs, further softirqs are left to it.
        ksoftirqd_defers: bool,
    },
    /// No interrupts: the core polls its rings in turn, for ever.
    BusyPoll,
    /// The interrupt handler takes every packet into a bounded backlog; never masked.
    InterruptPerPacket,
}

impl Stack {
    /// Whether a vector is masked while the work that its interrupt started lasts.
    #[must_use]
    pub const fn masks(self) -> bool {
        matches!(self, Self::WindowsDpc | Self::LinuxNapi { .. })
    }

    /// Its name in scenarios.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WindowsDpc => "windows-dpc",
            Self::LinuxNapi { .. } => "linux-napi",
            Self::BusyPoll => "busy-poll",
            Self::InterruptPerPacket => "interrupt-per-packet",
        }
    }

    /// Whether a feature can be simulated with this stack. A scenario is checked against this
    /// table, and the engine asserts it.
    ///
    /// # Errors
    /// Why it cannot.
    pub const fn supports(self, feature: Feature) -> Result<(), Unsupported> {
        const INTERRUPTS: &str = "write stack = \"windows-dpc\" or \"linux-napi\" on the host";
        const WAITING: &str = "leave `priority` out, or write stack = \"windows-dpc\" or \
                               \"interrupt-per-packet\"";
        const SHARING: &str =
            "write stack = \"windows-dpc\" or \"busy-poll\", or leave `dispatch` out";
        let (reason, help) = match (self, feature) {
            (Self::BusyPoll, Feature::MovingQueues) => {
                ("on busy-poll there is no interrupt whose processor could change", INTERRUPTS)
            }
            (Self::InterruptPerPacket, Feature::MovingQueues) => (
                "on interrupt-per-packet every packet interrupts for itself: there is no interrupt \
                 of a queue whose processor could change",
                INTERRUPTS,
            ),
            (Self::BusyPoll, Feature::Rps) => {
                ("a core that polls is not woken by others: it has no interrupts", INTERRUPTS)
            }
            (Self::InterruptPerPacket, Feature::Rps) => (
                "there the core that a packet interrupts has a backlog of its own, and no other",
                INTERRUPTS,
            ),
            (Self::LinuxNapi { .. }, Feature::NonPreemptive) => {
                ("the bounds of its softirqs suppose that interrupts come at once", WAITING)
            }
            (Self::BusyPoll, Feature::NonPreemptive) => {
                ("it has no interrupts that could wait", WAITING)
            }
            (Self::LinuxNapi { .. } | Self::InterruptPerPacket, Feature::SharedPackets) => {
                ("that stack ties a packet to the core that its interrupt is sent to", SHARING)
            }
            _ => return Ok(()),
        };
        Err(Unsupported { reason, help })
    }
}

/// What a host may do beyond taking packets from the rings of its cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum Feature {
    /// Queues move to other cores while it runs.
    MovingQueues,
    /// Receive packet steering: software spreads packets over cores.
    Rps,
    /// Interrupts and deferred work wait until what the core is doing ends.
    NonPreemptive,
    /// The cores share the packets of all rings.
    SharedPackets,
}

/// Why a feature cannot be simulated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Unsupported {
    /// The reason.
    pub reason: &'static str,
    /// What to write instead.
    pub help: &'static str,
}

/// What things cost on one host, before a NIC's `contention` is applied.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Costs {
    /// Per hardware interrupt taken.
    pub interrupt: Draw,
    /// Per poll round; under busy polling per poll of a ring.
    pub round: Draw,
    /// Driver, per packet that the host processes.
    pub packet: Draw,
    /// Driver, per byte of the frame.
    pub byte: Draw,
    /// Protocol stack, per packet whose destination is the host (or an app on it).
    pub stack_packet: Draw,
    /// Protocol stack, per byte likewise.
    pub stack_byte: Draw,
    /// Virtual switch, per packet towards a virtual NIC.
    pub vswitch_packet: Draw,
    /// Virtual switch, per byte likewise.
    pub vswitch_byte: Draw,
    /// Finding a packet's virtual NIC in software: per packet that did not come by its own queue.
    pub vswitch_lookup: Draw,
    /// Copying a packet to its guest, per byte; not where it lies in shared memory.
    pub vswitch_copy: Draw,
    /// Telling a guest that waits that packets have come, per notification.
    pub vm_notify: Span,
    /// The guest's virtual interrupt, per notification.
    pub guest_interrupt: Span,
    /// The guest's driver and stack, per packet.
    pub guest_packet: Draw,
    /// The guest's driver and stack, per byte.
    pub guest_byte: Draw,
    /// What an interrupt costs more where it preempts a running guest.
    pub guest_preempt: Span,
    /// One exit of a guest to the hypervisor and back; the interrupt of a virtual function may cost
    /// several.
    pub vm_exit: Span,
    /// Waking a halted vCPU.
    pub vm_wakeup: Span,
    /// Moving a queue to another core; paid by that core with its next round.
    pub queue_move: Span,
    /// Per inter-processor interrupt, by which receive packet steering (RPS) wakes another core.
    pub ipi: Span,
    /// Per packet that a filter in the driver discards, instead of all others.
    pub filter_packet: Draw,
    /// A consumer, per packet.
    pub app_packet: Draw,
    /// A consumer, per byte.
    pub app_byte: Draw,
    /// Per switch of a core from one thread to another.
    pub context_switch: Span,
    /// Leaving a sleep state, added to the interrupt that ends it.
    pub wakeup: Span,
}

impl Costs {
    /// Nothing costs anything.
    pub const ZERO: Self = Self {
        interrupt: Draw::ZERO,
        round: Draw::ZERO,
        packet: Draw::ZERO,
        byte: Draw::ZERO,
        stack_packet: Draw::ZERO,
        stack_byte: Draw::ZERO,
        vswitch_packet: Draw::ZERO,
        vswitch_byte: Draw::ZERO,
        vswitch_lookup: Draw::ZERO,
        vswitch_copy: Draw::ZERO,
        vm_notify: Span::ZERO,
        guest_interrupt: Span::ZERO,
        guest_packet: Draw::ZERO,
        guest_byte: Draw::ZERO,
        guest_preempt: Span::ZERO,
        vm_exit: Span::ZERO,
        vm_wakeup: Span::ZERO,
        queue_move: Span::ZERO,
        ipi: Span::ZERO,
        filter_packet: Draw::ZERO,
        app_packet: Draw::ZERO,
        app_byte: Draw::ZERO,
        context_switch: Span::ZERO,
        wakeup: Span::ZERO,
    };
}

/// What a core is doing, as far as its time is accounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Nothing.
    Idle,
    /// Interrupt handlers and wake-ups.
    Interrupt,
    /// Deferred work.
    Deferred,
    /// The virtual switch, which is deferred work.
    Vswitch,
    /// Guests.
    Guest,
    /// Consumers on the host.
    App,
    /// CPU load that is not networking.
    Work,
}

/// A core's time by activity: every span between two changes is charged once, as a whole.
#[derive(Clone, Debug)]
pub struct TimeSheet {
    activity: Activity,
    /// Since when the core has been doing this.
    since: Time,
    /// Up to when that has been charged.
    charged: Time,
    spent: [Span; 7],
}

impl TimeSheet {
    /// A core that is idle from the start.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            activity: Activity::Idle,
            since: Time::ZERO,
            charged: Time::ZERO,
            spent: [Span::ZERO; 7],
        }
    }

    /// From `now` on the core does `activity`.
    #[inline]
    pub fn enter(&mut self, activity: Activity, now: Time) {
        if activity != self.activity {
            self.charge(now);
            (self.activity, self.since) = (activity, now);
        }
    }

    /// Charges what the core is doing up to `now`.
    pub fn charge(&mut self, now: Time) {
        self.spent[self.activity as usize] += now - self.charged;
        self.charged = now;
    }

    /// How long the core has been idle at `now`; none if it is not.
    #[must_use]
    pub fn idle_for(&self, now: Time) -> Option<Span> {
        (self.activity == Activity::Idle).then(|| now - self.since)
    }

    /// Time charged to `activity` so far.
    #[must_use]
    pub const fn spent(&self, activity: Activity) -> Span {
        self.spent[activity as usize]
    }
}

impl Default for TimeSheet {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_span_is_charged_once() {
        let mut sheet = TimeSheet::new();
        sheet.enter(Activity::Deferred, Time(10));
        sheet.charge(Time(15));
        sheet.enter(Activity::Deferred, Time(18));
        sheet.enter(Activity::Idle, Time(20));
        assert_eq!(sheet.spent(Activity::Deferred), Span(10));
        assert_eq!(sheet.spent(Activity::Idle), Span(10));
        assert_eq!(sheet.idle_for(Time(25)), Some(Span(5)));
    }
}
