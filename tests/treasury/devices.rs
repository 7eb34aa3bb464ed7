//! A wallet of a Ledger's key, a Trezor's and a HOT one, signed by commands: proposals are approved on devices, and a PSBT
//! that comes as a file, as codes or as a paste is signed and goes back.

use super::office::{Office, STRANGER};
use crate::bench::{Bench, key};
use bitcoin::Network;
use exchequer::sim::device::TrezorModel;
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;
use std::sync::atomic::Ordering;

const PATH: &str = "48'/1'/0'/2'";

pub struct Vault {
    pub office: Office,
    pub ledger: Bench,
    pub trezor: Bench,
    /// The devices' fingerprints.
    pub seats: [String; 2],
}

impl Vault {
    pub fn new() -> Self {
        let (ledger, trezor) = (Bench::ledger(), Bench::trezor(TrezorModel::T));
        let (seats, keys): (Vec<String>, Vec<String>) = [&ledger, &trezor]
            .map(|bench| {
                let mut device = bench.open();
                let seat = device.fingerprint(Network::Regtest).unwrap().to_string();
                (seat, key(&mut *device, Network::Regtest, PATH))
            })
            .into_iter()
            .unzip();
        let rule = |own: &[String]| format!("wsh(sortedmulti(2,{},{},{}))", keys[0], keys[1], own[0]);
        let office = Office::with(1, &seats, rule);
        let vault = Self { office, ledger, trezor, seats: seats.try_into().unwrap() };
        vault.does(&format!("device register --wallet Cold --device {}", vault.ledger.place()));
        vault.office.fund(&[1_000_000]);
        vault
    }

    fn does(&self, arguments: &str) -> String {
        self.office.desks[0].does(arguments)
    }

    pub fn propose(&self) -> String {
        self.office.desks[0].proposed(&format!("propose pay Cold --to {STRANGER}=150000sat --fee-rate 3"))
    }

    /// Where a device's seat stands.
    pub fn seat(&self, id: &str, number: usize) -> String {
        let shown = self.office.desks[0].json(&format!("proposal show {id}"));
        let seats = shown["proposal"]["seats"].as_array().unwrap().iter();
        let mut states = seats.filter(|seat| seat["fingerprint"] == self.seats[number].as_str());
        states.next().unwrap_or_else(|| panic!("{shown}"))["state"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_proposal_is_approved_on_devices_by_commands() {
    let vault = Vault::new();
    let desk = &vault.office.desks[0];
    let id = vault.propose();
    let approve = |bench: &Bench| format!("proposal approve {id} --device {} --yes --accept-warnings", bench.place());

    vault.ledger.approves.store(false, Ordering::Relaxed);
    assert_eq!(desk.refused(&approve(&vault.ledger)), (5, "device-refused-by-user".into()));
    assert_eq!((vault.seat(&id, 0).as_str(), desk.state(&id).as_str()), ("failed", "proposed"));
    vault.ledger.approves.store(true, Ordering::Relaxed);
    assert_eq!(desk.json(&approve(&vault.ledger))["collected"], 1);
    assert_eq!(desk.refused(&approve(&vault.ledger)), (1, "already-approved".into()));

    // Nobody is at the Trezor: its seat waits, and can be asked again.
    vault.trezor.away.store(true, Ordering::Relaxed);
    assert_eq!(desk.refused(&format!("{} --wait 1", approve(&vault.trezor))), (3, "device-timeout".into()));
    assert_eq!(vault.seat(&id, 1), "awaiting_device");
    vault.trezor.away.store(false, Ordering::Relaxed);
    assert_eq!(desk.json(&approve(&vault.trezor))["state"], "ready");
    desk.broadcast(&id);
    assert_eq!(desk.state(&id), "executing");
    desk.verified();
}

#[test]
fn what_is_signed_elsewhere_goes_back_as_a_file_or_as_codes() {
    let vault = Vault::new();
    let desk = &vault.office.desks[0];
    let id = vault.propose();
    desk.does(&format!("proposal export {id} -o payment.psbt"));
    // The signer's own machine: nothing is stored there.
    let [ledger, trezor] = [&vault.ledger, &vault.trezor].map(|bench| bench.place().to_string());
    let registered = desk.json(&format!("device register --wallet wallet.txt --network regtest --device {ledger}"));
    let hmac = registered["hmac"].as_str().unwrap();
    let name = registered["name"].as_str().unwrap();
    let said = ["--network", "regtest", "--accept-warnings", "--yes"];
    let by_ledger = [
        &["sign", "payment.psbt", "--wallet", "wallet.txt", "-o", "by-ledger.psbt", "--device", &ledger],
        &["--hmac", hmac, "--policy-name", name][..],
        &said,
    ];
    let output = desk.command("").args(by_ledger.concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(desk.json(&format!("proposal combine {id} by-ledger.psbt"))["collected"], 1);

    // As a scanner types it: the codes in any order, one of them misread, one twice.
    let shown: Value = serde_json::from_str(&desk.does(&format!("proposal export {id} --qr bbqr --json"))).unwrap();
    let mut typed: Vec<&str> = shown["parts"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
    typed.reverse();
    typed.insert(1, "B$ZP0");
    typed.push(typed[0]);
    let arguments = format!("sign --wallet wallet.txt --qr bbqr --json --device {trezor} {}", said.join(" "));
    let mut child =
        desk.command(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It stops reading when the series is whole.
    let _ = child.stdin.take().unwrap().write_all(format!("{}\n", typed.join("\n")).as_bytes());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let parts: Vec<&str> = shown["parts"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
    std::fs::write(desk.path("by-trezor.txt"), parts.join("\n")).unwrap();
    assert_eq!(desk.json(&format!("proposal combine {id} by-trezor.txt"))["state"], "ready");

    // The HOT key signs a file, and only where somebody says so.
    let hot = "sign payment.psbt --wallet Cold --hot key0 --accept-warnings -o";
    assert_eq!(desk.refused(&format!("{hot} by-key.psbt")), (2, "not-confirmed".into()));
    desk.does(&format!("{hot} by-key.psbt --yes"));
    assert_eq!(desk.refused(&format!("{hot} by-key.psbt --yes")), (1, "output".into()));
    assert_eq!(desk.json(&format!("proposal combine {id} by-key.psbt"))["collected"], 3);
}
