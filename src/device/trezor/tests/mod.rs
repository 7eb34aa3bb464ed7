//! Recordings of real Trezors, played to the client in this process and over a socket.
//!
//! The driver goes by what a recording says, not by its name: recordings of other wallets, models and amounts in the
//! same folders are played as well. Those in `tests/fixtures` are the project's own; those beside it are more of the
//! same.

mod bench;
mod chains;
mod hostile;
mod kinds;
mod play;
mod puppet;
mod quiet;
mod replays;
mod rules;
