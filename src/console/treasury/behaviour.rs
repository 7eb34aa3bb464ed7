//! What keys and mouse do in the Treasury workspace, in tests.

use super::samples::{bare, finger, finished, id, outpoint, poisoned, treasury, wallet_id, with};
use super::window::{Step, Task, Window};
use crate::console::chord::Chord;
use crate::console::effect::{Effect, Event};
use crate::console::glyphs::UNICODE;
use crate::console::input::{Mouse, MouseDid};
use crate::console::layout::{Pane, Workspace, inside};
use crate::console::samples::{session, view_for};
use crate::console::snapshots::{drawn, text};
use crate::console::state::{Overlay, State, query};
use crate::console::update;
use crate::desk::treasury::{Chosen, Given, Marked, SeatStanding, Seen, Wish};
use crate::desk::{Command, View};
use ratatui::layout::Position;
use std::path::PathBuf;

/// Presses keys one by one, each before what the desk shows then.
fn press(state: &mut State, shown: fn(&State) -> View, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split(' ') {
        let view = shown(state);
        effects.extend(update(state, &view, Event::Key(key.parse::<Chord>().unwrap())));
    }
    effects
}

fn signer(width: u16, height: u16) -> State {
    let mut state = session(width, height);
    press(&mut state, treasury, "3");
    state
}

fn wish(effects: &[Effect]) -> Option<&Wish> {
    match effects {
        [Effect::Command(Command::Treasury(wish))] => Some(wish),
        [] => None,
        _ => panic!("{effects:?}"),
    }
}

fn open(state: &State) -> &Window {
    match &state.overlay {
        Some(Overlay::Treasury(open)) => open,
        other => panic!("{other:?}"),
    }
}

fn said(state: &State) -> &str {
    state.said.as_ref().map_or("", |said| &said.text)
}

/// `enter` until something else is asked than to read.
fn read_on(state: &mut State, shown: fn(&State) -> View) {
    for _ in 0..50 {
        if open(state).step != Step::Read {
            return;
        }
        press(state, shown, "enter");
    }
    panic!("it never ends: {:?}", open(state));
}

#[test]
fn the_workspace_is_turned_to_and_asks_for_what_it_shows() {
    let mut state = session(80, 24);
    assert_eq!(query(&state).treasury, None, "nothing is asked for that nobody looks at");
    press(&mut state, treasury, "3");
    assert_eq!((state.workspace(), state.focus()), (Workspace::Treasury, Pane::Approvals));
    assert!(query(&state).treasury.is_some());
    press(&mut state, treasury, "down down");
    assert_eq!(query(&state).treasury.unwrap().proposal, Some(id(12)));
    press(&mut state, treasury, "tab tab down");
    assert_eq!(query(&state).treasury.unwrap().wallet, Some(Chosen::Wallet(wallet_id(2))));
    press(&mut state, treasury, "1");
    assert_eq!(query(&state).treasury, None);
    press(&mut state, treasury, ": a p p r o v e enter");
    assert_eq!(state.workspace(), Workspace::Treasury, "by name from everywhere");
    assert_eq!(query(&State { size: (59, 24).into(), ..state }).treasury, None, "a small screen asks for nothing");
}

#[test]
fn a_proposal_is_opened_read_and_left() {
    let mut state = signer(80, 24);
    press(&mut state, treasury, "enter");
    assert_eq!((state.focus(), state.settings.layout.zoomed), (Pane::Proposal, true));
    press(&mut state, treasury, "down down");
    press(&mut state, treasury, "esc");
    assert_eq!((state.focus(), state.settings.layout.zoomed), (Pane::Approvals, false));
    press(&mut state, treasury, "v v");
    assert_eq!((state.focus(), state.settings.layout.zoomed), (Pane::Approvals, false));
    press(&mut state, treasury, "c");
    assert_eq!(state.focus(), Pane::Coins);
    press(&mut state, treasury, "c");
    assert_eq!(state.focus(), Pane::Approvals);
}

#[test]
fn signing_reads_to_the_end_and_asks_for_the_passphrase() {
    for (width, height) in [(60, 16), (80, 24), (200, 60)] {
        let mut state = signer(width, height);
        assert_eq!(press(&mut state, treasury, "a"), []);
        assert_eq!(open(&state).step, Step::Read);
        if height == 16 {
            press(&mut state, treasury, "enter");
            assert_eq!(open(&state).step, Step::Read, "there is more to read");
        }
        read_on(&mut state, treasury);
        assert_eq!(open(&state).step, Step::Passphrase);
        press(&mut state, treasury, "enter");
        assert!(said(&state).contains("passphrase"), "{}", said(&state));
        press(&mut state, treasury, "d e m x backspace o");
        let screen = text(&drawn(&state, &treasury(&state), "dark", &UNICODE));
        assert!(screen.contains("••••") && !screen.contains("> demo"), "{screen}");
        let effects = press(&mut state, treasury, "enter");
        let Some(Wish::Approve { proposal, seat, passphrase, seen, answers }) = wish(&effects) else {
            panic!("{effects:?}")
        };
        assert_eq!((*proposal, *seat, passphrase.expose()), (id(14), finger("f5acc2fd").into(), "demo"));
        assert_eq!((seen, answers.len()), (&Seen(vec!["first-payment"]), 0));
        assert_eq!(state.overlay, None);
        assert!(!format!("{effects:?}").contains("demo"), "no log tells it");
    }
}

#[test]
fn another_key_can_be_taken() {
    let mut state = signer(80, 24);
    press(&mut state, treasury, "a tab");
    let Task::Approve { seat, .. } = open(&state).task else { panic!() };
    assert_eq!(seat, finger("0f056943").into());
    press(&mut state, treasury, "tab");
    let Task::Approve { seat, .. } = open(&state).task else { panic!() };
    assert_eq!(seat, finger("f5acc2fd").into());
}

#[test]
fn t16_the_middle_of_an_address_that_resembles_another_has_to_be_typed() {
    let mut state = signer(80, 24);
    press(&mut state, poisoned, "a");
    read_on(&mut state, poisoned);
    assert_eq!(open(&state).step, Step::Answer(0));
    let screen = text(&drawn(&state, &poisoned(&state), "dark", &UNICODE));
    assert!(screen.contains("bc1q w508 d6qe jdtd g4y5 r3za rvar yvax xpcs v8f3 t4"), "{screen}");
    assert!(screen.contains("bc1q w508 d6qe jxtd g4y5 r3za rvar y0c5 xw7k v8f3 t4"), "{screen}");
    assert_eq!(press(&mut state, poisoned, "q e j x t d enter"), []);
    assert_eq!(open(&state).step, Step::Answer(0), "these are the other one's");
    assert!(said(&state).contains("not the characters"));
    press(&mut state, poisoned, "q e j d t d enter");
    assert_eq!(open(&state).step, Step::Passphrase);
    let effects = press(&mut state, poisoned, "x enter");
    assert!(matches!(wish(&effects), Some(Wish::Approve { answers, .. }) if *answers == ["qejdtd"]), "{effects:?}");
}

#[test]
fn t29_what_is_pasted_never_submits() {
    for (start, shown) in [("a", treasury as fn(&State) -> View), ("r", treasury), ("i", treasury), ("e", treasury)] {
        let mut state = signer(80, 24);
        press(&mut state, shown, start);
        if start == "a" {
            read_on(&mut state, shown);
        }
        for text in ["demo\r\n", "yes\n\n\n", "cHNidP8BAFUCAAAA\n\r\n", "\u{1b}[201~\n"] {
            let view = shown(&state);
            assert_eq!(update(&mut state, &view, Event::Paste(text.to_owned())), [], "{start} {text:?}");
            assert!(state.overlay.is_some(), "{start} {text:?}");
        }
    }
    let mut state = signer(80, 24);
    let view = treasury(&state);
    assert_eq!(update(&mut state, &view, Event::Paste("a\n\n\ndemo\n".to_owned())), []);
    assert_eq!(state.overlay, None, "without a field it is nothing");
}

#[test]
fn a_review_that_changed_is_read_again() {
    let mut state = signer(80, 24);
    press(&mut state, treasury, "a");
    read_on(&mut state, treasury);
    fn changed(state: &State) -> View {
        with(state, |proposal| proposal.row.codes = vec!["first-payment", "conflict"])
    }
    press(&mut state, changed, "d e m o");
    assert_eq!(press(&mut state, changed, "enter"), []);
    assert_eq!((open(&state).step, open(&state).scroll), (Step::Read, 0));
    assert!(open(&state).secret.is_empty(), "what was typed was for something else");
    assert!(said(&state).contains("read it again"), "{}", said(&state));
    let shown = text(&drawn(&state, &changed(&state), "dark", &UNICODE));
    assert!(shown.contains("read it again"), "the window hides no reason:\n{shown}");
}

#[test]
fn what_must_not_be_signed_offers_no_signing() {
    let mut state = signer(80, 24);
    assert_eq!(press(&mut state, treasury, "down a"), []);
    assert_eq!(state.overlay, None);
    assert!(said(&state).contains("must not be signed: change-foreign"), "{}", said(&state));
    fn ready(state: &State) -> View {
        with(state, |proposal| {
            proposal.row.state = crate::treasury::proposal::State::Ready;
            proposal.row.finished = true;
        })
    }
    press(&mut state, ready, "B");
    assert_eq!(state.overlay, None);
    assert!(said(&state).contains("must not be broadcast"), "{}", said(&state));
}

#[test]
fn keys_that_make_no_sense_say_why() {
    let none = |state: &mut State, shown: fn(&State) -> View, keys: &str, words: &str| {
        assert_eq!(press(state, shown, keys), [], "{keys}");
        assert!(state.overlay.is_none() && said(state).contains(words), "{keys}: {}", said(state));
    };
    let mut state = signer(80, 24);
    none(&mut state, treasury, "f", "cannot be finished: it is collecting, 1 of 2 signed");
    none(&mut state, treasury, "B", "cannot be broadcast: it is collecting");
    none(&mut state, treasury, "x a", "amounts are hidden");
    press(&mut state, treasury, "x");
    fn foreign(state: &State) -> View {
        with(state, |proposal| proposal.seats.iter_mut().for_each(|seat| (seat.hot, seat.speaks) = (None, false)))
    }
    none(&mut state, foreign, "a", "no key of #14 lies here");
    none(&mut state, foreign, "r", "no seat of #14 that this desk speaks for");
    fn done(state: &State) -> View {
        with(state, |proposal| {
            proposal.seats.iter_mut().for_each(|seat| seat.standing = SeatStanding::Approved(proposal.reviewed));
        })
    }
    none(&mut state, done, "a", "decided about #14 already");
    none(&mut state, treasury, "G a", "takes no signatures: it is rejected");
    none(&mut state, treasury, "tab tab down d", "BTC ops is not armed: 3 of 5");
    fn locked(state: &State) -> View {
        let mut view = treasury(state);
        view.treasury.as_mut().unwrap().read_only = Some("another exchequer writes the journal".into());
        view
    }
    none(&mut state, locked, "g a", "nothing can be changed here: another exchequer");
    for keys in ["a", "r", "e", "Q", "f", "B"] {
        none(&mut state, bare, keys, "choose a proposal first");
    }
    for keys in ["s", "d", "C", "F", "l"] {
        none(&mut state, bare, keys, "no wallet");
    }
    press(&mut state, view_for, "down up enter c tab v y i esc");
}

#[test]
fn a_refusal_has_a_reason_and_a_seat() {
    let mut state = signer(80, 24);
    let effects = press(&mut state, treasury, "r n o t space o u r s enter");
    let (proposal, seat) = (id(14), finger("f5acc2fd").into());
    assert_eq!(wish(&effects), Some(&Wish::Reject { proposal, seat, reason: "not ours".to_owned() }));
    let effects = press(&mut state, treasury, "r tab enter");
    let (seat, reason) = (finger("0f056943").into(), String::new());
    assert_eq!(wish(&effects), Some(&Wish::Reject { proposal, seat, reason }), "another seat, for no reason");
}

#[test]
fn what_is_ready_is_finished_and_sent_on_a_word() {
    let mut state = signer(80, 24);
    let effects = press(&mut state, treasury, "down down down f");
    assert_eq!(wish(&effects), Some(&Wish::Finalise(id(11))));
    press(&mut state, treasury, "B");
    assert!(said(&state).contains("not finished yet"));
    press(&mut state, finished, "B");
    read_on(&mut state, finished);
    assert_eq!(press(&mut state, finished, "enter"), []);
    assert!(said(&state).contains("type yes"));
    let effects = press(&mut state, finished, "y e s enter");
    assert_eq!(wish(&effects), Some(&Wish::Broadcast { proposal: id(11), seen: Seen::default() }));
}

#[test]
fn psbts_go_out_and_come_in() {
    let mut state = signer(80, 24);
    let effects = press(&mut state, treasury, "e enter");
    assert_eq!(wish(&effects), Some(&Wish::Export { proposal: id(14), path: PathBuf::from("proposal-14.psbt") }));
    let effects = press(&mut state, treasury, "i ctrl+u a . p s b t enter");
    assert_eq!(wish(&effects), Some(&Wish::Import(Given::File(PathBuf::from("a.psbt")))));
    press(&mut state, treasury, "i enter");
    assert!(said(&state).contains("name a file"));
    let view = treasury(&state);
    update(&mut state, &view, Event::Paste("B$ZP0301AAAA\u{1b}\r\nB$ZP0302BBBB\n".to_owned()));
    let effects = press(&mut state, treasury, "enter");
    assert_eq!(wish(&effects), Some(&Wish::Import(Given::Text("B$ZP0301AAAA\nB$ZP0302BBBB\n".to_owned()))));
}

#[test]
fn codes_turn_by_themselves_and_by_keys() {
    let mut state = signer(80, 24);
    assert!(!state.animates());
    press(&mut state, treasury, "Q");
    assert!(state.animates());
    let view = treasury(&state);
    update(&mut state, &view, Event::Tick);
    press(&mut state, treasury, "right left right");
    assert!(matches!(open(&state).task, Task::Qr { frame: 2, ur: false, .. }), "{:?}", open(&state).task);
    press(&mut state, treasury, "tab");
    assert!(matches!(open(&state).task, Task::Qr { frame: 0, ur: true, .. }), "{:?}", open(&state).task);
    press(&mut state, treasury, "q");
    assert_eq!(state.overlay, None);
}

#[test]
fn coins_are_named_and_kept() {
    let mut state = signer(80, 24);
    press(&mut state, treasury, "F");
    assert!(said(&state).contains("choose the coin first") && state.focus() == Pane::Coins);
    let effects = press(&mut state, treasury, "down F");
    assert_eq!(wish(&effects), Some(&Wish::Freeze { wallet: wallet_id(1), coin: outpoint(4), frozen: true }));
    let effects = press(&mut state, treasury, "down F");
    assert_eq!(wish(&effects), Some(&Wish::Freeze { wallet: wallet_id(1), coin: outpoint(9), frozen: false }));
    let effects = press(&mut state, treasury, "l ctrl+u d u s t enter");
    let of = Marked::Coin(wallet_id(1), outpoint(9));
    assert_eq!(wish(&effects), Some(&Wish::Label { of, text: "dust".to_owned() }));
    let effects = press(&mut state, treasury, "s");
    assert_eq!(wish(&effects), Some(&Wish::Sync(Chosen::Wallet(wallet_id(1)))));
}

#[test]
fn t03_a_first_address_is_confirmed_as_a_device_shows_it() {
    let mut state = signer(80, 24);
    press(&mut state, treasury, "tab tab down C");
    let Task::Confirm { seat, .. } = open(&state).task else { panic!() };
    assert_eq!(seat, finger("f5acc2fd"), "the first who has not yet");
    press(&mut state, treasury, "enter");
    assert!(said(&state).contains("type the address"));
    let effects = press(&mut state, treasury, "tab b c 1 enter");
    let (wallet, seat) = (wallet_id(2), finger("0f056943"));
    assert_eq!(wish(&effects), Some(&Wish::ConfirmAddress { wallet, seat, shown: "bc1".to_owned() }));
    press(&mut state, treasury, "up C");
    assert!(said(&state).contains("all cosigners have confirmed"));
}

#[test]
fn the_mouse_chooses_and_closes() {
    let mut state = signer(80, 24);
    let click = |state: &mut State, x, y| {
        let view = treasury(state);
        update(state, &view, Event::Mouse(Mouse { did: MouseDid::Click, at: Position { x, y } }))
    };
    let place = |state: &State, pane| inside(state.arrangement().unwrap().of(pane).unwrap());
    let queue = place(&state, Pane::Approvals);
    click(&mut state, queue.x + 3, queue.y + 3);
    assert_eq!((state.focus(), state.treasury.proposal), (Pane::Approvals, Some(id(12))));
    let wallets = place(&state, Pane::Wallets);
    click(&mut state, wallets.x + 3, wallets.y + 2);
    assert_eq!((state.focus(), state.treasury.wallet), (Pane::Wallets, Some(Chosen::Wallet(wallet_id(2)))));
    press(&mut state, treasury, "r");
    click(&mut state, 0, 0);
    assert_eq!(state.overlay, None);
    click(&mut state, 4, 0);
    assert_eq!(state.workspace(), Workspace::Markets);
    click(&mut state, 27, 0);
    assert_eq!(state.workspace(), Workspace::Treasury);
}

#[test]
fn what_vanishes_is_no_longer_acted_on() {
    let mut state = signer(80, 24);
    press(&mut state, treasury, "a");
    let screen = text(&drawn(&state, &bare(&state), "dark", &UNICODE));
    assert!(screen.contains("no longer told of"), "{screen}");
    assert_eq!(press(&mut state, bare, "enter"), []);
    assert_eq!(state.overlay, None);
    press(&mut state, treasury, "a");
    read_on(&mut state, treasury);
    drawn(&state, &view_for(&state), "dark", &UNICODE);
    press(&mut state, view_for, "x y enter");
    assert_eq!(state.overlay, None);
}
