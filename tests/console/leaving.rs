//! Every way out of the program, and every way in that is refused.

use crate::program::{EXCHEQUER, FULL, Home};
use crate::pty::{PATIENCE, Pty, stopped, vanish};
use rustix::process::Signal;
use std::process::{Command, Stdio};

/// Where a script is sent that meets the console.
const WAY_OUT: &str = "exchequer book SYMBOL --venue VENUE --json";

#[test]
fn leaving_gives_the_terminal_back() {
    for key in ["q", "\x03"] {
        let mut pty = Home::new().demo();
        {
            let terminal = pty.terminal();
            let screen = terminal.screen();
            assert!(screen.alternate_screen() && screen.hide_cursor() && screen.bracketed_paste());
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease);
        }
        assert!(pty.sent(b"\x1b[?1004h"));
        pty.press(key);
        pty.ended(0, "");
    }
}

#[test]
fn signals_give_the_terminal_back() {
    let home = Home::new();
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let pty = home.demo();
        pty.signal(signal);
        pty.ended(0, "");
    }
    let told = journal(&home, "show");
    for cause in ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"] {
        assert!(told.contains(cause), "{told}");
    }
}

/// What a command about the journal says; it must succeed.
fn journal(home: &Home, command: &str) -> String {
    let data = home.file("data");
    let output = Command::new(EXCHEQUER)
        .args(["--data-dir", data.to_str().unwrap(), "journal", command, "--json"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn after_a_kill_the_next_start_is_as_good_as_new() {
    let home = Home::new();
    let mut pty = home.demo();
    pty.signal(Signal::KILL);
    pty.over();
    let mut pty = home.demo();
    assert!(!pty.shows("!"), "nothing is wrong");
    pty.press("q");
    pty.ended(0, "");
    journal(&home, "verify");
}

#[test]
fn a_second_one_says_that_the_first_has_the_journal() {
    let home = Home::new();
    let mut first = home.demo();
    let mut second = home.demo();
    second.wait_for("another exchequer writes the journal");
    second.press("\x1b");
    second.wait_for("journal read-only");
    second.press("q");
    second.ended(0, "");
    first.press("q");
    first.ended(0, "");
    journal(&home, "verify");
}

#[test]
fn a_shell_suspends_it_and_brings_it_back() {
    let home = Home::new();
    let mut shell = Pty::start(home.command("bash", &["--norc", "--noprofile", "-i"]), FULL);
    shell.press(&format!("stty -g > before; {EXCHEQUER} --data-dir data\r"));
    let there = |screen: &vt100::Screen| {
        screen.alternate_screen() && screen.contents().contains("spread") && screen.hide_cursor()
    };
    for times in 1..=2 {
        shell.wait("the console", there);
        shell.press("\x1a");
        shell.wait("the shell", |screen| !screen.alternate_screen() && screen.contents().contains("Stopped"));
        shell.press(&format!("clear; stty -g > stopped; echo stopped-$((times+{times}))\r"));
        shell.wait_for(&format!("stopped-{times}"));
        shell.press("fg\r");
    }
    shell.wait("the console", there);
    shell.press("q");
    // What is typed before the prompt is there may be thrown away with the terminal's late answers.
    shell.wait("the prompt", |screen| !screen.alternate_screen() && screen.contents().trim_end().ends_with(['#', '$']));
    shell.press("echo code-$?; stty -g > after; echo all-$((6*7))\r");
    shell.wait_for("code-0");
    shell.wait_for("all-42");
    let settings = |name| std::fs::read_to_string(home.file(name)).unwrap();
    assert_eq!(settings("stopped"), settings("before"));
    assert_eq!(settings("after"), settings("before"));
    shell.press("exit\r");
    shell.over();
}

#[test]
fn where_no_shell_waits_it_does_not_stop() {
    let mut pty = Home::new().demo();
    pty.press("\x1a");
    pty.wait_for("no shell waits in the background");
    assert!(!stopped(pty.pid()));
    pty.press("q");
    pty.ended(0, "");
}

/// Runs the program on a terminal that vanishes when this process is killed.
#[test]
#[ignore = "is run by the tests of a terminal that vanishes"]
fn holder() {
    let home = Home::new();
    let pty = if std::env::var_os("DEAF").is_some() {
        // In a session of its own, no signal tells it that the terminal is gone.
        let script = r#"setsid sh -c 'echo "pid $$ is it"; exec "$0" --data-dir data' "$0"; :"#;
        Pty::start(home.command("sh", &["-c", script, EXCHEQUER]), FULL)
    } else {
        home.start(&[], FULL)
    };
    pty.wait("a live book", |screen| screen.contents().contains("spread"));
    let sent = String::from_utf8_lossy(&pty.bytes()).into_owned();
    let other = sent.split_once("pid ").and_then(|(_, rest)| rest.split_once(" is it")).map(|(pid, _)| pid.to_owned());
    println!("holds {}", other.unwrap_or(pty.pid().to_string()));
    std::thread::sleep(PATIENCE);
}

#[test]
fn it_ends_when_the_terminal_vanishes() {
    vanish("leaving::holder", &[]);
}

#[test]
fn it_ends_when_the_terminal_vanishes_and_no_signal_tells() {
    vanish("leaving::holder", &["DEAF"]);
}

#[test]
fn a_terminal_that_can_show_no_screen_is_refused() {
    let mut pty = Home::new().with("TERM", "dumb").start(&[], FULL);
    let status = pty.over();
    pty.wait("the way out", |screen| screen.contents().replace('\n', "").contains(WAY_OUT));
    assert_eq!(status.exit_code(), 2);
    assert!(!pty.sent(b"\x1b"), "it would not understand a control sequence");
}

#[test]
fn pipes_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(EXCHEQUER)
        .env_clear()
        .env("HOME", home.path())
        .env("TERM", "xterm")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(WAY_OUT) && output.stdout.is_empty(), "{said}");
}
