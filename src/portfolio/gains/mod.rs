//! Profit and loss of the whole ledger: what was realised, earned and spent, and what is held at which cost.
//!
//! - Everything is told in one base currency, which has no cost of its own. What a trade was worth is what it moved of the base
//!   currency; where it moved none, what it gave is valued at its price at that time, or else what it got.
//! - Lots are those of the desk: a transfer between its accounts moves no lot. What is realised counts for the account in which
//!   it happened.
//! - A trade's fee joins the cost of what came in, or lowers the proceeds where the base currency came in. A fee taken out of
//!   what came in makes that less, at the same cost; one in a third asset is a sale of that asset.
//! - What comes from outside costs what it is worth on that day; what goes outside takes its cost along and realises nothing.
//!   What was earned is income at its worth and costs that much. A debt gains what its worth falls.
//! - Where a worth is not known, nothing is made up: the amount is *uncosted*, and what a sale of it brings is *unmatched*
//!   proceeds, not a gain.

#![deny(clippy::float_arithmetic)]

#[cfg(test)]
mod tests;

use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::portfolio::basis::{BasisError, Holding, Method};
use crate::portfolio::ledger::{Kind, Ledger, MOST, Row};
use std::collections::BTreeMap;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The currency in which everything is told.
    pub base: &'a Asset,
    /// Which purchases a sale uses up.
    pub method: Method,
    /// What was realised, earned and spent counts from here on, if not from the beginning.
    pub since: Option<Timestamp>,
    /// Nothing after this counts at all.
    pub until: Timestamp,
}

/// What the ledger comes to.
#[derive(Clone, Debug, Default)]
pub struct Gains {
    /// What happened, by account and asset.
    pub happened: BTreeMap<(usize, usize), Happened>,
    /// What is held, by asset. Numbers are those of the ledger.
    pub held: BTreeMap<usize, Held>,
}

/// What happened to an asset in an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Happened {
    /// What sales brought beyond what was sold had cost.
    pub realised: Decimal,
    /// What was earned: rewards, dividends.
    pub income: Decimal,
    /// What fees took that belong to no trade.
    pub fees: Decimal,
    /// What sales brought of amounts whose cost is not known.
    pub unmatched: Decimal,
    /// How often something could not be valued at all.
    pub unvalued: u32,
}

impl Happened {
    /// Takes in what happened elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.realised += other.realised;
        self.income += other.income;
        self.fees += other.fees;
        self.unmatched += other.unmatched;
        self.unvalued = self.unvalued.saturating_add(other.unvalued);
    }
}

/// What is held of an asset by the whole desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// With a known cost.
    pub quantity: Decimal,
    /// That cost.
    pub cost: Decimal,
    /// Without one; negative when more was given away than had ever come.
    pub uncosted: Decimal,
    /// What is owed.
    pub owed: Decimal,
    /// What that was worth when it was borrowed.
    pub borrowed: Decimal,
}

impl Held {
    /// What all of it would realise at this price, what is owed included; `None` while a part has no known cost.
    pub fn unrealised(&self, price: Decimal) -> Option<Decimal> {
        let gain = |quantity: Decimal, cost: Decimal| quantity.checked_mul(price)?.checked_sub(cost);
        if !self.uncosted.is_zero() {
            return None;
        }
        gain(self.quantity, self.cost)?.checked_sub(gain(self.owed, self.borrowed)?)
    }
}

/// Why the ledger's profit cannot be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {id}: {cause}")]
pub struct GainsError {
    /// The entry.
    pub id: String,
    /// What is wrong.
    pub cause: BasisError,
}

/// Goes through the ledger; `price` says what one of an asset (by its number) was worth at a time, if that is known.
pub fn gains(
    ledger: &Ledger,
    question: &Question<'_>,
    price: &mut dyn FnMut(usize, Timestamp) -> Option<Decimal>,
) -> Result<Gains, GainsError> {
    let base = ledger.assets().iter().position(|asset| asset == question.base);
    let mut run = Run { base, question, price, pools: BTreeMap::new(), happened: BTreeMap::new() };
    for place in ledger.by_time() {
        let Some(row) = usize::try_from(place).ok().and_then(|place| ledger.row(place)) else { continue };
        if row.at > question.until {
            break;
        }
        run.take(&row).map_err(|cause| GainsError { id: row.id.to_owned(), cause })?;
    }
    let held = run.pools.iter().map(|(asset, pool)| (*asset, pool.held())).collect();
    Ok(Gains { happened: run.happened, held })
}

/// An asset of the desk while the ledger is gone through.
struct Pool {
    own: Holding,
    debt: Holding,
    uncosted: Decimal,
}

struct Run<'a> {
    base: Option<usize>,
    question: &'a Question<'a>,
    price: &'a mut dyn FnMut(usize, Timestamp) -> Option<Decimal>,
    pools: BTreeMap<usize, Pool>,
    happened: BTreeMap<(usize, usize), Happened>,
}

impl Run<'_> {
    fn take(&mut self, row: &Row<'_>) -> Result<(), BasisError> {
        if *row.kind == Kind::Trade {
            return self.trade(row);
        }
        for leg in row.legs {
            let (asset, amount) = (leg.asset(), leg.amount.abs());
            let comes = leg.amount > Decimal::ZERO;
            let value = self.value(asset, amount, row.at);
            let signed = |value: Decimal| if comes { value } else { -value };
            match row.kind {
                // A fee that was given back comes in.
                _ if leg.fee() => {
                    let cost = if comes { self.come(asset, amount, value)? } else { self.go(asset, amount)? };
                    self.happen(row, asset, value.or(cost), |happened, worth| happened.fees -= signed(worth));
                }
                Kind::Trade | Kind::Transfer | Kind::Fee | Kind::Price { .. } => {}
                Kind::Reward | Kind::Dividend => {
                    self.come(asset, amount, value)?;
                    self.happen(row, asset, value, |happened, worth| happened.income += worth);
                }
                Kind::Settlement if comes => {
                    self.come(asset, amount, value)?;
                    self.happen(row, asset, value, |happened, worth| happened.realised += worth);
                }
                Kind::Settlement => {
                    let cost = self.go(asset, amount)?;
                    self.happen(row, asset, cost.or(value), |happened, worth| happened.realised -= worth);
                }
                Kind::Borrow => {
                    self.come(asset, amount, value)?;
                    if let Some(value) = value.filter(|_| Some(asset) != self.base) {
                        self.pool(asset).debt.bring(amount, value)?;
                    }
                }
                Kind::Repay => self.repay(row, asset, amount, value)?,
                Kind::Deposit
                | Kind::Withdrawal
                | Kind::Subscription { .. }
                | Kind::Redemption { .. }
                | Kind::Correction { .. } => {
                    if comes {
                        self.come(asset, amount, value)?
                    } else {
                        self.go(asset, amount)?
                    };
                }
            }
        }
        Ok(())
    }

    fn trade(&mut self, row: &Row<'_>) -> Result<(), BasisError> {
        let own = || row.legs.iter().filter(|leg| !leg.fee());
        let (got, gave) = (own().find(|leg| leg.amount > Decimal::ZERO), own().find(|leg| leg.amount < Decimal::ZERO));
        let (Some(got), Some(gave)) = (got, gave) else { return Ok(()) };
        let (into, out) = (got.asset(), gave.asset());
        let (mut got, gave) = (got.amount, -gave.amount);
        let (buys_base, sells_base) = (Some(into) == self.base, Some(out) == self.base);
        let worth = match (buys_base, sells_base) {
            (true, _) => Some(got),
            (_, true) => Some(gave),
            _ => self.value(out, gave, row.at).or_else(|| self.value(into, got, row.at)),
        };
        // What the fees are worth, and what of the asset that goes out goes for them.
        let (mut fees, mut beside) = (worth.map(|_| Decimal::ZERO), (Decimal::ZERO, Decimal::ZERO));
        for leg in row.legs.iter().filter(|leg| leg.fee()) {
            let (asset, paid) = (leg.asset(), -leg.amount);
            if asset == into && !buys_base {
                got = sum(got, -paid)?;
                continue;
            }
            let mut fee = match asset == out {
                true => worth.and_then(|worth| worth.checked_mul(paid)?.checked_div(gave)),
                false => self.value(asset, paid, row.at),
            };
            if asset == out && !sells_base {
                beside = (sum(beside.0, paid)?, sum(beside.1, fee.unwrap_or_default())?);
            } else if paid < Decimal::ZERO {
                self.come(asset, -paid, fee.map(|fee| -fee))?;
            } else if fee.is_some() {
                self.sell(row, asset, paid, fee)?;
            } else {
                fee = self.go(asset, paid)?;
            }
            fees = fees.zip(fee).map(|(all, fee)| sum(all, fee)).transpose()?;
        }
        if !sells_base {
            let less = if buys_base { fees } else { Some(Decimal::ZERO) };
            let proceeds = worth.zip(less).map(|(worth, less)| sum(sum(worth, beside.1)?, -less)).transpose()?;
            self.sell(row, out, sum(gave, beside.0)?, proceeds)?;
        }
        let cost = worth.zip(fees).map(|(worth, fees)| sum(worth, fees)).transpose()?;
        if got > Decimal::ZERO {
            self.come(into, got, cost)?;
        }
        Ok(())
    }

    /// What some of an asset is worth in the base currency.
    fn value(&mut self, asset: usize, amount: Decimal, at: Timestamp) -> Option<Decimal> {
        match Some(asset) == self.base {
            true => Some(amount),
            false => (self.price)(asset, at)?.checked_mul(amount).filter(|value| value.abs() <= MOST),
        }
    }

    /// Some of an asset comes in, and costs what is told, if it is; gives that back.
    fn come(&mut self, asset: usize, amount: Decimal, cost: Option<Decimal>) -> Result<Option<Decimal>, BasisError> {
        if Some(asset) != self.base {
            let pool = self.pool(asset);
            match cost {
                Some(cost) => pool.own.bring(amount, cost)?,
                None => pool.uncosted = sum(pool.uncosted, amount)?,
            }
        }
        Ok(cost)
    }

    /// Some of an asset goes, and takes its cost along; gives that, where all of it had one.
    fn go(&mut self, asset: usize, amount: Decimal) -> Result<Option<Decimal>, BasisError> {
        if Some(asset) == self.base {
            return Ok(Some(amount));
        }
        let pool = self.pool(asset);
        let matched = amount.min(pool.own.quantity());
        let cost = if matched.is_zero() { Decimal::ZERO } else { pool.own.take(matched)? };
        pool.uncosted = sum(pool.uncosted, sum(matched, -amount)?)?;
        Ok((matched == amount).then_some(cost))
    }

    fn sell(
        &mut self,
        row: &Row<'_>,
        asset: usize,
        amount: Decimal,
        proceeds: Option<Decimal>,
    ) -> Result<(), BasisError> {
        if Some(asset) == self.base {
            return Ok(());
        }
        let pool = self.pool(asset);
        let matched = amount.min(pool.own.quantity());
        let cost = if matched.is_zero() { Decimal::ZERO } else { pool.own.take(matched)? };
        pool.uncosted = sum(pool.uncosted, sum(matched, -amount)?)?;
        let share = proceeds.and_then(|proceeds| match matched == amount {
            true => Some(proceeds),
            false => proceeds.checked_mul(matched)?.checked_div(amount),
        });
        self.happen(row, asset, proceeds.zip(share), |happened, (proceeds, share)| {
            happened.realised += share - cost;
            happened.unmatched += proceeds - share;
        });
        Ok(())
    }

    /// Some of a debt is paid back: what is given is sold at its worth, and the debt loses what it was worth at first.
    fn repay(
        &mut self,
        row: &Row<'_>,
        asset: usize,
        amount: Decimal,
        value: Option<Decimal>,
    ) -> Result<(), BasisError> {
        self.sell(row, asset, amount, value)?;
        let debt = &mut self.pool(asset).debt;
        let matched = amount.min(debt.quantity());
        if matched.is_zero() {
            return Ok(());
        }
        let borrowed = debt.take(matched)?;
        let share = value.and_then(|value| value.checked_mul(matched)?.checked_div(amount));
        self.happen(row, asset, share, |happened, share| happened.realised += borrowed - share);
        Ok(())
    }

    fn pool(&mut self, asset: usize) -> &mut Pool {
        let method = self.question.method;
        let new = || Pool { own: Holding::new(method), debt: Holding::new(method), uncosted: Decimal::ZERO };
        self.pools.entry(asset).or_insert_with(new)
    }

    /// Counts something that has a worth, or that it has none that is known.
    fn happen<T>(&mut self, row: &Row<'_>, asset: usize, worth: Option<T>, count: impl FnOnce(&mut Happened, T)) {
        if self.question.since.is_some_and(|since| row.at < since) {
            return;
        }
        let happened = self.happened.entry((row.account, asset)).or_default();
        match worth {
            Some(worth) => count(happened, worth),
            None => happened.unvalued += 1,
        }
    }
}

impl Pool {
    fn held(&self) -> Held {
        Held {
            quantity: self.own.quantity(),
            cost: self.own.cost(),
            uncosted: self.uncosted,
            owed: self.debt.quantity(),
            borrowed: self.debt.cost(),
        }
    }
}

fn sum(a: Decimal, b: Decimal) -> Result<Decimal, BasisError> {
    a.checked_add(b).ok_or(BasisError::TooPrecise)
}
