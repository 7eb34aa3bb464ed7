//! What the past of a portfolio comes to: profit and loss, the value of every day, and the figures of it.
//!
//! It goes through the whole ledger, so it is done beside the desk and kept.

use super::view::{Course, Figures};
use super::{Owned, Wanted};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::portfolio::course::{Day, course, points};
use crate::portfolio::gains::{Gains, Question, gains};
use crate::portfolio::ledger::Account;
use crate::portfolio::performance::benchmark::Comparison;
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
    let Owned { ledger, estate, past } = owned;
    let base = &wanted.base;
    let assets = ledger.assets();
    let mut price = |asset: usize, at| past.price(assets.get(asset)?, base, at);
    let question = Question { base, method: wanted.method, since: None, until: now };
    let gains = gains(ledger, &question, &mut price).map_err(|error| error.to_string());
    let accounts: Option<BTreeSet<&Account>> = wanted
        .shown
        .checked_sub(1)
        .map(|place| estate.portfolios().values().nth(place).into_iter().flat_map(|of| &of.accounts).collect());
    let counts = |account: &Account| accounts.as_ref().is_none_or(|accounts| accounts.contains(account));
    let never = |asset: &Asset| asset != base && !past.knows(asset);
    let days = course(ledger, &counts, &never, now, &mut price);
    let points = points(&days);
    let benchmark = benchmark.filter(|benchmark| *benchmark != base).map(|benchmark| {
        let close = |day: &Day| Some((day.date, past.price(benchmark, base, day.end)?));
        (Arc::from(format!("{benchmark}/{base}")), days.iter().filter_map(close).collect::<Vec<_>>())
    });
    let today = points.last().map(|point| point.date);
    let since = |days: i64| today.and_then(|today| today.checked_sub(jiff::Span::new().days(days)).ok());
    let year = today.and_then(|today| Date::new(today.year() - 1, 12, 31).ok());
    let from = [since(30), year, since(365), points.first().map(|point| point.date)];
    let figures =
        from.map(|from| figures(points.as_slice(), from?, benchmark.as_ref().map(|(_, closes)| closes.as_slice())));
    let days_of = points.iter().map(|point| (point.date, point.value)).collect();
    let grown = returns(&points).ok().zip(points.first());
    let index = grown.map(|(returns, first)| index(first.date, &returns)).unwrap_or_default();
    let course = Course { days: days_of, index, benchmark, figures };
    Reckoning { gains, days, course: Arc::new(course) }
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
