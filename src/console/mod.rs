//! The terminal: panes, layout, theme, keymap and command palette over the views of the desk.

pub mod action;
pub mod chord;
pub mod colour;
mod encode;
mod entries;
pub mod glyphs;
pub mod keymap;
pub mod screen;
pub mod theme;

pub use entries::EntryError;
