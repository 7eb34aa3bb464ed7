//! Signing on the demo's simulated devices by keyboard, at 80x24: the device is found by its seat, shows what the console
//! shows, and nothing of it is in the log.

use crate::program::Home;
use crate::pty::{Pty, read_to};
use crate::treasury::treasury;
use std::fs;
use std::path::Path;

/// What the simulated device that waits shows: everything below the line with its mark.
fn shown(screen: &vt100::Screen) -> Option<String> {
    let contents = screen.contents();
    let (_, below) = contents.split_once("simulated ")?;
    (below.contains("y turns the page") || below.contains("y approves")).then(|| below.to_owned())
}

/// Begins to ask the device of a seat, after all of the review was read.
pub fn ask(pty: &mut Pty, number: u64, whose: &str) {
    pty.press("D");
    pty.wait_for(&format!("Sign #{number} on the device of"));
    for _ in 0..2 {
        if !pty.shows(whose) {
            pty.press("\t");
            pty.wait_for(whose);
        }
    }
    read_to(pty, "enter asks the device");
    pty.press("\r");
    pty.wait_for(&format!("Sign #{number} on a device"));
}

/// Presses yes on every page that the device shows, until the console shows something; gives the pages.
pub fn approve(pty: &mut Pty, until: &str) -> Vec<String> {
    let mut pages: Vec<String> = Vec::new();
    loop {
        let before = pages.last().cloned();
        pty.wait("the next page", |screen| {
            screen.contents().contains(until) || shown(screen).is_some_and(|page| Some(page) != before)
        });
        if pty.shows(until) {
            return pages;
        }
        pages.extend(shown(pty.terminal().screen()));
        pty.press("y");
    }
}

/// Signs the chosen proposal on the device of this seat; then so many have.
pub fn sign_on_device(pty: &mut Pty, number: u64, whose: &str, signed: usize) {
    ask(pty, number, whose);
    pty.wait("what the device does", |screen| shown(screen).is_some() || screen.contents().contains("does not know"));
    if pty.shows("does not know this wallet") {
        read_to(pty, "enter lets the device show this");
        pty.press("\r");
    }
    let pages = approve(pty, "signed on the device of");
    assert!(pages.iter().all(|page| page.contains("DEMO keys: no real money")), "{pages:?}");
    pty.press("\r");
    let signed = format!("{signed} of 2 signed");
    pty.wait("the signature", |screen| {
        !screen.contents().contains("on a device") && screen.contents().contains(&signed)
    });
}

/// All logs below a folder.
fn logs(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            text.push_str(&logs(&entry));
        } else if entry.extension().is_some_and(|kind| kind == "log") {
            text.push_str(&fs::read_to_string(&entry).unwrap());
        }
    }
    text
}

#[test]
fn two_devices_sign_what_they_show_and_the_log_holds_nothing_of_it() {
    let home = Home::new().with("EXCHEQUER_LOG", "trace");
    let mut pty = treasury(&home);
    sign_on_device(&mut pty, 5, "Bea Ledger", 1);
    sign_on_device(&mut pty, 5, "Cyd Trezor", 2);
    pty.wait_for("READY");
    pty.press("q");
    pty.ended(0, "");
    let log = logs(&home.file(""));
    assert!(log.contains("signed on the device of"), "{log}");
    for secret in
        ["tpub", "xpub", "bcrt1", "tb1q", "cHNidP", "70736274", "sortedmulti", "[225, ", "e1040001", "3044022"]
    {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}

#[test]
fn a_device_that_waits_holds_up_nothing_and_is_left_with_esc() {
    let mut pty = treasury(&Home::new());
    ask(&mut pty, 5, "Bea Ledger");
    pty.wait_for("does not know this wallet");
    read_to(&mut pty, "enter lets the device show this");
    pty.press("\r");
    pty.wait("the device's page", |screen| shown(screen).is_some_and(|page| page.contains("Review account")));
    pty.wait_for("waiting for you at the device, 1s");
    pty.wait_for("waiting for you at the device, 2s");
    pty.press("n");
    pty.wait_for("Not signed: refused on the device");
    pty.press("\r");
    pty.wait_for("does not know this wallet");
    pty.press("\x1b");
    pty.wait("the queue", |screen| screen.contents().contains("Approvals"));
    pty.press("v");
    pty.wait_for("#5 ─");
    pty.press("\x1b[F");
    pty.wait_for("waits for its device");
    pty.press("q");
    pty.ended(0, "");
}
