//! OKX's private REST, v5. <https://www.okx.com/docs-v5/en/#overview-rest-authentication>
//!
//! - The signature is over time, method, path with its query, and body; the key has a passphrase of its own.
//! - Balances are those of the trading account, in cash: what positions would bring is not in them.
//! - `account/config` tells what the key may do, in one line such as `read_only,trade`.

use super::error::words;
use super::read::{decimal, moment, query, whole};
use super::signing;
use super::told::{Sum, asset, side};
use super::{AccountError, Ask, Fill, Key, Occasion, Page, Permissions, Position, Private, Signed, Told, What};
use crate::money::{Price, Quantity};
use crate::venue::wire::{Number, Text};
use serde::Deserialize;

/// OKX's dialect.
pub struct Okx;

/// Trades of one page; no more are given.
const PAGE: usize = 100;

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    code: Number<'a>,
    #[serde(borrow, default)]
    msg: Text<'a>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Vec<T>,
}

#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow)]
    details: Vec<Holding<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Holding<'a> {
    #[serde(borrow)]
    ccy: Text<'a>,
    #[serde(borrow)]
    cash_bal: Number<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trade<'a> {
    #[serde(borrow)]
    inst_id: Text<'a>,
    #[serde(borrow)]
    trade_id: Text<'a>,
    #[serde(borrow)]
    bill_id: Text<'a>,
    #[serde(borrow)]
    side: Text<'a>,
    #[serde(borrow)]
    fill_px: Number<'a>,
    #[serde(borrow)]
    fill_sz: Number<'a>,
    #[serde(borrow)]
    fee: Number<'a>,
    #[serde(borrow)]
    fee_ccy: Text<'a>,
    #[serde(borrow)]
    ts: Number<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Open<'a> {
    #[serde(borrow)]
    inst_id: Text<'a>,
    #[serde(borrow)]
    pos_side: Text<'a>,
    #[serde(borrow)]
    pos: Number<'a>,
    #[serde(borrow)]
    avg_px: Option<Number<'a>>,
}

#[derive(Deserialize)]
struct Config<'a> {
    #[serde(borrow)]
    perm: Text<'a>,
}

impl Private for Okx {
    fn request(&self, ask: &Ask, key: &Key, occasion: Occasion<'_>) -> Result<Signed, AccountError> {
        let passphrase = key.passphrase().ok_or(AccountError::Key("OKX wants the passphrase of the key, too"))?;
        let path = match ask.what {
            What::Balances => "/api/v5/account/balance".to_owned(),
            What::Trades => {
                let mut parameters = vec![("instType", "SPOT".to_owned()), ("limit", PAGE.to_string())];
                parameters.extend(ask.cursor.iter().map(|cursor| ("after", cursor.clone())));
                format!("/api/v5/trade/fills-history?{}", query(&parameters))
            }
            What::Positions => "/api/v5/account/positions".to_owned(),
            What::Permissions => "/api/v5/account/config".to_owned(),
        };
        let now = jiff::Timestamp::from_millisecond(occasion.now.millis())
            .map_err(|_| AccountError::Ask("the time is none that can be written"))?
            .strftime("%Y-%m-%dT%H:%M:%S.%3fZ")
            .to_string();
        let headers = [
            ("OK-ACCESS-KEY", key.id().to_owned()),
            ("OK-ACCESS-SIGN", signing::sha256_base64(key.secret(), &format!("{now}GET{path}"))),
            ("OK-ACCESS-TIMESTAMP", now),
            ("OK-ACCESS-PASSPHRASE", passphrase.to_owned()),
        ];
        Ok(Signed::get(path, headers))
    }

    fn answer(&self, ask: &Ask, status: u16, body: &str) -> Result<Page, AccountError> {
        match (whole::<Status<'_>>(body), AccountError::of_status(status, body)) {
            (Ok(said), _) if said.code.text() != "0" => return Err(refusal(&said)),
            (_, Some(error)) | (Err(error), None) => return Err(error),
            (Ok(_), None) => {}
        }
        match ask.what {
            What::Balances => {
                let mut sum = Sum::default();
                let accounts = whole::<Envelope<Account<'_>>>(body)?.data;
                for holding in accounts.iter().flat_map(|account| &account.details) {
                    sum.add(&holding.ccy, decimal(&holding.cash_bal, "cashBal")?)?;
                }
                Ok(Told::Balances(sum.balances()).into())
            }
            What::Trades => {
                let trades = whole::<Envelope<Trade<'_>>>(body)?.data;
                let fills = trades.iter().map(fill).collect::<Result<_, _>>()?;
                let next = trades.last().filter(|_| trades.len() >= PAGE).map(|last| last.bill_id.to_string());
                Ok(Page { told: Told::Trades(fills), next })
            }
            What::Positions => {
                let mut positions = Vec::new();
                for open in whole::<Envelope<Open<'_>>>(body)?.data {
                    let size = decimal(&open.pos, "pos")?;
                    // A net position has its sign, and one of two sides does not.
                    let signed = if open.pos_side == "short" { -size.abs() } else { size };
                    let price = open.avg_px.as_ref().filter(|price| !price.text().is_empty());
                    let price = price.map(|price| decimal(price, "avgPx")).transpose()?.map(Price::new);
                    positions.extend(Position::new(&open.inst_id, signed, price));
                }
                Ok(Told::Positions(positions).into())
            }
            What::Permissions => {
                let configs = whole::<Envelope<Config<'_>>>(body)?.data;
                let config = configs.first().ok_or_else(|| AccountError::unreadable(&"it tells of no account"))?;
                let granted: Vec<&str> = config.perm.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
                Ok(Told::Permissions(Permissions {
                    read: Some(granted.contains(&"read_only")),
                    trade: Some(granted.contains(&"trade")),
                    withdraw: Some(granted.contains(&"withdraw")),
                    words: granted.into_iter().map(words).collect(),
                })
                .into())
            }
        }
    }

    fn leaves_out(&self) -> &'static str {
        "the funding account, earn, and what open positions are worth"
    }
}

/// What an error means. <https://www.okx.com/docs-v5/en/#error-code>
fn refusal(status: &Status<'_>) -> AccountError {
    let said = words(&format!("{} {}", status.code.text(), status.msg));
    match status.code.text() {
        "50100" | "50101" | "50103" | "50104" | "50105" | "50106" | "50111" | "50113" | "50119" => {
            AccountError::Denied(said)
        }
        "50110" | "50114" | "50120" => AccountError::Forbidden(said),
        "50102" | "50107" | "50112" => AccountError::Clock(said),
        "50011" | "50061" => AccountError::Overrun { words: said, after: None },
        "50001" | "50004" | "50013" | "50026" => AccountError::Busy(said),
        _ => AccountError::Refused(said),
    }
}

fn fill(trade: &Trade<'_>) -> Result<Fill, AccountError> {
    let (base, quote) =
        trade.inst_id.split_once('-').ok_or_else(|| AccountError::field("instId", &trade.inst_id, &"not a pair"))?;
    Ok(Fill {
        // One trade fills two orders of the same account when it trades with itself; their bills are two.
        id: words(&format!("{}-{}", trade.trade_id, trade.bill_id)),
        at: moment(&trade.ts, "ts")?,
        base: asset(base)?,
        quote: asset(quote)?,
        side: side(&trade.side)?,
        quantity: Quantity::new(decimal(&trade.fill_sz, "fillSz")?),
        price: Price::new(decimal(&trade.fill_px, "fillPx")?),
        cost: None,
        // OKX writes what was paid below zero.
        fee: -decimal(&trade.fee, "fee")?,
        fee_asset: asset(&trade.fee_ccy)?,
        position: false,
    })
}
