//! What depends on the order in which entries came, and on midnight.

use super::*;
use crate::money::Quantity;
use crate::portfolio::ledger::{Entry, EntryId, Kind, Leg};
use std::time::Duration;

const DAY: i64 = 86_400;

fn asset(name: &str) -> Asset {
    Asset::new(name).unwrap()
}

/// Deposits: the hour since day 10 began, the asset, how much; in the order in which they were brought.
fn owned(deposits: &[(i64, &str, i64)]) -> Arc<Owned> {
    let mut ledger = Ledger::default();
    for (n, (hour, name, amount)) in deposits.iter().enumerate() {
        let amount = Quantity::new(Decimal::from(*amount));
        let entry = Entry {
            id: EntryId::new(&n.to_string()).unwrap(),
            account: Account::new("a").unwrap(),
            at: Timestamp::from_secs(10 * DAY + 3_600 * hour),
            kind: Kind::Deposit,
            legs: vec![Leg { asset: asset(name), amount, fee: false }],
            note: None,
        };
        ledger.add(entry).unwrap();
    }
    Arc::new(Owned { ledger: Arc::new(ledger), ..Owned::default() })
}

fn settings() -> PortfolioSettings {
    let limits = Limits { stale: Duration::from_secs(30), expired: past::LONGEST };
    PortfolioSettings { base: asset("USD"), limits, benchmark: None, basis: BTreeMap::new() }
}

fn query() -> PortfolioQuery {
    PortfolioQuery { shown: 0, base: None, method: Method::Fifo, entries: (0, 9) }
}

#[test]
fn an_old_export_brought_in_after_todays_deposit_makes_no_gain_of_it() {
    let owned = owned(&[(-100, "USD", 100), (2, "USD", 50), (-90, "USD", 10)]);
    let view = at(owned, settings(), &query(), Timestamp::from_secs(10 * DAY + 3_600 * 5)).unwrap();
    assert_eq!(view.changes[0].map(|change| change.gain), Some(Decimal::ZERO));
    let hours: Vec<_> = view.entries.iter().map(|entry| (entry.at.secs() - 10 * DAY) / 3_600).collect();
    assert_eq!(hours, [2, -90, -100], "newest first");
}

#[test]
fn a_desk_that_runs_over_midnight_knows_what_the_day_ended_with() {
    let hour = |hours: i64| Timestamp::from_secs(10 * DAY + 3_600 * hours);
    let mut portfolios = Portfolios::new(owned(&[(-30, "BTC", 2)]), settings(), hour(-1)).unwrap();
    let mark = |hours, price: i64| Mark {
        at: hour(hours),
        asset: asset("BTC"),
        currency: asset("USD"),
        price: Decimal::from(price),
        priced_at: hour(hours),
        source: "venue BTC/USD mid".to_owned(),
    };
    portfolios.remember(&[mark(-25, 90), mark(-1, 100), mark(1, 130)]);
    let (owned, _) = portfolios.owned();
    let days = reckon(&owned, &Wanted::new(asset("USD"), hour(2)), None, hour(2)).days;
    let ends: Vec<_> = days.iter().map(|day| (day.value, day.unpriced)).collect();
    assert_eq!(ends, [(Decimal::from(180), 0), (Decimal::from(200), 0)]);
}

#[test]
fn an_answer_of_before_something_had_a_price_is_never_taken_again() {
    let now = Timestamp::from_secs(10 * DAY + 3_600);
    let mut portfolios = Portfolios::new(owned(&[(-100, "USD", 100), (-90, "BTC", 1)]), settings(), now).unwrap();
    let answer = |portfolios: &mut Portfolios| {
        for wanted in portfolios.unanswered() {
            let reckoning = reckon(&portfolios.owned().0, &wanted, None, now);
            portfolios.answer(wanted, reckoning);
        }
    };
    assert!(portfolios.view(&query(), now).unwrap().past.is_none());
    answer(&mut portfolios);
    assert!(portfolios.view(&query(), now).unwrap().past.is_some(), "nothing is known of bitcoin, then and now");
    // Its first price is written down at once, before anybody has asked what the past comes to with it.
    let (price, source) = (Decimal::from(90), "venue BTC/USD mid".to_owned());
    let mark = Mark { at: now, asset: asset("BTC"), currency: asset("USD"), price, priced_at: now, source };
    portfolios.remember(&[mark]);
    assert!(portfolios.view(&query(), now).unwrap().past.is_none());
    answer(&mut portfolios);
    let view = portfolios.view(&query(), now).unwrap();
    assert_eq!((view.changes, view.past.is_some()), ([None; 4], true), "the days of before are not complete");
}
