//! A device that says anything at all: the host gives an error with a name, or what it can prove.

use super::bench::{Played, Recording, recordings};
use super::play::{Got, run};
use crate::device::link::report::{LENGTH, Report, Reports};
use crate::device::trezor::Trezor;
use crate::device::trezor::transcript::Transcript;
use crate::device::trezor::wire::Message;
use crate::device::{Device, DeviceError, Unattended, Watch};
use bitcoin::Network;
use bitcoin::hex::{DisplayHex, FromHex};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;
use zeroize::Zeroizing;

static RECORDINGS: LazyLock<Vec<Recording>> = LazyLock::new(|| {
    recordings().into_iter().filter(|recording| recording.path.to_string_lossy().contains("fixtures")).collect()
});

/// Plays a recording with one of the device's messages changed.
fn changed(
    recording: &Recording,
    which: usize,
    change: impl Fn(u16, Vec<u8>) -> (u16, Vec<u8>),
) -> Result<Got, DeviceError> {
    let mut lines: Vec<String> = recording.wire.lines().map(str::to_owned).collect();
    let answers: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].starts_with("<=")).collect();
    let at = answers[which % answers.len()];
    let words: Vec<&str> = lines[at].split(' ').collect();
    let body = Vec::from_hex(words[3]).unwrap_or_default();
    let (kind, body) = change(words[1].parse().unwrap(), body);
    let body = if body.is_empty() { "-".to_owned() } else { body.to_lower_hex_string() };
    lines[at] = format!("<= {kind} X {body}");
    let transcript = Transcript::read(&lines.join("\n")).unwrap();
    let also = recording.also();
    let transcript = also.iter().fold(transcript, |transcript, other| transcript.also(other).unwrap());
    run(recording, Box::new(Played(Arc::new(Mutex::new(transcript)))), Duration::from_secs(5))
}

/// What a changed device is believed is only what does not matter: a signature is still the same.
fn proved(recording: &Recording, got: &Result<Got, DeviceError>) {
    if matches!(got, Ok(Got::Signed(..) | Got::Ethereum(_))) {
        super::play::compare(recording, got);
    }
}

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 96 } else { 512 }))]

    #[test]
    fn a_changed_bit_is_not_believed(recording: prop::sample::Index, which: usize, at: usize, bit in 0..8_u32) {
        let recording = recording.get(&RECORDINGS);
        let got = changed(recording, which, |kind, mut body| {
            if !body.is_empty() {
                let at = at % body.len();
                body[at] ^= 1 << bit;
            }
            (kind, body)
        });
        proved(recording, &got);
    }

    #[test]
    fn any_reports_are_survived(reports in proptest::collection::vec(any::<[u8; 32]>(), 1..12), greets: bool) {
        let recording = &RECORDINGS[0];
        let features = recording.wire.lines().find(|line| line.starts_with("<= 17")).unwrap();
        let features = Vec::from_hex(features.rsplit(' ').next().unwrap()).unwrap();
        let greeting = Message { kind: 17, body: Zeroizing::new(features) };
        let mut waiting = VecDeque::from(if greets { greeting.reports().unwrap() } else { Vec::new() });
        waiting.extend(reports.iter().map(|bytes| {
            let mut report = Report::new([0; LENGTH]);
            report[..3].copy_from_slice(b"?##");
            // Short messages, so that bodies are read too.
            report[4] = bytes[0] % 72;
            report[8..40].copy_from_slice(bytes);
            report[8] %= 60;
            report
        }));
        let (watch, says) = (Watch::new(Duration::from_secs(5)), Box::new(Says(waiting)));
        if let Ok(mut trezor) = Trezor::open(says, Box::new(Unattended), watch) {
            let _ = trezor.xpub(Network::Testnet, &"m/48'/1'/0'/2'".parse().unwrap(), true);
            let _ = trezor.fingerprint(Network::Testnet);
            let _ = trezor.eth_address(&"m/44'/60'/0'/0/0".parse().unwrap(), true);
            let _ = trezor.about();
        }
    }

    #[test]
    fn any_message_in_place_of_another_is_survived(
        recording: prop::sample::Index,
        which: usize,
        kind in prop::sample::select(vec![2_u16, 3, 12, 17, 18, 21, 26, 30, 41, 57, 59, 66, 465, 467, 469, 999]),
        body in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let recording = recording.get(&RECORDINGS);
        let got = changed(recording, which, |_, _| (kind, body.clone()));
        proved(recording, &got);
    }
}

#[test]
fn recordings_that_are_none_are_refused() {
    for text in [
        "",
        "<= 17 Features -",
        "=> x Initialize -",
        "=> 0 Initialize 0",
        "=> 0",
        "-> 0 Initialize -",
        "=> 0 I - -",
        "=> 70000 I -",
    ] {
        assert!(Transcript::read(text).is_err(), "{text}");
    }
    let greeting = "# remark\n\n=> 0 Initialize -\n<= 17 Features -\n";
    assert!(Transcript::read(greeting).unwrap().finished());
    assert!(Transcript::read(greeting).unwrap().also(greeting).is_err());
}
