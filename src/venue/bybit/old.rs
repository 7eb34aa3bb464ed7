//! Bybit's protocol before v3, `wss://stream.bybit.com/realtime`: topics `orderBookL2_25` and `trade` of inverse contracts.
//! It is retired and only read from captures.
//!
//! - A book is a snapshot of rows with ids, and then rows that are deleted, updated and inserted by id. Nothing counts the
//!   messages: `cross_seq` only grows. So the rows check each other: one that is inserted twice, updated or deleted without
//!   being there, one whose price is not its id's, or more of them on a side than were asked for, shows that something is missing, and the book is doubted
//!   until the next snapshot. A missing message that only updates rows does not show.
//! - For the same reason a frame that cannot be read puts the book that it names in doubt, or else all of them.

use super::{Bybit, message, request, wire};
use crate::market::{BookUpdate, Change, Desync, Event, Sequence, Side, Symbol, Timestamp, Trade};
use crate::money::Fixed;
use crate::venue::{FrameError, Receipt};
use std::collections::HashMap;

/// The rows of a book.
#[derive(Debug, Default)]
pub(super) struct Rows {
    rows: HashMap<u64, (Side, Fixed)>,
    number: u64,
}

impl Rows {
    /// Applies changes to the rows, and gives them to the update. `false` when they do not fit those that are there.
    fn apply(&mut self, changes: &wire::OldChanges<'_>, update: &mut BookUpdate) -> Result<bool, FrameError> {
        let mut put = |side, price, quantity| match side {
            Side::Bid => update.bids.push(Change { price, quantity }),
            Side::Ask => update.asks.push(Change { price, quantity }),
        };
        for row in &changes.delete {
            let (side, price) = (message::side("side", &row.side)?, row.price.read("price")?);
            if self.rows.remove(&row.id) != Some((side, price)) {
                return Ok(false);
            }
            put(side, price, Fixed::ZERO);
        }
        let updated = changes.update.iter().map(|row| (row, true));
        for (row, there) in updated.chain(changes.insert.iter().map(|row| (row, false))) {
            let side = message::side("side", &row.side)?;
            let price: Fixed = row.price.read("price")?;
            let size = row.size.ok_or_else(|| FrameError::field("size", "", &"a row without one"))?;
            let before = self.rows.insert(row.id, (side, price));
            // A row may change sides; its price is what its id stands for.
            if before.is_some() != there || before.is_some_and(|(_, before)| before != price) {
                return Ok(false);
            }
            if let Some((other, _)) = before.filter(|(before, _)| *before != side) {
                put(other, price, Fixed::ZERO);
            }
            put(side, price, size.read("size")?);
        }
        let bids = self.rows.values().filter(|(side, _)| *side == Side::Bid).count();
        Ok(bids.max(self.rows.len() - bids) <= request::OLD_DEPTH)
    }
}

impl Bybit {
    pub(super) fn old_book(&mut self, name: &str, frame: &str, events: &mut Vec<Event>) -> Result<Receipt, FrameError> {
        let head: wire::OldHead<'_> = wire::read("orderBookL2_25", frame)?;
        let (snapshot, number, time, changes) = match head.kind.as_ref() {
            "snapshot" => {
                let book: wire::OldBook<'_, Vec<wire::OldRow<'_>>> = wire::read("orderBookL2_25", frame)?;
                let changes = wire::OldChanges { delete: Vec::new(), update: Vec::new(), insert: book.data };
                (true, book.cross_seq, book.timestamp_e6, changes)
            }
            "delta" => {
                let book: wire::OldBook<'_, wire::OldChanges<'_>> = wire::read("orderBookL2_25", frame)?;
                (false, book.cross_seq, book.timestamp_e6, book.data)
            }
            other => return Err(FrameError::field("type", other, &"neither snapshot nor delta")),
        };
        let number: u64 = number.read("cross_seq")?;
        let micros: i64 = time.read("timestamp_e6")?;
        for row in changes.delete.iter().chain(&changes.update).chain(&changes.insert) {
            if row.symbol.as_ref() != name {
                return Err(FrameError::field("symbol", &row.symbol, &"not the one of the topic"));
            }
        }
        let entry = self.roster.entry(name)?;
        let symbol = entry.symbol.clone();
        let rows = match (snapshot, &mut entry.state.old) {
            (true, old) => old.insert(Rows { number, ..Rows::default() }),
            (false, Some(rows)) => rows,
            // Nothing to apply it to.
            (false, None) => return Ok(Receipt::Understood),
        };
        if !snapshot && number == rows.number {
            return Ok(Receipt::Understood);
        }
        let expected = rows.number;
        let mut update = BookUpdate {
            snapshot,
            depth: None,
            bids: Vec::new(),
            asks: Vec::new(),
            sequence: Some(Sequence { previous: None, last: number }),
            checksum: None,
            exchange_time: Some(Timestamp::from_nanos(micros.saturating_mul(1_000))),
        };
        let fits = number >= expected && rows.apply(&changes, &mut update)?;
        rows.number = number;
        if fits {
            events.push(Event::Book { symbol, update });
        } else {
            entry.state.old = None;
            events.push(Event::Doubt { symbols: vec![symbol], reason: Desync::Gap { expected, got: number } });
        }
        Ok(Receipt::Understood)
    }

    pub(super) fn old_trades(
        &mut self,
        frame: &wire::OldTrades<'_>,
        events: &mut Vec<Event>,
    ) -> Result<Receipt, FrameError> {
        for t in &frame.data {
            let trade = Trade {
                price: t.price.read("price")?,
                quantity: t.size.read("size")?,
                taker: message::side("side", &t.side)?,
                id: None,
                at: Timestamp::from_millis(t.trade_time_ms.read("trade_time_ms")?),
            };
            self.trade(&t.symbol, trade, events)?;
        }
        Ok(Receipt::Understood)
    }

    /// Puts the old books in doubt that a frame which could not be read may have changed.
    pub(super) fn doubt_old_books(&mut self, frame: &str, events: &mut Vec<Event>) {
        let named = frame.split_once(r#""topic":""#).and_then(|(_, rest)| rest.split('"').next());
        let trades = named.is_some_and(|topic| topic.starts_with("trade."));
        let of = named.and_then(|topic| topic.strip_prefix("orderBookL2_25."));
        let known = self.roster.entries().any(|entry| Some(entry.name.as_ref()) == of);
        let mut symbols: Vec<Symbol> = Vec::new();
        for entry in self.roster.entries() {
            let meant = if known { Some(entry.name.as_ref()) == of } else { !trades };
            if meant && entry.state.old.take().is_some() {
                symbols.push(entry.symbol.clone());
            }
        }
        if !symbols.is_empty() {
            events.push(Event::Doubt { symbols, reason: Desync::Unreadable });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{AT, apply, hear, symbol};
    use super::*;
    use crate::market::{Book, Channel, Standing, Subscription};
    use crate::venue::{Address, Dialect};

    fn old() -> Bybit {
        Bybit::new(&Address::stream("wss://stream.bybit.com/realtime"))
    }

    fn row(id: u64, side: &str, size: u64) -> String {
        format!(r#"{{"price":"{}.5","symbol":"EOSUSD","id":{id},"side":"{side}","size":{size}}}"#, id / 10)
    }

    fn old_snapshot(number: u64) -> String {
        let rows = [row(70, "Buy", 5), row(80, "Sell", 6)].join(",");
        format!(
            r#"{{"topic":"orderBookL2_25.EOSUSD","type":"snapshot","data":[{rows}],"cross_seq":{number},"timestamp_e6":1618677786558146}}"#
        )
    }

    fn old_delta(number: u64, delete: &str, update: &str, insert: &str) -> String {
        format!(
            r#"{{"topic":"orderBookL2_25.EOSUSD","type":"delta","data":{{"delete":[{delete}],"update":[{update}],"insert":[{insert}],"transactTimeE6":0}},"cross_seq":{number},"timestamp_e6":1618677786598877}}"#
        )
    }

    #[test]
    fn old_rows_are_deleted_updated_and_inserted_by_their_ids() {
        let (mut bybit, mut book) = (old(), Book::new());
        let gone = row(70, "Buy", 0).replace(r#","size":0"#, "");
        let delta = old_delta(11, &gone, &row(80, "Sell", 9), &row(60, "Buy", 4));
        for frame in [old_snapshot(10), delta.clone(), delta] {
            apply(&mut book, hear(&mut bybit, &frame));
        }
        let shown = |side| book.levels(side).map(|l| format!("{} {}", l.price, l.quantity)).collect::<Vec<_>>();
        assert_eq!((shown(Side::Bid), shown(Side::Ask)), (vec!["6.5 4".to_owned()], vec!["8.5 9".to_owned()]));
        assert_eq!((book.standing(), book.sequence()), (&Standing::Live, Some(11)));
        apply(&mut book, hear(&mut bybit, &old_delta(12, "", &row(80, "Buy", 9), "")));
        assert_eq!((book.levels(Side::Bid).len(), book.levels(Side::Ask).len()), (2, 0), "a row that changes sides");
    }

    #[test]
    fn old_rows_that_do_not_fit_put_the_book_in_doubt() {
        let many: Vec<_> = (1..30).map(|n| row(n * 10 + 1, "Buy", 1)).collect();
        let frames = [
            old_delta(11, &row(75, "Buy", 1), "", ""),
            old_delta(11, "", &row(75, "Buy", 1), ""),
            old_delta(11, "", "", &row(70, "Buy", 1)),
            old_delta(11, "", "", &many.join(",")),
            old_delta(9, "", &row(70, "Buy", 1), ""),
        ];
        for frame in frames {
            let (mut bybit, mut book) = (old(), Book::new());
            apply(&mut book, hear(&mut bybit, &old_snapshot(10)));
            apply(&mut book, hear(&mut bybit, &frame));
            assert!(matches!(book.standing(), Standing::Resync { .. }), "{frame}");
            assert_eq!(hear(&mut bybit, &old_delta(13, "", &row(70, "Buy", 1), "")), []);
            apply(&mut book, hear(&mut bybit, &old_snapshot(14)));
            assert_eq!(book.standing(), &Standing::Live);
        }
    }

    #[test]
    fn an_unreadable_frame_puts_old_books_in_doubt() {
        for (frame, doubted) in [
            (r#"{"topic":"orderBookL2_25.EOSUSD","type":"delta""#, true),
            (r#"{"to"#, true),
            (r#"{"topic":"orderBookL2_25.XOSUSD","type":"delta","data":{"delete":[{}]}}"#, true),
            (r#"{"topic":"trade.EOSUSD","data":[{}]}"#, false),
        ] {
            let mut bybit = old();
            hear(&mut bybit, &old_snapshot(10));
            let mut events = Vec::new();
            assert!(bybit.receive(frame, AT, &mut events).is_err());
            let doubt = Event::Doubt { symbols: vec![symbol("EOS/USD:EOS")], reason: Desync::Unreadable };
            assert_eq!(events, if doubted { vec![doubt] } else { vec![] }, "{frame}");
        }
    }

    #[test]
    fn old_trades_and_acknowledgements_are_read() {
        let frame = r#"{"topic":"trade.BTCUSD","data":[{"trade_time_ms":1618677786614,"timestamp":"2021-04-17T16:43:06.000Z","symbol":"BTCUSD","side":"Sell","size":4,"price":60621.5,"tick_direction":"PlusTick","trade_id":"5ffb8b77","cross_seq":5938955347}]}"#;
        let [Event::Trades { symbol: of, trades }] = &hear(&mut old(), frame)[..] else { panic!() };
        assert_eq!(
            (of.as_str(), trades[0].price.to_string().as_str(), trades[0].taker),
            ("BTC/USD:BTC", "60621.5", Side::Ask)
        );
        let told = hear(
            &mut old(),
            r#"{"success":true,"ret_msg":"","conn_id":"1","request":{"op":"subscribe","args":["trade.BTCUSD"]}}"#,
        );
        assert_eq!(told, [Event::Subscribed(Subscription { symbol: symbol("BTC/USD:BTC"), channel: Channel::Trades })]);
        assert_eq!(
            hear(&mut old(), r#"{"success":true,"ret_msg":"pong","conn_id":"1","request":{"op":"ping","args":null}}"#)
                .len(),
            1
        );
    }
}
