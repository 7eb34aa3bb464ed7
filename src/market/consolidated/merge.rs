//! Several books' levels as one, best first.
//!
//! A dozen venues at most stand side by side, so the next level is found by a look at each of their next ones.

use super::{Basis, Consolidated};
use crate::market::book::round_to;
use crate::market::{Level, Side, VenueId};
use crate::money::{Decimal, Notional, Price, Quantity};
use std::cmp::Ordering;
use std::iter::Peekable;

/// A level of one venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Whose.
    pub venue: VenueId,
    /// The price as asked for: as printed or net.
    pub price: Price,
    /// The price as printed.
    pub printed: Price,
    /// How much.
    pub quantity: Quantity,
}

/// What one venue holds of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Who.
    pub venue: VenueId,
    /// How much.
    pub quantity: Quantity,
}

/// A row of the consolidated ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// The price of the level, or of the group.
    pub price: Price,
    /// Who stands there, in the order in which they were met.
    pub parts: Vec<Part>,
    /// All of them together.
    pub quantity: Quantity,
    /// The quantity from the best price up to and including this row.
    pub total: Quantity,
    /// What that quantity is worth at the levels' own prices, net where the ladder is.
    pub notional: Notional,
    /// Whether it reaches beyond the best price of the other side.
    pub crossed: bool,
    /// Whether it lies beyond what is known of some venue: there is this much, or more.
    pub partial: bool,
}

/// How a ladder is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// The most rows.
    pub rows: usize,
    /// The price step of a row; every price has its own when `None`.
    pub step: Option<Price>,
}

pub(super) struct Merge<'a> {
    side: Side,
    heads: Vec<Peekable<Box<dyn Iterator<Item = Offer> + 'a>>>,
}

impl Iterator for Merge<'_> {
    type Item = Offer;

    fn next(&mut self) -> Option<Offer> {
        let side = self.side;
        // Among equal prices the first venue's comes first.
        let heads = self.heads.iter_mut().filter_map(|head| Some((head.peek()?.price, head)));
        let (_, best) = heads.min_by(|(a, _), (b, _)| worse(side, *a, *b))?;
        best.next()
    }
}

/// Orders prices from the best to the worst of a side.
pub(super) fn worse(side: Side, a: Price, b: Price) -> Ordering {
    match side {
        Side::Bid => b.cmp(&a),
        Side::Ask => a.cmp(&b),
    }
}

impl<'a> Consolidated<'a> {
    /// The levels of those that take part, best first.
    pub(super) fn merge(&self, side: Side, basis: Basis) -> Merge<'a> {
        let basis = self.comparable(basis);
        let offers = self.included().map(|source| {
            let offer = move |Level { price: printed, quantity }| {
                let price = source.price(side, printed, basis)?;
                Some(Offer { venue: source.venue, price, printed, quantity })
            };
            let offers: Box<dyn Iterator<Item = Offer> + 'a> =
                Box::new(source.listing.book.levels(side).map_while(offer));
            offers.peekable()
        });
        Merge { side, heads: offers.collect() }
    }

    /// The ladder of a side, best first.
    pub fn rows(&self, side: Side, basis: Basis, steps: Steps) -> Vec<Rung> {
        let opposite = self.best(side.opposite(), basis).map(|offer| offer.price);
        let horizon = self.horizon(side, basis);
        let step = steps.step.filter(|step| *step > Price::ZERO);
        let (mut total, mut notional) = (Quantity::ZERO, Decimal::ZERO);
        let mut rows: Vec<Rung> = Vec::with_capacity(steps.rows);
        for offer in self.merge(side, basis) {
            let Some(price) = step.map_or(Some(offer.price), |step| round_to(offer.price, step, side)) else { break };
            let full = rows.len() == steps.rows;
            let same = rows.last().is_some_and(|row| row.price == price);
            if full && !same {
                break;
            }
            let worth = offer.price.times(offer.quantity).and_then(|worth| notional.checked_add(worth.get()));
            let Some((sum, worth)) = total.checked_add(offer.quantity).zip(worth) else { break };
            (total, notional) = (sum, worth);
            if !same {
                let crossed = opposite.is_some_and(|opposite| worse(side, offer.price, opposite) == Ordering::Less);
                let partial = horizon.is_some_and(|horizon| worse(side, price, horizon) == Ordering::Greater);
                let (parts, quantity, notional) = (Vec::with_capacity(1), Quantity::ZERO, Notional::ZERO);
                rows.push(Rung { price, parts, quantity, total, notional, crossed, partial });
            }
            if let Some(row) = rows.last_mut() {
                row.add(&offer, total, Notional::new(notional));
            }
        }
        rows
    }

    /// The nearest price beyond which some venue's levels are not known.
    pub fn horizon(&self, side: Side, basis: Basis) -> Option<Price> {
        let basis = self.comparable(basis);
        let horizons = self.included().filter_map(|source| {
            let last = source.listing.book.horizon(side)?;
            source.price(side, last.price, basis)
        });
        horizons.min_by(|a, b| worse(side, *a, *b))
    }
}

impl Rung {
    fn add(&mut self, offer: &Offer, total: Quantity, notional: Notional) {
        // The totals have been added without a loss, and a row is no more than they.
        let sum = |a: Quantity| a.checked_add(offer.quantity).unwrap_or(a);
        match self.parts.iter_mut().find(|part| part.venue == offer.venue) {
            Some(part) => part.quantity = sum(part.quantity),
            None => self.parts.push(Part { venue: offer.venue, quantity: offer.quantity }),
        }
        (self.quantity, self.total, self.notional) = (sum(self.quantity), total, notional);
    }
}
