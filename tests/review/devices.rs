//! What real devices have signed: the recordings in `tests/fixtures/bitcoin/devices.json`.

use crate::review::shop::Home;
use serde_json::Value;

#[test]
fn the_signatures_of_real_devices_count_and_one_bit_less_does_not() {
    let devices: Value = serde_json::from_str(include_str!("../fixtures/bitcoin/devices.json")).unwrap();
    let home = Home::new();
    for device in devices.as_array().unwrap() {
        let name = &device["name"];
        let wallet = home.put("wallet.txt", device["descriptor"].as_str().unwrap().as_bytes());
        let mut psbt: bitcoin::Psbt = device["v0"].as_str().unwrap().parse().unwrap();
        let review = |psbt: &bitcoin::Psbt| -> (i32, Value) {
            let output = home.run(&["-", "--wallet", &wallet, "--json"], &psbt.serialize());
            (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
        };
        let before = review(&psbt).1["signatures"]["valid"].as_u64().unwrap();
        for signed in device["signatures"].as_array().unwrap() {
            put(&mut psbt, signed, 0);
        }
        let (exit, told) = review(&psbt);
        assert_eq!((exit, told["txid"].as_str()), (0, device["txid"].as_str()), "{name}: {told}");
        let by = told["signatures"]["by"].as_array().unwrap();
        assert_eq!(told["signatures"]["valid"], by.len(), "{name}");
        assert_eq!(by.len() as u64, before + 1, "{name}: {told}");
        let fingerprint = if name.as_str().unwrap().starts_with("trezor") { "5c9e228d" } else { "f5acc2fd" };
        assert!(by.iter().any(|key| key == fingerprint), "{name}: {told}");
        put(&mut psbt, &device["signatures"][0], 1);
        let (exit, told) = review(&psbt);
        assert_eq!((exit, &told["blocks"][0]["code"]), (6, &"signature-stray".into()), "{name}");
        assert_eq!(told["signatures"]["valid"], before, "{name}");
    }
}

/// Puts a recorded signature into a PSBT, with a bit of it changed.
fn put(psbt: &mut bitcoin::Psbt, signed: &Value, flip: u8) {
    use bitcoin::hex::FromHex;
    let input = &mut psbt.inputs[usize::try_from(signed["input"].as_u64().unwrap()).unwrap()];
    let key = signed["key"].as_str().unwrap();
    let mut bytes = Vec::from_hex(signed["signature"].as_str().unwrap()).unwrap();
    bytes[20] ^= flip;
    if key.len() == 64 {
        input.tap_key_sig = Some(bitcoin::taproot::Signature::from_slice(&bytes).unwrap());
    } else {
        let signature = bitcoin::ecdsa::Signature::from_slice(&bytes).unwrap();
        input.partial_sigs.insert(key.parse().unwrap(), signature);
    }
}
