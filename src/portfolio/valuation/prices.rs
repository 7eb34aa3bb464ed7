//! Prices as a graph: assets are its knots, quotes its edges, and what an asset is worth is the best way to the base currency.
//!
//! - The best way is the one with the freshest prices; of those the one with the fewest steps; of those the one with the
//!   tightest spreads; of those the one whose quotes were made known first. A price that a person named goes before what
//!   markets say of the same two assets.
//! - How wide a spread is counts in three classes with room between them, so that ways do not change with every tick. While
//!   no quote changes its class, a new price changes only the assets behind it: they hang on it like the branches of a tree.
//! - A quote serves both ways: `ETH/BTC` prices ether in bitcoin, and bitcoin in ether by one divided by it. Prices along a way
//!   are kept with 28 significant digits.
//! - Too old a price is still a way, the worst one: it tells what an asset was last worth.

use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// A price that may be known: what in what, says who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What is priced.
    pub asset: Asset,
    /// In what.
    pub currency: Asset,
    /// Who says so, for people: `kraken BTC/USD mid`.
    pub source: Arc<str>,
    /// How old it may get.
    pub limits: Limits,
    /// Whether a person named it.
    pub named: bool,
}

/// How old a price may get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From here on it is stale.
    pub stale: Duration,
    /// From here on it does not count.
    pub expired: Duration,
}

/// A quote of a [`super::Valuation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct QuoteId(usize);

/// What a quote says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Units of the currency for one of the asset; above zero, or it is not taken.
    pub price: Decimal,
    /// Ask less bid in basis points of the mid, where both are known.
    pub spread: Option<Decimal>,
    /// When it was known to be right.
    pub at: Timestamp,
}

/// How old a price is against its limits, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Age {
    /// Within both.
    Fresh,
    /// Old, but it counts.
    Stale,
    /// Too old to count.
    Expired,
}

/// One step of the way from an asset to the base currency.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'a> {
    /// Whose price.
    pub quote: &'a Quote,
    /// What it says.
    pub tick: Tick,
    /// How old that is.
    pub age: Age,
    /// Whether it is taken the other way round, one divided by the price.
    pub inverted: bool,
}

/// What an asset is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Priced {
    pub price: Decimal,
    /// The worst along the way.
    pub age: Age,
    /// The oldest along the way; none for the base currency itself.
    pub oldest: Option<Timestamp>,
    /// The quote that leads on, and the asset behind it.
    via: Option<(usize, usize)>,
}

#[derive(Clone, Debug)]
struct Edge {
    quote: Quote,
    asset: usize,
    currency: usize,
    known: Option<Known>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    tick: Tick,
    age: Age,
    width: Width,
}

/// How wide a spread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Width {
    Tight,
    Wide,
    /// Wider than that, or one side is missing.
    Open,
}

/// A way's cost: expired steps, stale steps, steps, widths. Less is better, in this order.
type Cost = (u32, u32, u32, u32);

#[derive(Clone, Debug)]
pub(super) struct Prices {
    base: Asset,
    /// By number; the base currency is the first.
    assets: Vec<Asset>,
    numbers: HashMap<Asset, usize>,
    edges: Vec<Edge>,
    /// The edges at each asset.
    at: Vec<Vec<usize>>,
    /// What each asset is worth.
    priced: Vec<Option<Priced>>,
    /// The assets whose way leads through each asset.
    behind: Vec<Vec<usize>>,
}

impl Prices {
    pub fn new(base: Asset) -> Self {
        let mut prices = Self {
            base: base.clone(),
            assets: Vec::new(),
            numbers: HashMap::new(),
            edges: Vec::new(),
            at: Vec::new(),
            priced: Vec::new(),
            behind: Vec::new(),
        };
        prices.number(&base);
        prices.plan();
        prices
    }

    pub fn base(&self) -> &Asset {
        &self.base
    }

    /// The number of an asset, which it gets when it has none.
    pub fn number(&mut self, asset: &Asset) -> usize {
        if let Some(number) = self.find(asset) {
            return number;
        }
        let number = self.assets.len();
        self.assets.push(asset.clone());
        self.numbers.insert(asset.clone(), number);
        self.at.push(Vec::new());
        self.priced.push(None);
        self.behind.push(Vec::new());
        number
    }

    pub fn find(&self, asset: &Asset) -> Option<usize> {
        self.numbers.get(asset).copied()
    }

    pub fn priced(&self, number: usize) -> Option<Priced> {
        *self.priced.get(number)?
    }

    pub fn quote(&mut self, quote: Quote) -> QuoteId {
        let (asset, currency) = (self.number(&quote.asset), self.number(&quote.currency));
        let id = self.edges.len();
        for end in [asset, currency] {
            if let Some(edges) = self.at.get_mut(end) {
                edges.push(id);
            }
        }
        self.edges.push(Edge { quote, asset, currency, known: None });
        QuoteId(id)
    }

    /// Takes a price in; gives the assets whose worth has changed.
    pub fn set(&mut self, id: QuoteId, tick: Option<Tick>, now: Timestamp) -> Vec<usize> {
        let Some(edge) = self.edges.get_mut(id.0) else { return Vec::new() };
        let before = edge.known;
        edge.known = tick.filter(|tick| tick.price > Decimal::ZERO).map(|tick| Known {
            tick,
            age: edge.quote.limits.age(tick.at, now),
            width: Width::of(tick.spread, before.map(|known| known.width)),
        });
        let class = |known: Option<Known>| known.map(|known| (known.age, known.width));
        if class(before) != class(edge.known) {
            return self.plan();
        }
        // The same ways, other prices: only what hangs on this edge changes.
        let ends = [edge.asset, edge.currency];
        let hangs = |end: &usize| self.priced(*end).is_some_and(|p| p.via.is_some_and(|(edge, _)| edge == id.0));
        let mut changed: Vec<usize> = ends.into_iter().filter(hangs).collect();
        let mut next = 0;
        while let Some(number) = changed.get(next).copied() {
            next += 1;
            let via = self.priced(number).and_then(|priced| priced.via);
            let anew = via.and_then(|(edge, parent)| self.through(edge, parent));
            if let (Some(place), Some(_)) = (self.priced.get_mut(number), anew) {
                *place = anew;
            } else {
                // A product that no decimal holds: other ways may do.
                return self.plan();
            }
            changed.extend(self.behind.get(number).into_iter().flatten());
        }
        changed
    }

    /// Lets prices get old; gives the assets whose worth has changed.
    pub fn pass(&mut self, now: Timestamp) -> Vec<usize> {
        let mut older = false;
        for edge in &mut self.edges {
            let Some(known) = &mut edge.known else { continue };
            let age = edge.quote.limits.age(known.tick.at, now);
            older |= age != known.age;
            known.age = age;
        }
        if older { self.plan() } else { Vec::new() }
    }

    /// Finds all ways anew (Dijkstra 1959, from the base currency outwards); gives the assets whose worth has changed.
    pub fn plan(&mut self) -> Vec<usize> {
        let count = self.assets.len();
        let before = std::mem::replace(&mut self.priced, vec![None; count]);
        let mut best: Vec<Option<Cost>> = vec![None; count];
        // Cost, the edge that leads there, and the asset: of equal ways the edge made known first wins.
        let mut open = BinaryHeap::from([Reverse((Cost::default(), 0, 0, None))]);
        while let Some(Reverse((cost, edge, number, parent))) = open.pop() {
            let Some(place) = best.get_mut(number).filter(|best| best.is_none()) else { continue };
            let priced = match parent {
                None => Some(Priced { price: Decimal::ONE, age: Age::Fresh, oldest: None, via: None }),
                Some(parent) => self.through(edge, parent),
            };
            if priced.is_none() {
                continue;
            }
            *place = Some(cost);
            if let Some(place) = self.priced.get_mut(number) {
                *place = priced;
            }
            for edge in self.at.get(number).into_iter().flatten() {
                let Some(Edge { quote, asset, currency, known: Some(known) }) = self.edges.get(*edge) else { continue };
                let next = if *asset == number { *currency } else { *asset };
                let step = (
                    u32::from(known.age == Age::Expired),
                    u32::from(known.age == Age::Stale),
                    if quote.named { 1 } else { 2 },
                    known.width as u32,
                );
                let cost = (cost.0 + step.0, cost.1 + step.1, cost.2 + step.2, cost.3 + step.3);
                if best.get(next).is_some_and(Option::is_none) {
                    open.push(Reverse((cost, *edge, next, Some(number))));
                }
            }
        }
        self.behind.iter_mut().for_each(Vec::clear);
        for (number, priced) in self.priced.iter().enumerate() {
            let parent = priced.and_then(|priced| priced.via).map(|(_, parent)| parent);
            if let Some(behind) = parent.and_then(|parent| self.behind.get_mut(parent)) {
                behind.push(number);
            }
        }
        let worth = |priced: &Option<Priced>| priced.map(|priced| (priced.price, priced.age));
        let changed = before.iter().zip(&self.priced).enumerate();
        changed.filter(|(_, (before, now))| worth(before) != worth(now)).map(|(number, _)| number).collect()
    }

    pub fn path(&self, mut number: usize) -> Vec<Step<'_>> {
        let mut path = Vec::new();
        while let Some((edge, parent)) = self.priced(number).and_then(|priced| priced.via) {
            let Some(Edge { quote, asset, known: Some(known), .. }) = self.edges.get(edge) else { break };
            path.push(Step { quote, tick: known.tick, age: known.age, inverted: *asset != number });
            number = parent;
        }
        path
    }

    /// What the asset at the other end of `edge` is worth when the one at this end is `parent`.
    fn through(&self, edge: usize, parent: usize) -> Option<Priced> {
        let behind = self.priced(parent)?;
        let via = Some((edge, parent));
        let Edge { currency, known: Some(Known { tick, age, .. }), .. } = self.edges.get(edge)? else { return None };
        let price = match *currency == parent {
            true => behind.price.checked_mul(tick.price)?,
            false => behind.price.checked_div(tick.price)?,
        };
        let oldest = Some(behind.oldest.map_or(tick.at, |oldest| oldest.min(tick.at)));
        // A price that has shrunk to nothing would say that something is worth nothing.
        (!price.is_zero()).then_some(Priced { price, age: behind.age.max(*age), oldest, via })
    }
}

impl Limits {
    fn age(self, at: Timestamp, now: Timestamp) -> Age {
        match at.age(now) {
            age if age >= self.expired => Age::Expired,
            age if age >= self.stale => Age::Stale,
            _ => Age::Fresh,
        }
    }
}

impl Width {
    /// The class of a spread; near a border the class stays what it was.
    fn of(spread: Option<Decimal>, before: Option<Self>) -> Self {
        let Some(spread) = spread else { return Self::Open };
        let class = |tight: i64, wide: i64| match spread {
            spread if spread <= Decimal::from(tight) => Self::Tight,
            spread if spread <= Decimal::from(wide) => Self::Wide,
            _ => Self::Open,
        };
        let (strict, lax) = (class(8, 80), class(12, 120));
        match before {
            Some(before) if before == strict || before == lax => before,
            _ => class(10, 100),
        }
    }
}
