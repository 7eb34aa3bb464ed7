//! What the demo desk owns: two years of a small treasury, made up but lifelike, the same every time.
//!
//! Prices of the past walk backwards from where the simulated markets start, so that the last close meets the first quote.
//! All entries trade at these closes, and every account's balance stays above zero but the loan's.

use super::dice::Dice;
use super::pair::Pair;
use crate::market::{Symbol, Timestamp};
use crate::money::{Asset, Decimal, Quantity};
use crate::portfolio::estate::{AccountKind, Definition, Estate};
use crate::portfolio::ledger::{Account, Entry, EntryId, Kind, Ledger, Leg};
use crate::portfolio::past::{Close, Past};
use std::collections::BTreeMap;

/// Days of history.
const DAYS: i64 = 730;

const DAY: i64 = 86_400;

/// Of all walks, one that looks like the last years did.
const SEED: u64 = 1_237;

/// The walk of a price: its pair, how far it goes in a usual day and how much it gains in one, in hundredths of a percent.
const WALKS: [(&str, i64, i64); 4] =
    [("BTC/USD", 260, 9), ("ETH/USD", 350, 4), ("SOL/USD", 480, 11), ("USDT/USD", 2, 0)];

/// The accounts and their kinds.
const ACCOUNTS: [(&str, AccountKind); 5] = [
    ("sim/trading", AccountKind::Venue),
    ("cold", AccountKind::Wallet),
    ("bank", AccountKind::Manual),
    ("lender", AccountKind::Manual),
    ("alpha fund", AccountKind::Fund),
];

/// What the demo owns, as of `now`.
pub fn estate(now: Timestamp) -> (Ledger, Estate, Past) {
    let mut making =
        Making { closes: closes(), ledger: Ledger::default(), first: now.secs().div_euclid(DAY) - DAYS, count: 0 };
    making.live();
    let mut past = Past::default();
    for (pair, series) in &making.closes {
        let Ok(symbol) = Symbol::new(pair) else { continue };
        let (Ok(asset), Ok(currency)) = (Asset::new(symbol.base()), Asset::new(symbol.quote())) else { continue };
        for (price, day) in series.iter().zip(0..) {
            let at = Timestamp::from_secs((making.first + day) * DAY);
            past.put(&asset, &currency, Close { price: *price, at, source: format!("sim {pair} close").into() });
        }
    }
    let mut estate = Estate::default();
    let account = |name: &&str| Account::new(name).ok();
    for (name, kind) in ACCOUNTS {
        if let Some(name) = account(&name) {
            estate.define(Definition::Account { name, kind });
        }
    }
    for (name, accounts) in
        [("Fund", ["alpha fund"].as_slice()), ("Trading", &["sim/trading", "lender"]), ("Treasury", &["cold", "bank"])]
    {
        if let Some(name) = account(&name) {
            let accounts = accounts.iter().filter_map(account).collect();
            estate.define(Definition::Portfolio { name, accounts, base: None });
        }
    }
    (making.ledger, estate, past)
}

/// The closes of each pair, the oldest first; the last is where its market starts.
fn closes() -> BTreeMap<&'static str, Vec<Decimal>> {
    let walk = |(stream, (name, usual, drift)): (usize, (&'static str, i64, i64))| {
        let mut dice = Dice::new(SEED, u64::try_from(stream).unwrap_or_default());
        let pair = Pair::named(&Symbol::new(name).ok()?);
        // Sixteen more binary digits than ticks, so that small steps are not lost.
        let mut price = i128::from(pair.start) << 16;
        let mut series = Vec::new();
        for _ in 0..=DAYS {
            let ticks = i64::try_from(price >> 16).ok()?;
            series.push(Decimal::new(ticks.max(1), pair.precision.price.into()));
            let change = dice.bell() * usual / 256 + drift;
            price = price * 10_000 / i128::from(10_000 + change.clamp(-1_500, 1_500));
        }
        series.reverse();
        Some((name, series))
    };
    WALKS.into_iter().enumerate().filter_map(walk).collect()
}

struct Making {
    closes: BTreeMap<&'static str, Vec<Decimal>>,
    ledger: Ledger,
    /// The first day, in days since 1970.
    first: i64,
    count: usize,
}

impl Making {
    /// Two years.
    fn live(&mut self) {
        self.put(0, "bank", Kind::Deposit, &[("USD", "2400000")]);
        self.put(0, "cold", Kind::Deposit, &[("BTC", "30")]);
        self.put(1, "alpha fund", Kind::Subscription { units: units("5000") }, &[("USD", "500000")]);
        self.trade(2, "alpha fund", "BTC/USD", "3");
        self.trade(2, "alpha fund", "ETH/USD", "40");
        self.put(20, "cold", Kind::Deposit, &[("XYZ", "90000")]);
        self.put(40, "lender", Kind::Borrow, &[("USDT", "250000")]);
        self.transfer(41, ("lender", "sim/trading"), "USDT", "250000");
        for month in 0..24 {
            let day = 5 + month * 30;
            self.transfer(day, ("bank", "sim/trading"), "USD", "60000");
            self.trade(day + 1, "sim/trading", "BTC/USD", "0.25");
            self.trade(day + 3, "sim/trading", "ETH/USD", "3.2");
            self.trade(day + 5, "sim/trading", "SOL/USD", "60");
            self.put(day + 9, "sim/trading", Kind::Reward, &[("SOL", "1.84")]);
            if month % 3 == 2 {
                self.trade(day + 12, "sim/trading", "SOL/USD", "-45");
                self.trade(day + 14, "sim/trading", "BTC/USD", "-0.12");
                self.transfer(day + 16, ("sim/trading", "cold"), "BTC", "0.5");
            }
            self.put(day + 20, "bank", Kind::Fee, &[("USD fee", "-35")]);
        }
        self.put(420, "alpha fund", Kind::Subscription { units: units("1200") }, &[("USD", "150000")]);
        self.trade(421, "alpha fund", "BTC/USD", "0.8");
        self.put(600, "bank", Kind::Withdrawal, &[("USD", "-180000")]);
        self.transfer(640, ("sim/trading", "lender"), "USDT", "50000");
        self.put(641, "lender", Kind::Repay, &[("USDT", "-50000")]);
    }

    /// Buys, or sells below zero, at the day's close, for a fee of 0.26 percent.
    fn trade(&mut self, day: i64, account: &str, pair: &str, quantity: &str) {
        let close = usize::try_from(day).ok().and_then(|day| self.closes.get(pair)?.get(day));
        let (Some(close), Ok(quantity), Some((asset, currency))) =
            (close, quantity.parse::<Decimal>(), pair.split_once('/'))
        else {
            return;
        };
        let cost = close * quantity;
        let fee = (cost.abs() * Decimal::new(26, 4)).round_dp(2);
        let legs = [(asset, quantity), (currency, -cost), (&format!("{currency} fee"), -fee)];
        let legs = legs.map(|(asset, amount)| (asset, amount.to_string()));
        self.put(day, account, Kind::Trade, &legs.each_ref().map(|(asset, amount)| (*asset, amount.as_str())));
    }

    fn transfer(&mut self, day: i64, (from, to): (&str, &str), asset: &str, amount: &str) {
        self.put(day, from, Kind::Transfer, &[(asset, &format!("-{amount}"))]);
        self.put(day, to, Kind::Transfer, &[(asset, amount)]);
    }

    /// An entry at noon; a leg's asset may have ` fee` behind it.
    fn put(&mut self, day: i64, account: &str, kind: Kind, legs: &[(&str, &str)]) {
        self.count += 1;
        let leg = |(asset, amount): &(&str, &str)| {
            let (asset, fee) = asset.strip_suffix(" fee").map_or((*asset, false), |asset| (asset, true));
            Some(Leg { asset: Asset::new(asset).ok()?, amount: amount.parse().ok()?, fee })
        };
        let entry = || {
            Some(Entry {
                id: EntryId::new(&format!("demo-{}", self.count)).ok()?,
                account: Account::new(account).ok()?,
                at: Timestamp::from_secs((self.first + day) * DAY + DAY / 2),
                kind,
                legs: legs.iter().map(leg).collect::<Option<_>>()?,
                note: None,
            })
        };
        if let Some(entry) = entry() {
            // Its ids are its own, so nothing is refused.
            let _ = self.ledger.add(entry);
        }
    }
}

fn units(text: &str) -> Quantity {
    text.parse().unwrap_or(Quantity::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_years_hold_together() {
        let now = Timestamp::from_secs(1_790_000_000);
        let (ledger, estate, past) = estate(now);
        assert!(ledger.len() > 190, "{}", ledger.len());
        for entry in ledger.entries() {
            entry.check().unwrap();
            assert!(entry.at < now);
        }
        for (account, assets) in ledger.balances() {
            for (asset, amount) in assets {
                assert!(amount >= Decimal::ZERO, "{account} {asset} {amount}");
            }
        }
        assert_eq!(estate.portfolios().len(), 3);
        let price = |name: &str, at| past.price(&Asset::new(name).unwrap(), &Asset::new("USD").unwrap(), at);
        assert_eq!(price("BTC", now), Some("97412.1".parse().unwrap()), "the last close is where the market starts");
        let long_ago = price("BTC", Timestamp::from_secs(now.secs() - 700 * DAY)).unwrap();
        assert!((Decimal::from(20_000)..Decimal::from(90_000)).contains(&long_ago), "{long_ago}");
        assert_eq!(price("XYZ", now), None);
    }
}
