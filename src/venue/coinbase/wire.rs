//! The JSON that both of Coinbase's protocols share.

use crate::market::Side;
use crate::venue::FrameError;
pub(super) use crate::venue::wire::{Number, Text, change, decimals, optional, read};
use serde::Deserialize;

/// What a frame is: Advanced Trade names a channel, Exchange a type, and both name errors by type.
#[derive(Deserialize)]
pub(super) struct Head<'a> {
    #[serde(borrow)]
    pub channel: Option<Text<'a>>,
    #[serde(rename = "type")]
    pub kind: Option<Text<'a>>,
    pub sequence_num: Option<u64>,
}

/// Something was refused.
#[derive(Deserialize)]
pub(super) struct Refusal<'a> {
    #[serde(borrow)]
    pub message: Option<Text<'a>>,
    pub reason: Option<Text<'a>>,
}

/// A trade. The side is that of the order that stood in the book, in both protocols.
#[derive(Deserialize)]
pub(super) struct Trade<'a> {
    #[serde(borrow)]
    pub product_id: Text<'a>,
    pub trade_id: Number<'a>,
    pub price: Number<'a>,
    pub size: Number<'a>,
    pub side: Text<'a>,
    pub time: Text<'a>,
}

impl Trade<'_> {
    /// The trade in the market's words.
    pub fn told(&self) -> Result<crate::market::Trade, FrameError> {
        let maker = match self.side.as_ref() {
            "buy" | "BUY" => Side::Bid,
            "sell" | "SELL" => Side::Ask,
            other => return Err(FrameError::field("side", other, &"neither buy nor sell")),
        };
        Ok(crate::market::Trade {
            price: self.price.read("price")?,
            quantity: self.size.read("size")?,
            taker: maker.opposite(),
            id: Some(self.trade_id.read("trade_id")?),
            at: moment(&self.time)?,
        })
    }
}

/// A product, as either protocol's list and its `status` channel describe it.
#[derive(Deserialize)]
pub(super) struct Product<'a> {
    #[serde(borrow, alias = "product_id")]
    pub id: Text<'a>,
    pub price_increment: Option<Number<'a>>,
    pub quote_increment: Option<Number<'a>>,
    pub base_increment: Option<Number<'a>>,
    pub base_min_size: Option<Number<'a>>,
    pub status: Option<Text<'a>>,
    pub trading_disabled: Option<bool>,
    pub is_disabled: Option<bool>,
    pub cancel_only: Option<bool>,
    pub limit_only: Option<bool>,
    pub post_only: Option<bool>,
}

/// Products, with a name.
#[derive(Deserialize)]
pub(super) struct Products<'a> {
    #[serde(borrow, default)]
    pub products: Vec<Product<'a>>,
}

pub(super) fn moment(text: &str) -> Result<crate::market::Timestamp, FrameError> {
    text.parse().map_err(|error| FrameError::field("time", text, &error))
}
