//! Ledgers as they were recorded: every transcript is driven through the real client, in this process and against the strict
//! replayer on the other side of a socket; and pulled at every exchange.
//!
//! What is asked is told by the first command of a transcript, and with what by the JSON beside it, so that any other
//! transcript of the same kind is driven as well.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "device_ledger/flow.rs"]
mod flow;

use exchequer::device::link::player::{Player, Transcript};
use exchequer::device::link::speculos::SpeculosLink;
use exchequer::device::link::{Answer, ApduLink};
use exchequer::device::{DeviceError, Watch};
use flow::{Flow, Outcome};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/device/ledger");
const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");

fn flows_in(folder: &Path) -> Vec<Flow> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "apdu")).collect();
    files.sort();
    assert!(!files.is_empty(), "{folder:?} has no transcripts");
    files.iter().map(|path| Flow::read(path)).collect()
}

/// The project's own transcripts, and all others where they are.
fn flows() -> Vec<Flow> {
    let mut flows = flows_in(Path::new(FIXTURES));
    let shared = Path::new(SHARED).join("ledger");
    if shared.is_dir() {
        flows = flows_in(&shared);
    } else {
        println!("SKIPPED: {shared:?} is not there; only the project's own transcripts are driven");
    }
    flows
}

/// A player that is looked at from outside.
#[derive(Clone)]
struct Watched(Arc<Mutex<Player>>);

impl ApduLink for Watched {
    fn exchange(&mut self, apdu: &[u8], watch: &Watch) -> Result<Answer, DeviceError> {
        self.0.lock().unwrap().exchange(apdu, watch)
    }
}

fn play(flow: &Flow, psbt: usize) {
    let transcript = Transcript::read(&flow.transcript).unwrap();
    let mut player = Player::new(transcript);
    for name in flow.also() {
        let also = std::fs::read_to_string(Path::new(FIXTURES).join(name)).unwrap();
        player = player.also(&Transcript::read(&also).unwrap());
    }
    let player = Watched(Arc::new(Mutex::new(player)));
    let outcome = flow.run(Box::new(player.clone()), psbt);
    let left = if flow.earlier() { Transcript::read(&flow.transcript).unwrap().len() } else { 0 };
    assert_eq!(player.0.lock().unwrap().left(), left, "{}: not all of it was asked: {outcome:?}", flow.name);
    flow.judge(outcome);
}

#[test]
fn every_recorded_device_is_asked_as_it_was() {
    for flow in flows() {
        for psbt in 0..flow.forms() {
            play(&flow, psbt);
        }
    }
}

#[test]
fn every_recorded_device_behind_a_socket_is_asked_as_it_was() {
    let replayer = Path::new(SHARED).join("tools/replay_ledger.py");
    if !replayer.is_file() {
        println!("SKIPPED: {replayer:?} is not there");
        return;
    }
    for flow in flows() {
        if flow.unchecked() || flow.earlier() {
            println!("{}: in a form that is not spoken here; played in this process only", flow.name);
            continue;
        }
        let mut command = Command::new("python3");
        command.arg(&replayer).arg(&flow.path).args(["--port", "0", "--linger", "0.1"]);
        for name in flow.also() {
            command.arg("--also").arg(Path::new(FIXTURES).join(name));
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on tcp ").unwrap();
        let link = SpeculosLink::connect(address, &flow::watch()).unwrap();
        let outcome = flow.run(Box::new(link), 0);
        let output = child.wait_with_output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {outcome:?}: {complaint}", flow.name);
        flow.judge(outcome);
    }
}

/// How a device goes away in the middle of something.
#[derive(Clone, Copy)]
enum Pull {
    /// Before the command came.
    Unasked,
    /// After it came.
    Unanswered,
    /// In the middle of its answer.
    Halfway,
}

/// Plays the first exchanges of a transcript on a socket, and is pulled then.
fn pulled(listener: &TcpListener, transcript: Transcript, also: &[Transcript], after: usize, pull: Pull) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut player = Player::new(transcript);
    for also in also {
        player = player.also(also);
    }
    for count in 0.. {
        if count == after && matches!(pull, Pull::Unasked) {
            return;
        }
        let Some(apdu) = heard(&mut stream) else { return };
        let answer = player.exchange(&apdu, &flow::watch()).unwrap();
        let mut bytes = u32::try_from(answer.data.len()).unwrap().to_be_bytes().to_vec();
        bytes.extend(&answer.data);
        bytes.extend(answer.status.to_be_bytes());
        if count == after {
            if matches!(pull, Pull::Halfway) {
                stream.write_all(&bytes[..bytes.len() - 1]).unwrap();
            }
            return;
        }
        stream.write_all(&bytes).unwrap();
    }
}

fn heard(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut apdu = vec![0; u32::from_be_bytes(length) as usize];
    stream.read_exact(&mut apdu).ok()?;
    Some(apdu)
}

#[test]
fn a_device_that_is_pulled_at_any_exchange_is_gone_and_nothing_else() {
    for flow in flows_in(Path::new(FIXTURES)) {
        let transcript = Transcript::read(&flow.transcript).unwrap();
        if !flow.fine() {
            continue;
        }
        let also: Vec<Transcript> = flow
            .also()
            .iter()
            .map(|name| Transcript::read(&std::fs::read_to_string(Path::new(FIXTURES).join(name)).unwrap()).unwrap())
            .collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        for after in 0..transcript.len() {
            let pull = [Pull::Unasked, Pull::Unanswered, Pull::Halfway][after % 3];
            let (listener, transcript) = (listener.try_clone().unwrap(), transcript.clone());
            let also = also.clone();
            let device = std::thread::spawn(move || pulled(&listener, transcript, &also, after, pull));
            let link = SpeculosLink::connect(&address, &flow::watch()).unwrap();
            let outcome = flow.run(Box::new(link), 0);
            assert!(
                matches!(outcome, Err(DeviceError::Disconnected(_))),
                "{} pulled at {after}: {outcome:?}",
                flow.name
            );
            device.join().unwrap();
        }
    }
}

#[test]
fn a_question_that_nobody_answers_is_left_when_its_time_is_over_or_somebody_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let flow = Flow::read(&Path::new(FIXTURES).join("btc-xpub.apdu"));
    let limit = Duration::from_millis(150);
    let link = SpeculosLink::connect(&address, &flow::watch()).unwrap();
    assert_eq!(flow.run_watched(Box::new(link), 0, Watch::new(limit)).err(), Some(DeviceError::TimedOut(limit)));
    let watch = flow::watch();
    let other = watch.clone();
    let link = SpeculosLink::connect(&address, &watch).unwrap();
    let began = std::time::Instant::now();
    let canceller = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        other.cancel();
    });
    assert_eq!(flow.run_watched(Box::new(link), 0, watch).err(), Some(DeviceError::Cancelled));
    assert!(began.elapsed() < Duration::from_secs(3));
    canceller.join().unwrap();
}

#[test]
fn an_outcome_that_differs_is_seen() {
    let flow = Flow::read(&Path::new(FIXTURES).join("btc-xpub.apdu"));
    assert!(std::panic::catch_unwind(|| flow.judge(Ok(Outcome::Nothing))).is_err());
    assert!(std::panic::catch_unwind(|| flow.judge(Err(DeviceError::RefusedByUser))).is_err());
}
