//! The terminal: panes, layout, theme, keymap and command palette over the views of the desk.

pub mod action;
pub mod capabilities;
pub mod chord;
pub mod clipboard;
pub mod colour;
mod encode;
mod entries;
pub mod glyphs;
pub mod input;
pub mod keymap;
pub mod pace;
pub mod probe;
pub mod screen;
pub mod signals;
pub mod terminal;
pub mod text;
pub mod theme;

pub use entries::EntryError;
