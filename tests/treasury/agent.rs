//! Across SSH, at 80x24 on both ends: the console's process on the server, the agent's on the laptop, and a socket forwarded
//! between them. The console shows the device's pages, the laptop reviews anew and is asked for a yes, and the device signs.

use super::devices::Vault;
use super::office::Desk;
use crate::pty::{Pty, read_to};
use portable_pty::CommandBuilder;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

const FULL: (u16, u16) = (80, 24);

/// A process of the program at a terminal, with a home of its own.
fn start(desk: &Desk, arguments: &[&str], variables: &[(&str, &Path)]) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_exchequer"));
    command.env_clear();
    for (name, value) in [("TERM", "xterm-256color"), ("LANG", "C.UTF-8"), ("PATH", "/usr/bin:/bin")] {
        command.env(name, value);
    }
    command.env("HOME", desk.path(""));
    variables.iter().for_each(|(name, value)| command.env(name, value));
    command.arg("--data-dir");
    command.arg(desk.data());
    command.args(arguments);
    command.cwd(desk.path(""));
    Pty::start(command, FULL)
}

/// What `ssh -R` does: whoever connects there is connected here.
fn forwarded(there: &Path, here: PathBuf) {
    let listener = UnixListener::bind(there).unwrap();
    thread::spawn(move || {
        for server in listener.incoming() {
            let (server, laptop) = (server.unwrap(), UnixStream::connect(&here).unwrap());
            let pump = |mut from: UnixStream, mut to: UnixStream| {
                thread::spawn(move || {
                    let mut bytes = [0; 4096];
                    while let Ok(read @ 1..) = from.read(&mut bytes) {
                        if to.write_all(&bytes[..read]).is_err() {
                            break;
                        }
                    }
                    let _ = to.shutdown(Shutdown::Write);
                })
            };
            pump(server.try_clone().unwrap(), laptop.try_clone().unwrap());
            pump(laptop, server);
        }
    });
}

#[test]
fn a_signature_crosses_ssh_after_a_yes_on_the_laptop() {
    let vault = Vault::new();
    let id = vault.propose();
    let (server, laptop) = (&vault.office.desks[0], Desk::new());
    let (agents, sock) = (laptop.path("agent.sock"), server.path("forwarded.sock"));
    let device = vault.ledger.place().to_string();
    let mut agent =
        start(&laptop, &["device", "agent", "--socket", agents.to_str().unwrap(), "--device", &device], &[]);
    agent.wait("the agent", |screen| agents.exists() && screen.contents().contains("serving"));
    forwarded(&sock, agents.clone());

    // Nobody is at that venue: the treasury does not need it.
    let variables =
        [("EXCHEQUER_DEVICE_SOCK", sock.as_path()), ("EXCHEQUER_KRAKEN_URL", Path::new("ws://127.0.0.1:9"))];
    let mut console = start(server, &["--venue", "kraken", "BTC/USD"], &variables);
    console.wait_for("3 Treasury");
    console.press("3");
    console.wait("the queue", |screen| screen.contents().contains("0 of 2"));
    console.press("D");
    console.wait_for("on the device of");
    for _ in 0..2 {
        if !console.shows(&vault.seats[0]) {
            console.press("\t");
            console.wait_for("on the device of");
        }
    }
    read_to(&mut console, "enter asks the device");
    console.press("\r");
    // The pages are here before anybody is asked there.
    console.wait_for("Compare page by page");
    console.wait_for("0.0015 TEST");
    agent.wait_for("Shall the device sign this");
    assert!(agent.shows("0.00150000"), "the laptop tells what is paid: {}", agent.terminal().screen().contents());
    assert_eq!(vault.seat(&id, 0), "awaiting_device");
    agent.press("yes\r");
    console.wait_for("signed on the device of");
    console.press("\r");
    console.wait_for("1 of 2");
    console.press("q");
    console.ended(0, "");
    assert_eq!(vault.seat(&id, 0), "approved");

    // A server in other hands: bytes that are no question end the connection, and the device is asked nothing.
    vault.ledger.shown();
    let mut stream = UnixStream::connect(&sock).unwrap();
    stream.write_all(&[0, 0, 0, 5, 0xe1, 5, 0, 0, 0]).unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(answer, b"");
    agent.wait_for("the connection was ended");
    // And a question that was tampered with is blocked by the laptop's own review.
    let wallet = std::fs::read_to_string(server.path("wallet.txt")).unwrap();
    server.does(&format!("proposal export {id} --bare -o honest.psbt"));
    let psbt = std::fs::read_to_string(server.path("honest.psbt")).unwrap();
    let mut packet = exchequer::treasury::bitcoin::psbt::Packet::read(psbt.trim().as_bytes()).unwrap();
    packet.psbt.inputs[0].witness_utxo.as_mut().unwrap().value -= bitcoin::Amount::ONE_SAT;
    let psbt = packet.base64(packet.version);
    let described = serde_json::json!({ "network": "regtest", "descriptors": [wallet], "name": "Cold", "hmac": null });
    let question = serde_json::json!({ "sign": { "wallet": described, "psbt": psbt } }).to_string();
    let mut stream = UnixStream::connect(&sock).unwrap();
    stream.write_all(&u32::try_from(question.len()).unwrap().to_be_bytes()).unwrap();
    stream.write_all(question.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer[4..]).unwrap();
    assert!(answer["blocked"].as_array().is_some_and(|codes| !codes.is_empty()), "{answer}");
    agent.wait_for("refused: this must not be signed");
    assert!(vault.ledger.shown().is_empty(), "nobody at the device was asked anything");
    server.verified();
}
