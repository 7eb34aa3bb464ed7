//! Bybit's private REST, v5. <https://bybit-exchange.github.io/docs/v5/guide#authentication>
//!
//! - The signature is over time, key, window and query, put together without anything between them.
//! - Balances are those of the unified account. Trades are spot's of the last seven days, for which no time has to be named.
//! - `query-api` tells what the key may do. <https://bybit-exchange.github.io/docs/v5/user/apikey-info>

use super::error::words;
use super::read::{Rows, decimal, moment, query, whole};
use super::signing;
use super::told::{Sum, asset, side};
use super::{AccountError, Ask, Fill, Key, Occasion, Page, Permissions, Position, Private, Signed, Told, What};
use crate::market::Side;
use crate::money::{Price, Quantity};
use crate::venue::bybit::pair;
use crate::venue::wire::{Number, Text};
use serde::Deserialize;

/// Bybit's dialect.
pub struct Bybit;

/// How long a request is good for, in milliseconds.
const GOOD_FOR: &str = "5000";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    ret_code: i64,
    #[serde(borrow, default)]
    ret_msg: Text<'a>,
}

#[derive(Deserialize)]
struct Envelope<T> {
    result: T,
}

#[derive(Deserialize)]
struct List<T> {
    list: Vec<T>,
    #[serde(rename = "nextPageCursor")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Wallet<'a> {
    #[serde(borrow)]
    coin: Vec<Holding<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Holding<'a> {
    #[serde(borrow)]
    coin: Text<'a>,
    #[serde(borrow)]
    wallet_balance: Number<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trade<'a> {
    #[serde(borrow)]
    symbol: Text<'a>,
    #[serde(borrow)]
    side: Text<'a>,
    #[serde(borrow)]
    exec_id: Text<'a>,
    #[serde(borrow)]
    exec_fee: Number<'a>,
    #[serde(borrow)]
    exec_price: Number<'a>,
    #[serde(borrow)]
    exec_qty: Number<'a>,
    #[serde(borrow)]
    exec_value: Option<Number<'a>>,
    #[serde(borrow)]
    exec_time: Number<'a>,
    #[serde(borrow)]
    fee_currency: Option<Text<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Open<'a> {
    #[serde(borrow)]
    symbol: Text<'a>,
    #[serde(borrow)]
    side: Text<'a>,
    #[serde(borrow)]
    size: Number<'a>,
    #[serde(borrow)]
    avg_price: Option<Number<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    read_only: u8,
    permissions: Rows<Vec<String>>,
}

impl Private for Bybit {
    fn request(&self, ask: &Ask, key: &Key, occasion: Occasion<'_>) -> Result<Signed, AccountError> {
        let text = |text: &str| text.to_owned();
        let (path, parameters) = match ask.what {
            What::Balances => ("/v5/account/wallet-balance", vec![("accountType", text("UNIFIED"))]),
            What::Trades => ("/v5/execution/list", vec![("category", text("spot")), ("limit", text("100"))]),
            What::Positions => {
                let linear = vec![("category", text("linear")), ("settleCoin", text("USDT")), ("limit", text("200"))];
                ("/v5/position/list", linear)
            }
            What::Permissions => ("/v5/user/query-api", Vec::new()),
        };
        let mut query = query(&parameters);
        if let Some(cursor) = ask.cursor.as_deref().filter(|_| matches!(ask.what, What::Trades | What::Positions)) {
            // It comes encoded, and goes back as it came.
            let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'%' | b'-' | b'.' | b'_' | b'~');
            if !cursor.bytes().all(sound) {
                return Err(AccountError::field("nextPageCursor", cursor, &"not encoded"));
            }
            query = format!("{query}&cursor={cursor}");
        }
        let now = occasion.now.millis();
        let signature = signing::sha256_hex(key.secret(), &format!("{now}{}{GOOD_FOR}{query}", key.id()));
        let headers = [
            ("X-BAPI-API-KEY", key.id().to_owned()),
            ("X-BAPI-TIMESTAMP", now.to_string()),
            ("X-BAPI-RECV-WINDOW", GOOD_FOR.to_owned()),
            ("X-BAPI-SIGN", signature),
        ];
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        Ok(Signed::get(path, headers))
    }

    fn answer(&self, ask: &Ask, status: u16, body: &str) -> Result<Page, AccountError> {
        match (whole::<Status<'_>>(body), AccountError::of_status(status, body)) {
            (Ok(said), _) if said.ret_code != 0 => return Err(refusal(&said)),
            (_, Some(error)) | (Err(error), None) => return Err(error),
            (Ok(_), None) => {}
        }
        match ask.what {
            What::Balances => {
                let mut sum = Sum::default();
                let wallets = whole::<Envelope<List<Wallet<'_>>>>(body)?.result.list;
                for holding in wallets.iter().flat_map(|wallet| &wallet.coin) {
                    sum.add(&holding.coin, decimal(&holding.wallet_balance, "walletBalance")?)?;
                }
                Ok(Told::Balances(sum.balances()).into())
            }
            What::Trades => {
                let List { list, next } = whole::<Envelope<List<Trade<'_>>>>(body)?.result;
                let fills = list.iter().map(fill).collect::<Result<Vec<_>, _>>()?;
                let next = next.filter(|cursor| !cursor.is_empty() && !fills.is_empty());
                Ok(Page { told: Told::Trades(fills), next })
            }
            What::Positions => {
                let List { list, next } = whole::<Envelope<List<Open<'_>>>>(body)?.result;
                let mut positions = Vec::new();
                for open in &list {
                    let size = decimal(&open.size, "size")?;
                    // An empty position has no side.
                    if !size.is_zero() {
                        let signed = if side(&open.side)? == Side::Ask { -size } else { size };
                        let price = open.avg_price.as_ref().filter(|price| !price.text().is_empty());
                        let price = price.map(|price| decimal(price, "avgPrice")).transpose()?.map(Price::new);
                        positions.extend(Position::new(&open.symbol, signed, price));
                    }
                }
                let next = next.filter(|cursor| !cursor.is_empty() && !list.is_empty());
                Ok(Page { told: Told::Positions(positions), next })
            }
            What::Permissions => {
                let Info { read_only, permissions } = whole::<Envelope<Info>>(body)?.result;
                let granted =
                    permissions.0.iter().flat_map(|(group, names)| names.iter().map(move |name| (group, name)));
                let granted: Vec<_> = granted.collect();
                let writes = read_only == 0;
                Ok(Told::Permissions(Permissions {
                    read: Some(true),
                    trade: Some(writes && granted.iter().any(|(_, name)| *name != "Withdraw")),
                    withdraw: Some(writes && granted.iter().any(|(_, name)| *name == "Withdraw")),
                    words: granted.into_iter().map(|(group, name)| words(&format!("{group}: {name}"))).collect(),
                })
                .into())
            }
        }
    }

    fn leaves_out(&self) -> &'static str {
        "the funding account, earn, and what open positions are worth"
    }
}

/// What an error means. <https://bybit-exchange.github.io/docs/v5/error>
fn refusal(status: &Status<'_>) -> AccountError {
    let said = format!("{} {}", status.ret_code, words(&status.ret_msg));
    match status.ret_code {
        10_003 | 10_004 | 10_007 | 33_004 => AccountError::Denied(said),
        10_005 | 10_010 => AccountError::Forbidden(said),
        10_002 => AccountError::Clock(said),
        10_006 | 10_018 => AccountError::Overrun { words: said, after: None },
        10_000 | 10_016 | 10_019 => AccountError::Busy(said),
        _ => AccountError::Refused(said),
    }
}

fn fill(trade: &Trade<'_>) -> Result<Fill, AccountError> {
    let symbol = pair(&trade.symbol).ok_or_else(|| AccountError::field("symbol", &trade.symbol, &"not a pair"))?;
    let side = side(&trade.side)?;
    let fee = decimal(&trade.exec_fee, "execFee")?;
    let fee_asset = match trade.fee_currency.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => name,
        None if fee.is_zero() => symbol.quote(),
        None => return Err(AccountError::field("feeCurrency", "", &"a fee is paid in something")),
    };
    Ok(Fill {
        id: words(&trade.exec_id),
        at: moment(&trade.exec_time, "execTime")?,
        base: asset(symbol.base())?,
        quote: asset(symbol.quote())?,
        side,
        quantity: Quantity::new(decimal(&trade.exec_qty, "execQty")?),
        price: Price::new(decimal(&trade.exec_price, "execPrice")?),
        cost: trade.exec_value.as_ref().map(|value| decimal(value, "execValue")).transpose()?,
        fee,
        fee_asset: asset(fee_asset)?,
        position: false,
    })
}
