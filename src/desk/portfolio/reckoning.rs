//! What the past of a portfolio comes to: profit and loss, the value of every day, and the figures of it.
//!
//! It goes through the whole ledger, so it is done beside the desk and kept.

use super::view::{Course, Figures};
use super::{Owned, Wanted};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::portfolio::course::{Day, Movement, course, parts, points};
use crate::portfolio::gains::{Gains, Question, gains};
use crate::portfolio::ledger::Account;
use crate::portfolio::performance::benchmark::Comparison;
use crate::portfolio::performance::dietz::{Flow, Holding as Dietz, Period};
use crate::portfolio::performance::{DAYS, Performance, Point, index, returns};
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The answer to a [`Wanted`].
#[derive(Clone, Debug)]
pub struct Reckoning {
    /// Profit and loss of the whole desk, or why there is none.
    pub gains: Result<Gains, String>,
    /// Every day that has ended.
    pub days: Vec<Day>,
    /// The same to be shown.
    pub course: Arc<Course>,
}

/// Goes through the ledger.
pub fn reckon(owned: &Owned, wanted: &Wanted, benchmark: Option<&Asset>, now: Timestamp) -> Reckoning {
    let Owned { ledger, past, .. } = owned;
    let base = &wanted.base;
    let assets = ledger.assets();
    let mut price = |asset: usize, at| past.price(assets.get(asset)?, base, at);
    let question = Question { base, method: wanted.method, since: None, until: now };
    let gains = gains(ledger, &question, &mut price).map_err(|error| error.to_string());
    let (accounts, never) = (accounts(owned, wanted.shown), never_priced(owned, wanted));
    let counts = |account: &Account| accounts.as_ref().is_none_or(|accounts| accounts.contains(account));
    let never = |asset: &Asset| never.contains(asset);
    let days = course(ledger, &counts, &never, now, &mut price);
    let points = points(&days);
    let benchmark = benchmark.filter(|benchmark| *benchmark != base).map(|benchmark| {
        let close = |day: &Day| Some((day.date, past.price(benchmark, base, day.end)?));
        (Arc::from(format!("{benchmark}/{base}")), days.iter().filter_map(close).collect::<Vec<_>>())
    });
    // Figures of a past that ended some time ago would be taken for those of now.
    let today = points.last().map(|point| point.date).filter(|last| days.last().is_some_and(|day| day.date == *last));
    let since = |days: i64| today.and_then(|today| today.checked_sub(jiff::Span::new().days(days)).ok());
    let year = today.and_then(|today| Date::new(today.year() - 1, 12, 31).ok());
    let from = [since(30), year, since(365), today.and(points.first()).map(|point| point.date)];
    let figures =
        from.map(|from| figures(points.as_slice(), from?, benchmark.as_ref().map(|(_, closes)| closes.as_slice())));
    let days_of = points.iter().map(|point| (point.date, point.value)).collect();
    let grown = returns(&points).ok().zip(points.first());
    let index = grown.map(|(returns, first)| index(first.date, &returns)).unwrap_or_default();
    let course = Course { days: days_of, index, benchmark, figures };
    Reckoning { gains, days, course: Arc::new(course) }
}

/// The assets that nothing is known of, then and now: they are left out of what the past is said to be.
pub fn never_priced(owned: &Owned, wanted: &Wanted) -> Vec<Asset> {
    let never = |asset: &&Asset| **asset != wanted.base && !owned.past.knows(asset) && !wanted.known.contains(*asset);
    owned.ledger.assets().iter().filter(never).cloned().collect()
}

/// What each asset brought of the return of a period (modified Dietz); `None` when something has no price at its ends, or
/// nothing was there. What trades and fees brought against the closes of their days has no asset and is not among them.
pub fn contributions(owned: &Owned, wanted: &Wanted, period: Period) -> Option<Vec<(Asset, Decimal)>> {
    let Owned { ledger, past, .. } = owned;
    let accounts = accounts(owned, wanted.shown);
    let counts = |account: &Account| accounts.as_ref().is_none_or(|accounts| accounts.contains(account));
    let never = never_priced(owned, wanted);
    let mut price = |asset: usize, at| past.price(ledger.assets().get(asset)?, &wanted.base, at);
    let parts = parts(ledger, &counts, &|asset| never.contains(asset), period, &mut price)?;
    let sum = |pick: fn(&Movement) -> Decimal| parts.values().map(pick).sum::<Decimal>();
    let outside: Vec<Flow> = parts.values().flat_map(|part| part.outside.iter().copied()).collect();
    let whole = Dietz { begin: sum(|part| part.begin), end: sum(|part| part.end), flows: &outside };
    let held = |(asset, part): (&usize, &Movement)| {
        let asset = ledger.assets().get(*asset)?.clone();
        // The flows are lent to the caller, so they are made beside.
        Some((asset, part.begin, part.end))
    };
    let named: Vec<(Asset, Decimal, Decimal)> = parts.iter().filter_map(held).collect();
    let flows = parts.values().map(|part| part.all.as_slice());
    let parts: Vec<(Asset, Dietz<'_>)> =
        named.into_iter().zip(flows).map(|((asset, begin, end), flows)| (asset, Dietz { begin, end, flows })).collect();
    period.contributions(&whole, &parts)
}

fn accounts(owned: &Owned, shown: usize) -> Option<BTreeSet<&Account>> {
    let portfolio = owned.estate.portfolios().values().nth(shown.checked_sub(1)?);
    Some(portfolio.into_iter().flat_map(|of| &of.accounts).collect())
}

/// The figures of the points from a day on; `None` when the series does not reach back to it.
fn figures(points: &[Point], from: Date, benchmark: Option<&[(Date, Decimal)]>) -> Option<Figures> {
    let start = points.iter().position(|point| point.date >= from)?;
    let points = points.get(start..).filter(|points| points.first().is_some_and(|first| first.date == from))?;
    let performance = Performance::of(points, DAYS).ok()?;
    let closes: Vec<Point> = benchmark
        .unwrap_or_default()
        .iter()
        .map(|(date, value)| Point { date: *date, value: *value, flow: Decimal::ZERO })
        .collect();
    let Comparison { beta, correlation, .. } = Comparison::of(points, &closes).unwrap_or_default();
    Some(Figures { performance, beta, correlation })
}
