//! The keys of traffic.

use super::costs::COST;
use super::values::{ArrivalsKind, KeysKind, PopularityKind, Protocol, SpanLaw};
use crate::engine::time::Span;
use crate::scenario::schema::key::Default::{Required, Says, Value};
use crate::scenario::schema::key::{Key, Kind, Table};
use crate::scenario::schema::keys::{key_name, keys, kind};
use crate::scenario::schema::setting::{Setting, WordOr};
use crate::scenario::schema::table_reader::TableReader;
use crate::scenario::text::document::Node;
use crate::scenario::text::units::Rate;

keys! {
    /// what the wire brings
    pub struct TrafficKeys: TRAFFIC at "traffic.NAME" {
        /// "host.NAME", "app.NAME", "vm.NAME" or "vnic.NAME"; each instance of a group
        /// receives `rate`. A recording: also "addresses", to the virtual NICs of a
        /// port by their `mac` and `vlan`, and to the host what is for none of them;
        /// "broadcast": the virtual switch of the port copies each packet for all its
        /// virtual NICs
        to: Text = Required;
        /// the port it comes in by
        nic: Text = Says("the only NIC of the host; with \"broadcast\", of the file");
        /// bits of L2 frames incl. FCS, or packets, per second; "line" is the link's
        /// own rate
        rate: Rate = Says("none; all but captures, bursts and closed loops need it");
        /// frame size incl. FCS
        frame: Frame(SIZE) = Value("1518 B");
        /// "vm.NAME[0]" or "vnic.NAME[0]", a virtual NIC behind the same port: the
        /// NIC's own switch forwards what it sends, past the link; it or the receiver
        /// has a virtual function. What sending costs is not simulated
        sender: Text = Says("none: it comes over the link");
        /// when packets come; the last two are closed loops: each flow is a client with
        /// one request under way, or a connection with a window
        arrivals: Choice(ArrivalsKind) = Says("poisson; constant with rate = \"line\"; else as `burst`, `on_off` and `capture` say");
        /// packets back to back
        burst: Table(BurstKeys, BURST) = Says("none");
        /// spans with and without packets
        on_off: Table(OnOffKeys, ON_OFF) = Says("none");
        /// packets that a connection may have under way: always so many, or a table for
        /// a window that grows with deliveries and is halved by losses
        window: CountOr(1, 65_536, WindowKeys, WINDOW) = Says("none; arrivals = \"windowed\" needs it");
        /// from a client's knowing of the last packet's delivery to its next request
        think: Cost(COST) = Value("0 s");
        /// from a packet's delivery to its sender's knowing of it: the way back
        feedback: Time = Says("none; closed loops need it");
        /// a packet whose delivery is not known so long after it was offered is taken
        /// for lost, and another one is sent
        timeout: Time = Says("200 ms for requests; arrivals = \"windowed\" needs it");
        /// when it begins, from the start of the run, warm-up included; its bursts and
        /// spans count from there
        from: TimeOrZero = Value("0 s");
        /// when it ends, counted likewise
        until: Time = Says("the end of the run");
        /// flows of each instance; the connections of a closed loop
        flows: Count(1, 1 << 24) = Value("1");
        /// their addresses and ports
        keys: ChoiceOr(KeysKind, FlowKeysKeys, KEYS) = Value("random");
        /// how packets choose among flows
        popularity: ChoiceOr(PopularityKind, PopularityKeys, POPULARITY) = Value("uniform");
        /// a recording to play, beside the scenario file: pcap, pcapng, gzip of both
        capture: Text = Says("none");
        /// the recording's gaps are divided by this
        speed: Number(1e-6, 1e6) = Value("1");
        /// longer gaps of the recording are shortened to this
        max_gap: Time = Says("none");
    }
}

keys! {
    /// a frame size of a mix
    pub struct SizeKeys: SIZE at "SIZE" {
        /// frame size incl. FCS
        size: Size(64, 65_539) = Required;
        /// how often, relative to the others
        weight: Count(1, 1_000_000) = Required;
    }
}

keys! {
    /// packets back to back at the link's rate
    pub struct BurstKeys: BURST at "traffic.NAME.burst" {
        /// packets of a burst
        packets: Integer(1, 1_000_000_000_000) = Required;
        /// from the start of one to the start of the next
        every: Time = Required;
        /// draw the gaps between bursts
        poisson: Flag = Value("false");
    }
}

keys! {
    /// spans with and without packets; `rate` is the rate while on
    pub struct OnOffKeys: ON_OFF at "traffic.NAME.on_off" {
        /// mean length of a span with packets
        on: Time = Required;
        /// mean length of a span without
        off: Time = Required;
        /// the law of both
        distribution: Choice(SpanLaw) = Value("exponential");
        /// tail index of pareto
        shape: Number(1.01, 100.0) = Value("1.5");
    }
}

keys! {
    /// grows by one packet for each window delivered, is halved where packets are lost
    pub struct WindowKeys: WINDOW at "traffic.NAME.window" {
        /// packets at the start
        initial: Count(1, 65_536) = Value("10");
        /// packets at most
        most: Count(1, 65_536) = Required;
    }
}

keys! {
    /// ranges of addresses and ports, enumerated
    pub struct FlowKeysKeys: KEYS at "traffic.NAME.keys" {
        /// source addresses: one, or FIRST-LAST
        src: Text = Value("10.0.0.1");
        /// destination addresses
        dst: Text = Value("10.0.0.2");
        /// source ports
        sport: Ports = Value("40000");
        /// destination ports
        dport: Ports = Value("5001");
        /// the transport
        protocol: Choice(Protocol) = Value("tcp");
    }
}

keys! {
    /// some flows are busier
    pub struct PopularityKeys: POPULARITY at "traffic.NAME.popularity" {
        /// flow k has weight k^-zipf
        zipf: Number(0.0, 20.0) = Required;
    }
}
