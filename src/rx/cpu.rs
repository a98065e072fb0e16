//! A core: three classes of work, and what each costs.
//!
//! Before: [`moderation`](super::moderation). After: the consumer.

use crate::engine::sample::Draw;
use crate::engine::time::Span;

/// How a core takes packets out of its rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// No interrupts: the core visits its rings in turn, for ever.
    BusyPoll,
    /// The interrupt handler takes every packet into a bounded backlog; never masked.
    InterruptPerPacket,
}

/// What things cost on one host, before a NIC's `contention` is applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Costs {
    /// Per hardware interrupt taken.
    pub interrupt: Draw,
    /// Per poll round; under busy polling per visit of a ring.
    pub round: Draw,
    /// Driver, per packet that the host processes.
    pub packet: Draw,
    /// Driver, per byte of the frame.
    pub byte: Draw,
    /// Protocol stack, per packet whose destination is the host (or an app on it).
    pub stack_packet: Draw,
    /// Protocol stack, per byte likewise.
    pub stack_byte: Draw,
    /// Per packet that a filter in the driver discards, instead of all others.
    pub filter_packet: Draw,
    /// A consumer, per packet.
    pub app_packet: Draw,
    /// A consumer, per byte.
    pub app_byte: Draw,
    /// Each time a core turns from one thread to another.
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
        filter_packet: Draw::ZERO,
        app_packet: Draw::ZERO,
        app_byte: Draw::ZERO,
        context_switch: Span::ZERO,
        wakeup: Span::ZERO,
    };
}
