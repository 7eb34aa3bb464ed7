//! The ways to a device: one small trait for each maker's kind of bytes, each with a link to real hardware, one to a socket
//! (an emulator) and one to a recorded transcript.
//!
//! - Whatever is above a link is the same code whichever it is. A link moves bytes and knows nothing of what they mean.
//! - It never waits longer than its [`Watch`](super::Watch) allows, takes no more bytes than any answer has, says
//!   [`DeviceError::Disconnected`](super::DeviceError::Disconnected) when there is nobody left, and logs nothing.

pub mod apdu;
pub mod hid;
pub mod player;
pub mod report;
pub mod speculos;
pub mod udp;
pub mod usb;

pub use apdu::{Answer, ApduLink};

/// The targets of log lines that carry what goes over the wire, written by what we build on: no log may take them (T33).
pub const TALKATIVE: [&str; 2] = ["ledger_transport_hid", "trezor_client"];
