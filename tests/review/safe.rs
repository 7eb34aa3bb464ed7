//! A Safe transaction in a file: hashes, verdicts and exit codes, and what people and scripts are shown.

use super::shop::Home;
use serde_json::{Value, json};
use std::process::Output;

const TOKEN: &str = "0x4Da09676d70C8e1d1351e73046033d955eD26d91";
const CALL_ONLY: &str = "0x9641d764fc13c8B624c04430C7356C1C7C8102e2";
/// transfer(0x2361…5E8f, 1 000 000).
const TRANSFER: &str = "0xa9059cbb00000000000000000000000023618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f00000000000000000000000000000000000000000000000000000000000f4240";

fn transaction(to: &str, data: &str, operation: u8) -> Value {
    let zero = "0x0000000000000000000000000000000000000000";
    json!({
        "chainId": 1, "safe": "0xF71902B32C9854DB8d6f70Afa6Dcf685F7df8d79", "version": "1.4.1",
        "to": to, "value": "0", "data": data, "operation": operation, "safeTxGas": "0", "baseGas": 0, "gasPrice": "0",
        "gasToken": zero, "refundReceiver": zero, "nonce": "7",
    })
}

fn told(home: &Home, file: &Value) -> (Option<i32>, Value) {
    let output = home.run(&["-", "--json"], file.to_string().as_bytes());
    (output.status.code(), read(&output))
}

fn read(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
}

fn codes(told: &Value, list: &str) -> Vec<String> {
    told[list].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_clean_transfer_has_every_key_and_exits_with_0() {
    let home = Home::new();
    let (exit, told) = told(&home, &transaction(TOKEN, TRANSFER, 0));
    assert_eq!((exit, &told["verdict"]), (Some(0), &"clean".into()), "{told}");
    for key in ["domainHash", "messageHash", "safeTxHash"] {
        assert_eq!(told[key].as_str().unwrap().len(), 66, "{key}");
    }
    assert_eq!(told["calls"][0]["signature"], "transfer(address,uint256)");
    assert_eq!(told["calls"][0]["args"][1]["value"], "1000000");
    assert_eq!((codes(&told, "warnings"), codes(&told, "blocks")), (vec![], vec![]));
}

#[test]
fn t17_operation_1_exits_with_6_and_the_published_batch_does_not() {
    let home = Home::new();
    let (exit, found) = told(&home, &transaction(TOKEN, TRANSFER, 1));
    assert_eq!((exit, codes(&found, "blocks")), (Some(6), vec!["delegatecall".to_owned()]));
    let entry = |operation: u8| {
        let to = TOKEN.trim_start_matches("0x").to_lowercase();
        format!("{operation:02x}{to}{:064x}{:064x}{}", 0, 68, TRANSFER.trim_start_matches("0x"))
    };
    let batch = |list: String| {
        let length = list.len() / 2;
        let padding = "0".repeat((64 - list.len() % 64) % 64);
        transaction(CALL_ONLY, &format!("0x8d80ff0a{:064x}{length:064x}{list}{padding}", 32), 1)
    };
    let (exit, found) = told(&home, &batch(entry(0).repeat(200)));
    assert_eq!((exit, &found["verdict"]), (Some(0), &"clean".into()), "{:?}", found["warnings"]);
    assert_eq!(found["calls"][0]["calls"].as_array().unwrap().len(), 200);
    assert_eq!(found["totals"][0]["amount"], "200000000");
    let (exit, found) = told(&home, &batch(entry(0) + &entry(1)));
    assert_eq!(exit, Some(6));
    assert!(codes(&found, "blocks").contains(&"delegatecall-inner".to_owned()));
    let (exit, found) = told(&home, &batch(entry(0) + "00"));
    assert_eq!((exit, codes(&found, "blocks")), (Some(6), vec!["batch-form".to_owned()]));
}

#[test]
fn people_read_the_same_and_no_control_byte_comes_out() {
    let home = Home::new();
    let mut file = transaction(TOKEN, TRANSFER, 0);
    file["\u{1b}[2J\u{9b}31m\u{202e}"] = "\u{1b}]52;c;eA==\u{7}".into();
    let path = home.put("tx.json", file.to_string().as_bytes());
    for arguments in [&[path.as_str()][..], &[path.as_str(), "--json"]] {
        let output = home.run(arguments, b"");
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{text:?}");
        assert!(text.contains("unknown-fields"), "{text}");
    }
    let text = String::from_utf8(home.run(&[&path], b"").stdout).unwrap();
    let hash = read(&home.run(&[&path, "--json"], b""))["safeTxHash"].as_str().unwrap().to_owned();
    assert!(text.contains(&hash) && text.contains("Safe 1.4.1"), "{text}");
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let home = Home::new();
    let mut wrong = transaction(TOKEN, TRANSFER, 2);
    assert_eq!(told(&home, &wrong).0, Some(1));
    wrong["operation"] = 0.into();
    wrong["to"] = TOKEN.replace("4Da0", "4da0").into();
    let (exit, found) = told(&home, &wrong);
    assert_eq!((exit, &found["verdict"], &found["code"]), (Some(1), &Value::Null, &"file-checksum".into()));
    let unused = home.run(&["-", "--wallet", "w.txt"], transaction(TOKEN, TRANSFER, 0).to_string().as_bytes());
    assert_eq!(unused.status.code(), Some(2), "a Safe transaction needs no wallet");
    assert_eq!(home.run(&["-"], b"cHNidP8BAA==").status.code(), Some(2), "and a PSBT does");
}
