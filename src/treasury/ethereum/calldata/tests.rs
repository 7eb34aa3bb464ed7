//! Calldata as encoders, contracts and attackers write it; the vectors were agreed on with real tokens and Safes.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use serde_json::Value;

/// Calldata, and what it does on a chain.
fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/safe/calldata.json")).unwrap()
}

fn meaning(case: &Value) -> Meaning {
    let data: Bytes = case["data"].as_str().unwrap().parse().unwrap();
    read(&data, &Abis::default())
}

#[test]
fn tokens_are_decoded_as_encoders_wrote_them_and_nothing_else_is_called_decoded() {
    let file = vectors();
    let cases = file["erc20"].as_array().unwrap();
    for case in cases {
        let (id, meaning) = (case["id"].as_str().unwrap(), meaning(case));
        let decoded = meaning.decoded().filter(|decoded| decoded.exact);
        assert_eq!(decoded.is_some(), case["valid"] == true, "{id}");
        let Some(decoded) = decoded else { continue };
        let expected = &case["decoded"];
        assert_eq!(decoded.function.name(), expected["method"], "{id}");
        assert_eq!(decoded.function.signature(), expected["signature"], "{id}");
        let told: serde_json::Map<_, _> = decoded.told().map(|(name, _, value)| (name.into(), value.into())).collect();
        assert_eq!(Value::from(told), expected["args"], "{id}");
    }
    assert!(cases.len() >= 18);
}

#[test]
fn a_safes_own_functions_are_decoded_by_their_names() {
    let file = vectors();
    for case in file["admin"].as_array().unwrap() {
        let (id, meaning) = (case["id"].as_str().unwrap(), meaning(case));
        let Some(signature) = case["signature"].as_str() else {
            assert_eq!(meaning, Meaning::Nothing, "{id}");
            continue;
        };
        let decoded = meaning.decoded().filter(|decoded| decoded.exact).expect(id);
        assert_eq!((decoded.function.signature(), decoded.which().is_some()), (signature, true), "{id}");
        let told: Vec<_> = decoded
            .told()
            .map(|(name, kind, value)| serde_json::json!({ "name": name, "type": kind, "value": value }))
            .collect();
        assert_eq!(Value::from(told), case["args"], "{id}");
    }
}

#[test]
fn a_selector_that_fits_another_name_keeps_ours() {
    let file = vectors();
    for case in file["selectorCollisions"].as_array().unwrap() {
        let selector: Bytes = case["selector"].as_str().unwrap().parse().unwrap();
        let function = bundled::known(*selector.first_chunk().unwrap()).unwrap();
        assert_eq!(function.signature(), case["a"]);
        let (name, kinds) = case["b"].as_str().unwrap().trim_end_matches(')').split_once('(').unwrap();
        let inputs: Vec<_> = kinds.split(',').map(|kind| serde_json::json!({ "type": kind })).collect();
        let abi = serde_json::json!([{ "type": "function", "name": name, "inputs": inputs }]).to_string();
        let mut abis = Abis::default();
        assert_eq!(abis.add(abi.as_bytes()), Ok(1), "it is left out");
        let Meaning::Unreadable(told) = read(&selector, &abis) else { panic!("{name}") };
        assert_eq!(told.signature(), case["a"]);
    }
}

#[test]
fn what_is_unknown_stays_bytes() {
    let abis = Abis::default();
    assert_eq!(read(&[], &abis), Meaning::Nothing);
    assert_eq!(read(&[0xa9, 0x05, 0x9c], &abis), Meaning::Unknown(None));
    assert_eq!(read(&[1, 2, 3, 4, 5], &abis), Meaning::Unknown(Some([1, 2, 3, 4])));
}

#[test]
fn every_bit_that_an_encoder_leaves_zero_is_watched() {
    // transfer(0x23…8f, 1 000 000), and any one bit of the address word's upper half set.
    let data: Bytes = "0xa9059cbb00000000000000000000000023618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f00000000000000000000000000000000000000000000000000000000000f4240".parse().unwrap();
    let exact = |data: &[u8]| read(data, &Abis::default()).decoded().map(|decoded| decoded.exact);
    assert_eq!(exact(&data), Some(true));
    for bit in 0..96 {
        let mut dirty = data.to_vec();
        dirty[4 + bit / 8] ^= 1 << (bit % 8);
        let Meaning::Decoded(decoded) = read(&dirty, &Abis::default()) else { panic!() };
        assert!(!decoded.exact, "bit {bit}");
        assert_eq!(decoded.address(0), Some("0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f".parse().unwrap()));
    }
    assert_eq!(exact(&[&data[..], &[0]].concat()), Some(false));
    assert_eq!(exact(&data[..data.len() - 1]), None);
}
