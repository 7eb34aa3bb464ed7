//! What is held is worth: every line with its price, the price with its source and age, and the sum of them.
//!
//! - NAV is what the assets are worth less what is owed, in one base currency, of all lines together and of every group of
//!   lines (a portfolio). Values are rounded to [`DECIMALS`] decimals, half to even, so that sums of them are exact: NAV kept
//!   up to date by every change of a price equals NAV counted from nothing.
//! - A change of a price costs what depends on that price, not what is held.
//! - Missing is missing. A line without a price, or with one that is older than its limit, is unknown: it is no part of NAV,
//!   it is counted, and what it was last worth tells how complete NAV is.

#![deny(clippy::float_arithmetic)]

mod prices;

#[cfg(test)]
mod tests;

pub use prices::{Age, Limits, Quote, QuoteId, Step, Tick};

use super::ledger::Account;
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use prices::Prices;
use rust_decimal::RoundingStrategy;
use std::collections::HashMap;
use std::sync::Arc;

/// The decimals of a value.
pub const DECIMALS: u32 = 8;

/// The largest value of a line: ten thousand of them still have an exact sum.
const MOST: Decimal = Decimal::from_parts(0x6fc1_0000, 0x0023_86f2, 0, false, 0);

/// Lines and what they are worth.
#[derive(Clone, Debug)]
pub struct Valuation {
    prices: Prices,
    lines: Vec<Line>,
    places: HashMap<(Account, Asset, bool), usize>,
    /// The lines of each asset, by its number.
    of_asset: Vec<Vec<usize>>,
    /// What each group comes to; the first is all lines.
    totals: Vec<Total>,
}

/// An asset in an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Where.
    pub account: Account,
    /// What.
    pub asset: Asset,
    /// Whether it is a debt.
    pub owed: bool,
    /// How much; negative for what is owed.
    pub quantity: Decimal,
    /// What it is worth.
    pub worth: Worth,
    number: usize,
    groups: Arc<[usize]>,
}

/// What a line is worth in the base currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Worth {
    /// Nobody has ever said a price, or none that can be counted with.
    #[default]
    Never,
    /// There was a price, but it is too old to count on.
    Unknown {
        /// What the line was worth at that price.
        last: Decimal,
    },
    /// This much.
    Known {
        /// The value.
        value: Decimal,
        /// Whether its price is old, though not too old.
        stale: bool,
    },
}

/// What lines come to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// The value of what is owned.
    pub assets: Decimal,
    /// The value of what is owed; not negative.
    pub liabilities: Decimal,
    /// What lines that are unknown were last worth, whatever their sign.
    pub forgotten: Decimal,
    /// Lines with an amount that is not zero.
    pub lines: usize,
    /// Of them, those whose price is old.
    pub stale: usize,
    /// Of them, those that are unknown.
    pub unpriced: usize,
    /// Of the unknown ones, those that never had a price.
    pub never: usize,
}

impl Total {
    /// Net asset value, of the lines that have a price.
    pub fn nav(&self) -> Decimal {
        self.assets - self.liabilities
    }

    /// The share of all value that NAV knows the price of, 0 to 1, where the unknown lines count with what they were last
    /// worth. Lines that never had a price have no weight; `None` when there is no other.
    pub fn complete(&self) -> Option<Decimal> {
        let known = self.assets + self.liabilities;
        let all = known + self.forgotten;
        known.checked_div(all)
    }

    /// The same without a part of it.
    pub fn without(self, part: Self) -> Self {
        Self {
            assets: self.assets - part.assets,
            liabilities: self.liabilities - part.liabilities,
            forgotten: self.forgotten - part.forgotten,
            lines: self.lines.saturating_sub(part.lines),
            stale: self.stale.saturating_sub(part.stale),
            unpriced: self.unpriced.saturating_sub(part.unpriced),
            never: self.never.saturating_sub(part.never),
        }
    }

    /// Takes a line in (`sign` 1) or out again (−1).
    fn count(&mut self, line: &Line, sign: i8) {
        if line.quantity.is_zero() {
            return;
        }
        let by = |count: &mut usize| *count = count.wrapping_add_signed(sign.into());
        let money = |sum: &mut Decimal, value: Decimal| *sum += value * Decimal::from(sign);
        by(&mut self.lines);
        match line.worth {
            Worth::Never => {
                by(&mut self.unpriced);
                by(&mut self.never);
            }
            Worth::Unknown { last } => {
                by(&mut self.unpriced);
                money(&mut self.forgotten, last.abs());
            }
            Worth::Known { value, stale } => {
                if stale {
                    by(&mut self.stale);
                }
                match value.is_sign_negative() {
                    true => money(&mut self.liabilities, -value),
                    false => money(&mut self.assets, value),
                }
            }
        }
    }
}

impl Valuation {
    /// Nothing is held yet, and no price is known.
    pub fn new(base: Asset) -> Self {
        let prices = Prices::new(base);
        Self { prices, lines: Vec::new(), places: HashMap::new(), of_asset: Vec::new(), totals: vec![Total::default()] }
    }

    /// The currency in which everything is told.
    pub fn base(&self) -> &Asset {
        self.prices.base()
    }

    /// Makes room for a price; nothing is known of it yet.
    pub fn quote(&mut self, quote: Quote) -> QuoteId {
        self.prices.quote(quote)
    }

    /// Takes a price in, or that there is none any more.
    pub fn set(&mut self, id: QuoteId, tick: Option<Tick>, now: Timestamp) {
        let changed = self.prices.set(id, tick, now);
        self.value(&changed);
    }

    /// Lets time pass: prices get old.
    pub fn pass(&mut self, now: Timestamp) {
        let changed = self.prices.pass(now);
        self.value(&changed);
    }

    /// Says what is held or owed (then below zero) of an asset in an account, and which groups beside all lines it belongs to
    /// (numbers from 1).
    pub fn hold(&mut self, (account, asset, owed): (&Account, &Asset, bool), quantity: Decimal, groups: &Arc<[usize]>) {
        let most = groups.iter().copied().max().unwrap_or_default();
        if self.totals.len() <= most {
            self.totals.resize(most + 1, Total::default());
        }
        let place = *self.places.entry((account.clone(), asset.clone(), owed)).or_insert_with(|| {
            let number = self.prices.number(asset);
            if self.of_asset.len() <= number {
                self.of_asset.resize(number + 1, Vec::new());
            }
            if let Some(lines) = self.of_asset.get_mut(number) {
                lines.push(self.lines.len());
            }
            let (account, asset, groups) = (account.clone(), asset.clone(), Arc::default());
            let line = Line { account, asset, owed, quantity: Decimal::ZERO, worth: Worth::Never, number, groups };
            self.lines.push(line);
            self.lines.len() - 1
        });
        let Some(line) = self.lines.get_mut(place) else { return };
        count(&mut self.totals, line, -1);
        (line.quantity, line.groups) = (quantity, Arc::clone(groups));
        line.worth = worth(&self.prices, line);
        count(&mut self.totals, line, 1);
    }

    /// All lines, also those with an amount of zero.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The lines of a group; of all when it is 0.
    pub fn of(&self, group: usize) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| group == 0 || line.groups.contains(&group))
    }

    /// What a group comes to; all lines when it is 0.
    pub fn total(&self, group: usize) -> Total {
        self.totals.get(group).copied().unwrap_or_default()
    }

    /// What one of an asset is worth in the base currency, however old its price is.
    pub fn price(&self, asset: &Asset) -> Option<Decimal> {
        Some(self.prices.priced(self.prices.find(asset)?)?.price)
    }

    /// The moment of the oldest price that the value of an asset depends on, and how old that makes it.
    pub fn age(&self, asset: &Asset) -> Option<(Timestamp, Age)> {
        let priced = self.prices.priced(self.prices.find(asset)?)?;
        Some((priced.oldest?, priced.age))
    }

    /// The way from an asset to the base currency, price by price.
    pub fn path(&self, asset: &Asset) -> Vec<Step<'_>> {
        self.prices.find(asset).map(|number| self.prices.path(number)).unwrap_or_default()
    }

    /// The same, counted from nothing: what [`Self::set`] and the others keep up to date must equal it.
    pub fn recounted(&self) -> Self {
        let mut fresh = Self { totals: vec![Total::default(); self.totals.len()], ..self.clone() };
        fresh.prices.plan();
        for line in &mut fresh.lines {
            line.worth = worth(&fresh.prices, line);
            count(&mut fresh.totals, line, 1);
        }
        fresh
    }

    /// Values the lines of these assets anew.
    fn value(&mut self, assets: &[usize]) {
        for number in assets {
            for place in self.of_asset.get(*number).into_iter().flatten() {
                let Some(line) = self.lines.get_mut(*place) else { continue };
                let worth = worth(&self.prices, line);
                if worth != line.worth {
                    count(&mut self.totals, line, -1);
                    line.worth = worth;
                    count(&mut self.totals, line, 1);
                }
            }
        }
    }
}

fn count(totals: &mut [Total], line: &Line, sign: i8) {
    for group in std::iter::once(&0).chain(line.groups.iter()) {
        if let Some(total) = totals.get_mut(*group) {
            total.count(line, sign);
        }
    }
}

fn worth(prices: &Prices, line: &Line) -> Worth {
    let Some(priced) = prices.priced(line.number) else { return Worth::Never };
    let value = line.quantity.checked_mul(priced.price).filter(|value| value.abs() <= MOST);
    let Some(value) = value else { return Worth::Never };
    let value = value.round_dp_with_strategy(DECIMALS, RoundingStrategy::MidpointNearestEven);
    match priced.age {
        Age::Fresh => Worth::Known { value, stale: false },
        Age::Stale => Worth::Known { value, stale: true },
        Age::Expired => Worth::Unknown { last: value },
    }
}
