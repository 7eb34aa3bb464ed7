//! The ways to a device: small links that carry bytes, each with one implementation for real hardware, one for a socket (an
//! emulator) and one for a recorded transcript.
//!
//! - Whatever is above a link is the same code whichever it is.
//! - A link never waits longer than its [`Watch`](super::Watch) allows, and never takes more bytes than any answer has.

pub mod apdu;
pub mod hid;
pub mod player;
pub mod speculos;

pub use apdu::{Answer, ApduLink};

/// The targets of log lines that carry what goes over the wire, written by what we build on: no log may take them (T33).
pub const TALKATIVE: [&str; 1] = ["ledger_transport_hid"];
