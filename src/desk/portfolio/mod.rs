//! What the desk owns, valued by what its markets say.
//!
//! - What is owned comes from the journal (in the demo, from the demo) and does not change while the desk runs. What chains
//!   say of Safes and watched accounts comes beside it, and changes with every look at them (`onchain`).
//! - A currency that somebody looks at has a valuation of its own, which follows the market several times a second
//!   (`live`); what the past comes to is counted beside, once, when somebody asks for it (`reckoning`).
//! - Nothing is counted under the desk's lock but what a price or a look at a chain has changed.

pub(super) mod bookkeeping;
mod live;
mod onchain;
mod reckoning;
mod show;
#[cfg(test)]
mod tests;
mod view;

pub use bookkeeping::recorded;
pub use onchain::Balances;
pub use reckoning::{Reckoning, contributions, never_priced, reckon};
pub use view::{
    Change, Course, EntryView, Figures, HoldingView, Look, NavView, Part, PortfolioQuery, PortfolioView, PriceStep,
    Standing, UnitView,
};

use crate::market::{Market, Symbol, Timestamp, VenueId};
use crate::money::{Asset, Decimal};
use crate::portfolio::basis::Method;
use crate::portfolio::course;
use crate::portfolio::estate::{AccountKind, Estate};
use crate::portfolio::ledger::{Account, Ledger};
use crate::portfolio::past::{self, Past};
use crate::portfolio::snapshot::{Mark, Snapshot};
use crate::portfolio::valuation::{Age, Limits};
use live::Live;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The currencies that are offered beside the desk's own, where there is a way to them.
const OFFERED: [&str; 6] = ["USD", "EUR", "GBP", "CHF", "BTC", "ETH"];

/// What is owned, and what its past prices were. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Owned {
    /// Every entry.
    pub ledger: Arc<Ledger>,
    /// Accounts and portfolios.
    pub estate: Estate,
    /// Prices of the past.
    pub past: Arc<Past>,
    /// What chains say beside the ledger; it counts in what is held now only.
    pub balances: Arc<[Balances]>,
}

impl Owned {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.ledger.is_empty() && self.balances.is_empty()
    }

    /// Whether a portfolio is a fund and nothing else, so that its units share its NAV.
    pub fn is_fund(&self, shown: usize) -> bool {
        let portfolio = shown.checked_sub(1).and_then(|place| self.estate.portfolios().values().nth(place));
        portfolio.is_some_and(|of| of.accounts.iter().all(|account| self.estate.kind(account) == AccountKind::Fund))
    }
}

/// How portfolios are valued.
#[derive(Clone, Debug)]
pub struct PortfolioSettings {
    /// The desk's own currency.
    pub base: Asset,
    /// How old prices of markets may get.
    pub limits: Limits,
    /// What performance is compared with.
    pub benchmark: Option<Asset>,
    /// Instruments whose price is taken from one thing only.
    pub basis: BTreeMap<(Symbol, Option<VenueId>), PriceBasis>,
}

/// What of an instrument is its price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PriceBasis {
    /// Half way between best bid and best ask.
    Mid,
    /// The last trade.
    Last,
    /// What the venue says that a contract is worth.
    Mark,
}

impl PriceBasis {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Mid, Self::Last, Self::Mark];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mid => "mid",
            Self::Last => "last",
            Self::Mark => "mark",
        }
    }
}

/// A portfolio as it was at a moment, at the prices that were stored; `None` when nothing is owned.
pub fn as_of(
    owned: Arc<Owned>,
    settings: PortfolioSettings,
    query: &PortfolioQuery,
    moment: Timestamp,
) -> Option<PortfolioView> {
    // A close of the day before is as fresh as stored prices are.
    let limits = Limits { stale: past::LONGEST, expired: past::LONGEST };
    at(owned, PortfolioSettings { limits, ..settings }, query, moment)
}

/// A portfolio at a moment, without a market; `None` when nothing is owned.
pub fn at(
    owned: Arc<Owned>,
    settings: PortfolioSettings,
    query: &PortfolioQuery,
    moment: Timestamp,
) -> Option<PortfolioView> {
    let benchmark = settings.benchmark.clone();
    let mut portfolios = Portfolios::new(Arc::clone(&owned), settings, moment);
    portfolios.view(query, moment)?;
    for wanted in portfolios.unanswered() {
        let answer = reckon(&owned, &wanted, benchmark.as_ref(), moment);
        portfolios.answer(wanted, answer);
    }
    portfolios.view(query, moment)
}

/// A question that takes its time: which portfolio (0 is all accounts), in which currency, by which method, as of which day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// The place of the portfolio.
    pub shown: usize,
    /// The currency.
    pub base: Asset,
    /// By its place in the list of methods.
    pub method: Method,
    /// Days since 1970.
    pub day: i64,
    /// Assets of which a price is known, now or in the past: a past without them is not complete.
    pub known: BTreeSet<Asset>,
}

impl Wanted {
    /// About all accounts, by the usual method.
    pub fn new(base: Asset, now: Timestamp) -> Self {
        let day = now.secs().div_euclid(86_400);
        Self { shown: 0, base, method: Method::default(), day, known: BTreeSet::new() }
    }
}

/// What is owned, and what it is worth in every currency that somebody looks at.
#[derive(Debug)]
pub(super) struct Portfolios {
    owned: Arc<Owned>,
    settings: PortfolioSettings,
    names: Arc<[Arc<str>]>,
    /// The entries in the order of their time.
    by_time: Vec<u32>,
    /// How many entries each portfolio has.
    counts: Vec<usize>,
    /// The accounts, assets and debts, as they are now.
    held: BTreeMap<(Account, Asset, bool), Decimal>,
    /// What chains said last, and what of it counts.
    told: Arc<[Balances]>,
    read: BTreeMap<Account, Balances>,
    live: BTreeMap<Asset, Live>,
    reckoned: BTreeMap<Wanted, Arc<Reckoning>>,
    wanted: BTreeSet<Wanted>,
}

impl Portfolios {
    /// As of `now`.
    pub fn new(owned: Arc<Owned>, settings: PortfolioSettings, now: Timestamp) -> Self {
        let all: Arc<str> = "Consolidated".into();
        let own = owned.estate.portfolios().keys().map(|name| Arc::from(name.as_str()));
        let names = std::iter::once(all).chain(own).collect();
        let held = course::holdings(&owned.ledger, now);
        let (told, read) = (Arc::clone(&owned.balances), owned.read(&owned.balances));
        let (live, reckoned, wanted) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        let by_time = owned.ledger.by_time();
        let counts = Vec::new();
        let mut portfolios = Self { owned, settings, names, by_time, counts, held, told, read, live, reckoned, wanted };
        portfolios.counts = (0..portfolios.names.len()).map(|shown| portfolios.count(shown)).collect();
        portfolios.look_at(portfolios.settings.base.clone(), now);
        portfolios
    }

    /// Takes in what the market says now.
    pub fn follow(&mut self, market: &Market, now: Timestamp) {
        for live in self.live.values_mut() {
            live.follow(market, &self.settings, now);
        }
    }

    /// Writes prices down as past ones: a desk that runs over midnight knows what the day before ended with.
    pub fn remember(&mut self, marks: &[Mark]) {
        let past = Arc::make_mut(&mut Arc::make_mut(&mut self.owned).past);
        for mark in marks {
            let close = past::Close { price: mark.price, at: mark.at, source: mark.source.as_str().into() };
            past.put(&mark.asset, &mark.currency, close);
        }
    }

    /// The questions that nobody has answered yet.
    pub fn unanswered(&self) -> Vec<Wanted> {
        self.wanted.iter().filter(|wanted| !self.reckoned.contains_key(*wanted)).cloned().collect()
    }

    /// What an answer is made of.
    pub fn owned(&self) -> (Arc<Owned>, Option<Asset>) {
        (Arc::clone(&self.owned), self.settings.benchmark.clone())
    }

    /// Takes an answer in.
    pub fn answer(&mut self, wanted: Wanted, reckoning: Reckoning) {
        // Yesterday's answers are of no more use, nor those of before something had a price.
        let current = |other: &Wanted| other.day == wanted.day && other.known == wanted.known;
        self.reckoned.retain(|known, _| current(known));
        self.wanted.retain(current);
        self.reckoned.insert(wanted, Arc::new(reckoning));
    }

    /// What is to be written of this moment: NAV of every portfolio whose past is known, and every price that counts, in the
    /// desk's own currency. It is of the ledger: what chains say has no history.
    pub fn snapshots(&mut self, now: Timestamp) -> (Vec<Snapshot>, Vec<Mark>) {
        let base = self.settings.base.clone();
        let Some(live) = self.live.get(&base).filter(|_| !self.owned.ledger.is_empty()) else {
            return Default::default();
        };
        let mut snapshots = Vec::new();
        for (shown, name) in self.names.iter().enumerate() {
            let wanted = Wanted { shown, known: self.known(live), ..Wanted::new(base.clone(), now) };
            self.wanted.insert(wanted.clone());
            let (Some(past), Some(today)) = (self.reckoned.get(&wanted), self.flow_today(&wanted, now)) else {
                continue;
            };
            let total = self.kept(live, shown);
            snapshots.push(Snapshot {
                at: now,
                portfolio: Arc::clone(name),
                base: base.clone(),
                nav: total.nav(),
                invested: past
                    .days
                    .iter()
                    .map(|day| (day.unknown_flows == 0).then_some(day.flow))
                    .sum::<Option<Decimal>>()
                    .map(|sum| sum + today),
                units: past.days.last().filter(|_| self.owned.is_fund(shown)).map(|day| day.units),
                complete: total.complete().unwrap_or(Decimal::ONE),
                unpriced: u32::try_from(total.unpriced).unwrap_or(u32::MAX),
            });
        }
        let lines = live.valuation.lines().iter().filter(|line| self.is_kept(line));
        let assets: BTreeSet<&Asset> = lines.map(|line| &line.asset).collect();
        let mark = |asset: &Asset| {
            let (priced_at, age) = live.valuation.age(asset)?;
            let sources: Vec<_> = live.valuation.path(asset).iter().map(|step| step.quote.source.to_string()).collect();
            let (price, source) = (live.valuation.price(asset)?, sources.join(", "));
            let mark = Mark { at: now, asset: asset.clone(), currency: base.clone(), price, priced_at, source };
            (age != Age::Expired).then_some(mark)
        };
        (snapshots, assets.into_iter().filter_map(mark).collect())
    }

    /// The assets that have a price now, or one that was written down. A price that is written down changes nothing here, so
    /// that no answer of before there was one is taken for an answer again.
    fn known(&self, live: &Live) -> BTreeSet<Asset> {
        let lines = live.valuation.lines().iter().filter(|line| !line.quantity.is_zero() && self.is_kept(line));
        let known = |asset: &&Asset| live.valuation.price(asset).is_some() || self.owned.past.knows(asset);
        let base = live.valuation.base();
        lines.map(|line| &line.asset).filter(|asset| *asset != base).filter(known).cloned().collect()
    }

    /// A valuation in this currency.
    fn look_at(&mut self, base: Asset, now: Timestamp) {
        let Self { owned, settings, held, read, live, .. } = self;
        live.entry(base.clone()).or_insert_with(|| {
            let mut live = Live::new(base, owned, held, settings, now);
            onchain::hold(&mut live, owned, read, |amount| amount);
            live
        });
    }

    /// The desk's own currency, and those offered in which something is priced.
    fn bases(&self, now: Timestamp) -> Arc<[Asset]> {
        let own = &self.settings.base;
        let live = self.live.get(own);
        let priced = |asset: &Asset| {
            let lively = live.is_some_and(|live| live.valuation.price(asset).is_some());
            lively || self.owned.past.price(asset, own, now).is_some()
        };
        let others = OFFERED.iter().filter_map(|name| Asset::new(name).ok());
        let others = others.filter(|asset| asset != own && priced(asset));
        std::iter::once(own.clone()).chain(others).collect()
    }
}
