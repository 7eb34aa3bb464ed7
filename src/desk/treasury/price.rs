//! What the desk's books say that coins are worth, and what that makes of a transaction.

use super::view::PriceView;
use crate::market::{Contract, Crossing, Freshness, Listing, Market, Symbol, Timestamp, VenueId};
use crate::money::Asset;
use crate::treasury::bitcoin::review::facts::{Prices, Quote};
use crate::treasury::bitcoin::review::{Facts, NoPrice, Output, price};
use bitcoin::Amount;
use std::time::Duration;

/// What the desk's books say that one of a coin is worth: the middle of every one that is whole.
pub fn quotes(market: &Market, coin: &str, base: &Asset, now: Timestamp) -> Vec<Quote> {
    let spot = market.listings().filter(|(_, symbol, _)| symbol.contract() == Contract::Spot);
    let ours = spot.filter(|(_, symbol, _)| symbol.base() == coin && symbol.quote() == base.as_str());
    let quote = |(venue, symbol, listing): (VenueId, &Symbol, &Listing)| {
        let (Freshness::Live(age) | Freshness::Stale(age)) = listing.freshness(now, Duration::MAX) else {
            return None;
        };
        let mid = listing.book.mid().filter(|_| listing.book.crossing() == Crossing::Apart)?;
        let at = Timestamp::from_nanos(now.nanos().saturating_sub(i64::try_from(age.as_nanos()).ok()?));
        Some(Quote { price: mid.get(), currency: base.clone(), at, source: format!("{venue} {symbol} mid") })
    };
    ours.filter_map(quote).collect()
}

/// The price as it is shown: the one that the review goes by, which is the lowest for what is owned.
pub fn shown(quotes: &[Quote], base: &Asset, now: Timestamp) -> PriceView {
    let prices = Prices { quotes: quotes.to_vec(), ..Prices::default() };
    let facts = Facts { now: Some(now), prices, ..Facts::default() };
    let base = base.clone();
    match price(&facts) {
        Ok(price) => {
            let source = match quotes {
                [only] => only.source.clone(),
                _ => format!("{} venues", price.sources),
            };
            let age = i64::try_from(price.age.as_nanos()).unwrap_or(i64::MAX);
            let at = Timestamp::from_nanos(now.nanos().saturating_sub(age));
            PriceView { base, price: Some(price.low), source: source.into(), at: Some(at) }
        }
        Err(NoPrice::None) => PriceView { base, price: None, source: "no venue tells one".into(), at: None },
        Err(none) => PriceView { base, price: None, source: none.to_string().into(), at: None },
    }
}

/// What a transaction gives to others, and how many of its outputs that are.
pub fn leaves(outputs: &[Output]) -> (Amount, Vec<&Output>) {
    let mut others: Vec<_> = outputs.iter().filter(|output| output.spot.is_none()).collect();
    others.sort_by_key(|output| std::cmp::Reverse(output.value));
    let sum = others.iter().fold(Amount::ZERO, |sum, output| sum.checked_add(output.value).unwrap_or(sum));
    (sum, others)
}
