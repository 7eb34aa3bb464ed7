//! Reports over USB: interface 0 and endpoint 1 of a Trezor, which are the ones that WebUSB uses.
//!
//! - Every Trezor that is plugged in is listed ([`list`]); which one is wanted is for somebody else to say.
//! - What cannot be spoken to is listed too, with the reason ([`Kind`]): a bootloader, and a One of before 1.7.0, which
//!   only knows HID.
//! - What an earlier program left unread is thrown away when the device is opened.
//!
//! Numbers of vendors and products: <https://github.com/trezor/trezord-go>, `usb` ids of its rules.

use super::report::{LENGTH, Report, Reports};
use crate::device::watch::TICK;
use crate::device::{DeviceError, Watch};
use rusb::{Device, DeviceHandle, DeviceList, Error, GlobalContext};
use std::time::Duration;
use zeroize::Zeroizing;

const INTERFACE: u8 = 0;
const OUT: u8 = 0x01;
const IN: u8 = 0x81;

/// An interface that belongs to its vendor's own protocol; a One of before 1.7.0 has HID there.
const VENDOR_SPECIFIC: u8 = 0xff;

/// How long a report may take to leave. The device reads at once, also while it waits for its user.
const WRITE: Duration = Duration::from_secs(2);

/// The most reports that an earlier program can have left: what one answer takes, and some.
const LEFT: usize = 2_048;

/// What a Trezor on the bus is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It runs its firmware.
    Ready,
    /// It waits for a firmware.
    Bootloader,
    /// Its firmware speaks HID only.
    HidOnly,
}

/// A Trezor on the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The bus.
    pub bus: u8,
    /// Its address on the bus, another one each time it is plugged in.
    pub address: u8,
    /// What it is ready for.
    pub kind: Kind,
}

impl Found {
    /// The node that has to be open to us.
    pub fn node(&self) -> String {
        format!("/dev/bus/usb/{:03}/{:03}", self.bus, self.address)
    }
}

/// Every Trezor that is plugged in.
pub fn list() -> Result<Vec<Found>, DeviceError> {
    let devices = bus().map_err(|_| DeviceError::NotFound("the USB bus".to_owned()))?;
    Ok(devices.iter().filter_map(|device| found(&device)).collect())
}

/// What is on the bus. Where there is no bus the library's own context cannot be made, and asking for it would end the
/// program: so that is tried first.
fn bus() -> Result<DeviceList<GlobalContext>, Error> {
    drop(rusb::Context::new()?);
    rusb::devices()
}

fn found(device: &Device<GlobalContext>) -> Option<Found> {
    let about = device.device_descriptor().ok()?;
    let kind = match (about.vendor_id(), about.product_id()) {
        (0x1209, 0x53c1) if webusb(device) => Kind::Ready,
        (0x1209, 0x53c0) => Kind::Bootloader,
        (0x1209, 0x53c1) | (0x534c, 0x0001) => Kind::HidOnly,
        _ => return None,
    };
    Some(Found { bus: device.bus_number(), address: device.address(), kind })
}

/// Whether its first interface is the one we speak to.
fn webusb(device: &Device<GlobalContext>) -> bool {
    let Ok(config) = device.config_descriptor(0) else { return false };
    let mut first = config.interfaces().filter(|interface| interface.number() == INTERFACE);
    first.any(|interface| interface.descriptors().any(|about| about.class_code() == VENDOR_SPECIFIC))
}

/// An open Trezor.
#[derive(Debug)]
pub struct Usb {
    handle: DeviceHandle<GlobalContext>,
}

impl Usb {
    /// Opens one that was listed.
    pub fn open(wanted: &Found) -> Result<Self, DeviceError> {
        let node = wanted.node();
        match wanted.kind {
            Kind::Ready => {}
            Kind::Bootloader => {
                return Err(DeviceError::Unfit(format!("the Trezor at {node} is in its bootloader: plug it in again")));
            }
            Kind::HidOnly => {
                let message =
                    format!("the Trezor at {node} has a firmware of before 1.7.0: update it with Trezor Suite");
                return Err(DeviceError::Unfit(message));
            }
        }
        let devices = bus().map_err(|error| fault(error, &node))?;
        let device = devices.iter().find(|device| found(device).as_ref() == Some(wanted));
        let device = device.ok_or_else(|| DeviceError::NotFound(node.clone()))?;
        let handle = device.open().map_err(|error| fault(error, &node))?;
        handle.claim_interface(INTERFACE).map_err(|error| fault(error, &node))?;
        let link = Self { handle };
        link.drain();
        Ok(link)
    }

    fn drain(&self) {
        let mut left = Zeroizing::new([0; LENGTH]);
        for _ in 0..LEFT {
            if self.handle.read_interrupt(IN, left.as_mut_slice(), Duration::from_millis(10)).is_err() {
                return;
            }
        }
    }
}

impl Reports for Usb {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        match self.handle.write_interrupt(OUT, report.as_slice(), WRITE) {
            Ok(LENGTH) => Ok(()),
            Ok(part) => Err(DeviceError::Disconnected(format!("it took {part} bytes of {LENGTH}"))),
            Err(error) => Err(fault(error, "USB")),
        }
    }

    fn take(&mut self, watch: &Watch) -> Result<Report, DeviceError> {
        let mut report = Zeroizing::new([0; LENGTH]);
        loop {
            // To libusb, no time at all is for ever.
            let wait = watch.check()?.clamp(Duration::from_millis(1), TICK);
            match self.handle.read_interrupt(IN, report.as_mut_slice(), wait) {
                Ok(LENGTH) => return Ok(report),
                Ok(part) => return Err(DeviceError::Garbled(format!("a report of {part} bytes"))),
                Err(Error::Timeout | Error::Interrupted) => {}
                Err(error) => return Err(fault(error, "USB")),
            }
        }
    }
}

fn fault(error: Error, place: &str) -> DeviceError {
    match error {
        Error::Access => DeviceError::Permission(place.to_owned()),
        Error::Busy => DeviceError::Busy("another program".to_owned()),
        Error::NotFound => DeviceError::NotFound(place.to_owned()),
        error => DeviceError::Disconnected(error.to_string()),
    }
}
