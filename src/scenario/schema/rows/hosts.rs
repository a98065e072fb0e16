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
        /// physical cores
        cores: Count(1, 1024) = Value("1");
        /// threads per core; siblings are adjacent
        smt: Count(1, 2) = Value("1"), ["hyperthreading", "ht"];
        /// nodes that share the cores evenly
        numa_nodes: Count(1, 64) = Value("1"), ["*NumaNodeId", "numa"];
        /// turns cycles into time
        clock: Frequency = Value("2.66 GHz");
        /// the cost profile; `rxsim show hyperv-2012` prints one
        costs: Profile(COST_PROFILES) = Value("zero");
        /// entries that replace the profile's
        cost: Table(CostsKeys, COSTS) = Says("none");
        /// how a core takes packets
        stack: ChoiceOr(StackKind, StackKeys, STACK) = Value("windows-dpc");
        /// packets per poll round
        budget: Count(1, 1 << 20) = Value("64"), ["weight", "dev_weight", "netdev_budget"];
        /// time slice of threads (assumed)
        quantum: Time = Value("1 ms");
        /// packets of protocol work per core under `interrupt-per-packet`
        backlog: Count(1, 1 << 24) = Value("1000"), ["netdev_max_backlog"];
        /// an idle core sleeps after this, then pays `wakeup` (assumed)
        idle_before_sleep: TimeOrZero = Value("100 us");
        /// sigma of 1 + sigma (n - 1) on the cost per packet, n = cores that own a
        /// queue of the NIC
        contention: Number(0.0, 10.0) = Value("0");
        /// which core takes a packet: its queue's, or any (the first idle, the least
        /// loaded, a thief)
        dispatch: ChoiceOr(DispatchKind, DispatchKeys, DISPATCH) = Value("per-queue");
        /// whether interrupts and deferred work stop what a core has in hand, or come
        /// at its end
        priority: Choice(Priority) = Value("preemptive");
        /// what CPU and hypervisor can do
        virtualization: Table(VirtualizationKeys, VIRTUALIZATION) = Says("none");
    }
}

keys! {
    /// how a core takes packets, with options
    pub struct StackKeys: STACK at "host.NAME.stack" {
        /// the stack
        kind: Choice(StackKind) = Required;
        /// timer ticks per second of linux-napi (CONFIG_HZ)
        hz: Count(24, 10_000) = Value("250");
        /// "defers" (Linux up to 6.5): a running ksoftirqd takes the softirqs;
        /// "shares": later kernels
        ksoftirqd: Choice(Ksoftirqd) = Value("defers");
    }
}

keys! {
    /// join bounded shortest queue: one line, from which cores are given packets ahead
    pub struct DispatchKeys: DISPATCH at "host.NAME.dispatch" {
        /// packets that a core may have, the one in hand included; 1 is "shared"
        jbsq: Count(1, 1024) = Required;
    }
}

keys! {
    /// what CPU and hypervisor can do
    pub struct VirtualizationKeys: VIRTUALIZATION at "host.NAME.virtualization" {
        /// interrupts reach a running guest without exits
        posted_interrupts: Flag = Value("false"), ["APICv", "VT-d PI"];
        /// exits that the interrupt of a virtual function costs its guest
        exits_per_interrupt: Count(0, 100) = Says("0 with posted interrupts, else 2");
        /// a vCPU that has waited this long is halted: the interrupt of a virtual
        /// function then costs `vm_wakeup` more (assumed; KVM on x86 polls up to 200
        /// us)
        halt_poll: TimeOrZero = Value("0 s"), ["halt_poll_ns"];
        /// the firmware lets the operating system control PCI Express; without it there
        /// are no virtual functions
        firmware: Flag = Value("true"), ["BIOS", "IovSupport"];
        /// the chipset remaps DMA and interrupts; without it there are no virtual
        /// functions
        iommu: Flag = Value("true"), ["VT-d", "AMD-Vi", "intel_iommu"];
    }
}

keys! {
    /// a consumer on a host: thread class, bounded backlog
    pub struct AppKeys: APP at "app.NAME" {
        /// its host
        host: Text = Says("the only host");
        /// the core it runs on
        core: Count(0, 2047) = Value("0");
        /// packets handed over and not yet finished
        backlog: Count(1, 1 << 24) = Value("1000");
        /// per packet
        packet: Cost(COST) = Says("the host's `app_packet`");
        /// per byte
        byte: Cost(COST) = Says("the host's `app_byte`");
    }
}

keys! {
    /// CPU load that is not networking, in the thread class
    pub struct WorkKeys: WORK at "work.NAME" {
        /// where: "host.alpha"; or "vm.web", "vm.web[3]": the core of each of its vCPUs
        on: Text = Required;
        /// the cores of a host that it loads
        cores: Cpus = Says("all");
        /// share of each core that it asks for
        load: Percent = Required;
        /// it asks for its share anew at every multiple (assumed)
        period: Time = Value("10 ms");
    }
}
