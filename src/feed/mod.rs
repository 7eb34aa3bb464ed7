//! Connections to venues: subscribe, keep alive, notice silence, reconnect, resynchronise; record and replay.
//!
//! - A connection is one task. What it hears goes to a [`Listener`], in order; the feed does not know who listens.
//! - Nothing here grows without bound: wishes are sets, frames have a size limit, and a broken stream asks its venue for
//!   help ever more rarely.
//! - When to try again, whom to ask and how fast are decided by pure machines ([`backoff`], [`pacer`], [`resync`],
//!   [`watchdog`]) that are told the time.

pub mod account;
pub mod backoff;
pub mod capture;
pub mod connection;
pub mod pacer;
pub mod player;
pub mod recorder;
pub mod replay;
pub mod resync;
pub mod watchdog;
pub mod webhook;

mod clock;
mod error;
mod fetch;
mod listener;
mod probe;
mod session;
mod socket;
mod statistics;
mod tls;

pub use clock::Clock;
pub use connection::{Connection, Handle, Settings, Unreadable};
pub use error::{LinkError, SettingsError};
pub use fetch::FetchError;
pub use listener::{LinkEvent, Listener};
pub use probe::{Probe, ProbeError, probe};
pub use statistics::Statistics;
