//! Reports: the pieces of 64 bytes that a Trezor speaks in, over USB and to its emulator.
//!
//! - A report is written at once and answers nothing by itself; whoever reads waits under a [`Watch`].

use crate::device::{DeviceError, Watch};
use zeroize::Zeroizing;

/// How many bytes a report has.
pub const LENGTH: usize = 64;

/// A report. It may hold a PIN or a passphrase, so it leaves nothing behind.
pub type Report = Zeroizing<[u8; LENGTH]>;

/// A way for reports to a device and back.
pub trait Reports: Send {
    /// Sends one.
    fn put(&mut self, report: &Report) -> Result<(), DeviceError>;

    /// The next one that comes.
    fn take(&mut self, watch: &Watch) -> Result<Report, DeviceError>;
}

impl<R: Reports + ?Sized> Reports for Box<R> {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        (**self).put(report)
    }

    fn take(&mut self, watch: &Watch) -> Result<Report, DeviceError> {
        (**self).take(watch)
    }
}
