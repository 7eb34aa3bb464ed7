//! The books of all venues and the table of venues in their sizes, themes and troubles.

use super::glyphs::{ASCII, UNICODE};
use super::samples::{NOW, consolidated, listing, place, session, view_for};
use super::snapshots::{drawn, keys, styles, text};
use super::state::{State, query};
use crate::desk::{Line, Mode, View};
use crate::market::{Desync, Fee, Listing, Timestamp, VenueId};

type Venues = Vec<(VenueId, Listing, Option<Fee>)>;

fn ago(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW * 1_000 - millis)
}

/// Three venues whose prices are apart by less than their spreads.
fn calm() -> Venues {
    let fee = |text: &str| text.parse().ok();
    vec![
        (VenueId::Kraken, listing(0, 7, ago(200)), fee("0.1")),
        (VenueId::Okx, listing(3, 90, ago(40)), fee("0.1")),
        (VenueId::Coinbase, listing(-5, 170, ago(1_300)), fee("0.101")),
    ]
}

/// What a desk on Kraken and the other venues shows.
fn shown(state: &State, venues: &Venues) -> View {
    let mut view = view_for(state);
    view.mode = Mode::Live;
    for watched in &mut view.watch {
        watched.place.venue = VenueId::Kraken;
    }
    if let (Some(focus), Some(link)) = (&mut view.focus, view.links.first_mut()) {
        (focus.place.venue, link.line) = (VenueId::Kraken, Line::first(VenueId::Kraken));
    }
    let query = query(state);
    view.across = query.across.as_ref().map(|across| consolidated(venues, &place("BTC/USD"), across, query.group));
    view
}

/// A session after these keys, on this screen.
fn after(width: u16, height: u16, pressed: &str) -> State {
    let mut state = session(width, height);
    let view = view_for(&state);
    keys(&mut state, &view, pressed);
    state
}

fn screen(state: &State, view: &View) -> String {
    text(&drawn(state, view, "dark", &UNICODE))
}

#[test]
fn all_venues_in_every_size() {
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        let state = after(width, height, "v b");
        let shown = shown(&state, &calm());
        let buf = drawn(&state, &shown, "dark", &UNICODE);
        insta::assert_snapshot!(format!("across_{width}x{height}"), text(&buf));
        insta::assert_snapshot!(format!("across_{width}x{height}_dark"), styles(&buf));
        let mono = drawn(&state, &shown, "mono", &UNICODE);
        assert_eq!(text(&mono), text(&buf), "a theme changes no sign");
        insta::assert_snapshot!(format!("across_{width}x{height}_mono"), styles(&mono));
    }
}

#[test]
fn the_table_of_venues_with_a_size() {
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        let state = after(width, height, "b : s p l i t space 5 enter o");
        insta::assert_snapshot!(format!("venues_{width}x{height}"), screen(&state, &shown(&state, &calm())));
    }
    let all = after(80, 24, "b : s p l i t space 5 0 0 enter");
    insta::assert_snapshot!("venues_depth_runs_out", screen(&all, &shown(&all, &calm())));
    let mut unsaid = calm();
    unsaid[1].2 = None;
    insta::assert_snapshot!("venues_fee_unknown", screen(&all, &shown(&all, &unsaid)));
    let ascii = text(&drawn(&all, &shown(&all, &calm()), "mono", &ASCII));
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn venues_that_cannot_be_trusted_leave_visibly() {
    let state = after(80, 24, "v b");
    let mut venues = calm();
    venues[1].1 = listing(3, 90, ago(14_000));
    insta::assert_snapshot!("across_stale", screen(&state, &shown(&state, &venues)));
    venues[2].1.book.lose(Desync::Disconnected, Timestamp::from_secs(NOW - 7));
    let dark = drawn(&state, &shown(&state, &venues), "dark", &UNICODE);
    insta::assert_snapshot!("across_stale_and_down", text(&dark));
    insta::assert_snapshot!("across_stale_and_down_dark", styles(&dark));
    venues[0].1 = Listing { refusal: Some("no such pair".to_owned()), ..Listing::default() };
    insta::assert_snapshot!("across_nobody", screen(&state, &shown(&state, &venues)));
}

#[test]
fn crossed_venues_are_told_in_words() {
    for (width, height) in [(80, 24), (120, 40)] {
        let state = after(width, height, "v b");
        let mut venues = calm();
        venues[1].1 = listing(31, 90, ago(40));
        let buf = drawn(&state, &shown(&state, &venues), "dark", &UNICODE);
        insta::assert_snapshot!(format!("across_crossed_{width}x{height}"), text(&buf));
        insta::assert_snapshot!(format!("across_crossed_{width}x{height}_dark"), styles(&buf));
    }
}

#[test]
fn what_fees_eat_is_no_cross_in_net_prices() {
    let state = after(80, 24, "v b n");
    let mut venues = calm();
    venues[1].1 = listing(31, 90, ago(40));
    let screen = screen(&state, &shown(&state, &venues));
    assert!(!screen.contains("CROSSED") && screen.contains("BTC/USD all net"), "{screen}");
}

#[test]
fn contracts_are_not_added_up() {
    let state = after(80, 24, "v b");
    let mut view = shown(&state, &calm());
    let across = query(&state).across.unwrap();
    view.across = Some(consolidated(&calm(), &place("BTC/USD:BTC"), &across, None));
    let screen = screen(&state, &view);
    assert!(screen.contains("sizes are in contracts") && screen.contains("KRK contracts"), "{screen}");
}

#[test]
fn net_prices_and_a_cursor() {
    let mut state = after(120, 40, "b n + + +");
    let before = shown(&state, &calm());
    keys(&mut state, &before, "up up up");
    insta::assert_snapshot!("across_net_grouped", screen(&state, &shown(&state, &calm())));
}

#[test]
fn one_venue_says_how_to_have_more() {
    let state = after(80, 24, "v b");
    insta::assert_snapshot!("across_demo", screen(&state, &view_for(&state)));
    let live = shown(&state, &calm()[..1].to_vec());
    insta::assert_snapshot!("across_one_venue", screen(&state, &live));
}
