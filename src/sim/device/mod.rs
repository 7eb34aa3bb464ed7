//! Simulated hardware wallets: one like a Ledger, one like a Trezor, that speak the real protocols byte by byte.
//!
//! - They are for the demo and for tests. **Their keys are no secret**: the words stand in this source code ([`DEMO_LEDGER`],
//!   [`DEMO_TREZOR`]), and every device says so beside its screen ([`Simulated::mark`]).
//! - A device is a pure state machine ([`Simulated`]): bytes go in, bytes and a [`Screen`] come out, and somebody presses yes
//!   or no. It has no clock, no socket and no chance in it: the same bytes and presses give the same answers.
//! - It takes the messages that a real one takes, in the order in which a real one takes them, and refuses the rest with the
//!   real one's code. What it does is held against recordings of real devices in its tests.
//! - Hostile bytes end in a refusal, never in a panic, and everything that a host can make it keep has a limit.
//!
//! | file | is about |
//! |---|---|
//! | `seed` | the keys, and what is made with them |
//! | `script` | amounts and paths as devices write them |
//! | `ether`, `typed` | Ethereum's amounts, and typed data as it is hashed |
//! | `ledger` | a Ledger's Bitcoin and Ethereum apps |
//! | `trezor` | a Trezor One and a Trezor Model T |
//! | `server` | either of them on a socket of this machine |

mod ether;
mod ledger;
mod screen;
mod script;
mod seed;
mod server;
mod trezor;
mod typed;

pub use ledger::{Ledger, LedgerApp, LedgerSettings};
pub use screen::{Buttons, Press, Screen};
pub use seed::{DEMO_LEDGER, DEMO_TREZOR};
pub use server::{DeviceServer, Wire};
pub use trezor::{Trezor, TrezorModel, TrezorSettings};

/// What stands beside a device whose keys are those of a text.
fn mark(words: Option<&str>) -> &'static str {
    match words {
        Some(DEMO_LEDGER | DEMO_TREZOR) => "DEMO keys: no real money",
        Some(_) => "Simulated device",
        None => "Simulated device without keys",
    }
}

/// A device without its plug: what a host sends goes in, what the device says comes out.
pub trait Simulated: Send {
    /// One packet of the host: a whole APDU for a Ledger, a report of 64 bytes for a Trezor. The packets that the device
    /// sends at once; none while it waits for its user.
    fn feed(&mut self, packet: &[u8]) -> Vec<Vec<u8>>;

    /// A button is pressed: the packets that the device sends now.
    fn press(&mut self, press: Press) -> Vec<Vec<u8>>;

    /// What the device shows.
    fn screen(&self) -> Screen;

    /// What has to stand beside everything that it shows: whose keys these are.
    fn mark(&self) -> &'static str;

    /// The host went away: what was begun is dropped.
    fn unplugged(&mut self);
}

#[cfg(test)]
mod tests {
    use std::fs;

    /// The recordings of real devices whose names begin in a way: from the project's own, or the whole set where it is.
    pub fn recordings(folder: &str, begins: &str, kind: &str) -> Vec<(String, String)> {
        let root = env!("CARGO_MANIFEST_DIR");
        let places = [format!("{root}/../shared/{folder}"), format!("{root}/tests/fixtures/device/{folder}")];
        let Some(files) = places.iter().find_map(|place| fs::read_dir(place).ok()) else {
            println!("SKIPPED: there are no recordings of devices in {places:?}");
            return Vec::new();
        };
        let mut found: Vec<_> = files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|ends| ends == kind))
            .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
            .filter(|(name, _)| name.starts_with(begins))
            .map(|(name, path)| (name, fs::read_to_string(path).unwrap()))
            .collect();
        found.sort();
        found
    }
}
