//! Each kind of rule on a market that is made up for it.

mod text;

use super::*;
use crate::market::{
    BookUpdate, Change, Desync, Event, Listing, Mark, Market, Side, Symbol, Timestamp, Trade, VenueId,
};
use crate::money::{Fixed, Percent};
use proptest::prelude::*;
use std::time::Duration;

const STALE_AFTER: Duration = Duration::from_secs(5);

/// A market of one instrument, a rule about it, and a clock.
struct Stage {
    market: Market,
    symbol: Symbol,
    rule: Rule,
    watch: Watch,
    now: Timestamp,
    trades: u64,
}

impl Stage {
    fn new(rule: &str) -> Self {
        let rule: Rule = rule.parse().unwrap();
        let (symbol, now) = (rule.symbol.clone(), Timestamp::from_secs(1_000));
        Self { market: Market::default(), symbol, rule, watch: Watch::default(), now, trades: 0 }
    }

    fn tell(&mut self, event: Event) {
        self.market.apply(VenueId::Kraken, event, self.now);
    }

    /// The whole book anew: price and quantity of the levels, best first.
    fn book(&mut self, bids: &[(&str, &str)], asks: &[(&str, &str)]) -> &mut Self {
        let side = |levels: &[(&str, &str)]| {
            let change = |(price, quantity): &(&str, &str)| Change {
                price: price.parse::<Fixed>().unwrap(),
                quantity: quantity.parse().unwrap(),
            };
            levels.iter().map(change).collect()
        };
        let (depth, sequence, checksum) = (Some(10), None, None);
        let exchange_time = Some(self.now);
        let (bids, asks) = (side(bids), side(asks));
        let update = BookUpdate { snapshot: true, depth, bids, asks, sequence, checksum, exchange_time };
        let symbol = self.symbol.clone();
        self.tell(Event::Book { symbol, update });
        self
    }

    /// A book whose mid is so many dollars.
    fn mid(&mut self, dollars: i64) -> &mut Self {
        self.book(&[(&(dollars - 1).to_string(), "1")], &[(&(dollars + 1).to_string(), "1")])
    }

    fn trade(&mut self, price: &str, quantity: &str) -> &mut Self {
        self.trades += 1;
        let (price, quantity) = (price.parse().unwrap(), quantity.parse().unwrap());
        let trade = Trade { price, quantity, taker: Side::Bid, id: Some(self.trades), at: self.now };
        let symbol = self.symbol.clone();
        self.tell(Event::Trades { symbol, trades: vec![trade] });
        self
    }

    fn after(&mut self, millis: u64) -> &mut Self {
        self.now = self.now.plus(Duration::from_millis(millis));
        self
    }

    fn look(&mut self) -> Option<Outcome> {
        let empty = Listing::default();
        let listing = self.market.listing(VenueId::Kraken, &self.symbol).unwrap_or(&empty);
        self.watch.look(&self.rule, VenueId::Kraken, listing, STALE_AFTER, self.now)
    }

    /// The words of what fired, empty when nothing did.
    fn fired(&mut self) -> String {
        match self.look() {
            Some(Outcome::Fired(firing)) => firing.to_string(),
            Some(Outcome::Armed) | None => String::new(),
        }
    }

    fn fires(&mut self) -> bool {
        !self.fired().is_empty()
    }

    fn unknown(&mut self) -> Unknown {
        assert_eq!(self.look(), None);
        self.watch.reading().unwrap_err()
    }
}

#[test]
fn a_price_fires_once_each_time_that_it_crosses() {
    let mut stage = Stage::new("BTC/USD > 100000");
    assert!(!stage.mid(100_000).fires(), "equal is not above");
    assert_eq!(stage.after(100).mid(100_001).fired(), "BTC/USD kraken mid 100001, above 100000");
    for _ in 0..300 {
        assert!(!stage.after(100).mid(100_002).fires());
    }
    assert_eq!(stage.after(100).mid(99_999).look(), Some(Outcome::Armed));
    assert!(!stage.after(100).mid(99_998).fires());
    assert!(stage.after(100).mid(100_003).fires());
    // Back and forth at once: held until the gap is over, and then told if it still holds.
    assert_eq!(stage.after(100).mid(99_999).look(), Some(Outcome::Armed));
    assert!(!stage.after(100).mid(100_003).fires());
    assert!(!stage.after(4_700).mid(100_003).fires());
    assert!(!stage.after(4_999).mid(100_003).fires());
    assert!(stage.after(101).mid(100_003).fires());
}

#[test]
fn what_holds_at_the_first_look_fires_and_below_is_the_mirror_of_above() {
    let mut stage = Stage::new("BTC/USD < 90000 note \"buy\"");
    assert_eq!(stage.mid(89_000).fired(), "buy: BTC/USD kraken mid 89000, below 90000");
    assert!(!stage.after(100).mid(89_000).fires());
}

#[test]
fn once_is_once_and_every_is_again_and_again() {
    let mut stage = Stage::new("BTC/USD > 10 once");
    assert!(stage.mid(11).fires());
    assert_eq!(stage.after(60_000).mid(9).look(), None);
    assert!(!stage.after(60_000).mid(11).fires());
    assert_eq!(stage.watch.phase(), Phase::Spent);
    stage.watch.arm();
    assert!(stage.after(100).mid(11).fires(), "armed again by hand");

    let mut stage = Stage::new("BTC/USD > 10 every 1m");
    let fired = (0..590).filter(|_| stage.after(1_000).mid(11).fires()).count();
    assert_eq!(fired, 10);
    assert!(!stage.after(1_000).mid(9).fires());
    assert!(!stage.after(1_000).mid(11).fires(), "never more often");
}

#[test]
fn what_is_not_known_neither_fires_nor_arms() {
    let mut stage = Stage::new("BTC/USD > 10");
    assert_eq!(stage.unknown(), Unknown::Waiting);
    stage.mid(11).after(5_000);
    assert_eq!(stage.unknown(), Unknown::Stale);
    stage.mid(11);
    let doubt = Event::Doubt { symbols: vec![stage.symbol.clone()], reason: Desync::Unreadable };
    stage.tell(doubt);
    assert_eq!(stage.unknown(), Unknown::OutOfStep);
    stage.after(100).book(&[("30", "1")], &[("20", "1")]);
    assert_eq!(stage.unknown(), Unknown::Crossed);
    stage.after(100).book(&[("30", "1")], &[]);
    assert_eq!(stage.unknown(), Unknown::NoLevel);
    assert!(stage.after(100).mid(11).fires());
    // A stale low price is no reason to arm.
    stage.after(100).mid(9).after(5_000);
    assert_eq!((stage.unknown(), stage.watch.phase()), (Unknown::Stale, Phase::Fired));
    assert!(!stage.after(60_000).mid(11).fires());
}

#[test]
fn a_remembered_book_is_no_price() {
    let mut stage = Stage::new("BTC/USD > 10");
    let level = |price: &str| crate::market::Level { price: price.parse().unwrap(), quantity: "1".parse().unwrap() };
    let listing = stage.market.listing_mut(VenueId::Kraken, &stage.symbol.clone());
    listing.book.remember(&[level("20")], &[level("21")], stage.now);
    assert_eq!(stage.unknown(), Unknown::Waiting);
}

#[test]
fn the_last_price_is_that_of_a_trade_of_now() {
    let mut stage = Stage::new("BTC/USD last > 10");
    assert_eq!(stage.mid(50).unknown(), Unknown::NoTrade);
    assert!(!stage.trade("10", "1").fires());
    assert_eq!(stage.trade("10.5", "1").fired(), "BTC/USD kraken last 10.5, above 10");
    stage.after(600_000).mid(50);
    assert_eq!(stage.unknown(), Unknown::NoTrade);
}

#[test]
fn spread_and_imbalance_are_those_of_the_book() {
    let mut stage = Stage::new("BTC/USD spread > 5bps");
    assert!(!stage.book(&[("9997.5", "1")], &[("10002.5", "1")]).fires(), "exactly five");
    let fired = stage.after(100).book(&[("9997.5", "1")], &[("10002.6", "1")]).fired();
    assert_eq!(fired, "BTC/USD kraken spread 5.099974bps, above 5bps");

    let mut stage = Stage::new("BTC/USD imbalance(2) < -0.8");
    assert!(!stage.book(&[("9", "1"), ("8", "0")], &[("10", "8"), ("11", "1"), ("12", "99")]).fires());
    assert!(stage.after(100).book(&[("9", "1")], &[("10", "8"), ("11", "2"), ("12", "99")]).fires());
    let mut deep = Stage::new("BTC/USD imbalance(25) > 0");
    assert_eq!(deep.mid(10).unknown(), Unknown::TooShallow);
}

#[test]
fn a_move_is_measured_from_the_far_end_of_its_window() {
    let mut stage = Stage::new("BTC/USD move 1m > 2%");
    assert!(!stage.mid(1_000).fires());
    assert!(!stage.after(20_000).mid(1_020).fires(), "exactly two");
    assert_eq!(stage.after(20_000).mid(1_021).fired(), "BTC/USD kraken move 1m 2.1%, above 2%");
    assert_eq!(stage.after(30_000).mid(1_021).look(), Some(Outcome::Armed), "the start has left the window");
    assert!(stage.after(1_000).mid(999).fires(), "down counts as well");

    let mut quiet = Stage::new("BTC/USD move 1m < 1%");
    assert_eq!(quiet.mid(1_000).unknown(), Unknown::Filling);
    assert!(!quiet.after(59_000).mid(1_000).fires());
    assert!(quiet.after(1_000).mid(1_000).fires(), "only a whole quiet minute is one");
}

#[test]
fn volume_is_what_was_seen_to_change_hands() {
    let mut stage = Stage::new("BTC/USD volume 1m > 100");
    stage.mid(10).trade("10", "500");
    assert_eq!(stage.unknown(), Unknown::Filling, "trades of before do not count");
    assert!(!stage.after(10_000).mid(10).trade("10", "60").fires());
    assert!(!stage.after(10_000).mid(10).trade("10", "40").fires(), "exactly a hundred");
    assert_eq!(stage.after(100).trade("10", "0.5").fired(), "BTC/USD kraken volume 1m 100.5, above 100");
    for _ in 0..45 {
        stage.after(1_000).mid(10).look();
    }
    assert_eq!(stage.watch.phase(), Phase::Fired, "only a whole minute can be too little");
    for _ in 0..20 {
        stage.after(1_000).mid(10).look();
    }
    assert_eq!(stage.watch.phase(), Phase::Armed);
}

#[test]
fn a_silent_feed_is_told_also_when_it_never_spoke() {
    let mut stage = Stage::new("BTC/USD stale > 10s");
    assert!(!stage.fires() && !stage.after(10_000).fires());
    assert_eq!(stage.after(100).fired(), "BTC/USD kraken silent for 10s, longer than 10s");
    assert_eq!(stage.mid(10).look(), Some(Outcome::Armed));
    stage.after(9_000);
    let doubt = Event::Doubt { symbols: vec![stage.symbol.clone()], reason: Desync::Disconnected };
    stage.tell(doubt);
    assert!(!stage.fires());
    assert!(stage.after(1_001).fires(), "a book that is out of step is as old as its last right word");
}

#[test]
fn funding_is_read_while_it_is_repeated() {
    let mut stage = Stage::new("BTC/USD:USDT funding > 0.05%");
    let tell = |stage: &mut Stage, funding: &str| {
        let mark = Mark { funding: Some(funding.parse::<Percent>().unwrap()), ..Mark::default() };
        let symbol = stage.symbol.clone();
        stage.tell(Event::Mark { symbol, mark, exchange_time: None });
    };
    assert_eq!(stage.mid(10).unknown(), Unknown::NoFunding);
    tell(&mut stage, "0.05");
    assert!(!stage.fires());
    tell(&mut stage, "0.0501");
    assert_eq!(stage.after(100).fired(), "BTC/USD:USDT kraken funding 0.0501%, above 0.05%");
    stage.after(900_000);
    assert_eq!(stage.unknown(), Unknown::NoFunding);
}

#[test]
fn the_fields_that_scripts_see() {
    let mut stage = Stage::new("BTC/USD book.asks.1.price > 100");
    assert_eq!(stage.mid(50).unknown(), Unknown::NoLevel);
    stage.after(1).book(&[("9", "1")], &[("99", "1"), ("100.5", "7")]);
    assert_eq!(stage.fired(), "BTC/USD kraken book.asks.1.price 100.5, above 100");
    let mut fields = |rule: &str| {
        stage.rule = rule.parse().unwrap();
        stage.watch = Watch::default();
        stage.fired()
    };
    assert_eq!(fields("BTC/USD book.asks.1.quantity > 6"), "BTC/USD kraken book.asks.1.quantity 7, above 6");
    assert_eq!(fields("BTC/USD book.mid < 55"), "BTC/USD kraken book.mid 54, below 55");
    assert_eq!(fields("BTC/USD book.checksums.checked < 1"), "BTC/USD kraken book.checksums.checked 0, below 1");
    assert_eq!(fields("BTC/USD book.asks.10.price > 0"), "");
    assert_eq!(stage.unknown(), Unknown::TooShallow);

    let mut standing = Stage::new("BTC/USD book.standing = resync");
    assert!(!standing.fires() && !standing.mid(10).fires());
    let doubt = Event::Doubt { symbols: vec![standing.symbol.clone()], reason: Desync::Disconnected };
    standing.tell(doubt);
    assert_eq!(standing.fired(), "BTC/USD kraken book is resync");
}

#[test]
fn a_snoozed_rule_is_silent_until_its_time() {
    let mut stage = Stage::new("BTC/USD > 10");
    stage.watch.snooze(stage.now.plus(Duration::from_secs(60)));
    assert!(!stage.mid(11).fires());
    assert!(!stage.after(59_000).mid(11).fires());
    assert!(stage.after(1_000).mid(11).fires(), "what still holds then is told then");
}

#[test]
fn what_was_kept_counts_and_a_clock_set_back_does_not_silence() {
    let mut stage = Stage::new("BTC/USD > 10");
    let (earlier, later) = (stage.now, stage.now.plus(Duration::from_secs(9_999)));
    stage.watch = Watch::restored(Phase::Fired, Some(earlier), None);
    assert!(!stage.after(60_000).mid(11).fires(), "told before the restart");
    assert_eq!(stage.after(100).mid(9).look(), Some(Outcome::Armed));
    assert!(stage.after(100).mid(11).fires());
    stage.watch = Watch::restored(Phase::Armed, Some(later), None);
    assert!(!stage.after(100).mid(11).fires());
    assert!(stage.after(10_000).mid(11).fires());
    stage.watch = Watch::restored(Phase::Spent, Some(earlier), None);
    assert!(!stage.after(60_000).mid(11).fires());
}

#[test]
fn a_rule_without_a_venue_never_means_the_simulated_one() {
    let rule = |text: &str| text.parse::<Rule>().unwrap();
    let btc = Symbol::new("BTC/USD").unwrap();
    assert!(rule("BTC/USD > 1").means(VenueId::Kraken, &btc) && !rule("BTC/USD > 1").means(VenueId::Sim, &btc));
    assert!(rule("BTC/USD@sim > 1").means(VenueId::Sim, &btc) && !rule("ETH/USD > 1").means(VenueId::Kraken, &btc));
}

proptest! {
    #[test]
    fn a_rule_fires_only_when_it_holds_and_never_twice_in_the_gap(prices in prop::collection::vec((5i64..15, 0u64..20_000), 1..80)) {
        let mut stage = Stage::new("BTC/USD > 10");
        let mut last: Option<Timestamp> = None;
        for (price, wait) in prices {
            if stage.after(wait).mid(price).fires() {
                prop_assert!(price > 10);
                prop_assert!(last.is_none_or(|last| last.age(stage.now) >= Watch::GAP));
                last = Some(stage.now);
            }
        }
    }
}
