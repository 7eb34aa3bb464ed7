//! A terminal around a program: what it sends is kept and shown, what it needs is typed.

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead as _, Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Far longer than anything here takes; only a test that fails waits so long.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A pseudo-terminal and the program on it, which is killed when this is dropped.
pub struct Pty {
    master: Box<dyn MasterPty>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    terminal: Arc<Mutex<vt100::Parser>>,
    bytes: Arc<Mutex<Vec<u8>>>,
    found: String,
}

impl Pty {
    /// Starts a program on a terminal of so many columns and rows.
    pub fn start(command: CommandBuilder, (cols, rows): (u16, u16)) -> Self {
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let found = settings(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let terminal = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));
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

    /// What the terminal shows.
    pub fn terminal(&self) -> MutexGuard<'_, vt100::Parser> {
        self.terminal.lock().unwrap()
    }

    /// Waits until the terminal shows what is looked for.
    pub fn wait(&self, what: &str, there: impl Fn(&vt100::Screen) -> bool) {
        self.until(what, || there(self.terminal().screen()));
    }

    /// Waits until the terminal shows this text.
    pub fn wait_for(&self, text: &str) {
        self.wait(text, |screen| screen.contents().contains(text));
    }

    /// Waits for anything else.
    pub fn until(&self, what: &str, mut there: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !there() {
            let contents = self.terminal().screen().contents();
            assert!(Instant::now() < end, "{what} did not come; the screen:\n{contents}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Gives the terminal another size. What was on the screen is lost, as at the worst of terminals.
    pub fn resize(&self, cols: u16, rows: u16) {
        let mut resized = vt100::Parser::new(rows, cols, 0);
        resized.process(b"\x1b[?1049h\x1b[?25l");
        *self.terminal() = resized;
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    /// The program's process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends the program a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(i32::try_from(self.pid()).unwrap()).unwrap(), signal).unwrap();
    }

    /// Whether the terminal shows this text now.
    pub fn shows(&self, text: &str) -> bool {
        self.terminal().screen().contents().contains(text)
    }

    /// All bytes that the program has sent.
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap().clone()
    }

    /// Whether the program has sent these bytes.
    pub fn sent(&self, bytes: &[u8]) -> bool {
        self.bytes().windows(bytes.len()).any(|window| window == bytes)
    }

    /// Everything is as it was found.
    pub fn assert_restored(&self) {
        self.wait("the screen from before", |screen| !screen.alternate_screen());
        let terminal = self.terminal();
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

    /// Waits for the end of the program.
    pub fn over(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            let contents = self.terminal().screen().contents();
            assert!(Instant::now() < end, "the program did not end; the screen:\n{contents}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end, and checks how it came and what is left.
    pub fn ended(mut self, code: u32, says: &str) {
        let status = self.over();
        self.wait_for(says);
        self.assert_restored();
        assert_eq!(status.exit_code(), code);
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // It has ended already, unless the test failed.
        let _ = self.child.kill();
    }
}

fn settings(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios())
}

/// Runs an ignored test of this file that holds a program on a terminal and prints `holds` and its process; kills that
/// test, so that the terminal vanishes, and waits for the end of the program.
pub fn vanish(holder: &str, variables: &[&str]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", holder, "--ignored", "--nocapture"]).stdout(Stdio::piped());
    command.envs(variables.iter().map(|variable| (variable, "1")));
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

/// Whether a process is stopped.
pub fn stopped(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
}

/// The last line of a window's page, by its border: `17 of 32  esc closes`. Prices may add lines, but turn no page.
fn page(screen: &vt100::Screen) -> Option<String> {
    let contents = screen.contents();
    let foot = contents.lines().find(|line| line.contains("esc closes"))?;
    foot.split_whitespace().rev().nth(5).map(str::to_owned)
}

/// Turns the pages of a window until it asks for something.
pub fn read_to(pty: &mut Pty, question: &str) {
    for _ in 0..20 {
        // What the chain answers adds lines to read.
        pty.wait("the answer", |screen| !screen.contents().contains("is being asked for"));
        if pty.shows(question) {
            return;
        }
        let before = page(pty.terminal().screen());
        pty.press("\r");
        pty.wait("another page", |screen| page(screen) != before || screen.contents().contains(question));
    }
    panic!("{question} is never asked:\n{}", pty.terminal().screen().contents());
}

/// Goes down the page, line by line, until this is on the screen.
pub fn scroll_to(pty: &mut Pty, sign: &str) {
    for _ in 0..80 {
        if pty.shows(sign) {
            return;
        }
        let before = pty.terminal().screen().contents();
        pty.press("j");
        pty.wait("the next line", |screen| screen.contents() != before);
    }
    panic!("{sign} is not on the page:\n{}", pty.terminal().screen().contents());
}
