//! A valuation that follows the market.
//!
//! - A spot instrument is up to three quotes: the middle of its book, its last trade, its mark. Which of them counts follows
//!   from their age and spread, unless one is chosen for the instrument. Contracts price nothing: a future is not the asset.
//! - A book that is out of step or crossed says nothing new; what it said before gets old.
//! - What somebody named as a price in the ledger goes before markets; what was written down of the past comes behind them.

use super::{Owned, PortfolioSettings, PriceBasis};
use crate::market::{Contract, Crossing, Freshness, Listing, Market, Symbol, Timestamp, VenueId};
use crate::money::{Asset, Decimal};
use crate::portfolio::ledger::{Account, Kind};
use crate::portfolio::valuation::{Limits, Quote, QuoteId, Tick, Valuation};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// A price that a person named counts for so long, unless an end was named too.
const NAMED_FOR: Duration = Duration::from_secs(90 * 86_400);

/// Silence for which a book would be called stale elsewhere; here its age is what counts.
const SILENCE: Duration = Duration::MAX;

#[derive(Debug)]
pub(super) struct Live {
    pub valuation: Valuation,
    quotes: HashMap<(VenueId, Symbol, PriceBasis), (QuoteId, Option<Tick>)>,
}

impl Live {
    /// Everything that is held, with the prices of the ledger and of the past.
    pub fn new(
        base: Asset,
        owned: &Owned,
        held: &BTreeMap<(Account, Asset, bool), Decimal>,
        settings: &PortfolioSettings,
        now: Timestamp,
    ) -> Self {
        let mut valuation = Valuation::new(base);
        for ((account, asset, owed), amount) in held {
            valuation.hold((account, asset, *owed), *amount, &owned.estate.groups(account).into());
        }
        for (quote, tick) in named(owned, now).into_iter().chain(written(owned, settings.limits, now)) {
            let id = valuation.quote(quote);
            valuation.set(id, Some(tick), now);
        }
        Self { valuation, quotes: HashMap::new() }
    }

    pub fn follow(&mut self, market: &Market, settings: &PortfolioSettings, now: Timestamp) {
        for (venue, symbol, listing) in market.listings().filter(|(_, symbol, _)| symbol.contract() == Contract::Spot) {
            for basis in PriceBasis::ALL {
                let chosen = settings.basis.get(&(symbol.clone(), Some(venue)));
                let chosen = chosen.or_else(|| settings.basis.get(&(symbol.clone(), None)));
                if chosen.is_none_or(|chosen| *chosen == basis) {
                    self.take((venue, symbol, basis), listing, settings.limits, now);
                }
            }
        }
        self.valuation.pass(now);
    }

    fn take(
        &mut self,
        (venue, symbol, basis): (VenueId, &Symbol, PriceBasis),
        listing: &Listing,
        limits: Limits,
        now: Timestamp,
    ) {
        let Some(tick) = tick(listing, basis, now) else { return };
        let key = (venue, symbol.clone(), basis);
        if !self.quotes.contains_key(&key) {
            let (Ok(asset), Ok(currency)) = (Asset::new(symbol.base()), Asset::new(symbol.quote())) else { return };
            let source = format!("{venue} {symbol} {}", basis.as_str()).into();
            let id = self.valuation.quote(Quote { asset, currency, source, limits, named: false });
            self.quotes.insert(key.clone(), (id, None));
        }
        let Some((id, last)) = self.quotes.get_mut(&key).filter(|(_, last)| *last != Some(tick)) else { return };
        *last = Some(tick);
        self.valuation.set(*id, Some(tick), now);
    }
}

/// What an instrument says now; `None` when that is nothing new.
fn tick(listing: &Listing, basis: PriceBasis, now: Timestamp) -> Option<Tick> {
    match basis {
        PriceBasis::Mid => {
            let age = match listing.freshness(now, SILENCE) {
                Freshness::Live(age) | Freshness::Stale(age) | Freshness::Remembered(age) => age,
                Freshness::Waiting | Freshness::Resync(..) => return None,
            };
            let mid = listing.book.mid().filter(|_| listing.book.crossing() == Crossing::Apart)?;
            let at = Timestamp::from_nanos(now.nanos().saturating_sub(i64::try_from(age.as_nanos()).ok()?));
            Some(Tick { price: mid.get(), spread: listing.book.spread_bps(), at })
        }
        PriceBasis::Last => {
            let trade = listing.tape.newest().next().map(|trade| (trade.price, trade.at));
            let ticker = listing.ticker.as_ref();
            let ticker = ticker.and_then(|ticker| Some((ticker.value.last?, ticker.received)));
            let (price, at) = [trade, ticker].into_iter().flatten().max_by_key(|(_, at)| *at)?;
            Some(Tick { price: price.get(), spread: None, at: at.min(now) })
        }
        PriceBasis::Mark => {
            let mark = listing.mark.as_ref()?;
            Some(Tick { price: mark.value.mark?.get(), spread: None, at: mark.received })
        }
    }
}

/// The prices that the ledger names, the last one of each asset and currency.
fn named(owned: &Owned, now: Timestamp) -> Vec<(Quote, Tick)> {
    let mut last: BTreeMap<(Asset, Asset), (Quote, Tick)> = BTreeMap::new();
    for place in owned.ledger.by_time() {
        let Some(row) = usize::try_from(place).ok().and_then(|place| owned.ledger.row(place)) else { continue };
        let Kind::Price { asset, price, currency, until } = row.kind else { continue };
        if row.at > now {
            break;
        }
        let counts = until.map_or(NAMED_FOR, |until| row.at.age(until));
        let quote = Quote {
            asset: asset.clone(),
            currency: currency.clone(),
            source: format!("named by entry {}", row.id).into(),
            limits: Limits { stale: counts, expired: counts },
            named: true,
        };
        let tick = Tick { price: price.get(), spread: None, at: row.at };
        last.insert((asset.clone(), currency.clone()), (quote, tick));
    }
    last.into_values().collect()
}

/// The last prices that were written down.
fn written(owned: &Owned, limits: Limits, now: Timestamp) -> Vec<(Quote, Tick)> {
    let quote = |asset: &Asset, currency: &Asset, source: &Arc<str>| Quote {
        asset: asset.clone(),
        currency: currency.clone(),
        source: Arc::clone(source),
        limits,
        named: false,
    };
    let mut written: Vec<_> = owned
        .past
        .latest(now)
        .map(|(asset, currency, close)| {
            let tick = Tick { price: close.price, spread: None, at: close.at };
            (quote(asset, currency, &close.source), tick)
        })
        .collect();
    written.sort_by(|(a, _), (b, _)| (&a.asset, &a.currency).cmp(&(&b.asset, &b.currency)));
    written
}
