//! What is asked of Kraken Futures.

use serde_json::json;

/// The venue takes many products in one request; this many keep a frame small.
const PRODUCTS_PER_FRAME: usize = 100;

/// The request for a feed that has no products.
pub(super) fn feed(name: &str) -> String {
    json!({"event": "subscribe", "feed": name}).to_string()
}

/// The requests for one feed of these products.
pub(super) fn feeds<'a>(event: &'a str, feed: &'a str, products: &'a [String]) -> impl Iterator<Item = String> + 'a {
    let chunks = products.chunks(PRODUCTS_PER_FRAME);
    chunks.map(move |products| json!({"event": event, "feed": feed, "product_ids": products}).to_string())
}
