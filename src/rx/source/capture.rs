//! Recorded traffic: pcap and pcapng files, plain or gzip.

mod flaw;
mod headers;
mod recording;

pub use flaw::Flaw;
pub use headers::Destination;

use crate::engine::time::{Span, Time};
use crate::vocab::flow_key::{Addresses, FlowKey};
use flate2::read::MultiGzDecoder;
use recording::{RecordedFrame, Recording};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Most packets of a recording: 1.6 GB of memory.
pub const MOST_PACKETS: u64 = 100_000_000;
/// Most bytes that a gzip file may unpack to.
const MOST_UNPACKED: u64 = 4 << 30;
/// Bytes of the FCS, which recordings leave out, and of the smallest frame.
const FCS: u32 = 4;
const SMALLEST: u32 = 64;

/// A recording, ready to be played: times and sizes as the simulation uses them.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    /// The packets in order.
    pub packets: Vec<Captured>,
    /// The directed flows by first appearance; `Captured::flow` points here. Frames to different
    /// destinations are of different flows.
    pub flows: Vec<FlowKey>,
    /// Per flow where its frames go; none where they have no Ethernet header.
    pub destinations: Vec<Option<Destination>>,
    /// Captured bytes of all packets, as the file holds them.
    pub captured_bytes: u64,
    /// Directed 5-tuples among them (frames without an IP header have none).
    pub tuples: u64,
    /// Packets whose recorded time lay before that of their predecessor.
    pub backwards: u64,
    /// Gaps that `max_gap` shortened.
    pub shortened: u64,
}

/// One packet of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Since the first packet, after rescaling.
    pub offset: Span,
    /// Original length plus 4 bytes of FCS, at least 64.
    pub size: u32,
    /// Index into `flows`.
    pub flow: u32,
}

/// A recording that cannot be played, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub flaw: Flaw,
}

impl fmt::Display for CaptureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.flaw)
    }
}

impl std::error::Error for CaptureError {}

/// Reads a file to be played `speed` times as fast as it was recorded, with gaps (after that) of at
/// most `max_gap`.
///
/// # Errors
///
/// If the file cannot be read, is damaged, or would not fit the memory or the clock.
pub fn read(path: &Path, speed: f64, max_gap: Option<Span>) -> Result<Capture, CaptureError> {
    let opened = || {
        let unreadable =
            |error: std::io::Error| Flaw::Unreadable { packet: 1, reason: error.to_string() };
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(Flaw::Directory);
        }
        read_from(file, speed, max_gap)
    };
    opened().map_err(|flaw| CaptureError { file: path.to_path_buf(), flaw })
}

/// As [`read`], from what has been opened already.
///
/// # Errors
///
/// As [`read`].
pub fn read_from(reader: impl Read, speed: f64, max_gap: Option<Span>) -> Result<Capture, Flaw> {
    let mut reader = BufReader::new(reader);
    let mut start = Vec::new();
    let unreadable =
        |error: std::io::Error| Flaw::Unreadable { packet: 1, reason: error.to_string() };
    (&mut reader).take(2).read_to_end(&mut start).map_err(unreadable)?;
    let zipped = start == [0x1f, 0x8b];
    let whole = start.as_slice().chain(reader);
    if zipped {
        let unzipped = BufReader::new(MultiGzDecoder::new(whole));
        play(Recording::open(unzipped, MOST_UNPACKED)?, speed, max_gap)
    } else {
        play(Recording::open(whole, u64::MAX)?, speed, max_gap)
    }
}

/// Brings all packets of a recording into the simulation's terms.
fn play<R: Read>(
    mut recording: Recording<R>,
    speed: f64,
    max_gap: Option<Span>,
) -> Result<Capture, Flaw> {
    let mut capture = Capture::default();
    let mut clock = Clock { speed, max_gap, last: None, now: 0 };
    let mut known = BTreeMap::new();
    let mut frame = RecordedFrame::default();
    while recording.next(&mut frame)? {
        let packet = capture.packets.len() as u64 + 1;
        if packet > MOST_PACKETS {
            return Err(Flaw::Packets { packets: MOST_PACKETS });
        }
        let offset = clock.turn(packet, frame.time, &mut capture)?;
        let key = headers::flow_key(frame.link, &frame.bytes)
            .ok_or(Flaw::LinkType { packet, kind: frame.link })?;
        let to = headers::destination(frame.link, &frame.bytes);
        let flow = *known.entry((key, to)).or_insert_with(|| {
            capture.flows.push(key);
            capture.destinations.push(to);
            capture.flows.len() as u32 - 1
        });
        capture.captured_bytes += frame.bytes.len() as u64;
        let size = (frame.original + FCS).max(SMALLEST);
        capture.packets.push(Captured { offset, size, flow });
    }
    if capture.packets.is_empty() {
        return Err(Flaw::NoPackets);
    }
    let addressed = capture.flows.iter().filter(|key| key.addresses != Addresses::None);
    let tuples: BTreeSet<_> =
        addressed.map(|key| (key.addresses, key.protocol, key.ports)).collect();
    capture.tuples = tuples.len() as u64;
    Ok(capture)
}

/// Turns recorded times into offsets from the first packet.
struct Clock {
    speed: f64,
    max_gap: Option<Span>,
    /// Recorded time of the packet before, in picoseconds.
    last: Option<i128>,
    /// Its offset.
    now: u128,
}

impl Clock {
    /// The offset of a packet recorded at `time` (none: when the one before was).
    fn turn(
        &mut self,
        packet: u64,
        time: Option<i128>,
        capture: &mut Capture,
    ) -> Result<Span, Flaw> {
        let last = self.last;
        capture.backwards += u64::from(time.is_some() && time < last);
        self.last = time.max(last);
        let between = |(last, time): (i128, i128)| (time - last).max(0) as u128;
        let recorded = last.zip(time).map_or(0, between);
        let exact = self.speed.to_bits() == 1_f64.to_bits();
        let gap = if exact { recorded } else { (recorded as f64 / self.speed + 0.5) as u128 };
        let shortest = self.max_gap.map_or(gap, |longest| gap.min(longest.0.into()));
        capture.shortened += u64::from(shortest < gap);
        self.now = self.now.saturating_add(shortest);
        if self.now > u128::from(Time::END.0) {
            let days = |ps: f64| ps / 86_400e12;
            let (gap, clock) = (days(gap as f64), days(Time::END.0 as f64));
            return Err(Flaw::TooLate { packet, gap, clock });
        }
        Ok(Span(self.now as u64))
    }
}
