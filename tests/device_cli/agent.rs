//! Two processes: an agent beside the device, and whoever asks it through a socket.

use super::desk::{Home, Recording, failed, json, owned, signatures};
use exchequer::treasury::bitcoin::psbt::Packet;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

struct Agent {
    child: Child,
    socket: PathBuf,
    _home: Home,
}

impl Agent {
    /// Starts one, with what its user will type.
    fn start(recording: &Recording, typed: &str, once: bool) -> Self {
        let home = Home::new();
        let socket = home.path("agent.sock");
        let (place, device) = (socket.display().to_string(), recording.replay());
        let mut arguments = vec!["device", "agent", "--socket", &place, "--device", &device];
        if once {
            arguments.push("--once");
        }
        let mut command = home.command(&arguments);
        let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
        let began = Instant::now();
        while !socket.exists() {
            assert!(began.elapsed() < Duration::from_secs(20), "the agent does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o077, 0, "it is its user's alone");
        Self { child, socket, _home: home }
    }

    fn device(&self) -> String {
        format!("agent:{}", self.socket.display())
    }

    /// What stood on its screen, once it has ended.
    fn screen(mut self) -> String {
        let mut told = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(self.child.wait().unwrap().success(), "{told}");
        assert!(!self.socket.exists(), "the socket goes with the agent");
        told
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn recording() -> Recording {
    Recording::own("ledger/btc-sign-2of3-wsh.apdu")
}

#[test]
fn a_yes_at_the_agents_terminal_signs() {
    let (home, recording) = (Home::new(), recording());
    let agent = Agent::start(&recording, "yes\n", true);
    let output = home.sign(&agent.device(), &recording, recording.text("psbt_v0_base64"), &[]);
    assert_eq!(signatures(&json(&output)), recording.signatures());
    assert!(home.out().is_some());
    let screen = agent.screen();
    let letters: String = screen.split_whitespace().collect();
    assert!(letters.contains("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx"), "whom it pays: {screen}");
    assert!(screen.contains("Shall the device sign this"), "{screen}");
}

#[test]
fn anything_but_yes_is_a_refusal() {
    for typed in ["no\n", "", "y\n", "YES\n"] {
        let (home, recording) = (Home::new(), recording());
        let agent = Agent::start(&recording, typed, true);
        let output = home.sign(&agent.device(), &recording, recording.text("psbt_v0_base64"), &[]);
        assert_eq!(failed(&output), owned(5, "device-refused-by-user"), "{typed:?}");
        assert!(home.out().is_none());
        agent.screen();
    }
}

#[test]
fn the_agents_own_review_blocks_what_the_console_lets_through() {
    let (home, recording) = (Home::new(), recording());
    let mut packet = Packet::read(recording.text("psbt_v0_base64").as_bytes()).unwrap();
    packet.psbt.inputs.iter_mut().for_each(|input| input.non_witness_utxo = None);
    let agent = Agent::start(&recording, "yes\n", true);
    let output = home.sign(&agent.device(), &recording, &packet.base64(packet.version), &["--accept-unproven"]);
    assert_eq!(failed(&output), owned(6, "device-review-blocked"));
    assert!(home.out().is_none());
    let screen = agent.screen();
    assert!(screen.contains("refused: this must not be signed"), "{screen}");
    assert!(!screen.contains("Shall the device"), "nobody is asked: {screen}");
}

/// What a server in somebody else's hands may send: the protocol is spoken rightly, and the wallet or the transaction is
/// not what the treasury has.
#[test]
fn a_hostile_server_gets_no_signature_whatever_it_makes_up() {
    let recording = recording();
    let honest = Packet::read(recording.text("psbt_v0_base64").as_bytes()).unwrap();
    let base64 = |packet: &Packet| packet.base64(packet.version);
    // A coin's owner is made up: one of the wallet's keys is the server's.
    let own = "[73c5da0a/48'/1'/0'/2']tpubDFH9dgzveyD8zTbPUFuLrGmCydNvxehyNdUXKJAQN8x4aZ4j6UZqGfnqFrD4NqyaTVGKbvEW54tsvPTK2UoSbCC1PJY8iCNiwTL3RWZEheQ";
    let descriptor = recording.descriptor();
    let keys: Vec<&str> = descriptor.split(',').collect();
    let made_up = descriptor.replace(keys[1], &format!("{own}/<0;1>/*"));
    assert_ne!(made_up, descriptor);
    // The change goes elsewhere, and still says that it is the wallet's.
    let mut elsewhere = honest.clone();
    let change = elsewhere.psbt.outputs.iter().position(|output| !output.bip32_derivation.is_empty()).unwrap();
    elsewhere.psbt.unsigned_tx.output[change].script_pubkey =
        elsewhere.psbt.unsigned_tx.output[1 - change].script_pubkey.clone();
    // A coin is worth less than it says, so that the rest goes to whoever mines.
    let mut worth = honest.clone();
    worth.psbt.inputs[0].witness_utxo.as_mut().unwrap().value -= bitcoin::Amount::from_sat(1);
    for (what, descriptor, psbt) in [
        ("a wallet", &made_up, base64(&honest)),
        ("change", &descriptor, base64(&elsewhere)),
        ("an amount", &descriptor, base64(&worth)),
    ] {
        let agent = Agent::start(&recording, "yes\n", true);
        let wallet = serde_json::json!({
            "network": "testnet", "descriptors": [descriptor], "name": "Cold", "hmac": recording.told["wallet_hmac"],
        });
        let question = serde_json::json!({ "sign": { "wallet": wallet, "psbt": psbt } }).to_string();
        let mut stream = UnixStream::connect(&agent.socket).unwrap();
        stream.write_all(&u32::try_from(question.len()).unwrap().to_be_bytes()).unwrap();
        stream.write_all(question.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer: serde_json::Value = serde_json::from_slice(&answer[4..]).unwrap();
        let blocked = answer["blocked"].as_array().unwrap_or_else(|| panic!("{what}: {answer}"));
        assert!(!blocked.is_empty(), "{what}: {answer}");
        let screen = agent.screen();
        assert!(!screen.contains("Shall the device"), "nobody is asked about {what}: {screen}");
    }
}

#[test]
fn what_is_no_question_ends_the_connection() {
    let agent = Agent::start(&recording(), "yes\n", false);
    let json = |text: &str| [&u32::try_from(text.len()).unwrap().to_be_bytes()[..], text.as_bytes()].concat();
    let apdu = [0, 0, 0, 5, 0xe1, 5, 0, 0, 0].to_vec();
    let long = [&(9_u32 << 20).to_be_bytes()[..], b"{}"].concat();
    for bytes in
        [apdu, long, json(r#"{"apdu":"e105000000"}"#), json(r#"{"fingerprint":{"network":"testnet","apdu":""}}"#)]
    {
        let mut stream = UnixStream::connect(&agent.socket).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(&bytes).unwrap();
        let mut answer = Vec::new();
        // Either end may be the first to go.
        let _ = stream.read_to_end(&mut answer);
        assert_eq!(answer, b"", "{bytes:?}");
    }
    // And whoever asks something is answered still: the device was never asked for anything else.
    let home = Home::new();
    let mut command = home.command(&["device", "info", "--json"]);
    let output = command.env("EXCHEQUER_DEVICE_SOCK", &agent.socket).output().unwrap();
    assert_eq!(super::desk::json(&output)["app"]["name"], "Bitcoin Test");
}
