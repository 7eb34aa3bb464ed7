//! One row of a table of payments, and the columns that it is read by.

use super::super::{AmountError, Payment, What, amount, recipient};
use super::{RowError, Trouble};
use crate::market::printable;
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;

/// The digits behind the point of every chain's own coin.
const COIN: u8 = 18;

/// The most of a text that an error repeats.
const SHOWN: usize = 32;

/// The columns, as the app calls them.
const NAMES: [&str; 5] = ["token_type", "token_address", "receiver", "amount", "id"];

/// What a row pays with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The chain's own coin.
    Native,
    /// A token.
    Erc20(Address),
    /// A token that is not like the others: the contract, and which one.
    Erc721(Address, U256),
    /// One kind of several: the contract, and which kind.
    Erc1155(Address, U256),
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What it pays with.
    pub kind: Kind,
    /// Whom it pays.
    pub to: Address,
    /// How much, as it was written; printable.
    pub amount: String,
    /// Whether all its addresses carried their checksums.
    pub checked: bool,
}

/// Where each column stands.
pub(super) struct Columns {
    places: [Option<usize>; 5],
    width: usize,
}

/// A field of the row that is read.
struct Field<'a> {
    name: &'static str,
    line: u64,
    text: &'a str,
}

impl Columns {
    /// Reads the header.
    pub fn of(header: &csv::StringRecord, line: u64) -> Result<Self, RowError> {
        let mut places = [None; 5];
        for (at, text) in header.iter().enumerate() {
            let known = NAMES.iter().zip(places.iter_mut()).find(|(name, _)| name.eq_ignore_ascii_case(text));
            let Some((name, place)) = known else {
                return Err(RowError { line, column: None, trouble: Trouble::Column(shown(text)) });
            };
            if place.replace(at).is_some() {
                return Err(RowError { line, column: Some(name), trouble: Trouble::Twice });
            }
        }
        let columns = Self { places, width: header.len() };
        let [_, token, receiver, amount, _] = columns.places;
        for (name, place) in [("token_address", token), ("receiver", receiver), ("amount", amount)] {
            if place.is_none() {
                return Err(RowError { line, column: Some(name), trouble: Trouble::Missing });
            }
        }
        Ok(columns)
    }

    /// Reads a row.
    pub fn row(&self, record: &csv::StringRecord, line: u64, chain_id: U256) -> Result<Row, RowError> {
        let (expected, found) = (self.width, record.len());
        if expected != found {
            return Err(RowError { line, column: None, trouble: Trouble::Fields { expected, found } });
        }
        let mut names = NAMES.iter().zip(&self.places).map(|(name, place)| {
            let text = place.and_then(|place| record.get(place)).unwrap_or_default();
            Field { name, line, text }
        });
        let fields = (names.next(), names.next(), names.next(), names.next(), names.next());
        let (Some(kind), Some(token), Some(receiver), Some(amount), Some(id)) = fields else {
            return Err(RowError { line, column: None, trouble: Trouble::Form });
        };
        let mut checked = true;
        let mut address = |field: &Field<'_>| {
            let written = recipient(field.text, chain_id).map_err(|error| field.wrong(Trouble::of(error)))?;
            checked = checked && written.checked;
            match written.address.is_zero() {
                true => Err(field.wrong(Trouble::Nobody)),
                false => Ok(written.address),
            }
        };
        // The contract of the token; the coin has none.
        let named = (!token.text.is_empty()).then(|| address(&token)).transpose()?;
        let needed = || named.ok_or_else(|| token.wrong(Trouble::Missing));
        let kind = match kind.text.to_ascii_lowercase().as_str() {
            "" | "erc20" => named.map_or(Kind::Native, Kind::Erc20),
            "native" if named.is_some() => return Err(token.wrong(Trouble::Spare)),
            "native" => Kind::Native,
            "erc721" => Kind::Erc721(needed()?, id.whole()?),
            "erc1155" => Kind::Erc1155(needed()?, id.whole()?),
            _ => return Err(kind.wrong(Trouble::Kind(shown(kind.text)))),
        };
        if matches!(kind, Kind::Native | Kind::Erc20(_)) && !id.text.is_empty() {
            return Err(id.wrong(Trouble::Spare));
        }
        let to = address(&receiver)?;
        if named == Some(to) {
            return Err(receiver.wrong(Trouble::TokenItself));
        }
        let text = shown_whole(amount.text).ok_or_else(|| amount.wrong(Trouble::Amount(AmountError::Form)))?;
        let row = Row { line, kind, to, amount: text, checked };
        // What can be said without the decimals is said at once.
        match kind {
            Kind::Erc20(_) => row.units(u8::MAX).map(|_| ()).or_else(large_is_open)?,
            _ => drop(row.payment(&BTreeMap::new())?),
        }
        Ok(row)
    }
}

/// An amount that is too large with the most decimals there could be, is perhaps not with fewer.
fn large_is_open(error: RowError) -> Result<(), RowError> {
    match error.trouble {
        Trouble::Amount(AmountError::Large) => Ok(()),
        _ => Err(error),
    }
}

impl Field<'_> {
    fn wrong(&self, trouble: Trouble) -> RowError {
        RowError { line: self.line, column: Some(self.name), trouble }
    }

    fn whole(&self) -> Result<U256, RowError> {
        amount(self.text, 0).map_err(|_| self.wrong(Trouble::Id))
    }
}

impl Row {
    /// The payment that it stands for.
    pub fn payment(&self, decimals: &BTreeMap<Address, u8>) -> Result<Payment, RowError> {
        let wrong = |column, trouble| RowError { line: self.line, column: Some(column), trouble };
        let what = match self.kind {
            Kind::Native => What::Coin { amount: self.units(COIN)? },
            Kind::Erc20(token) => {
                let known = decimals.get(&token).copied();
                let decimals = known.ok_or_else(|| wrong("token_address", Trouble::Decimals(token)))?;
                What::Token { token, amount: self.units(decimals)? }
            }
            Kind::Erc721(token, id) => match self.amount.is_empty() || self.units(0)? == U256::ONE {
                true => What::Item { token, id },
                false => return Err(wrong("amount", Trouble::One)),
            },
            Kind::Erc1155(token, id) => What::Items { token, id, amount: self.units(0)? },
        };
        Ok(Payment { what, to: self.to })
    }

    /// The amount in the smallest unit.
    fn units(&self, decimals: u8) -> Result<U256, RowError> {
        let wrong = |trouble| RowError { line: self.line, column: Some("amount"), trouble };
        match amount(&self.amount, decimals) {
            Ok(U256::ZERO) => Err(wrong(Trouble::Nothing)),
            Ok(units) => Ok(units),
            Err(error) => Err(wrong(Trouble::Amount(error))),
        }
    }
}

/// A text that an error repeats.
fn shown(text: &str) -> String {
    printable(&text.chars().take(SHOWN).collect::<String>()).into_owned()
}

/// A text that is printable as it stands.
fn shown_whole(text: &str) -> Option<String> {
    text.bytes().all(|byte| byte.is_ascii_graphic()).then(|| text.to_owned())
}
