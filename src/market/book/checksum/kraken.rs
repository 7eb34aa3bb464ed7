//! Kraken's checksum (WebSocket v2, "book" channel): CRC32 (IEEE) over the ten best asks, then the ten best bids, best
//! first; for each level the price, then the quantity, printed with the instrument's precision, without the point and
//! without leading zeros. <https://docs.kraken.com/api/docs/guides/spot-ws-book-v2>

use super::super::ladder::Ladder;
use super::prints::Prints;
use crate::market::{Precision, Side};

/// Levels a side that the checksum covers.
pub(super) const LEVELS: usize = 10;

/// More decimals than any venue prints; bounds the search for an unknown precision.
const MAX_DECIMALS: u8 = 12;

/// The checksum is over printed text, so it needs the instrument's precision. Where nobody has told it, the decimals
/// that the wire printed are taken; and because some relays strip trailing zeros, a wider precision that makes the
/// checksum right is then learned (a wrong book would match one of the few candidates once in about 10^8 frames).
pub(super) fn verify(
    expected: u32,
    ladder: &Ladder,
    precision: &mut Option<Precision>,
    prints: &mut Prints,
) -> Result<(), u32> {
    let known = precision.unwrap_or(ladder.printed());
    let computed = crc(ladder, known, prints);
    if computed == expected {
        return Ok(());
    }
    if precision.is_some() {
        // An older protocol prints, and hashes, more decimals than the venue says that the instrument has.
        let printed = ladder.printed();
        if printed == known || crc(ladder, printed, prints) != expected {
            return Err(computed);
        }
        *precision = Some(printed);
        return Ok(());
    }
    for price in known.price..=MAX_DECIMALS {
        for quantity in known.quantity..=MAX_DECIMALS {
            let candidate = Precision { price, quantity };
            if crc(ladder, candidate, prints) == expected {
                *precision = Some(candidate);
                return Ok(());
            }
        }
    }
    Err(computed)
}

pub(super) fn crc(ladder: &Ladder, precision: Precision, prints: &mut Prints) -> u32 {
    let from = ladder.precision();
    prints.begin((from, precision));
    for side in [Side::Ask, Side::Bid] {
        for ticks in ladder.side(side).best(LEVELS).flatten() {
            prints.add(*ticks, |print| {
                let by_price = Shift::between(from.price, precision.price);
                let by_quantity = Shift::between(from.quantity, precision.quantity);
                for number in [by_price.apply(ticks.price), by_quantity.apply(ticks.quantity)] {
                    print.push(itoa::Buffer::new().format(number).as_bytes());
                }
            });
        }
    }
    crc32fast::hash(prints.text())
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
