//! The console on real pseudo-terminals: the program as a person meets it, and how it takes and leaves the terminal.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod program;
mod pty;
mod screens;
mod svg;
mod terminal;
