//! What depends on the order in which entries came, on midnight, and on what chains say.

use super::*;
use crate::money::Quantity;
use crate::portfolio::estate::Definition;
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
    let mut portfolios = Portfolios::new(owned(&[(-30, "BTC", 2)]), settings(), hour(-1));
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
    let mut portfolios = Portfolios::new(owned(&[(-100, "USD", 100), (-90, "BTC", 1)]), settings(), now);
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

/// What a chain said so many minutes before the hour of day 10.
fn balances(account: &str, held: &[(&str, i64)], (hour, ago): (i64, i64)) -> Balances {
    let held = held.iter().map(|(name, amount)| (asset(name), Decimal::from(*amount))).collect();
    let at = Timestamp::from_secs(10 * DAY + 3_600 * hour - 60 * ago);
    Balances { account: Account::new(account).unwrap(), held, block: 9, at }
}

fn priced(portfolios: &mut Portfolios, now: Timestamp) -> PortfolioView {
    portfolios.view(&query(), now).unwrap();
    for wanted in portfolios.unanswered() {
        let reckoning = reckon(&portfolios.owned().0, &wanted, None, now);
        portfolios.answer(wanted, reckoning);
    }
    portfolios.view(&query(), now).unwrap()
}

#[test]
fn what_chains_say_counts_now_and_in_nothing_of_the_past() {
    let now = Timestamp::from_secs(10 * DAY + 3_600 * 5);
    let mut portfolios = Portfolios::new(owned(&[(-100, "USD", 100), (2, "USD", 50)]), settings(), now);
    let before = priced(&mut portfolios, now);
    portfolios.take(&[balances("safe/T", &[("USD", 7)], (5, 1)), balances("a", &[("USD", 900)], (5, 1))].into());
    let view = priced(&mut portfolios, now);
    assert_eq!(view.total.nav(), Decimal::from(157), "the account that the ledger knows is kept by hand");
    assert_eq!((view.changes, view.past, view.entry_count), (before.changes, before.past, before.entry_count));
    assert_eq!(view.changes[0].map(|change| change.gain), Some(Decimal::ZERO));
    let parts: Vec<_> = view.holdings[0].parts.iter().map(|part| (&*part.account, part.kind, part.look)).collect();
    let look = Look { block: 9, age: Duration::from_secs(60), standing: Standing::Fresh };
    assert_eq!(parts, [("a", "manual", None), ("safe/T", "wallet", Some(look))]);
    let (snapshots, _) = portfolios.snapshots(now);
    assert_eq!(snapshots.iter().map(|one| one.nav).collect::<Vec<_>>(), [Decimal::from(150)]);

    // A later look takes the place of the one before; what is gone counts no more.
    portfolios.take(&[balances("safe/T", &[("EUR", 3)], (5, 0))].into());
    let view = priced(&mut portfolios, now);
    assert_eq!((view.total.nav(), view.total.never, view.holdings.len()), (Decimal::from(150), 1, 2));
    portfolios.take(&[].into());
    assert_eq!(priced(&mut portfolios, now).total, before.total);
}

#[test]
fn an_old_look_says_so_and_still_counts() {
    let hour = |hours: i64| Timestamp::from_secs(10 * DAY + 3_600 * hours);
    let mut portfolios = Portfolios::new(owned(&[]), settings(), hour(5));
    assert!(portfolios.view(&query(), hour(5)).is_none() && portfolios.nav(hour(5)).is_none(), "nothing is owned");
    portfolios.take(&[balances("safe/T", &[("USD", 7)], (5, 0))].into());
    assert_eq!(priced(&mut portfolios, hour(5)).holdings[0].standing, Standing::Fresh);
    let view = priced(&mut portfolios, hour(6));
    let part = &view.holdings[0].parts[0];
    assert_eq!((view.holdings[0].standing, part.look.unwrap().standing), (Standing::Stale, Standing::Stale));
    assert_eq!(view.total.nav(), Decimal::from(7));
    assert_eq!(portfolios.snapshots(hour(6)), Default::default(), "nothing of it is written down");
}

#[test]
fn a_portfolio_counts_the_safes_that_are_in_it_and_none_else() {
    let now = Timestamp::from_secs(10 * DAY);
    let mut known = Owned::clone(&owned(&[(-100, "USD", 100)]));
    let accounts = vec![Account::new("safe/T").unwrap()];
    known.estate.define(Definition::Portfolio { name: Account::new("cold").unwrap(), accounts, base: None });
    known.balances = [balances("safe/T", &[("USD", 7)], (0, 1)), balances("safe/U", &[("USD", 5)], (0, 1))].into();
    let mut portfolios = Portfolios::new(Arc::new(known), settings(), now);
    let mut nav = |shown| portfolios.view(&PortfolioQuery { shown, ..query() }, now).unwrap().total.nav();
    assert_eq!((nav(0), nav(1)), (Decimal::from(112), Decimal::from(7)));
    let live = &portfolios.live[&asset("USD")];
    assert_eq!([0, 1].map(|shown| portfolios.kept(live, shown).nav()), [Decimal::from(100), Decimal::ZERO]);
}
