//! The whole screen in its sizes, themes and troubles, as text beside its styles.

use super::chord::Chord;
use super::effect::{Effect, Event};
use super::glyphs::{ASCII, Glyphs, UNICODE};
use super::samples::{empty, notice, session, view_for, with_freshness};
use super::state::State;
use super::theme::Themes;
use super::{update, view};
use crate::alert::{Phase, Unknown, Value};
use crate::desk::{AlertView, AlertsView, FiredView, LinkState, Mode, Replay, Speed, View};
use crate::market::{Crossing, Desync, Freshness, Timestamp};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use std::fmt::Write as _;
use std::time::Duration;

pub(super) fn drawn(state: &State, shown: &View, theme: &str, glyphs: &Glyphs) -> Buffer {
    let themes = Themes::built_in().unwrap();
    let area = state.area();
    let mut buf = Buffer::empty(area);
    view(state, shown, themes.get(theme).unwrap(), glyphs, area, &mut buf);
    buf
}

pub(super) fn text(buf: &Buffer) -> String {
    let Rect { width, height, .. } = buf.area;
    let line = |y| (0..width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(|y| line(y) + "\n").collect()
}

/// The styles of a screen: a letter a style, in the order in which they appear, and the letters of each line.
pub(super) fn styles(buf: &Buffer) -> String {
    let mut seen: Vec<Style> = Vec::new();
    let mut lines = String::new();
    for y in 0..buf.area.height {
        for x in 0..buf.area.width {
            let style = buf[(x, y)].style();
            let at = seen.iter().position(|s| *s == style).unwrap_or_else(|| {
                seen.push(style);
                seen.len() - 1
            });
            let letter = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[at];
            lines.push(char::from(letter));
        }
        lines.push('\n');
    }
    for (style, letter) in seen.iter().zip(('a'..='z').chain('A'..='Z')) {
        let ground = style.bg.map(|bg| format!(" on {bg}")).unwrap_or_default();
        let ink = style.fg.map(|fg| fg.to_string()).unwrap_or_default();
        let _ = writeln!(lines, "{letter}: {ink}{ground} {:?}", style.add_modifier);
    }
    lines
}

fn screen(state: &State, shown: &View) -> String {
    text(&drawn(state, shown, "dark", &UNICODE))
}

pub(super) fn keys(state: &mut State, shown: &View, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        effects.extend(update(state, shown, Event::Key(key.parse::<Chord>().unwrap())));
    }
    effects
}

#[test]
fn markets_in_every_size() {
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        let state = session(width, height);
        let buf = drawn(&state, &view_for(&state), "dark", &UNICODE);
        insta::assert_snapshot!(format!("markets_{width}x{height}"), text(&buf));
        insta::assert_snapshot!(format!("markets_{width}x{height}_dark"), styles(&buf));
        let mono = drawn(&state, &view_for(&state), "mono", &UNICODE);
        assert_eq!(text(&mono), text(&buf), "a theme changes no sign");
        insta::assert_snapshot!(format!("markets_{width}x{height}_mono"), styles(&mono));
    }
}

#[test]
fn markets_in_ascii() {
    let state = session(80, 24);
    let text = text(&drawn(&state, &view_for(&state), "mono", &ASCII));
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn a_book_in_trouble_says_so_across_itself() {
    let state = session(80, 24);
    let secs = Duration::from_secs;
    let gap = Desync::Gap { expected: 81_220, got: 81_223 };
    let cases = [
        ("stale", with_freshness(&state, Freshness::Stale(secs(14)))),
        ("resync", with_freshness(&state, Freshness::Resync(secs(14), gap))),
        ("stale_for_long", with_freshness(&state, Freshness::Stale(secs(95)))),
        ("remembered", with_freshness(&state, Freshness::Remembered(secs(3 * 3_600)))),
        ("waiting", empty(&state)),
    ];
    for (name, shown) in cases {
        insta::assert_snapshot!(format!("trouble_{name}"), screen(&state, &shown));
    }
    let stale = drawn(&state, &with_freshness(&state, Freshness::Stale(secs(14))), "dark", &UNICODE);
    insta::assert_snapshot!("trouble_stale_dark", styles(&stale));
}

#[test]
fn a_crossed_book_and_a_refused_one() {
    let state = session(80, 24);
    let mut crossed = view_for(&state);
    crossed.focus.as_mut().unwrap().book.crossing = Crossing::Crossed;
    insta::assert_snapshot!("trouble_crossed", screen(&state, &crossed));
    let mut refused = empty(&state);
    let reason = "Currency pair not supported BTC/USD";
    refused.focus.as_mut().unwrap().refusal = Some(reason.to_owned());
    refused.watch[0].refusal = Some(reason.to_owned());
    insta::assert_snapshot!("trouble_refused", screen(&state, &refused));
    let mut down = empty(&state);
    let until = Timestamp::from_nanos(down.now.nanos() + 4_000_000_000);
    down.links[0].state = LinkState::Waiting { until, reason: "connection refused by 127.0.0.1:7480".to_owned() };
    insta::assert_snapshot!("trouble_disconnected", screen(&state, &down));
}

#[test]
fn screens_that_are_too_small_say_what_they_need() {
    for (width, height) in [(59, 16), (60, 15), (24, 6), (10, 3), (1, 1)] {
        let state = session(width, height);
        insta::assert_snapshot!(format!("small_{width}x{height}"), screen(&state, &view_for(&state)));
    }
}

#[test]
fn windows_above_the_panes() {
    let mut state = session(80, 24);
    let mut shown = view_for(&state);
    shown.notices.push(notice("the cache is used by another process; this one only reads it", true));
    insta::assert_snapshot!("notice", screen(&state, &shown));
    keys(&mut state, &shown, "?");
    insta::assert_snapshot!("help", screen(&state, &shown));
    keys(&mut state, &shown, "esc : t h e m e");
    insta::assert_snapshot!("palette", screen(&state, &shown));
    insta::assert_snapshot!("palette_dark", styles(&drawn(&state, &shown, "dark", &UNICODE)));
    keys(&mut state, &shown, "esc / e t h");
    state.instruments = vec![super::samples::place("ETH/EUR"), super::samples::place("SOL/ETH")];
    insta::assert_snapshot!("search", screen(&state, &shown));
    keys(&mut state, &shown, "esc : n o t i c e s enter");
    insta::assert_snapshot!("notices", screen(&state, &shown));
}

#[test]
fn a_cursor_on_a_grouped_book_and_a_replay() {
    let mut state = session(80, 24);
    let shown = view_for(&state);
    keys(&mut state, &shown, "+ up up F12");
    let mut shown = view_for(&state);
    shown.mode = Mode::Replay;
    shown.replay = Some(Replay {
        name: "morning.jsonl.gz".to_owned(),
        position: 120,
        length: 510,
        paused: true,
        speed: Speed::Percent(400),
        ended: false,
    });
    insta::assert_snapshot!("replay_with_cursor", screen(&state, &shown));
    keys(&mut state, &shown, "tab z F12");
    insta::assert_snapshot!("zoomed_tape", screen(&state, &view_for(&state)));
}

/// Alerts in every state, and what fired.
fn alerts(now: Timestamp) -> AlertsView {
    let ago = |secs: i64| Timestamp::from_nanos(now.nanos() - secs * 1_000_000_000);
    let alert = |rule: &str, phase, fired, reading| AlertView {
        rule: rule.parse().unwrap(),
        from_file: rule.starts_with("ETH"),
        place: Some(super::samples::place("BTC/USD")),
        phase,
        reading,
        fired,
        snoozed: None,
    };
    let number = |text: &str| Ok(Value::Number(text.parse().unwrap()));
    let stale = alert("ETH/USD stale > 10s every 5m", Phase::Armed, None, Ok(Value::Age(Duration::from_secs(2))));
    let snoozed = alert("BTC/USD@sim spread > 5bps", Phase::Armed, None, number("0.12"));
    let rules = vec![
        stale,
        alert("BTC/USD@sim > 100000 note \"sell a tenth\"", Phase::Armed, None, number("97412.7")),
        alert("BTC/USD@sim < 97500", Phase::Fired, Some(ago(3)), number("97412.7")),
        alert("BTC/USD@sim volume 1m > 100 once", Phase::Spent, Some(ago(90_000)), number("12.5")),
        AlertView { snoozed: Some(ago(-3_600)), ..snoozed },
        alert("BTC/USD@sim move 5m > 2%", Phase::Armed, None, Err(Unknown::OutOfStep)),
        AlertView { place: None, ..alert("SOL/USD@kraken > 200", Phase::Armed, None, Err(Unknown::NotWatched)) },
    ];
    let fired = |serial, at, text: &str, seen, sent| FiredView { serial, at, text: text.to_owned(), seen, sent };
    let firings = vec![
        fired(0, ago(90_000), "BTC/USD sim volume 1m 101.25, above 100", true, true),
        fired(1, ago(60), "BTC/USD sim move 5m 2.1%, above 2%", false, false),
        fired(2, ago(3), "BTC/USD sim mid 97412.7, below 97500", false, true),
    ];
    AlertsView { rules, firings, unsent: 1, resting: None }
}

#[test]
fn alerts_are_told_on_the_line_and_listed() {
    let mut state = session(80, 24);
    let mut shown = view_for(&state);
    shown.alerts = alerts(shown.now).into();
    let last = |text: String| text.lines().last().unwrap().to_owned();
    assert_eq!(last(screen(&state, &shown)), " ! ALERT BTC/USD sim mid 97412.7, below 97500");
    shown.now = shown.now.plus(Duration::from_secs(60));
    assert!(last(screen(&state, &shown)).contains("ALERT 2 unseen"));
    keys(&mut state, &shown, "A down");
    insta::assert_snapshot!("alerts", screen(&state, &shown));
    insta::assert_snapshot!("alerts_dark", styles(&drawn(&state, &shown, "dark", &UNICODE)));
    let small = State { size: ratatui::layout::Size { width: 60, height: 16 }, ..state.clone() };
    let ascii = text(&drawn(&small, &shown, "mono", &ASCII));
    assert!(ascii.is_ascii());
    insta::assert_snapshot!("alerts_60x16_ascii", ascii);
    shown.alerts = AlertsView { resting: Some("alerts rest in a replay".to_owned()), ..AlertsView::default() }.into();
    insta::assert_snapshot!("alerts_none", screen(&state, &shown));
}
