//! Looking for the device of a seat: every way is tried, and only the device with the right seed is taken (T27).
//!
//! - What may change by itself (a device that is plugged in, unlocked, or let go by another process) is looked at again and
//!   again; what would ask its user anew, or holds another seed, only when a person wants that.
//! - What a device cannot do is known before its user is asked for a PIN.

use super::Devices;
use super::hatch::Reply;
use super::post::{Person, Post};
use crate::desk::treasury::view::{Stage, Tried};
use crate::device::{self, About, Device, DeviceError, Owner, Place, Watch};
use crate::market::printable;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often all ways are looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// A device that is open, and this process's as long as this lives.
pub(super) struct Found {
    pub device: Box<dyn Device>,
    pub about: About,
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

/// Where to look, and for how long.
pub(super) struct Search<'a> {
    pub devices: &'a Devices,
    pub post: &'a Post,
    pub watch: &'a Watch,
}

/// Says of a device, by what it is and by its keys, why it is not the one; and what was learned of the one that is.
pub(super) type Fits<'a, T> = &'a dyn Fn(&mut dyn Device, &About) -> Result<T, DeviceError>;

impl Search<'_> {
    /// The device that fits.
    pub fn find<T>(&self, fits: Fits<'_, T>) -> Result<(Found, T), DeviceError> {
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
                match self.open(way, fits) {
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

    fn open<T>(&self, way: &Place, fits: Fits<'_, T>) -> Result<(Found, T), DeviceError> {
        // A transcript is nobody's: it can be read by many.
        let owner = match way {
            Place::Replay(_) => None,
            way => Some(Owner::take(&self.devices.locks, way, self.post.now())?),
        };
        let person = Person { post: self.post.clone(), watch: self.watch.clone() };
        let mut device = device::open(way, self.watch.again(), Box::new(person))?;
        let about = device.about()?;
        self.post.name(&format!("{} at {way}", about.model));
        let learned = fits(device.as_mut(), &about)?;
        let forwarded = matches!(way, Place::Agent(_));
        Ok((Found { device, about, forwarded, _owner: owner }, learned))
    }
}
