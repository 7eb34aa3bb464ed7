//! What is traded at Hyperliquid, from its own lists.
//!
//! A quantity has as many decimals as the list says. A price has at most five significant digits and so no tick of its own,
//! and never more decimals than six (eight for pairs) less those of the quantity. <https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/tick-and-lot-size>

use super::wire;
use crate::market::{Instrument, Precision, Symbol, Trading, VenueId};
use crate::money::{Decimal, Quantity};
use crate::venue::names::Names;
use std::collections::HashMap;

/// Decimals of price and quantity together, of perpetuals and of pairs.
const PERPETUAL: u8 = 6;
const PAIR: u8 = 8;

/// Takes in a list, and the names in it. What has no symbol is left out, and so is a pair whose tokens are called like those
/// of an earlier one: anyone can call a token `USDC`.
pub(super) fn instruments(listed: &wire::Listed<'_>, names: &mut Names) -> Vec<Instrument> {
    let tokens: HashMap<u64, &wire::Token<'_>> = listed.tokens.iter().map(|token| (token.index, token)).collect();
    let mut taken = HashMap::with_capacity(listed.universe.len());
    for market in &listed.universe {
        let (symbol, decimals, most) = match market.tokens.map(|pair| pair.map(|index| tokens.get(&index))) {
            Some([Some(base), Some(quote)]) => {
                (Symbol::new(&format!("{}/{}", base.name, quote.name)).ok(), Some(base.sz_decimals), PAIR)
            }
            Some(_) => (None, None, PAIR),
            None => (super::names::unified(&market.name), market.sz_decimals, PERPETUAL),
        };
        let (Some(symbol), Some(decimals)) = (symbol, decimals.filter(|decimals| *decimals <= most)) else { continue };
        let instrument = Instrument {
            venue: VenueId::Hyperliquid,
            symbol: symbol.clone(),
            venue_symbol: market.name.as_ref().into(),
            precision: Precision { price: most - decimals, quantity: decimals },
            tick: None,
            lot: Some(Quantity::new(Decimal::new(1, u32::from(decimals)))),
            minimum: None,
            trading: if market.is_delisted { Trading::Halted } else { Trading::Open },
        };
        taken.entry(symbol).or_insert(instrument);
    }
    let mut taken: Vec<Instrument> = taken.into_values().collect();
    taken.sort_by(|a, b| a.symbol.cmp(&b.symbol));
    for instrument in &taken {
        names.learn(&instrument.venue_symbol, &instrument.symbol);
    }
    taken
}
