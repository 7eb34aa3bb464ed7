//! Amounts in words: bitcoin to eight digits, rates, shares and the base currency, all exact.

use super::facts::{Facts, Prices};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal, grouped};
use bitcoin::{Amount, FeeRate};
use std::time::Duration;

/// `1.50000000 BTC`.
pub(super) fn btc(amount: Amount) -> String {
    format!("{} BTC", digits(amount))
}

/// `1.50000000`.
pub(super) fn digits(amount: Amount) -> String {
    let sat = amount.to_sat();
    format!("{}.{:08}", sat / 100_000_000, sat % 100_000_000)
}

/// `7.14`: satoshi a virtual byte, rounded down to hundredths.
pub(super) fn rate(rate: FeeRate) -> String {
    // One unit is a satoshi per thousand units of weight: 250 of them are one satoshi a virtual byte.
    let hundredths = rate.to_sat_per_kwu().saturating_mul(2) / 5;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// `0.52 %`: one amount's share of another, rounded down to hundredths.
pub(super) fn share(part: Amount, of: Amount) -> Option<String> {
    let hundredths = u128::from(part.to_sat()).saturating_mul(10_000).checked_div(u128::from(of.to_sat()))?;
    Some(format!("{}.{:02} %", hundredths / 100, hundredths % 100))
}

/// What one bitcoin, or one of another asset, is worth: the dearest and the cheapest of several sources, none of them old.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// The highest, which weighs on what leaves.
    pub high: Decimal,
    /// The lowest, which weighs on what is owned.
    pub low: Decimal,
    /// In what.
    pub currency: Asset,
    /// The age of the oldest.
    pub age: Duration,
    /// How many sources say so.
    pub sources: usize,
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoPrice {
    /// Nobody says.
    #[error("there is no price")]
    None,
    /// Every price is older than the limit, or it is not known how old it is.
    #[error("every price is too old")]
    Old,
    /// The sources differ by more than the limit, or are of different currencies.
    #[error("the sources of prices differ too much")]
    Apart,
}

/// What one bitcoin is worth, as far as it can be believed (T30): what is old is left out, what differs is not believed.
pub fn price(facts: &Facts) -> Result<Price, NoPrice> {
    believed(&facts.prices, facts.now)
}

/// What one of anything is worth, by what is said about its price at a time.
pub fn believed(prices: &Prices, now: Option<Timestamp>) -> Result<Price, NoPrice> {
    if prices.quotes.is_empty() {
        return Err(NoPrice::None);
    }
    let now = now.ok_or(NoPrice::Old)?;
    // A price from the future is as wrong as an old one.
    let fresh = |quote: &&super::facts::Quote| quote.at <= now && quote.at.age(now) <= prices.oldest;
    let quotes: Vec<_> = prices.quotes.iter().filter(fresh).filter(|quote| quote.price > Decimal::ZERO).collect();
    let first = quotes.first().ok_or(NoPrice::Old)?;
    if quotes.iter().any(|quote| quote.currency != first.currency) {
        return Err(NoPrice::Apart);
    }
    let (mut high, mut low, mut age) = (first.price, first.price, Duration::ZERO);
    for quote in &quotes {
        (high, low, age) = (high.max(quote.price), low.min(quote.price), age.max(quote.at.age(now)));
    }
    let allowed = low.checked_mul(Decimal::new(i64::from(prices.apart), 3)).ok_or(NoPrice::Apart)?;
    if high.checked_sub(low).is_none_or(|apart| apart > allowed) {
        return Err(NoPrice::Apart);
    }
    Ok(Price { high, low, currency: first.currency.clone(), age, sources: quotes.len() })
}

impl Price {
    /// What an amount is worth at the highest price, rounded up to hundredths.
    pub fn of(&self, amount: Amount) -> Option<Decimal> {
        let bitcoin = Decimal::from_i128_with_scale(i128::from(amount.to_sat()), 8);
        self.worth(bitcoin)
    }

    /// What so many are worth at the highest price, rounded up to hundredths.
    pub fn worth(&self, many: Decimal) -> Option<Decimal> {
        let exact = many.checked_mul(self.high)?;
        Some(exact.round_dp_with_strategy(2, rust_decimal::RoundingStrategy::AwayFromZero))
    }

    /// `146,118.15 USD (0.2 s)`.
    pub(super) fn told(&self, amount: Amount) -> Option<String> {
        Some(self.in_words(self.of(amount)?))
    }

    /// What something is worth, in words: `146,118.15 USD (0.2 s)`.
    pub fn in_words(&self, mut worth: Decimal) -> String {
        worth.rescale(2);
        let tenths = self.age.as_millis() / 100;
        let age =
            if tenths < 100 { format!("{}.{} s", tenths / 10, tenths % 10) } else { format!("{} s", tenths / 10) };
        format!("{} {} ({age})", grouped(worth, ','), self.currency)
    }
}
