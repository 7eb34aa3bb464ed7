//! The terminal as it was found, and as it is left again, whatever happens.
//!
//! From [`Terminal::enter`] until it is dropped, the terminal is raw and shows another screen. It is restored on every way
//! out: a quit, an error, a signal, a panic in any thread. Restoring twice does nothing, so every way may try. A panic that
//! someone contains is no way out: it goes to the log, and the console stays.

use ratatui::layout::Size;
use rustix::event::{PollFd, PollFlags};
use rustix::stdio::{stdin, stdout};
use rustix::termios::{self, OptionalActions, QueueSelector, Termios};
use std::io::{self, Write};
use std::sync::{Mutex, Once, PoisonError};
use tokio::sync::Notify;

/// The other screen, no cursor, no autowrap, reports of focus, pastes in brackets.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[?1004h\x1b[?2004h";
const MOUSE_ON: &[u8] = b"\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &[u8] = b"\x1b[?1006l\x1b[?1000l";
/// The end of an update that may be under way first, and the other screen last.
const LEAVE: &[u8] = b"\x1b[?2026l\x1b[m\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[?1004l\x1b[?7h\x1b[?25h\x1b[?1049l";

/// The settings of the terminal while it is not as it was found.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// Told when any thread panicked: the screen is gone then, and the console must end.
pub(super) static PANICKED: Notify = Notify::const_new();

/// The terminal could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the terminal cannot be set up: {0}")]
pub struct TerminalError(#[from] io::Error);

/// Standard output without a buffer, so that a frame is one write. It takes nothing while the terminal is given back: a
/// frame that comes late, after a panic elsewhere, must not be drawn over what the shell shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if FOUND.lock().unwrap_or_else(PoisonError::into_inner).is_none() {
            return Err(io::Error::other("it was given back"));
        }
        Raw.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Standard output without a buffer, whoever has the terminal.
struct Raw;

impl Write for Raw {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match rustix::io::write(stdout(), bytes) {
            // Another program may have left the terminal non-blocking.
            Err(rustix::io::Errno::AGAIN) => {
                let stdout = stdout();
                rustix::event::poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None)?;
                Err(io::ErrorKind::Interrupted.into())
            }
            written => Ok(written?),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal while the console has it.
#[derive(Debug)]
pub struct Terminal {
    mouse: bool,
}

impl Terminal {
    /// Takes the terminal, and makes sure that even a panic gives it back. `contained` tells whether a panic on the thread
    /// that asks would be caught and dealt with; what the first caller gives counts for the whole process.
    pub fn enter(mouse: bool, contained: fn() -> bool) -> Result<Self, TerminalError> {
        HOOK.call_once(|| restore_on_panic(contained));
        let terminal = Self { mouse };
        terminal.take()?;
        Ok(terminal)
    }

    /// Gives the terminal back until [`Terminal::take`]. Dropping does the same for good.
    pub fn leave(&self) {
        restore();
    }

    /// Takes the terminal, again if need be: after [`Terminal::leave`], or when another program may have changed it. The
    /// screen is to be repainted then.
    pub fn take(&self) -> Result<(), TerminalError> {
        let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
        let now = termios::tcgetattr(stdin()).map_err(io::Error::from)?;
        let mut raw = now.clone();
        raw.make_raw();
        termios::tcsetattr(stdin(), OptionalActions::Now, &raw).map_err(io::Error::from)?;
        found.get_or_insert(now);
        Raw.write_all(ENTER)?;
        if self.mouse {
            Raw.write_all(MOUSE_ON)?;
        }
        Ok(())
    }

    /// Whether the terminal reports the mouse.
    pub fn mouse(&self) -> bool {
        self.mouse
    }

    /// Turns the reports of the mouse on or off; returns what to send to the terminal for it.
    #[must_use]
    pub fn set_mouse(&mut self, on: bool) -> &'static [u8] {
        self.mouse = on;
        if on { MOUSE_ON } else { MOUSE_OFF }
    }

    /// The terminal's size; 80x24 where it does not say.
    pub fn size(&self) -> Size {
        match termios::tcgetwinsize(stdout()) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => Size { width: size.ws_col, height: size.ws_row },
            _ => Size { width: 80, height: 24 },
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

/// Whether input and output are a terminal.
pub fn is_terminal() -> bool {
    termios::isatty(stdin()) && termios::isatty(stdout())
}

/// Whether the terminal is still there, asked without waiting.
pub fn is_there() -> bool {
    termios::tcgetattr(stdin()).is_ok()
}

/// Leaves the terminal as it was found, once. Errors have nowhere to go: a terminal that is gone needs nothing.
fn restore() {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(settings) = found.take() {
        let _ = Raw.write_all(LEAVE);
        // Reports that are still under way must not be read by the shell as if typed.
        let _ = termios::tcflush(stdin(), QueueSelector::IFlush);
        let _ = termios::tcsetattr(stdin(), OptionalActions::Now, &settings);
    }
}

/// A panic is written to the log and, below the restored screen, to the person; unwinding goes on.
fn restore_on_panic(contained: fn() -> bool) {
    std::panic::set_hook(Box::new(move |panic| {
        let backtrace = std::backtrace::Backtrace::capture();
        if contained() || of_the_cache(std::thread::current().name()) {
            tracing::warn!(%panic, %backtrace, "a contained panic");
            return;
        }
        restore();
        tracing::error!(%panic, %backtrace, "a bug: a thread panicked");
        let _ = writeln!(
            io::stderr(),
            "exchequer ends because of a bug in it: {panic}\nThe log has more; please report it."
        );
        PANICKED.notify_one();
    }));
}

/// Whether a thread is one that sled runs on its own. When it panics, the next operation of the cache fails, and says so.
fn of_the_cache(thread: Option<&str>) -> bool {
    thread.is_some_and(|name| name.starts_with("sled-io-"))
}
