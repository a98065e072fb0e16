//! The keys of queues: RSS, VMQ, virtual functions, spreading in software, and who moves queues.

use super::values::{CopyKind, HashType, RebalanceKind, RssProfile};
use crate::engine::time::Span;
use crate::scenario::schema::key::Default::{Required, Says, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::{CpuList, Setting, WordOr};
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::units::Fraction;

keys! {
    /// the hash of flows and its indirection table
    pub struct HashKeys {
        /// entries of the indirection table, a power of two
        table: Count(1, 32_768) = Value("128"), ["IndirectionTableSize", "indir"];
        /// secret key of the hash: "microsoft", "symmetric", or 40 bytes in hexadecimal
        key: Text = Value("microsoft"), ["hkey", "HashSecretKey"];
        /// hash types that are enabled
        hash: Choices(HashType) = Says("ipv4, tcp-ipv4, ipv6, tcp-ipv6"),
            ["rx-flow-hash", "HashInformation"];
    }
}

keys! {
    /// the processors that queues may use
    pub struct ProcessorKeys {
        /// first processor that queues may use
        base_processor: Count(0, 2047) = Value("0"),
            ["BaseProcessorNumber", "*RssBaseProcNumber"];
        /// number of physical cores that queues may use
        max_processors: Count(1, 2048) = Says("all from `base_processor` on"),
            ["MaxProcessors", "*MaxRssProcessors", "MaxNumRssCpus"];
    }
}

keys! {
    /// receive side scaling: the hash of a flow chooses its queue
    pub struct RssKeys: RSS at "nic.NAME.rss" {
        /// whether RSS is on. Otherwise all packets go to queue 0
        enabled: Flag = Says("true on path = \"rss\""), ["*RSS"];
        /// number of receive queues
        queues: Count(1, 32_768) = Says("the smaller of the host's cores and the model's limit"),
            ["NumberOfReceiveQueues", "*NumRSSQueues", "-L rx", "-L combined", "num_queues", "channels"];
        /// which cores the queues use
        profile: Choice(RssProfile) = Value("closest"), ["*RSSProfile"];
        /// policy that moves queues among cores, or table entries among queues, during the run
        rebalance: ChoiceOr(RebalanceKind, RssRebalanceKeys, RSS_REBALANCE) = Value("fixed");
        + processors: ProcessorKeys;
        + hashing: HashKeys;
    }
}

keys! {
    /// software distribution over cores (Linux: RPS, Windows: virtual RSS).
    /// The core that takes a packet from its ring does the driver's work. Another core does
    /// the rest
    pub struct SpreadKeys: SPREAD at "nic.NAME.spread" {
        /// cores that packets are distributed over by hash
        cores: Cpus = Says("the cores that the port's queues may use; all cores with single-queue"),
            ["rps_cpus"];
        /// packets that each core may hold, those that wait and the one in service
        backlog: Count(1, 1 << 24) = Value("1000"), ["netdev_max_backlog"];
        + hashing: HashKeys;
    }
}

keys! {
    /// virtual machine queues: the MAC address chooses the queue of a packet
    pub struct VmqKeys: VMQ at "nic.NAME.vmq" {
        /// number of queues, the default queue included. Only queues that virtual NICs were
        /// assigned exist beside the default queue
        queues: Count(1, 4097) = Says("the model's limit; with `ideal`, the default queue and one per queue requested"),
            ["NumQueues"];
        /// whether the queues of one core share an interrupt vector. Otherwise each queue has
        /// its own, as long as the model has enough vectors
        shared_interrupts: Flag = Value("true"), ["VMQ coalescing"];
        /// policy that moves queues among cores during the run
        rebalance: ChoiceOr(RebalanceKind, VmqRebalanceKeys, VMQ_REBALANCE) = Value("fixed"),
            ["DVMQ", "Dynamic VMQ"];
        /// whether VMQ is used on links slower than 10 Gbps
        below_10g: Flag = Value("false"), ["BelowTenGigVmqEnabled"];
        /// where the NIC writes the packets of VMs
        copy: Choice(CopyKind) = Value("host-buffer");
        + processors: ProcessorKeys;
    }
}

keys! {
    /// virtual functions (SR-IOV). Their packets reach the guest past the host's cores
    pub struct SriovKeys: SRIOV at "nic.NAME.sriov" {
        /// number of virtual functions. The physical function is not counted
        vfs: Count(0, 4096) = Says("the model's limit; with `ideal`, as many as are requested"),
            ["*NumVFs", "max_vfs", "sriov_numvfs", "MaxNumVFs"];
        /// whether the driver of the physical function supports virtual functions and has
        /// enabled them
        driver: Flag = Value("true"), ["*SRIOV"];
        /// whether the virtual switch was created with I/O virtualization
        switch_iov: Flag = Value("true"), ["EnableIov", "IovEnabled"];
    }
}

keys! {
    /// a policy that moves queues or table entries, with its parameters
    pub struct RebalanceKeys {
        /// the policy
        policy: Choice(RebalanceKind) = Required;
        /// time between two decisions of the policy
        interval: Time = Says("irqbalance: 10 s (its manual); rss++: 100 ms (FastClick's DeviceBalancer); other policies: 100 ms (assumed)");
        /// dynamic-vmq: utilization above which a core gives queues away (assumed)
        expand_above: Percent = Value("90 %");
        /// dynamic-vmq: share of its time that a core must spend on receiving before it gives
        /// queues away (assumed)
        traffic_above: Percent = Value("25 %");
        /// dynamic-vmq: utilization that a core may reach when it takes queues back (assumed)
        contract_below: Percent = Value("60 %");
        /// rss++: utilization above the mean at which a core gives entries away
        /// (IMBALANCE_THRESHOLD of FastClick)
        tolerance: Percent = Value("2 %");
        /// irqbalance: number of cores that must be idle before one of them is taken out of use
        power_save: Count(1, 1024) = Says("never"), ["powerthresh", "--powerthresh"];
    }
}

keys! {
    /// policy that moves queues or table entries, with its parameters
    pub struct RssRebalanceKeys: RSS_REBALANCE at "nic.NAME.rss.rebalance" {
        + policy: RebalanceKeys;
    }
}

keys! {
    /// policy that moves the queues of virtual machines, with its parameters
    pub struct VmqRebalanceKeys: VMQ_REBALANCE at "nic.NAME.vmq.rebalance" {
        + policy: RebalanceKeys;
    }
}
