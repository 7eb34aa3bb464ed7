//! Any text is read as a frame of Binance futures, or as the answer to a request, and whatever it tells is applied to a market.

#![no_main]

use exchequer::market::{Market, Timestamp, VenueId};
use exchequer::venue::{Address, dialect};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut venue = dialect(VenueId::BinanceFutures, &Address::stream(""));
    let (mut market, mut events) = (Market::default(), Vec::new());
    // Several frames an input, so that snapshots meet updates; one that begins with an address is an answer.
    for (index, frame) in text.split('\n').enumerate() {
        let at = Timestamp::from_secs(index as i64);
        let _ = match frame.split_once(' ').filter(|(url, _)| url.starts_with("https://")) {
            Some((url, body)) => venue.fetched(url, body, at, &mut events),
            None => venue.receive(frame, at, &mut events),
        };
        let _ = venue.outgoing();
        for event in events.drain(..) {
            market.apply(VenueId::BinanceFutures, event, at);
        }
    }
    for (_, symbol, listing) in market.listings() {
        let _ = (venue.venue_symbol(symbol), listing.book.mid(), listing.book.spread_bps(), listing.book.imbalance(10));
    }
});
