//! The keys of ports.

use super::queues::{RSS, RssKeys, SPREAD, SRIOV, SpreadKeys, SriovKeys, VMQ, VmqKeys};
use super::values::{
    AdaptiveAlgorithm, FilterAction, FilterPlace, FlowControlKind, ModerationPolicy,
    ModerationWord, PathKind, WhenRingFull,
};
use crate::engine::time::Span;
use crate::scenario::profile::{self, MODELS, Profile};
use crate::scenario::schema::key::Default::{Required, Says, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::{Setting, WordOr};
use crate::scenario::schema::table_reader::TableReader;

/// What stands for "of the model".
const MODEL: crate::scenario::schema::key::Default = Says("the model's, see `model`");

keys! {
    /// a port of a host
    pub struct NicKeys: NIC at "nic.NAME" {
        /// host that the port belongs to
        host: Text = Says("the only host");
        /// NIC model. `rxsim show intel-82599` prints one
        model: Profile(MODELS) = Value("ideal");
        /// rate of the link
        link: Link = MODEL, ["speed", "*SpeedDuplex"];
        /// buffer of the peer in front of the link. Packets that do not fit are lost as
        /// `link_full`
        egress: Size(1, 1 << 40) = Value("1 MiB");
        /// how packets find their receive queue
        path: Choice(PathKind) = Value("single-queue");
        /// core of the queue, on path = "single-queue"
        core: Count(0, 2047) = Value("0");
        /// descriptors per queue. A packet holds its descriptor from its DMA transfer until the
        /// packet is processed
        ring: Count(1, 1 << 20) = Value("512"),
            ["*ReceiveBuffers", "NumRxBuffers", "rx_ring", "-G rx", "rx", "descriptors"];
        /// size of the port's packet buffer
        buffer: Size(1, 1 << 40) = MODEL;
        /// whether the NIC verifies checksums. Without this offload RSS is off, too
        checksum_offload: Flag = Value("true"),
            ["*TCPChecksumOffloadIPv4", "*UDPChecksumOffloadIPv4", "-K rx", "rx-checksumming"];
        /// options of receive side scaling
        rss: Table(RssKeys, RSS) = Says("its defaults"), ["*RSS"];
        /// options of the distribution of packets over cores in software, after the driver
        spread: Table(SpreadKeys, SPREAD) = Says("none; its defaults if a virtual NIC has `vrss`"),
            ["RPS", "rps_cpus", "vRSS", "VrssEnabled"];
        /// options of virtual machine queues
        vmq: Table(VmqKeys, VMQ) = Says("its defaults"), ["*VMQ", "VMDq"];
        /// options of virtual functions
        sriov: Table(SriovKeys, SRIOV) = Says("its defaults"), ["*SRIOV"];
        /// what happens to a packet that finds its ring full
        when_ring_full: Choice(WhenRingFull) = Value("auto"), ["drop_en"];
        /// whether the port asks its peer to pause. During a pause, packets that do not fit
        /// into the peer's buffer (`egress`) are lost as `link_full`. The time that packets
        /// wait there during a pause is not part of their latency
        flow_control: ChoiceOr(FlowControlKind, FlowControlKeys, FLOW_CONTROL) = Value("none"),
            ["*FlowControl", "-A tx"];
        /// when an interrupt vector of the port may interrupt a core
        moderation: ChoiceOr(ModerationWord, ModerationKeys, MODERATION) = Says("none with `ideal`; otherwise throttle at 50 us (assumed)"),
            ["*InterruptModeration", "ITR", "EITR", "coalesce", "-C"];
        /// the bus between the port and the host's memory
        pcie: Table(PcieKeys, PCIE) = MODEL;
        /// rules that discard packets or send them to a certain queue
        filter: Tables(FilterKeys, FILTER) = Says("none");
    }
}

keys! {
    /// fill levels of the packet buffer where the peer pauses and resumes
    pub struct FlowControlKeys: FLOW_CONTROL at "nic.NAME.flow_control" {
        /// bytes in the packet buffer at which the peer pauses
        high: Size(1, 1 << 40) = Says("75 % of `buffer` (assumed)");
        /// bytes in the packet buffer at which the peer resumes
        low: Size(0, 1 << 40) = Says("50 % of `buffer` (assumed)");
    }
}

keys! {
    /// when an interrupt vector of the port may interrupt a core
    pub struct ModerationKeys: MODERATION at "nic.NAME.moderation" {
        /// rule that decides when a vector interrupts
        policy: Choice(ModerationPolicy) = Required;
        /// interval of the rule. The NIC rounds it down to a multiple of its time unit
        interval: Time = Says("50 us with throttle (assumed); the other rules need a value"),
            ["rx-usecs", "InterruptThrottleRate", "ITR"];
        /// number of waiting packets that causes an interrupt at once
        frames: Count(1, 1 << 20) = Says("none; timer-or-count needs a value"), ["rx-frames"];
        /// driver's algorithm that adapts the interval
        algorithm: Choice(AdaptiveAlgorithm) = Says("none; adaptive needs a value"), ["adaptive-rx"];
    }
}

keys! {
    /// the bus between the port and the host's memory
    pub struct PcieKeys: PCIE at "nic.NAME.pcie" {
        /// PCI Express generation
        generation: Count(1, 5) = MODEL, ["gen", "LnkSta"];
        /// number of lanes: 1, 2, 4, 8, 12, 16 or 32
        lanes: Count(1, 32) = MODEL, ["width"];
        /// largest payload of a transfer in bytes: 128, 256, ... 4096
        max_payload: Count(128, 4096) = MODEL, ["MPS", "MaxPayload"];
        /// time from the end of a transfer until the host sees the packet
        latency: TimeOrZero = MODEL;
    }
}

keys! {
    /// a rule that discards packets or sends them to a certain queue
    pub struct FilterKeys: FILTER at "nic.NAME.filter" {
        /// packets that the rule applies to
        matched as "match": Table(MatchKeys, MATCH) = Required;
        /// what the rule does to the packets
        action: Choice(FilterAction) = Required;
        /// where the rule is applied
        at: Choice(FilterPlace) = Value("nic");
        /// queue that the packets are sent to
        queue: Count(0, 32_767) = Says("none; pin needs a value");
    }
}

keys! {
    /// the packets that a rule applies to
    pub struct MatchKeys: MATCH at "nic.NAME.filter.match" {
        /// name of the traffic whose packets match
        traffic: Text = Required;
    }
}
