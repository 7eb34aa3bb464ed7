//! The demo's Safe by keyboard, at 80x24: an attack that cannot be signed and says why, a batch as a tree, and a transfer that a
//! HOT account and two simulated devices sign.

use crate::device::{approve, ask};
use crate::program::Home;
use crate::pty::{Pty, scroll_to};
use crate::treasury::{sign, treasury};

/// Chooses a proposal in the queue, and opens its page.
pub fn read(pty: &mut Pty, number: u64) {
    pty.wait_for("Approvals");
    pty.press("g");
    for _ in number..5 {
        pty.press("j");
    }
    pty.wait_for(&format!("#{number} ─"));
    pty.press("v");
    pty.wait("the whole page", |screen| !screen.contents().contains("Approvals"));
}

/// Signs the chosen proposal on the device of an owner; then so many have.
fn sign_on_device(pty: &mut Pty, number: u64, whose: &str, signed: usize) -> Vec<String> {
    ask(pty, number, whose);
    let opens = "y opens that app";
    pty.wait("what the device does", |screen| {
        let contents = screen.contents();
        contents.contains(opens) || contents.contains("y turns the page") || contents.contains("y approves")
    });
    if pty.shows(opens) {
        assert!(pty.shows("Ethereum is needed"), "the app that is open is named, and the one that is needed");
        pty.press("y");
        // A second yes would open the other app again.
        pty.wait("the other app", |screen| !screen.contents().contains(opens));
    }
    let pages = approve(pty, "signed on the device of");
    assert!(pages.iter().all(|page| page.contains("DEMO keys: no real money")), "{pages:?}");
    pty.press("\r");
    let signed = format!("{signed} of 2 signed");
    pty.wait("the signature", |screen| {
        !screen.contents().contains("on a device") && screen.contents().contains(&signed)
    });
    pages
}

#[test]
fn the_attack_is_blocked_and_says_why() {
    let mut pty = treasury(&Home::new());
    read(&mut pty, 1);
    pty.wait_for("BLOCKED: a takeover: a delegatecall to code that nobody knows");
    assert!(pty.shows("Routine transfer, as every Friday"), "what it says of itself");
    let hints = |pty: &Pty| pty.terminal().screen().contents().lines().last().unwrap_or_default().to_owned();
    assert!(!hints(&pty).contains("approve") && !hints(&pty).contains("device"), "{}", hints(&pty));
    for (key, word) in [("a", "signed"), ("D", "signed"), ("B", "carried out"), ("p", "told to a service")] {
        pty.press(key);
        pty.wait_for(&format!("#1 must not be {word}: delegatecall"));
        assert!(!pty.shows("passphrase"));
    }
    pty.press("r");
    pty.wait_for("Refuse #1");
    pty.press("an attack\r");
    pty.wait_for("refused");
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn a_batch_is_a_tree_of_calls() {
    let mut pty = treasury(&Home::new());
    read(&mut pty, 2);
    for sign in ["batch of 3 calls", "├─ 1 ", "MultiSendCallOnly"] {
        pty.wait_for(sign);
    }
    for sign in
        ["├─ 2 ", "└─ 3 ", "unknown function 0xdeadbeef, 36 bytes", "in sum", "total   1,250 USDC", "safeTxHash"]
    {
        scroll_to(&mut pty, sign);
    }
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn a_transfer_is_signed_by_an_account_here_and_on_devices() {
    let mut pty = treasury(&Home::new());
    read(&mut pty, 3);
    pty.wait_for("0 of 2 signed");
    assert!(pty.shows("review: clean"), "{}", pty.terminal().screen().contents());
    sign(&mut pty, 3, 1);
    sign_on_device(&mut pty, 3, "Bea Ledger", 2);
    pty.wait_for("READY");
    pty.press("B");
    pty.wait_for("Carry out #3");
    pty.press("\x1b");
    pty.wait("the page", |screen| !screen.contents().contains("Carry out"));
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn two_devices_sign_for_the_safe() {
    let mut pty = treasury(&Home::new());
    read(&mut pty, 3);
    let ledger = sign_on_device(&mut pty, 3, "Bea Ledger", 1);
    let trezor = sign_on_device(&mut pty, 3, "Cyd Trezor", 2);
    assert!(ledger.iter().any(|page| page.contains("0x7777")), "whom it pays is on the screen: {ledger:?}");
    assert!(trezor.iter().any(|page| page.contains("Confirm message hash")), "{trezor:?}");
    pty.wait_for("READY");
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn the_safe_stands_among_the_wallets_and_has_no_chain() {
    let mut pty = treasury(&Home::new());
    pty.press("\t\tj");
    pty.wait("the Safe", |screen| {
        let contents = screen.contents();
        contents.contains("Demo safe") && contents.contains("612.44 ETH") && contents.contains("no chain")
    });
    pty.press("c");
    pty.wait_for("Safe Demo safe");
    pty.wait_for("sep:0x");
    pty.press("s");
    pty.wait_for("nobody has said how the Safe's chain is reached");
    pty.press("q");
    pty.ended(0, "");
}
