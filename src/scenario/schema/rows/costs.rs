//! The keys of costs.

use super::values::CostLaw;
use crate::scenario::schema::key::Default::{Required, Says};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::Setting;
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::document::Node;

/// What stands for "of the profile".
const PROFILE: crate::scenario::schema::key::Default = Says("the profile's, see `costs`");

keys! {
    /// what things cost on this host
    pub struct CostsKeys: COSTS at "host.NAME.cost" {
        /// per hardware interrupt: handler, and scheduling of the deferred work
        interrupt: Cost(COST) = PROFILE;
        /// per poll round; under busy-poll per visit of a ring
        round: Cost(COST) = PROFILE;
        /// driver, per packet that the host processes
        packet: Cost(COST) = PROFILE;
        /// driver, per byte of the frame
        byte: Cost(COST) = PROFILE;
        /// protocol stack, per packet for the host itself
        stack_packet: Cost(COST) = PROFILE;
        /// protocol stack, per byte of it
        stack_byte: Cost(COST) = PROFILE;
        /// per packet that a filter in the driver discards, instead of all else
        filter_packet: Cost(COST) = PROFILE;
        /// an app, per packet
        app_packet: Cost(COST) = PROFILE;
        /// an app, per byte
        app_byte: Cost(COST) = PROFILE;
        /// per turn of a core from one thread to another
        context_switch: Work = PROFILE;
        /// leaving a sleep state, added to the interrupt that ends it
        wakeup: Work = PROFILE;
        /// virtual switch, per packet for a virtual NIC
        vswitch_packet: Cost(COST) = PROFILE;
        /// virtual switch, per byte of it, the copy apart
        vswitch_byte: Cost(COST) = PROFILE;
        /// finding a packet's virtual NIC in software; not where it came by its own
        /// queue
        vswitch_lookup: Cost(COST) = PROFILE;
        /// copying a packet to its guest, per byte; not from its own queue into shared
        /// memory
        vswitch_copy: Cost(COST) = PROFILE;
        /// telling a guest that waits that packets have come, each time
        vm_notify: Work = PROFILE;
        /// guest, per virtual interrupt: once per notification
        guest_interrupt: Work = PROFILE;
        /// guest's driver and stack, per packet
        guest_packet: Cost(COST) = PROFILE;
        /// guest's driver and stack, per byte
        guest_byte: Cost(COST) = PROFILE;
        /// what an interrupt costs more where it stops a running guest
        guest_preempt: Work = PROFILE;
        /// per exit from a guest and back, of a virtual function's interrupt
        vm_exit: Work = PROFILE;
        /// per interrupt of a virtual function that finds its vCPU halted
        vm_wakeup: Work = PROFILE;
        /// per interrupt between processors: where `spread` wakes a core
        ipi: Work = PROFILE;
        /// moving a queue to another core, which pays it with the next round that it
        /// begins
        queue_move as "move": Work = PROFILE;
    }
}

keys! {
    /// a cost with chance
    pub struct CostKeys: COST at "COST" {
        /// the mean
        mean: Work = Says("none; uniform and bimodal have their own");
        /// the law
        distribution: Choice(CostLaw) = Required;
        /// standard deviation over mean
        cv: Number(0.0, 10.0) = Says("none; lognormal needs it");
        /// least value
        min: Work = Says("none; uniform needs it");
        /// greatest value
        max: Work = Says("none; uniform needs it");
        /// values and weights
        values: Tables(BimodalKeys, BIMODAL) = Says("none; bimodal needs them");
    }
}

keys! {
    /// one of a bimodal cost's values
    pub struct BimodalKeys: BIMODAL at "VALUE" {
        /// the value
        value: Work = Required;
        /// how often, relative to the others
        weight: Count(1, 1_000_000) = Required;
    }
}
