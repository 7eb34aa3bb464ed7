//! What has been traded in one market: candles, the last day's figures and the last trades.
//!
//! Minutes are kept for half a day and hours for a month. What lies before the start is made up by walking backwards
//! from the first price, so that the history ends where the live market begins.

use super::dice::Dice;
use super::pair::Pair;
use crate::market::{Side, Timestamp};
use std::collections::VecDeque;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Candles kept of each length, as many as Kraken sends in a snapshot.
const KEPT: usize = 720;

/// Trades kept, as many as Kraken sends in a snapshot.
const TAPE: usize = 50;

/// One trade, in ticks and lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The venue's number, growing by one.
    pub id: u64,
    /// The price.
    pub price: i64,
    /// How many lots.
    pub quantity: i64,
    /// Who came to the market.
    pub taker: Side,
    /// Whether the taker named no price.
    pub market: bool,
    /// When.
    pub at: Timestamp,
}

/// What was traded in a stretch of time, in ticks and lots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// When it began.
    pub start: Timestamp,
    /// The first price.
    pub open: i64,
    /// The highest price.
    pub high: i64,
    /// The lowest price.
    pub low: i64,
    /// The last price.
    pub close: i64,
    /// Lots traded.
    pub volume: i64,
    /// Lots times ticks.
    pub turnover: i128,
    /// How many trades.
    pub trades: u64,
}

impl Bar {
    fn of(trade: &Trade, length: Duration) -> Self {
        let Trade { price, quantity, .. } = *trade;
        Self {
            start: trade.at.floor_to(length),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: quantity,
            turnover: i128::from(price) * i128::from(quantity),
            trades: 1,
        }
    }

    /// Takes in what came after.
    fn extend(&mut self, later: &Self) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.volume = self.volume.saturating_add(later.volume);
        self.turnover = self.turnover.saturating_add(later.turnover);
        self.trades += later.trades;
    }

    /// The average price by volume, rounded down to a tick; the last price where nothing was traded.
    pub fn vwap(&self) -> i64 {
        let average = self.turnover.checked_div(i128::from(self.volume));
        average.and_then(|ticks| i64::try_from(ticks).ok()).unwrap_or(self.close)
    }
}

/// The records of one market.
#[derive(Clone, Debug)]
pub struct Chart {
    minutes: VecDeque<Bar>,
    hours: VecDeque<Bar>,
    tape: VecDeque<Trade>,
    trades: u64,
}

impl Chart {
    /// A made-up past that ends at `now` with the pair's first price.
    pub fn before(now: Timestamp, pair: &Pair, dice: &mut Dice) -> Self {
        let this_hour = now.floor_to(HOUR);
        let whole_minutes = this_hour.age(now).as_secs() / 60;
        let minutes = walk(now.floor_to(MINUTE), MINUTE, 11 * 60 + whole_minutes, pair, pair.start, dice);
        let mut hours = fold(minutes.iter(), HOUR);
        if let Some(first) = hours.front().copied() {
            let missing = u64::try_from(KEPT - hours.len()).unwrap_or(0);
            for bar in walk(first.start, HOUR, missing, pair, first.open, dice).into_iter().rev() {
                hours.push_front(bar);
            }
        }
        let trades = hours.iter().map(|bar| bar.trades).sum();
        Self { minutes, hours, tape: VecDeque::with_capacity(TAPE), trades }
    }

    /// Records a fill and numbers it.
    pub fn record(&mut self, price: i64, quantity: i64, taker: Side, market: bool, at: Timestamp) -> Trade {
        self.trades += 1;
        let trade = Trade { id: self.trades, price, quantity, taker, market, at };
        for (bars, length) in [(&mut self.minutes, MINUTE), (&mut self.hours, HOUR)] {
            append(bars, &Bar::of(&trade, length));
            if bars.len() > KEPT {
                bars.pop_front();
            }
        }
        if self.tape.len() == TAPE {
            self.tape.pop_front();
        }
        self.tape.push_back(trade);
        trade
    }

    /// The last trades, oldest first.
    pub fn tape(&self) -> impl Iterator<Item = &Trade> + Clone {
        self.tape.iter()
    }

    /// The last price.
    pub fn last(&self) -> Option<i64> {
        self.hours.back().map(|bar| bar.close)
    }

    /// The last 24 hours taken together; hours are taken whole.
    pub fn day(&self) -> Option<Bar> {
        let mut hours = self.hours.iter().skip(self.hours.len().saturating_sub(24));
        let mut day = *hours.next()?;
        hours.for_each(|hour| day.extend(hour));
        Some(day)
    }

    /// Candles of so many minutes, oldest first.
    pub fn candles(&self, minutes: u32) -> VecDeque<Bar> {
        let bars = if minutes < 60 { &self.minutes } else { &self.hours };
        fold(bars.iter(), MINUTE * minutes)
    }

    /// The candle of so many minutes that is not finished.
    pub fn candle(&self, minutes: u32) -> Option<Bar> {
        let length = MINUTE * minutes;
        let bars = if minutes < 60 { &self.minutes } else { &self.hours };
        let start = bars.back()?.start.floor_to(length);
        let count = bars.iter().rev().take_while(|bar| bar.start >= start).count();
        fold(bars.iter().skip(bars.len() - count), length).pop_back()
    }
}

/// Adds a bar behind the others, or to the last one when it belongs there (or would lie before it).
fn append(bars: &mut VecDeque<Bar>, bar: &Bar) {
    match bars.back_mut() {
        Some(last) if last.start >= bar.start => last.extend(bar),
        _ => bars.push_back(*bar),
    }
}

fn fold<'a>(bars: impl Iterator<Item = &'a Bar>, length: Duration) -> VecDeque<Bar> {
    let mut folded = VecDeque::new();
    for bar in bars {
        append(&mut folded, &Bar { start: bar.start.floor_to(length), ..*bar });
    }
    folded
}

/// Bars that end before `end` at the price `close`, walked backwards, oldest first.
fn walk(end: Timestamp, length: Duration, count: u64, pair: &Pair, close: i64, dice: &mut Dice) -> VecDeque<Bar> {
    let minutes = i64::try_from(length.as_secs() / 60).unwrap_or(1);
    // Steps of a random walk add up as their square root; a minute of the demo has some hundreds of steps.
    let step = (pair.wander * 16 * minutes.isqrt() / 256).max(1);
    let (mut bars, mut close, mut start) = (VecDeque::new(), close, end);
    for _ in 0..count {
        start = Timestamp::from_nanos(start.nanos() - i64::try_from(length.as_nanos()).unwrap_or(0));
        let open = (close - step * dice.bell() / 256).clamp(pair.start / 2, pair.start * 2);
        let high = open.max(close) + dice.below(step);
        let low = open.min(close) - dice.below(step);
        let trades = 10 + dice.below(40 * minutes);
        let volume = pair.size / 2 * trades + dice.below(pair.size);
        let turnover = i128::from(volume) * i128::from((open + close + high + low) / 4);
        let trades = trades.unsigned_abs();
        bars.push_front(Bar { start, open, high, low, close, volume, turnover, trades });
        close = open;
    }
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

    fn chart() -> Chart {
        Chart::before(NOW, &Pair::standard()[0], &mut Dice::new(5, 0))
    }

    #[test]
    fn the_past_is_whole_and_ends_at_the_first_price() {
        let chart = chart();
        for minutes in [1, 5, 15, 60, 240, 1440] {
            let length = MINUTE * minutes;
            let candles: Vec<Bar> = chart.candles(minutes).into();
            assert!(candles.len() >= 30, "{minutes}: {}", candles.len());
            for pair in candles.windows(2) {
                assert_eq!(pair[0].start.plus(length), pair[1].start, "{minutes}");
                assert_eq!(pair[0].close, pair[1].open, "{minutes}");
            }
            for bar in &candles {
                assert!(bar.low <= bar.open.min(bar.close) && bar.high >= bar.open.max(bar.close));
                assert!((bar.low..=bar.high).contains(&bar.vwap()));
            }
            assert_eq!(candles.last().map(|bar| bar.close), Some(974_121));
            assert_eq!(chart.candle(minutes), candles.last().copied());
        }
    }

    #[test]
    fn trades_go_into_every_candle() {
        let mut chart = chart();
        let before = chart.trades;
        let hour = chart.candle(60).unwrap();
        for n in 0..120 {
            let at = NOW.plus(Duration::from_secs(n));
            let trade = chart.record(974_000 + n as i64, 10, Side::Bid, true, at);
            assert_eq!(trade.id, before + 1 + n);
        }
        let minute = chart.candle(1).unwrap();
        assert_eq!((minute.close, minute.high), (974_119, 974_119));
        assert!(minute.start > NOW.floor_to(MINUTE) && minute.trades < 120);
        assert_eq!(chart.candle(60).unwrap().trades, hour.trades + 120);
        assert_eq!(chart.tape().count(), TAPE);
        assert_eq!(chart.last(), Some(974_119));
        assert!(chart.day().unwrap().trades > 24 * 10);
    }
}
