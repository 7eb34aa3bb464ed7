//! Coinbase Advanced Trade's private REST.
//! <https://docs.cdp.coinbase.com/coinbase-app/authentication-authorization/api-key-authentication>
//!
//! - A request carries a token that is good for two minutes and for its method, host and path alone.
//! - The key's name is `organizations/…/apiKeys/…` or a bare id; its secret is a P-256 key in PEM, or an Ed25519 key.
//! - What is held for orders is not in the available balance and is added to it.

use super::error::words;
use super::read::{decimal, query, whole};
use super::signing::{Signer, random};
use super::told::{Sum, asset, side};
use super::{AccountError, Ask, Fill, Key, Occasion, Page, Permissions, Position, Private, Signed, Told, What};
use crate::market::{Contract, Side};
use crate::money::{Decimal, Price, Quantity};
use crate::venue::coinbase::product;
use crate::venue::wire::{Number, Text};
use serde::Deserialize;
use serde_json::json;

/// Coinbase's dialect.
pub struct Coinbase;

/// The host that tokens are made for, wherever they are sent.
const HOST: &str = "api.coinbase.com";

/// How long a token is good for, in seconds.
const GOOD_FOR: i64 = 120;

/// Things of one page.
const PAGE: u32 = 250;

#[derive(Deserialize)]
struct Accounts<'a> {
    #[serde(borrow)]
    accounts: Vec<Account<'a>>,
    #[serde(default)]
    has_next: bool,
    #[serde(borrow, default)]
    cursor: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Account<'a> {
    #[serde(borrow)]
    currency: Text<'a>,
    #[serde(borrow)]
    available_balance: Amount<'a>,
    #[serde(borrow)]
    hold: Option<Amount<'a>>,
}

#[derive(Deserialize)]
struct Amount<'a> {
    #[serde(borrow)]
    value: Number<'a>,
}

#[derive(Deserialize)]
struct Fills<'a> {
    #[serde(borrow)]
    fills: Vec<Trade<'a>>,
    #[serde(borrow, default)]
    cursor: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct Trade<'a> {
    #[serde(borrow)]
    entry_id: Text<'a>,
    #[serde(borrow)]
    trade_time: Text<'a>,
    #[serde(borrow)]
    product_id: Text<'a>,
    #[serde(borrow)]
    side: Text<'a>,
    #[serde(borrow)]
    price: Number<'a>,
    #[serde(borrow)]
    size: Number<'a>,
    #[serde(default)]
    size_in_quote: bool,
    #[serde(borrow)]
    commission: Number<'a>,
}

#[derive(Deserialize)]
struct Positions<'a> {
    #[serde(borrow)]
    positions: Vec<Open<'a>>,
}

#[derive(Deserialize)]
struct Open<'a> {
    #[serde(borrow)]
    product_id: Text<'a>,
    #[serde(borrow)]
    side: Text<'a>,
    #[serde(borrow)]
    number_of_contracts: Number<'a>,
}

#[derive(Deserialize)]
struct May {
    can_view: bool,
    can_trade: bool,
    can_transfer: bool,
}

#[derive(Deserialize)]
struct Fault<'a> {
    #[serde(borrow, default)]
    message: Text<'a>,
}

impl Private for Coinbase {
    fn request(&self, ask: &Ask, key: &Key, occasion: Occasion<'_>) -> Result<Signed, AccountError> {
        let path = match ask.what {
            What::Balances => "/api/v3/brokerage/accounts",
            What::Trades => "/api/v3/brokerage/orders/historical/fills",
            What::Positions => "/api/v3/brokerage/cfm/positions",
            What::Permissions => "/api/v3/brokerage/key_permissions",
        };
        let mut parameters = Vec::new();
        if matches!(ask.what, What::Balances | What::Trades) {
            parameters.push(("limit", PAGE.to_string()));
            parameters.extend(ask.cursor.iter().map(|cursor| ("cursor", cursor.clone())));
        }
        let signer = Signer::new(key.secret(), occasion.chance)?;
        let header = json!({
            "alg": signer.algorithm(), "typ": "JWT", "kid": key.id(), "nonce": random(occasion.chance)?,
        });
        let now = occasion.now.secs();
        let claims = json!({
            "iss": "cdp", "sub": key.id(), "nbf": now, "exp": now.saturating_add(GOOD_FOR),
            "uri": format!("GET {HOST}{path}"),
        });
        let token = signer.token(&header, &claims, occasion.chance)?;
        let path = if parameters.is_empty() { path.to_owned() } else { format!("{path}?{}", query(&parameters)) };
        let headers = [("Authorization", format!("Bearer {token}"))];
        Ok(Signed::get(path, headers))
    }

    fn answer(&self, ask: &Ask, status: u16, body: &str) -> Result<Page, AccountError> {
        if let Some(error) = AccountError::of_status(status, body) {
            let said = whole::<Fault<'_>>(body).ok().filter(|fault| !fault.message.is_empty());
            return Err(said.and_then(|fault| AccountError::of_status(status, &fault.message)).unwrap_or(error));
        }
        match ask.what {
            What::Balances => {
                let page: Accounts<'_> = whole(body)?;
                let mut sum = Sum::default();
                for account in &page.accounts {
                    sum.add(&account.currency, decimal(&account.available_balance.value, "available_balance")?)?;
                    if let Some(hold) = &account.hold {
                        sum.add(&account.currency, decimal(&hold.value, "hold")?)?;
                    }
                }
                let next = next(page.cursor.as_deref().filter(|_| page.has_next));
                if page.has_next && next.is_none() {
                    return Err(AccountError::unreadable(&"there is more, and no cursor to it"));
                }
                Ok(Page { told: Told::Balances(sum.balances()), next })
            }
            What::Trades => {
                let page: Fills<'_> = whole(body)?;
                let fills = page.fills.iter().map(fill).collect::<Result<Vec<_>, _>>()?;
                let next = next(page.cursor.as_deref().filter(|_| !fills.is_empty()));
                Ok(Page { told: Told::Trades(fills), next })
            }
            What::Positions => {
                let mut positions = Vec::new();
                for open in whole::<Positions<'_>>(body)?.positions {
                    let contracts = decimal(&open.number_of_contracts, "number_of_contracts")?;
                    let signed = if side(&open.side)? == Side::Ask { -contracts } else { contracts };
                    positions.extend(Position::new(&open.product_id, signed, None));
                }
                Ok(Told::Positions(positions).into())
            }
            What::Permissions => {
                let May { can_view, can_trade, can_transfer } = whole(body)?;
                let words = [(can_view, "view"), (can_trade, "trade"), (can_transfer, "transfer")];
                Ok(Told::Permissions(Permissions {
                    read: Some(can_view),
                    trade: Some(can_trade),
                    withdraw: Some(can_transfer),
                    words: words.into_iter().filter(|(may, _)| *may).map(|(_, word)| word.to_owned()).collect(),
                })
                .into())
            }
        }
    }

    fn leaves_out(&self) -> &'static str {
        "other portfolios than the key's, vaults, and what futures positions are worth"
    }
}

fn next(cursor: Option<&str>) -> Option<String> {
    cursor.filter(|cursor| !cursor.is_empty()).map(ToOwned::to_owned)
}

fn fill(trade: &Trade<'_>) -> Result<Fill, AccountError> {
    let symbol = product(&trade.product_id)
        .ok_or_else(|| AccountError::field("product_id", &trade.product_id, &"not a pair"))?;
    let (price, size) = (decimal(&trade.price, "price")?, decimal(&trade.size, "size")?);
    // What was bought for is told in place of what was bought: only an exact division tells the latter.
    let (quantity, cost) = match trade.size_in_quote {
        false => (size, None),
        true => (
            divided(size, price).ok_or_else(|| AccountError::field("size", trade.size.text(), &"not exact"))?,
            Some(size),
        ),
    };
    let quote = asset(symbol.quote())?;
    Ok(Fill {
        id: words(&trade.entry_id),
        at: trade.trade_time.parse().map_err(|error| AccountError::field("trade_time", &trade.trade_time, &error))?,
        base: asset(symbol.base())?,
        side: side(&trade.side)?,
        quantity: Quantity::new(quantity),
        price: Price::new(price),
        cost,
        fee: decimal(&trade.commission, "commission")?,
        fee_asset: quote.clone(),
        position: symbol.contract() != Contract::Spot,
        quote,
    })
}

/// `a` / `b` where that has an end.
fn divided(a: Decimal, b: Decimal) -> Option<Decimal> {
    a.checked_div(b).filter(|quotient| quotient.checked_mul(b) == Some(a))
}
