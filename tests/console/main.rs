//! The console on real pseudo-terminals: the program as a person meets it, and how it takes and leaves the terminal.
//!
//! What is waited for is what the screen shows, never a time.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod alerts;
mod demo;
mod device;
mod leaving;
mod program;
mod pty;
mod replay;
mod safe;
mod screens;
mod stream;
mod svg;
mod terminal;
mod treasury;
