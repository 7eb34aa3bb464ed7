//! The whole life of a proposal by keyboard, at 80x24: read, signed with a key and on a device, finished, broadcast, confirmed. And one
//! that must not be signed, which says why.

use crate::device::sign_on_device;
use crate::program::Home;
use crate::pty::{Pty, read_to};

/// The demo's treasury, when it is there.
pub fn treasury(home: &Home) -> Pty {
    let mut pty = home.demo();
    pty.press("3");
    pty.wait("the queue", |screen| {
        let contents = screen.contents();
        ["Demo vault", "HOT", "pay 0.50000000", "BLOCK", "5 to sign"].iter().all(|sign| contents.contains(sign))
    });
    pty
}

/// A warning was shown: it stands below for some seconds, and is counted from then on.
fn warned(pty: &Pty, count: usize, words: &str) {
    let counted = format!("! {count} unread");
    pty.wait(words, |screen| [words, &counted].iter().any(|sign| screen.contents().contains(sign)));
}

/// Signs the chosen proposal with the first key that can; then so many have.
pub fn sign(pty: &mut Pty, number: u64, signed: usize) {
    let title = format!("Sign #{number} ");
    pty.press("a");
    pty.wait_for(&title);
    read_to(pty, "the passphrase of");
    assert!(pty.shows("in this demo \"demo\""), "a demo's passphrase is no secret");
    pty.press("demo");
    pty.wait_for("> ••••");
    pty.press("\r");
    let signed = format!("{signed} of 2 signed");
    pty.wait("the signature", |screen| !screen.contents().contains(&title) && screen.contents().contains(&signed));
}

#[test]
fn a_proposal_lives_by_keyboard() {
    let mut pty = treasury(&Home::new());
    pty.press("\r");
    pty.wait("the whole page", |screen| {
        let contents = screen.contents();
        contents.contains("invoice 118") && contents.contains("0 of 2 signed") && !contents.contains("Approvals")
    });
    pty.press("\x1b");
    pty.wait_for("Approvals");
    sign(&mut pty, 5, 1);
    sign_on_device(&mut pty, 5, "Cyd Trezor", 2);
    pty.wait_for("READY");
    pty.press("B");
    pty.wait_for("#5 is not finished yet");
    pty.press("f");
    pty.wait_for("READY, finished");
    pty.press("B");
    pty.wait_for("Broadcast #5");
    read_to(&mut pty, "type yes");
    pty.press("yes\r");
    pty.wait_for("confirmed in block");
    pty.wait("the queue tells the block", |screen| {
        screen.contents().lines().any(|line| line.contains("pay 0.50000000") && line.contains(" block "))
    });
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn what_must_be_refused_says_why_and_is_not_signed() {
    let mut pty = treasury(&Home::new());
    pty.press("jv");
    pty.wait_for("!! ");
    pty.wait_for("(change-wrong-script)");
    assert!(!pty.shows("approve"), "a key that would do nothing is not offered");
    pty.press("a");
    pty.wait_for("#4 must not be signed: change-wrong-script");
    assert!(!pty.shows("passphrase"));
    pty.press("r");
    pty.wait_for("Refuse #4");
    pty.press("not ours\r");
    pty.wait_for("missing: Bea Ledger, Cyd Trezor");
    pty.press("r");
    pty.wait_for("Refuse #4");
    pty.press("\r");
    pty.wait_for("rejected");
    pty.press("1");
    pty.wait_for("approvals 4");
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn a_wrong_passphrase_signs_nothing_and_coins_are_kept() {
    let mut pty = treasury(&Home::new());
    pty.press("a");
    pty.wait_for("Sign #5");
    read_to(&mut pty, "the passphrase of");
    pty.press("demx\r");
    warned(&pty, 1, "#5 is not signed: the passphrase is wrong");
    pty.wait_for("0 of 2 signed");
    pty.press("c");
    pty.wait_for("Coins of Demo vault");
    pty.press("G");
    pty.press("F");
    pty.wait_for("FROZEN");
    pty.press("lrent of May\r");
    pty.wait_for("rent of May");
    pty.press("F");
    pty.wait("thawed", |screen| !screen.contents().contains("FROZEN"));
    pty.press("d");
    pty.wait_for("Receive");
    pty.wait_for("bcrt");
    pty.press("qq");
    pty.ended(0, "");
}

#[test]
fn a_psbt_goes_out_by_file_and_code_and_comes_back() {
    let home = Home::new();
    let mut pty = home.demo();
    pty.press("3");
    pty.wait_for("5 to sign");
    sign(&mut pty, 5, 1);
    pty.press("e");
    pty.wait_for("Export #5");
    pty.press("\r");
    let written = || std::fs::read(home.file("proposal-5.psbt")).unwrap_or_default();
    pty.until("the file", || written().starts_with(b"psbt\xff"));
    pty.wait("the window is closed", |screen| !screen.contents().contains("Export #5"));
    pty.press("e");
    pty.wait_for("Export #5");
    pty.press("\r");
    warned(&pty, 1, "proposal-5.psbt: File exists");
    pty.press("i");
    pty.wait_for("paste a PSBT");
    pty.press("proposal-5.psbt\r");
    warned(&pty, 2, "brings no new signature");
    pty.press("Q");
    pty.wait_for("PSBT of #5, BBQr");
    pty.press("\t");
    pty.wait_for("PSBT of #5, UR");
    pty.press("qq");
    pty.ended(0, "");
}
