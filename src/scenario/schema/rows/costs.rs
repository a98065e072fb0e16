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
    /// costs of packet processing on a host
    pub struct CostsKeys: COSTS at "host.NAME.cost" {
        /// cost of a hardware interrupt: its handler, and the scheduling of the deferred work
        interrupt: Cost(COST) = PROFILE;
        /// cost of a poll round. Under busy-poll: cost of each visit to a ring
        round: Cost(COST) = PROFILE;
        /// driver's cost per packet that the host processes
        packet: Cost(COST) = PROFILE;
        /// driver's cost per byte of the frame
        byte: Cost(COST) = PROFILE;
        /// protocol stack's cost per packet for the host itself
        stack_packet: Cost(COST) = PROFILE;
        /// protocol stack's cost per byte of a packet for the host itself
        stack_byte: Cost(COST) = PROFILE;
        /// cost of a packet that a filter in the driver discards. It replaces all other costs
        /// of the packet
        filter_packet: Cost(COST) = PROFILE;
        /// app's cost per packet
        app_packet: Cost(COST) = PROFILE;
        /// app's cost per byte
        app_byte: Cost(COST) = PROFILE;
        /// cost of a core's switch from one thread to another
        context_switch: Work = PROFILE;
        /// cost of leaving a sleep state. It is added to the interrupt that ends the sleep
        wakeup: Work = PROFILE;
        /// virtual switch's cost per packet for a virtual NIC
        vswitch_packet: Cost(COST) = PROFILE;
        /// virtual switch's cost per byte of a packet for a virtual NIC, without the copy
        vswitch_byte: Cost(COST) = PROFILE;
        /// cost of finding a packet's virtual NIC in software. Packets from the queue of a
        /// single virtual NIC do not pay it
        vswitch_lookup: Cost(COST) = PROFILE;
        /// cost per byte of copying a packet to its guest. Packets that the NIC writes into
        /// memory shared with the guest do not pay it
        vswitch_copy: Cost(COST) = PROFILE;
        /// cost of a notification to a waiting guest that packets have arrived
        vm_notify: Work = PROFILE;
        /// guest's cost per virtual interrupt. Each notification causes one
        guest_interrupt: Work = PROFILE;
        /// cost per packet of the guest's driver and protocol stack
        guest_packet: Cost(COST) = PROFILE;
        /// cost per byte of the guest's driver and protocol stack
        guest_byte: Cost(COST) = PROFILE;
        /// additional cost of an interrupt that preempts a running guest
        guest_preempt: Work = PROFILE;
        /// cost of an exit from a guest and the return to it, on an interrupt of a virtual
        /// function
        vm_exit: Work = PROFILE;
        /// additional cost of a virtual function's interrupt if the vCPU is halted
        vm_wakeup: Work = PROFILE;
        /// cost of an interrupt between processors, where `spread` wakes another core
        ipi: Work = PROFILE;
        /// cost of moving a queue to another core. The other core pays it with the next round
        /// that it begins
        queue_move as "move": Work = PROFILE;
    }
}

keys! {
    /// a cost that is drawn at random
    pub struct CostKeys: COST at "COST" {
        /// mean cost
        mean: Work = Says("none; all distributions but uniform and bimodal need a value");
        /// distribution of the cost
        distribution: Choice(CostLaw) = Required;
        /// standard deviation divided by the mean
        cv: Number(0.0, 10.0) = Says("none; lognormal needs a value");
        /// least cost
        min: Work = Says("none; uniform needs a value");
        /// greatest cost
        max: Work = Says("none; uniform needs a value");
        /// possible costs with their weights
        values: Tables(BimodalKeys, BIMODAL) = Says("none; bimodal needs a list");
    }
}

keys! {
    /// one possible cost of a bimodal distribution
    pub struct BimodalKeys: BIMODAL at "VALUE" {
        /// the cost
        value: Work = Required;
        /// relative frequency of this cost
        weight: Count(1, 1_000_000) = Required;
    }
}
