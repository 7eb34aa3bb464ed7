//! Traffic of our own making, in the shapes that Binance and Bybit give it.

use exchequer::market::Side;

/// A book that wanders; the same every time.
#[derive(Clone)]
pub struct Wander {
    pub name: String,
    pub bids: Vec<(String, String)>,
    pub asks: Vec<(String, String)>,
}

/// One of its changes.
pub struct Moved {
    name: String,
    /// Side, price, the quantity before and after.
    changes: Vec<(Side, String, Option<String>, Option<String>)>,
}

impl Wander {
    pub fn new() -> Self {
        Self {
            name: "ABCUSD".to_owned(),
            bids: vec![("99.5".into(), "1".into())],
            asks: vec![("100.5".into(), "1".into())],
        }
    }

    pub fn name(&self) -> String {
        // Futures and spot of Binance have no plain dollars.
        self.name.clone() + "T"
    }

    pub fn step(&mut self, step: u64) -> Moved {
        let mut changes = Vec::new();
        for at in 0..3 {
            let dice = (step * 7 + at * 13 + step * step * 3) % 17;
            let side = if (step + at).is_multiple_of(2) { Side::Bid } else { Side::Ask };
            let (rows, price) = match side {
                Side::Bid => (&mut self.bids, format!("{}.5", 99 - dice)),
                Side::Ask => (&mut self.asks, format!("{}.5", 100 + dice)),
            };
            if changes.iter().any(|(_, known, _, _)| *known == price) {
                continue;
            }
            let before = rows.iter().position(|(known, _)| *known == price);
            let old = before.map(|at| rows.remove(at).1);
            let new = (old.is_none() || !dice.is_multiple_of(3)).then(|| format!("{}.25", step + 1));
            if let Some(new) = &new {
                rows.push((price.clone(), new.clone()));
            }
            changes.push((side, price, old, new));
        }
        Moved { name: self.name.clone(), changes }
    }

    fn levels(rows: &[(String, String)]) -> String {
        rows.iter().map(|(price, quantity)| format!(r#"["{price}","{quantity}"]"#)).collect::<Vec<_>>().join(",")
    }

    pub fn fetched(&self, number: u64) -> String {
        let (bids, asks) = (Self::levels(&self.bids), Self::levels(&self.asks));
        format!(r#"{{"lastUpdateId":{number},"bids":[{bids}],"asks":[{asks}]}}"#)
    }

    pub fn bybit(&self, kind: &str, number: u64) -> String {
        let (bids, asks) = (Self::levels(&self.bids), Self::levels(&self.asks));
        let name = if self.name == "ABCUSD" { self.name() } else { self.name.clone() };
        bybit(&name, kind, number, &bids, &asks)
    }

    pub fn old_snapshot(&self, number: u64) -> String {
        let side = |side: &str, rows: &[(String, String)]| {
            rows.iter().map(|(price, size)| row(&self.name, price, side, Some(size))).collect::<Vec<_>>()
        };
        let rows = [side("Buy", &self.bids), side("Sell", &self.asks)].concat().join(",");
        let name = &self.name;
        format!(
            r#"{{"topic":"orderBookL2_25.{name}","type":"snapshot","data":[{rows}],"cross_seq":{number},"timestamp_e6":1618677786558146}}"#
        )
    }
}

fn bybit(name: &str, kind: &str, number: u64, bids: &str, asks: &str) -> String {
    format!(
        r#"{{"topic":"orderbook.50.{name}","type":"{kind}","ts":1687940967466,"data":{{"s":"{name}","b":[{bids}],"a":[{asks}],"u":{number},"seq":7961638724}},"cts":1687940967464}}"#
    )
}

/// A row of the old protocol, whose id is its price in ten-thousandths.
fn row(name: &str, price: &str, side: &str, size: Option<&str>) -> String {
    let id =
        (price.parse::<exchequer::money::Price>().unwrap().get() * exchequer::money::Decimal::from(10_000)).normalize();
    let size = size.map(|size| format!(r#","size":{size}"#)).unwrap_or_default();
    format!(r#"{{"price":"{price}","symbol":"{name}","id":{id},"side":"{side}"{size}}}"#)
}

impl Moved {
    fn levels(&self, of: Side) -> String {
        let of_side = self.changes.iter().filter(|(side, ..)| *side == of);
        let levels = of_side.map(|(_, price, _, new)| format!(r#"["{price}","{}"]"#, new.as_deref().unwrap_or("0")));
        levels.collect::<Vec<_>>().join(",")
    }

    pub fn binance(&self, first: u64, last: u64, chained: bool) -> String {
        let (name, bids, asks) = (&self.name, self.levels(Side::Bid), self.levels(Side::Ask));
        let previous = if chained { format!(r#","pu":{}"#, first - 1) } else { String::new() };
        format!(
            r#"{{"stream":"{}t@depth@100ms","data":{{"e":"depthUpdate","E":1672515782136,"s":"{name}T","U":{first},"u":{last}{previous},"b":[{bids}],"a":[{asks}]}}}}"#,
            name.to_lowercase()
        )
    }

    pub fn bybit(&self, kind: &str, number: u64) -> String {
        bybit(&format!("{}T", self.name), kind, number, &self.levels(Side::Bid), &self.levels(Side::Ask))
    }

    pub fn old(&self, number: u64) -> String {
        let name = &self.name;
        let rows = |kind: fn(&Option<String>, &Option<String>) -> bool| {
            let of_kind = self.changes.iter().filter(|(_, _, old, new)| kind(old, new));
            let print = |(side, price, _, new): &(Side, String, Option<String>, Option<String>)| {
                row(name, price, if *side == Side::Bid { "Buy" } else { "Sell" }, new.as_deref())
            };
            of_kind.map(print).collect::<Vec<_>>().join(",")
        };
        let delete = rows(|_, new| new.is_none());
        let update = rows(|old, new| old.is_some() && new.is_some());
        let insert = rows(|old, new| old.is_none() && new.is_some());
        format!(
            r#"{{"topic":"orderBookL2_25.{name}","type":"delta","data":{{"delete":[{delete}],"update":[{update}],"insert":[{insert}]}},"cross_seq":{number},"timestamp_e6":1618677786598877}}"#
        )
    }
}
