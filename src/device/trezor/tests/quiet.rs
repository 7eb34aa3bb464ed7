//! A device that stops answering, wherever it is: the host says so, and nothing else.

use super::bench::{Played, Recording, recordings};
use super::play::{compare, run};
use crate::device::link::report::{Report, Reports};
use crate::device::trezor::transcript::Transcript;
use crate::device::{DeviceError, Watch};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Says nothing more, where a recording would say that it has ended.
struct Silent(Played);

impl Reports for Silent {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        self.0.put(report)
    }

    fn take(&mut self, watch: &Watch) -> Result<Report, DeviceError> {
        match self.0.take(watch) {
            Err(DeviceError::Disconnected(_)) => loop {
                std::thread::sleep(watch.check()?);
            },
            other => other,
        }
    }
}

/// The recording up to where the host waits for its device's message of that number; none where there is no such.
fn cut(recording: &Recording, answers: usize) -> Option<Played> {
    let lines: Vec<&str> = recording.wire.lines().filter(|line| !line.starts_with('#')).collect();
    let mut places = lines.iter().enumerate().filter(|(_, line)| line.starts_with("<=")).map(|(place, _)| place);
    let end = places.nth(answers)?;
    let transcript = Transcript::read(&lines[..end].join("\n")).unwrap();
    let also = recording.also();
    let transcript = also.iter().fold(transcript, |transcript, other| transcript.also(other).unwrap());
    Some(Played(Arc::new(Mutex::new(transcript))))
}

/// Whether the host had already said Cancel by then: it knows why, whatever the device says.
fn given_up(recording: &Recording, answers: usize) -> bool {
    let kinds = recording.kinds();
    let mut at = kinds.iter().enumerate().filter(|(_, (host, _))| !host).map(|(place, _)| place);
    at.nth(answers).is_some_and(|place| kinds[..place].contains(&(true, 20)))
}

#[test]
fn a_device_that_is_pulled_is_told_of() {
    let mut tried = 0;
    for recording in recordings() {
        for answers in 0.. {
            let Some(played) = cut(&recording, answers) else { break };
            let got = run(&recording, Box::new(played), Duration::from_secs(5));
            if given_up(&recording, answers) {
                compare(&recording, &got);
            } else {
                let error = got.expect_err(&recording.name());
                assert_eq!(error.code(), "device-disconnected", "{} at {answers}: {error}", recording.name());
            }
            tried += 1;
        }
    }
    assert!(tried > 100);
}

#[test]
fn a_device_that_says_nothing_is_not_waited_for() {
    // Some of each kind: every one of these waits for its time to be over.
    let few = recordings().into_iter().filter(|recording| recording.path.to_string_lossy().contains("fixtures"));
    let recordings: Vec<Recording> = few.collect();
    std::thread::scope(|scope| {
        for recording in &recordings {
            scope.spawn(move || {
                for answers in (0..).step_by(5) {
                    let Some(played) = cut(recording, answers) else { break };
                    if given_up(recording, answers) {
                        continue;
                    }
                    let got = run(recording, Box::new(Silent(played)), Duration::from_millis(60));
                    let error = got.expect_err(&recording.name());
                    // One of the recordings' users leaves by themselves.
                    let known = ["device-timeout", "device-cancelled"].contains(&error.code());
                    assert!(known, "{} at {answers}: {error}", recording.name());
                }
            });
        }
    });
}
