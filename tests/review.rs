//! `exchequer review` as a script meets it: the JSON, the exit codes, and what people read, on PSBTs that devices signed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod review {
    mod devices;
    mod files;
    mod inputs;
    mod outputs;
    mod safe;
    pub mod shop;
}

use review::shop::Home;
use serde_json::Value;
use std::process::Output;

/// A recorded PSBT of a 2-of-3, and its wallet's descriptor.
fn recorded() -> (String, String) {
    let devices: Value = serde_json::from_str(include_str!("fixtures/bitcoin/devices.json")).unwrap();
    let device = devices.as_array().unwrap()[0].clone();
    (device["v0"].as_str().unwrap().to_owned(), device["descriptor"].as_str().unwrap().to_owned())
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

#[test]
fn a_clean_transaction_has_every_key_and_exits_with_0() {
    let home = Home::new();
    let (psbt, descriptor) = recorded();
    let (file, wallet) = (home.put("a.psbt", psbt.as_bytes()), home.put("w.txt", descriptor.as_bytes()));
    let output = home.run(&[&file, "--wallet", &wallet, "--json"], b"");
    let told = json(&output);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(output.stderr.is_empty());
    let keys: Vec<_> = told.as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys.len(), 9, "{keys:?}");
    assert_eq!((told["verdict"].as_str(), told["kind"].as_str()), (Some("clean"), Some("payment")));
    assert_eq!(told["outputs"][0]["address"], "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx");
    assert_eq!(
        (told["outputs"][0]["role"].as_str(), told["outputs"][0]["sat"].as_u64()),
        (Some("payment"), Some(150_000))
    );
    assert_eq!(
        (told["outputs"][1]["role"].as_str(), told["outputs"][1]["derivation"].as_str()),
        (Some("change"), Some("1/4"))
    );
    assert_eq!(told["outputs"][0]["derivation"], Value::Null);
    assert_eq!(
        (told["inputs"][0]["ours"].as_bool(), told["inputs"][0]["derivation"].as_str()),
        (Some(true), Some("0/0"))
    );
    assert_eq!((told["fee"]["sat"].as_u64(), told["fee"]["rate"].is_number()), (Some(1_500), true));
    assert_eq!((told["signatures"]["required"].as_u64(), told["signatures"]["valid"].as_u64()), (Some(2), Some(0)));
    let piped = home.run(&["-", "--wallet", &wallet, "--json", "--network", "regtest"], psbt.as_bytes());
    assert!(json(&piped)["outputs"][0]["address"].as_str().unwrap().starts_with("bcrt1q"));
}

#[test]
fn people_read_lines_that_fit_80_columns() {
    let home = Home::new();
    let (psbt, descriptor) = recorded();
    let (file, wallet) = (home.put("a.psbt", psbt.as_bytes()), home.put("w.txt", descriptor.as_bytes()));
    let output = home.run(&[&file, "--wallet", &wallet], b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    for part in ["change, ours 1/4", "tb1q w508 d6qe jxtd g4y5 r3za rvar y0c5 xw7k xpjz sx", "1500 sat", "clean"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_blocked_transaction_exits_with_6_and_an_unreadable_file_with_1() {
    let home = Home::new();
    let (psbt, descriptor) = recorded();
    let file = home.put("a.psbt", psbt.as_bytes());
    // Another rule for the same keys: nothing is this wallet's.
    let body = descriptor.split('#').next().unwrap().replace("sortedmulti(2", "sortedmulti(1");
    let other = home.put("o.txt", body.as_bytes());
    let output = home.run(&[&file, "--wallet", &other, "--json"], b"");
    assert_eq!(output.status.code(), Some(6));
    let told = json(&output);
    assert_eq!(told["verdict"], "block");
    assert!(told["blocks"].as_array().unwrap().iter().any(|block| block["code"] == "change-wrong-script"), "{told}");
    let wallet = home.put("w.txt", descriptor.as_bytes());
    for (psbt, wallet) in [("cHNidP8BAA==", &wallet), ("hello", &wallet), (psbt.as_str(), &file)] {
        let output = home.run(&["-", "--wallet", wallet, "--json"], psbt.as_bytes());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = json(&output);
        assert!(told["code"].is_string() && told["reason"].is_string(), "{told}");
    }
    let missing = home.run(&["nothing.psbt", "--wallet", &wallet, "--json"], b"");
    assert_eq!((missing.status.code(), json(&missing)["code"].as_str()), (Some(1), Some("file")));
    assert_eq!(home.run(&[&file, "--wallet", &wallet, "--network", "moon"], b"").status.code(), Some(2));
}
