//! Reports of a Trezor: any bytes are messages or errors with a name, whatever was asked, and no message is longer than
//! any may be.

#![no_main]

use bitcoin::Network;
use bitcoin::bip32::DerivationPath;
use exchequer::device::link::report::{LENGTH, Report, Reports};
use exchequer::device::trezor::Trezor;
use exchequer::device::trezor::wire::{LONGEST, Reader};
use exchequer::device::{Device, DeviceError, Unattended, Watch};
use std::collections::VecDeque;
use std::time::Duration;

/// Says the same whatever it is asked.
struct Says(VecDeque<Report>);

impl Reports for Says {
    fn put(&mut self, _: &Report) -> Result<(), DeviceError> {
        Ok(())
    }

    fn take(&mut self, _: &Watch) -> Result<Report, DeviceError> {
        self.0.pop_front().ok_or_else(|| DeviceError::Disconnected(String::new()))
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut reports = VecDeque::new();
    for chunk in bytes.chunks(LENGTH) {
        let mut report = Report::new([0; LENGTH]);
        report.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        reports.push_back(report);
    }
    let mut reader = Reader::default();
    for report in &reports {
        let Ok(Some(message)) = reader.take(report) else { continue };
        assert!(message.body.len() <= LONGEST);
        let mut again = Reader::default();
        let back = message.reports().expect("what was read is written");
        let back = back.iter().filter_map(|report| again.take(report).expect("and read again")).last();
        assert!(back.as_ref() == Some(&message));
    }
    let watch = Watch::new(Duration::from_secs(5));
    let Ok(mut trezor) = Trezor::open(Box::new(Says(reports)), Box::new(Unattended), watch) else { return };
    let path: DerivationPath = "m/48'/1'/0'/2'".parse().expect("a path");
    let _ = trezor.xpub(Network::Testnet, &path, true);
    let _ = trezor.fingerprint(Network::Testnet);
    let _ = trezor.eth_address(&"m/44'/60'/0'/0/0".parse().expect("a path"), true);
    let _ = trezor.about();
});
