//! The terminal: panes, layout, theme, keymap and command palette over the views of the desk.
//!
//! Elm's way: an [`Event`](effect::Event) makes of a [`State`] another by [`update()`] and asks for effects; [`view()`]
//! draws what is then; [`query`] says what the desk must tell for it.

#[cfg(test)]
mod across_snapshots;
mod act;
pub mod action;
mod alerts;
#[cfg(test)]
mod behaviour;
mod canvas;
pub mod capabilities;
pub mod chord;
pub mod clipboard;
pub mod colour;
mod difference;
pub mod effect;
mod encode;
mod entries;
pub mod field;
pub mod figures;
mod fuzzy;
pub mod glyphs;
mod help;
pub mod input;
pub mod keymap;
pub mod layout;
mod mouse;
mod overlay;
pub mod pace;
mod palette;
mod pane;
mod portfolio;
pub mod probe;
pub mod ring;
pub mod run;
#[cfg(test)]
mod samples;
pub mod screen;
mod search;
pub mod signals;
#[cfg(test)]
mod snapshots;
pub mod state;
mod tags;
pub mod terminal;
pub mod text;
pub mod theme;
mod treasury;
mod update;
mod view;

pub use entries::EntryError;
pub use state::{State, query};
pub use update::update;
pub use view::view;
