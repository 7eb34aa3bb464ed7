//! Commands that are pointed at a simulated device: its screen is printed, and each press is asked for.

use super::desk::{Home, failed, json, owned};
use std::io::Write;
use std::process::Stdio;

const MARK: &str = "[DEMO keys: no real money]";

#[test]
fn a_simulated_device_says_whose_keys_it_has() {
    let home = Home::new();
    let info = json(&home.run(&["device", "info", "--device", "simulated:trezor-one", "--json"]));
    assert_eq!(
        (info["model"].as_str(), info["label"].as_str()),
        (Some("Trezor One"), Some("DEMO keys, no real money"))
    );
    let output = home.run(&["device", "xpub", "m/84h/1h/0h", "--device", "simulated:ledger"]);
    assert!(output.stdout.starts_with(b"tpub"), "{output:?}");
    let output = home.run(&["device", "info", "--device", "simulated:nothing", "--json"]);
    assert_eq!(failed(&output), owned(2, "device-simulated"));
}

#[test]
fn its_buttons_are_pressed_at_the_terminal_or_by_itself() {
    let home = Home::new();
    let show = ["device", "xpub", "m/84h/1h/0h", "--show", "--json", "--device", "simulated:ledger"];
    let output = home.run(&[&show[..], &["--press-yes"]].concat());
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains(MARK) && told.contains("Approve public key"), "{told}");
    assert!(json(&output)["xpub"].as_str().unwrap().starts_with("tpub"));
    // Nobody is there to press anything.
    let output = home.command(&show).stdin(Stdio::null()).output().unwrap();
    assert_eq!(failed(&output).0, 5, "{output:?}");
    let mut child =
        home.command(&show).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"y\ny\ny\ny\ny\ny\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(json(&output)["xpub"].as_str().unwrap().starts_with("tpub"));
    // A real one is answered by its user alone.
    let output = home.run(&["device", "info", "--device", "ledger:tcp:127.0.0.1:1", "--press-yes", "--json"]);
    assert_eq!(failed(&output), owned(2, "press-yes"));
}
