//! What the system tells the console besides keys: end, stop, go on, another size.
//!
//! Ends are not acted on here but handed to the run loop, so that there is one way out. A terminal that vanished is
//! noticed within a second even if no signal tells and the thread that reads keys hangs.

use super::terminal::{PANICKED, Terminal, TerminalError, is_there};
use rustix::process::{Signal as Posix, getpid, getsid, kill_current_process_group};
use std::fmt;
use std::io;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// What the run loop is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Leave the console.
    Exit(Cause),
    /// Go to the background: call [`Signals::suspend`].
    Suspend,
    /// The program was stopped and goes on: take the terminal again and repaint.
    Resumed,
    /// The terminal may have another size.
    Resize,
}

/// Why the console has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// SIGTERM.
    Terminated,
    /// SIGHUP.
    HungUp,
    /// SIGINT.
    Interrupted,
    /// SIGQUIT.
    Quit,
    /// A thread panicked.
    Panicked,
    /// The terminal is not there any more.
    TerminalGone,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Terminated => "terminated (SIGTERM)",
            Self::HungUp => "hung up (SIGHUP)",
            Self::Interrupted => "interrupted (SIGINT)",
            Self::Quit => "quit (SIGQUIT)",
            Self::Panicked => "a thread panicked",
            Self::TerminalGone => "the terminal is gone",
        })
    }
}

/// The signals that the console hears.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
    quit: Signal,
    stop: Signal,
    resume: Signal,
    resize: Signal,
    watch: Interval,
}

impl Signals {
    /// Listens from now on. Must be called within a runtime.
    pub fn listen() -> io::Result<Self> {
        let mut watch = interval(Duration::from_secs(1));
        watch.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(SignalKind::from_raw(Posix::TSTP.as_raw()))?,
            resume: signal(SignalKind::from_raw(Posix::CONT.as_raw()))?,
            resize: signal(SignalKind::window_change())?,
            watch,
        })
    }

    /// The next notice. Can be dropped at any await without losing one.
    pub async fn next(&mut self) -> Notice {
        loop {
            return tokio::select! {
                () = PANICKED.notified() => Notice::Exit(Cause::Panicked),
                _ = self.terminate.recv() => Notice::Exit(Cause::Terminated),
                _ = self.hang_up.recv() => Notice::Exit(Cause::HungUp),
                _ = self.interrupt.recv() => Notice::Exit(Cause::Interrupted),
                _ = self.quit.recv() => Notice::Exit(Cause::Quit),
                _ = self.stop.recv() => Notice::Suspend,
                _ = self.resume.recv() => Notice::Resumed,
                _ = self.resize.recv() => Notice::Resize,
                _ = self.watch.tick() => {
                    if is_there() {
                        continue;
                    }
                    Notice::Exit(Cause::TerminalGone)
                }
            };
        }
    }

    /// Gives the terminal back, stops the program with its process group, and takes the terminal again when it goes on.
    /// The screen is to be repainted then.
    pub async fn suspend(&mut self, terminal: &Terminal) -> Result<(), TerminalError> {
        terminal.leave();
        if kill_current_process_group(Posix::STOP).is_ok() {
            // The stop may reach this thread last: only the signal to go on says that it is over.
            self.resume.recv().await;
        }
        terminal.take()
    }
}

/// Whether a shell could bring the program back from the background: whoever leads its session has none above it.
pub fn can_suspend() -> bool {
    getsid(None).is_ok_and(|leader| leader != getpid())
}
