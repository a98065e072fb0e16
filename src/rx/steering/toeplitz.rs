//! The Toeplitz hash (Microsoft, "RSS hashing functions").
//!
//! For each bit of the input, the most significant bit of its first byte first: where it is set,
//! the left-most 32 bits of the key are added (exclusive or) to the hash; then the key shifts left
//! by one bit. The sum over the eight bits of a byte depends on the byte and its position alone,
//! so a table of them per key makes the hash one look-up per byte.

use std::fmt;

/// Bytes of a key.
pub const KEY_BYTES: usize = 40;

/// Most bytes that are hashed: both IPv6 addresses and both ports. 32 bits more than these have is
/// just what the key has.
const INPUT_BYTES: usize = 36;

/// The key of the verification suite (Microsoft, "Verifying the RSS hash calculation"), which many
/// drivers use as their default.
pub const KEY_MICROSOFT: [u8; KEY_BYTES] = [
    0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0,
    0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c,
    0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
];

/// `6d5a` twenty times: both directions of a flow get the same hash, of which at most 65 536
/// different ones exist.
pub const KEY_SYMMETRIC: [u8; KEY_BYTES] = {
    let mut key = [0x6d; KEY_BYTES];
    let mut at = 1;
    while at < KEY_BYTES {
        key[at] = 0x5a;
        at += 2;
    }
    key
};

/// The hash under one key.
#[derive(Clone, Debug)]
pub struct Toeplitz {
    /// For each position and value of a byte, what it adds to the hash.
    sums: Vec<[u32; 256]>,
}

impl Toeplitz {
    /// Prepares a key.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        let sums_at = |at: usize| {
            // The 39 bits of the key that the byte's eight windows of 32 bits lie in.
            let bits =
                key[at..at + 5].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
            std::array::from_fn(|value| {
                let set = (0..8).filter(|bit| value & (0x80 >> bit) != 0);
                set.fold(0, |sum, bit| sum ^ (bits >> (8 - bit)) as u32)
            })
        };
        Self { sums: (0..INPUT_BYTES).map(sums_at).collect() }
    }

    /// The hash of an input of at most 36 bytes: source address, destination address, source port,
    /// destination port, each in network order.
    #[inline]
    #[must_use]
    pub fn hash(&self, input: &[u8]) -> u32 {
        debug_assert!(input.len() <= INPUT_BYTES, "an input longer than the key");
        let sums = self.sums.iter().zip(input);
        sums.fold(0, |hash, (sums, byte)| hash ^ sums[usize::from(*byte)])
    }
}

/// Why a text is no hash key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// A character that is neither a hex digit nor a colon between two bytes.
    Stray(char),
    /// So many hex digits instead of 80.
    Digits(usize),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stray(found) => {
                write!(f, "`{found}` in a hash key, which is hex digits, with or without colons")
            }
            Self::Digits(found) => {
                write!(f, "a hash key has 40 bytes (80 hex digits), this one has {found} digits")
            }
        }
    }
}

impl std::error::Error for KeyError {}

/// Reads a key of 40 bytes in hex: `6d5a56da...` or `6d:5a:56:da:...`, as ethtool shows it.
///
/// # Errors
///
/// Where something else than hex digits and colons between bytes is found, or not 40 bytes.
pub fn parse_key(text: &str) -> Result<[u8; KEY_BYTES], KeyError> {
    let mut digits = Vec::with_capacity(2 * KEY_BYTES);
    for found in text.trim().chars() {
        match found.to_digit(16) {
            Some(digit) => digits.push(digit as u8),
            None if found == ':' && digits.len() % 2 == 0 && !digits.is_empty() => {}
            None => return Err(KeyError::Stray(found)),
        }
    }
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |b, d| b << 4 | d)).collect();
    if digits.len() % 2 == 1 {
        return Err(KeyError::Digits(digits.len()));
    }
    bytes.try_into().map_err(|_| KeyError::Digits(digits.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, bit by bit.
    fn by_definition(key: &[u8; KEY_BYTES], input: &[u8]) -> u32 {
        let bit = |bytes: &[u8], at: usize| u32::from(bytes[at / 8] >> (7 - at % 8) & 1);
        let window = |at: usize| (at..at + 32).fold(0, |window, at| window << 1 | bit(key, at));
        let set = (0..8 * input.len()).filter(|&at| bit(input, at) == 1);
        set.fold(0, |hash, at| hash ^ window(at))
    }

    #[test]
    fn the_tables_give_the_hash_of_the_definition() {
        for key in [KEY_MICROSOFT, KEY_SYMMETRIC] {
            let toeplitz = Toeplitz::new(&key);
            for length in 0..=INPUT_BYTES {
                let input: Vec<u8> = (0..length).map(|i| (i * 37 + length * 101) as u8).collect();
                assert_eq!(toeplitz.hash(&input), by_definition(&key, &input));
            }
            assert_eq!(toeplitz.hash(&[255; 36]), by_definition(&key, &[255; 36]));
        }
    }

    #[test]
    fn a_key_is_read_with_and_without_colons() {
        let plain = KEY_MICROSOFT.map(|byte| format!("{byte:02x}")).concat();
        let colons = KEY_MICROSOFT.map(|byte| format!("{byte:02X}")).join(":");
        assert_eq!(parse_key(&plain), Ok(KEY_MICROSOFT));
        assert_eq!(parse_key(&colons), Ok(KEY_MICROSOFT));
        assert_eq!(parse_key(&"6d5a".repeat(20)), Ok(KEY_SYMMETRIC));
    }

    #[test]
    fn what_is_no_key_is_refused_with_the_reason() {
        assert_eq!(parse_key(""), Err(KeyError::Digits(0)));
        assert_eq!(parse_key("6d5a"), Err(KeyError::Digits(4)));
        assert_eq!(parse_key(&"6".repeat(79)), Err(KeyError::Digits(79)));
        assert_eq!(parse_key(&"6d".repeat(41)), Err(KeyError::Digits(82)));
        assert_eq!(parse_key("6d5x"), Err(KeyError::Stray('x')));
        assert_eq!(parse_key("6:d5"), Err(KeyError::Stray(':')));
    }
}
