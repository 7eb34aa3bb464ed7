//! What accounts were worth at the end of each day: the ledger's amounts at the prices of the past.
//!
//! - Days end at midnight UTC. What came from outside or went there (and to other accounts) is the day's flow, valued at the
//!   day's end, so that a [`Day`] is a point of a [`performance`](super::performance) series.
//! - Assets that never had a price are left out altogether: what was given for one, or got, counts as a flow. Whoever shows
//!   the course says which they are.
//! - A day on which a holding has no price is not complete; its value would be wrong by an unknown amount. Such days are no
//!   points of a series: what flowed on them counts for the next complete day, and where a flow itself has no price, the
//!   series begins anew behind it.

#![deny(clippy::float_arithmetic)]

use super::ledger::{Account, Kind, Ledger, Row};
use super::performance::Point;
use super::performance::dietz::{Flow, Period};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

const DAY: i64 = 86_400;

/// The end of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// Which one.
    pub date: Date,
    /// Its end.
    pub end: Timestamp,
    /// What all that has a price was worth, less what was owed.
    pub value: Decimal,
    /// What came in less what went out on this day.
    pub flow: Decimal,
    /// Holdings without a price.
    pub unpriced: usize,
    /// Flows without a price.
    pub unknown_flows: usize,
    /// Units of a fund that were out.
    pub units: Decimal,
}

/// The complete days as points of a series.
pub fn points(days: &[Day]) -> Vec<Point> {
    let (mut points, mut carried) = (Vec::new(), Decimal::ZERO);
    for day in days {
        carried += day.flow;
        if day.unknown_flows > 0 {
            (points, carried) = (Vec::new(), Decimal::ZERO);
        }
        // A return needs something to begin with.
        if points.last().is_some_and(|point: &Point| point.value <= Decimal::ZERO) {
            points.clear();
        }
        if day.unpriced == 0 && day.unknown_flows == 0 {
            points.push(Point { date: day.date, value: day.value, flow: std::mem::take(&mut carried) });
        }
    }
    points
}

/// Each day from that of the first entry to the last one that ended before `until`. `price` says what one of an asset (by its
/// number) was worth at a time; only accounts that `wanted` wants count, and no asset that is `left_out`.
pub fn course(
    ledger: &Ledger,
    wanted: &dyn Fn(&Account) -> bool,
    left_out: &dyn Fn(&Asset) -> bool,
    until: Timestamp,
    price: &mut dyn FnMut(usize, Timestamp) -> Option<Decimal>,
) -> Vec<Day> {
    let wanted: Vec<bool> = ledger.accounts().iter().map(wanted).collect();
    let counts = |row: &Row<'_>| wanted.get(row.account).copied().unwrap_or_default();
    let places = ledger.by_time();
    let rows = places.iter().filter_map(|place| ledger.row(usize::try_from(*place).ok()?)).filter(counts);
    let mut rows = rows.peekable();
    let Some(first) = rows.peek().map(|row| row.at.secs().div_euclid(DAY)) else { return Vec::new() };
    let left_out = ledger.assets().iter().map(left_out).collect();
    let mut run = Run { left_out, amounts: BTreeMap::new(), units: Decimal::ZERO };
    let mut days = Vec::new();
    for day in first..until.secs().div_euclid(DAY) {
        let end = Timestamp::from_secs((day + 1) * DAY);
        let mut flows: BTreeMap<usize, Decimal> = BTreeMap::new();
        while let Some(row) = rows.next_if(|row| row.at < end) {
            run.take(&row, &mut flows);
        }
        let mut worth = |amounts: &BTreeMap<usize, Decimal>| {
            let (mut sum, mut unpriced) = (Decimal::ZERO, 0);
            for (asset, amount) in amounts.iter().filter(|(_, amount)| !amount.is_zero()) {
                let value = price(*asset, end).and_then(|price| price.checked_mul(*amount)?.checked_add(sum));
                match value {
                    Some(value) => sum = value,
                    None => unpriced += 1,
                }
            }
            (sum, unpriced)
        };
        let ((value, unpriced), (flow, unknown_flows)) = (worth(&run.amounts), worth(&flows));
        let Some(date) = date_of(day) else { break };
        days.push(Day { date, end, value, flow, unpriced, unknown_flows, units: run.units });
    }
    days
}

/// What an asset did in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Movement {
    /// What was held at the begin was worth this.
    pub begin: Decimal,
    /// What was held at the end.
    pub end: Decimal,
    /// What came and went, at the close of its day: bought, sold, paid, moved.
    pub all: Vec<Flow>,
    /// Of that, what came from outside and went there.
    pub outside: Vec<Flow>,
}

/// What each asset, by its number, did from the end of a period's first day to the end of its last; `None` when something has
/// no price there.
pub fn parts(
    ledger: &Ledger,
    wanted: &dyn Fn(&Account) -> bool,
    left_out: &dyn Fn(&Asset) -> bool,
    period: Period,
    price: &mut dyn FnMut(usize, Timestamp) -> Option<Decimal>,
) -> Option<BTreeMap<usize, Movement>> {
    let wanted: Vec<bool> = ledger.accounts().iter().map(wanted).collect();
    let left_out = ledger.assets().iter().map(left_out).collect();
    let end_of =
        |date: Date| Some(Timestamp::from_secs(date.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second() + DAY));
    let (begin, end) = (end_of(period.first)?, end_of(period.last)?);
    let mut run = Run { left_out, amounts: BTreeMap::new(), units: Decimal::ZERO };
    let mut parts: BTreeMap<usize, Movement> = BTreeMap::new();
    let places = ledger.by_time();
    let rows = places.iter().filter_map(|place| ledger.row(usize::try_from(*place).ok()?));
    let rows = rows.filter(|row| wanted.get(row.account).copied().unwrap_or_default() && row.at < end);
    let mut begun = false;
    for row in rows {
        if row.at >= begin && !begun {
            begun = true;
            run.value(begin, price, |asset, value| parts.entry(asset).or_default().begin = value)?;
        }
        let (before, mut outside) = (run.amounts.clone(), BTreeMap::new());
        run.take(&row, &mut outside);
        if row.at < begin {
            continue;
        }
        let day = row.at.secs().div_euclid(DAY);
        let (date, close) = (date_of(day)?, Timestamp::from_secs((day + 1) * DAY));
        let moved = run
            .amounts
            .iter()
            .map(|(asset, amount)| (*asset, *amount - before.get(asset).copied().unwrap_or_default()));
        let moved: Vec<_> = moved.filter(|(_, amount)| !amount.is_zero()).collect();
        for (asset, amount) in moved {
            let amount = price(asset, close)?.checked_mul(amount)?;
            parts.entry(asset).or_default().all.push(Flow { date, amount });
        }
        for (asset, amount) in outside {
            let amount = price(asset, close)?.checked_mul(amount)?;
            parts.entry(asset).or_default().outside.push(Flow { date, amount });
        }
    }
    if !begun {
        run.value(begin, price, |asset, value| parts.entry(asset).or_default().begin = value)?;
    }
    run.value(end, price, |asset, value| parts.entry(asset).or_default().end = value)?;
    Some(parts)
}

fn date_of(day: i64) -> Option<Date> {
    Some(jiff::Timestamp::from_second(day * DAY).ok()?.to_zoned(TimeZone::UTC).date())
}

/// What is held, debts taken off, while the ledger is gone through.
struct Run {
    /// By the number of the asset.
    left_out: Vec<bool>,
    amounts: BTreeMap<usize, Decimal>,
    units: Decimal,
}

impl Run {
    fn take(&mut self, row: &Row<'_>, flows: &mut BTreeMap<usize, Decimal>) {
        let outside = match row.kind {
            Kind::Subscription { units } => {
                self.units += units.get();
                true
            }
            Kind::Redemption { units } => {
                self.units -= units.get();
                true
            }
            Kind::Deposit | Kind::Withdrawal | Kind::Transfer | Kind::Correction { .. } => true,
            // What was borrowed is owed: nothing was gained.
            Kind::Borrow | Kind::Repay => {
                self.count(row.legs.iter().filter(|leg| leg.fee()).map(|leg| (leg.asset(), leg.amount)));
                return;
            }
            _ => row.legs.iter().any(|leg| self.leaves_out(leg.asset())),
        };
        self.count(row.legs.iter().map(|leg| (leg.asset(), leg.amount)));
        for leg in row.legs.iter().filter(|leg| outside && !leg.fee() && !self.leaves_out(leg.asset())) {
            *flows.entry(leg.asset()).or_default() += leg.amount;
        }
    }

    fn count(&mut self, legs: impl Iterator<Item = (usize, Decimal)>) {
        for (asset, amount) in legs {
            if !self.leaves_out(asset) {
                *self.amounts.entry(asset).or_default() += amount;
            }
        }
    }

    /// What each amount is worth at a moment; `None` when one has no price.
    fn value(
        &self,
        at: Timestamp,
        price: &mut dyn FnMut(usize, Timestamp) -> Option<Decimal>,
        mut tell: impl FnMut(usize, Decimal),
    ) -> Option<()> {
        for (asset, amount) in self.amounts.iter().filter(|(_, amount)| !amount.is_zero()) {
            tell(*asset, price(*asset, at)?.checked_mul(*amount)?);
        }
        Some(())
    }

    fn leaves_out(&self, asset: usize) -> bool {
        self.left_out.get(asset).copied().unwrap_or_default()
    }
}

/// What is held in each account at a moment, debts apart: by account, asset, and whether it is owed (then below zero).
pub fn holdings(ledger: &Ledger, until: Timestamp) -> BTreeMap<(Account, Asset, bool), Decimal> {
    let mut amounts: BTreeMap<(usize, usize, bool), Decimal> = BTreeMap::new();
    for row in ledger.rows().filter(|row| row.at <= until) {
        let debt = matches!(row.kind, Kind::Borrow | Kind::Repay);
        for leg in row.legs {
            *amounts.entry((row.account, leg.asset(), false)).or_default() += leg.amount;
            if debt && !leg.fee() {
                *amounts.entry((row.account, leg.asset(), true)).or_default() -= leg.amount;
            }
        }
    }
    let named = |((account, asset, owed), amount): ((usize, usize, bool), Decimal)| {
        let key = (ledger.accounts().get(account)?.clone(), ledger.assets().get(asset)?.clone(), owed);
        Some((key, amount))
    };
    amounts.into_iter().filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Quantity;
    use crate::portfolio::ledger::{Entry, EntryId, Leg};

    /// The hour, the account, what happened, and what moved.
    type Line<'a> = (i64, &'a str, Kind, &'a [(&'a str, i64)]);

    fn ledger(entries: &[Line<'_>]) -> Ledger {
        let mut ledger = Ledger::default();
        for (n, (hours, account, kind, legs)) in entries.iter().enumerate() {
            let leg = |(name, amount): &(&str, i64)| Leg {
                asset: Asset::new(name).unwrap(),
                amount: Quantity::new(Decimal::from(*amount)),
                fee: false,
            };
            let entry = Entry {
                id: EntryId::new(&n.to_string()).unwrap(),
                account: Account::new(account).unwrap(),
                at: Timestamp::from_secs(3_600 * hours),
                kind: kind.clone(),
                legs: legs.iter().map(leg).collect(),
                note: None,
            };
            ledger.add(entry).unwrap();
        }
        ledger
    }

    /// Value, flow, unpriced holdings and flows of each day; bitcoin costs 10 on the first day and 1 more on each other.
    fn told(ledger: &Ledger, days: i64, of: &str) -> Vec<(i64, i64, usize, usize)> {
        let price = |asset: usize, at: Timestamp| match ledger.assets()[asset].as_str() {
            "USD" => Some(Decimal::ONE),
            "BTC" => Some(Decimal::from(9 + at.secs() / DAY)),
            _ => None,
        };
        let wanted = |account: &Account| of.is_empty() || account.as_str() == of;
        let whole = |value: Decimal| i64::try_from(value).unwrap();
        course(ledger, &wanted, &|_| false, Timestamp::from_secs(days * DAY), &mut { price })
            .iter()
            .map(|day| (whole(day.value), whole(day.flow), day.unpriced, day.unknown_flows))
            .collect()
    }

    #[test]
    fn flows_are_no_gains_and_transfers_are_flows_of_one_account_only() {
        let units = Quantity::new(Decimal::TEN);
        let ledger = ledger(&[
            (30, "a", Kind::Trade, &[("BTC", 4), ("USD", -44)]),
            (1, "a", Kind::Deposit, &[("USD", 100)]),
            (50, "a", Kind::Transfer, &[("BTC", -1)]),
            (51, "b", Kind::Transfer, &[("BTC", 1)]),
            (80, "a", Kind::Borrow, &[("USD", 50)]),
            (81, "a", Kind::Subscription { units }, &[("USD", 20)]),
            (100, "a", Kind::Reward, &[("USD", 5)]),
        ]);
        assert_eq!(
            told(&ledger, 5, ""),
            [(100, 100, 0, 0), (100, 0, 0, 0), (104, 0, 0, 0), (128, 20, 0, 0), (137, 0, 0, 0)]
        );
        assert_eq!(told(&ledger, 4, "a"), [(100, 100, 0, 0), (100, 0, 0, 0), (92, -12, 0, 0), (115, 20, 0, 0)]);
        assert_eq!(told(&ledger, 3, "b"), [(12, 12, 0, 0)]);
        let held = holdings(&ledger, Timestamp::from_secs(90 * 3_600));
        let amount = |name: &str, owed| {
            held[&(Account::new("a").unwrap(), Asset::new(name).unwrap(), owed)].normalize().to_string()
        };
        assert_eq!([amount("USD", false), amount("USD", true), amount("BTC", false)], ["126", "-50", "3"]);
    }

    #[test]
    fn what_has_no_price_breaks_a_day_and_an_unknown_flow_the_series() {
        let ledger = ledger(&[
            (1, "a", Kind::Deposit, &[("USD", 100)]),
            (30, "a", Kind::Deposit, &[("XYZ", 1)]),
            (31, "a", Kind::Deposit, &[("USD", 7)]),
            (55, "a", Kind::Trade, &[("USD", 3), ("XYZ", -1)]),
            (80, "a", Kind::Deposit, &[("USD", 10)]),
        ]);
        assert_eq!(told(&ledger, 4, ""), [(100, 100, 0, 0), (107, 7, 1, 1), (110, 0, 0, 0), (120, 10, 0, 0)]);
        let mut price = |asset: usize, _| (ledger.assets()[asset].as_str() == "USD").then_some(Decimal::ONE);
        let until = Timestamp::from_secs(4 * DAY);
        let days = course(&ledger, &|_| true, &|_| false, until, &mut price);
        let values: Vec<_> = points(&days).iter().map(|point| (point.value, point.flow)).collect();
        assert_eq!(values, [(Decimal::from(110), Decimal::ZERO), (Decimal::from(120), Decimal::TEN)]);
        let days = course(&ledger, &|_| true, &|asset| asset.as_str() == "XYZ", until, &mut price);
        let told = points(&days).iter().map(|point| (point.value, point.flow)).collect::<Vec<_>>();
        assert_eq!(
            told,
            [(100, 100), (107, 7), (110, 3), (120, 10)].map(|(a, b)| (Decimal::from(a), Decimal::from(b)))
        );
    }
}
