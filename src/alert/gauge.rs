//! What a gauge reads off a listing, or why it reads nothing.
//!
//! A price is read only from a book that is in step, heard of lately and not crossed: anything else is no price.

use super::rule::{Column, Field, Gauge, Standing};
use crate::market::{Book, Crossing, Freshness, Level, Listing, Timestamp};
use crate::money::{Decimal, plain};
use rust_decimal::RoundingStrategy;
use std::fmt;
use std::time::Duration;

/// A last trade that is older says nothing about now.
const LAST_TRADE: Duration = Duration::from_secs(600);

/// Venues repeat a funding rate every few seconds to minutes; one that is older is not repeated any more.
const FUNDING: Duration = Duration::from_secs(900);

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number in the gauge's unit.
    Number(Decimal),
    /// A silence.
    Age(Duration),
    /// How a book stands.
    Standing(Standing),
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// It has not been looked at yet.
    #[error("not looked at yet")]
    Unseen,
    /// The desk has no such instrument on its watchlist.
    #[error("not watched")]
    NotWatched,
    /// Nothing has come yet.
    #[error("no book yet")]
    Waiting,
    /// The book is silent.
    #[error("the book is stale")]
    Stale,
    /// The book is out of step.
    #[error("the book is out of step")]
    OutOfStep,
    /// The bid is above the ask.
    #[error("the book is crossed")]
    Crossed,
    /// A level that is needed is not there.
    #[error("the book has no such level")]
    NoLevel,
    /// The subscription carries fewer levels.
    #[error("the book is subscribed less deep")]
    TooShallow,
    /// There was no trade lately.
    #[error("no trade lately")]
    NoTrade,
    /// The venue tells no funding.
    #[error("no funding rate")]
    NoFunding,
    /// The window is not full yet.
    #[error("the window fills")]
    Filling,
    /// A number beyond what a decimal holds.
    #[error("a number out of range")]
    OutOfRange,
}

/// A listing as of now.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub listing: &'a Listing,
    pub stale_after: Duration,
    pub now: Timestamp,
}

impl<'a> Sight<'a> {
    /// The book, when its prices are prices.
    pub fn book(&self) -> Result<&'a Book, Unknown> {
        match self.listing.freshness(self.now, self.stale_after) {
            Freshness::Waiting | Freshness::Remembered(_) => Err(Unknown::Waiting),
            Freshness::Resync(..) => Err(Unknown::OutOfStep),
            Freshness::Stale(_) => Err(Unknown::Stale),
            Freshness::Live(_) if self.listing.book.crossing() == Crossing::Crossed => Err(Unknown::Crossed),
            Freshness::Live(_) => Ok(&self.listing.book),
        }
    }

    /// How the book stands, in the words of `exchequer book --json`.
    pub fn standing(&self) -> Standing {
        match self.listing.freshness(self.now, self.stale_after) {
            Freshness::Waiting | Freshness::Remembered(_) => Standing::Waiting,
            Freshness::Resync(..) => Standing::Resync,
            Freshness::Stale(_) => Standing::Stale,
            Freshness::Live(_) => Standing::Live,
        }
    }

    /// Half way between best bid and best ask.
    pub fn mid(&self) -> Result<Decimal, Unknown> {
        Ok(self.book()?.mid().ok_or(Unknown::NoLevel)?.get())
    }

    /// What a gauge without a window reads.
    pub fn read(&self, gauge: Gauge) -> Result<Decimal, Unknown> {
        match gauge {
            Gauge::Mid | Gauge::Move(_) => self.mid(),
            Gauge::Last => {
                self.book()?;
                let trade = self.listing.tape.newest().next().filter(|trade| trade.at.age(self.now) < LAST_TRADE);
                Ok(trade.ok_or(Unknown::NoTrade)?.price.get())
            }
            Gauge::Spread => {
                let (spread, mid) = (self.book()?.spread().ok_or(Unknown::NoLevel)?.get(), self.mid()?);
                let parts = spread.checked_mul(Decimal::from(10_000)).and_then(|parts| parts.checked_div(mid));
                parts.ok_or(Unknown::OutOfRange)
            }
            Gauge::Imbalance(levels) => {
                let book = self.book()?;
                if book.depth().is_some_and(|depth| depth < usize::from(levels)) {
                    return Err(Unknown::TooShallow);
                }
                book.imbalance(usize::from(levels)).ok_or(Unknown::NoLevel)
            }
            Gauge::Funding => {
                let mark = self.listing.mark.as_ref().filter(|mark| mark.age(self.now) < FUNDING);
                Ok(mark.and_then(|mark| mark.value.funding).ok_or(Unknown::NoFunding)?.get())
            }
            Gauge::Field(field) => self.field(field),
            Gauge::Volume(_) => Err(Unknown::Filling),
        }
    }

    fn field(&self, field: Field) -> Result<Decimal, Unknown> {
        let book = self.book()?;
        let record = book.record();
        let there = match field {
            Field::Level(side, row, column) => {
                let level: Option<Level> = book.levels(side).nth(usize::from(row));
                if level.is_none() && book.depth().is_some_and(|depth| depth <= usize::from(row)) {
                    return Err(Unknown::TooShallow);
                }
                level.map(|level| match column {
                    Column::Price => level.price.get(),
                    Column::Quantity => level.quantity.get(),
                })
            }
            Field::Spread => book.spread().map(|spread| spread.get()),
            Field::SpreadBps => book.spread_bps(),
            Field::Mid => book.mid().map(|mid| mid.get()),
            Field::Sequence => book.sequence().map(Decimal::from),
            Field::Checked => Some(Decimal::from(record.checked)),
            Field::Failed => Some(Decimal::from(record.failed)),
        };
        there.ok_or(Unknown::NoLevel)
    }
}

/// How far `price` is from the lowest or the highest price, in percent of that one; the farther of the two.
pub(super) fn distance(price: Decimal, low: Decimal, high: Decimal) -> Option<Decimal> {
    let from = |reference: Decimal| {
        let part = price.checked_sub(reference)?.abs().checked_mul(Decimal::ONE_HUNDRED)?;
        part.checked_div(reference).filter(|_| reference > Decimal::ZERO)
    };
    Some(from(low)?.max(from(high)?))
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Prices have fewer decimals; what was divided has no end.
            Self::Number(number) if number.scale() > 12 => {
                f.write_str(&plain(number.round_dp_with_strategy(6, RoundingStrategy::ToZero)))
            }
            Self::Number(number) => f.write_str(&plain(*number)),
            Self::Age(age) => write!(f, "{}s", age.as_secs()),
            Self::Standing(standing) => standing.fmt(f),
        }
    }
}
