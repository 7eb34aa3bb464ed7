//! What keys do about Safes, in tests.

use super::safe_samples::{dearer, estimated, hindered, owner, safe, safe_id, safe_with};
use super::samples::{id, treasury};
use super::window::{Step, Task, Window};
use crate::console::chord::Chord;
use crate::console::effect::{Effect, Event};
use crate::console::glyphs::UNICODE;
use crate::console::layout::Pane;
use crate::console::samples::session;
use crate::console::snapshots::{drawn, text};
use crate::console::state::{Overlay, State, query};
use crate::console::update;
use crate::desk::treasury::{Chosen, Draft, Given, Seen, Subject, Who, Wish};
use crate::desk::{Command, View};
use crate::treasury::proposal::State as Standing;
use alloy_primitives::U256;
use std::path::PathBuf;
use std::sync::Arc;

fn press(state: &mut State, shown: fn(&State) -> View, keys: &str) -> Vec<Wish> {
    let mut wishes = Vec::new();
    for key in keys.split(' ') {
        let view = shown(state);
        for effect in update(state, &view, Event::Key(key.parse::<Chord>().unwrap())) {
            match effect {
                Effect::Command(Command::Treasury(wish)) => wishes.push(wish),
                other => panic!("{other:?}"),
            }
        }
    }
    wishes
}

fn signer() -> State {
    let mut state = session(80, 24);
    press(&mut state, safe, "3");
    state
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

fn screen(state: &State, shown: fn(&State) -> View) -> String {
    text(&drawn(state, &shown(state), "dark", &UNICODE))
}

fn read_on(state: &mut State, shown: fn(&State) -> View) {
    for _ in 0..50 {
        if open(state).step != Step::Read {
            return;
        }
        press(state, shown, "enter");
    }
    panic!("it never ends: {:?}", open(state));
}

fn none(state: &mut State, shown: fn(&State) -> View, keys: &str, words: &str) {
    assert_eq!(press(state, shown, keys), [], "{keys}");
    assert!(state.overlay.is_none() && said(state).contains(words), "{keys}: {}", said(state));
}

#[test]
fn safes_stand_in_the_list_of_wallets() {
    let mut state = signer();
    press(&mut state, safe, "tab tab down");
    assert_eq!(query(&state).treasury.unwrap().wallet, Some(Chosen::Safe(safe_id(0xd9))));
    press(&mut state, safe, "c");
    assert_eq!(state.focus(), Pane::Coins);
    assert!(screen(&state, safe).contains("Safe Ops safe"), "{}", screen(&state, safe));
    assert_eq!(press(&mut state, safe, "s"), [Wish::Sync(Chosen::Safe(safe_id(0xd9)))]);
    press(&mut state, safe, "down down");
    assert_eq!(state.treasury.safe_scroll, 2);
    press(&mut state, safe, "G");
    assert!(screen(&state, safe).contains("rows are what they say"), "{}", screen(&state, safe));
    press(&mut state, safe, "g");
    assert_eq!(state.treasury.safe_scroll, 0);
    for key in ["F", "l", "d", "C"] {
        none(&mut state, safe, key, "is a Safe: it has one address");
    }
    let view = safe(&state);
    let copied = update(&mut state, &view, Event::Key("y".parse().unwrap()));
    assert_eq!(copied, [Effect::Copy(safe_id(0xd9).to_string())]);
    press(&mut state, safe, "c tab tab up");
    assert!(matches!(query(&state).treasury.unwrap().wallet, Some(Chosen::Wallet(_))));
}

#[test]
fn t17_what_is_blocked_is_not_signed_not_sent_and_told_to_nobody() {
    let mut state = signer();
    press(&mut state, safe, "down down");
    assert_eq!(query(&state).treasury.unwrap().proposal, Some(id(23)));
    let shown = screen(&state, safe);
    assert!(shown.contains("BLOCKED: a takeover: a delegatecall to code that nobody knows"), "{shown}");
    let foot = shown.lines().last().unwrap();
    assert!(!foot.contains("approve") && !foot.contains("device") && !foot.contains("broadcast"), "{foot}");
    for (key, words) in [
        ("a", "#23 must not be signed: delegatecall"),
        ("D", "#23 must not be signed: delegatecall"),
        ("B", "#23 must not be carried out: delegatecall"),
        ("p", "#23 must not be told to a service: delegatecall"),
    ] {
        none(&mut state, safe, key, words);
    }
    // It can be refused, and its nonce used up.
    let wishes = press(&mut state, safe, "r n o enter");
    let seat = Who::Owner(owner(0x0a));
    assert_eq!(wishes, [Wish::Reject { proposal: id(23), seat, reason: "no".to_owned() }]);
    let wishes = press(&mut state, safe, "N n o enter");
    let (safe, draft) = (safe_id(0xd9), Draft::Refusal(id(23)));
    assert_eq!(wishes, [Wish::Propose { safe, draft, memo: "no".to_owned() }]);
}

#[test]
fn a_hot_account_signs_after_the_review_and_its_passphrase() {
    let mut state = signer();
    press(&mut state, safe, "down down down down a");
    read_on(&mut state, safe);
    assert_eq!(open(&state).step, Step::Passphrase);
    let wishes = press(&mut state, safe, "d e m o enter");
    let [Wish::Approve { proposal, seat, passphrase, seen, answers }] = wishes.as_slice() else { panic!("{wishes:?}") };
    assert_eq!((*proposal, *seat), (id(21), Who::Owner(owner(0x0a))));
    assert_eq!((passphrase.expose(), seen, answers.len()), ("demo", &Seen::default(), 0));
}

#[test]
fn a_device_is_asked_for_an_owner() {
    let mut state = signer();
    press(&mut state, safe, "down down down down D");
    assert!(matches!(open(&state).task, Task::Device { seat, .. } if seat == Who::Owner(owner(0x0b))));
    let mut wishes = Vec::new();
    for _ in 0..20 {
        wishes.extend(press(&mut state, safe, "enter"));
        if state.overlay.is_none() {
            break;
        }
    }
    let [Wish::SignOnDevice { proposal, seat, .. }] = wishes.as_slice() else { panic!("{wishes:?}") };
    assert_eq!((*proposal, *seat), (id(21), Who::Owner(owner(0x0b))));
}

#[test]
fn it_is_carried_out_at_the_price_that_was_read() {
    let mut state = signer();
    let (proposal, sender) = (id(27), owner(0x0a));
    assert_eq!(press(&mut state, safe, "B"), [Wish::Estimate { proposal, sender }]);
    press(&mut state, safe, "enter enter enter enter");
    assert_eq!(open(&state).step, Step::Read, "without an answer there is nothing to agree to");
    assert!(said(&state).contains("being asked for"));
    read_on(&mut state, estimated);
    assert_eq!(open(&state).step, Step::Passphrase);
    press(&mut state, estimated, "enter");
    assert!(said(&state).contains("passphrase"));
    // Another price is another agreement.
    assert_eq!(press(&mut state, dearer, "d e m o enter"), []);
    assert!(said(&state).contains("costs something else by now") && open(&state).secret.is_empty());
    assert!(screen(&state, dearer).contains("costs something else by now"), "the window hides no reason");
    let wishes = press(&mut state, dearer, "d e m o enter");
    let [Wish::Execute { proposal: about, sender: by, passphrase, seen, most }] = wishes.as_slice() else {
        panic!("{wishes:?}")
    };
    assert_eq!((*about, *by, passphrase.expose()), (proposal, sender, "demo"));
    assert_eq!((seen, *most), (&Seen::default(), U256::from(2_900_000_000_000_000_u64)));
    assert!(!format!("{wishes:?}").contains("demo"), "no log tells it");
}

#[test]
fn what_the_chain_would_not_take_is_not_sent() {
    let mut state = signer();
    press(&mut state, hindered, "B");
    press(&mut state, hindered, "enter enter enter enter enter enter");
    assert_eq!(open(&state).step, Step::Read);
    assert!(said(&state).contains("the nonce 40 comes first"), "{}", said(&state));
}

#[test]
fn keys_that_make_no_sense_for_a_safe_say_why() {
    let mut state = signer();
    none(&mut state, safe, "f", "there is nothing to finish");
    none(&mut state, safe, "down down down down B", "#21 cannot be carried out: 1 of 2 signed");
    none(&mut state, safe, "G B", "cannot be carried out: it is confirmed");
    none(&mut state, safe, "p", "is over: it is confirmed");
    none(&mut state, safe, "N", "needs no more: it is confirmed");
    none(&mut state, safe, "g x B", "amounts are hidden");
    press(&mut state, safe, "x");
    fn penniless(state: &State) -> View {
        safe_with(state, |proposal| {
            if let Subject::Safe(tx) = &mut proposal.subject {
                Arc::make_mut(tx).senders.clear();
            }
        })
    }
    none(&mut state, penniless, "B", "no account that could pay");
    fn alone(state: &State) -> View {
        let mut view = safe(state);
        if let Some(treasury) = &mut view.treasury {
            treasury.safes.iter_mut().for_each(|safe| safe.service.state = crate::desk::treasury::ServiceState::Off);
        }
        view
    }
    none(&mut state, alone, "p", "none is configured");
    none(&mut state, treasury, "p", "is not a Safe's");
    none(&mut state, treasury, "N", "it has no nonce");
    none(&mut state, treasury, "n", "choose a Safe among the wallets first");
}

#[test]
fn what_is_sent_can_be_sent_again() {
    fn sent(state: &State) -> View {
        safe_with(state, |proposal| proposal.row.state = Standing::Executing)
    }
    let mut state = signer();
    assert!(matches!(press(&mut state, sent, "B").as_slice(), [Wish::Estimate { .. }]));
}

#[test]
fn a_service_is_told_on_two_keys() {
    let mut state = signer();
    press(&mut state, safe, "down down down down p");
    assert!(screen(&state, safe).contains("api.safe.global is told #21"), "{}", screen(&state, safe));
    assert_eq!(press(&mut state, safe, "enter"), [Wish::Confirm(id(21))]);
    press(&mut state, safe, "p esc");
    assert_eq!(state.overlay, None);
}

#[test]
fn a_payment_is_asked_for_question_by_question() {
    let mut state = signer();
    press(&mut state, safe, "tab tab down n enter");
    assert!(said(&state).contains("whom"));
    let view = safe(&state);
    let to = owner(0x77).to_checksum(None);
    assert_eq!(update(&mut state, &view, Event::Paste(format!("{to}\n"))), [], "T29: pasting submits nothing");
    press(&mut state, safe, "enter 1 . 5 enter");
    press(&mut state, safe, "U S D C enter");
    assert!(matches!(&open(&state).task, Task::Propose { typed, .. } if typed.len() == 2), "a name is no token");
    press(&mut state, safe, "ctrl+u enter");
    let wishes = press(&mut state, safe, "r e n t enter");
    let draft = Draft::Transfer { to, amount: "1.5".to_owned(), token: None };
    assert_eq!(wishes, [Wish::Propose { safe: safe_id(0xd9), draft, memo: "rent".to_owned() }]);
}

#[test]
fn files_of_safes_go_out_and_come_in() {
    let mut state = signer();
    let wishes = press(&mut state, safe, "e enter");
    assert_eq!(wishes, [Wish::Export { proposal: id(27), path: PathBuf::from("proposal-27.json") }]);
    press(&mut state, safe, "i");
    let view = safe(&state);
    update(&mut state, &view, Event::Paste("{\"chainId\":\"1\"}\n".to_owned()));
    let wishes = press(&mut state, safe, "enter");
    assert_eq!(wishes, [Wish::Import(Given::Text("{\"chainId\":\"1\"}\n".to_owned()))]);
    press(&mut state, safe, "Q");
    let shown = screen(&state, safe);
    assert!(shown.contains("#27, BBQr") && !shown.contains("PSBT"), "{shown}");
}
