//! The program on a pseudo-terminal of its own, with a terminal emulator that reads along.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Ends a synchronized update: from here on a terminal shows the frame.
const END: &[u8] = b"\x1b[?2026l";

/// What the terminal shows when a frame has come to its end.
pub struct Shown<'a> {
    pub screen: &'a vt100::Screen,
    pub at: Instant,
    /// Frames and bytes so far.
    pub frames: u64,
    pub bytes: u64,
}

/// A running console. It ends when this is dropped.
pub struct Console {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty>,
    reader: Option<JoinHandle<()>>,
}

/// How the console is started.
pub struct Start<'a> {
    pub size: (u16, u16),
    pub arguments: &'a [&'a str],
    pub variables: &'a [(&'a str, &'a str)],
    /// Where it keeps its files.
    pub dir: &'a Path,
}

impl Console {
    /// Starts the program and calls `look` at the end of each frame.
    pub fn start(start: &Start<'_>, mut look: impl FnMut(Shown<'_>) + Send + 'static) -> Self {
        let (cols, rows) = start.size;
        let pair = native_pty_system().openpty(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_exchequer"));
        command.args(start.arguments);
        // Only what is said here, whatever the terminal that this runs on is.
        for variable in ["SSH_TTY", "SSH_CONNECTION", "SSH_CLIENT", "NO_COLOR", "TMUX", "LC_ALL"] {
            command.env_remove(variable);
        }
        let usual = [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "C.UTF-8")];
        for (name, value) in usual.iter().chain(start.variables) {
            command.env(name, value);
        }
        command.env("EXCHEQUER_SYNC", "on");
        command.env("EXCHEQUER_DATA_DIR", start.dir);
        command.env("EXCHEQUER_CONFIG", start.dir.join("config.toml"));
        std::fs::write(start.dir.join("config.toml"), "").unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let reader = std::thread::spawn(move || {
            let mut terminal = vt100::Parser::new(rows, cols, 0);
            let (mut chunk, mut tail) = ([0; 1 << 16], Vec::new());
            let (mut frames, mut bytes) = (0, 0);
            while let Ok(n @ 1..) = reader.read(&mut chunk) {
                let at = Instant::now();
                terminal.process(&chunk[..n]);
                bytes += n as u64;
                // The mark may be cut in two.
                tail.extend_from_slice(&chunk[..n]);
                let ended = tail.windows(END.len()).filter(|window| *window == END).count() as u64;
                let kept = tail.len().saturating_sub(END.len() - 1);
                tail.drain(..if tail.ends_with(END) { tail.len() } else { kept });
                if ended > 0 {
                    frames += ended;
                    look(Shown { screen: terminal.screen(), at, frames, bytes });
                }
            }
        });
        Self { child, keys, _master: pair.master, reader: Some(reader) }
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.process_id().unwrap())).unwrap()
    }

    /// The processor time that it has taken.
    pub fn busy(&self) -> Duration {
        let stat = self.proc("stat");
        // After the name, which may hold anything: user and system time are the 12th and 13th.
        let fields = stat.rsplit(") ").next().unwrap().split(' ').skip(11).take(2);
        // Linux counts them in hundredths of a second on every machine that this runs on.
        fields.map(|ticks| Duration::from_millis(10) * ticks.parse::<u32>().unwrap()).sum()
    }

    /// Its memory, in kB.
    pub fn memory(&self) -> Memory {
        memory(self.child.process_id().unwrap())
    }

    /// Leaves it with the key for that, and waits until it has ended and its last frame was looked at.
    pub fn quit(mut self) {
        self.keys.write_all(b"q").unwrap();
        let patience = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < patience, "the console does not leave");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.reader.take().unwrap().join().unwrap();
    }
}

/// A process's memory, in kB.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory {
    pub now: u64,
    /// The most at one time.
    pub peak: u64,
}

pub fn memory(process: u32) -> Memory {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    let kilobytes = |name| line(name).split_whitespace().next().unwrap().parse().unwrap();
    Memory { now: kilobytes("VmRSS:"), peak: kilobytes("VmHWM:") }
}

impl Drop for Console {
    fn drop(&mut self) {
        // It has mostly ended already.
        let _ = self.child.kill();
    }
}
