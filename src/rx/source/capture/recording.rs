//! The packets of a pcap or pcapng file, one by one.
//!
//! Read here and not by a crate: the one at hand takes pcapng times for nanoseconds whatever the
//! interface says, and refuses packets that were recorded in part. Only one packet is in memory at
//! a time, and none above [`LARGEST`].

use super::flaw::Flaw;
use std::io::{ErrorKind, Read};

/// Bound of a packet and of a block in bytes (those of real files stay below 1 MiB); a length
/// beyond it is damage.
const LARGEST: u32 = 1 << 24;
/// Bound of the interfaces of one section.
const MOST_INTERFACES: usize = 1 << 16;
/// Picoseconds of a second.
const SECOND: i128 = 1_000_000_000_000;

/// One packet as the file has it.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordedFrame {
    /// Picoseconds since 1970; none where the file has no time for it.
    pub(super) time: Option<i128>,
    /// Its length on the link.
    pub(super) original: u32,
    /// The kind of link.
    pub(super) link: u32,
    /// What was captured of it.
    pub(super) bytes: Vec<u8>,
}

/// A file being read.
pub(super) struct Recording<R> {
    input: ByteReader<R>,
    format: Format,
}

enum Format {
    Pcap { order: ByteOrder, unit: i128, link: u32 },
    PcapNg { order: ByteOrder, interfaces: Vec<Interface> },
}

impl<R: Read> Recording<R> {
    /// Reads the file's head. More than `bound` bytes of it are an error.
    pub(super) fn open(reader: R, bound: u64) -> Result<Self, Flaw> {
        let mut input = ByteReader { reader, packet: 1, left: bound, bound };
        let mut magic = [0; 4];
        if !input.fill_or_end(&mut magic)? {
            return Err(Flaw::Empty);
        }
        let format = match magic {
            [0xa1, 0xb2, 0xc3, 0xd4] => input.pcap_head(ByteOrder::Big, 1_000_000)?,
            [0xd4, 0xc3, 0xb2, 0xa1] => input.pcap_head(ByteOrder::Little, 1_000_000)?,
            [0xa1, 0xb2, 0x3c, 0x4d] => input.pcap_head(ByteOrder::Big, 1_000)?,
            [0x4d, 0x3c, 0xb2, 0xa1] => input.pcap_head(ByteOrder::Little, 1_000)?,
            SECTION => {
                let mut length = [0; 4];
                input.fill(&mut length)?;
                Format::PcapNg { order: input.section(length)?, interfaces: Vec::new() }
            }
            _ => return Err(Flaw::Unknown),
        };
        Ok(Self { input, format })
    }

    /// Reads the next packet into `frame`; false at the end of the file.
    pub(super) fn next(&mut self, frame: &mut RecordedFrame) -> Result<bool, Flaw> {
        let Self { input, format } = self;
        let found = match format {
            Format::Pcap { order, unit, link } => {
                frame.link = *link;
                input.pcap_packet(*order, *unit, frame)?
            }
            Format::PcapNg { order, interfaces } => loop {
                match input.block(order, interfaces, frame)? {
                    Block::Packet => break true,
                    Block::Other => {}
                    Block::End => break false,
                }
            },
        };
        input.packet += 1;
        Ok(found)
    }
}

/// Which end of a number comes first.
#[derive(Clone, Copy)]
enum ByteOrder {
    Big,
    Little,
}

impl ByteOrder {
    fn word(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        }
    }

    fn word_at(self, bytes: &[u8], at: usize) -> Option<u32> {
        Some(self.word(bytes.get(at..at + 4)?.try_into().ok()?))
    }

    fn half_at(self, bytes: &[u8], at: usize) -> Option<u16> {
        let bytes = bytes.get(at..at + 2)?.try_into().ok()?;
        Some(match self {
            Self::Big => u16::from_be_bytes(bytes),
            Self::Little => u16::from_le_bytes(bytes),
        })
    }

    /// Two words, the high one first in either order.
    fn ticks_at(self, bytes: &[u8], at: usize) -> Option<u64> {
        let (high, low) = (self.word_at(bytes, at)?, self.word_at(bytes, at + 4)?);
        Some(u64::from(high) << 32 | u64::from(low))
    }
}

/// The bytes of the file, and what is needed to say where in it something is wrong.
struct ByteReader<R> {
    reader: R,
    /// The packet being read, from 1.
    packet: u64,
    /// Bytes that may still be read ...
    left: u64,
    /// ... of this many.
    bound: u64,
}

impl<R: Read> ByteReader<R> {
    /// Fills `buffer`; false if the file ends just before it.
    fn fill_or_end(&mut self, buffer: &mut [u8]) -> Result<bool, Flaw> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.reader.read(&mut buffer[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(Flaw::CutShort { packet: self.packet }),
                Ok(read) => filled += read,
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::UnexpectedEof => {
                        return Err(Flaw::CutShort { packet: self.packet });
                    }
                    _ => {
                        let reason = error.to_string();
                        return Err(Flaw::Unreadable { packet: self.packet, reason });
                    }
                },
            }
        }
        let left = self.left.checked_sub(filled as u64);
        self.left = left.ok_or(Flaw::Unpacks { bytes: self.bound })?;
        Ok(true)
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Flaw> {
        let filled = self.fill_or_end(buffer)?;
        filled.then_some(()).ok_or(Flaw::CutShort { packet: self.packet })
    }

    fn damaged(&self, found: String) -> Flaw {
        Flaw::Damaged { packet: self.packet, found }
    }

    /// A length that the file states, if it can be true.
    fn plausible(&self, what: &str, length: u32) -> Result<usize, Flaw> {
        if length > LARGEST {
            return Err(self.damaged(format!("a {what} of {length} bytes")));
        }
        Ok(length as usize)
    }

    /// The rest of a pcap file's head: version, zone, precision, snap length, link type.
    fn pcap_head(&mut self, order: ByteOrder, unit: i128) -> Result<Format, Flaw> {
        let mut head = [0; 20];
        self.fill(&mut head)?;
        let link = order.word_at(&head, 16).expect("the head has 20 bytes");
        // The upper bits tell of an FCS.
        Ok(Format::Pcap { order, unit, link: link & 0xffff })
    }

    fn pcap_packet(
        &mut self,
        order: ByteOrder,
        unit: i128,
        frame: &mut RecordedFrame,
    ) -> Result<bool, Flaw> {
        let mut head = [[0; 4]; 4];
        if !self.fill_or_end(head.as_flattened_mut())? {
            return Ok(false);
        }
        let [seconds, fraction, captured, original] = head.map(|bytes| order.word(bytes));
        frame.time = Some(i128::from(seconds) * SECOND + i128::from(fraction) * unit);
        self.plausible("packet", original)?;
        frame.original = original;
        frame.bytes.resize(self.plausible("packet", captured)?, 0);
        self.fill(&mut frame.bytes)?;
        Ok(true)
    }
}

/// Type of the block that opens a section; reads the same from both ends.
const SECTION: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// What a block of a pcapng file was.
enum Block {
    Packet,
    Other,
    End,
}

/// Where packets of a pcapng file were recorded.
struct Interface {
    link: u32,
    /// Most bytes captured of a packet; 0: no bound.
    snap: u32,
    resolution: Resolution,
    /// Seconds to be added to every time.
    offset: i64,
}

/// The unit of an interface's times: one tick is 10^-n or 2^-n seconds.
#[derive(Clone, Copy)]
enum Resolution {
    Decimal(u32),
    Binary(u32),
}

impl Interface {
    fn read(order: ByteOrder, body: &[u8]) -> Option<Self> {
        let link = order.half_at(body, 0)?.into();
        let snap = order.word_at(body, 4)?;
        let mut found = Self { link, snap, resolution: Resolution::Decimal(6), offset: 0 };
        let mut at = 8;
        while let (Some(code), Some(length)) =
            (order.half_at(body, at), order.half_at(body, at + 2))
        {
            let value = body.get(at + 4..at + 4 + usize::from(length))?;
            match (code, value) {
                (0, _) => break,
                (9, &[n]) if n & 0x80 == 0 => found.resolution = Resolution::Decimal(n.into()),
                (9, &[n]) => found.resolution = Resolution::Binary(u32::from(n & 0x7f)),
                (14, value) => {
                    let bytes = value.try_into().ok()?;
                    found.offset = match order {
                        ByteOrder::Big => i64::from_be_bytes(bytes),
                        ByteOrder::Little => i64::from_le_bytes(bytes),
                    };
                }
                _ => {}
            }
            at += 4 + usize::from(length).next_multiple_of(4);
        }
        Some(found)
    }

    /// Picoseconds since 1970.
    fn time(&self, ticks: u64) -> i128 {
        let ticks = i128::from(ticks);
        let since = match self.resolution {
            Resolution::Decimal(n) if n <= 12 => ticks * 10_i128.pow(12 - n),
            Resolution::Decimal(n) => 10_i128.checked_pow(n - 12).map_or(0, |parts| ticks / parts),
            Resolution::Binary(n) => (ticks * SECOND) >> n,
        };
        since + i128::from(self.offset) * SECOND
    }
}

impl<R: Read> ByteReader<R> {
    /// The rest of the block that opens a section, behind its type and length: its byte order.
    fn section(&mut self, length: [u8; 4]) -> Result<ByteOrder, Flaw> {
        let mut magic = [0; 4];
        self.fill(&mut magic)?;
        let order = match magic {
            [0x1a, 0x2b, 0x3c, 0x4d] => ByteOrder::Big,
            [0x4d, 0x3c, 0x2b, 0x1a] => ByteOrder::Little,
            _ => return Err(self.damaged("a section without a byte order".into())),
        };
        self.body(order.word(length), 16, &mut Vec::new(), order)?;
        Ok(order)
    }

    /// The rest of a block of `length` bytes of which `before`, the closing length included, are
    /// not in it.
    fn body(
        &mut self,
        length: u32,
        before: usize,
        body: &mut Vec<u8>,
        order: ByteOrder,
    ) -> Result<(), Flaw> {
        let rest = self.plausible("block", length)?.checked_sub(before);
        let Some(rest) = rest.filter(|rest| rest % 4 == 0) else {
            return Err(self.damaged(format!("a block of {length} bytes")));
        };
        body.resize(rest, 0);
        self.fill(body)?;
        let mut closing = [0; 4];
        self.fill(&mut closing)?;
        if order.word(closing) != length {
            return Err(self.damaged("a block that ends with another length".into()));
        }
        Ok(())
    }

    /// Reads one block; a packet goes into `frame`.
    fn block(
        &mut self,
        order: &mut ByteOrder,
        interfaces: &mut Vec<Interface>,
        frame: &mut RecordedFrame,
    ) -> Result<Block, Flaw> {
        let mut head = [[0; 4]; 2];
        if !self.fill_or_end(head.as_flattened_mut())? {
            return Ok(Block::End);
        }
        let [kind, length] = head;
        if kind == SECTION {
            *order = self.section(length)?;
            interfaces.clear();
            return Ok(Block::Other);
        }
        self.body(order.word(length), 12, &mut frame.bytes, *order)?;
        let found = match order.word(kind) {
            1 if interfaces.len() < MOST_INTERFACES => Interface::read(*order, &frame.bytes)
                .map(|interface| interfaces.push(interface))
                .map(|()| Block::Other),
            1 => None,
            2 | 3 | 6 => {
                packet(order.word(kind), *order, interfaces, frame).map(|()| Block::Packet)
            }
            _ => Some(Block::Other),
        };
        self.plausible("packet", frame.original)?;
        found.ok_or_else(|| self.damaged("a block that contradicts itself".into()))
    }
}

/// Turns the body of a packet block (2 obsolete, 3 simple, 6 enhanced) into the packet that it
/// holds; none if it cannot be one.
fn packet(
    kind: u32,
    order: ByteOrder,
    interfaces: &[Interface],
    frame: &mut RecordedFrame,
) -> Option<()> {
    let body = &frame.bytes;
    let (interface, start, captured) = if kind == 3 {
        let interface = interfaces.first()?;
        frame.original = order.word_at(body, 0)?;
        frame.time = None;
        let snap = if interface.snap == 0 { u32::MAX } else { interface.snap };
        (interface, 4, frame.original.min(snap))
    } else {
        let index =
            if kind == 2 { order.half_at(body, 0)?.into() } else { order.word_at(body, 0)? };
        let interface = interfaces.get(index as usize)?;
        frame.time = Some(interface.time(order.ticks_at(body, 4)?));
        frame.original = order.word_at(body, 16)?;
        (interface, 20, order.word_at(body, 12)?)
    };
    let end = start + captured as usize;
    body.get(start..end)?;
    frame.link = interface.link;
    frame.bytes.truncate(end);
    frame.bytes.drain(..start);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_unpacks_to_more_than_its_bound_is_given_up() {
        let file = [&[0xd4, 0xc3, 0xb2, 0xa1][..], &[0; 200]].concat();
        let read = |bound| {
            let (mut recording, mut frame) =
                (Recording::open(&file[..], bound)?, RecordedFrame::default());
            while recording.next(&mut frame)? {}
            Ok(recording.input.packet)
        };
        assert_eq!(read(100), Err(Flaw::Unpacks { bytes: 100 }));
        // Eleven packets of nothing (16 bytes each) and four bytes of a twelfth.
        assert_eq!(read(204), Err(Flaw::CutShort { packet: 12 }));
    }

    #[test]
    fn a_tick_lasts_what_the_interface_says() {
        let time = |resolution, ticks| {
            Interface { link: 1, snap: 0, resolution, offset: 2 }.time(ticks) - 2 * SECOND
        };
        assert_eq!(time(Resolution::Decimal(6), 3), 3_000_000);
        assert_eq!(time(Resolution::Decimal(0), 3), 3 * SECOND);
        assert_eq!(time(Resolution::Decimal(13), 35), 3);
        assert_eq!(time(Resolution::Decimal(127), u64::MAX), 0);
        assert_eq!(time(Resolution::Binary(0), u64::MAX), i128::from(u64::MAX) * SECOND);
        assert_eq!(time(Resolution::Binary(1), 3), 3 * SECOND / 2);
        assert_eq!(time(Resolution::Binary(127), u64::MAX), 0);
    }
}
