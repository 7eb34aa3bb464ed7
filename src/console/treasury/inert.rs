//! Whatever is written into labels, memos, names and reasons by others: no control byte leaves through any view (T14).

use super::device::samples::asked;
use super::safe_samples::{estimated, safe};
use super::samples::{finished, treasury};
use crate::console::colour::ColourDepth;
use crate::console::glyphs::UNICODE;
use crate::console::samples::session;
use crate::console::screen::Screen;
use crate::console::snapshots::{drawn, keys, text};
use crate::console::state::State;
use crate::desk::View;
use crate::desk::treasury::{Leaves, PageView, SafeTxView, ServiceState, Stage, Subject, TreasuryView};
use crate::market::printable;
use crate::treasury::verdict::Finding;
use std::sync::Arc;

/// What people have sent to terminals that believed them.
const PAYLOADS: [&str; 40] = [
    "\u{1b}[2J",
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{1b}]52;c;ZXZpbA==\u{1b}\\",
    "\u{1b}]8;;http://evil\u{1b}\\pay\u{1b}]8;;\u{1b}\\",
    "\u{1b}P$q\"p\u{1b}\\",
    "\u{1b}[6n",
    "\u{1b}[c",
    "\u{1b}[>c",
    "\u{1b}Z",
    "\u{1b}c",
    "\u{1b}[?1049l",
    "\u{1b}[?2026h",
    "\u{1b}[10;10H",
    "\u{1b}[1A",
    "\u{1b}7\u{1b}8",
    "\u{9b}31m",
    "\u{9d}0;title\u{9c}",
    "\u{90}q\u{9c}",
    "\u{85}next",
    "\u{84}",
    "\r\noverwrites",
    "\rpay 0.1 BTC",
    "tab\tstop",
    "\u{8}\u{8}\u{8}\u{8}gone",
    "\u{7}\u{7}",
    "nul\u{0}here",
    "\u{7f}\u{7f}",
    "\u{b}down",
    "\u{c}page",
    "\u{e}shift\u{f}",
    "\u{202e}drowssap",
    "\u{2066}iso\u{2069}",
    "\u{200b}zero\u{200d}",
    "\u{feff}bom",
    "\u{2028}line\u{2029}",
    "\u{e0041}\u{e0042}tags",
    "\u{ad}soft",
    "\u{1b}_Gi=1;AAAA\u{1b}\\",
];

/// A view in which every text from outside is this one, as the desk makes it when it comes in.
fn told(state: &State, payload: &str, shown: fn(&State) -> View) -> View {
    let mut view = shown(state);
    let text = || -> Arc<str> { printable(&format!("x{payload}y")).into_owned().into() };
    let Some(treasury) = &mut view.treasury else { return view };
    for wallet in &mut treasury.wallets {
        (wallet.name, wallet.sync.source) = (text(), text());
        wallet.sync.state = crate::desk::treasury::SyncState::Failed(text());
    }
    if let Some(price) = &mut treasury.price {
        price.source = text();
    }
    let mut rows = treasury.proposals.clone();
    for row in &mut rows {
        row.wallet = text();
        row.missing.iter_mut().for_each(|missing| missing.name = text());
        if let Some(first) = &mut row.to.first {
            (first.label, first.address) = (text(), text());
        }
        if let Leaves::Told(told) = &mut row.leaves {
            *told = text();
        }
    }
    of_safes(treasury, &text);
    if let Some(page) = &mut treasury.wallet {
        let page = Arc::make_mut(page);
        page.coins.iter_mut().for_each(|coin| coin.label = text());
        page.keys.iter_mut().for_each(|key| key.name = text());
    }
    if let Some(proposal) = &mut treasury.proposal {
        let proposal = Arc::make_mut(proposal);
        proposal.memo = text();
        proposal.seats.iter_mut().for_each(|seat| (seat.name, seat.note) = (text(), text()));
        if let Subject::Safe(tx) = &mut proposal.subject {
            transaction(Arc::make_mut(tx), &text);
        }
        proposal.history.iter_mut().for_each(|event| (event.who, event.what) = (text(), text()));
        let verdict = Arc::make_mut(&mut proposal.verdict);
        verdict.warnings.push(Finding::new("label", payload));
        verdict.rows.iter_mut().for_each(|row| row.parts.push(text().to_string()));
        if let Some(row) = rows.iter().find(|row| row.id == proposal.row.id) {
            proposal.row = row.clone();
        }
    }
    if let Some(signing) = &mut treasury.signing {
        let signing = Arc::make_mut(signing);
        signing.device = text();
        signing.pages = [PageView { title: text(), text: text() }].into();
    }
    treasury.proposals = rows;
    treasury.at_work = Some(text());
    view
}

/// The same of Safes and of what their services say.
fn of_safes(treasury: &mut TreasuryView, text: &dyn Fn() -> Arc<str>) {
    for safe in &mut treasury.safes {
        (safe.name, safe.balance, safe.price.source) = (text(), Some(text()), text());
        (safe.sync.source, safe.service.source) = (text(), text());
        safe.sync.state = crate::desk::treasury::SyncState::Failed(text());
        safe.service.state = ServiceState::Failed(text());
    }
    let Some(page) = &mut treasury.safe else { return };
    let page = Arc::make_mut(page);
    page.owners.iter_mut().for_each(|owner| owner.account.name = text());
    page.modules.iter_mut().chain([&mut page.singleton]).for_each(|account| account.name = text());
    page.changed = Some(text());
    page.tokens.iter_mut().for_each(|token| token.amount = text());
    page.quarantined.iter_mut().for_each(|row| (row.name, row.why) = (text(), text()));
}

/// The same of a Safe's transaction.
fn transaction(tx: &mut SafeTxView, text: &dyn Fn() -> Arc<str>) {
    for call in &mut tx.calls {
        (call.by.name, call.to.name) = (text(), text());
        call.words.iter_mut().for_each(|word| *word = text());
    }
    tx.control.iter_mut().for_each(|line| (line.before, line.after) = (text(), "".into()));
    tx.effects.iter_mut().for_each(|effect| effect.words = vec![text()]);
    tx.posted = vec![text()];
    tx.senders.iter_mut().for_each(|sender| sender.account.name = text());
    for execution in &mut tx.executions {
        (execution.fees, execution.answer) = (text(), text());
    }
    if let Some(estimate) = &mut tx.estimate {
        let estimate = Arc::make_mut(estimate);
        (estimate.told, estimate.hindered, estimate.simulated) = (text(), Some(text()), vec![text()]);
    }
}

#[test]
fn t14_no_control_byte_leaves_through_any_view() {
    for payload in PAYLOADS {
        for (pressed, shown) in [
            ("3", treasury as fn(&State) -> View),
            ("3 v", treasury),
            ("3 c", treasury),
            ("3 tab tab", treasury),
            ("3 a enter enter", treasury),
            ("3 r", treasury),
            ("3 c l", treasury),
            ("3 d", treasury),
            ("3 tab tab down C", treasury),
            ("3 down down down B", finished),
            ("3 D", |state| asked(state, Stage::Signing, false)),
            ("3", safe),
            ("3 tab tab down down", safe),
            ("3 tab tab down down c", safe),
            ("3 tab tab down down c z G", safe),
            ("3 v", safe),
            ("3 down v", safe),
            ("3 down v G", safe),
            ("3 down down v", safe),
            ("3 down down down v", safe),
            ("3 G v G", safe),
            ("3 B G", estimated),
            ("3 B enter enter enter enter", estimated),
            ("3 down down down down p", safe),
            ("3 down N", safe),
            ("3 tab tab down n", safe),
        ] {
            let mut state = session(80, 24);
            for key in pressed.split(' ') {
                let view = told(&state, payload, shown);
                keys(&mut state, &view, key);
            }
            let buf = drawn(&state, &told(&state, payload, shown), "dark", &UNICODE);
            for c in text(&buf).chars().filter(|c| *c != '\n') {
                let hostile = c.is_control() || printable(&c.to_string()).as_ref() != c.to_string();
                assert!(!hostile, "{c:?} of {payload:?} after {pressed}");
            }
            let mut sent = Vec::new();
            let paint = |into: &mut _| {
                buf.clone_into(into);
                None
            };
            Screen::new(&mut sent, state.size, ColourDepth::Mono).draw(paint).unwrap();
            let mut terminal = vt100::Parser::new(24, 80, 0);
            terminal.process(&sent);
            let lines = |text: &str| text.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n");
            let (now, drawn) = (terminal.screen().contents(), text(&buf));
            assert_eq!(lines(now.trim_end()), lines(drawn.trim_end()), "{payload:?} after {pressed}");
        }
    }
}

#[test]
fn t14_what_is_typed_and_pasted_is_inert_too() {
    let mut state = session(80, 24);
    for key in ["3", "i"] {
        let view = treasury(&state);
        keys(&mut state, &view, key);
    }
    for payload in PAYLOADS {
        let view = treasury(&state);
        crate::console::update(&mut state, &view, crate::console::effect::Event::Paste(payload.to_owned()));
        assert!(text(&drawn(&state, &view, "dark", &UNICODE)).chars().all(|c| c == '\n' || !c.is_control()));
    }
}
