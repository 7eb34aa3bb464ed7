//! The terminal is taken and given back, on real pseudo-terminals.
//!
//! Each test runs this same file again as a program on a pseudo-terminal: the ignored test `program`, a console of a few
//! lines, does what the keys `q`, `e`, `p`, `t`, `c` and `s` ask for.

use crate::pty::{PATIENCE, Pty, stopped, vanish};
use exchequer::console::chord::{Chord, Key};
use exchequer::console::colour::ColourDepth;
use exchequer::console::input::{Input, listen};
use exchequer::console::probe::{QUESTION, SyncChoice};
use exchequer::console::screen::{Screen, TerminalGone};
use exchequer::console::signals::{Notice, Signals};
use exchequer::console::terminal::{Terminal, Tty};
use portable_pty::CommandBuilder;
use ratatui::style::Style;
use rustix::process::Signal;
use std::cell::Cell;
use std::time::Duration;

thread_local! {
    static CONTAINING: Cell<bool> = const { Cell::new(false) };
}

// ---- the program under test

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn console(deaf: bool) -> Result<i32, TerminalGone> {
    let mut signals = if deaf { None } else { Some(Signals::listen().unwrap()) };
    let mut terminal = Terminal::enter(true, || CONTAINING.get()).unwrap();
    let mut screen = Screen::new(Tty, terminal.size(), ColourDepth::True);
    screen.send(QUESTION)?;
    let patience = if std::env::var_os("PATIENT").is_some() { PATIENCE } else { Duration::from_millis(50) };
    let (_listener, mut inputs) = listen(Some(patience)).unwrap();
    let mut seen = vec!["ready".to_owned()];
    loop {
        screen.draw(|buffer| {
            for (y, line) in (0..buffer.area.height).zip(&seen) {
                buffer.set_string(0, y, line, Style::new());
            }
            None
        })?;
        let notice = async {
            match &mut signals {
                Some(signals) => signals.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            input = inputs.recv() => match input {
                None | Some(Input::Gone) => return Ok(12),
                Some(Input::Key(Chord { key: Key::Char('q'), .. })) => return Ok(0),
                Some(Input::Key(Chord { key: Key::Char('e'), .. })) => return Err(TerminalGone(std::io::Error::other("e"))),
                Some(Input::Key(Chord { key: Key::Char('p'), .. })) => panic!("asked to"),
                Some(Input::Key(Chord { key: Key::Char('t'), .. })) => {
                    std::thread::spawn(|| panic!("asked to")).join().unwrap_err();
                }
                Some(Input::Key(Chord { key: Key::Char('c'), .. })) => {
                    CONTAINING.set(true);
                    std::panic::catch_unwind(|| panic!("asked to")).unwrap_err();
                    CONTAINING.set(false);
                    seen.push("contained".into());
                }
                Some(Input::Key(Chord { key: Key::Char('s'), .. })) => {
                    let thread = std::thread::Builder::new().name("sled-io-7".into());
                    thread.spawn(|| panic!("asked to")).unwrap().join().unwrap_err();
                    seen.push("the cache's".into());
                }
                Some(Input::Key(Chord { key: Key::Char('m'), .. })) => {
                    let bytes = terminal.set_mouse(!terminal.mouse());
                    screen.send(bytes)?;
                }
                Some(Input::Synchronized(answer)) => {
                    screen.set_synchronized(SyncChoice::Auto.decide(answer));
                    seen.push(format!("sync {answer:?}"));
                }
                Some(other) => seen.push(format!("{other:?}")),
            },
            notice = notice => match notice {
                Notice::Exit(cause) => {
                    drop(terminal);
                    println!("left: {cause}");
                    return Ok(10);
                }
                Notice::Suspend => {
                    if let Some(signals) = &mut signals {
                        signals.suspend(&terminal).await.unwrap();
                    }
                    seen.push("back".into());
                    screen.repaint();
                }
                Notice::Resumed => screen.repaint(),
                Notice::Resize => screen.resize(terminal.size()),
            },
        }
    }
}

#[test]
#[ignore = "is run by the other tests, each on a terminal of its own"]
fn program() {
    let code = match console(std::env::var_os("DEAF").is_some()) {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error}");
            11
        }
    };
    std::process::exit(code);
}

/// Runs the program on a terminal that vanishes when this process is killed.
#[test]
#[ignore = "is run by the tests of a terminal that vanishes"]
fn holder() {
    let mut pty = ready();
    // What reads keys must be at work already: it is what would spin.
    pty.press("x");
    pty.wait("the key", |screen| screen.contents().contains("Char('x')"));
    println!("holds {}", pty.pid());
    std::thread::sleep(PATIENCE);
}

// ---- on a terminal

/// Starts the program, which also inherits this process's variables, with SIGHUP ignored.
fn start(variables: &[&str]) -> Pty {
    let mut command = CommandBuilder::new("sh");
    let program = std::env::current_exe().unwrap();
    command.args([
        "-c",
        "trap '' HUP; exec \"$0\" --exact terminal::program --ignored --nocapture",
        program.to_str().unwrap(),
    ]);
    for variable in variables {
        command.env(variable, "1");
    }
    Pty::start(command, (80, 24))
}

/// Starts the program and waits until it reads keys.
fn ready() -> Pty {
    let pty = start(&[]);
    pty.wait("the first frames", |screen| screen.alternate_screen() && screen.contents().contains("sync Silence"));
    pty
}

// ---- what is promised

#[test]
fn the_console_has_the_terminal_and_gives_it_back_on_quit() {
    let mut pty = ready();
    {
        let terminal = pty.terminal();
        assert!(terminal.screen().hide_cursor() && terminal.screen().bracketed_paste());
        assert_eq!(terminal.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::PressRelease);
    }
    for mode in [vt100::MouseProtocolMode::None, vt100::MouseProtocolMode::PressRelease] {
        pty.press("m");
        pty.wait("the mouse", |screen| screen.mouse_protocol_mode() == mode);
    }
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn an_error_gives_it_back() {
    let mut pty = ready();
    pty.press("e");
    pty.ended(11, "error: the terminal is gone: e");
}

#[test]
fn signals_give_it_back() {
    for (signal, says) in [
        (Signal::TERM, "left: terminated (SIGTERM)"),
        (Signal::HUP, "left: hung up (SIGHUP)"),
        (Signal::INT, "left: interrupted (SIGINT)"),
        (Signal::QUIT, "left: quit (SIGQUIT)"),
    ] {
        let pty = ready();
        pty.signal(signal);
        pty.ended(10, says);
    }
}

#[test]
fn a_panic_gives_it_back_and_is_told_below() {
    let mut pty = ready();
    pty.press("p");
    pty.ended(101, "exchequer ends because of a bug in it: panicked at");
}

#[test]
fn a_panic_in_another_thread_ends_the_console() {
    let mut pty = ready();
    pty.press("t");
    // Either the next frame or the notice comes first.
    pty.wait("the message", |screen| screen.contents().contains("because of a bug"));
    pty.over();
    pty.assert_restored();
    assert!(!pty.shows("ready"), "nothing is drawn over the shell's screen");
}

#[test]
fn panics_that_are_contained_are_no_reason_to_leave() {
    let mut pty = ready();
    for (key, says) in [("c", "contained"), ("s", "the cache's")] {
        pty.press(key);
        pty.wait_for(says);
    }
    assert!(!pty.sent(b"asked to") && pty.terminal().screen().alternate_screen());
    // The next one is not.
    pty.press("p");
    pty.ended(101, "exchequer ends because of a bug in it");
}

#[test]
fn it_goes_to_the_background_and_comes_back() {
    let mut pty = ready();
    for _ in 0..3 {
        pty.signal(Signal::TSTP);
        pty.until("the stop", || stopped(pty.pid()));
        pty.assert_restored();
        pty.signal(Signal::CONT);
        pty.wait("the frame again", |screen| screen.alternate_screen() && screen.contents().contains("back"));
        assert!(pty.shows("ready"), "all of it is painted");
    }
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn another_size_is_drawn_at_once() {
    let mut pty = ready();
    for (rows, cols) in [(1, 1), (70, 250), (10, 30), (24, 80)] {
        pty.resize(cols, rows);
        let shown: String = "ready".chars().take(cols.into()).collect();
        pty.wait("the frame", |screen| screen.contents().contains(&shown));
    }
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn a_key_after_another_size_does_not_wait_for_the_next() {
    let mut pty = ready();
    for (nth, key) in ('A'..='F').enumerate() {
        pty.resize(81 + u16::try_from(nth).unwrap(), 24);
        pty.wait_for("ready");
        pty.press(&key.to_string());
        pty.wait_for(&format!("Char('{key}')"));
    }
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn the_terminal_is_asked_and_what_is_typed_meanwhile_is_kept() {
    let mut pty = start(&["PATIENT"]);
    pty.wait("the first frame", |screen| screen.contents().contains("ready"));
    assert!(pty.sent(QUESTION));
    pty.press("x\x1b[?2026;0$y\x1b[?62;22c");
    pty.wait("the answer", |screen| screen.contents().contains("sync Unknown"));
    pty.wait("the key", |screen| screen.contents().contains("Key(Chord { key: Char('x')"));
    pty.press("\x1b[I\x1b[200~two\nlines\x1b[201~");
    pty.wait("the focus", |screen| screen.contents().contains("Focus(true)"));
    pty.wait("the paste", |screen| screen.contents().contains("Paste(\"two lines\")"));
    pty.press("\x1b[<0;5;6M");
    pty.wait("the click", |screen| screen.contents().contains("Click, at: Position { x: 4, y: 5 }"));
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn it_ends_when_the_terminal_vanishes() {
    vanish("terminal::holder", &[]);
}

#[test]
fn it_ends_when_the_terminal_vanishes_and_no_signal_tells() {
    vanish("terminal::holder", &["DEAF"]);
}
