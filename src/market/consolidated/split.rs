//! A size filled across venues: the best net prices first, whoever's they are.
//!
//! Taking the best net price first is never dearer than any other way to fill the size from the levels that are known.
//! An order sent takes time, and books move: this is what stands there now, not what will be got. Where a venue's known
//! depth ends before the last price taken, a better price may lie beyond it, and the split says that it is [`blind`].
//!
//! [`blind`]: Split::blind

use super::merge::worse;
use super::{Basis, Consolidated};
use crate::market::{Listing, Side, VenueId};
use crate::money::{Decimal, Notional, Price, Quantity};
use rust_decimal::RoundingStrategy;
use std::cmp::Ordering;

/// How a size is filled across venues.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The side that is taken: the asks when one buys.
    pub side: Side,
    /// How much was asked for.
    pub asked: Quantity,
    /// What the known levels can fill; less than asked when the depth that we know runs out.
    pub filled: Quantity,
    /// What is paid, or got, with fees where all are known.
    pub net: Notional,
    /// The same without fees.
    pub gross: Notional,
    /// The average net price, rounded half to even at ten decimals more than the best price has.
    pub average: Price,
    /// Who fills how much, in the order of their best prices.
    pub parts: Vec<Allocation>,
    /// The best venue to fill all of it alone, and what is paid or got there; none when no venue can.
    pub alone: Option<(VenueId, Notional)>,
    /// Whether some venue's known depth ends before the last price taken: it may have a better one.
    pub blind: bool,
}

/// What one venue fills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Who.
    pub venue: VenueId,
    /// How much.
    pub quantity: Quantity,
    /// What that costs or brings, with the fee where all are known.
    pub net: Notional,
    /// The worst price taken, as printed: the limit of an order that takes no more.
    pub limit: Price,
    /// Whether the venue takes no order as small as this.
    pub too_small: bool,
}

impl Split {
    /// What the split is better by than the best venue alone; `None` where no venue can fill it alone.
    pub fn saves(&self) -> Option<Notional> {
        let (_, alone) = self.alone?;
        match self.side {
            Side::Ask => alone.checked_sub(self.net),
            Side::Bid => self.net.checked_sub(alone),
        }
    }
}

impl Consolidated<'_> {
    /// How to take `quantity` from a side at the best net prices; `None` when that side is empty or the quantity is not
    /// positive.
    pub fn split(&self, side: Side, quantity: Quantity) -> Option<Split> {
        let best = self.best(side, Basis::Net)?.price;
        if quantity <= Quantity::ZERO {
            return None;
        }
        let mut filled = Quantity::ZERO;
        let (mut net, mut gross) = (Notional::ZERO, Notional::ZERO);
        let mut parts: Vec<Allocation> = Vec::new();
        let mut last = best;
        for offer in self.merge(side, Basis::Net) {
            let take = offer.quantity.min(quantity.checked_sub(filled)?);
            let worth = offer.price.times(take)?;
            filled = filled.checked_add(take)?;
            net = net.checked_add(worth)?;
            gross = gross.checked_add(offer.printed.times(take)?)?;
            last = offer.price;
            match parts.iter_mut().find(|part| part.venue == offer.venue) {
                Some(part) => {
                    part.quantity = part.quantity.checked_add(take)?;
                    part.net = part.net.checked_add(worth)?;
                    part.limit = offer.printed;
                }
                None => parts.push(Allocation {
                    venue: offer.venue,
                    quantity: take,
                    net: worth,
                    limit: offer.printed,
                    too_small: false,
                }),
            }
            if filled == quantity {
                break;
            }
        }
        for source in self.included() {
            for part in parts.iter_mut().filter(|part| part.venue == source.venue) {
                part.too_small = minimum(source.listing).is_some_and(|minimum| part.quantity < minimum);
            }
        }
        let average = net.get().checked_div(filled.get())?;
        let places = best.get().scale() + 10;
        let average = average.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven).normalize();
        let horizon = self.horizon(side, Basis::Net);
        let blind = horizon.is_some_and(|horizon| filled < quantity || worse(side, horizon, last) == Ordering::Less);
        let (alone, average) = (self.alone(side, quantity), Price::new(average));
        Some(Split { side, asked: quantity, filled, net, gross, average, parts, alone, blind })
    }

    /// The best venue for all of a size, and what is paid or got there.
    fn alone(&self, side: Side, quantity: Quantity) -> Option<(VenueId, Notional)> {
        let basis = self.comparable(Basis::Net);
        let fills = self.included().filter_map(|source| {
            let (mut left, mut net) = (quantity.get(), Decimal::ZERO);
            for level in source.listing.book.levels(side) {
                let take = level.quantity.get().min(left);
                let price = source.price(side, level.price, basis)?;
                net = net.checked_add(price.get().checked_mul(take)?)?;
                left = left.checked_sub(take)?;
                if left.is_zero() {
                    return Some((source.venue, Notional::new(net)));
                }
            }
            None
        });
        match side {
            Side::Ask => fills.min_by_key(|(_, net)| *net),
            Side::Bid => fills.max_by_key(|(_, net)| *net),
        }
    }
}

fn minimum(listing: &Listing) -> Option<Quantity> {
    listing.instrument.as_ref()?.minimum
}
