//! Looking for the device of a seat: every way is tried, and only the device with the right seed is taken (T27).
//!
//! - What may change by itself (a device that is plugged in, unlocked, or let go by another process) is looked at again and
//!   again; what would ask its user anew, or holds another seed, only when a person wants that.
//! - What a device cannot do is known before its user is asked for a PIN.

use super::hatch::Reply;
use super::job::Job;
use super::post::Person;
use crate::desk::treasury::view::{Stage, Tried};
use crate::device::capabilities::signs_for;
use crate::device::{self, Device, DeviceError, Model, Owner, Place, seat};
use crate::market::printable;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often all ways are looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// A device that is open, and this process's as long as this lives.
pub(super) struct Found {
    pub device: Box<dyn Device>,
    pub model: Model,
    /// Whether an agent stands between: it is not told what a transaction replaces.
    pub forwarded: bool,
    _owner: Option<Owner>,
}

/// Whether this may pass without anybody doing more than they do anyway.
fn passes(error: &DeviceError) -> bool {
    use DeviceError as E;
    matches!(
        error,
        E::NotFound(_) | E::Permission(_) | E::Busy(_) | E::Disconnected(_) | E::Locked | E::WrongApp { .. }
    )
}

/// A device that is not the one, in a person's words.
pub(super) fn tried(way: &str, error: &DeviceError) -> Tried {
    let text = |text: &str| -> Arc<str> { printable(text).into() };
    Tried { way: text(way), why: text(&error.to_string()), next: text(&error.next().unwrap_or_default()) }
}

impl Job {
    /// The device that holds the seat's seed.
    pub(super) fn find(&self) -> Result<Found, DeviceError> {
        // By their ways, which are as people write them.
        let mut aside: BTreeMap<String, DeviceError> = BTreeMap::new();
        let mut patience = self.watch.again();
        loop {
            let (ways, trouble) = self.devices.at_hand();
            aside.retain(|known, _| ways.iter().any(|way| way.to_string() == *known));
            let mut all: Vec<Tried> = trouble.iter().map(|error| tried("USB", error)).collect();
            for way in &ways {
                let name = way.to_string();
                if let Some(error) = aside.get(&name) {
                    all.push(tried(&name, error));
                    continue;
                }
                match self.open(way) {
                    Ok(found) => return Ok(found),
                    Err(DeviceError::Cancelled) => return Err(DeviceError::Cancelled),
                    Err(error) => {
                        self.watch.again().check()?;
                        all.push(tried(&name, &error));
                        if !passes(&error) {
                            aside.insert(name, error);
                        }
                    }
                }
            }
            self.post.name("");
            let said = self.post.ask(&patience.within(PAUSE), Stage::Looking(all));
            match (said, patience.check()) {
                (Ok(Reply::Again), _) => {
                    aside.clear();
                    patience = self.watch.again();
                }
                (_, Ok(_)) => {}
                // What is known of a device tells more than that the time is over.
                (_, Err(over)) => return Err(aside.into_values().next().unwrap_or(over)),
            }
        }
    }

    fn open(&self, way: &Place) -> Result<Found, DeviceError> {
        // A transcript is nobody's: it can be read by many.
        let owner = match way {
            Place::Replay(_) => None,
            way => Some(Owner::take(&self.devices.locks, way, self.post.now())?),
        };
        let person = Person { post: self.post.clone(), watch: self.watch.clone() };
        let mut device = device::open(way, self.watch.again(), Box::new(person))?;
        let about = device.about()?;
        self.post.name(&format!("{} at {way}", about.model));
        signs_for(&about, &self.wallet)?;
        seat::holds(device.as_mut(), self.wallet.network(), self.seat.fingerprint)?;
        let forwarded = matches!(way, Place::Agent(_));
        Ok(Found { device, model: about.model, forwarded, _owner: owner })
    }
}
