//! The table of venues: what each one quotes, and how it stands.

use super::{Absence, Basis, Consolidated, Fee, Member};
use crate::market::{Freshness, Level, Precision, Side, VenueId};
use crate::money::{Decimal, Price};
use std::cmp::Ordering;
use std::time::Duration;

/// What one venue quotes. Whoever does not take part keeps its line, with the last that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VenueQuote {
    /// Who.
    pub venue: VenueId,
    /// The best bid.
    pub bid: Option<Level>,
    /// The best ask.
    pub ask: Option<Level>,
    /// Best ask minus best bid.
    pub spread: Option<Price>,
    /// The same in basis points of the mid.
    pub spread_bps: Option<Decimal>,
    /// How its numbers are printed.
    pub precision: Precision,
    /// From the venue's clock to ours, for the last update; unknown where the venue's clock is ahead of ours.
    pub lag: Option<Duration>,
    /// How long ago the book was last known to be right.
    pub age: Option<Duration>,
    /// Whether the book can be trusted.
    pub freshness: Freshness,
    /// What the venue takes from those who take.
    pub fee: Option<Fee>,
    /// Why it does not take part, if it does not.
    pub absence: Option<Absence>,
}

/// By what the table is sorted. Who does not take part comes last, and what is unknown comes after what is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rank {
    /// As watched.
    #[default]
    Watched,
    /// The highest bid first, fees taken off where all are known.
    Bid,
    /// The lowest ask first, fees added where all are known.
    Ask,
    /// The narrowest spread first.
    Spread,
    /// The shortest lag first.
    Lag,
}

impl Rank {
    /// The next one, around.
    pub const fn next(self) -> Self {
        match self {
            Self::Watched => Self::Bid,
            Self::Bid => Self::Ask,
            Self::Ask => Self::Spread,
            Self::Spread => Self::Lag,
            Self::Lag => Self::Watched,
        }
    }
}

impl Consolidated<'_> {
    /// What every venue quotes.
    pub fn quotes(&self, rank: Rank) -> Vec<VenueQuote> {
        let basis = self.comparable(Basis::Net);
        let mut members: Vec<&Member<'_>> = self.members.iter().collect();
        members.sort_by(|a, b| a.absence.is_some().cmp(&b.absence.is_some()).then_with(|| a.compare(b, rank, basis)));
        members.into_iter().map(Member::quote).collect()
    }
}

impl Member<'_> {
    fn compare(&self, other: &Self, rank: Rank, basis: Basis) -> Ordering {
        let net = |of: &Self, side| {
            let price = of.source.listing.book.best(side)?.price;
            of.source.price(side, price, basis)
        };
        match rank {
            Rank::Watched => Ordering::Equal,
            Rank::Bid => net(other, Side::Bid).cmp(&net(self, Side::Bid)),
            Rank::Ask => known(net(self, Side::Ask), net(other, Side::Ask)),
            Rank::Spread => known(self.source.listing.book.spread(), other.source.listing.book.spread()),
            Rank::Lag => known(self.lag(), other.lag()),
        }
    }

    fn lag(&self) -> Option<Duration> {
        let book = &self.source.listing.book;
        let (sent, received) = (book.exchange_time()?, book.received()?);
        (sent <= received).then(|| sent.age(received))
    }

    fn quote(&self) -> VenueQuote {
        let book = &self.source.listing.book;
        VenueQuote {
            venue: self.source.venue,
            bid: book.best(Side::Bid),
            ask: book.best(Side::Ask),
            spread: book.spread(),
            spread_bps: book.spread_bps(),
            precision: book.precision(),
            lag: self.lag(),
            age: self.age,
            freshness: self.freshness.clone(),
            fee: self.source.fee,
            absence: self.absence.clone(),
        }
    }
}

/// The smaller first, and what is unknown last.
fn known<T: Ord>(a: Option<T>, b: Option<T>) -> Ordering {
    a.is_none().cmp(&b.is_none()).then_with(|| a.cmp(&b))
}
