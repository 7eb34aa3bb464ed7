//! Finding devices and opening one: the only place that knows every kind.
//!
//! - What is plugged in is listed without being opened, so nothing is asked of it. Of several of a kind one has to be named.

use super::agent::Forwarded;
use super::ledger::Ledger;
use super::link::hid::{self, HidLink};
use super::link::player::{Player, Transcript};
use super::link::speculos::SpeculosLink;
use super::link::udp::Udp;
use super::link::usb::{self, Kind, Usb};
use super::node;
use super::trezor::{Trezor, transcript};
use super::{Attendant, Device, DeviceError, Model, Place, Watch};
use std::path::Path;
use std::time::Duration;

/// The longest transcript that is read, in bytes.
const LONGEST: u64 = 16 << 20;

/// How long an emulator may take to say that it is there: nobody waits minutes for a port at which nobody is.
const REACH: Duration = Duration::from_secs(2);

/// A device that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The way to it.
    pub place: Place,
    /// Its model, as far as it tells without being asked.
    pub model: Option<Model>,
    /// Why it cannot be used as it is. Printable.
    pub trouble: Option<String>,
}

/// What is plugged in.
pub fn list() -> Result<Vec<Found>, DeviceError> {
    let ledgers = hid::list()?.into_iter().map(|found| Found {
        trouble: node::trouble(Path::new(&found.path)),
        place: Place::LedgerHid(Some(found.path)),
        model: Some(found.model),
    });
    let trezors = usb::list()?.into_iter().map(|found| Found {
        place: Place::TrezorUsb(Some(format!("{}:{}", found.bus, found.address))),
        model: None,
        trouble: match found.kind {
            Kind::Ready => node::trouble(&node::usb(found.bus, found.address)),
            Kind::Bootloader => Some("it waits for a firmware: plug it in again".to_owned()),
            Kind::HidOnly => Some("its firmware is older than 1.7.0: update it with Trezor Suite".to_owned()),
        },
    });
    Ok(ledgers.chain(trezors).collect())
}

/// Opens a device. Every question to it waits as long as the watch allows.
pub fn open(place: &Place, watch: Watch, attendant: Box<dyn Attendant>) -> Result<Box<dyn Device>, DeviceError> {
    Ok(match place {
        Place::LedgerHid(path) => {
            let wanted = |found: &hid::Found| path.as_ref().is_none_or(|path| *path == found.path);
            let found = only(hid::list()?.into_iter().filter(wanted).collect(), place)?;
            Box::new(Ledger::new(Box::new(HidLink::open(&found.path, &watch)?), found.model, watch))
        }
        Place::LedgerTcp(address) => {
            Box::new(Ledger::new(Box::new(SpeculosLink::connect(address, &watch)?), Model::Ledger, watch))
        }
        Place::TrezorUsb(at) => {
            let wanted =
                |found: &usb::Found| at.as_ref().is_none_or(|at| *at == format!("{}:{}", found.bus, found.address));
            let found = only(usb::list()?.into_iter().filter(wanted).collect(), place)?;
            Box::new(Trezor::open(Box::new(Usb::open(&found)?), attendant, watch)?)
        }
        Place::TrezorUdp(address) => {
            let link = Udp::open(address, &watch.within(REACH))?;
            Box::new(Trezor::open(Box::new(link), attendant, watch)?)
        }
        Place::Agent(socket) => Box::new(Forwarded::connect(socket, watch)?),
        Place::Replay(file) => replay(file, watch, attendant)?,
        Place::Simulated(_) => return Err(DeviceError::NotFound(place.to_string())),
    })
}

/// The only one there is: nothing is picked because it was found first.
fn only<T>(mut found: Vec<T>, place: &Place) -> Result<T, DeviceError> {
    let several = found.len() > 1;
    match found.pop() {
        None => Err(DeviceError::NotFound(place.to_string())),
        Some(_) if several => {
            Err(DeviceError::Unfit(format!("there are several at {place}: name one, as device list does")))
        }
        Some(one) => Ok(one),
    }
}

/// A recorded device: the file's name tells whose it is, as it ends in `.wire` for a Trezor and in anything else for a Ledger.
fn replay(file: &Path, watch: Watch, attendant: Box<dyn Attendant>) -> Result<Box<dyn Device>, DeviceError> {
    let absent = || DeviceError::NotFound(crate::market::printable(&format!("replay:{}", file.display())).into_owned());
    if std::fs::metadata(file).map_err(|_| absent())?.len() > LONGEST {
        return Err(DeviceError::Unfit(format!("a transcript is at most {LONGEST} bytes long")));
    }
    let text = std::fs::read_to_string(file).map_err(|_| absent())?;
    if file.extension().is_some_and(|kind| kind == "wire") {
        let recorded = transcript::Transcript::read(&text);
        let recorded = recorded.map_err(|error| DeviceError::Unfit(error.to_string()))?;
        return Ok(Box::new(Trezor::open(Box::new(recorded), attendant, watch)?));
    }
    let player = Player::new(Transcript::read(&text)?);
    Ok(Box::new(Ledger::new(Box::new(player), Model::Ledger, watch)))
}
