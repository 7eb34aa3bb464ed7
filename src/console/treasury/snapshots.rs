//! The Treasury workspace in its sizes, themes and states.

use super::samples::{bare, finished, id, poisoned, treasury, wallet_id};
use crate::console::effect::Event;
use crate::console::glyphs::{ASCII, UNICODE};
use crate::console::samples::{session, view_for};
use crate::console::snapshots::{drawn, keys, styles, text};
use crate::console::state::State;
use crate::console::update;
use crate::desk::View;
use crate::desk::treasury::Chosen;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 40), (200, 60)];

/// A session after these keys, on this screen.
fn after(width: u16, height: u16, pressed: &str, shown: fn(&State) -> View) -> State {
    let mut state = session(width, height);
    for key in pressed.split(' ') {
        let view = shown(&state);
        keys(&mut state, &view, key);
    }
    state
}

fn screen(state: &State, view: &View) -> String {
    text(&drawn(state, view, "dark", &UNICODE))
}

#[test]
fn a_treasury_in_every_size() {
    for (width, height) in SIZES {
        let state = after(width, height, "3", treasury);
        let buf = drawn(&state, &treasury(&state), "dark", &UNICODE);
        insta::assert_snapshot!(format!("treasury_{width}x{height}"), text(&buf));
        insta::assert_snapshot!(format!("treasury_{width}x{height}_dark"), styles(&buf));
        let mono = drawn(&state, &treasury(&state), "mono", &UNICODE);
        assert_eq!(text(&mono), text(&buf), "a theme changes no sign");
        insta::assert_snapshot!(format!("treasury_{width}x{height}_mono"), styles(&mono));
        let ascii = text(&drawn(&state, &treasury(&state), "mono", &ASCII));
        assert!(ascii.is_ascii(), "{ascii}");
        insta::assert_snapshot!(format!("treasury_{width}x{height}_ascii"), ascii);
    }
}

#[test]
fn every_pane_in_every_size() {
    for (width, height) in SIZES {
        for (name, pressed) in
            [("wallets", "3 tab tab"), ("coins", "3 c"), ("proposal", "3 v"), ("blocked", "3 down enter")]
        {
            let state = after(width, height, pressed, treasury);
            let buf = drawn(&state, &treasury(&state), "dark", &UNICODE);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&buf));
            if (width, height) == (80, 24) {
                insta::assert_snapshot!(format!("{name}_{width}x{height}_dark"), styles(&buf));
                let mono = drawn(&state, &treasury(&state), "mono", &UNICODE);
                insta::assert_snapshot!(format!("{name}_{width}x{height}_mono"), styles(&mono));
            }
        }
    }
}

#[test]
fn hidden_amounts_are_nowhere() {
    for (width, height) in SIZES {
        for (name, pressed) in [("", "3 x"), ("_proposal", "3 x v"), ("_coins", "3 x c")] {
            let state = after(width, height, pressed, treasury);
            let shown = screen(&state, &treasury(&state));
            for amount in ["1.50", "33.49", "146,11", "41.20", "4,014", "35.00", "2.50", "0.0000", "12 %"] {
                assert!(!shown.contains(amount), "{amount} at {width}x{height}{name}:\n{shown}");
            }
            if width == 80 {
                insta::assert_snapshot!(format!("hidden{name}_{width}x{height}"), shown);
            }
        }
    }
}

#[test]
fn nothing_is_there_yet() {
    for (width, height) in [(60, 16), (80, 24), (120, 40)] {
        let state = after(width, height, "3", view_for);
        insta::assert_snapshot!(format!("none_{width}x{height}"), screen(&state, &view_for(&state)));
        insta::assert_snapshot!(format!("bare_{width}x{height}"), screen(&state, &bare(&state)));
    }
}

#[test]
fn windows_of_the_treasury() {
    for (width, height) in [(60, 16), (80, 24), (120, 40)] {
        let size = format!("{width}x{height}");
        let end = "enter enter enter enter";
        for (name, pressed) in [
            ("approve_read", "3 a".to_owned()),
            ("approve_passphrase", format!("3 a {end} d e m o")),
            ("reject", "3 r n o".to_owned()),
            ("export", "3 e".to_owned()),
            ("import", "3 i / t m p".to_owned()),
            ("receive", "3 tab tab d".to_owned()),
            ("label", "3 c l".to_owned()),
            ("confirm", "3 tab tab down C".to_owned()),
        ] {
            let mut state = after(width, height, &pressed, treasury);
            state.said = None;
            insta::assert_snapshot!(format!("{name}_{size}"), screen(&state, &treasury(&state)));
        }
        let state = after(width, height, &format!("3 a {end}"), poisoned);
        insta::assert_snapshot!(format!("approve_challenge_{size}"), screen(&state, &poisoned(&state)));
        let state = after(width, height, &format!("3 down down down B {end}"), finished);
        insta::assert_snapshot!(format!("broadcast_{size}"), screen(&state, &finished(&state)));
        let mut state = after(width, height, "3 i", treasury);
        let view = treasury(&state);
        update(&mut state, &view, Event::Paste("cHNidP8BAFUCAAAA\nASeaIyOl37UfxF8iD6WLD8E+HjNC\r\n".to_owned()));
        insta::assert_snapshot!(format!("import_pasted_{size}"), screen(&state, &view));
    }
}

#[test]
fn codes_have_their_room_or_say_so() {
    for (width, height) in SIZES {
        let state = after(width, height, "3 Q", treasury);
        insta::assert_snapshot!(format!("qr_{width}x{height}"), screen(&state, &treasury(&state)));
        let state = after(width, height, "3 Q tab", treasury);
        insta::assert_snapshot!(format!("qr_ur_{width}x{height}"), screen(&state, &treasury(&state)));
    }
    let state = after(80, 24, "3 Q", treasury);
    let ascii = text(&drawn(&state, &treasury(&state), "mono", &ASCII));
    assert!(ascii.is_ascii(), "{ascii}");
    insta::assert_snapshot!("qr_80x24_ascii", ascii);
}

#[test]
fn what_waits_is_told_on_every_workspace() {
    for (width, height) in SIZES {
        for (name, key) in [("markets", "1"), ("portfolio", "2")] {
            let state = after(width, height, key, treasury);
            let shown = screen(&state, &treasury(&state));
            assert!(shown.contains("approvals 4"), "{name} at {width}x{height}:\n{shown}");
            if name == "markets" {
                insta::assert_snapshot!(format!("waits_{name}_{width}x{height}"), shown);
            }
        }
    }
}

#[test]
fn every_theme_and_sign_shows_the_same() {
    let state = after(80, 24, "3 down enter", treasury);
    let shown = screen(&state, &treasury(&state));
    assert!(shown.contains("!! output 1 says that it is change"), "{shown}");
    for theme in ["dark", "light", "deuteranopia", "tritanopia", "mono", "ansi16"] {
        assert_eq!(text(&drawn(&state, &treasury(&state), theme, &UNICODE)), shown, "{theme}");
    }
    assert_eq!(state.treasury.proposal, Some(id(13)));
    let ops = State {
        treasury: super::Signer { wallet: Some(Chosen::Wallet(wallet_id(2))), ..super::Signer::default() },
        ..after(80, 24, "3 c", treasury)
    };
    assert!(screen(&ops, &treasury(&ops)).contains("HOT"));
}
