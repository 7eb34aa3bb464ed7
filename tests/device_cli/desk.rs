//! A home for the built program, recordings of devices, and the strict stand-ins that play them.

use exchequer::treasury::bitcoin::psbt::Packet;
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

pub const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/device");
const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared");

/// A recording of a device, and what is told beside it.
pub struct Recording {
    pub path: PathBuf,
    pub told: Value,
}

impl Recording {
    /// One of the project's own.
    pub fn own(name: &str) -> Self {
        Self::at(&Path::new(FIXTURES).join(name))
    }

    /// One of those beside the project; none, loudly, where they are not.
    pub fn beside(name: &str) -> Option<Self> {
        let (path, tools) = (Path::new(SHARED).join(name), Path::new(SHARED).join("tools"));
        let python = Command::new("python3").arg("--version").output().is_ok();
        if path.is_file() && tools.is_dir() && python {
            return Some(Self::at(&path));
        }
        println!("SKIPPED: {name}: there is no recording, no stand-in or no python3");
        None
    }

    fn at(path: &Path) -> Self {
        let told = fs::read_to_string(path.with_extension("json")).unwrap();
        Self { path: path.to_owned(), told: serde_json::from_str(&told).unwrap() }
    }

    pub fn replay(&self) -> String {
        format!("replay:{}", self.path.display())
    }

    pub fn text(&self, key: &str) -> &str {
        self.told[key].as_str().unwrap_or_else(|| panic!("{}: no {key}", self.path.display()))
    }

    pub fn descriptor(&self) -> String {
        if let Some(text) = self.told["descriptor"].as_str() {
            return text.to_owned();
        }
        let policy = &self.told["policy"];
        let mut descriptor = policy["descriptor_template"].as_str().unwrap().replace("/**", "/<0;1>/*");
        for (number, key) in policy["keys_info"].as_array().unwrap().iter().enumerate().rev() {
            descriptor = descriptor.replace(&format!("@{number}/"), &format!("{}/", key.as_str().unwrap()));
        }
        descriptor
    }

    /// How the device has the wallet, as the command line says it.
    pub fn held(&self) -> Vec<String> {
        let mut held = vec!["--network".to_owned(), "testnet".to_owned()];
        if let Some(hmac) = self.told["wallet_hmac"].as_str() {
            held.extend(["--hmac".to_owned(), hmac.to_owned()]);
        }
        if let Some(name) = self.told["policy"]["name"].as_str().filter(|name| !name.is_empty()) {
            held.extend(["--policy-name".to_owned(), name.to_owned()]);
        }
        held
    }

    /// Its signatures as a PSBT has them.
    pub fn signatures(&self) -> Vec<String> {
        let given = self.told["signatures"].as_array().unwrap().iter();
        let mut given: Vec<String> =
            given.map(|one| one["psbt_signature"].as_str().or(one["signature"].as_str()).unwrap().to_owned()).collect();
        given.sort();
        given
    }
}

/// A strict stand-in that plays a recording to whoever connects.
pub struct StandIn {
    child: Child,
    _says: BufReader<ChildStdout>,
    pub device: String,
}

impl StandIn {
    pub fn ledger(recording: &Recording, also: &[&str]) -> Self {
        let also: Vec<PathBuf> = also.iter().map(|name| Path::new(FIXTURES).join("ledger").join(name)).collect();
        Self::start("replay_ledger.py", "ledger:tcp:", &recording.path, &also)
    }

    pub fn trezor(recording: &Recording) -> Self {
        let folder = recording.path.parent().unwrap();
        let keys = ["xpub-48-testnet.wire", "xpub-84-testnet.wire", "xpub-86-testnet.wire"];
        let also: Vec<PathBuf> = keys
            .iter()
            .map(|name| folder.join(name))
            .filter(|path| *path != recording.path && path.is_file())
            .collect();
        Self::start("replay_trezor.py", "trezor:udp:", &recording.path, &also)
    }

    fn start(tool: &str, kind: &str, recording: &Path, also: &[PathBuf]) -> Self {
        let mut command = Command::new("python3");
        command.arg(Path::new(SHARED).join("tools").join(tool)).args(["--port", "0", "--linger", "0.1"]).arg(recording);
        for also in also {
            command.arg("--also").arg(also);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut says = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        says.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap();
        Self { child, device: format!("{kind}{address}"), _says: says }
    }

    /// That the whole recording was asked for, and nothing else.
    pub fn content(mut self) -> bool {
        self.child.wait().unwrap().success()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A home of its own for each test.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    pub fn put(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        name.to_owned()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        command.args(arguments).env_clear().env("HOME", self.0.path()).env("LANG", "C.UTF-8");
        command.stdin(Stdio::null()).current_dir(self.0.path());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// With something typed.
    pub fn typed(&self, arguments: &[&str], text: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Lets a device sign the PSBT that is recorded under a key.
    pub fn sign(&self, device: &str, recording: &Recording, psbt: &str, more: &[&str]) -> Output {
        let _ = fs::remove_file(self.path("out.psbt"));
        self.put("wallet.txt", &recording.descriptor());
        self.put("in.psbt", psbt);
        let held = recording.held();
        let mut arguments = vec!["device", "sign", "in.psbt", "-o", "out.psbt", "--wallet", "wallet.txt"];
        arguments.extend(["--json", "--device", device, "--wait", "20"]);
        arguments.extend(held.iter().map(String::as_str));
        arguments.extend(more);
        self.run(&arguments)
    }

    pub fn out(&self) -> Option<Packet> {
        fs::read(self.path("out.psbt")).ok().map(|bytes| Packet::read(&bytes).unwrap())
    }
}

/// What came on stdout, as JSON.
pub fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// How a command with `--json` failed: its exit code and the error's key.
pub fn failed(output: &Output) -> (i32, String) {
    let told = String::from_utf8_lossy(&output.stderr);
    let line = told.lines().rfind(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{told}"));
    let error: Value = serde_json::from_str(line).unwrap();
    let code = output.status.code().unwrap();
    assert_eq!(error["error"]["exit"], code, "{line}");
    (code, error["error"]["key"].as_str().unwrap().to_owned())
}

pub fn owned(code: i32, key: &str) -> (i32, String) {
    (code, key.to_owned())
}

/// The signatures that `device sign --json` tells.
pub fn signatures(told: &Value) -> Vec<String> {
    let listed = told["signatures"].as_array().unwrap().iter();
    let mut listed: Vec<String> = listed.map(|one| one["signature"].as_str().unwrap().to_owned()).collect();
    listed.sort();
    listed
}
