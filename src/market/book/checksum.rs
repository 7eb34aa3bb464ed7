//! Checksums that venues send with their books, so that a client can prove its copy.
//!
//! Kraken (WebSocket v2, "book" channel): CRC32 (IEEE) over the ten best asks, then the ten best bids, best first; for
//! each level the price, then the quantity, printed with the instrument's precision, without the point and without
//! leading zeros. <https://docs.kraken.com/api/docs/guides/spot-ws-book-v2>

use super::ladder::{Ladder, Ticks};
use crate::market::{Precision, Side};

/// What a venue says a book must hash to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// Kraken's CRC32 over ten levels a side.
    Kraken(u32),
}

/// Levels a side that Kraken's checksum covers.
const KRAKEN_LEVELS: usize = 10;

/// More decimals than any venue prints; bounds the search for an unknown precision.
const MAX_DECIMALS: u8 = 12;

impl Checksum {
    /// The number that the venue sent.
    pub fn expected(self) -> u32 {
        match self {
            Self::Kraken(expected) => expected,
        }
    }

    /// Compares with our own levels; on a difference, gives what ours hash to.
    ///
    /// The checksum is over printed text, so it needs the instrument's precision. Where nobody has told it, the decimals
    /// that the wire printed are taken; and because some relays strip trailing zeros, a wider precision that makes the
    /// checksum right is then learned (a wrong book would match one of the few candidates once in about 10^8 frames).
    pub(super) fn verify(self, ladder: &Ladder, precision: &mut Option<Precision>) -> Result<(), u32> {
        let Self::Kraken(expected) = self;
        let known = precision.unwrap_or(ladder.printed());
        let computed = kraken(ladder, known);
        if computed == expected {
            return Ok(());
        }
        if precision.is_some() {
            return Err(computed);
        }
        for price in known.price..=MAX_DECIMALS {
            for quantity in known.quantity..=MAX_DECIMALS {
                let candidate = Precision { price, quantity };
                if kraken(ladder, candidate) == expected {
                    *precision = Some(candidate);
                    return Ok(());
                }
            }
        }
        Err(computed)
    }

    /// The checksum that a venue with `precision` sends for these levels (best first).
    pub fn of_kraken(bids: &[super::Level], asks: &[super::Level], precision: Precision) -> Self {
        let mut ladder = Ladder::default();
        for (side, levels) in [(Side::Bid, bids), (Side::Ask, asks)] {
            for level in levels.iter().take(KRAKEN_LEVELS) {
                // What does not fit is left out here and makes the client's check fail, as it should.
                let _ = ladder.set(side, level);
            }
        }
        Self::Kraken(kraken(&ladder, precision))
    }
}

fn kraken(ladder: &Ladder, precision: Precision) -> u32 {
    let have = ladder.precision();
    let (by_price, by_quantity) =
        (Shift::between(have.price, precision.price), Shift::between(have.quantity, precision.quantity));
    let mut text = Text::default();
    for side in [Side::Ask, Side::Bid] {
        for Ticks { price, quantity } in ladder.side(side).iter().take(KRAKEN_LEVELS) {
            text.number(by_price.apply(*price));
            text.number(by_quantity.apply(*quantity));
        }
    }
    crc32fast::hash(text.written())
}

/// From the ladder's units to the units of the printed precision.
enum Shift {
    Same,
    Up(i64),
    Down(i64),
}

impl Shift {
    fn between(have: u8, want: u8) -> Self {
        let power = |n: u8| 10i64.saturating_pow(u32::from(n));
        match want.cmp(&have) {
            std::cmp::Ordering::Equal => Self::Same,
            std::cmp::Ordering::Greater => Self::Up(power(want - have)),
            std::cmp::Ordering::Less => Self::Down(power(have - want)),
        }
    }

    fn apply(&self, units: i64) -> u64 {
        let shifted = match self {
            Self::Same => units,
            Self::Up(factor) => units.saturating_mul(*factor),
            Self::Down(factor) => units / factor,
        };
        shifted.unsigned_abs()
    }
}

/// The text that is hashed: at most 20 levels of two numbers with at most 20 digits, so it stays on the stack.
struct Text {
    bytes: [u8; KRAKEN_LEVELS * 2 * 2 * 20],
    len: usize,
}

impl Default for Text {
    fn default() -> Self {
        Self { bytes: [0; KRAKEN_LEVELS * 2 * 2 * 20], len: 0 }
    }
}

impl Text {
    fn number(&mut self, value: u64) {
        let mut buffer = itoa::Buffer::new();
        let digits = buffer.format(value).as_bytes();
        let end = self.len + digits.len();
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.copy_from_slice(digits);
            self.len = end;
        }
    }

    fn written(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
