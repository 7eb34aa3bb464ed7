//! Keys, mouse, focus and pastes, read by a thread of their own.
//!
//! The thread looks whether the terminal is still there before it lets `crossterm` read: that would spin for ever on a
//! terminal that is gone. What it reads is made the console's own: chords in one form, pastes printable and of limited
//! size. The channel is bounded; when the console is slow, keys wait in the terminal.
//!
//! `crossterm` is built with `use-dev-tty`. Its other way of waiting hears of input once only, and forgets what came
//! together with another size: the first key after a resize would wait for the second.

use super::chord::{Chord, Key};
use super::probe::{self, Answer};
use super::text::printable;
use crossterm::event::{
    Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind, poll, read,
};
use ratatui::layout::Position;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::stdio::stdin;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// A longer paste is cut: nothing that the console asks for is longer.
const LONGEST_PASTE: usize = 4096;
/// As many inputs wait for the console before the terminal has to keep them.
const WAITING: usize = 256;
/// How often the thread looks whether it is still wanted.
const GLANCE: Duration = Duration::from_millis(250);
/// How long more input is waited for after some: `crossterm` does not look at all when it may not wait.
const MORE: Duration = Duration::from_millis(20);

/// What a person, or the terminal, sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed, or is held.
    Key(Chord),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal got or lost the focus.
    Focus(bool),
    /// Text was pasted: printable, in one line, of limited size.
    Paste(String),
    /// What the terminal said about synchronized updates.
    Synchronized(Answer),
    /// The terminal is not there any more; nothing follows.
    Gone,
}

/// What the mouse did, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    /// What.
    pub did: MouseDid,
    /// The cell.
    pub at: Position,
}

/// What a mouse can do here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MouseDid {
    /// The left button went down.
    Click,
    /// The wheel turned away from the person.
    ScrollUp,
    /// The wheel turned towards the person.
    ScrollDown,
}

/// Keeps the reading thread alive; the thread ends soon after this is dropped.
#[derive(Debug)]
pub struct Listener(Arc<AtomicBool>);

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Starts reading. With `patience`, the answer to [`probe::QUESTION`], which the caller sends, is read first.
pub fn listen(patience: Option<Duration>) -> io::Result<(Listener, Receiver<Input>)> {
    let (sender, receiver) = channel(WAITING);
    let done = Arc::new(AtomicBool::new(false));
    let listener = Listener(Arc::clone(&done));
    std::thread::Builder::new().name("input".into()).spawn(move || {
        let ended = patience.map_or(Ok(()), |patience| answer(patience, &sender));
        if ended.and_then(|()| follow(&done, &sender)) == Err(Ended::Gone) {
            let _ = sender.blocking_send(Input::Gone);
        }
    })?;
    Ok((listener, receiver))
}

/// Why the thread ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// The terminal is gone.
    Gone,
    /// Nobody listens any more.
    Unheard,
}

fn send(sender: &Sender<Input>, input: Input) -> Result<(), Ended> {
    sender.blocking_send(input).map_err(|_| Ended::Unheard)
}

/// Reads and passes on until the terminal is gone or nobody listens.
fn follow(done: &AtomicBool, sender: &Sender<Input>) -> Result<(), Ended> {
    while !done.load(Ordering::Relaxed) {
        // Even when nothing is to be read, an event may be left of the last read: one can bring several.
        readable(GLANCE)?;
        while !done.load(Ordering::Relaxed) && poll(MORE).map_err(|_| Ended::Gone)? {
            if let Ok(input) = read().map_err(|_| Ended::Gone)?.try_into() {
                send(sender, input)?;
            }
        }
    }
    Err(Ended::Unheard)
}

/// Whether there is something to read within `time`; an error when the terminal is gone.
fn readable(time: Duration) -> Result<bool, Ended> {
    let stdin = stdin();
    let mut waiting = [PollFd::new(&stdin, PollFlags::IN)];
    let time = Timespec::try_from(time).map_err(|_| Ended::Gone)?;
    match rustix::event::poll(&mut waiting, Some(&time)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(_) => return Err(Ended::Gone),
    }
    let [waiting] = waiting;
    let seen = waiting.revents();
    if seen.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
        return Err(Ended::Gone);
    }
    Ok(seen.contains(PollFlags::IN))
}

/// Waits for the terminal's answer and passes it on with the keys typed meanwhile.
fn answer(patience: Duration, sender: &Sender<Input>) -> Result<(), Ended> {
    let end = Instant::now() + patience;
    let mut bytes = Vec::new();
    let mut found = probe::read(&bytes);
    // An answer that has begun is read to its end, or its rest would count as typed; a person does not type that much.
    while !found.complete && bytes.len() < 1024 {
        let left = end.saturating_duration_since(Instant::now());
        let left = if found.cut { left.max(patience) } else { left };
        if left.is_zero() || !readable(left)? {
            break;
        }
        let mut more = [0; 256];
        match rustix::io::read(stdin(), &mut more) {
            Ok(0) => return Err(Ended::Gone),
            Ok(n) => bytes.extend_from_slice(more.get(..n).unwrap_or_default()),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => return Err(Ended::Gone),
        }
        found = probe::read(&bytes);
    }
    send(sender, Input::Synchronized(found.answer))?;
    found.typed.into_iter().try_for_each(|chord| send(sender, Input::Key(chord)))
}

impl TryFrom<Event> for Input {
    type Error = ();

    /// Events that mean nothing here, such as the release of a key, are errors. So is a resize: the signal told it.
    fn try_from(event: Event) -> Result<Self, ()> {
        match event {
            Event::Key(key) => chord(key).map(Self::Key).ok_or(()),
            Event::Mouse(event) => mouse(event).map(Self::Mouse).ok_or(()),
            Event::FocusGained => Ok(Self::Focus(true)),
            Event::FocusLost => Ok(Self::Focus(false)),
            Event::Paste(text) => Ok(Self::Paste(pasted(&text))),
            Event::Resize(..) => Err(()),
        }
    }
}

fn pasted(text: &str) -> String {
    let text: String = text.chars().take(LONGEST_PASTE).collect();
    printable(&text).trim().to_owned()
}

fn mouse(event: MouseEvent) -> Option<Mouse> {
    let did = match event.kind {
        MouseEventKind::Down(MouseButton::Left) => MouseDid::Click,
        MouseEventKind::ScrollUp => MouseDid::ScrollUp,
        MouseEventKind::ScrollDown => MouseDid::ScrollDown,
        _ => return None,
    };
    Some(Mouse { did, at: Position { x: event.column, y: event.row } })
}

fn chord(event: KeyEvent) -> Option<Chord> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let held = |modifier| event.modifiers.contains(modifier);
    let (key, tab) = match event.code {
        KeyCode::Char(c) => (Key::Char(c), false),
        KeyCode::F(n) => (Key::F(n), false),
        KeyCode::Enter => (Key::Enter, false),
        KeyCode::Esc => (Key::Esc, false),
        KeyCode::Tab => (Key::Tab, false),
        KeyCode::BackTab => (Key::Tab, true),
        KeyCode::Backspace => (Key::Backspace, false),
        KeyCode::Delete => (Key::Delete, false),
        KeyCode::Insert => (Key::Insert, false),
        KeyCode::Home => (Key::Home, false),
        KeyCode::End => (Key::End, false),
        KeyCode::PageUp => (Key::PageUp, false),
        KeyCode::PageDown => (Key::PageDown, false),
        KeyCode::Up => (Key::Up, false),
        KeyCode::Down => (Key::Down, false),
        KeyCode::Left => (Key::Left, false),
        KeyCode::Right => (Key::Right, false),
        _ => return None,
    };
    Some(Chord::new(key, held(KeyModifiers::CONTROL), held(KeyModifiers::ALT), tab || held(KeyModifiers::SHIFT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<String> {
        chord(KeyEvent::new(code, modifiers)).map(|chord| chord.to_string())
    }

    #[test]
    fn keys_become_chords_in_one_form() {
        assert_eq!(key(KeyCode::Char('G'), KeyModifiers::SHIFT).as_deref(), Some("G"));
        assert_eq!(key(KeyCode::Char('l'), KeyModifiers::CONTROL).as_deref(), Some("ctrl+l"));
        assert_eq!(key(KeyCode::BackTab, KeyModifiers::SHIFT).as_deref(), Some("shift+tab"));
        assert_eq!(key(KeyCode::BackTab, KeyModifiers::NONE).as_deref(), Some("shift+tab"));
        assert_eq!(key(KeyCode::F(12), KeyModifiers::NONE).as_deref(), Some("F12"));
        assert_eq!(key(KeyCode::CapsLock, KeyModifiers::NONE), None);
    }

    #[test]
    fn a_held_key_counts_and_its_release_does_not() {
        let event = |kind| KeyEvent::new_with_kind(KeyCode::Down, KeyModifiers::NONE, kind);
        assert!(chord(event(KeyEventKind::Repeat)).is_some());
        assert!(chord(event(KeyEventKind::Release)).is_none());
    }

    #[test]
    fn a_paste_is_printable_and_limited() {
        assert_eq!(pasted(" BTC/USD\n\u{1b}[2J\u{202e}"), "BTC/USD [2J");
        assert_eq!(pasted(&"é".repeat(LONGEST_PASTE + 1)).chars().count(), LONGEST_PASTE);
    }

    #[test]
    fn only_what_the_console_knows_of_the_mouse_comes_through() {
        let event = |kind| MouseEvent { kind, column: 3, row: 4, modifiers: KeyModifiers::NONE };
        let click = mouse(event(MouseEventKind::Down(MouseButton::Left)));
        assert_eq!(click, Some(Mouse { did: MouseDid::Click, at: Position { x: 3, y: 4 } }));
        assert_eq!(mouse(event(MouseEventKind::Moved)), None);
    }
}
