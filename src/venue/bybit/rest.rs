//! What Bybit answers to HTTP requests: the pages of its list of instruments.

use super::names::Category;
use super::{Bybit, reason, request, wire};
use crate::market::{Event, Instrument, Precision, Symbol, Timestamp, Trading, VenueId};
use crate::money::{Decimal, Price, Quantity};
use crate::venue::{FrameError, Outgoing, Receipt};

/// Pages that are asked for at most.
const MAX_PAGES: usize = 20;

impl Bybit {
    /// Reads a page, and asks for the next one.
    pub(super) fn listing(&mut self, body: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let answer: wire::Answer<'_> = wire::read("answer", body)?;
        let (0, Some(result)) = (answer.ret_code, answer.result) else {
            let words = answer.ret_msg.as_deref().unwrap_or_default();
            events.push(Event::Rejected { symbol: None, reason: reason(words) });
            return Ok(Receipt::Understood);
        };
        let page: wire::Listing<'_> = wire::read("instruments-info", result.get())?;
        let mut instruments = Vec::with_capacity(page.list.len());
        for listed in &page.list {
            instruments.extend(instrument(&page.category, listed)?);
        }
        // A capture may hold lists of other kinds of contracts, in which the same names mean other things.
        if page.category == self.category.as_str() {
            for instrument in &instruments {
                self.roster.learn(&instrument.venue_symbol, &instrument.symbol);
            }
        }
        events.push(Event::Instruments(instruments));
        self.pages += 1;
        if let Some(cursor) = page.next_page_cursor.as_deref().filter(|cursor| is_cursor(cursor))
            && self.pages < MAX_PAGES
        {
            self.outgoing.push(Outgoing::Get(request::listing(&self.address.rest, self.category, Some(cursor))));
        }
        Ok(Receipt::Understood)
    }
}

/// Whether a cursor can be put into an address as it is.
fn is_cursor(cursor: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'%' | b'-' | b'_' | b'.' | b'~' | b'=');
    !cursor.is_empty() && cursor.len() <= 1_000 && cursor.bytes().all(plain)
}

/// An instrument, unless its name cannot be printed.
fn instrument(category: &str, listed: &wire::Listed<'_>) -> Result<Option<Instrument>, FrameError> {
    let Some(symbol) = symbol(category, listed) else { return Ok(None) };
    let lots = &listed.lot_size_filter;
    let tick = step("tickSize", listed.price_filter.tick_size)?;
    let lot = step("qtyStep", lots.qty_step.or(lots.base_precision))?;
    Ok(Some(Instrument {
        venue: VenueId::Bybit,
        symbol,
        venue_symbol: listed.symbol.as_ref().into(),
        precision: Precision { price: decimals(tick), quantity: decimals(lot) },
        tick: tick.map(Price::new),
        lot: lot.map(Quantity::new),
        minimum: step("minOrderQty", lots.min_order_qty)?.map(Quantity::new),
        trading: match listed.status.as_ref() {
            "Trading" => Trading::Open,
            "PreLaunch" => Trading::Limited,
            _ => Trading::Halted,
        },
    }))
}

fn symbol(category: &str, listed: &wire::Listed<'_>) -> Option<Symbol> {
    let base = listed.base_coin.as_ref();
    if category == Category::Spot.as_str() {
        return Symbol::new(&format!("{base}/{}", listed.quote_coin)).ok();
    }
    let settle = listed.settle_coin.as_deref()?;
    // Linear contracts are quoted in what they settle in, also where Bybit speaks of dollars.
    let quote = if category == Category::Linear.as_str() { settle } else { listed.quote_coin.as_ref() };
    let expires = listed.contract_type.as_deref().is_some_and(|kind| kind.ends_with("Futures"));
    let expiry = match listed.delivery_time.as_deref().filter(|_| expires) {
        Some(millis) => {
            let day = Timestamp::from_millis(millis.parse().ok()?).to_string();
            format!("-{}", day.get(2..10)?.replace('-', ""))
        }
        None => String::new(),
    };
    Symbol::new(&format!("{base}/{quote}:{settle}{expiry}")).ok()
}

/// A step, without the zeros behind it. Zero means that there is none.
fn step(field: &'static str, number: Option<wire::Number<'_>>) -> Result<Option<Decimal>, FrameError> {
    let told = number.filter(|number| !number.text().is_empty());
    let step = told.map(|number| number.read::<Price>(field)).transpose()?;
    Ok(step.map(|step| step.get().normalize()).filter(|step| !step.is_zero()))
}

/// The decimals of a step.
fn decimals(step: Option<Decimal>) -> u8 {
    step.map_or(8, |step| u8::try_from(step.scale()).unwrap_or(8))
}
