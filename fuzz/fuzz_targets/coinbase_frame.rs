//! Any text is read as a Coinbase frame, and as the answer to a request, and whatever it tells is applied to a market.

#![no_main]

use exchequer::market::{Market, Timestamp, VenueId};
use exchequer::venue::{Address, dialect};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut coinbase = dialect(VenueId::Coinbase, &Address::default());
    let mut market = Market::default();
    let mut events = Vec::new();
    // Several frames an input, so that snapshots meet updates.
    for (index, frame) in text.split('\n').enumerate() {
        let at = Timestamp::from_secs(index as i64);
        let _ = coinbase.receive(frame, at, &mut events);
        let _ = coinbase.fetched("https://api.exchange.coinbase.com/products", frame, at, &mut events);
        let _ = coinbase.outgoing();
        for event in events.drain(..) {
            market.apply(VenueId::Coinbase, event, at);
        }
    }
    for (_, symbol, listing) in market.listings() {
        let _ = (listing.book.mid(), listing.book.spread_bps(), listing.book.imbalance(10));
        let _ = (coinbase.venue_symbol(symbol), coinbase.resync(symbol));
    }
});
