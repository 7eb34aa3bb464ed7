//! What keys, mouse and sizes do to a session, in tests.

use super::chord::Chord;
use super::effect::{Effect, Event};
use super::glyphs::UNICODE;
use super::input::{Mouse, MouseDid};
use super::layout::Pane;
use super::portfolio::samples::{doubtful, owned};
use super::samples::{empty, place, session, view_for, view_of, with_freshness};
use super::state::{Cursor, Overlay, State, query};
use super::theme::Themes;
use super::{update, view};
use crate::alert::{Phase, Rule, Span, Unknown};
use crate::desk::{AlertView, AlertWish, AlertsView, Command, Mode, Replay, Speed, Steer, View};
use crate::market::{Desync, Freshness, Interval, Side};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
use std::time::Duration;

fn press(state: &mut State, view: &View, keys: &str) -> Vec<Effect> {
    let press = |key: &str| update(state, view, Event::Key(key.parse::<Chord>().unwrap()));
    keys.split(' ').flat_map(press).collect()
}

fn desktop() -> (State, View) {
    let state = session(80, 24);
    let view = view_for(&state);
    (state, view)
}

#[test]
fn the_cursor_walks_through_the_spread_and_stays_on_the_screen() {
    let (mut state, view) = desktop();
    press(&mut state, &view, "up");
    assert_eq!(state.cursor, Some(Cursor { side: Side::Ask, depth: 0 }));
    press(&mut state, &view, "down");
    assert_eq!(state.cursor, Some(Cursor { side: Side::Bid, depth: 0 }));
    press(&mut state, &view, "G down");
    let bids = query(&state).levels;
    assert_eq!(state.cursor, Some(Cursor { side: Side::Bid, depth: bids - 1 }));
    press(&mut state, &view, "c");
    assert_eq!(state.cursor, None);
    press(&mut state, &empty(&session(80, 24)), "up");
    assert_eq!(state.cursor, None, "an empty book has no level");
}

#[test]
fn grouping_steps_by_one_two_five() {
    let (mut state, view) = desktop();
    let mut step = |key: &str| {
        press(&mut state, &view, key);
        query(&state).group.map(|step| step.to_string())
    };
    let seen: Vec<_> = ["+", "+", "+", "+", "-", "-", "-", "-"].map(&mut step).into_iter().flatten().collect();
    assert_eq!(seen, ["0.2", "0.5", "1", "2", "1", "0.5", "0.2"]);
    for _ in 0..100 {
        step("+");
    }
    assert_eq!(step("+").as_deref(), Some("50000"), "no step is wider than the price");
}

#[test]
fn instruments_are_stepped_through_and_searched() {
    let (mut state, view) = desktop();
    press(&mut state, &view, "J");
    assert_eq!(query(&state).focus, Some(place("ETH/USD")));
    press(&mut state, &view, "K K");
    assert_eq!(query(&state).focus, Some(place("DOGE/USD")), "around the end");
    assert_eq!(press(&mut state, &view, "/"), [Effect::Instruments]);
    press(&mut state, &view, "s o l enter");
    assert_eq!(query(&state).focus, Some(place("SOL/USD")));
    assert_eq!(state.overlay, None);
    let effects = press(&mut state, &view, "/ x m r / e u r enter");
    let chart = Command::Chart(place("XMR/EUR"), Interval::Minute1);
    let asked = [Command::Watch(place("XMR/EUR")), chart].map(Effect::Command);
    assert_eq!(effects, [[Effect::Instruments].as_slice(), &asked].concat());
    press(&mut state, &view, "/ q q q enter");
    assert!(state.said.as_ref().is_some_and(|said| said.warning));
}

#[test]
fn the_palette_runs_actions_and_commands_with_words() {
    let (mut state, mut view) = desktop();
    view.mode = Mode::Live;
    let mut run = |keys: &str| press(&mut state, &view, &format!(": {keys} enter"));
    assert_eq!(run("q u i t"), [Effect::Quit]);
    let theme = run("t h e m e space l i g h t");
    assert_eq!(theme.first(), Some(&Effect::Theme("light".to_owned())));
    let watch = run("w a t c h space a d a / u s d space k r a k e n");
    let Some(Effect::Command(Command::Watch(ada))) = watch.first() else { panic!("{watch:?}") };
    assert_eq!(ada.symbol.as_str(), "ADA/USD");
    let chart = Command::Chart(ada.clone(), Interval::Minute5);
    assert_eq!(run("i n t e r v a l space 5 m"), [Effect::Command(chart)], "the candles shown are asked for");
    run("g r o u p space 1 0");
    assert_eq!(state.settings.interval, Interval::Minute5);
    assert_eq!(query(&state).group.map(|g| g.to_string()).as_deref(), Some("10"));
    for wrong in [
        "g r o u p space - 1",
        "t h e m e space x",
        "w a t c h space x",
        "w a t c h space a d a / u s d space s i m",
        "s p e e d space 2",
        "q q q",
    ] {
        assert_eq!(press(&mut state, &view, &format!(": {wrong} enter")), []);
        assert!(state.said.take().is_some_and(|said| said.warning), "{wrong}");
    }
}

#[test]
fn windows_close_before_anything_quits() {
    let (mut state, view) = desktop();
    for window in ["?", ":", "/"] {
        press(&mut state, &view, window);
        assert!(state.overlay.is_some());
        press(&mut state, &view, "esc");
        assert_eq!(state.overlay, None);
    }
    assert_eq!(press(&mut state, &view, "? q"), [], "q closes help");
    assert_eq!(press(&mut state, &view, "q"), [Effect::Quit]);
    assert_eq!(press(&mut state, &view, ": ctrl+c"), [Effect::Quit]);
}

#[test]
fn help_scrolls_to_its_end_and_not_beyond() {
    let (mut state, view) = desktop();
    press(&mut state, &view, "? G");
    let Some(Overlay::Help { scroll }) = state.overlay else { panic!("no help") };
    press(&mut state, &view, "down pagedown");
    assert_eq!(state.overlay, Some(Overlay::Help { scroll }));
    assert!(scroll > 0);
}

#[test]
fn every_pane_is_focused_in_turn_and_then_seen() {
    for (width, height) in [(60, 16), (80, 20), (80, 24), (120, 40)] {
        let mut state = session(width, height);
        let view = view_for(&state);
        let mut seen = Vec::new();
        for _ in 0..7 {
            press(&mut state, &view, "tab");
            assert!(state.arrangement().unwrap().of(state.focus()).is_some());
            seen.push(state.focus());
        }
        for pane in [Pane::Watch, Pane::Book, Pane::Tape, Pane::Candles, Pane::Across, Pane::Venues] {
            assert!(seen.contains(&pane), "{width}x{height}: {pane:?}");
        }
    }
}

#[test]
fn copying_takes_the_exact_number() {
    let (mut state, view) = desktop();
    assert_eq!(press(&mut state, &view, "y"), [Effect::Copy("BTC/USD".to_owned())]);
    assert_eq!(press(&mut state, &view, "up y"), [Effect::Copy("97413.3".to_owned())]);
}

#[test]
fn the_books_of_all_venues_take_the_place_of_one() {
    let (mut state, view) = desktop();
    assert_eq!(query(&state).across, None, "nothing is put together that nobody looks at");
    press(&mut state, &view, "up b");
    assert_eq!((state.focus(), state.cursor), (Pane::Across, None), "another book has other levels");
    assert!(query(&state).across.is_some_and(|across| across.levels >= 6));
    let view = view_for(&state);
    press(&mut state, &view, "G down");
    assert_eq!(state.cursor.map(|cursor| cursor.side), Some(Side::Bid));
    let lowest = view.across.as_ref().and_then(|across| across.bids.get(state.cursor.unwrap().depth)).unwrap();
    let copied = press(&mut state, &view, "y");
    assert_eq!(copied, [Effect::Copy(crate::money::plain(lowest.price.get()))]);
    press(&mut state, &view, "n o v");
    assert_eq!(state.focus(), Pane::Venues);
    assert!(state.said.is_none(), "a later key takes away that no fees are set");
    let across = query(&state).across.unwrap();
    assert_eq!((across.basis, across.rank), (crate::market::Basis::Net, crate::market::Rank::Bid));
    press(&mut state, &view, "v b");
    assert_eq!((state.focus(), query(&state).across), (Pane::Book, None));
}

#[test]
fn a_click_on_a_venue_shows_its_own_market() {
    let (mut state, first) = desktop();
    press(&mut state, &first, "v J");
    let view = view_for(&state);
    assert_eq!(query(&state).focus, Some(place("ETH/USD")));
    press(&mut state, &view, "K K");
    let table = state.arrangement().unwrap().of(Pane::Venues).unwrap();
    let at = Position { x: table.x + 2, y: table.y + 2 };
    update(&mut state, &view, Event::Mouse(Mouse { did: MouseDid::Click, at }));
    assert_eq!(query(&state).focus, Some(place("ETH/USD")), "the venue and the symbol of the line");
}

#[test]
fn a_size_is_asked_for_by_key_and_by_command() {
    let (mut state, view) = desktop();
    press(&mut state, &view, "b S 2 . 5 enter");
    assert_eq!(state.focus(), Pane::Venues);
    assert_eq!(query(&state).across.and_then(|across| across.size), "2.5".parse().ok());
    press(&mut state, &view, ": s p l i t space o f f enter");
    assert_eq!(query(&state).across.and_then(|across| across.size), None);
    for wrong in ["- 1", "0", "x"] {
        press(&mut state, &view, &format!(": s p l i t space {wrong} enter"));
        assert!(state.said.take().is_some_and(|said| said.warning), "{wrong}");
    }
}

#[test]
fn the_mouse_chooses_lines_and_focuses_panes() {
    let (mut state, view) = desktop();
    let mouse = |did, x, y| Event::Mouse(Mouse { did, at: Position { x, y } });
    update(&mut state, &view, mouse(MouseDid::Click, 4, 4));
    assert_eq!((state.focus(), query(&state).focus), (Pane::Watch, Some(place("ETH/USD"))));
    let book = state.arrangement().unwrap().of(Pane::Book).unwrap();
    let first_bid = book.y + 2 + (book.height - 4) / 2 + 1;
    update(&mut state, &view, mouse(MouseDid::Click, book.x + 5, first_bid));
    assert_eq!(state.cursor, Some(Cursor { side: Side::Bid, depth: 0 }));
    update(&mut state, &view, mouse(MouseDid::ScrollUp, book.x + 5, first_bid));
    assert_eq!(state.cursor, Some(Cursor { side: Side::Ask, depth: 0 }));
    press(&mut state, &view, "?");
    update(&mut state, &view, mouse(MouseDid::Click, 0, 0));
    assert_eq!(state.overlay, None, "a click beside a window closes it");
}

#[test]
fn a_replay_is_steered_only_while_there_is_one() {
    let (mut state, mut view) = desktop();
    assert_eq!(press(&mut state, &view, "space"), []);
    view.mode = Mode::Replay;
    let (position, length, speed) = (10, 510, Speed::Percent(100));
    view.replay = Some(Replay { name: "x".to_owned(), position, length, paused: false, speed, ended: false });
    let replay = |command| Effect::Command(Command::Replay(command));
    assert_eq!(press(&mut state, &view, "space"), [replay(Steer::TogglePause)]);
    assert_eq!(press(&mut state, &view, ","), [replay(Steer::Seek(-25))]);
    assert_eq!(press(&mut state, &view, ">"), [replay(Steer::Speed(Speed::Percent(200)))]);
}

#[test]
fn figures_stand_still_for_a_second() {
    let (mut state, mut view) = desktop();
    update(&mut state, &view, Event::Desk);
    let before = draw(&state, &view);
    view.links[0].figures.rate = 77;
    update(&mut state, &view, Event::Desk);
    assert_eq!(draw(&state, &view), before);
    view.now = view.now.plus(Duration::from_secs(1));
    update(&mut state, &view, Event::Desk);
    assert_ne!(draw(&state, &view), before);
}

#[test]
fn the_layout_is_kept_as_text() {
    let (mut state, view) = desktop();
    let effects = press(&mut state, &view, "tab z ctrl+s");
    let Some(Effect::Command(Command::Set { value: text, .. })) = effects.first() else { panic!("{effects:?}") };
    assert_eq!(toml::from_str(text), Ok(state.settings.layout));
}

fn draw(state: &State, shown: &View) -> Buffer {
    let themes = Themes::built_in().unwrap();
    let mut buf = Buffer::empty(state.area());
    view(state, shown, themes.get("dark").unwrap(), &UNICODE, state.area(), &mut buf);
    buf
}

/// The views that a screen may have to show, by number.
fn some_view(state: &State, kind: u8) -> View {
    match kind {
        0 => empty(state),
        1 => with_freshness(state, Freshness::Resync(Duration::from_secs(40), Desync::Disconnected)),
        2 => with_freshness(state, Freshness::Remembered(Duration::from_secs(400_000))),
        3 => View { focus: None, watch: vec![], links: vec![], ..view_for(state) },
        4 => owned(state),
        5 => doubtful(state),
        _ => view_for(state),
    }
}

#[test]
fn no_size_panics() {
    for width in 0..=120 {
        for height in (0..=50).filter(|h| width % 10 == 0 || h % 7 == 2 || *h < 4 || width < 4) {
            let state = session(width, height);
            let shown = some_view(&state, u8::try_from((width + height) % 8).unwrap());
            draw(&state, &shown);
            let mut state = state;
            press(&mut state, &shown, "2");
            let shown = some_view(&state, u8::try_from((width + height) % 8).unwrap());
            draw(&state, &shown);
            press(&mut state, &shown, "enter");
            draw(&state, &shown);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_keys_on_no_screen_panic(
        sizes in prop::collection::vec((0u16..=250, 0u16..=70), 1..4),
        keys in prop::collection::vec(0usize..52, 0..24),
        kind in 0u8..9,
        (x, y) in (0u16..250, 0u16..70),
    ) {
        const KEYS: [&str; 52] = [
            "?", ":", "/", "esc", "enter", "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "tab",
            "shift+tab", "1", "2", "z", "J", "K", "y", "x", "+", "-", "c", "]", "[", "space", ".", ",", ";", ">", "<",
            "b", "v", "n", "o", "s", "t", "ctrl+s", "m", "F12", "ctrl+l", "a", "backspace", "delete", "ctrl+u", "ctrl+d", "5",
            "l", "p", "S",
        ];
        let mut state = session(80, 24);
        for (width, height) in sizes {
            let shown = some_view(&state, kind);
            update(&mut state, &shown, Event::Resize(Size { width, height }));
            for key in &keys {
                update(&mut state, &shown, Event::Key(KEYS[*key].parse().unwrap()));
            }
            for did in [MouseDid::Click, MouseDid::ScrollUp, MouseDid::ScrollDown] {
                update(&mut state, &shown, Event::Mouse(Mouse { did, at: Position { x, y } }));
            }
            draw(&state, &some_view(&state, kind));
        }
    }

    #[test]
    fn an_unexpected_area_is_drawn_within_itself(width in 0u16..130, height in 0u16..50) {
        let state = session(80, 24);
        let mut shown = view_of(&query(&state));
        shown.watch.truncate(1);
        let whole = Rect::new(0, 0, 140, 60);
        let area = Rect::new(5, 4, width, height);
        let mut buf = Buffer::empty(whole);
        let themes = Themes::built_in().unwrap();
        view(&state, &shown, themes.get("dark").unwrap(), &UNICODE, area, &mut buf);
        for position in whole.positions().filter(|position| !area.contains(*position)) {
            prop_assert_eq!(buf[position].symbol(), " ");
        }
    }
}

fn typed(text: &str) -> String {
    let key = |c: char| if c == ' ' { "space".to_owned() } else { c.to_string() };
    text.chars().map(key).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_alert_is_typed_as_a_command() {
    let (mut state, view) = desktop();
    let mut run = |text: &str| press(&mut state, &view, &format!(": {} enter", typed(text)));
    let set = |rule: &str| vec![Effect::Command(Command::Alert(AlertWish::Set(rule.parse().unwrap())))];
    assert_eq!(run("alert BTC/USD > 100000"), set("BTC/USD > 100000"));
    assert_eq!(run("alert < 90000 once"), set("BTC/USD@sim < 90000 once"), "the instrument that is shown");
    assert_eq!(run("alert BTC/USD spread > 5"), vec![]);
    assert!(
        state.said.as_ref().is_some_and(|said| said.warning && said.text.contains("such as 5bps")),
        "{:?}",
        state.said
    );
}

#[test]
fn the_list_of_alerts_is_steered_by_keys() {
    let (mut state, mut view) = desktop();
    let rule = |text: &str| text.parse::<Rule>().unwrap();
    let alert = |text: &str| AlertView {
        rule: rule(text),
        from_file: false,
        place: None,
        phase: Phase::Armed,
        reading: Err(Unknown::Unseen),
        fired: None,
        snoozed: None,
    };
    let rules = vec![alert("BTC/USD > 1"), alert("BTC/USD > 2")];
    view.alerts = AlertsView { rules, ..AlertsView::default() }.into();
    let wish = |wish| vec![Effect::Command(Command::Alert(wish))];
    assert_eq!(press(&mut state, &view, "s"), vec![], "only where alerts are listed");
    let hour = Span::from_secs(3_600).unwrap();
    assert_eq!(press(&mut state, &view, "A down s"), wish(AlertWish::Snooze(rule("BTC/USD > 2"), hour)));
    assert_eq!(press(&mut state, &view, "down k x"), wish(AlertWish::Remove(rule("BTC/USD > 1"))));
    assert_eq!(press(&mut state, &view, "enter"), wish(AlertWish::Acknowledge));
    assert!(matches!(state.overlay, Some(Overlay::Alerts { .. })), "it stays open");
    view.alerts = AlertsView::default().into();
    assert_eq!(press(&mut state, &view, "x"), vec![]);
    assert!(state.said.as_ref().is_some_and(|said| said.text == "choose an alert first"));
    press(&mut state, &view, "A");
    assert_eq!(state.overlay, None);
}
