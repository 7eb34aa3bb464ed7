//! Amounts in words: all their digits, the name of what it is, and the value in the base currency.
//!
//! - A symbol is what a contract calls itself. It is printable and short here, and stands in quotes unless the user's own list
//!   vouches for it.

use super::facts::{Facts, Token};
use super::moves::Asset;
use crate::market::printable;
use crate::money::Decimal;
use crate::treasury::bitcoin::review::{NoPrice, Price, believed};
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;

/// The digits behind the point of every chain's own coin.
const COIN: u8 = 18;

/// The longest symbol that is shown.
const SYMBOL: usize = 16;

/// What amounts are told with.
pub struct Amounts<'a> {
    facts: &'a Facts,
    chain_id: U256,
    coin_price: Result<Price, NoPrice>,
    token_prices: BTreeMap<Address, Result<Price, NoPrice>>,
}

impl<'a> Amounts<'a> {
    /// With what is known of tokens and prices, on a chain.
    pub fn new(facts: &'a Facts, chain_id: U256) -> Self {
        let token_prices = facts.token_prices.iter();
        Self {
            facts,
            chain_id,
            coin_price: believed(&facts.coin_prices, facts.now),
            token_prices: token_prices.map(|(token, prices)| (*token, believed(prices, facts.now))).collect(),
        }
    }

    /// A token, where somebody looked at it.
    pub fn token(&self, token: Address) -> Option<&'a Token> {
        self.facts.tokens.as_ref()?.get(&token)
    }

    /// Whether somebody looked for a token and does not know it, or not how many digits its amounts have.
    pub fn unknown(&self, token: Address) -> bool {
        let looked = self.facts.tokens.as_ref();
        looked.is_some_and(|tokens| tokens.get(&token).is_none_or(|token| token.decimals.is_none()))
    }

    /// `1,234.5 USDC`; in the smallest unit where nobody knows how many digits it has.
    pub fn told(&self, asset: Asset, amount: U256) -> String {
        let unit = self.name(asset);
        match self.decimals(asset) {
            Some(decimals) => format!("{} {unit}", grouped(&shifted(amount, decimals))),
            None => format!("{} {unit}", grouped(&amount.to_string())),
        }
    }

    /// The digits of an amount behind its point.
    fn decimals(&self, asset: Asset) -> Option<u8> {
        match asset {
            Asset::Coin => Some(COIN),
            Asset::Token(token) => self.token(token)?.decimals,
            Asset::Items(_) => None,
        }
    }

    /// What something is called.
    pub fn name(&self, asset: Asset) -> String {
        match asset {
            Asset::Coin => coin(self.chain_id).to_owned(),
            Asset::Token(address) => match self.token(address) {
                Some(token) if token.decimals.is_none() => format!("smallest units of {}", symbol(token)),
                Some(token) => symbol(token),
                None => "smallest units".to_owned(),
            },
            Asset::Items(address) => {
                self.token(address).map_or_else(|| "items".to_owned(), |token| format!("items of {}", symbol(token)))
            }
        }
    }

    /// What something is called where no amount stands before it.
    pub fn thing(&self, asset: Asset) -> String {
        match asset {
            Asset::Token(address) => self.token(address).map_or_else(|| "the token".to_owned(), symbol),
            asset => self.name(asset),
        }
    }

    /// The contract of what is not the chain's own coin.
    pub fn contract(&self, asset: Asset) -> Option<Address> {
        match asset {
            Asset::Coin => None,
            Asset::Token(token) | Asset::Items(token) => Some(token),
        }
    }

    /// What an amount is worth in the base currency with the age of the price; empty where that is not known.
    pub fn worth(&self, asset: Asset, amount: U256) -> String {
        let told = |price: &Price| Some(price.in_words(self.value(asset, amount)?));
        self.price(asset).and_then(told).unwrap_or_default()
    }

    fn price(&self, asset: Asset) -> Option<&Price> {
        match asset {
            Asset::Coin => self.coin_price.as_ref().ok(),
            Asset::Token(token) => self.token_prices.get(&token)?.as_ref().ok(),
            Asset::Items(_) => None,
        }
    }

    /// What an amount is worth in the base currency, rounded up; none where that is not known.
    pub fn value(&self, asset: Asset, amount: U256) -> Option<Decimal> {
        self.price(asset)?.worth(decimal(amount, self.decimals(asset)?)?)
    }

    /// Why the price of something that moves is not believed, where there is one.
    pub fn doubt(&self, asset: Asset) -> Option<NoPrice> {
        let price = match asset {
            Asset::Coin => Some(&self.coin_price),
            Asset::Token(token) => self.token_prices.get(&token),
            Asset::Items(_) => None,
        };
        price?.as_ref().err().copied().filter(|none| *none != NoPrice::None)
    }
}

/// What a token calls itself, in quotes unless the user's list has it.
fn symbol(token: &Token) -> String {
    let told: String = printable(&token.symbol).trim().chars().take(SYMBOL).collect();
    match token.trusted {
        true if !told.is_empty() => told,
        _ => format!("«{told}»"),
    }
}

/// The name of a chain's own coin.
pub fn coin(chain_id: U256) -> &'static str {
    match u64::try_from(chain_id) {
        Ok(56 | 97) => "BNB",
        Ok(100 | 10_200) => "xDAI",
        Ok(137 | 80_002) => "POL",
        Ok(146) => "S",
        Ok(5_000) => "MNT",
        Ok(42_220) => "CELO",
        Ok(43_113 | 43_114) => "AVAX",
        Ok(80_094) => "BERA",
        Ok(
            1 | 10 | 130 | 324 | 480 | 1_101 | 8_453 | 34_443 | 42_161 | 57_073 | 59_144 | 81_457 | 84_532 | 421_614
            | 534_352 | 11_155_111 | 11_155_420 | 1_313_161_554,
        ) => "ETH",
        _ => "coin",
    }
}

/// A number with its point so many digits from the right, without zeros at the end.
fn shifted(amount: U256, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{:0>width$}", amount.to_string(), width = decimals.saturating_add(1));
    let (whole, behind) = digits.split_at_checked(digits.len().saturating_sub(decimals)).unwrap_or((&digits, ""));
    match behind.trim_end_matches('0') {
        "" => whole.to_owned(),
        behind => format!("{whole}.{behind}"),
    }
}

/// The digits before the point in groups of three.
fn grouped(plain: &str) -> String {
    let (whole, behind) = plain.split_once('.').unwrap_or((plain, ""));
    let mut told = String::with_capacity(plain.len().saturating_mul(4) / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len().saturating_sub(at) % 3 == 0 {
            told.push(',');
        }
        told.push(digit);
    }
    if !behind.is_empty() {
        told.push('.');
        told.push_str(behind);
    }
    told
}

/// An amount to be multiplied with a price; digits that there is no room for are rounded up.
fn decimal(amount: U256, decimals: u8) -> Option<Decimal> {
    let (mut amount, mut scale) = (amount, u32::from(decimals));
    let ten = U256::from(10);
    while scale > 28 || amount >= U256::ONE.wrapping_shl(96) {
        scale = scale.checked_sub(1)?;
        let (whole, rest) = amount.div_rem(ten);
        amount = if rest.is_zero() { whole } else { whole.saturating_add(U256::ONE) };
    }
    Decimal::try_from_i128_with_scale(i128::try_from(amount).ok()?, scale).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_digit_is_told() {
        let told = |amount: &str, decimals| shifted(amount.parse().unwrap(), decimals);
        assert_eq!(told("1234567890123", 6), "1234567.890123");
        assert_eq!(told("1", 24), "0.000000000000000000000001");
        assert_eq!(told("1000000", 6), "1");
        assert_eq!(told("0", 18), "0");
        assert_eq!(told("42", 0), "42");
        assert_eq!(told("7", 255).len(), 257);
        assert_eq!(grouped("1234567.890123"), "1,234,567.890123");
        assert_eq!((grouped("123").as_str(), grouped("1234").as_str()), ("123", "1,234"));
        let max = shifted(U256::MAX, 6);
        assert_eq!(max, "115792089237316195423570985008687907853269984665640564039457584007913129.639935");
    }

    #[test]
    fn what_a_price_is_multiplied_with_is_never_too_little() {
        let exact = |amount: &str, decimals| decimal(amount.parse().unwrap(), decimals).map(|value| value.to_string());
        assert_eq!(exact("1500000000000000001", 18).unwrap(), "1.500000000000000001");
        assert_eq!(exact("1", 30).unwrap(), "0.0000000000000000000000000001");
        assert_eq!(decimal(U256::MAX, 0), None);
        assert!(decimal(U256::MAX, 60).unwrap() > Decimal::ZERO);
    }
}
