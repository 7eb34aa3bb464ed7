//! Binance's private REST for spot. <https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security>
//!
//! - A request carries its time, how long it is good for, and the HMAC of its whole query as the last parameter.
//! - Trades are listed by instrument only, from an id upwards.
//! - `apiRestrictions` tells what the key may do. <https://developers.binance.com/docs/wallet/account/api-key-permission>

use super::error::words;
use super::read::{Rows, decimal, moment, query, whole};
use super::signing;
use super::told::{Sum, asset, side};
use super::{AccountError, Ask, Fill, Key, Occasion, Page, Permissions, Private, Signed, Told, What};
use crate::money::{Price, Quantity};
use crate::venue::wire::{Number, Text};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Binance's dialect.
pub struct Binance;

/// Trades of one page; no more are given.
const PAGE: usize = 1_000;

/// How long a request is good for, in milliseconds.
const GOOD_FOR: u32 = 5_000;

/// What a key may do without changing anything.
const READS: [&str; 2] = ["enableReading", "enableFixReadOnly"];

#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow)]
    balances: Vec<Holding<'a>>,
}

#[derive(Deserialize)]
struct Holding<'a> {
    #[serde(borrow)]
    asset: Text<'a>,
    #[serde(borrow)]
    free: Number<'a>,
    #[serde(borrow)]
    locked: Number<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trade<'a> {
    id: u64,
    #[serde(borrow)]
    price: Number<'a>,
    #[serde(borrow)]
    qty: Number<'a>,
    #[serde(borrow)]
    quote_qty: Number<'a>,
    #[serde(borrow)]
    commission: Number<'a>,
    #[serde(borrow)]
    commission_asset: Text<'a>,
    #[serde(borrow)]
    time: Number<'a>,
    is_buyer: bool,
}

#[derive(Deserialize)]
struct Fault<'a> {
    code: i64,
    #[serde(borrow)]
    msg: Text<'a>,
}

impl Private for Binance {
    fn request(&self, ask: &Ask, key: &Key, occasion: Occasion<'_>) -> Result<Signed, AccountError> {
        let mut parameters = Vec::new();
        let path = match ask.what {
            What::Balances => {
                parameters.push(("omitZeroBalances", "true".to_owned()));
                "/api/v3/account"
            }
            What::Trades => {
                let symbol = ask.symbol.as_ref().ok_or(AccountError::Ask("Binance lists trades by symbol only"))?;
                parameters.push(("symbol", format!("{}{}", symbol.base(), symbol.quote())));
                parameters.push(("fromId", ask.cursor.clone().unwrap_or_else(|| "0".to_owned())));
                parameters.push(("limit", PAGE.to_string()));
                "/api/v3/myTrades"
            }
            What::Positions => return Err(AccountError::Ask("Binance spot has no positions")),
            What::Permissions => "/sapi/v1/account/apiRestrictions",
        };
        parameters.push(("recvWindow", GOOD_FOR.to_string()));
        parameters.push(("timestamp", occasion.now.millis().to_string()));
        let query = query(&parameters);
        let signature = signing::sha256_hex(key.secret(), &query);
        let headers = [("X-MBX-APIKEY", key.id().to_owned())];
        Ok(Signed::get(format!("{path}?{query}&signature={signature}"), headers))
    }

    fn answer(&self, ask: &Ask, status: u16, body: &str) -> Result<Page, AccountError> {
        if let Some(error) = AccountError::of_status(status, body) {
            return Err(whole::<Fault<'_>>(body).map_or(error, |fault| refusal(&fault, status)));
        }
        match ask.what {
            What::Balances => {
                let mut sum = Sum::default();
                for holding in whole::<Account<'_>>(body)?.balances {
                    sum.add(&holding.asset, decimal(&holding.free, "free")?)?;
                    sum.add(&holding.asset, decimal(&holding.locked, "locked")?)?;
                }
                Ok(Told::Balances(sum.balances()).into())
            }
            What::Trades => {
                let trades: Vec<Trade<'_>> = whole(body)?;
                let last = trades.iter().map(|trade| trade.id).max().filter(|_| trades.len() >= PAGE);
                let fills = trades.iter().map(|trade| fill(ask, trade)).collect::<Result<_, _>>()?;
                let next = last.and_then(|id| id.checked_add(1)).map(|id| id.to_string());
                Ok(Page { told: Told::Trades(fills), next })
            }
            What::Positions => Err(AccountError::Ask("Binance spot has no positions")),
            What::Permissions => permissions(&whole(body)?).map(|told| Told::Permissions(told).into()),
        }
    }

    fn lists_by_symbol(&self) -> bool {
        true
    }

    fn leaves_out(&self) -> &'static str {
        "the wallets for funding, margin, futures and earn"
    }
}

/// What an error means. <https://developers.binance.com/docs/binance-spot-api-docs/errors>
fn refusal(fault: &Fault<'_>, status: u16) -> AccountError {
    let said = format!("{} {}", fault.code, words(&fault.msg));
    match fault.code {
        // The address from which it is asked is checked together with the key.
        -2014 | -2015 | -1022 => AccountError::Denied(said),
        -1002 => AccountError::Forbidden(said),
        -1021 => AccountError::Clock(said),
        -1003 => AccountError::Overrun { words: said, after: None },
        _ if matches!(status, 418 | 429) => AccountError::Overrun { words: said, after: None },
        -1000 | -1001 | -1004 | -1008..=-1006 | -1016 => AccountError::Busy(said),
        _ => AccountError::Refused(said),
    }
}

fn fill(ask: &Ask, trade: &Trade<'_>) -> Result<Fill, AccountError> {
    let symbol = ask.symbol.as_ref().ok_or(AccountError::Ask("Binance lists trades by symbol only"))?;
    Ok(Fill {
        // Ids are counted for each instrument.
        id: format!("{}{}-{}", symbol.base(), symbol.quote(), trade.id),
        at: moment(&trade.time, "time")?,
        base: asset(symbol.base())?,
        quote: asset(symbol.quote())?,
        side: side(if trade.is_buyer { "buy" } else { "sell" })?,
        quantity: Quantity::new(decimal(&trade.qty, "qty")?),
        price: Price::new(decimal(&trade.price, "price")?),
        cost: Some(decimal(&trade.quote_qty, "quoteQty")?),
        fee: decimal(&trade.commission, "commission")?,
        fee_asset: asset(&trade.commission_asset)?,
        position: false,
    })
}

fn permissions(rows: &Rows<&RawValue>) -> Result<Permissions, AccountError> {
    let switch = |name: &'static str| match rows.0.iter().find(|(row, _)| row == name).map(|(_, value)| value.get()) {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        other => Err(AccountError::field(name, other.unwrap_or_default(), &"neither true nor false")),
    };
    let on: Vec<&str> = rows
        .0
        .iter()
        .filter(|(name, value)| value.get() == "true" && (name.starts_with("enable") || name.starts_with("permits")))
        .map(|(name, _)| name.as_str())
        .collect();
    let withdraw = switch("enableWithdrawals")?;
    Ok(Permissions {
        read: Some(switch("enableReading")?),
        trade: Some(on.iter().any(|name| *name != "enableWithdrawals" && !READS.contains(name))),
        withdraw: Some(withdraw),
        words: on.into_iter().map(words).collect(),
    })
}
