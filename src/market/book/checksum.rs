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

/// A number has at most 19 digits.
const DIGITS: usize = 19;

/// Digits are written eight at a time; the first number may reach over its own beginning by that much.
const CHUNK: usize = 8;

fn kraken(ladder: &Ladder, precision: Precision) -> u32 {
    let have = ladder.precision();
    let (by_price, by_quantity) =
        (Shift::between(have.price, precision.price), Shift::between(have.quantity, precision.quantity));
    let mut text = [0; CHUNK + KRAKEN_LEVELS * 2 * 2 * DIGITS];
    let mut start = text.len();
    // Digits come out last first, so the text is written from its end: the worst bid's quantity first.
    for side in [Side::Bid, Side::Ask] {
        let levels = ladder.side(side);
        for Ticks { price, quantity } in levels.iter().take(KRAKEN_LEVELS).rev() {
            start = put(&mut text, start, by_quantity.apply(*quantity));
            start = put(&mut text, start, by_price.apply(*price));
        }
    }
    crc32fast::hash(text.get(start..).unwrap_or_default())
}

/// Writes the digits of `value` so that they end before `end`; gives where they start.
fn put(text: &mut [u8], mut end: usize, mut value: u64) -> usize {
    loop {
        let digits = eight_digits(value % 100_000_000);
        value /= 100_000_000;
        if let Some(place) = text.get_mut(..end).and_then(|before| before.last_chunk_mut::<CHUNK>()) {
            *place = (digits | 0x3030_3030_3030_3030).to_le_bytes();
        }
        if value == 0 {
            let leading_zeros = (digits.trailing_zeros() / 8).min(7) as usize;
            return end.saturating_sub(CHUNK - leading_zeros);
        }
        end = end.saturating_sub(CHUNK);
    }
}

/// The eight decimal digits of a number below 10^8, the first in the lowest byte.
///
/// Within one register the number is halved into four, then two, then single digits, with multiplications that are
/// exact in these ranges in place of divisions.
fn eight_digits(value: u64) -> u64 {
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - tens * 10) << 8)
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn digits_are_those_of_the_number(value in any::<u64>(), small in 0u64..1_000_000) {
            for value in [value >> 1, small, value % 100_000_000] {
                let mut text = [0; 40];
                let start = put(&mut text, 40, value);
                prop_assert_eq!(std::str::from_utf8(&text[start..]).unwrap(), value.to_string());
            }
        }
    }
}
