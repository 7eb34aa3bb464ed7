//! One instrument across venues: their books as one, the prices side by side, and the best way to fill a size.
//!
//! - Only books that can be trusted now take part. Every other one is left out with the reason and its age, and what it
//!   holds contributes to no number here except to its own line in the table.
//! - Never merged: different quotes, different contracts, sizes that are not counted in the base asset, and a simulated
//!   market with real ones.
//! - Net prices are exact (see [`Fee`]). Where a ladder is grouped, bids round down and asks round up, so that no row
//!   promises a better price than its levels have.
//! - The books are merged from their best levels on, as far as is asked: what is not shown is not looked at.

mod fee;
mod merge;
mod quotes;
mod same;
mod split;

#[cfg(test)]
mod tests;

pub use fee::{Fee, FeeError};
pub use merge::{Offer, Part, Rung, Steps};
pub use quotes::{Rank, VenueQuote};
pub use same::{NotTheSame, Same};
pub use split::{Allocation, Split};

use super::{Contract, Crossing, Freshness, Listing, Precision, Side, Symbol, Timestamp, VenueId};
use crate::money::{Price, Quantity};
use std::time::Duration;

/// One venue's listing, as it may take part.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Where.
    pub venue: VenueId,
    /// What it is called there.
    pub symbol: &'a Symbol,
    /// What is known.
    pub listing: &'a Listing,
    /// What the venue takes from those who take; none where nobody has said.
    pub fee: Option<Fee>,
}

/// Whether prices are as the venues print them, or as they come to with the fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Basis {
    /// As printed.
    #[default]
    Gross,
    /// Bids less and asks plus the taker's fee. As printed as long as one venue that takes part has no known fee: prices
    /// with and without it cannot be compared.
    Net,
}

/// Why a venue does not take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Its book cannot be trusted now.
    Book(Freshness),
    /// It refused the instrument.
    Refused(String),
    /// Its sizes are not in units of the base asset.
    Contracts,
    /// It is another instrument.
    Different,
    /// It is simulated, and others are not.
    Simulated,
}

/// A venue that does not take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// Which.
    pub venue: VenueId,
    /// Why.
    pub reason: Absence,
    /// How long ago its book was last known to be right.
    pub age: Option<Duration>,
}

/// A bid of one venue above an ask of another, fees included or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cross {
    /// Who bids.
    pub bid: VenueId,
    /// Who asks.
    pub ask: VenueId,
    /// By how much the bid is above the ask as printed.
    pub gross: Price,
    /// The same after both fees, where both are known.
    pub net: Option<Price>,
    /// What both best levels hold.
    pub size: Quantity,
}

/// One instrument across venues. Borrows the listings, and reads of them what it is asked for.
#[derive(Clone, Debug)]
pub struct Consolidated<'a> {
    members: Vec<Member<'a>>,
    nets: bool,
}

#[derive(Clone, Debug)]
struct Member<'a> {
    source: Source<'a>,
    freshness: Freshness,
    absence: Option<Absence>,
    age: Option<Duration>,
}

impl<'a> Consolidated<'a> {
    /// Judges who takes part at `now`, when silence counts as stale after `stale_after`.
    pub fn new(
        same: &Same,
        sources: impl IntoIterator<Item = Source<'a>>,
        now: Timestamp,
        stale_after: Duration,
    ) -> Self {
        let sources: Vec<_> = sources.into_iter().collect();
        let real = sources.iter().any(|source| source.venue != VenueId::Sim);
        let member = |source: Source<'a>| {
            let freshness = source.listing.freshness(now, stale_after);
            let simulated = (real && source.venue == VenueId::Sim).then_some(Absence::Simulated);
            let absence = simulated.or_else(|| absence(same, &source, &freshness));
            Member { source, freshness, absence, age: source.listing.book.age(now) }
        };
        let members: Vec<_> = sources.into_iter().map(member).collect();
        let mut included = members.iter().filter(|member| member.absence.is_none()).peekable();
        let nets = included.peek().is_some() && included.all(|member| member.source.fee.is_some());
        Self { members, nets }
    }

    /// Whether net prices are net: the fee of everyone who takes part is known.
    pub fn nets(&self) -> bool {
        self.nets
    }

    /// Who does not take part, and why.
    pub fn excluded(&self) -> impl Iterator<Item = Excluded> + '_ {
        self.members.iter().filter_map(|member| {
            let reason = member.absence.clone()?;
            Some(Excluded { venue: member.source.venue, reason, age: member.age })
        })
    }

    /// The most decimals that a venue of those that take part prints with.
    pub fn precision(&self) -> Precision {
        let none = Precision { price: 0, quantity: 0 };
        self.included().map(|source| source.listing.book.precision()).fold(none, |most, one| Precision {
            price: most.price.max(one.price),
            quantity: most.quantity.max(one.quantity),
        })
    }

    /// The best level of a side, and whose it is.
    pub fn best(&self, side: Side, basis: Basis) -> Option<Offer> {
        self.merge(side, basis).next()
    }

    /// How the best bid of all stands to the best ask of all.
    pub fn crossing(&self, basis: Basis) -> Crossing {
        match (self.best(Side::Bid, basis), self.best(Side::Ask, basis)) {
            (Some(bid), Some(ask)) if bid.price > ask.price => Crossing::Crossed,
            (Some(bid), Some(ask)) if bid.price == ask.price => Crossing::Locked,
            _ => Crossing::Apart,
        }
    }

    /// Where one could buy at one venue and sell dearer at another, as printed or after fees; the largest gain after fees
    /// first, then the largest as printed. The best levels only.
    pub fn crosses(&self) -> Vec<Cross> {
        let mut found = Vec::new();
        for buyer in self.included() {
            for seller in self.included().filter(|seller| seller.venue != buyer.venue) {
                found.extend(cross(&buyer, &seller));
            }
        }
        found.sort_by(|a, b| b.net.cmp(&a.net).then(b.gross.cmp(&a.gross)));
        found
    }

    fn included(&self) -> impl Iterator<Item = Source<'a>> + '_ {
        self.members.iter().filter(|member| member.absence.is_none()).map(|member| member.source)
    }
}

impl Source<'_> {
    /// A price of this venue as it is asked for.
    fn price(&self, side: Side, price: Price, basis: Basis) -> Option<Price> {
        match (basis, self.fee) {
            (Basis::Net, Some(fee)) => fee.net(side, price),
            _ => Some(price),
        }
    }
}

impl Consolidated<'_> {
    /// Net only where that can be compared.
    fn comparable(&self, basis: Basis) -> Basis {
        if self.nets { basis } else { Basis::Gross }
    }
}

fn absence(same: &Same, source: &Source<'_>, freshness: &Freshness) -> Option<Absence> {
    if !same.has(source.symbol) {
        return Some(Absence::Different);
    }
    if !counts_in_base(source.venue, source.symbol.contract()) {
        return Some(Absence::Contracts);
    }
    match (freshness, &source.listing.refusal) {
        (Freshness::Live(_), _) => None,
        (_, Some(refusal)) => Some(Absence::Refused(refusal.clone())),
        (_, None) => Some(Absence::Book(freshness.clone())),
    }
}

/// Whether the sizes of a book are in units of the base asset. Contracts of other sizes cannot be added to those.
fn counts_in_base(venue: VenueId, contract: Contract) -> bool {
    match contract {
        Contract::Spot => true,
        Contract::Linear => venue != VenueId::Okx,
        Contract::Inverse | Contract::Future | Contract::Option => false,
    }
}

fn cross(buyer: &Source<'_>, seller: &Source<'_>) -> Option<Cross> {
    let (bid, ask) = (buyer.listing.book.best(Side::Bid)?, seller.listing.book.best(Side::Ask)?);
    let gross = bid.price.checked_sub(ask.price)?;
    let net = buyer
        .fee
        .zip(seller.fee)
        .and_then(|(buyer, seller)| buyer.net(Side::Bid, bid.price)?.checked_sub(seller.net(Side::Ask, ask.price)?));
    let crossed = gross > Price::ZERO || net > Some(Price::ZERO);
    let size = bid.quantity.min(ask.quantity);
    crossed.then_some(Cross { bid: buyer.venue, ask: seller.venue, gross, net, size })
}
