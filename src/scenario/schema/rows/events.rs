//! The keys of events.

use super::values::EventAction;
use crate::engine::time::Span;
use crate::scenario::schema::key::Default::{Required, Says, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::{CpuList, Setting};
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::document::Node;
use crate::scenario::text::units::Rate;

keys! {
    /// a change during the run
    pub struct EventKeys: EVENT at "event" {
        /// time of the event, counted from the start of the run, warm-up included
        at: TimeOrZero = Required;
        /// what happens
        action: Choice(EventAction) = Required;
        /// virtual machine concerned, such as "web[3]". A group such as "web" stands for all
        /// its VMs
        vm: Text = Says("none");
        /// detach-vf, attach-vf: further virtual NIC of `vm` whose virtual function is
        /// concerned, such as "storage"
        vnic: Text = Says("all virtual NICs of `vm`");
        /// port concerned. live-migrate: port of the host `to` that `vm` uses there
        nic: Text = Says("live-migrate: the only port of `to`; detach-vf, attach-vf: any port");
        /// live-migrate: destination host
        to: Text = Says("none");
        /// live-migrate: cores of the host `to` that the vCPUs run on
        cores: Cpus = Says("the cores of the same numbers");
        /// live-migrate: rate of the memory copy during `precopy`. The copy is the traffic
        /// `migration` to the host `to`, in frames of 1518 B at even gaps
        rate: Rate = Says("none: the memory copy loads nothing");
        /// live-migrate, detach-vf: time until the NIC steers packets past the virtual function
        /// (assumed)
        filter_move: TimeOrZero = Value("1 ms");
        /// live-migrate, detach-vf: time from the end of `filter_move` until the virtual
        /// function is free for others (assumed)
        vf_detach: TimeOrZero = Value("1 ms");
        /// live-migrate, attach-vf, start-vm: time until the VM receives by its new virtual
        /// function (assumed)
        vf_attach: TimeOrZero = Value("10 ms");
        /// live-migrate: time for which memory is copied while the VM runs, after it has lost
        /// its virtual function (assumed)
        precopy: TimeOrZero = Value("100 ms");
        /// live-migrate: time from the VM's stop on the old host to its start on the new host
        /// (assumed)
        blackout: TimeOrZero = Value("10 ms");
        /// live-migrate: time from the VM's start on the new host until the network sends its
        /// packets there (assumed)
        relearn: TimeOrZero = Value("1 ms");
        /// not simulated
        key: Text = Says("none");
        /// not simulated
        value: Scalar = Says("none");
    }
}
