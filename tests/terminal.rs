//! The terminal is taken and given back, on real pseudo-terminals.
//!
//! Each test runs this same file again as a program on a pseudo-terminal: the ignored test `program`, a console of a few
//! lines, does what the keys `q`, `e`, `p` and `t` ask for.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use exchequer::console::chord::{Chord, Key};
use exchequer::console::colour::ColourDepth;
use exchequer::console::input::{Input, listen};
use exchequer::console::probe::{QUESTION, SyncChoice};
use exchequer::console::screen::{Screen, TerminalGone};
use exchequer::console::signals::{Notice, Signals};
use exchequer::console::terminal::{Terminal, Tty};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use ratatui::style::Style;
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Far longer than anything here takes; only a test that fails waits so long.
const PATIENCE: Duration = Duration::from_secs(60);

// ---- the program under test

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn console(deaf: bool) -> Result<i32, TerminalGone> {
    let mut signals = if deaf { None } else { Some(Signals::listen().unwrap()) };
    let mut terminal = Terminal::enter(true).unwrap();
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
    let mut pty = Pty::ready();
    // What reads keys must be at work already: it is what would spin.
    pty.press("x");
    pty.wait("the key", |screen| screen.contents().contains("Char('x')"));
    println!("holds {}", pty.child.process_id().unwrap());
    std::thread::sleep(PATIENCE);
}

// ---- the terminal around it

struct Pty {
    master: Box<dyn MasterPty>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    terminal: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<Mutex<Vec<u8>>>,
    found: String,
}

impl Pty {
    /// Starts the program, which also inherits this process's variables, with SIGHUP ignored.
    fn start(variables: &[&str]) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
        let found = settings(&*pair.master);
        let mut command = CommandBuilder::new("sh");
        let program = std::env::current_exe().unwrap();
        command.args([
            "-c",
            "trap '' HUP; exec \"$0\" --exact program --ignored --nocapture",
            program.to_str().unwrap(),
        ]);
        for variable in variables {
            command.env(variable, "1");
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let terminal = Arc::new(Mutex::new(vt100::Parser::new(24, 80, 0)));
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (screen, all) = (Arc::clone(&terminal), Arc::clone(&bytes));
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                all.lock().unwrap().extend_from_slice(&chunk[..n]);
                screen.lock().unwrap().process(&chunk[..n]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Self { master: pair.master, child, keys, terminal, bytes, found }
    }

    /// Starts the program and waits until it reads keys.
    fn ready() -> Self {
        let pty = Self::start(&[]);
        pty.wait("the first frames", |screen| screen.alternate_screen() && screen.contents().contains("sync Silence"));
        pty
    }

    fn wait(&self, what: &str, there: impl Fn(&vt100::Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !there(self.terminal.lock().unwrap().screen()) {
            let contents = self.terminal.lock().unwrap().screen().contents();
            assert!(Instant::now() < end, "{what} did not come; the screen:\n{contents}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    fn shows(&self, text: &str) -> bool {
        self.terminal.lock().unwrap().screen().contents().contains(text)
    }

    fn sent(&self, bytes: &[u8]) -> bool {
        self.bytes.lock().unwrap().windows(bytes.len()).any(|window| window == bytes)
    }

    /// Everything is as it was found.
    fn assert_restored(&self) {
        self.wait("the screen from before", |screen| !screen.alternate_screen());
        let terminal = self.terminal.lock().unwrap();
        let screen = terminal.screen();
        assert!(!screen.hide_cursor());
        assert!(!screen.bracketed_paste());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        drop(terminal);
        for end in [&b"\x1b[?2026l"[..], b"\x1b[?1004l", b"\x1b[?7h", b"\x1b[?25h"] {
            assert!(self.sent(end));
        }
        assert_eq!(settings(&*self.master), self.found, "the terminal's settings");
    }

    /// Waits for the end, and checks how it came and what is left.
    fn ended(mut self, code: u32, says: &str) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < end, "the program did not end");
            std::thread::sleep(Duration::from_millis(5));
        };
        self.wait(says, |screen| screen.contents().contains(says));
        self.assert_restored();
        assert_eq!(status.exit_code(), code);
    }
}

fn settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

// ---- what is promised

#[test]
fn the_console_has_the_terminal_and_gives_it_back_on_quit() {
    let mut pty = Pty::ready();
    {
        let terminal = pty.terminal.lock().unwrap();
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
    let mut pty = Pty::ready();
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
        let pty = Pty::ready();
        pty.signal(signal);
        pty.ended(10, says);
    }
}

#[test]
fn a_panic_gives_it_back_and_is_told_below() {
    let mut pty = Pty::ready();
    pty.press("p");
    pty.ended(101, "exchequer ends because of a bug in it: panicked at tests/terminal.rs");
}

#[test]
fn a_panic_in_another_thread_ends_the_console() {
    let mut pty = Pty::ready();
    pty.press("t");
    // Either the next frame or the notice comes first.
    pty.wait("the message", |screen| screen.contents().contains("because of a bug"));
    let end = Instant::now() + PATIENCE;
    while pty.child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < end, "the program did not end");
        std::thread::sleep(Duration::from_millis(5));
    }
    pty.assert_restored();
    assert!(!pty.shows("ready"), "nothing is drawn over the shell's screen");
}

#[cfg(target_os = "linux")]
#[test]
fn it_goes_to_the_background_and_comes_back() {
    let state = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit(") ").next().and_then(|rest| rest.chars().next())
    };
    let mut pty = Pty::ready();
    let pid = pty.child.process_id().unwrap();
    for _ in 0..3 {
        pty.signal(Signal::TSTP);
        let end = Instant::now() + PATIENCE;
        while state(pid) != Some('T') {
            assert!(Instant::now() < end, "the program did not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
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
    let mut pty = Pty::ready();
    for (rows, cols) in [(1, 1), (70, 250), (10, 30), (24, 80)] {
        let mut resized = vt100::Parser::new(rows, cols, 0);
        resized.process(b"\x1b[?1049h");
        *pty.terminal.lock().unwrap() = resized;
        pty.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let shown: String = "ready".chars().take(cols.into()).collect();
        pty.wait("the frame", |screen| screen.contents().contains(&shown));
    }
    pty.press("q");
    pty.ended(0, "");
}

#[test]
fn the_terminal_is_asked_and_what_is_typed_meanwhile_is_kept() {
    let mut pty = Pty::start(&["PATIENT"]);
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

/// The console ends when its terminal vanishes; SIGHUP is ignored by its parent, and with `deaf` by itself.
#[cfg(target_os = "linux")]
fn vanish(deaf: bool) {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "holder", "--ignored", "--nocapture"]).stdout(std::process::Stdio::piped());
    if deaf {
        command.env("DEAF", "1");
    }
    let mut holder = command.spawn().unwrap();
    let lines = std::io::BufReader::new(holder.stdout.take().unwrap()).lines();
    let pid =
        lines.map_while(Result::ok).find_map(|line| line.split_once("holds ").map(|(_, pid)| pid.to_owned())).unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();
    let end = Instant::now() + PATIENCE;
    let gone = || match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Ok(stat) => stat.contains(") Z "),
        Err(_) => true,
    };
    while !gone() {
        assert!(Instant::now() < end, "the program outlives its terminal");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn it_ends_when_the_terminal_vanishes() {
    vanish(false);
}

#[cfg(target_os = "linux")]
#[test]
fn it_ends_when_the_terminal_vanishes_and_no_signal_tells() {
    vanish(true);
}
