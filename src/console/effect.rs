//! What reaches the console, and what it asks for: the two ends of [`update`](super::update()).

use super::chord::Chord;
use super::input::Mouse;
use crate::desk::{Command, Place};
use ratatui::layout::Size;

/// The key under which the desk keeps the layout.
pub const LAYOUT: &str = "console.layout";

/// The key under which the desk keeps the theme that was chosen last.
pub const THEME: &str = "console.theme";

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A key was pressed.
    Key(Chord),
    /// Text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(Mouse),
    /// The terminal has a new size.
    Resize(Size),
    /// The desk has something new to show.
    Desk,
    /// The instruments that can be watched.
    Instruments(Vec<Place>),
    /// What is animated moves on.
    Tick,
    /// What was sent to the terminal in the last second.
    Traffic(Rates),
    /// The console itself has something to say, such as how a text was copied.
    Said {
        /// Whether something is wrong.
        warning: bool,
        /// The words, printable.
        text: String,
    },
}

/// What was sent to the terminal in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// Bytes.
    pub bytes: u64,
    /// Frames that had anything to say.
    pub frames: u64,
    /// The bytes of the last such frame.
    pub last_frame: usize,
}

/// Something for the world to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the desk.
    Command(Command),
    /// Ask the desk which instruments can be watched; the answer is [`Event::Instruments`].
    Instruments,
    /// Put a text on the clipboard.
    Copy(String),
    /// Use the theme of this name.
    Theme(String),
    /// Let the terminal report the mouse, or not.
    Mouse(bool),
    /// Paint every cell anew.
    Redraw,
    /// Go to the background.
    Suspend,
    /// Leave.
    Quit,
}
