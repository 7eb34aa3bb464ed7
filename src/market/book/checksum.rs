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

fn kraken(ladder: &Ladder, precision: Precision) -> u32 {
    let have = ladder.precision();
    let (by_price, by_quantity) =
        (Shift::between(have.price, precision.price), Shift::between(have.quantity, precision.quantity));
    let mut text = [0; KRAKEN_LEVELS * 2 * 2 * DIGITS];
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
fn put(text: &mut [u8], end: usize, mut value: u64) -> usize {
    let Some((mut rest, _)) = text.split_at_mut_checked(end) else { return end };
    while value >= 100 {
        let pair = PAIRS.get((value % 100) as usize).copied().unwrap_or_default();
        value /= 100;
        let Some((before, last)) = rest.split_last_chunk_mut::<2>() else { return 0 };
        *last = pair;
        rest = before;
    }
    let [tens, ones] = PAIRS.get(value as usize).copied().unwrap_or_default();
    let digits: &[u8] = if value >= 10 { &[tens, ones] } else { &[ones] };
    let start = rest.len().saturating_sub(digits.len());
    if let Some(place) = rest.get_mut(start..) {
        place.copy_from_slice(digits);
    }
    start
}

/// `00` to `99`: two digits for one division.
#[expect(clippy::indexing_slicing, reason = "the compiler evaluates it")]
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

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
