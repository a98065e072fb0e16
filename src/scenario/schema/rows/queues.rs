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
    /// a hash of flows, and its indirection table
    pub struct HashKeys {
        /// entries of the indirection table, a power of two
        table: Count(1, 32_768) = Value("128"), ["IndirectionTableSize", "indir"];
        /// the hash key: "microsoft", "symmetric", or 40 bytes in hexadecimal
        key: Text = Value("microsoft"), ["hkey", "HashSecretKey"];
        /// the hash types that are on
        hash: Choices(HashType) = Says("ipv4, tcp-ipv4, ipv6, tcp-ipv6"),
            ["rx-flow-hash", "HashInformation"];
    }
}

keys! {
    /// the processors that queues may use
    pub struct ProcessorKeys {
        /// the first processor that may be used
        base_processor: Count(0, 2047) = Value("0"),
            ["BaseProcessorNumber", "*RssBaseProcNumber"];
        /// how many physical cores may be used
        max_processors: Count(1, 2048) = Says("all from base_processor"),
            ["MaxProcessors", "*MaxRssProcessors", "MaxNumRssCpus"];
    }
}

keys! {
    /// receive side scaling
    pub struct RssKeys: RSS at "nic.NAME.rss" {
        /// off: all packets go to queue 0
        enabled: Flag = Says("true on path = \"rss\""), ["*RSS"];
        /// receive queues
        queues: Count(1, 32_768) = Says("the smaller of the host's cores and the model's limit"),
            ["NumberOfReceiveQueues", "*NumRSSQueues", "-L rx", "-L combined", "num_queues", "channels"];
        /// which cores are taken
        profile: Choice(RssProfile) = Value("closest"), ["*RSSProfile"];
        /// who moves queues among cores, or entries of the table among queues, while it
        /// runs
        rebalance: ChoiceOr(RebalanceKind, RssRebalanceKeys, RSS_REBALANCE) = Value("fixed");
        + processors: ProcessorKeys;
        + hashing: HashKeys;
    }
}

keys! {
    /// spreading in software (Linux: RPS; Windows: virtual RSS): the core that takes a
    /// packet from its ring does the driver's work, another one the rest
    pub struct SpreadKeys: SPREAD at "nic.NAME.spread" {
        /// the cores that packets are spread over, by hash
        cores: Cpus = Says("those that the port's queues may use; on single-queue all"),
            ["rps_cpus"];
        /// packets that wait on each core, the one in processing included
        backlog: Count(1, 1 << 24) = Value("1000"), ["netdev_max_backlog"];
        + hashing: HashKeys;
    }
}

keys! {
    /// virtual machine queues
    pub struct VmqKeys: VMQ at "nic.NAME.vmq" {
        /// queues, the default queue included; those that nobody was given do not exist
        queues: Count(1, 4097) = Says("the model's limit; ideal: one per VM that wants one, plus the default queue"),
            ["NumQueues"];
        /// queues of one core share one vector; false: each has its own, as far as the
        /// model's vectors go
        shared_interrupts: Flag = Value("true"), ["VMQ coalescing"];
        /// who moves queues among cores while it runs
        rebalance: ChoiceOr(RebalanceKind, VmqRebalanceKeys, VMQ_REBALANCE) = Value("fixed"),
            ["DVMQ", "Dynamic VMQ"];
        /// use VMQ on slower links too
        below_10g: Flag = Value("false"), ["BelowTenGigVmqEnabled"];
        /// host-buffer (2012 and later): the host copies every packet to its VM;
        /// shared-memory (2008 R2): the NIC writes those of a VM's own queue where it
        /// can read
        copy: Choice(CopyKind) = Value("host-buffer");
        + processors: ProcessorKeys;
    }
}

keys! {
    /// virtual functions
    pub struct SriovKeys: SRIOV at "nic.NAME.sriov" {
        /// virtual functions beside the port's physical one
        vfs: Count(0, 4096) = Says("the model's limit; ideal: one for each that wants one"),
            ["*NumVFs", "max_vfs", "sriov_numvfs", "MaxNumVFs"];
        /// the driver of the physical function has virtual ones, and they are on
        driver: Flag = Value("true"), ["*SRIOV"];
        /// the virtual switch was created with I/O virtualization
        switch_iov: Flag = Value("true"), ["EnableIov", "IovEnabled"];
    }
}

keys! {
    /// a policy that moves queues or table entries, with its numbers
    pub struct RebalanceKeys {
        /// dynamic-vmq (vmq alone), rss++ (rss alone: it moves table entries),
        /// least-loaded, irqbalance, or fixed: nobody
        policy: Choice(RebalanceKind) = Required;
        /// how often it looks
        interval: Time = Says("irqbalance 10 s (its manual); rss++ 100 ms (FastClick's DeviceBalancer); the others 100 ms (assumed)");
        /// dynamic-vmq: a core that is busier gives queues away (assumed)
        expand_above: Percent = Value("90 %");
        /// dynamic-vmq: if it spends more than this on receiving (assumed)
        traffic_above: Percent = Value("25 %");
        /// dynamic-vmq: how busy a core may become by queues that return (assumed)
        contract_below: Percent = Value("60 %");
        /// rss++: a core this far above the mean gives entries away
        /// (IMBALANCE_THRESHOLD of FastClick)
        tolerance: Percent = Value("2 %");
        /// irqbalance: how many cores must be idle for one of them to be spared
        power_save: Count(1, 1024) = Says("never"), ["powerthresh", "--powerthresh"];
    }
}

keys! {
    /// who moves queues or entries of the indirection table, with its numbers
    pub struct RssRebalanceKeys: RSS_REBALANCE at "nic.NAME.rss.rebalance" {
        + policy: RebalanceKeys;
    }
}

keys! {
    /// who moves the queues of virtual machines, with its numbers
    pub struct VmqRebalanceKeys: VMQ_REBALANCE at "nic.NAME.vmq.rebalance" {
        + policy: RebalanceKeys;
    }
}
