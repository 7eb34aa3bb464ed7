//! Signing on a hardware wallet: the desk looks for the device of a seat, asks it, and records what it verifiably signed.
//!
//! - Before a device is asked for anything, the journal says that it will be; nothing of its answer is in the journal until
//!   it was verified. A device that is pulled, or that nobody answers, leaves the seat waiting, to be asked again.
//! - A device is picked by the seed that the seat needs, or by the account of a Safe's owner, never because it was found first (T27).
//! - One device is asked at a time, on a thread of its own; whoever draws reads the [`Hatch`], and never waits.
//! - A PIN or a passphrase goes through the hatch to the device, is wiped there, and is written nowhere.

mod acts;
mod hatch;
mod job;
mod owner;
mod post;
mod search;

pub(super) use acts::Asked;
pub(in crate::desk) use hatch::Hatch;
pub use hatch::Reply;

use super::view::SimulatedView;
use crate::device::{self, Place};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Where devices are looked for, and for how long they are waited for.
#[derive(Clone, Debug)]
pub struct Devices {
    /// Ways to devices: those that are configured, an agent's, simulated ones.
    pub ways: Vec<Place>,
    /// Whether what is plugged in is looked at too.
    pub plugged: bool,
    /// The folder in which processes of this user tell each other which device they have.
    pub locks: PathBuf,
    /// How long an answer is waited for.
    pub patience: Duration,
    /// Simulated devices whose buttons are pressed at this desk: the demo's.
    pub bench: Option<Bench>,
}

impl Devices {
    /// The ways there are at this moment; and why what is plugged in is not among them, if so.
    fn at_hand(&self) -> (Vec<Place>, Option<device::DeviceError>) {
        let mut ways = self.ways.clone();
        if !self.plugged {
            return (ways, None);
        }
        match device::list() {
            Ok(found) => {
                ways.extend(found.into_iter().map(|found| found.place));
                (ways, None)
            }
            Err(error) => (ways, Some(error)),
        }
    }
}

/// Simulated devices: somebody else runs them, and this desk shows their screens and presses their buttons.
pub trait Simulated: Send + Sync {
    /// What they show.
    fn screens(&self) -> Vec<SimulatedView>;

    /// Yes or no to the device of this place among them.
    fn press(&self, device: usize, yes: bool);
}

/// The simulated devices of a desk.
#[derive(Clone)]
pub struct Bench(pub Arc<dyn Simulated>);

impl fmt::Debug for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bench")
    }
}
