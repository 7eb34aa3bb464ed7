//! Safes in the Treasury workspace: every view in its sizes, in colour and without, in Unicode and in ASCII.

use super::safe_samples::{estimated, hindered, safe};
use crate::console::glyphs::{ASCII, UNICODE};
use crate::console::samples::session;
use crate::console::snapshots::{drawn, keys, styles, text};
use crate::console::state::State;
use crate::desk::View;

const SIZES: [(u16, u16); 2] = [(80, 24), (200, 50)];

/// What leads to which view.
const VIEWS: [(&str, &str); 10] = [
    ("queue", "3"),
    ("list", "3 tab tab down"),
    ("safe", "3 tab tab down c"),
    ("aside", "3 tab tab down down c z G"),
    ("clean", "3 down down down down enter"),
    ("batch", "3 down down down enter"),
    ("attack", "3 down down enter"),
    ("control", "3 down enter"),
    ("executed", "3 G enter"),
    ("failed", "3 G up enter"),
];

fn after(width: u16, height: u16, pressed: &str, shown: fn(&State) -> View) -> State {
    let mut state = session(width, height);
    for key in pressed.split(' ') {
        let view = shown(&state);
        keys(&mut state, &view, key);
    }
    state
}

#[test]
fn every_view_in_every_size_and_sign() {
    for (width, height) in SIZES {
        for (name, pressed) in VIEWS {
            let state = after(width, height, pressed, safe);
            let buf = drawn(&state, &safe(&state), "dark", &UNICODE);
            insta::assert_snapshot!(format!("safe_{name}_{width}x{height}"), text(&buf));
            let ascii = text(&drawn(&state, &safe(&state), "mono", &ASCII));
            assert!(ascii.is_ascii(), "{name} at {width}x{height}:\n{ascii}");
            assert_eq!(ascii.lines().count(), text(&buf).lines().count());
            if width == 80 {
                insta::assert_snapshot!(format!("safe_{name}_{width}x{height}_dark"), styles(&buf));
                let mono = drawn(&state, &safe(&state), "mono", &UNICODE);
                assert_eq!(text(&mono), text(&buf), "a theme changes no sign");
                if matches!(name, "batch" | "attack" | "queue") {
                    insta::assert_snapshot!(format!("safe_{name}_{width}x{height}_mono"), styles(&mono));
                    insta::assert_snapshot!(format!("safe_{name}_{width}x{height}_ascii"), ascii);
                }
            }
        }
    }
}

#[test]
fn the_end_of_every_page_is_reached() {
    for (name, pressed) in VIEWS.into_iter().filter(|(_, pressed)| pressed.ends_with("enter")) {
        let state = after(80, 24, &format!("{pressed} G"), safe);
        let shown = text(&drawn(&state, &safe(&state), "dark", &UNICODE));
        assert!(shown.contains("of the bytes that a signer gets"), "{name}:\n{shown}");
        insta::assert_snapshot!(format!("safe_{name}_end_80x24"), shown);
    }
}

#[test]
fn windows_of_safes() {
    let end = "enter enter enter enter enter";
    for (name, pressed, shown) in [
        ("execute_wait", "3 B".to_owned(), safe as fn(&State) -> View),
        ("execute_read", "3 B G".to_owned(), estimated),
        ("execute_passphrase", format!("3 B {end} d e m o"), estimated),
        ("execute_hindered", "3 B G".to_owned(), hindered),
        ("post", "3 down down down down p".to_owned(), safe),
        ("supplant", "3 down down N o l d".to_owned(), safe),
        ("propose", "3 tab tab down n 0 x 1 enter 1 . 5 enter".to_owned(), safe),
        ("approve", "3 down down down down a".to_owned(), safe),
        ("export", "3 e".to_owned(), safe),
        ("qr", "3 Q".to_owned(), safe),
    ] {
        let mut state = after(80, 24, &pressed, shown);
        state.said = None;
        insta::assert_snapshot!(format!("safe_{name}_80x24"), text(&drawn(&state, &shown(&state), "dark", &UNICODE)));
        let ascii = text(&drawn(&state, &shown(&state), "mono", &ASCII));
        assert!(ascii.is_ascii(), "{name}:\n{ascii}");
    }
}

#[test]
fn hidden_amounts_of_safes_are_nowhere() {
    for (width, height) in SIZES {
        for (_, pressed) in VIEWS {
            let state = after(width, height, &pressed.replacen('3', "3 x", 1), safe);
            let shown = text(&drawn(&state, &safe(&state), "dark", &UNICODE));
            for amount in ["1,250", "612.44", "88,400", "2 ETH", "1,249", "2,093"] {
                assert!(!shown.contains(amount), "{amount} after {pressed} at {width}x{height}:\n{shown}");
            }
        }
    }
}
