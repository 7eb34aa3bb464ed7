//! Kraken's private REST. <https://docs.kraken.com/api/docs/guides/spot-rest-auth>
//!
//! - A request is a POST whose form begins with a nonce that must be larger than that of every request before with the same
//!   key. It is the time in milliseconds, as Kraken recommends: whoever shares a key between programs shares the nonce.
//! - `BalanceEx` tells what there is, in orders or not. What earns has a letter behind its name (`DOT.S`) and is the asset
//!   itself, as in the ledger's import.
//! - `GetApiKeyInfo` tells what the key may do and needs no permission of its own.
//!   <https://docs.kraken.com/api-reference/account-data/get-api-key-info>

use super::error::words;
use super::read::{Rows, decimal, query, whole};
use super::signing;
use super::told::{Sum, asset, side};
use super::{AccountError, Ask, Fill, Key, Method, Occasion, Page, Permissions, Position, Private, Signed, Told, What};
use crate::market::{Timestamp, VenueId};
use crate::money::{Decimal, Price, Quantity};
use crate::venue::assets::common_name;
use crate::venue::names::split;
use crate::venue::wire::{Number, Text};
use serde::Deserialize;
use std::time::Duration;

/// Kraken's dialect.
pub struct Kraken;

/// Trades of one page.
const PAGE: usize = 50;

/// What is behind the X of the first coins' old names.
const COINS: [&str; 13] = ["XBT", "XDG", "ETH", "ETC", "LTC", "MLN", "REP", "XLM", "XMR", "XRP", "ZEC", "NMC", "XVN"];

/// What is behind the Z of the first currencies' old names.
const CURRENCIES: [&str; 7] = ["AUD", "CAD", "EUR", "GBP", "JPY", "KRW", "USD"];

/// What pairs are traded against. Longer names stand before those that they end with.
const QUOTES: [&str; 18] = [
    "USDT", "USDC", "USDQ", "USDR", "EURR", "EURQ", "RLUSD", "PYUSD", "USD", "EUR", "GBP", "CAD", "JPY", "AUD", "CHF",
    "XBT", "ETH", "DAI",
];

/// What a key may do without changing anything, beside what begins with `query-`. Whatever else there may come to be is
/// taken for more than that.
const READS: [&str; 2] = ["export-data", "access-websockets"];

#[derive(Deserialize)]
struct Envelope<'a, T> {
    #[serde(borrow, default)]
    error: Vec<Text<'a>>,
    result: Option<T>,
}

#[derive(Deserialize)]
struct Holding<'a> {
    #[serde(borrow)]
    balance: Number<'a>,
}

#[derive(Deserialize)]
struct Trades<'a> {
    #[serde(borrow)]
    trades: Rows<Trade<'a>>,
    count: Option<usize>,
}

#[derive(Deserialize)]
struct Trade<'a> {
    #[serde(borrow)]
    pair: Text<'a>,
    #[serde(borrow)]
    time: Number<'a>,
    #[serde(rename = "type", borrow)]
    side: Text<'a>,
    #[serde(borrow)]
    price: Number<'a>,
    #[serde(borrow)]
    cost: Number<'a>,
    #[serde(borrow)]
    fee: Number<'a>,
    #[serde(borrow)]
    vol: Number<'a>,
    #[serde(borrow)]
    margin: Option<Number<'a>>,
}

#[derive(Deserialize)]
struct Open<'a> {
    #[serde(borrow)]
    pair: Text<'a>,
    #[serde(rename = "type", borrow)]
    side: Text<'a>,
    #[serde(borrow)]
    vol: Number<'a>,
    #[serde(borrow)]
    vol_closed: Number<'a>,
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow)]
    permissions: Vec<Text<'a>>,
}

impl Private for Kraken {
    fn request(&self, ask: &Ask, key: &Key, occasion: Occasion<'_>) -> Result<Signed, AccountError> {
        let mut form = vec![("nonce", occasion.nonce.to_string())];
        let path = match ask.what {
            What::Balances => "/0/private/BalanceEx",
            What::Trades => {
                form.extend(ask.cursor.iter().map(|cursor| ("ofs", cursor.clone())));
                "/0/private/TradesHistory"
            }
            What::Positions => "/0/private/OpenPositions",
            What::Permissions => "/0/private/GetApiKeyInfo",
        };
        let body = query(&form);
        let signature = signing::kraken(key.secret(), path, occasion.nonce, &body)?;
        let headers = [("API-Key", key.id().to_owned()), ("API-Sign", signature)];
        Ok(Signed { method: Method::Post, body, ..Signed::get(path.to_owned(), headers) })
    }

    fn answer(&self, ask: &Ask, status: u16, body: &str) -> Result<Page, AccountError> {
        match ask.what {
            What::Balances => {
                let mut sum = Sum::default();
                for (name, holding) in result::<Rows<Holding<'_>>>(status, body)?.0 {
                    sum.add(common(&name), decimal(&holding.balance, "balance")?)?;
                }
                Ok(Told::Balances(sum.balances()).into())
            }
            What::Trades => {
                let Trades { trades, count } = result(status, body)?;
                let before: usize = ask.cursor.as_deref().and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
                let end = before.saturating_add(trades.0.len());
                let more = !trades.0.is_empty() && count.map_or(trades.0.len() >= PAGE, |count| end < count);
                let fills = trades.0.iter().map(|(id, trade)| fill(id, trade)).collect::<Result<_, _>>()?;
                Ok(Page { told: Told::Trades(fills), next: more.then(|| end.to_string()) })
            }
            What::Positions => {
                let mut positions = Vec::new();
                for (_, open) in result::<Rows<Open<'_>>>(status, body)?.0 {
                    let (all, closed) = (decimal(&open.vol, "vol")?, decimal(&open.vol_closed, "vol_closed")?);
                    let left = crate::money::exact_sum(all, -closed)
                        .ok_or_else(|| AccountError::field("vol", open.vol.text(), &"too many digits"))?;
                    let left = if side(&open.side)? == crate::market::Side::Ask { -left } else { left };
                    positions.extend(Position::new(&open.pair, left, None));
                }
                Ok(Told::Positions(positions).into())
            }
            What::Permissions => {
                let info: Info<'_> = result(status, body)?;
                let withdraws = |name: &str| name.starts_with("withdraw");
                let reads = |name: &str| name.starts_with("query-") || READS.contains(&name);
                let any = |is: &dyn Fn(&str) -> bool| Some(info.permissions.iter().any(|name| is(name)));
                Ok(Told::Permissions(Permissions {
                    read: any(&|name| name == "query-funds"),
                    trade: any(&|name| !reads(name) && !withdraws(name)),
                    withdraw: any(&withdraws),
                    words: info.permissions.iter().map(|permission| words(permission)).collect(),
                })
                .into())
            }
        }
    }

    fn pause(&self) -> Duration {
        // A page of trades counts twice, and the slowest tier forgets a third a second.
        Duration::from_secs(6)
    }

    fn leaves_out(&self) -> &'static str {
        "Kraken Futures' wallets, and what open margin positions are worth"
    }
}

fn result<'a, T: Deserialize<'a>>(status: u16, body: &'a str) -> Result<T, AccountError> {
    let envelope: Envelope<'a, T> = match (whole(body), AccountError::of_status(status, body)) {
        (Ok(envelope), _) => envelope,
        (Err(_), Some(error)) => return Err(error),
        (Err(error), None) => return Err(error),
    };
    if let Some(error) = envelope.error.iter().find(|error| error.starts_with('E')) {
        return Err(refusal(error));
    }
    match (envelope.result, AccountError::of_status(status, body)) {
        (_, Some(error)) => Err(error),
        (Some(result), None) => Ok(result),
        (None, None) => Err(AccountError::unreadable(&"there is no result in it")),
    }
}

/// What an error means. <https://docs.kraken.com/api/docs/guides/spot-errors>
fn refusal(error: &str) -> AccountError {
    let said = words(error);
    match error {
        _ if error.starts_with("EAPI:Invalid key") || error.starts_with("EAPI:Invalid signature") => {
            AccountError::Denied(said)
        }
        _ if error.starts_with("EAPI:Invalid nonce") => AccountError::Clock(said),
        _ if error.starts_with("EGeneral:Permission denied") => AccountError::Forbidden(said),
        _ if error.contains("Rate limit exceeded") || error.contains("Temporary lockout") => {
            AccountError::Overrun { words: said, after: None }
        }
        _ if error.starts_with("EService:") => AccountError::Busy(said),
        _ => AccountError::Refused(said),
    }
}

/// What everyone else calls an asset.
fn common(name: &str) -> &str {
    let plain = match name.rsplit_once('.') {
        Some((plain, "S" | "M" | "F" | "B" | "P" | "T")) => plain,
        _ => name,
    };
    match plain {
        "ETH2" => "ETH",
        "KFEE" => "FEE",
        _ => common_name(VenueId::Kraken, old(plain).unwrap_or(plain)),
    }
}

/// What is behind the letter of an old name.
fn old(name: &str) -> Option<&str> {
    let (letter, rest) = name.split_at_checked(1)?;
    let known = match letter {
        "X" => COINS.contains(&rest),
        "Z" => CURRENCIES.contains(&rest),
        _ => false,
    };
    known.then_some(rest)
}

/// Base and quote of a pair, under their common names. Only pairs of eight letters can be made of old names: `XTZUSD` is
/// Tezos in dollars.
fn pair(name: &str) -> Option<(&str, &str)> {
    let (base, quote) = match name.split_at_checked(4) {
        Some((base, quote)) if old(quote).is_some() && (old(base).is_some() || matches!(base, "USDT" | "USDC")) => {
            (base, quote)
        }
        _ => name.split_once('/').or_else(|| split(name, &QUOTES))?,
    };
    Some((common(base), common(quote)))
}

fn fill(id: &str, trade: &Trade<'_>) -> Result<Fill, AccountError> {
    let (base, quote) =
        pair(&trade.pair).ok_or_else(|| AccountError::field("pair", &trade.pair, &"not a pair that is known"))?;
    let quote = asset(quote)?;
    let margin = trade.margin.as_ref().map(|margin| decimal(margin, "margin")).transpose()?;
    let margin = margin.is_some_and(|margin| !margin.is_zero());
    Ok(Fill {
        id: words(id),
        at: seconds(&trade.time)?,
        base: asset(base)?,
        side: side(&trade.side)?,
        quantity: Quantity::new(decimal(&trade.vol, "vol")?),
        price: Price::new(decimal(&trade.price, "price")?),
        cost: Some(decimal(&trade.cost, "cost")?),
        fee: decimal(&trade.fee, "fee")?,
        fee_asset: quote.clone(),
        position: margin,
        quote,
    })
}

/// A moment in seconds with decimals.
fn seconds(number: &Number<'_>) -> Result<Timestamp, AccountError> {
    let nanos = decimal(number, "time")?.checked_mul(Decimal::from(1_000_000_000)).map(|nanos| nanos.trunc());
    let nanos = nanos.and_then(|nanos| i64::try_from(nanos).ok());
    nanos.map(Timestamp::from_nanos).ok_or_else(|| AccountError::field("time", number.text(), &"not a time"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_and_those_of_what_earns_are_common_ones() {
        for (own, expected) in [
            ("XXBT", "BTC"),
            ("XBT", "BTC"),
            ("XBT.F", "BTC"),
            ("XXDG", "DOGE"),
            ("ZUSD", "USD"),
            ("USD.M", "USD"),
            ("DOT.S", "DOT"),
            ("ETH2.S", "ETH"),
            ("XTZ", "XTZ"),
            ("ZRX", "ZRX"),
            ("XETH", "ETH"),
            ("BABY.X", "BABY.X"),
            ("", ""),
        ] {
            assert_eq!(common(own), expected, "{own}");
        }
    }

    #[test]
    fn pairs_are_split_where_their_names_meet() {
        for (name, expected) in [
            ("XXBTZUSD", ("BTC", "USD")),
            ("XETHXXBT", ("ETH", "BTC")),
            ("XTZUSD", ("XTZ", "USD")),
            ("USDTZUSD", ("USDT", "USD")),
            ("XBTUSDT", ("BTC", "USDT")),
            ("ADAEUR", ("ADA", "EUR")),
            ("SOL/USD", ("SOL", "USD")),
        ] {
            assert_eq!(pair(name), Some(expected), "{name}");
        }
        assert_eq!(pair("USD"), None);
        assert_eq!(pair("ΩΩΩΩ"), None);
    }
}
