//! Counts of what random worlds met, so that every rule is known to have been tried.

use std::ops::AddAssign;

/// A struct of counts, which can be summed.
macro_rules! counts {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub(crate) struct $name {
            $($(#[$of])* pub $field: $kind,)*
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                $(self.$field += other.$field;)*
            }
        }
    };
}

counts! {
    /// Counts of what moves met.
    Moves {
        /// Of queues whose vector was not masked.
        at_once: u64,
        /// Of queues that had to wait for the end of a round ...
        waited: u64,
        /// ... and were called back before it ...
        cancelled: u64,
        /// ... or sent elsewhere.
        redirected: u64,
        /// Queues that left a core with packets in their ring.
        with_packets: u64,
        /// Interrupts at the instant of a move.
        due_at_once: u64,
        /// Of table entries.
        entries: u64,
        /// Events that moved anything.
        lost_affinity: u64,
        /// Rounds that paid for moves.
        paid: u64,
        /// Packets that a move of a table entry freed from waiting for a descriptor.
        unheld: u64,
    }
}

counts! {
    /// Counts of what virtual functions met.
    Functions {
        /// Interrupts.
        interrupts: u64,
        /// Those that had to wake a halted vCPU.
        wakeups: u64,
        /// Rings that went to the tail of a vCPU's list.
        requeues: u64,
        /// Packets delivered.
        packets: u64,
        /// Rings appended behind a channel, and the other way round.
        behind_channels: u64,
        before_channels: u64,
    }
}

counts! {
    /// Counts of what changes met.
    Changes {
        /// Packets that went to a channel other than their virtual NIC's first.
        other_channels: u64,
        /// Frames that a source drew and that came nowhere.
        not_in_part: u64,
        /// Steps of a machine that stopped: lost from channels ...
        from_channels: u64,
        /// ... and rings ...
        from_rings: u64,
        /// ... of which so many were under DMA ...
        from_transfers: u64,
        /// ... while its vCPU had the core, or waited for it ...
        turns_ended: u64,
        /// ... and notifications that were under way.
        forgotten: u64,
        /// Packets that came to a channel of a machine that did not run.
        came_in_vain: u64,
        /// Held frames that a change let go.
        unheld: u64,
    }
}

counts! {
    /// Counts of what closed loops, broadcasts, RPS and pauses met.
    Tallies {
        loops: Loops,
        rps: RpsCounts,
        pauses: Pauses,
        /// vCPUs that woke up on another core than last time.
        floated: u64,
    }
}

counts! {
    /// Of closed loops.
    Loops {
        sent: u64,
        /// Packets known to be delivered ...
        delivered: u64,
        /// ... and taken for lost, of which so many had been delivered, or were later.
        lost: u64,
        too_late: u64,
        /// Windows that grew, or halved.
        grown: u64,
        halved: u64,
    }
}

counts! {
    /// Of receive packet steering.
    RpsCounts {
        /// Packets that made work due on the handing core itself ...
        at_home: u64,
        /// ... on another one ...
        ipis: u64,
        /// ... or came to work that was due already.
        came_to_work: u64,
        /// Packets that found a backlog full.
        lost: u64,
        /// Rounds after which the work was not complete.
        requeues: u64,
    }
}

counts! {
    /// Of pauses.
    Pauses {
        /// Times that a port asked for one ...
        asked: u64,
        /// ... that lasted ...
        lasted: u64,
        /// ... and at whose end a frame waited.
        waited: u64,
    }
}
