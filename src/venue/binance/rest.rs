//! What Binance answers to HTTP requests: the listing of its instruments.

use super::{names, wire};
use crate::market::{Instrument, Precision, Symbol, Timestamp, Trading, VenueId};
use crate::money::{Decimal, Price, Quantity};
use crate::venue::FrameError;

/// Reads the list of instruments. Those whose names cannot be printed are left out.
pub(super) fn instruments(venue: VenueId, body: &str) -> Result<Vec<Instrument>, FrameError> {
    let listing: wire::ExchangeInfo<'_> = wire::read("exchangeInfo", body)?;
    let mut instruments = Vec::with_capacity(listing.symbols.len());
    for listed in &listing.symbols {
        let Some(symbol) = symbol(listed) else { continue };
        let price = rule(listed, "PRICE_FILTER");
        let lot = rule(listed, "LOT_SIZE");
        let tick: Option<Price> = step("tickSize", price.and_then(|rule| rule.tick_size))?.map(Price::new);
        let lot_size: Option<Quantity> = step("stepSize", lot.and_then(|rule| rule.step_size))?.map(Quantity::new);
        let minimum = step("minQty", lot.and_then(|rule| rule.min_qty))?.map(Quantity::new);
        instruments.push(Instrument {
            venue,
            symbol,
            venue_symbol: listed.symbol.as_ref().into(),
            precision: Precision {
                price: decimals(tick.map(Price::get)),
                quantity: decimals(lot_size.map(Quantity::get)),
            },
            tick,
            lot: lot_size,
            minimum,
            trading: match listed.status.as_ref() {
                "TRADING" => Trading::Open,
                "AUCTION_MATCH" | "PRE_TRADING" | "POST_TRADING" => Trading::Limited,
                _ => Trading::Halted,
            },
        });
    }
    Ok(instruments)
}

fn symbol(listed: &wire::Listed<'_>) -> Option<Symbol> {
    let (base, quote) = (listed.base_asset.as_ref(), listed.quote_asset.as_ref());
    let Some(settle) = &listed.margin_asset else { return Symbol::new(&format!("{base}/{quote}")).ok() };
    let perpetual = listed.contract_type.as_deref().is_none_or(|kind| kind.ends_with("PERPETUAL"));
    let expiry = match listed.symbol.split_once('_') {
        Some((_, date)) => Some(date.to_owned()),
        None if perpetual => None,
        None => Some(Timestamp::from_millis(listed.delivery_date?).to_string().get(2..10)?.replace('-', "")),
    };
    names::contract(base, quote, settle, expiry.as_deref())
}

fn rule<'a>(listed: &'a wire::Listed<'a>, kind: &str) -> Option<&'a wire::Filter<'a>> {
    listed.filters.iter().find(|filter| filter.filter_type == kind)
}

/// A step, without the zeros behind it. Zero means that there is none.
fn step(field: &'static str, number: Option<wire::Number<'_>>) -> Result<Option<Decimal>, FrameError> {
    let step = number.map(|number| number.read::<Price>(field)).transpose()?;
    Ok(step.map(|step| step.get().normalize()).filter(|step| !step.is_zero()))
}

/// The decimals of a step; Binance prints eight where it names no step.
fn decimals(step: Option<Decimal>) -> u8 {
    step.map_or(8, |step| u8::try_from(step.scale()).unwrap_or(8))
}
