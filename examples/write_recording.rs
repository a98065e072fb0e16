//! Writes the recording that `scenarios/recorded-traffic.toml` plays, as pcap, to its output:
//!
//! ```text
//!   12 clients --> bursts of 16 to 271 full frames, back to back at 10 Gbps --> 10.0.0.2:445
//!              burst | 0 to 2 ms of silence | burst | 0 to 2 ms of silence | ...
//! ```
//!
//! The same bytes on every machine. `cargo run --example write_recording | gzip -n9` made the file.

use rxsim::engine::chance::Stream;
use std::io::{self, Write};

const BURSTS: u32 = 40;
const CLIENTS: u64 = 12;
/// From frame to frame of a burst; 1230.4 ns, as 10 Gbps brings them, rounded up.
const SPACING_NS: u64 = 1231;
/// Without FCS, as recordings are.
const LENGTH: u32 = 1514;
/// Ethernet, IPv4 and TCP headers: all of a frame that is recorded.
const KEPT: u32 = 54;

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for word in [0xa1b2_3c4d, 0x0004_0002, 0, 0, KEPT, 1_u32] {
        out.write_all(&word.to_le_bytes())?;
    }
    let mut chance = Stream::new(2012, "recording", "bursts");
    let mut now_ns = 0;
    for _ in 0..BURSTS {
        let client = (chance.word() % CLIENTS) as u8;
        for _ in 0..16 + chance.word() % 256 {
            let (seconds, ns) = ((now_ns / 1_000_000_000) as u32, (now_ns % 1_000_000_000) as u32);
            for word in [seconds, ns, KEPT, LENGTH] {
                out.write_all(&word.to_le_bytes())?;
            }
            out.write_all(&headers(client))?;
            now_ns += SPACING_NS;
        }
        now_ns += chance.word() % 2_000_000;
    }
    out.flush()
}

/// The headers of a frame from 10.0.0.(10 + client), port 50000 + client. Checksums are zero, as
/// where the NIC fills them in.
fn headers(client: u8) -> [u8; KEPT as usize] {
    let mut bytes = [0; KEPT as usize];
    bytes[..12].copy_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1, client]);
    bytes[12..14].copy_from_slice(&[0x08, 0x00]);
    bytes[14..24].copy_from_slice(&[0x45, 0, 0x05, 0xdc, 0, 0, 0x40, 0, 64, 6]);
    bytes[26..34].copy_from_slice(&[10, 0, 0, 10 + client, 10, 0, 0, 2]);
    bytes[34..36].copy_from_slice(&(50_000 + u16::from(client)).to_be_bytes());
    bytes[36..38].copy_from_slice(&445_u16.to_be_bytes());
    bytes[46..48].copy_from_slice(&[0x50, 0x10]);
    bytes
}
