//! The device's window: its keys, and how it looks at every stage.

use super::samples::{asked, lacking};
use crate::console::chord::Chord;
use crate::console::effect::{Effect, Event};
use crate::console::glyphs::{ASCII, UNICODE};
use crate::console::samples::session;
use crate::console::snapshots::{drawn, styles, text};
use crate::console::state::{Overlay, State};
use crate::console::treasury::samples::{finger, id, treasury};
use crate::console::treasury::window::{Step, Task, Window};
use crate::console::update;
use crate::desk::treasury::{Reply, Seen, Stage, Tried, Wish};
use crate::desk::{Command, View};

type Shown = fn(&State) -> View;

/// Presses keys one by one, each before what the desk shows then.
fn press(state: &mut State, shown: Shown, keys: &str) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for key in keys.split(' ') {
        let view = shown(state);
        let effects = update(state, &view, Event::Key(key.parse::<Chord>().unwrap()));
        wishes.extend(effects.into_iter().map(|effect| match effect {
            Effect::Command(Command::Treasury(wish)) => wish,
            other => panic!("{other:?}"),
        }));
    }
    look(state, shown);
    wishes
}

fn look(state: &mut State, shown: Shown) {
    let view = shown(state);
    assert_eq!(update(state, &view, Event::Desk), []);
}

fn open(state: &State) -> &Window {
    match &state.overlay {
        Some(Overlay::Treasury(open)) => open,
        other => panic!("{other:?}"),
    }
}

/// A session whose device is asked.
fn waiting(width: u16, height: u16, shown: Shown) -> State {
    let mut state = session(width, height);
    press(&mut state, lacking, "3 D");
    for _ in 0..20 {
        if state.overlay.is_none() {
            break;
        }
        press(&mut state, lacking, "enter");
    }
    look(&mut state, shown);
    assert_eq!(open(&state).step, Step::Device);
    state.said = None;
    state
}

fn looking(state: &State) -> View {
    asked(state, Stage::Looking(vec![]), false)
}

fn elsewhere(state: &State) -> View {
    let tried = |way: &str, why: &str, next: &str| Tried { way: way.into(), why: why.into(), next: next.into() };
    let other = tried(
        "trezor:usb:3:14",
        "this device holds f5acc2fd, and 73c5da0a is needed",
        "connect the device of that seat, or enter its passphrase",
    );
    let busy = tried(
        "ledger:hid:/dev/hidraw3",
        "the device is in use by process 4711, since 2026-01-15T08:00:00Z",
        "close the other program, or wait until it is done",
    );
    asked(state, Stage::Looking(vec![other, busy]), false)
}

fn pin(state: &State) -> View {
    asked(state, Stage::Pin, false)
}

fn passphrase(state: &State) -> View {
    asked(state, Stage::Passphrase, false)
}

fn agree(state: &State) -> View {
    asked(state, Stage::Agree, false)
}

fn signing(state: &State) -> View {
    asked(state, Stage::Signing, false)
}

fn demo(state: &State) -> View {
    asked(state, Stage::Signing, true)
}

fn unknown(state: &State) -> View {
    let mut view = signing(state);
    if let Some(signing) = view.treasury.as_mut().and_then(|treasury| treasury.signing.as_mut()) {
        std::sync::Arc::make_mut(signing).pages = [].into();
    }
    view
}

fn signed(state: &State) -> View {
    asked(state, Stage::Signed("#14 signed on the device of 73c5da0a: 2 of 2, it can be finished".into()), false)
}

fn over(state: &State) -> View {
    let (why, next) =
        ("the device is gone: broken pipe", "plug it in again; nothing was recorded, ask again when it is back");
    asked(state, Stage::Over { why: why.into(), next: next.into() }, false)
}

#[test]
fn the_review_is_read_before_a_device_is_asked() {
    let mut state = session(60, 16);
    assert_eq!(press(&mut state, lacking, "3 D"), []);
    assert!(matches!(open(&state).task, Task::Device { seat, .. } if seat == finger("73c5da0a").into()));
    press(&mut state, lacking, "enter");
    assert_eq!(open(&state).step, Step::Read, "there is more to read");
    press(&mut state, lacking, "tab");
    let wishes = press(&mut state, lacking, "enter enter");
    let [Wish::SignOnDevice { proposal, seat, seen, answers }] = wishes.as_slice() else { panic!("{wishes:?}") };
    assert_eq!((*proposal, *seat), (id(14), finger("f5acc2fd").into()));
    assert_eq!((seen, answers.len()), (&Seen(vec!["first-payment"]), 0));
    assert_eq!(state.overlay, None, "a refusal would be told below");
    look(&mut state, over);
    assert_eq!(state.overlay, None, "that is how it ended the last time");
    look(&mut state, looking);
    assert_eq!(open(&state).step, Step::Device);
    assert_eq!(press(&mut state, looking, "enter"), [Wish::Device(Reply::Again)]);
    assert_eq!(press(&mut state, looking, "y"), [], "there is no simulated device");
    assert_eq!(press(&mut state, looking, "esc"), [Wish::Device(Reply::Leave)]);
    assert_eq!(state.overlay, None);
}

#[test]
fn who_cannot_sign_is_told_why() {
    let mut state = session(80, 24);
    press(&mut state, treasury, "3");
    let none = |state: &mut State, keys: &str, words: &str| {
        assert_eq!(press(state, treasury, keys), [], "{keys}");
        let said = state.said.as_ref().map_or("", |said| &said.text);
        assert!(state.overlay.is_none() && said.contains(words), "{keys}: {said}");
    };
    none(&mut state, "D", "no key of #14 that lies elsewhere");
    none(&mut state, "x D", "amounts are hidden");
    none(&mut state, "x down D", "must not be signed: change-foreign");
    none(&mut state, "G D", "takes no signatures");
}

#[test]
fn a_wait_that_was_left_is_found_again() {
    let mut state = session(80, 24);
    press(&mut state, signing, "3 down D");
    assert_eq!((open(&state).step, state.treasury.proposal), (Step::Device, Some(id(14))));
    look(&mut state, lacking);
    assert_eq!(state.overlay, None, "nobody is asked any more");
}

#[test]
fn t33_a_pin_is_typed_in_the_dark_and_only_while_it_is_asked_for() {
    let mut state = waiting(80, 24, signing);
    assert_eq!(press(&mut state, signing, "1 2"), []);
    assert!(open(&state).secret.is_empty());
    press(&mut state, pin, "1 2 a backspace 9");
    let screen = text(&drawn(&state, &pin(&state), "dark", &UNICODE));
    assert!(screen.contains("> •••") && screen.contains("7 8 9") && !screen.contains("129"), "{screen}");
    let wishes = press(&mut state, pin, "enter");
    assert_eq!(wishes, [Wish::Device(Reply::Pin("129".into()))]);
    assert!(!format!("{wishes:?}").contains("129") && open(&state).secret.is_empty());
    assert_eq!(press(&mut state, pin, "1 0 enter"), []);
    let screen = text(&drawn(&state, &pin(&state), "dark", &UNICODE));
    assert!(screen.contains("digits, 1 to 9") && open(&state).secret.is_empty(), "{screen}");
    press(&mut state, pin, "1 2");
    look(&mut state, signing);
    assert!(open(&state).secret.is_empty(), "it was for a question that is over");
}

#[test]
fn a_passphrase_is_typed_here_or_there() {
    let mut state = waiting(80, 24, passphrase);
    assert_eq!(press(&mut state, passphrase, "enter"), [Wish::Device(Reply::Passphrase("".into()))]);
    let view = passphrase(&state);
    assert_eq!(update(&mut state, &view, Event::Paste("mellon\r\n".to_owned())), [], "T29: pasting submits nothing");
    assert_eq!(press(&mut state, passphrase, "enter"), [Wish::Device(Reply::Passphrase("mellon".into()))]);
    assert_eq!(press(&mut state, passphrase, "tab"), [Wish::Device(Reply::OnDevice)]);
    assert_eq!(press(&mut state, signing, "tab"), []);
}

#[test]
fn a_policy_is_read_to_its_end_before_it_is_shown() {
    let mut state = waiting(60, 16, agree);
    let long: Shown = |state| {
        let mut view = agree(state);
        if let Some(signing) = view.treasury.as_mut().and_then(|treasury| treasury.signing.as_mut()) {
            let pages = [signing.pages.to_vec(), signing.pages.to_vec(), signing.pages.to_vec()].concat();
            std::sync::Arc::make_mut(signing).pages = pages.into();
        }
        view
    };
    assert_eq!(press(&mut state, long, "enter"), []);
    assert!(open(&state).scroll > 0);
    assert_eq!(press(&mut state, long, "enter enter").first(), Some(&Wish::Device(Reply::Agreed)));
}

#[test]
fn simulated_buttons_are_pressed_by_their_letters() {
    let mut state = waiting(80, 24, demo);
    assert_eq!(press(&mut state, demo, "y"), [Wish::Press { device: 1, yes: true }]);
    assert_eq!(press(&mut state, demo, "N"), [Wish::Press { device: 1, yes: false }]);
    assert_eq!(press(&mut state, demo, "x q 1"), [], "nothing else is a button");
}

#[test]
fn an_end_is_read_and_what_failed_is_asked_again() {
    let mut state = waiting(80, 24, signing);
    assert_eq!(press(&mut state, signed, "enter"), [Wish::Device(Reply::Leave)]);
    let mut state = waiting(80, 24, signing);
    let wishes = press(&mut state, over, "enter");
    assert!(matches!(wishes.as_slice(), [Wish::Device(Reply::Leave), Wish::SignOnDevice { .. }]), "{wishes:?}");
    look(&mut state, looking);
    assert_eq!(open(&state).step, Step::Device);
}

#[test]
fn every_stage_on_a_small_screen() {
    let stages: [(&str, Shown); 10] = [
        ("looking", looking),
        ("elsewhere", elsewhere),
        ("pin", pin),
        ("passphrase", passphrase),
        ("agree", agree),
        ("signing", signing),
        ("unknown", unknown),
        ("demo", demo),
        ("signed", signed),
        ("over", over),
    ];
    for (width, height) in [(60, 16), (80, 24), (120, 40)] {
        for (name, shown) in stages {
            let mut state = waiting(width, height, looking);
            press(&mut state, shown, "up");
            let buf = drawn(&state, &shown(&state), "mono", &UNICODE);
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), text(&buf));
            let ascii = text(&drawn(&state, &shown(&state), "mono", &ASCII));
            assert!(ascii.is_ascii(), "{ascii}");
            if (width, height) == (80, 24) && name == "demo" {
                insta::assert_snapshot!("demo_80x24_mono", styles(&buf));
                insta::assert_snapshot!("demo_80x24_ascii", ascii);
            }
        }
    }
    let mut state = session(80, 24);
    press(&mut state, lacking, "3 v");
    insta::assert_snapshot!("page_80x24", text(&drawn(&state, &lacking(&state), "mono", &UNICODE)));
}
