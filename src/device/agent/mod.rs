//! A signer's devices, reached from a console on another machine: as `ssh-agent` does for keys.
//!
//! - `exchequer device agent` runs where the devices are plugged in and serves them on a Unix socket that OpenSSH forwards.
//!   The console at the other end is not trusted: it may be anybody's who has the server.
//! - What passes are whole questions ([`Ask`]), never bytes for a device: there is nothing else to ask. A transaction comes
//!   with its wallet, goes through the same review here as everywhere, and is signed only after a yes at this end; so
//!   nothing is signed that this end's screen did not show.
//! - Each message has a limit, and a question that is not understood ends the connection.

pub mod client;
pub mod message;
pub mod server;

pub use client::Forwarded;
pub use message::{Answer, Ask, Described};
pub use server::{Guard, serve};

/// The variable that names the socket, as `SSH_AUTH_SOCK` does.
pub const SOCKET: &str = "EXCHEQUER_DEVICE_SOCK";
