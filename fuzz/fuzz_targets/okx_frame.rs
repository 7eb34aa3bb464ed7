//! Any text is read as an OKX frame, and as the answer to a request, and whatever it tells is applied to a market.

#![no_main]

use exchequer::market::{Market, Timestamp, VenueId};
use exchequer::venue::{Address, dialect};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut okx = dialect(VenueId::Okx, &Address::default());
    let mut market = Market::default();
    let mut events = Vec::new();
    // Several frames an input, so that snapshots meet updates.
    for (index, frame) in text.split('\n').enumerate() {
        let at = Timestamp::from_secs(index as i64);
        let _ = okx.receive(frame, at, &mut events);
        let _ = okx.fetched("https://www.okx.com/api/v5/public/instruments", frame, at, &mut events);
        let _ = okx.outgoing();
        for event in events.drain(..) {
            market.apply(VenueId::Okx, event, at);
        }
    }
    for (_, symbol, listing) in market.listings() {
        let _ = (listing.book.mid(), listing.book.spread_bps(), listing.book.imbalance(10));
        let _ = (okx.venue_symbol(symbol), okx.resync(symbol));
    }
});
