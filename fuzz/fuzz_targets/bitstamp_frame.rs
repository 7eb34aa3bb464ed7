//! Any text is read as a Bitstamp frame, and whatever it tells is applied to a market.

#![no_main]

use exchequer::market::{Market, Timestamp, VenueId};
use exchequer::venue::{Address, dialect};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut dialect = dialect(VenueId::Bitstamp, &Address::default());
    let mut market = Market::default();
    let mut events = Vec::new();
    // Several frames an input, so that snapshots meet changes; a line that begins with `GET ` is the answer to a request.
    for (index, line) in text.split('\n').enumerate() {
        let at = Timestamp::from_secs(index as i64);
        let _ = match line.strip_prefix("GET ").and_then(|line| line.split_once(' ')) {
            Some((url, body)) => dialect.fetched(url, body, at, &mut events),
            None => dialect.receive(line, at, &mut events),
        };
        let _ = dialect.outgoing();
        for event in events.drain(..) {
            market.apply(VenueId::Bitstamp, event, at);
        }
    }
    for (_, _, listing) in market.listings() {
        let _ = (listing.book.mid(), listing.book.spread_bps(), listing.book.imbalance(10));
    }
});
