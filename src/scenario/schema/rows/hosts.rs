//! The keys of hosts, apps and works.

use super::costs::{COST, COSTS, CostsKeys};
use super::values::{DispatchKind, Ksoftirqd, Priority, StackKind};
use crate::engine::time::Span;
use crate::scenario::profile::{self, COST_PROFILES, Profile};
use crate::scenario::schema::key::Default::{Required, Says, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::{CpuList, Setting, WordOr};
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::document::Node;
use crate::scenario::text::units::Fraction;

keys! {
    /// a server
    pub struct HostKeys: HOST at "host.NAME" {
        /// number of physical cores
        cores: Count(1, 1024) = Value("1");
        /// hardware threads per core. The threads of one core have adjacent numbers
        smt: Count(1, 2) = Value("1"), ["hyperthreading", "ht"];
        /// number of NUMA nodes. The cores are divided evenly among the nodes
        numa_nodes: Count(1, 64) = Value("1"), ["*NumaNodeId", "numa"];
        /// clock rate of the cores, which converts cycles to time
        clock: Frequency = Value("2.66 GHz");
        /// cost profile. `rxsim show hyperv-2012` prints one
        costs: Profile(COST_PROFILES) = Value("zero");
        /// single costs that replace those of the profile
        cost: Table(CostsKeys, COSTS) = Says("none");
        /// how a core processes received packets
        stack: ChoiceOr(StackKind, StackKeys, STACK) = Value("windows-dpc");
        /// largest number of packets per poll round
        budget: Count(1, 1 << 20) = Value("64"), ["weight", "dev_weight", "netdev_budget"];
        /// time slice of threads (assumed)
        quantum: Time = Value("1 ms");
        /// packets that may wait for protocol processing on each core, under stack =
        /// "interrupt-per-packet"
        backlog: Count(1, 1 << 24) = Value("1000"), ["netdev_max_backlog"];
        /// time without work after which a core sleeps (assumed). The interrupt that ends the
        /// sleep costs `wakeup` more
        idle_before_sleep: TimeOrZero = Value("100 us");
        /// factor sigma of the contention among cores. If n cores own a queue of the port, each
        /// packet costs 1 + sigma (n - 1) times as much
        contention: Number(0.0, 10.0) = Value("0");
        /// which core processes a packet. A table bounds the packets per core
        dispatch: ChoiceOr(DispatchKind, DispatchKeys, DISPATCH) = Value("per-queue");
        /// whether interrupts and deferred work preempt the work in progress on a core
        priority: Choice(Priority) = Value("preemptive");
        /// features of the CPU and the hypervisor
        virtualization: Table(VirtualizationKeys, VIRTUALIZATION) = Says("none");
    }
}

keys! {
    /// how a core processes received packets, with options
    pub struct StackKeys: STACK at "host.NAME.stack" {
        /// the receive mechanism
        kind: Choice(StackKind) = Required;
        /// linux-napi: timer ticks per second (CONFIG_HZ)
        hz: Count(24, 10_000) = Value("250");
        /// linux-napi: what happens to a softirq that is raised while ksoftirqd runs
        ksoftirqd: Choice(Ksoftirqd) = Value("defers");
    }
}

keys! {
    /// join bounded shortest queue. Packets wait in one queue for all cores, and each core
    /// holds a bounded number of them
    pub struct DispatchKeys: DISPATCH at "host.NAME.dispatch" {
        /// largest number of packets that a core holds, the packet in service included. The
        /// value 1 is the same as "shared"
        jbsq: Count(1, 1024) = Required;
    }
}

keys! {
    /// features of the CPU and the hypervisor
    pub struct VirtualizationKeys: VIRTUALIZATION at "host.NAME.virtualization" {
        /// whether interrupts reach a running guest without an exit
        posted_interrupts: Flag = Value("false"), ["APICv", "VT-d PI"];
        /// exits that each interrupt of a virtual function causes
        exits_per_interrupt: Count(0, 100) = Says("0 with posted interrupts, else 2");
        /// time for which a vCPU without work polls before it halts (assumed; KVM on x86 polls
        /// for up to 200 us). An interrupt of a virtual function costs `vm_wakeup` more if the
        /// vCPU is halted
        halt_poll: TimeOrZero = Value("0 s"), ["halt_poll_ns"];
        /// whether the firmware lets the operating system control PCI Express. Otherwise there
        /// are no virtual functions
        firmware: Flag = Value("true"), ["BIOS", "IovSupport"];
        /// whether the chipset remaps DMA and interrupts. Otherwise there are no virtual
        /// functions
        iommu: Flag = Value("true"), ["VT-d", "AMD-Vi", "intel_iommu"];
    }
}

keys! {
    /// a program on a host that consumes packets. It runs as a thread with a bounded
    /// backlog
    pub struct AppKeys: APP at "app.NAME" {
        /// host that the app runs on
        host: Text = Says("the only host");
        /// core that the app runs on
        core: Count(0, 2047) = Value("0");
        /// packets that the app may hold, those that wait and the one in service
        backlog: Count(1, 1 << 24) = Value("1000");
        /// app's cost per packet
        packet: Cost(COST) = Says("the host's `app_packet`");
        /// app's cost per byte
        byte: Cost(COST) = Says("the host's `app_byte`");
    }
}

keys! {
    /// CPU load that does not come from the network. It runs as a thread
    pub struct WorkKeys: WORK at "work.NAME" {
        /// what is loaded: a host ("host.alpha"), or the cores of the vCPUs of VMs ("vm.web",
        /// "vm.web[3]")
        on: Text = Required;
        /// cores of the host that are loaded
        cores: Cpus = Says("all");
        /// share of each core that the work asks for
        load: Percent = Required;
        /// interval at which the work asks for its share again (assumed)
        period: Time = Value("10 ms");
    }
}
