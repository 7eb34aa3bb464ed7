//! What keys and mouse do in the Portfolio workspace, in tests.

use super::samples::{counting, doubtful, fund, owned};
use crate::console::colour::ColourDepth;
use crate::console::effect::{Effect, Event};
use crate::console::glyphs::{ASCII, UNICODE};
use crate::console::input::{Mouse, MouseDid};
use crate::console::layout::{Pane, Workspace};
use crate::console::pane::portfolio::holdings::{Column, Kind};
use crate::console::samples::{session, view_for};
use crate::console::screen::Screen;
use crate::console::snapshots::{drawn, keys, text};
use crate::console::state::{Overlay, State, query};
use crate::console::update;
use crate::desk::{Command, View};
use crate::money::Asset;
use crate::portfolio::basis::Method;
use ratatui::layout::Position;
use std::time::Duration;

/// A session that looks at a portfolio.
fn holder(width: u16, height: u16) -> (State, View) {
    let mut state = session(width, height);
    keys(&mut state, &view_for(&session(width, height)), "2");
    let view = owned(&state);
    (state, view)
}

fn chosen(state: &State, view: &View) -> String {
    let holding = state.portfolio.holding(view).unwrap();
    format!("{}{}", holding.asset, if holding.owed { " owed" } else { "" })
}

fn assets(state: &State, view: &View) -> Vec<String> {
    let rows = state.portfolio.rows(view.portfolio.as_ref().unwrap());
    rows.into_iter().map(|holding| holding.asset.to_string()).collect()
}

fn click(state: &mut State, view: &View, x: u16, y: u16) {
    update(state, view, Event::Mouse(Mouse { did: MouseDid::Click, at: Position { x, y } }));
}

#[test]
fn workspaces_are_turned_to_and_kept() {
    let mut state = session(80, 24);
    let view = view_for(&state);
    assert_eq!(query(&state).portfolio, None, "nothing is asked for that nobody looks at");
    keys(&mut state, &view, "2");
    let asked = query(&state).portfolio.unwrap();
    assert_eq!((state.workspace(), state.focus(), asked.shown), (Workspace::Portfolio, Pane::Holdings, 0));
    let effects = keys(&mut state, &view, "ctrl+s");
    let Some(Effect::Command(Command::Set { value, .. })) = effects.first() else { panic!("{effects:?}") };
    assert!(value.contains("workspace = \"portfolio\""), "{value}");
    keys(&mut state, &view, "z 1");
    assert_eq!((state.workspace(), state.focus(), query(&state).portfolio), (Workspace::Markets, Pane::Book, None));
    assert!(!state.settings.layout.zoomed);
    for (x, workspace) in [(16, Workspace::Portfolio), (13, Workspace::Portfolio), (4, Workspace::Markets)] {
        click(&mut state, &view, x, 0);
        assert_eq!(state.workspace(), workspace, "{x}");
    }
}

#[test]
fn a_small_screen_asks_for_nothing() {
    let (state, _) = holder(59, 24);
    assert_eq!(query(&state).portfolio, None);
}

#[test]
fn what_was_kept_may_be_anything() {
    let text = "workspace = \"portfolio\"\nfocus = \"nav\"\nheld = \"book\"\nmiddle = \"ledger\"\nzoomed = true\n";
    for keep in [text.to_owned(), text.replace("true", "false"), text.replace("\"portfolio\"", "\"markets\"")] {
        let mut state = session(120, 40);
        state.settings.layout = toml::from_str(&keep).unwrap();
        let view = owned(&state);
        drawn(&state, &view, "dark", &UNICODE);
        keys(&mut state, &view, "tab down enter esc l 1 down 2 down");
        drawn(&state, &owned(&state), "dark", &UNICODE);
    }
}

#[test]
fn base_method_and_portfolio_are_asked_for() {
    let (mut state, mut view) = holder(80, 24);
    let asked = |state: &State| query(state).portfolio.unwrap();
    let mut bases = Vec::new();
    for _ in 0..3 {
        keys(&mut state, &view, "b");
        bases.extend(asked(&state).base.map(|base| base.to_string()));
        view = owned(&state);
    }
    assert_eq!(bases, ["EUR", "BTC", "USD"]);
    let mut methods = Vec::new();
    for _ in 0..4 {
        keys(&mut state, &view, "m");
        methods.push(asked(&state).method);
    }
    assert_eq!(methods, [Method::Lifo, Method::Hifo, Method::Average, Method::Fifo]);
    assert!(state.settings.mouse, "m is the mouse elsewhere");
    let shown = ["p", "]", "p", "P", "["].map(|key| {
        keys(&mut state, &view, key);
        asked(&state).shown
    });
    assert_eq!(shown, [1, 2, 0, 2, 1]);
}

#[test]
fn keys_of_the_markets_do_nothing_here() {
    let (mut state, view) = holder(80, 24);
    let before = query(&state);
    assert_eq!(keys(&mut state, &view, "J K v n o + -"), []);
    assert_eq!((state.workspace(), query(&state)), (Workspace::Portfolio, before));
    keys(&mut state, &view, ": v e n u e s enter");
    assert_eq!((state.workspace(), state.focus()), (Workspace::Markets, Pane::Venues), "by name from everywhere");
    keys(&mut state, &view, ": l e d g e r enter");
    assert_eq!((state.workspace(), state.focus()), (Workspace::Portfolio, Pane::Ledger));
    keys(&mut state, &view, ": s e a r c h enter e t h enter");
    assert_eq!(state.workspace(), Workspace::Markets);
}

#[test]
fn x_hides_here_and_removes_there() {
    let (mut state, view) = holder(80, 24);
    assert_eq!(keys(&mut state, &view, "x"), []);
    assert!(state.hidden);
    let removes = keys(&mut state, &view, "1 tab tab tab tab tab x");
    assert_eq!(state.focus(), Pane::Watch);
    assert!(matches!(removes.first(), Some(Effect::Command(Command::Unwatch(_)))), "{removes:?}");
    keys(&mut state, &view, "X");
    assert!(!state.hidden, "shown again from everywhere");
    keys(&mut state, &view, "2 enter x");
    assert!(state.hidden && matches!(state.overlay, Some(Overlay::Holding { .. })), "and from a window");
}

#[test]
fn no_hidden_amount_is_on_any_screen() {
    let amounts = ["4,7", "4,257", "43.7", "310,0", "61.2", "38,2", "1,204,1", "48,7", "4.76M", "4.81", "4763"];
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        for pressed in ["2", "2 enter", "2 l", "2 c", "2 tab z", "1"] {
            let mut state = session(width, height);
            for key in pressed.split(' ') {
                let view = fund(&state);
                keys(&mut state, &view, key);
            }
            let seen = |state: &State| {
                let screen = text(&drawn(state, &fund(state), "dark", &UNICODE));
                amounts.into_iter().filter(|amount| screen.contains(amount)).collect::<Vec<_>>()
            };
            let open = seen(&state);
            state.hidden = true;
            let hidden = seen(&state);
            assert!(hidden.is_empty(), "{width}x{height} after {pressed}: {hidden:?}");
            if pressed == "2" {
                assert!(open.len() > 3, "{open:?}");
            }
        }
    }
}

#[test]
fn the_cursor_stays_on_its_holding() {
    let (mut state, mut view) = holder(80, 24);
    assert_eq!(chosen(&state, &view), "BTC");
    keys(&mut state, &view, "down down j k");
    assert_eq!(chosen(&state, &view), "ETH");
    view.portfolio.as_mut().unwrap().holdings[2].value = Some(super::samples::number("9000000"));
    assert_eq!(assets(&state, &view)[0], "ETH");
    assert_eq!(chosen(&state, &view), "ETH", "wherever it goes");
    keys(&mut state, &view, "G");
    assert_eq!(chosen(&state, &view), "USDT owed");
    keys(&mut state, &view, "g");
    assert_eq!(chosen(&state, &view), "ETH");
    assert_eq!(keys(&mut state, &view, "y"), [Effect::Copy("ETH".to_owned())]);
    view.portfolio.as_mut().unwrap().holdings.clear();
    keys(&mut state, &view, "down enter G y");
    assert_eq!(state.overlay, None, "there is nothing to open");
    view.portfolio = None;
    keys(&mut state, &view, "down enter G s S c b m p l y tab /");
    drawn(&state, &view, "dark", &UNICODE);
}

#[test]
fn sorting_puts_what_is_unknown_last() {
    let (mut state, _) = holder(80, 24);
    let view = doubtful(&state);
    assert_eq!(assets(&state, &view)[6..], ["AVAX", "DOGE", "XYZ"]);
    keys(&mut state, &view, "S");
    assert_eq!(assets(&state, &view), ["USDT", "USD", "SOL", "ETH", "USDC", "BTC", "AVAX", "DOGE", "XYZ"]);
    keys(&mut state, &view, "s s");
    assert_eq!((state.portfolio.by, state.portfolio.turned), (Column::Day, false));
    assert_eq!(assets(&state, &view)[..3], ["SOL", "BTC", "USDC"]);
    keys(&mut state, &view, "s s");
    assert_eq!(state.portfolio.by, Column::Asset, "around the end");
    assert_eq!(assets(&state, &view)[..3], ["AVAX", "BTC", "DOGE"]);
    // The heading of the ages, twice.
    let table = state.arrangement().unwrap().of(Pane::Holdings).unwrap();
    let heading = |state: &State, name: &str| {
        let buf = drawn(state, &view, "dark", &UNICODE);
        let line: String = (0..80).map(|x| buf[(x, table.y + 1)].symbol().to_owned()).collect();
        let start = line.find(name).unwrap();
        u16::try_from(line[..start].chars().count()).unwrap()
    };
    let x = heading(&state, "age");
    click(&mut state, &view, x, table.y + 1);
    assert_eq!(assets(&state, &view)[..3], ["DOGE", "AVAX", "SOL"], "the oldest first");
    click(&mut state, &view, x, table.y + 1);
    assert_eq!(assets(&state, &view)[7..], ["USD", "XYZ"], "what has no age is last");
    click(&mut state, &view, 4, table.y + 4);
    assert!(chosen(&state, &view).starts_with(&assets(&state, &view)[2]));
    update(&mut state, &view, Event::Mouse(Mouse { did: MouseDid::ScrollDown, at: Position { x: 4, y: table.y + 4 } }));
    assert!(chosen(&state, &view).starts_with(&assets(&state, &view)[3]));
}

#[test]
fn a_filter_is_typed_kept_and_cleared() {
    let (mut state, view) = holder(80, 24);
    keys(&mut state, &view, "tab / u s d");
    assert_eq!(state.focus(), Pane::Holdings);
    assert_eq!(assets(&state, &view), ["USDC", "USD", "USDT"]);
    keys(&mut state, &view, "down");
    assert_eq!(chosen(&state, &view), "USD", "arrows move while one types");
    keys(&mut state, &view, "backspace backspace enter");
    assert_eq!((state.overlay.clone(), state.portfolio.filter.as_str()), (None, "u"));
    keys(&mut state, &view, "esc");
    assert_eq!(assets(&state, &view).len(), 6);
    keys(&mut state, &view, "/ K R A esc");
    assert_eq!(state.portfolio.filter, "", "esc gives up what was typed");
    keys(&mut state, &view, "/ K R A enter");
    assert_eq!(assets(&state, &view), ["BTC"], "an account, in any case");
    update(&mut state, &view, Event::Paste("x".to_owned()));
    assert_eq!(state.portfolio.filter, "KRA");
    keys(&mut state, &view, "/");
    update(&mut state, &view, Event::Paste("KEN".to_owned()));
    assert_eq!(state.portfolio.filter, "KRAKEN");
    click(&mut state, &view, 20, 20);
    assert_eq!((state.overlay.clone(), state.portfolio.filter.as_str()), (None, "KRAKEN"), "a click goes on");
}

#[test]
fn columns_and_windows() {
    let (mut state, view) = holder(80, 24);
    let kinds = ["c", "c", "c"].map(|key| {
        keys(&mut state, &view, key);
        state.portfolio.kind
    });
    assert_eq!(kinds, [Kind::Gains, Kind::Sources, Kind::Worth]);
    keys(&mut state, &view, "enter");
    assert_eq!(state.overlay, Some(Overlay::Holding { scroll: 0 }));
    keys(&mut state, &view, "q");
    assert_eq!(state.overlay, None);
    let (mut state, view) = holder(60, 16);
    keys(&mut state, &view, "enter G");
    assert_eq!(state.overlay, Some(Overlay::Holding { scroll: 0 }), "all of it is seen");
    click(&mut state, &view, 0, 0);
    assert_eq!(state.overlay, None);
}

#[test]
fn the_ledger_is_paged_through() {
    let (mut state, view) = holder(80, 24);
    assert_eq!(query(&state).portfolio.unwrap().entries, (0, 0), "no entries are asked for that are not seen");
    keys(&mut state, &view, "l");
    let entries = |state: &State| query(state).portfolio.unwrap().entries;
    let (_, room) = entries(&state);
    assert!((4..12).contains(&room));
    keys(&mut state, &view, "down down up");
    assert_eq!(entries(&state), (1, room));
    keys(&mut state, &view, "G down");
    assert_eq!(entries(&state), (120 - room, room));
    keys(&mut state, &view, "g l");
    assert_eq!((state.focus(), state.portfolio.passed), (Pane::Holdings, 0));
    keys(&mut state, &view, "l z");
    assert!(entries(&state).1 > room, "more of them where there is more room");
}

#[test]
fn every_pane_has_its_turn() {
    for (width, height) in [(60, 16), (80, 20), (80, 24), (80, 40), (120, 40), (200, 60)] {
        let (mut state, view) = holder(width, height);
        for pane in Pane::PORTFOLIO.into_iter().cycle().skip(1).take(5) {
            keys(&mut state, &view, "tab");
            assert_eq!(state.focus(), pane, "{width}x{height}");
            assert!(state.arrangement().unwrap().of(pane).is_some());
        }
        keys(&mut state, &view, "shift+tab z");
        assert_eq!((state.focus(), state.arrangement().unwrap().panes.len()), (Pane::Ledger, 1));
    }
}

#[test]
fn ages_stand_still_for_a_second() {
    let (mut state, mut view) = holder(120, 40);
    update(&mut state, &view, Event::Desk);
    let before = drawn(&state, &view, "dark", &UNICODE);
    let portfolio = view.portfolio.as_mut().unwrap();
    for holding in &mut portfolio.holdings {
        holding.age = holding.age.map(|age| age + Duration::from_millis(7_900));
        holding.path.iter_mut().for_each(|step| step.age += Duration::from_millis(7_900));
    }
    portfolio.oldest = portfolio.oldest.take().map(|(age, source)| (age + Duration::from_millis(7_900), source));
    update(&mut state, &view, Event::Desk);
    assert_eq!(text(&drawn(&state, &view, "dark", &UNICODE)), text(&before));
    view.now = view.now.plus(Duration::from_secs(1));
    update(&mut state, &view, Event::Desk);
    assert_ne!(text(&drawn(&state, &view, "dark", &UNICODE)), text(&before));
}

#[test]
fn what_is_not_held_any_more_is_not_chosen() {
    let (mut state, view) = holder(80, 24);
    state.portfolio.chosen = Some((Asset::new("LUNA").unwrap(), false));
    assert_eq!(chosen(&state, &view), "BTC");
}

#[test]
fn no_size_and_no_state_panics() {
    let pressed = ["2", "2 enter", "2 l", "2 c / a", "2 tab z", "2 c c x", "2 tab tab", "1"];
    for width in 0..=200_u16 {
        for height in (0..=60).filter(|height| (width * 3 + height) % 13 == 0 || width < 4 || *height < 3) {
            let mut state = session(width, height);
            let kind = width + height;
            let mut view = owned(&state);
            for key in pressed[usize::from(kind) % pressed.len()].split(' ') {
                keys(&mut state, &view, key);
                view = match kind % 5 {
                    0 => owned(&state),
                    1 => doubtful(&state),
                    2 => fund(&state),
                    3 => counting(&state),
                    _ => view_for(&state),
                };
            }
            let glyphs = if kind % 2 == 0 { &UNICODE } else { &ASCII };
            drawn(&state, &view, "dark", glyphs);
        }
    }
}

#[test]
fn numbers_that_are_beyond_everything_are_drawn() {
    for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        for pressed in ["2", "2 enter", "2 c", "2 c c"] {
            let mut state = session(width, height);
            for key in pressed.split(' ') {
                let view = owned(&state);
                keys(&mut state, &view, key);
            }
            let mut view = owned(&state);
            let portfolio = view.portfolio.as_mut().unwrap();
            let tiny = crate::money::Decimal::new(1, 18);
            for (holding, number) in
                portfolio.holdings.iter_mut().zip([crate::money::Decimal::MAX, tiny].into_iter().cycle())
            {
                holding.quantity = number;
                (holding.price, holding.value, holding.cost) = (Some(number), Some(number), Some(-number));
                (holding.unrealised, holding.realised) = (Some(-number), Some(number));
                (holding.share, holding.day) = (Some(tiny), Some(number));
            }
            portfolio.changes = [Some(crate::desk::portfolio::Change { gain: tiny, percent: Some(-tiny) }); 4];
            let screen = text(&drawn(&state, &view, "dark", &UNICODE));
            assert!(!screen.contains(" 0.00 ") && (screen.contains(" <") || pressed == "2 enter"), "{screen}");
        }
    }
}

#[test]
fn a_price_costs_few_bytes_and_nothing_costs_none() {
    let (state, mut view) = holder(80, 24);
    let mut sent = Vec::new();
    let mut screen = Screen::new(&mut sent, state.size, ColourDepth::True);
    let mut frame = |view: &View| {
        let shown = drawn(&state, view, "dark", &UNICODE);
        let paint = |buf: &mut _| {
            shown.clone_into(buf);
            None
        };
        screen.draw(paint).unwrap()
    };
    frame(&view);
    assert_eq!(frame(&view), 0);
    let portfolio = view.portfolio.as_mut().unwrap();
    portfolio.total.assets += super::samples::number("1.25");
    portfolio.holdings[2].price = Some(super::samples::number("3418.46"));
    portfolio.holdings[2].value = Some(super::samples::number("209360.16"));
    let bytes = frame(&view);
    assert!((1..160).contains(&bytes), "{bytes}");
}
