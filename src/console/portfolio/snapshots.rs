//! The Portfolio workspace in its sizes, themes and states.

use super::samples::{counting, doubtful, fund, owned};
use crate::console::colour::ColourDepth;
use crate::console::glyphs::{ASCII, UNICODE};
use crate::console::samples::{session, view_for};
use crate::console::screen::Screen;
use crate::console::snapshots::{drawn, keys, styles, text};
use crate::console::state::State;
use crate::desk::{Mode, View};

/// The pictures of the documentation are of the same portfolio: a demo owns nothing.
#[path = "../../../tests/console/svg.rs"]
mod svg;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 50)];

/// A session after these keys, on this screen.
fn after(width: u16, height: u16, pressed: &str) -> State {
    let mut state = session(width, height);
    for key in pressed.split(' ') {
        let view = owned(&state);
        keys(&mut state, &view, key);
    }
    state.said = None;
    state
}

fn screen(state: &State, view: &View) -> String {
    text(&drawn(state, view, "dark", &UNICODE))
}

#[test]
fn a_portfolio_in_every_size() {
    for (width, height) in SIZES {
        let state = after(width, height, "2");
        let buf = drawn(&state, &owned(&state), "dark", &UNICODE);
        insta::assert_snapshot!(format!("owned_{width}x{height}"), text(&buf));
        insta::assert_snapshot!(format!("owned_{width}x{height}_dark"), styles(&buf));
        let mono = drawn(&state, &owned(&state), "mono", &UNICODE);
        assert_eq!(text(&mono), text(&buf), "a theme changes no sign");
        insta::assert_snapshot!(format!("owned_{width}x{height}_mono"), styles(&mono));
        let ascii = text(&drawn(&state, &owned(&state), "mono", &ASCII));
        assert!(ascii.is_ascii(), "{ascii}");
        insta::assert_snapshot!(format!("owned_{width}x{height}_ascii"), ascii);
    }
}

#[test]
fn every_theme_shows_every_state() {
    let state = after(120, 40, "2");
    for theme in ["dark", "light", "deuteranopia", "tritanopia", "mono", "ansi16"] {
        let text = text(&drawn(&state, &doubtful(&state), theme, &UNICODE));
        assert_eq!(text, screen(&state, &doubtful(&state)), "{theme}");
    }
}

#[test]
fn what_is_not_known_says_so() {
    for (width, height) in SIZES {
        let state = after(width, height, "2");
        let buf = drawn(&state, &doubtful(&state), "dark", &UNICODE);
        insta::assert_snapshot!(format!("doubtful_{width}x{height}"), text(&buf));
        if width == 80 {
            insta::assert_snapshot!("doubtful_80x24_dark", styles(&buf));
            insta::assert_snapshot!("doubtful_80x24_mono", styles(&drawn(&state, &doubtful(&state), "mono", &UNICODE)));
        }
    }
    let state = after(80, 24, "2 s");
    let ascii = text(&drawn(&state, &doubtful(&state), "mono", &ASCII));
    assert!(ascii.is_ascii(), "{ascii}");
}

#[test]
fn nothing_is_owned_yet() {
    for (width, height) in [(60, 16), (80, 24), (120, 40)] {
        let state = after(width, height, "2");
        insta::assert_snapshot!(format!("nothing_{width}x{height}"), screen(&state, &view_for(&state)));
    }
}

#[test]
fn hidden_amounts_are_nowhere() {
    for (width, height) in SIZES {
        let state = after(width, height, "2 x");
        let shown = screen(&state, &doubtful(&state));
        insta::assert_snapshot!(format!("hidden_{width}x{height}"), shown);
    }
}

#[test]
fn a_holding_in_full() {
    for (width, height) in [(60, 16), (80, 24)] {
        let state = after(width, height, "2 enter");
        insta::assert_snapshot!(format!("holding_{width}x{height}"), screen(&state, &owned(&state)));
    }
    let mut state = after(80, 24, "2 enter");
    state.portfolio.chosen = Some((crate::money::Asset::new("AVAX").unwrap(), false));
    insta::assert_snapshot!("holding_expired", screen(&state, &doubtful(&state)));
    state.portfolio.chosen = Some((crate::money::Asset::new("XYZ").unwrap(), false));
    insta::assert_snapshot!("holding_never", screen(&state, &doubtful(&state)));
}

#[test]
fn the_ledger_and_what_else_has_no_place_on_small_screens() {
    for (width, height) in [(60, 16), (80, 24)] {
        for (name, pressed) in [("ledger", "2 l"), ("source", "2 tab tab tab"), ("performance_zoomed", "2 tab tab z")] {
            let state = after(width, height, pressed);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen(&state, &owned(&state)));
        }
    }
    let state = after(60, 16, "2 tab");
    insta::assert_snapshot!("allocation_60x16", screen(&state, &doubtful(&state)));
}

#[test]
fn a_filter_and_other_columns() {
    let state = after(80, 24, "2 / u s d");
    insta::assert_snapshot!("filter_typed", screen(&state, &owned(&state)));
    let state = after(80, 24, "2 / k r a k e n enter c S");
    insta::assert_snapshot!("filter_and_gains", screen(&state, &owned(&state)));
    let state = after(80, 24, "2 / q enter");
    insta::assert_snapshot!("filter_finds_nothing", screen(&state, &owned(&state)));
    let state = after(120, 40, "2 c c");
    insta::assert_snapshot!("sources_120x40", screen(&state, &doubtful(&state)));
}

#[test]
fn a_fund_and_a_past_that_is_being_counted() {
    for (width, height) in [(80, 24), (120, 40)] {
        let state = after(width, height, "2");
        insta::assert_snapshot!(format!("fund_{width}x{height}"), screen(&state, &fund(&state)));
        insta::assert_snapshot!(format!("counting_{width}x{height}"), screen(&state, &counting(&state)));
    }
}

#[test]
fn nav_is_on_the_markets_workspace_too() {
    for (width, height) in SIZES {
        let state = session(width, height);
        let buf = drawn(&state, &doubtful(&state), "dark", &UNICODE);
        insta::assert_snapshot!(format!("markets_{width}x{height}"), text(&buf));
    }
    let mut state = session(120, 40);
    insta::assert_snapshot!("markets_owned_dark", styles(&drawn(&state, &owned(&state), "dark", &UNICODE)));
    state.hidden = true;
    insta::assert_snapshot!("markets_hidden", screen(&state, &owned(&state)));
}

#[test]
fn the_pictures_of_the_documentation_are_of_this_program() {
    for (width, height) in [(80, 24), (120, 40)] {
        let mut state = after(width, height, "2");
        if width == 120 {
            state.portfolio.chosen = Some((crate::money::Asset::new("AVAX").unwrap(), false));
        }
        let shown = drawn(&state, &View { mode: Mode::Live, ..doubtful(&state) }, "dark", &UNICODE);
        let mut sent = Vec::new();
        let paint = |buf: &mut _| {
            shown.clone_into(buf);
            None
        };
        Screen::new(&mut sent, state.size, ColourDepth::True).draw(paint).unwrap();
        let mut terminal = vt100::Parser::new(height, width, 0);
        terminal.process(&sent);
        let picture = svg::picture(terminal.screen(), "Portfolio: NAV, holdings, allocation, performance");
        let path = format!("{}/docs/screens/portfolio-{width}x{height}.svg", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("EXCHEQUER_WRITE_DOCS").is_some() {
            std::fs::write(&path, &picture).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == picture, "{path} is another screen: EXCHEQUER_WRITE_DOCS=1 cargo test --lib pictures");
    }
}
