//! An office for tests: desks with folders of their own, their HOT keys, one wallet of all of them, and a simulated chain.

use exchequer::sim::{ChainServer, ChainSettings};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A desk: a data folder, and whatever its commands say.
pub struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(desk.path("passphrase"), "correct horse\n").unwrap();
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// A command of this desk.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_exchequer"));
        command.arg("--data-dir").arg(self.data()).arg("--config").arg(self.path("none.toml"));
        std::fs::write(self.path("none.toml"), "").unwrap();
        command.args(arguments.split_whitespace());
        command.env("EXCHEQUER_HOT_PASSPHRASE_FILE", self.path("passphrase")).env_remove("EXCHEQUER_DATA_DIR");
        command.current_dir(self.folder.path()).stdin(std::process::Stdio::null());
        command
    }

    pub fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command says that has to succeed.
    pub fn does(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments}: {told}\n{}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The same as JSON.
    pub fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.does(&format!("{arguments} --json"))).unwrap()
    }

    /// The exit code and the key of a command that has to fail.
    pub fn refused(&self, arguments: &str) -> (i32, String) {
        let output = self.run(&format!("{arguments} --json"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments} went through");
        let last = told.lines().last().unwrap_or_default();
        let said: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{arguments}: {told}"));
        (output.status.code().unwrap(), said["error"]["key"].as_str().unwrap().to_owned())
    }

    /// The id of what a command proposes.
    pub fn proposed(&self, arguments: &str) -> String {
        self.json(arguments)["proposal"]["id"].as_str().unwrap().to_owned()
    }

    /// Signs a proposal with a HOT key.
    pub fn approve(&self, id: &str, key: &str) {
        self.does(&format!("proposal approve {id} --hot {key} --yes --accept-warnings"));
    }

    /// Gives a proposal to the chain.
    pub fn broadcast(&self, id: &str) {
        self.does(&format!("proposal broadcast {id} --yes --accept-warnings"));
    }

    /// How many entries the journal has.
    pub fn entries(&self) -> u64 {
        self.json("journal verify")["entries"].as_u64().unwrap()
    }

    /// Where a proposal stands.
    pub fn state(&self, id: &str) -> String {
        self.json(&format!("proposal show {id}"))["proposal"]["state"].as_str().unwrap().to_owned()
    }

    pub fn verified(&self) {
        self.does("journal verify");
    }
}

/// Several desks, and a wallet that their keys share.
pub struct Office {
    pub desks: Vec<Desk>,
    pub chain: ChainServer,
    /// The keys' fingerprints.
    pub keys: Vec<String>,
    _runtime: tokio::runtime::Runtime,
}

impl Office {
    /// A wallet of so many of the keys of so many desks, watched by every desk and armed at the first.
    pub fn new(required: usize, of: usize) -> Self {
        Self::of(of, |keys| format!("wsh(sortedmulti({required},{}))", keys.join(",")))
    }

    /// A wallet of a rule that is made of the keys of so many desks, each with its two rows.
    pub fn of(of: usize, rule: impl FnOnce(&[String]) -> String) -> Self {
        Self::with(of, &[], rule)
    }

    /// The same, with seats that are not HOT keys: their fingerprints.
    pub fn with(of: usize, others: &[String], rule: impl FnOnce(&[String]) -> String) -> Self {
        let settings = ChainSettings::default();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let chain = runtime.block_on(ChainServer::start(settings)).unwrap();
        chain.mine(110);
        let desks: Vec<Desk> = (0..of).map(|_| Desk::new()).collect();
        let (mut keys, mut parts) = (Vec::new(), Vec::new());
        for (number, desk) in desks.iter().enumerate() {
            let made = desk.json(&format!("hot create key{number} --network regtest --words words.txt"));
            keys.push(made["fingerprint"].as_str().unwrap().to_owned());
            let shown = desk.json(&format!("hot show key{number} --standard wsh"));
            parts.push(format!("{}/<0;1>/*", shown["key"].as_str().unwrap()));
        }
        let text = rule(&parts);
        for desk in &desks {
            std::fs::write(desk.path("wallet.txt"), &text).unwrap();
            desk.does("wallet import wallet.txt --name Cold --network regtest");
        }
        keys.extend_from_slice(others);
        let office = Self { desks, chain, keys, _runtime: runtime };
        office.arm(0);
        office
    }

    /// Every cosigner reads the first address to this desk.
    pub fn arm(&self, desk: usize) {
        let desk = &self.desks[desk];
        let first = desk.json("wallet show Cold")["first_address"].as_str().unwrap().to_owned();
        for key in &self.keys {
            desk.does(&format!("wallet confirm Cold --seat {key} --address {first}"));
        }
        assert_eq!(desk.json("wallet show Cold")["armed"], true);
    }

    /// The first desk's wallet gets coins, and knows it.
    pub fn fund(&self, coins: &[u64]) {
        for sat in coins {
            let address = self.desks[0].json("wallet address Cold")["address"].as_str().unwrap().to_owned();
            let address: bitcoin::Address<bitcoin::address::NetworkUnchecked> = address.parse().unwrap();
            let script = address.assume_checked().script_pubkey();
            self.chain.faucet(script, bitcoin::Amount::from_sat(*sat)).unwrap();
        }
        self.chain.mine(1);
        self.desks[0].does(&format!("wallet sync Cold --chain {}", self.chain.source()));
    }

    /// Copies a file from one desk to another.
    pub fn carry(&self, from: usize, to: usize, name: &str) {
        std::fs::copy(self.desks[from].path(name), self.desks[to].path(name)).unwrap();
    }
}

/// An address that is none of the wallet's.
pub const STRANGER: &str = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

/// The bytes of a file.
pub fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}
