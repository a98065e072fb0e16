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
    /// a port
    pub struct NicKeys: NIC at "nic.NAME" {
        /// its host
        host: Text = Says("the only host");
        /// the NIC profile; `rxsim show intel-82599` prints one
        model: Profile(MODELS) = Value("ideal");
        /// the link's rate
        link: Link = MODEL, ["speed", "*SpeedDuplex"];
        /// buffer upstream of the link; what does not fit is lost as link_full
        egress: Size(1, 1 << 40) = Value("1 MiB");
        /// how packets find their queue
        path: Choice(PathKind) = Value("single-queue");
        /// the core of the only queue on single-queue
        core: Count(0, 2047) = Value("0");
        /// descriptors per queue; one is held from DMA until its packet's processing
        /// ends
        ring: Count(1, 1 << 20) = Value("512"),
            ["*ReceiveBuffers", "NumRxBuffers", "rx_ring", "-G rx", "rx", "descriptors"];
        /// the port's packet buffer
        buffer: Size(1, 1 << 40) = MODEL;
        /// off also turns RSS off
        checksum_offload: Flag = Value("true"),
            ["*TCPChecksumOffloadIPv4", "*UDPChecksumOffloadIPv4", "-K rx", "rx-checksumming"];
        /// receive side scaling
        rss: Table(RssKeys, RSS) = Says("its defaults"), ["*RSS"];
        /// software spreads the packets over cores once the driver is done with them
        spread: Table(SpreadKeys, SPREAD) = Says("none; where a VM has `vrss`, its defaults"),
            ["RPS", "rps_cpus", "vRSS", "VrssEnabled"];
        /// virtual machine queues
        vmq: Table(VmqKeys, VMQ) = Says("its defaults"), ["*VMQ", "VMDq"];
        /// virtual functions
        sriov: Table(SriovKeys, SRIOV) = Says("its defaults"), ["*SRIOV"];
        /// drop; hold: wait in the port's buffer, head of line; auto: the driver's rule
        /// (ideal: drop; else hold with a single queue or with flow control, drop with
        /// several queues, with VMQ or with VFs)
        when_ring_full: Choice(WhenRingFull) = Value("auto"), ["drop_en"];
        /// pause: the port asks its peer to pause while its packet buffer fills; what
        /// the peer cannot keep then (`egress`) is lost as link_full, and latency does
        /// not count how long the rest waits there
        flow_control: ChoiceOr(FlowControlKind, FlowControlKeys, FLOW_CONTROL) = Value("none"),
            ["*FlowControl", "-A tx"];
        /// when a vector interrupts
        moderation: ChoiceOr(ModerationWord, ModerationKeys, MODERATION) = Says("none on ideal, else throttle at 50 us (assumed)"),
            ["*InterruptModeration", "ITR", "EITR", "coalesce", "-C"];
        /// the bus
        pcie: Table(PcieKeys, PCIE) = MODEL;
        /// early verdicts: drop or pin to a queue
        filter: Tables(FilterKeys, FILTER) = Says("none");
    }
}

keys! {
    /// marks of the packet buffer between which the port's peer pauses
    pub struct FlowControlKeys: FLOW_CONTROL at "nic.NAME.flow_control" {
        /// as soon as so many bytes are in the packet buffer the peer pauses ...
        high: Size(1, 1 << 40) = Says("75 % of `buffer` (assumed)");
        /// ... until no more than so many are left
        low: Size(0, 1 << 40) = Says("50 % of `buffer` (assumed)");
    }
}

keys! {
    /// when the vectors of a port interrupt
    pub struct ModerationKeys: MODERATION at "nic.NAME.moderation" {
        /// the rule that decides when a vector interrupts
        policy: Choice(ModerationPolicy) = Required;
        /// the interval of the rule; the NIC rounds it down to its unit
        interval: Time = Says("throttle 50 us (assumed); the other rules need it"),
            ["rx-usecs", "InterruptThrottleRate", "ITR"];
        /// so many waiting packets interrupt at once
        frames: Count(1, 1 << 20) = Says("none; timer-or-count needs it"), ["rx-frames"];
        /// the algorithm of the driver that adapts the interval
        algorithm: Choice(AdaptiveAlgorithm) = Says("none; adaptive needs it"), ["adaptive-rx"];
    }
}

keys! {
    /// the bus between the port and the host's memory
    pub struct PcieKeys: PCIE at "nic.NAME.pcie" {
        /// PCI Express generation
        generation: Count(1, 5) = MODEL, ["gen", "LnkSta"];
        /// lanes: 1, 2, 4, 8, 12, 16 or 32
        lanes: Count(1, 32) = MODEL, ["width"];
        /// bytes of the largest payload: 128, 256, ... 4096
        max_payload: Count(128, 4096) = MODEL, ["MPS", "MaxPayload"];
        /// from the end of a transfer until the host sees the packet
        latency: TimeOrZero = MODEL;
    }
}

keys! {
    /// an early verdict
    pub struct FilterKeys: FILTER at "nic.NAME.filter" {
        /// the packets it concerns
        matched as "match": Table(MatchKeys, MATCH) = Required;
        /// discard, or send to a queue
        action: Choice(FilterAction) = Required;
        /// in the NIC, or in the driver for `filter_packet`
        at: Choice(FilterPlace) = Value("nic");
        /// the queue
        queue: Count(0, 32_767) = Says("none; pin needs it");
    }
}

keys! {
    /// the packets that a filter concerns
    pub struct MatchKeys: MATCH at "nic.NAME.filter.match" {
        /// the traffic's name
        traffic: Text = Required;
    }
}
