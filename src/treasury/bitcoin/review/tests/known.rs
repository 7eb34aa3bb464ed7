//! What is known besides the file: whether the wallet is armed (T3), and prices (T30).

use super::facts::{Prices, Quote};
use super::*;
use crate::market::Timestamp;
use std::time::Duration;

#[test]
fn t03_a_wallet_whose_cosigners_have_not_confirmed_it_blocks() {
    let wallet = two_of_three();
    let armed = |armed| blocks(&honest(&wallet).review(&Facts { armed, ..Facts::default() }));
    assert_eq!(armed(Some(false)), ["wallet-unarmed"]);
    assert_eq!((armed(Some(true)), armed(None)), (vec![], vec![]));
}

fn quote(price: &str, seconds: i64, source: &str) -> Quote {
    let currency = crate::money::Asset::new("USD").unwrap();
    Quote { price: price.parse().unwrap(), currency, at: Timestamp::from_secs(seconds), source: source.into() }
}

fn priced(quotes: Vec<Quote>) -> Facts {
    Facts {
        now: Some(Timestamp::from_secs(1_000)),
        prices: Prices { quotes, oldest: Duration::from_secs(60), apart: 20 },
        ..Facts::default()
    }
}

#[test]
fn t30_the_worst_of_several_prices_counts_and_a_doubtful_one_never() {
    let told =
        |quotes| price(&priced(quotes)).map(|price| (price.high.to_string(), price.low.to_string(), price.sources));
    let good = vec![quote("100000", 990, "a"), quote("101000", 995, "b")];
    assert_eq!(told(good), Ok(("101000".into(), "100000".into(), 2)));
    assert_eq!(told(vec![]), Err(NoPrice::None));
    assert_eq!(told(vec![quote("100000", 939, "a")]), Err(NoPrice::Old));
    assert_eq!(told(vec![quote("100000", 1_001, "a")]), Err(NoPrice::Old), "from the future");
    assert_eq!(told(vec![quote("100000", 990, "a"), quote("102001", 990, "b")]), Err(NoPrice::Apart));
    assert_eq!(
        told(vec![quote("100000", 990, "a"), quote("200000", 10, "b")]).unwrap().2,
        1,
        "the old one is left out"
    );
    assert_eq!(told(vec![quote("0", 990, "a")]), Err(NoPrice::Old));
    let euro = Quote { currency: crate::money::Asset::new("EUR").unwrap(), ..quote("100000", 990, "b") };
    assert_eq!(told(vec![quote("100000", 990, "a"), euro]), Err(NoPrice::Apart));
    let clockless = Facts { now: None, ..priced(vec![quote("100000", 990, "a")]) };
    assert_eq!(price(&clockless).unwrap_err(), NoPrice::Old);
}

#[test]
fn t30_a_review_says_that_a_value_is_not_known() {
    let wallet = two_of_three();
    let review = honest(&wallet).review(&priced(vec![quote("100000", 10, "a")]));
    assert_eq!(warnings(&review), ["price-unknown"]);
    assert!(!format!("{:?}", review.verdict.rows).contains("USD"));
    let review = honest(&wallet).review(&priced(vec![quote("100000", 990, "a"), quote("100100", 999, "b")]));
    assert_eq!(review.verdict.judgement(), Judgement::Clean);
    let paid = review.verdict.rows.iter().find(|row| row.label == "out 0").unwrap();
    assert_eq!(paid.parts.last().unwrap(), "150.15 USD (10 s)");
}
