//! Kraken's checksum (WebSocket v2, "book" channel): CRC32 (IEEE) over the ten best asks, then the ten best bids, best
//! first; for each level the price, then the quantity, printed with the instrument's precision, without the point and
//! without leading zeros. <https://docs.kraken.com/api/docs/guides/spot-ws-book-v2>

use super::super::ladder::{Ladder, Ticks};
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
    prints.print_from(ladder.precision(), precision);
    let mut text = [0; LEVELS * 2 * LONGEST];
    let mut end = 0;
    for side in [Side::Ask, Side::Bid] {
        for ticks in ladder.side(side).iter().take(LEVELS) {
            let Some(print) = prints.of(*ticks) else { continue };
            if let Some(place) = text.get_mut(end..).and_then(|rest| rest.first_chunk_mut()) {
                *place = print.text;
            }
            end += usize::from(print.len);
        }
    }
    crc32fast::hash(text.get(..end).unwrap_or_default())
}

/// The digits of a level: two numbers of at most 19.
const LONGEST: usize = 40;

/// A level as text, at the beginning of `text`.
#[derive(Clone, Copy, Debug)]
struct Print {
    ticks: Ticks,
    len: u8,
    text: [u8; LONGEST],
}

/// The texts of the levels that were hashed last: from one message to the next, nearly all of them are the same. A level
/// has one place, found by its numbers; another level with the same place takes it over.
#[derive(Clone, Debug)]
pub(super) struct Prints {
    from: Precision,
    to: Precision,
    places: Box<[Print; PLACES]>,
}

/// A power of two, many times the levels of a checksum, so that few of them fight over a place.
const PLACES: usize = 256;

impl Default for Prints {
    fn default() -> Self {
        let none = Precision { price: 0, quantity: 0 };
        // No level has this price: places are empty until they are taken.
        let ticks = Ticks { price: i64::MIN, quantity: 0 };
        Self { from: none, to: none, places: Box::new([Print { ticks, len: 0, text: [0; LONGEST] }; PLACES]) }
    }
}

impl Prints {
    /// What is printed from now on, and how; texts that were made for something else are forgotten.
    fn print_from(&mut self, from: Precision, to: Precision) {
        if (self.from, self.to) != (from, to) {
            *self = Self { from, to, ..Self::default() };
        }
    }

    /// The text of a level; there always is one.
    fn of(&mut self, ticks: Ticks) -> Option<&Print> {
        let mixed = (ticks.price ^ ticks.quantity.rotate_left(32)).cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = (mixed >> (u64::BITS - PLACES.trailing_zeros())) as usize;
        let print = self.places.get_mut(place)?;
        if print.ticks != ticks {
            *print = Print { ticks, len: 0, text: [0; LONGEST] };
            let by_price = Shift::between(self.from.price, self.to.price);
            let by_quantity = Shift::between(self.from.quantity, self.to.quantity);
            for number in [by_price.apply(ticks.price), by_quantity.apply(ticks.quantity)] {
                let mut digits = itoa::Buffer::new();
                let digits = digits.format(number).as_bytes();
                let start = usize::from(print.len);
                if let Some(room) = print.text.get_mut(start..start + digits.len()) {
                    room.copy_from_slice(digits);
                    print.len += digits.len() as u8;
                }
            }
        }
        Some(print)
    }
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
