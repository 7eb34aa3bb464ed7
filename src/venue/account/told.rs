//! What a venue tells of an account.

use super::AccountError;
use super::error::words;
use crate::market::{Side, Timestamp, printable};
use crate::money::{Asset, Decimal, Price, Quantity, exact_sum};
use std::collections::BTreeMap;

/// One page of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What it tells.
    pub told: Told,
    /// Where the next page begins; none after the last.
    pub next: Option<String>,
}

/// What an answer tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// What is in the account.
    Balances(Vec<Balance>),
    /// Trades.
    Trades(Vec<Fill>),
    /// Open positions.
    Positions(Vec<Position>),
    /// What the key may do.
    Permissions(Permissions),
}

/// How much there is of one asset, in orders or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// The asset under its common name; where the venue's name is none that an asset can have, that name, printable and
    /// behind a question mark, so that it is never taken for another's.
    pub asset: Result<Asset, String>,
    /// How much; below zero for what is owed.
    pub amount: Decimal,
}

/// One trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// What the venue calls it.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// What was bought or sold.
    pub base: Asset,
    /// For what.
    pub quote: Asset,
    /// Whether it was bought or sold.
    pub side: Side,
    /// How much of the base.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// What was paid or received in the quote currency, where the venue says.
    pub cost: Option<Decimal>,
    /// What was paid for it; below zero for what was given back.
    pub fee: Decimal,
    /// In what the fee was paid.
    pub fee_asset: Asset,
    /// Whether it changed a position and not what is held: a contract, or a trade on margin.
    pub position: bool,
}

/// An open position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// What the venue calls the instrument; printable.
    pub instrument: String,
    /// Which way.
    pub side: Side,
    /// How much, in the venue's unit for it.
    pub quantity: Quantity,
    /// The average price at which it was entered, where the venue says.
    pub price: Option<Price>,
}

/// What a key may do; none where the venue does not say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Read.
    pub read: Option<bool>,
    /// Trade, or change the account in another way that moves nothing out.
    pub trade: Option<bool>,
    /// Move assets out, or to another account.
    pub withdraw: Option<bool>,
    /// The venue's own words for what it may; printable.
    pub words: Vec<String>,
}

impl Told {
    /// How many things are told.
    pub fn count(&self) -> usize {
        match self {
            Self::Balances(list) => list.len(),
            Self::Trades(list) => list.len(),
            Self::Positions(list) => list.len(),
            Self::Permissions(permissions) => permissions.words.len(),
        }
    }
}

impl From<Told> for Page {
    /// A page after which there is none.
    fn from(told: Told) -> Self {
        Self { told, next: None }
    }
}

impl Position {
    /// A position of so much, below zero for a short one; none when it is empty.
    pub(super) fn new(instrument: &str, signed: Decimal, price: Option<Price>) -> Option<Self> {
        let side = if signed.is_sign_negative() { Side::Ask } else { Side::Bid };
        let quantity = Quantity::new(signed.abs());
        (!quantity.is_zero()).then(|| Self { instrument: words(instrument), side, quantity, price })
    }
}

/// Which side a word means, in whatever case the venue writes it.
pub(super) fn side(word: &str) -> Result<Side, AccountError> {
    match word.to_ascii_lowercase().as_str() {
        "buy" | "long" => Ok(Side::Bid),
        "sell" | "short" => Ok(Side::Ask),
        _ => Err(AccountError::field("side", word, &"neither buy nor sell")),
    }
}

/// An asset of a trade.
pub(super) fn asset(name: &str) -> Result<Asset, AccountError> {
    Asset::new(name).map_err(|error| AccountError::field("asset", name, &error))
}

/// Adds what belongs together: assets that a venue keeps in several places. What is zero is left out.
#[derive(Debug, Default)]
pub(super) struct Sum(BTreeMap<Result<Asset, String>, Decimal>);

impl Sum {
    /// Adds so much of what is commonly called `name`.
    pub fn add(&mut self, name: &str, amount: Decimal) -> Result<(), AccountError> {
        let strange = |_| format!("?{}", printable(name).chars().take(40).collect::<String>());
        self.put(Asset::new(name).map_err(strange), amount)
    }

    fn put(&mut self, asset: Result<Asset, String>, amount: Decimal) -> Result<(), AccountError> {
        let text = amount.to_string();
        let held = self.0.entry(asset).or_default();
        *held = exact_sum(*held, amount)
            .ok_or_else(|| AccountError::field("balance", &text, &"too many digits to be added to the others"))?;
        Ok(())
    }

    /// All of these together: one asset may stand on several pages.
    pub fn of(balances: impl IntoIterator<Item = Balance>) -> Result<Self, AccountError> {
        let mut sum = Self::default();
        for Balance { asset, amount } in balances {
            sum.put(asset, amount)?;
        }
        Ok(sum)
    }

    /// All that is not zero, in the order of its names.
    pub fn balances(self) -> Vec<Balance> {
        let held = self.0.into_iter().filter(|(_, amount)| !amount.is_zero());
        held.map(|(asset, amount)| Balance { asset, amount }).collect()
    }
}
