//! Every recording, in this process and over a socket.

use super::bench::{Recording, recordings};
use super::play::{compare, inside, run};
use crate::device::Watch;
use crate::device::link::udp::Udp;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn every_recording_is_reproduced() {
    for recording in recordings() {
        let played = recording.transcript();
        let got = run(&recording, Box::new(played.clone()), LIMIT);
        compare(&recording, &got);
        assert!(played.finished(), "{}: it was not played to its end", recording.name());
    }
}

/// The strict stand-in beside the project, playing one recording.
struct Replayer {
    child: Child,
    /// Held so that it can say that all was played.
    _says: BufReader<ChildStdout>,
    address: String,
    _also: tempfile::TempDir,
}

impl Replayer {
    fn start(recording: &Recording) -> Option<Self> {
        let tool = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/tools/replay_trezor.py"));
        if !tool.is_file() {
            println!("SKIPPED: there is no {}", tool.display());
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("python3");
        command.arg(tool).args(["--port", "0", "--timeout", "20", "--linger", "0.02"]).arg(&recording.path);
        for (number, also) in recording.also().iter().enumerate() {
            let file = folder.path().join(format!("{number}.wire"));
            std::fs::write(&file, also).unwrap();
            command.arg("--also").arg(file);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        says.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().to_owned();
        Some(Self { child, _says: says, address, _also: folder })
    }
}

/// What can be asked through [`crate::device::Device`] is played over a socket in `tests/device_trezor.rs`.
#[test]
fn what_no_device_is_asked_is_reproduced_over_a_socket() {
    for recording in recordings().into_iter().filter(inside) {
        let Some(mut replayer) = Replayer::start(&recording) else { return };
        let link = Udp::open(&replayer.address, &Watch::new(LIMIT)).unwrap();
        let got = run(&recording, Box::new(link), LIMIT);
        compare(&recording, &got);
        let status = replayer.child.wait().unwrap();
        assert!(status.success(), "{}: the stand-in says {status}", recording.name());
    }
}
