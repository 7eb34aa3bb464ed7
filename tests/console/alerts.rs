//! Alerts at a real terminal: typed as a command, told by bell and notification, listed, and remembered.

use crate::program::Home;

#[test]
fn an_alert_rings_is_listed_and_is_not_told_again_at_the_next_start() {
    let home = Home::new().configured("[alerts]\nterminal = [\"bell\", \"osc9\", \"osc777\"]\n");
    let mut pty = home.demo();
    assert!(!pty.sent(b"\x1b]9;"));
    pty.press(":alert BTC/USD last > 1 once note \"up\"\r");
    pty.wait_for("ALERT up: BTC/USD sim last ");
    pty.until("the notifications", || {
        pty.sent(b"\x07\x1b]9;Exchequer: up: BTC/USD sim last ") && pty.sent(b"\x1b]777;notify;Exchequer;up: BTC/USD")
    });
    pty.press("A");
    pty.wait_for("FIRED");
    assert!(pty.shows("BTC/USD@sim last > 1 once note \"up\""));
    pty.press("\r");
    pty.wait("that it was seen", |screen| !screen.contents().contains("FIRED") && screen.contents().contains("seen"));
    pty.press("qq");
    pty.ended(0, "");

    let mut pty = home.demo();
    pty.press("A");
    pty.wait_for("done");
    assert!(!pty.shows("ALERT") && !pty.sent(b"\x1b]9;"));
    pty.press("x");
    pty.wait("that the rule is gone", |screen| !screen.contents().contains("done"));
    assert!(pty.shows("seen"), "what fired stays");
    pty.press("qq");
    pty.ended(0, "");
}
