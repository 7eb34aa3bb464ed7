//! What the venue says, as Kraken prints it: numbers with all decimals of their instrument, moments in microseconds.

use super::chart::{Bar, Trade};
use super::exchange::Pit;
use super::window::{Changes, Level, Window};
use crate::market::{Side, Timestamp};
use std::fmt::{self, Display, Write};
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// A frame that is made once and shared by all who get it.
pub type Frame = Utf8Bytes;

/// Whether a message holds everything or what has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything.
    Snapshot,
    /// What has changed.
    Update,
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Snapshot { "snapshot" } else { "update" })
    }
}

/// Units of the last decimal as a plain decimal number.
pub struct Number {
    /// How many units.
    pub units: i64,
    /// How many decimals.
    pub decimals: u8,
}

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.units.unsigned_abs();
        let unit = 10u64.checked_pow(self.decimals.into()).ok_or(fmt::Error)?;
        if self.units < 0 {
            f.write_char('-')?;
        }
        write!(f, "{}", units / unit)?;
        match usize::from(self.decimals) {
            0 => Ok(()),
            decimals => write!(f, ".{:0decimals$}", units % unit),
        }
    }
}

/// A moment with microseconds.
pub struct Moment(pub Timestamp);

impl Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0.nanos().div_euclid(1_000)) {
            Ok(moment) => write!(f, "{moment:.6}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

/// Values with commas between them.
struct List<I>(I);

impl<I: Iterator<Item = T> + Clone, T: Display> Display for List<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, item) in self.0.clone().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            item.fmt(f)?;
        }
        Ok(())
    }
}

/// Text that prints itself.
struct Printed<F>(F);

impl<F: Fn(&mut fmt::Formatter<'_>) -> fmt::Result> Display for Printed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.0)(f)
    }
}

fn price(pit: &Pit, units: i64) -> Number {
    Number { units, decimals: pit.pair.precision.price }
}

fn quantity(pit: &Pit, units: i64) -> Number {
    Number { units, decimals: pit.pair.precision.quantity }
}

fn message(channel: &str, kind: Kind, data: impl Display) -> Frame {
    format!(r#"{{"channel":"{channel}","type":"{kind}","data":[{data}]}}"#).into()
}

/// The greeting.
pub fn status(connection: u64) -> Frame {
    let data = format!(r#"{{"version":"2.0.10","system":"online","api_version":"v2","connection_id":{connection}}}"#);
    message("status", Kind::Update, data)
}

/// The sign of life.
pub fn heartbeat() -> Frame {
    Frame::from_static(r#"{"channel":"heartbeat"}"#)
}

/// All that a subscription of this depth sees.
pub fn book_snapshot(pit: &Pit, window: &Window, at: Timestamp) -> Frame {
    book(pit, Kind::Snapshot, window.side(Side::Bid), window.side(Side::Ask), window.checksum(), at)
}

/// What a subscription of this depth sees change.
pub fn book_update(pit: &Pit, changes: &Changes, checksum: u32, at: Timestamp) -> Frame {
    book(pit, Kind::Update, &changes.bids, &changes.asks, checksum, at)
}

fn book(pit: &Pit, kind: Kind, bids: &[Level], asks: &[Level], checksum: u32, at: Timestamp) -> Frame {
    let level = |&(at, lots): &Level| {
        Printed(move |f: &mut fmt::Formatter<'_>| {
            write!(f, r#"{{"price":{},"qty":{}}}"#, price(pit, at), quantity(pit, lots))
        })
    };
    let (symbol, at) = (&pit.pair.symbol, Moment(at));
    let (bids, asks) = (List(bids.iter().map(level)), List(asks.iter().map(level)));
    let data = format_args!(
        r#"{{"symbol":"{symbol}","bids":[{bids}],"asks":[{asks}],"checksum":{checksum},"timestamp":"{at}"}}"#
    );
    message("book", kind, data)
}

/// Trades, oldest first.
pub fn trades<'a>(pit: &Pit, kind: Kind, trades: impl Iterator<Item = &'a Trade> + Clone) -> Frame {
    let one = |trade: &Trade| {
        let (symbol, at, id) = (&pit.pair.symbol, Moment(trade.at), trade.id);
        let (price, quantity) = (price(pit, trade.price), quantity(pit, trade.quantity));
        let side = if trade.taker == Side::Bid { "buy" } else { "sell" };
        let terms = if trade.market { "market" } else { "limit" };
        Printed(move |f: &mut fmt::Formatter<'_>| {
            write!(f, r#"{{"symbol":"{symbol}","side":"{side}","price":{price},"qty":{quantity},"#)?;
            write!(f, r#""ord_type":"{terms}","trade_id":{id},"timestamp":"{at}"}}"#)
        })
    };
    message("trade", kind, List(trades.map(one)))
}

/// The summary of a market; `None` while a side of its book is empty or nothing was ever traded.
pub fn ticker(pit: &Pit, kind: Kind, at: Timestamp) -> Option<Frame> {
    let ((bid, bid_lots), (ask, ask_lots)) = (pit.engine.best(Side::Bid)?, pit.engine.best(Side::Ask)?);
    let (day, last) = (pit.chart.day()?, pit.chart.last()?);
    let change = last - day.open;
    let percent = Number { units: (change * 10_000).checked_div(day.open)?, decimals: 2 };
    let (symbol, at) = (&pit.pair.symbol, Moment(at));
    let price = |units| price(pit, units);
    let quantity = |units| quantity(pit, units);
    let data = Printed(move |f: &mut fmt::Formatter<'_>| {
        write!(f, r#"{{"symbol":"{symbol}","bid":{},"bid_qty":{},"#, price(bid), quantity(bid_lots))?;
        write!(f, r#""ask":{},"ask_qty":{},"last":{},"#, price(ask), quantity(ask_lots), price(last))?;
        write!(f, r#""volume":{},"vwap":{},"low":{},"#, quantity(day.volume), price(day.vwap()), price(day.low))?;
        write!(f, r#""high":{},"change":{},"change_pct":{percent},"#, price(day.high), price(change))?;
        write!(f, r#""timestamp":"{at}"}}"#)
    });
    Some(message("ticker", kind, data))
}

/// Candles of so many minutes, oldest first.
pub fn candles<'a>(pit: &Pit, kind: Kind, minutes: u32, bars: impl Iterator<Item = &'a Bar> + Clone) -> Frame {
    let one = |bar: &Bar| {
        let (symbol, bar) = (&pit.pair.symbol, *bar);
        let end = bar.start.plus(std::time::Duration::from_secs(60) * minutes);
        let price = |units| price(pit, units);
        Printed(move |f: &mut fmt::Formatter<'_>| {
            write!(f, r#"{{"symbol":"{symbol}","open":{},"high":{},"#, price(bar.open), price(bar.high))?;
            write!(f, r#""low":{},"close":{},"trades":{},"#, price(bar.low), price(bar.close), bar.trades)?;
            write!(f, r#""volume":{},"vwap":{},"#, quantity(pit, bar.volume), price(bar.vwap()))?;
            write!(
                f,
                r#""interval_begin":"{}","interval":{minutes},"timestamp":"{}"}}"#,
                Moment(bar.start),
                Moment(end)
            )
        })
    };
    message("ohlc", kind, List(bars.map(one)))
}

/// What can be traded, and in which steps.
pub fn instruments(pits: &[Pit]) -> Frame {
    let one = |pit: &Pit| {
        let (symbol, precision) = (pit.pair.symbol.clone(), pit.pair.precision);
        let (tick, lot) = (price(pit, 1), quantity(pit, 1));
        let least = quantity(pit, (pit.pair.size / 1_000).max(1));
        Printed(move |f: &mut fmt::Formatter<'_>| {
            let (base, quote) = (symbol.base(), symbol.quote());
            write!(f, r#"{{"symbol":"{symbol}","base":"{base}","quote":"{quote}","status":"online","#)?;
            write!(f, r#""qty_precision":{},"qty_increment":{lot},"qty_min":{least},"#, precision.quantity)?;
            write!(f, r#""price_precision":{},"price_increment":{tick},"#, precision.price)?;
            write!(f, r#""cost_precision":{},"marginable":false,"has_index":false}}"#, precision.price)
        })
    };
    let pairs = List(pits.iter().map(one));
    format!(r#"{{"channel":"instrument","type":"snapshot","data":{{"assets":[],"pairs":[{pairs}]}}}}"#).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_have_all_their_decimals() {
        let shown = |units, decimals| Number { units, decimals }.to_string();
        assert_eq!(shown(974_121, 1), "97412.1");
        assert_eq!(shown(81_130_000, 8), "0.81130000");
        assert_eq!(shown(3_509, 5), "0.03509");
        assert_eq!(shown(0, 8), "0.00000000");
        assert_eq!(shown(-17, 2), "-0.17");
        assert_eq!(shown(42, 0), "42");
        assert_eq!(Moment(Timestamp::from_nanos(1_690_730_998_000_415_999)).to_string(), "2023-07-30T15:29:58.000415Z");
    }

    proptest! {
        #[test]
        fn a_number_reads_as_the_decimal_it_is(units in any::<i64>(), decimals in 0u8..12) {
            let shown = Number { units, decimals }.to_string();
            let expected = crate::money::Decimal::try_from_i128_with_scale(units.into(), decimals.into()).unwrap();
            prop_assert_eq!(shown, expected.to_string());
        }
    }
}
