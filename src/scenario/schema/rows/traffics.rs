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
    /// a source of packets
    pub struct TrafficKeys: TRAFFIC at "traffic.NAME" {
        /// receiver: "host.NAME", "app.NAME", "vm.NAME" or "vnic.NAME". Each instance of a
        /// group receives `rate`. With "broadcast", the virtual switch of the port copies each
        /// packet to all its virtual NICs. With "addresses", which only recordings can have, a
        /// frame goes to the virtual NIC of its address and VLAN (`mac`, `vlan`), and any other
        /// frame to the host
        to: Text = Required;
        /// port by which the packets arrive
        nic: Text = Says("the only port of the host; with \"broadcast\", the only port of the file");
        /// packets per second, or bits of frames (with their FCS) per second. "line" is the
        /// rate of the link
        rate: Rate = Says("none; open loops without bursts or a recording need a value");
        /// frame size, with the FCS
        frame: Frame(SIZE) = Value("1518 B");
        /// virtual NIC behind the same port that sends the packets: "vm.NAME[0]" or
        /// "vnic.NAME[0]". The NIC's internal switch forwards the packets, so that they do not
        /// cross the link. Sender or receiver must have a virtual function. The cost of sending
        /// is not simulated
        sender: Text = Says("none: the packets come over the link");
        /// when packets arrive
        arrivals: Choice(ArrivalsKind) = Says("poisson; constant with rate = \"line\"; the matching value if `burst`, `on_off` or `capture` is given");
        /// bursts of packets back to back
        burst: Table(BurstKeys, BURST) = Says("none");
        /// periods with and without packets
        on_off: Table(OnOffKeys, ON_OFF) = Says("none");
        /// packets that a connection may have in flight. A table describes a window that grows
        /// with deliveries and shrinks with losses
        window: CountOr(1, 65_536, WindowKeys, WINDOW) = Says("none; arrivals = \"windowed\" needs a value");
        /// client's think time, from a response to the next request
        think: Cost(COST) = Value("0 s");
        /// time until the sender learns of a delivery
        feedback: Time = Says("none; closed loops need a value");
        /// time from a packet's arrival until the sender takes the packet for lost and sends
        /// another one. The sender does so unless it has learned of the packet's delivery
        timeout: Time = Says("200 ms for requests; arrivals = \"windowed\" needs a value");
        /// start of the traffic, counted from the start of the run, warm-up included. Bursts
        /// and on-off periods count from there
        from: TimeOrZero = Value("0 s");
        /// end of the traffic, counted from the start of the run, warm-up included
        until: Time = Says("the end of the run");
        /// number of flows of each instance. A closed loop has one client or connection per
        /// flow
        flows: Count(1, 1 << 24) = Value("1");
        /// addresses and ports of the flows
        keys: ChoiceOr(KeysKind, FlowKeysKeys, KEYS) = Value("random");
        /// how packets are distributed over the flows
        popularity: ChoiceOr(PopularityKind, PopularityKeys, POPULARITY) = Value("uniform");
        /// recording to play: a pcap or pcapng file, also compressed with gzip. Its path is
        /// relative to the scenario file
        capture: Text = Says("none");
        /// factor by which the recording is played faster
        speed: Number(1e-6, 1e6) = Value("1");
        /// longest gap between packets of the recording. Longer gaps are shortened to this
        max_gap: Time = Says("none");
    }
}

keys! {
    /// a frame size of a mix
    pub struct SizeKeys: SIZE at "SIZE" {
        /// frame size, with the FCS
        size: Size(64, 65_539) = Required;
        /// relative frequency of this size
        weight: Count(1, 1_000_000) = Required;
    }
}

keys! {
    /// bursts of packets back to back at the link's rate
    pub struct BurstKeys: BURST at "traffic.NAME.burst" {
        /// packets per burst
        packets: Integer(1, 1_000_000_000_000) = Required;
        /// time from the start of one burst to the start of the next
        every: Time = Required;
        /// whether the time between bursts is random, with `every` as its mean
        poisson: Flag = Value("false");
    }
}

keys! {
    /// periods with and without packets. The key `rate` is the rate in periods with packets
    pub struct OnOffKeys: ON_OFF at "traffic.NAME.on_off" {
        /// mean length of a period with packets
        on: Time = Required;
        /// mean length of a period without packets
        off: Time = Required;
        /// distribution of the lengths of both
        distribution: Choice(SpanLaw) = Value("exponential");
        /// tail index of the Pareto distribution
        shape: Number(1.01, 100.0) = Value("1.5");
    }
}

keys! {
    /// a window that grows with deliveries and is halved by losses. It grows by one packet
    /// for each window delivered
    pub struct WindowKeys: WINDOW at "traffic.NAME.window" {
        /// window at the start, in packets
        initial: Count(1, 65_536) = Value("10");
        /// largest window, in packets
        most: Count(1, 65_536) = Required;
    }
}

keys! {
    /// ranges of addresses and ports of the flows
    pub struct FlowKeysKeys: KEYS at "traffic.NAME.keys" {
        /// source addresses: one, or a range FIRST-LAST
        src: Text = Value("10.0.0.1");
        /// destination addresses: one, or a range FIRST-LAST
        dst: Text = Value("10.0.0.2");
        /// source ports
        sport: Ports = Value("40000");
        /// destination ports
        dport: Ports = Value("5001");
        /// transport protocol
        protocol: Choice(Protocol) = Value("tcp");
    }
}

keys! {
    /// flows that carry unequal shares of the packets
    pub struct PopularityKeys: POPULARITY at "traffic.NAME.popularity" {
        /// exponent of Zipf's law: flow k has the weight k^-zipf
        zipf: Number(0.0, 20.0) = Required;
    }
}
