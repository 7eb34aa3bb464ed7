//! An entry as it is written down: one flat object, a leg a text such as `BTC 0.5`, `USD -12.5 fee`.
//!
//! Flat and short, because a ledger of a million entries is read at every start.

use super::{Account, Entry, EntryId, Kind, Leg};
use crate::market::Timestamp;
use crate::money::{Asset, Price, Quantity, plain};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt::Write;

/// The longest text of a leg that is read: an asset, a number of 28 digits, a word.
const LONGEST_LEG: usize = 96;

/// A text of a list, lent by the line that it stands in: a list of [`Cow`] alone would copy each.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Serialize, Deserialize)]
pub(super) struct Written<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    account: Cow<'a, str>,
    at: Timestamp,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    legs: Vec<Text<'a>>,
    /// What a correction corrects.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    of: Option<Cow<'a, str>>,
    /// Of a subscription or redemption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    units: Option<Quantity>,
    /// Of a price: what, how much, in what, until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    asset: Option<Asset>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<Price>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    currency: Option<Asset>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    note: Option<Cow<'a, str>>,
}

impl<'a> From<&'a Entry> for Written<'a> {
    fn from(entry: &'a Entry) -> Self {
        let mut written = Self {
            id: entry.id.as_str().into(),
            account: entry.account.as_str().into(),
            at: entry.at,
            kind: entry.kind.name().into(),
            legs: entry.legs.iter().map(|leg| Text(text(leg).into())).collect(),
            of: None,
            units: None,
            asset: None,
            price: None,
            currency: None,
            until: None,
            note: entry.note.as_deref().map(Cow::from),
        };
        match &entry.kind {
            Kind::Correction { of } => written.of = Some(of.as_str().into()),
            Kind::Subscription { units } | Kind::Redemption { units } => written.units = Some(*units),
            Kind::Price { asset, price, currency, until } => {
                written.asset = Some(asset.clone());
                written.price = Some(*price);
                written.currency = Some(currency.clone());
                written.until = *until;
            }
            _ => {}
        }
        written
    }
}

impl TryFrom<Written<'_>> for Entry {
    type Error = String;

    fn try_from(written: Written<'_>) -> Result<Self, String> {
        let missing = || format!("a {} lacks what it must say", written.kind);
        let kind = match written.kind.as_ref() {
            "trade" => Kind::Trade,
            "deposit" => Kind::Deposit,
            "withdrawal" => Kind::Withdrawal,
            "transfer" => Kind::Transfer,
            "fee" => Kind::Fee,
            "reward" => Kind::Reward,
            "dividend" => Kind::Dividend,
            "borrow" => Kind::Borrow,
            "repay" => Kind::Repay,
            "settlement" => Kind::Settlement,
            "subscription" => Kind::Subscription { units: written.units.ok_or_else(missing)? },
            "redemption" => Kind::Redemption { units: written.units.ok_or_else(missing)? },
            "correction" => {
                let of = written.of.as_deref().ok_or_else(missing)?;
                Kind::Correction { of: EntryId::new(of).map_err(|error| error.to_string())? }
            }
            "price" => Kind::Price {
                asset: written.asset.clone().ok_or_else(missing)?,
                price: written.price.ok_or_else(missing)?,
                currency: written.currency.clone().ok_or_else(missing)?,
                until: written.until,
            },
            other => return Err(format!("no kind of entry is called {}", crate::market::printable(other))),
        };
        Ok(Self {
            id: EntryId::new(&written.id).map_err(|error| error.to_string())?,
            account: Account::new(&written.account).map_err(|error| error.to_string())?,
            at: written.at,
            kind,
            legs: written.legs.iter().map(|Text(text)| leg(text)).collect::<Result<_, _>>()?,
            note: written.note.map(Cow::into_owned),
        })
    }
}

fn text(leg: &Leg) -> String {
    let mut text = format!("{} ", leg.asset);
    // Writing to a string cannot fail.
    let _ = write!(text, "{}{}", plain(leg.amount.get()), if leg.fee { " fee" } else { "" });
    text
}

fn leg(text: &str) -> Result<Leg, String> {
    let wrong = || format!("{:?} is no leg", crate::market::printable(text).chars().take(40).collect::<String>());
    let mut words = text.split(' ');
    let (Some(asset), Some(amount), fee, None) = (words.next(), words.next(), words.next(), words.next()) else {
        return Err(wrong());
    };
    if text.len() > LONGEST_LEG || fee.is_some_and(|word| word != "fee") {
        return Err(wrong());
    }
    let (asset, amount) = (Asset::new(asset).map_err(|_| wrong())?, amount.parse().map_err(|_| wrong())?);
    Ok(Leg { asset, amount, fee: fee.is_some() })
}
