//! Trades, and the tape that keeps the latest of them.

use super::Timestamp;
use crate::money::{Price, Quantity};
use std::collections::VecDeque;

/// A side of the book, or of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Those who buy.
    Bid,
    /// Those who sell.
    Ask,
}

impl Side {
    /// The other side.
    pub const fn opposite(self) -> Self {
        match self {
            Self::Bid => Self::Ask,
            Self::Ask => Self::Bid,
        }
    }
}

/// One trade, as the venue reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Trade {
    /// The price paid.
    pub price: Price,
    /// How much changed hands.
    pub quantity: Quantity,
    /// Who came to the market: `Bid` when the taker bought.
    pub taker: Side,
    /// The venue's number of the trade, where it has one.
    pub id: Option<u64>,
    /// When it happened, by the venue's clock.
    pub at: Timestamp,
}

/// The latest trades of one instrument, oldest first, bounded.
///
/// Trades that were seen already (by the venue's number, which grows) are not taken again: a venue repeats the last
/// trades when a subscription starts anew.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    trades: VecDeque<Trade>,
    seen: u64,
    newest_id: Option<u64>,
}

impl Tape {
    /// How many trades a tape keeps.
    pub const CAPACITY: usize = 1_000;

    /// Adds a trade; `false` when it was there already.
    pub fn push(&mut self, trade: Trade) -> bool {
        if let (Some(id), Some(newest)) = (trade.id, self.newest_id)
            && id <= newest
        {
            return false;
        }
        self.newest_id = trade.id.or(self.newest_id);
        if self.trades.len() == Self::CAPACITY {
            self.trades.pop_front();
        }
        self.trades.push_back(trade);
        self.seen += 1;
        true
    }

    /// The latest trades, newest first.
    pub fn newest(&self) -> impl Iterator<Item = &Trade> {
        self.trades.iter().rev()
    }

    /// How many trades were ever taken, those that have left the tape included.
    pub fn seen(&self) -> u64 {
        self.seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trade(id: Option<u64>) -> Trade {
        let (price, quantity) = ("10".parse().unwrap(), "1".parse().unwrap());
        Trade { price, quantity, taker: Side::Bid, id, at: Timestamp::from_secs(1) }
    }

    #[test]
    fn repeated_trades_are_taken_once() {
        let mut tape = Tape::default();
        assert!(tape.push(trade(Some(7))));
        assert!(!tape.push(trade(Some(7))));
        assert!(!tape.push(trade(Some(3))));
        assert!(tape.push(trade(Some(8))));
        assert_eq!(tape.seen(), 2);
        assert_eq!(tape.newest().next().and_then(|t| t.id), Some(8));
    }

    #[test]
    fn the_tape_is_bounded() {
        let mut tape = Tape::default();
        for _ in 0..Tape::CAPACITY + 5 {
            tape.push(trade(None));
        }
        assert_eq!(tape.newest().count(), Tape::CAPACITY);
        assert_eq!(tape.seen(), Tape::CAPACITY as u64 + 5);
    }
}
