//! OKX's checksum (v5, channel `books`): CRC32 (IEEE) over the 25 best levels a side, best first, bid and ask in turn, each
//! as price and quantity, all joined by colons; where a side is shorter, the other goes on alone.
//! <https://www.okx.com/docs-v5/en/#order-book-trading-market-data-ws-order-book-channel>
//!
//! - The text is what the wire prints, and OKX prints numbers without trailing zeros.
//! - A source that passes on only some of the levels passes on the checksum of all of them. So a side of fewer than 25
//!   levels proves nothing by itself: a difference counts against a book that is full on both sides, or whose stream has
//!   shown before that it carries whole books, because a checksum has held.

use super::super::ladder::Ladder;
use super::Memory;
use super::prints::{Print, Prints};
use crate::market::Side;
use crate::money::Fixed;

/// Levels a side that the checksum covers.
const LEVELS: usize = 25;

/// `None` when nothing follows from a difference.
pub(super) fn verify(expected: u32, ladder: &Ladder, memory: &mut Memory) -> Option<Result<(), u32>> {
    let computed = crc32fast::hash(text(ladder, &mut memory.prints));
    if computed == expected {
        memory.held = true;
        return Some(Ok(()));
    }
    let full = [Side::Bid, Side::Ask].into_iter().all(|side| ladder.side(side).len() >= LEVELS);
    (full || memory.held).then_some(Err(computed))
}

fn text<'a>(ladder: &Ladder, prints: &'a mut Prints) -> &'a [u8] {
    let precision = ladder.precision();
    let (mut bids, mut asks) = (ladder.side(Side::Bid).iter(), ladder.side(Side::Ask).iter());
    prints.begin((precision, precision));
    for ticks in (0..LEVELS).flat_map(|_| [bids.next(), asks.next()]).flatten() {
        prints.add(*ticks, |print| {
            number(ticks.price, precision.price, print);
            number(ticks.quantity, precision.quantity, print);
        });
    }
    let text = prints.text();
    // The last colon joins nothing.
    text.strip_suffix(b":").unwrap_or(text)
}

/// A number without trailing zeros, with a colon behind it.
fn number(units: i64, decimals: u8, print: &mut Print) {
    let fewest = Fixed::new(units, decimals).normalized();
    let (units, decimals) = (fewest.units(), usize::from(fewest.decimals()));
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(units.unsigned_abs()).as_bytes();
    let (whole, fraction) = digits.split_at_checked(digits.len().saturating_sub(decimals)).unwrap_or((digits, &[]));
    if units < 0 {
        print.push(b"-");
    }
    print.push(if whole.is_empty() { b"0" } else { whole });
    if decimals > 0 {
        print.push(b".");
        (fraction.len()..decimals).for_each(|_| print.push(b"0"));
        print.push(fraction);
    }
    print.push(b":");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{Change, Level};
    use proptest::prelude::*;

    fn ladder(bids: &[(&str, &str)], asks: &[(&str, &str)]) -> Ladder {
        let mut ladder = Ladder::default();
        for (side, levels) in [(Side::Bid, bids), (Side::Ask, asks)] {
            for (price, quantity) in levels {
                ladder.set(side, &Change { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() });
            }
        }
        ladder
    }

    fn text(ladder: &Ladder) -> String {
        String::from_utf8(super::text(ladder, &mut Prints::default()).to_vec()).unwrap()
    }

    fn crc(ladder: &Ladder) -> u32 {
        crc32fast::hash(text(ladder).as_bytes())
    }

    #[test]
    fn levels_stand_in_turn_and_the_longer_side_goes_on_alone() {
        let uneven = ladder(&[("3366.1", "7")], &[("3366.8", "9"), ("3368", "8"), ("3372", "8.50")]);
        assert_eq!(text(&uneven), "3366.1:7:3366.8:9:3368:8:3372:8.5");
        assert_eq!(text(&ladder(&[], &[("0.00000120", "1000")])), "0.0000012:1000");
        assert_eq!(text(&Ladder::default()), "");
    }

    #[test]
    fn a_short_book_is_held_against_only_after_a_checksum_has_held() {
        let (whole, other) = (ladder(&[("3366.1", "7")], &[("3366.8", "9")]), ladder(&[("3366.1", "7")], &[]));
        let right = crc(&whole);
        let mut memory = Memory::default();
        assert_eq!(verify(right, &other, &mut memory), None, "levels may have been left out");
        assert_eq!(verify(right, &whole, &mut memory), Some(Ok(())));
        assert!(matches!(verify(right, &other, &mut memory), Some(Err(_))), "this stream carries whole books");
    }

    #[test]
    fn a_full_book_is_always_held_against() {
        let prices: Vec<String> = (1..=50).map(|price: u32| price.to_string()).collect();
        let levels: Vec<_> = prices.iter().map(|price| (price.as_str(), "1")).collect();
        let (bids, asks) = levels.split_at(25);
        let full = ladder(bids, asks);
        let wrong = !crc(&full);
        assert!(matches!(verify(wrong, &full, &mut Memory::default()), Some(Err(_))));
    }

    proptest! {
        /// However many zeros the wire printed, the text is the shortest that names the number.
        #[test]
        fn numbers_are_printed_as_plain_decimals(price in 1i64..10_000_000_000, quantity in 1i64..10_000_000_000, decimals in (0u8..12, 0u8..12)) {
            let change = Change {
                price: crate::money::Fixed::new(price, decimals.0),
                quantity: crate::money::Fixed::new(quantity, decimals.1),
            };
            let mut one = Ladder::default();
            one.set(Side::Ask, &change).unwrap();
            let Level { price, quantity } = change.into();
            let plain = crate::money::plain;
            prop_assert_eq!(text(&one), format!("{}:{}", plain(price.get()), plain(quantity.get())));
        }
    }
}
