//! What can be wrong with a recording, in words that say what to do.

use std::fmt;

/// Why a recording cannot be played. Packets are counted from 1, as Wireshark does.
#[derive(Clone, Debug, PartialEq)]
pub enum Flaw {
    /// The operating system or the decompressor says so, while reading this packet.
    Unreadable {
        /// The packet that was being read.
        packet: u64,
        /// The reason.
        reason: String,
    },
    /// It is a directory.
    Directory,
    /// Not a single byte.
    Empty,
    /// Neither pcap nor pcapng, by its first bytes.
    Unknown,
    /// A sound file without a packet.
    NoPackets,
    /// It ends in the middle of something.
    CutShort {
        /// The packet that was being read.
        packet: u64,
    },
    /// Its structure contradicts itself.
    Damaged {
        /// The packet that was being read.
        packet: u64,
        /// What was found.
        found: String,
    },
    /// A packet of a kind of link whose headers are not known here.
    LinkType {
        /// The packet.
        packet: u64,
        /// The number of the link type, as in the registry of tcpdump.org.
        kind: u32,
    },
    /// More than this many bytes once decompressed.
    Unpacks {
        /// The bound.
        bytes: u64,
    },
    /// More than this many packets.
    Packets {
        /// The bound.
        packets: u64,
    },
    /// A packet would come after the end of the clock.
    TooLate {
        /// The packet.
        packet: u64,
        /// Days from the packet before it, after rescaling.
        gap: f64,
        /// Days that the clock lasts.
        clock: f64,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { packet: 1, reason } => write!(f, "cannot be read: {reason}"),
            Self::Unreadable { packet, reason } => {
                write!(f, "cannot be read beyond packet {}: {reason}", packet - 1)
            }
            Self::Directory => write!(f, "is a directory; name one file in it"),
            Self::Empty => write!(f, "is empty; record it again"),
            Self::Unknown => write!(
                f,
                "is neither pcap nor pcapng (nor gzip of these); convert it, e.g. with \
                 `editcap -F pcapng IN OUT`"
            ),
            Self::NoPackets => write!(f, "holds no packets; record it again"),
            Self::CutShort { packet } => {
                write!(f, "ends in the middle of packet {packet}; copy it again")?;
                or_keep_what_is_before(*packet, f)
            }
            Self::Damaged { packet, found } => {
                write!(f, "is damaged at packet {packet}: {found}; copy it again")?;
                or_keep_what_is_before(*packet, f)
            }
            Self::LinkType { packet, kind } => write!(
                f,
                "packet {packet} has link type {kind}, which is neither Ethernet, raw IP, loopback \
                 nor Linux cooked; record on an Ethernet interface"
            ),
            Self::Unpacks { bytes } => write!(
                f,
                "unpacks to more than {} GiB; unpack it with `gunzip` and name that file",
                bytes >> 30
            ),
            Self::Packets { packets } => write!(
                f,
                "holds more than {packets} packets; split it with `editcap -c {packets} IN OUT`"
            ),
            Self::TooLate { packet, gap, clock } => write!(
                f,
                "packet {packet}, {gap:.3} days after the one before, comes behind the end of the \
                 clock ({clock:.0} days); shorten such gaps with `max_gap = \"1 s\"`"
            ),
        }
    }
}

fn or_keep_what_is_before(packet: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match packet - 1 {
        0 => Ok(()),
        whole => write!(f, ", or keep what is whole with `editcap -r IN OUT 1-{whole}`"),
    }
}

impl std::error::Error for Flaw {}
