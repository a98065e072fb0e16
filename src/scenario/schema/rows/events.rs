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
    /// what changes while it runs
    pub struct EventKeys: EVENT at "event" {
        /// when, from the start of the run, warm-up included
        at: TimeOrZero = Required;
        /// what happens. live-migrate: `vm` moves to the host `to`; detach-vf,
        /// attach-vf: its virtual function is taken away, or given; stop-vm, start-vm:
        /// what it has is free for others, or it takes what is free; link-down,
        /// link-up: of `nic`; lose-affinity: the driver of `nic` moves all queues to
        /// its first core (set is not simulated yet)
        action: Choice(EventAction) = Required;
        /// the virtual machine concerned: "web[3]"; all: "web"
        vm: Text = Says("none");
        /// the further virtual NIC of `vm` whose function it is: "storage"
        vnic: Text = Says("all of `vm`");
        /// the port concerned; live-migrate: the one of `to` that `vm` is on then
        nic: Text = Says("live-migrate: the only one of `to`; detach-vf, attach-vf: any");
        /// the host to migrate to
        to: Text = Says("none");
        /// live-migrate: the cores of `to` that its vCPUs run on
        cores: Cpus = Says("those that it had");
        /// live-migrate: the traffic `migration` to the host `to`, frames of 1518 B at
        /// even gaps, during `precopy`
        rate: Rate = Says("none: the copy of its memory is no load");
        /// until the NIC steers its packets past its function; assumed
        filter_move: TimeOrZero = Value("1 ms");
        /// from then until its function is free for others; assumed
        vf_detach: TimeOrZero = Value("1 ms");
        /// until it receives by the function it is given; assumed
        vf_attach: TimeOrZero = Value("10 ms");
        /// live-migrate: its memory is copied while it runs, once it has no function;
        /// assumed
        precopy: TimeOrZero = Value("100 ms");
        /// live-migrate: from its stop on the one host to its start on the other;
        /// assumed
        blackout: TimeOrZero = Value("10 ms");
        /// live-migrate: from there until the network sends its packets there; assumed
        relearn: TimeOrZero = Value("1 ms");
        /// the dotted key that `set` changes
        key: Text = Says("none");
        /// its new value
        value: Scalar = Says("none");
    }
}
