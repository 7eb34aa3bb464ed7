//! `exchequer device …` as a shell meets it: the built program against recorded devices, behind sockets and in files.
//!
//! The recordings beside the project are played by their strict stand-ins where both are; the project's own, by the program
//! itself, everywhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[path = "device_cli/agent.rs"]
mod agent;
#[path = "device_cli/desk.rs"]
mod desk;
#[path = "device_cli/simulated.rs"]
mod simulated;

use desk::{Home, Recording, StandIn, failed, json, owned, signatures};
use exchequer::treasury::bitcoin::psbt::Packet;
use std::fs;

const BITCOIN: [&str; 1] = ["btc-app-version.apdu"];
const ETHEREUM: [&str; 2] = ["eth-app-version.apdu", "eth-app-config-default.apdu"];
const ETHEREUM_BLIND: [&str; 2] = ["eth-app-version.apdu", "eth-app-config-blind.apdu"];
const NOWHERE: &str = "ledger:tcp:127.0.0.1:1";

fn signed(home: &Home, device: &str, recording: &Recording, psbt: &str) {
    let output = home.sign(device, recording, psbt, &["--accept-unproven"]);
    let told = json(&output);
    assert_eq!(signatures(&told), recording.signatures(), "{}", recording.path.display());
    assert_eq!(told["txid"], recording.text("unsigned_txid"));
    let (given, out) = (Packet::read(psbt.as_bytes()).unwrap(), home.out().unwrap());
    assert_eq!(out.version, given.version, "it comes back in the version that it came in");
    assert_ne!(out.psbt, given.psbt);
}

#[test]
fn recorded_ledgers_sign_what_they_signed() {
    let home = Home::new();
    for name in ["2of3-wsh", "3of5-wsh", "2of3-wsh-second-signer", "2of3-wsh-no-prevtx"] {
        let Some(recording) = Recording::beside(&format!("ledger/btc-sign-{name}.apdu")) else { return };
        for form in ["psbt_v0_base64", "psbt_v2_base64"] {
            let device = StandIn::ledger(&recording, &BITCOIN);
            signed(&home, &device.device, &recording, recording.text(form));
            assert!(device.content(), "{name}");
        }
    }
    for name in ["tr", "wpkh"] {
        let recording = Recording::beside(&format!("ledger/btc-{name}-sign.apdu")).unwrap();
        let device = StandIn::ledger(&recording, &BITCOIN);
        signed(&home, &device.device, &recording, recording.text("psbt_v0_base64"));
        assert!(device.content(), "{name}");
    }
}

#[test]
fn recorded_trezors_sign_what_they_signed() {
    let home = Home::new();
    for model in ["T1B1", "T2T1"] {
        for name in ["2of3-wsh", "3of5-wsh", "2of3-wsh-second-signer", "tr", "wpkh"] {
            let Some(recording) = Recording::beside(&format!("trezor/{model}/sign-{name}.wire")) else { return };
            let device = StandIn::trezor(&recording);
            signed(&home, &device.device, &recording, recording.text("psbt_v0_base64"));
            assert!(device.content(), "{model} {name}");
        }
        let recording = Recording::beside(&format!("trezor/{model}/sign-2of3-wsh-rejected.wire")).unwrap();
        let device = StandIn::trezor(&recording);
        let output = home.sign(&device.device, &recording, recording.text("psbt_v0_base64"), &[]);
        assert_eq!(failed(&output), owned(5, "device-refused-by-user"));
        assert!(home.out().is_none() && device.content());
    }
}

#[test]
fn the_projects_own_recordings_are_signed_without_a_socket() {
    let home = Home::new();
    for name in ["ledger/btc-sign-2of3-wsh.apdu", "ledger/btc-tr-sign.apdu"] {
        let recording = Recording::own(name);
        signed(&home, &recording.replay(), &recording, recording.text("psbt_v0_base64"));
        signed(&home, &recording.replay(), &recording, recording.text("psbt_v2_base64"));
    }
}

#[test]
fn what_is_refused_exits_with_its_code_and_writes_nothing() {
    let home = Home::new();
    let recording = Recording::own("ledger/btc-sign-bad-hmac.apdu");
    let output = home.sign(&recording.replay(), &recording, recording.text("psbt_v0_base64"), &[]);
    assert_eq!(failed(&output), owned(3, "device-bad-proof"));
    assert!(home.out().is_none() && output.stdout.is_empty());

    // The review blocks it before the device is even looked for.
    let recording = Recording::own("ledger/btc-sign-2of3-wsh.apdu");
    let mut packet = Packet::read(recording.text("psbt_v0_base64").as_bytes()).unwrap();
    packet.psbt.inputs.iter_mut().for_each(|input| input.non_witness_utxo = None);
    let unproved = packet.base64(packet.version);
    let output = home.sign(NOWHERE, &recording, &unproved, &[]);
    assert_eq!(failed(&output), owned(6, "review-blocked"));
    let output = home.sign(NOWHERE, &recording, &unproved, &["--accept-unproven"]);
    assert_eq!(failed(&output).0, 3, "there is no device");
    assert!(home.out().is_none());

    // One byte of one signature.
    let text = fs::read_to_string(&recording.path).unwrap();
    let signature = text.lines().find(|line| line.starts_with("<= 1000")).unwrap();
    let other = signature.replacen("d46ebd1d", "d46ebd1e", 1);
    assert_ne!(signature, other);
    home.put("tampered.apdu", &text.replace(signature, &other));
    let output = home.sign("replay:tampered.apdu", &recording, recording.text("psbt_v0_base64"), &[]);
    assert_eq!(failed(&output), owned(6, "device-bad-signature"));
    assert!(home.out().is_none());

    // Nobody signs for a file that is there already.
    home.sign(NOWHERE, &recording, recording.text("psbt_v0_base64"), &[]);
    home.put("out.psbt", "mine");
    let taken = home.run(&[
        "device",
        "sign",
        "in.psbt",
        "-o",
        "out.psbt",
        "--wallet",
        "wallet.txt",
        "--network",
        "testnet",
        "--device",
        NOWHERE,
        "--json",
    ]);
    assert_eq!(failed(&taken), owned(1, "output"));
    assert_eq!(fs::read_to_string(home.path("out.psbt")).unwrap(), "mine");
}

#[test]
fn a_signer_reads_on_the_screen_here_what_the_device_will_show() {
    let home = Home::new();
    let recording = Recording::own("ledger/btc-sign-2of3-wsh.apdu");
    home.put("wallet.txt", &recording.descriptor());
    home.put("in.psbt", recording.text("psbt_v0_base64"));
    let (device, held) = (recording.replay(), recording.held());
    let mut arguments =
        vec!["device", "sign", "in.psbt", "-o", "out.psbt", "--wallet", "wallet.txt", "--device", &device];
    arguments.extend(held.iter().map(String::as_str));
    let output = home.run(&arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let places: Vec<usize> = ["the device will show:", "Treasury 2of3", "0.0015 TEST", "Fees", "Sign transaction"]
        .iter()
        .map(|text| told.rfind(text).unwrap_or_else(|| panic!("{text}: {told}")))
        .collect();
    assert!(places.is_sorted(), "{told}");
    assert!(home.out().is_some());
}

#[test]
fn what_a_device_will_show_for_ethereum_is_read_here_first() {
    let home = Home::new();
    let recording = Recording::own("trezor/T2T1/eth-712-safetx.wire");
    home.put("typed.json", &recording.told["typed_data"].to_string());
    let (device, account) = (recording.replay(), recording.text("expected_address"));
    let sign = ["device", "eth-sign", "--typed-data", "typed.json", "--account", account, "--device", &device];
    let output = home.run(&sign);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    let pages = ["the device will show:", "Confirm domain", " +SafeTx", "Confirm message hash", "Confirm typed data"];
    let places: Vec<usize> =
        pages.iter().map(|text| told.rfind(text).unwrap_or_else(|| panic!("{text}: {told}"))).collect();
    assert!(places.is_sorted(), "{told}");
    let recording = Recording::own("trezor/T2T1/eth-address-shown.wire");
    let (device, account) = (recording.replay(), recording.text("address"));
    let address = ["device", "eth-address", "--show", "--device", &device, "--account"];
    let output = home.run(&[&address[..], &[account]].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("Receive address"), "{told}");
    let other = "0x0000000000000000000000000000000000000001";
    let output = home.run(&[&address[..], &[other, "--json"]].concat());
    assert_eq!(failed(&output), owned(3, "device-wrong-account"));
}

#[test]
fn ledgers_are_asked_and_answer_or_say_what_is_missing() {
    let home = Home::new();
    let ask = |name: &str, also: &[&str], arguments: &[&str]| {
        let recording = Recording::beside(&format!("ledger/{name}.apdu"))?;
        let device = StandIn::ledger(&recording, also);
        let arguments = [arguments, &["--json", "--wait", "20", "--device", &device.device]].concat();
        let output = home.run(&arguments);
        Some((recording, output))
    };
    let xpub = ["device", "xpub", "m/48'/1'/0'/2'"];
    let Some((recording, output)) = ask("btc-xpub", &BITCOIN, &xpub) else { return };
    assert_eq!(json(&output)["xpub"], recording.text("xpub"));
    let (_, output) = ask("btc-xpub-rejected", &BITCOIN, &[&xpub[..], &["--show"]].concat()).unwrap();
    assert_eq!(failed(&output), owned(5, "device-refused-by-user"));
    let (_, output) = ask("btc-app-version", &BITCOIN, &["device", "xpub", "m/48'/0'/0'/2'"]).unwrap();
    assert_eq!(failed(&output), owned(3, "device-wrong-app"), "the network of the path needs another app");
    let (_, output) = ask("btc-app-version", &BITCOIN, &["device", "info"]).unwrap();
    assert_eq!(json(&output)["app"]["name"], "Bitcoin Test");
    let (_, output) = ask("btc-app-version", &BITCOIN, &["device", "eth-address"]).unwrap();
    assert_eq!(failed(&output), owned(3, "device-wrong-app"));

    let address = Recording::own("ledger/btc-address-2of3.apdu");
    home.put("wallet.txt", &address.descriptor());
    let held = address.held();
    let wallet = [&["--wallet", "wallet.txt"][..], &held.iter().map(String::as_str).collect::<Vec<_>>()].concat();
    let (recording, output) =
        ask("btc-address-2of3", &BITCOIN, &[&["device", "address"], &wallet[..]].concat()).unwrap();
    assert_eq!(json(&output)["address"], recording.text("address"));
    let (_, output) =
        ask("btc-address-2of3-rejected", &BITCOIN, &[&["device", "address"], &wallet[..]].concat()).unwrap();
    assert_eq!(failed(&output), owned(5, "device-refused-by-user"));
    let new =
        ["device", "register", "--wallet", "wallet.txt", "--network", "testnet", "--policy-name", "Treasury 2of3"];
    let (recording, output) = ask("btc-register-2of3-wsh-checked", &BITCOIN, &new).unwrap();
    let told = json(&output);
    assert_eq!((&told["hmac"], &told["policy_id"]), (&recording.told["wallet_hmac"], &recording.told["wallet_id"]));
    let (_, output) = ask("btc-register-rejected", &BITCOIN, &new).unwrap();
    assert_eq!(failed(&output), owned(5, "device-refused-by-user"));

    let (recording, output) = ask("eth-address-display", &ETHEREUM, &["device", "eth-address", "--show"]).unwrap();
    assert_eq!(json(&output)["address"], recording.text("address"));
    for (name, also, mode, refused) in [
        ("eth-eip712-full", &ETHEREUM, "full", None),
        ("eth-eip712-hashes", &ETHEREUM_BLIND, "hashes", None),
        ("eth-eip712-full-rejected", &ETHEREUM, "full", Some((5, "device-refused-by-user"))),
        ("eth-blind-signing-disabled", &ETHEREUM, "hashes", Some((3, "device-setting"))),
    ] {
        let data = Recording::own("ledger/eth-eip712-full.apdu");
        home.put("typed.json", &data.told["typed_data"].to_string());
        let account = data.text("expected_address").to_owned();
        let arguments = ["device", "eth-sign", "--typed-data", "typed.json", "--mode", mode, "--account", &account];
        let (recording, output) = ask(name, also, &arguments).unwrap();
        match refused {
            Some((exit, key)) => assert_eq!(failed(&output), owned(exit, key), "{name}"),
            None => {
                let told = json(&output);
                assert_eq!(told["r"], recording.told["signature"]["r"], "{name}");
                assert_eq!(told["hash"], format!("0x{}", recording.text("safe_tx_hash")));
            }
        }
    }
    let other = "0x0000000000000000000000000000000000000001";
    let text = ["device", "eth-sign", "--message", "Treasury handover 2026", "--account"];
    let (_, output) = ask("eth-personal-message", &ETHEREUM, &[&text[..], &[other]].concat()).unwrap();
    assert_eq!(failed(&output), owned(6, "device-bad-signature"), "it is another account's");
    let data = Recording::own("ledger/eth-sign-tx-eip1559.apdu");
    home.put("tx.hex", data.text("unsigned_rlp"));
    let account = data.text("expected_address");
    let transaction = ["device", "eth-sign", "--transaction", "tx.hex", "--account", account];
    let (recording, output) = ask("eth-sign-tx-eip1559", &ETHEREUM, &transaction).unwrap();
    assert_eq!(json(&output)["s"], recording.told["signature"]["s"]);
}

#[test]
fn trezors_are_asked_and_answer_or_say_what_is_missing() {
    let home = Home::new();
    let xpub = ["device", "xpub", "m/48'/1'/0'/2'"];
    let one = Recording::own("trezor/T1B1/pin-xpub.wire");
    let device = one.replay();
    let arguments = [&xpub[..], &["--json", "--device", &device]].concat();
    let output = home.typed(&arguments, &format!("{}\n", one.text("pin_positions_sent")));
    assert_eq!(json(&output)["xpub"], one.text("xpub"));
    let secret = Recording::own("trezor/T2T1/passphrase-xpub.wire");
    home.put("secret", &format!("{}\n", secret.text("passphrase")));
    let device = secret.replay();
    let mut command = home.command(&[&xpub[..], &["--json", "--device", &device]].concat());
    let output = command.env("EXCHEQUER_DEVICE_PASSPHRASE_FILE", home.path("secret")).output().unwrap();
    assert_eq!(json(&output)["xpub"], secret.text("xpub"));
    let features = Recording::own("trezor/T1B1/features.wire");
    let told = json(&home.run(&["device", "info", "--json", "--device", &features.replay()]));
    assert_eq!((told["model"].as_str(), told["initialised"].as_bool()), (Some("Trezor One"), Some(true)));

    let typed = Recording::own("trezor/T2T1/eth-712-safetx.wire");
    home.put("typed.json", &typed.told["typed_data"].to_string());
    let account = typed.text("expected_address").to_owned();
    for (name, mode, refused) in [
        ("T2T1/eth-712-safetx", "full", None),
        ("T1B1/eth-712-hash-safetx", "hashes", None),
        ("T2T1/features", "hashes", Some((3, "device-unsupported"))),
        ("T1B1/features", "full", Some((3, "device-unsupported"))),
    ] {
        let recording = Recording::own(&format!("trezor/{name}.wire"));
        let device = recording.replay();
        let output = home.run(&[
            "device",
            "eth-sign",
            "--typed-data",
            "typed.json",
            "--mode",
            mode,
            "--account",
            &account,
            "--json",
            "--device",
            &device,
        ]);
        match refused {
            Some((exit, key)) => assert_eq!(failed(&output), owned(exit, key), "{name}"),
            None => assert_eq!(json(&output)["r"], recording.told["signature"]["r"], "{name}"),
        }
    }
    for (name, expected) in [("T2T1/address-2of3", None), ("T1B1/address-2of3-rejected", Some(5))] {
        let Some(recording) = Recording::beside(&format!("trezor/{name}.wire")) else { return };
        home.put("wallet.txt", &recording.descriptor());
        let device = StandIn::trezor(&recording);
        let output = home.run(&[
            "device",
            "address",
            "--wallet",
            "wallet.txt",
            "--network",
            "testnet",
            "--json",
            "--device",
            &device.device,
        ]);
        match expected {
            None => assert_eq!(json(&output)["address"], recording.text("address")),
            Some(exit) => assert_eq!(failed(&output), owned(exit, "device-refused-by-user")),
        }
    }
}

#[test]
fn a_locked_device_and_a_missing_one_are_device_trouble() {
    let home = Home::new();
    home.put("locked.apdu", "=> b001000000\n<= 5515\n");
    let output = home.run(&["device", "info", "--device", "replay:locked.apdu", "--json"]);
    assert_eq!(failed(&output), owned(3, "device-locked"));
    let output = home.run(&["device", "info", "--device", "replay:nothing.apdu", "--json"]);
    assert_eq!(failed(&output), owned(3, "device-not-found"));
    let output = home.run(&["device", "info", "--device", "nonsense", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    // Without a name: the agent's socket where the variable tells it.
    let output = home.command(&["device", "info", "--json"]).env("EXCHEQUER_DEVICE_SOCK", "no.sock").output().unwrap();
    assert_eq!(failed(&output), owned(3, "device-not-found"));
}

#[test]
fn logs_hold_nothing_of_what_was_signed() {
    let home = Home::new();
    let recording = Recording::own("ledger/btc-sign-2of3-wsh.apdu");
    let psbt = recording.text("psbt_v0_base64");
    let output = home.sign(&recording.replay(), &recording, psbt, &["-vv"]);
    json(&output);
    let log = fs::read_to_string(home.path(".local/state/exchequer/exchequer.log")).unwrap();
    assert!(log.contains("started"), "{log}");
    let wallet = recording.descriptor();
    let mut secrets: Vec<String> = wallet.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect();
    secrets.extend(recording.signatures());
    secrets.push(recording.text("wallet_hmac").to_owned());
    secrets.push("tb1q".to_owned());
    secrets.push(psbt[..40].to_owned());
    secrets.push(psbt[psbt.len() / 2..][..40].to_owned());
    let transcript = fs::read_to_string(&recording.path).unwrap();
    secrets.extend(transcript.lines().filter(|line| !line.starts_with('#')).map(|line| line[3..].to_owned()));
    // Words that are shorter say nothing.
    for secret in secrets.iter().filter(|secret| secret.len() >= 8 || *secret == "tb1q") {
        assert!(!log.contains(&secret[..secret.len().min(40)]), "{secret} is in the log");
    }
}
