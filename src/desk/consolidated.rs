//! The instrument that is shown, across all venues that it is watched on.
//!
//! Only one symbol is put together: what has another quote is another market, with its own place on the watchlist.

use super::Place;
use super::state::State;
use crate::market::{
    Basis, Consolidated, Cross, Crossing, Excluded, Listing, Offer, Precision, Rank, Rung, Same, Side, Source, Split,
    Steps, Symbol, Timestamp, VenueQuote,
};
use crate::money::{Price, Quantity};

/// What a reader wants to see across venues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Across {
    /// Rows of the ladder a side.
    pub levels: usize,
    /// What the prices of the ladder are to be.
    pub basis: Basis,
    /// By what the venues are sorted.
    pub rank: Rank,
    /// A size to fill, bought and sold.
    pub size: Option<Quantity>,
}

/// An instrument across venues, ready to be drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct AcrossView {
    /// Which.
    pub symbol: Symbol,
    /// What the prices of the ladder are to be.
    pub basis: Basis,
    /// Whether fees can be counted in: that of everyone who takes part is known.
    pub nets: bool,
    /// The most decimals that one of the venues prints.
    pub precision: Precision,
    /// The bids of all, best first.
    pub bids: Vec<Rung>,
    /// The asks of all, best first.
    pub asks: Vec<Rung>,
    /// The best bid, exactly, and whose it is.
    pub bid: Option<Offer>,
    /// The best ask, exactly, and whose it is.
    pub ask: Option<Offer>,
    /// How those two stand to each other.
    pub crossing: Crossing,
    /// Bids above asks of other venues, the best gain first.
    pub crosses: Vec<Cross>,
    /// Who is left out, and why.
    pub excluded: Vec<Excluded>,
    /// What every venue quotes.
    pub quotes: Vec<VenueQuote>,
    /// By what those are sorted.
    pub rank: Rank,
    /// How the size is best bought.
    pub buy: Option<Split>,
    /// How the size is best sold.
    pub sell: Option<Split>,
    /// The size that was asked for.
    pub size: Option<Quantity>,
}

impl AcrossView {
    /// What `across` wants to see of the instrument at `place`, which need not be watched itself.
    pub(super) fn of(
        state: &State,
        place: &Place,
        watch: &[Place],
        across: &Across,
        group: Option<Price>,
        now: Timestamp,
    ) -> Self {
        let empty = Listing::default();
        let here = watch.iter().filter(|watched| watched.symbol == place.symbol);
        let unwatched = (!watch.contains(place)).then_some(place);
        let sources = here.chain(unwatched).map(|of| Source {
            venue: of.venue,
            symbol: &of.symbol,
            listing: state.market.listing(of.venue, &of.symbol).unwrap_or(&empty),
            fee: state.fees.get(&of.venue).copied(),
        });
        let book = Consolidated::new(&Same::from(place.symbol.clone()), sources, now, state.stale_after);
        Self::copied(&book, place.symbol.clone(), across, group)
    }

    /// What `across` wants to see of this book, in rows of `group`.
    pub fn copied(book: &Consolidated<'_>, symbol: Symbol, across: &Across, group: Option<Price>) -> Self {
        let Across { levels, basis, rank, size } = *across;
        let precision = book.precision();
        // Net prices have more decimals than a column can hold; their rows are those of the printed prices.
        let step = group.or_else(|| (basis == Basis::Net && book.nets()).then(|| precision.price_unit()));
        let rows = |side| book.rows(side, basis, Steps { rows: levels, step });
        let split = |side| size.and_then(|size| book.split(side, size));
        Self {
            symbol,
            basis,
            nets: book.nets(),
            precision,
            bids: rows(Side::Bid),
            asks: rows(Side::Ask),
            bid: book.best(Side::Bid, basis),
            ask: book.best(Side::Ask, basis),
            crossing: book.crossing(basis),
            crosses: book.crosses(),
            excluded: book.excluded().collect(),
            quotes: book.quotes(rank),
            rank,
            buy: split(Side::Ask),
            sell: split(Side::Bid),
            size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{Mode, Query};
    use crate::market::{BookUpdate, Change, Event, Interval, VenueId};
    use crate::money::Fixed;
    use std::time::Duration;

    fn place(venue: VenueId, symbol: &str) -> Place {
        Place { venue, symbol: symbol.parse().unwrap() }
    }

    fn hear(state: &mut State, place: &Place, bid: i64, ask: i64) {
        let level = |price| vec![Change { price: Fixed::new(price, 0), quantity: Fixed::new(1, 0) }];
        let update = BookUpdate {
            snapshot: true,
            depth: None,
            bids: level(bid),
            asks: level(ask),
            sequence: None,
            checksum: None,
            exchange_time: None,
        };
        let event = Event::Book { symbol: place.symbol.clone(), update };
        state.market.apply(place.venue, event, Timestamp::from_secs(10));
    }

    #[test]
    fn a_view_puts_together_what_is_watched_under_one_symbol() {
        let [kraken, okx] = [VenueId::Kraken, VenueId::Okx].map(|venue| place(venue, "BTC/USD"));
        let tether = place(VenueId::Okx, "BTC/USDT");
        let unwatched = place(VenueId::Bitstamp, "BTC/USD");
        let watch = vec![kraken.clone(), tether.clone(), okx.clone()];
        let mut state = State::new(Mode::Live, watch, Duration::from_secs(5));
        state.fees =
            [(VenueId::Okx, "0.1"), (VenueId::Kraken, "0.2")].map(|(of, fee)| (of, fee.parse().unwrap())).into();
        hear(&mut state, &kraken, 100, 102);
        hear(&mut state, &okx, 99, 101);
        hear(&mut state, &tether, 500, 501);
        hear(&mut state, &unwatched, 700, 701);
        let across = Some(Across { levels: 5, size: "2".parse().ok(), ..Across::default() });
        let (group, interval) = (None, Interval::Minute1);
        let mut query = Query {
            focus: None,
            levels: 0,
            group,
            trades: 0,
            interval,
            candles: 0,
            across,
            portfolio: None,
            treasury: None,
        };
        let now = Timestamp::from_secs(11);
        let told = state.view(&query, now).across.unwrap();
        assert_eq!(told.quotes.iter().map(|quote| quote.venue).collect::<Vec<_>>(), [kraken.venue, okx.venue]);
        assert_eq!((told.bid.unwrap().venue, told.ask.unwrap().venue), (kraken.venue, okx.venue));
        assert_eq!(told.buy.unwrap().net, "203.305".parse().unwrap(), "with the fees of both");
        let later = state.view(&query, Timestamp::from_secs(60)).across.unwrap();
        assert_eq!((later.excluded.len(), later.bids.len(), later.buy), (2, 0, None), "both are stale by then");
        query.focus = Some(unwatched);
        assert_eq!(state.view(&query, now).across.unwrap().quotes.len(), 3, "what is shown is there, watched or not");
        query.across = None;
        assert_eq!(state.view(&query, now).across, None);
    }
}
