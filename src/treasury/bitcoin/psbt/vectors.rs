//! The published vectors of BIP-174, BIP-370 and BIP-371, and where we differ from them.
//!
//! Source: <https://github.com/bitcoin/bips>, `bip-0174.mediawiki`, `bip-0370.mediawiki` and `bip-0371.mediawiki`.

use super::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    #[serde(default)]
    bip: u32,
    case: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    valid: bool,
    #[serde(alias = "hex")]
    psbt: String,
    lock_time: Option<u32>,
}

#[derive(Deserialize)]
struct Bip174 {
    vectors: Vec<Vector>,
}

fn bip174() -> Vec<Vector> {
    let text = include_str!("../../../../tests/fixtures/bitcoin/bip174.json");
    serde_json::from_str::<Bip174>(text).unwrap().vectors
}

fn bip370() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../../../tests/fixtures/bitcoin/bip370.json")).unwrap()
}

#[test]
fn bip174_and_bip371_valid_vectors_are_read_and_written_the_same() {
    let vectors = bip174();
    let valid = vectors.iter().filter(|vector| vector.kind == "valid").collect::<Vec<_>>();
    assert_eq!(valid.len(), 15);
    for vector in valid {
        let name = format!("BIP-{} {}", vector.bip, vector.case);
        let packet = Packet::read(vector.psbt.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        for version in [Version::V0, Version::V2] {
            let again = Packet::read(&packet.bytes(version)).unwrap();
            assert_eq!(again.psbt, packet.psbt, "{name}");
        }
        // rust-bitcoin agrees on all that is not unknown.
        let mut other = vector.psbt.parse::<bitcoin::Psbt>().unwrap();
        other.unknown.clear();
        other.inputs.iter_mut().for_each(|input| input.unknown.clear());
        other.outputs.iter_mut().for_each(|output| output.unknown.clear());
        assert_eq!(other, packet.psbt, "{name}");
        assert_eq!(packet.unknown.is_empty(), name != "BIP-174 valid 5", "{:?}", packet.unknown);
    }
}

#[test]
fn bip174_and_bip371_invalid_vectors_are_refused() {
    let vectors = bip174();
    let invalid = vectors.iter().filter(|vector| vector.kind == "invalid").collect::<Vec<_>>();
    assert_eq!(invalid.len(), 28);
    for vector in &invalid {
        assert!(Packet::read(vector.psbt.as_bytes()).is_err(), "BIP-{} {}", vector.bip, vector.case);
    }
    let said = invalid.iter().filter(|vector| vector.bip == 174);
    let said = said.map(|vector| Packet::read(vector.psbt.as_bytes()).unwrap_err().code()).collect::<Vec<_>>();
    let mut expected = vec!["psbt-not", "psbt-short", "psbt-not-unsigned", "psbt-field-missing", "psbt-field-twice"];
    expected.resize(17, "psbt-field-key");
    // The last takes its value for a part of its key, and so ends too early.
    expected.push("psbt-short");
    assert_eq!(said, expected);
}

#[test]
fn bip370_vectors_are_read_or_refused_as_they_should() {
    let vectors = bip370();
    assert_eq!(vectors.len(), 45);
    for vector in vectors {
        let read = Packet::read(vector.psbt.as_bytes());
        assert_eq!(read.is_ok(), vector.valid, "{}: {read:?}", vector.case);
        let Ok(packet) = read else { continue };
        assert_eq!((packet.version, packet.unknown.len()), (Version::V2, 0), "{}", vector.case);
        if let Some(lock_time) = vector.lock_time {
            assert_eq!(packet.psbt.unsigned_tx.lock_time.to_consensus_u32(), lock_time, "{}", vector.case);
        }
        // What goes out has the lock time itself, and no longer what each input wants: it is the same transaction.
        for version in [Version::V0, Version::V2] {
            assert_eq!(Packet::read(&packet.bytes(version)).unwrap().psbt, packet.psbt, "{}", vector.case);
        }
    }
}

/// A disagreement with earlier editions of BIP-174: they called a field of type 0x0f unknown and its file valid. BIP-370
/// took that number, and a v0 file must not have it; the present edition of the vector has 0xf0.
#[test]
fn bip174_a_type_that_bip370_took_is_no_unknown_one() {
    let vectors = bip174();
    let earlier = vectors.iter().find(|vector| vector.kind == "earlier").unwrap();
    let refused = PacketError::Misplaced { place: Place::Input(0), kind: 0x0f, version: Version::V0 };
    assert_eq!(Packet::read(earlier.psbt.as_bytes()), Err(refused));
}

/// BIP-174 lets a signer refuse these. They are read here, because their form is right; no coin or script of theirs can
/// be proved, so that no signature counts.
#[test]
fn bip174_vectors_that_a_signer_refuses_prove_no_coin() {
    let vectors = bip174();
    let mut seen = 0;
    for vector in vectors.iter().filter(|vector| vector.kind == "signer") {
        let packet = Packet::read(vector.psbt.as_bytes()).unwrap();
        let told = (0..packet.psbt.inputs.len()).any(|input| {
            let coin = packet.coin(input).unwrap();
            let script = &coin.output().script_pubkey;
            let input = &packet.psbt.inputs[input];
            let nested = input.redeem_script.as_ref().map(|script| script.to_p2sh());
            let witness = input.witness_script.as_ref().map(|script| script.to_p2wsh());
            let inner = input.redeem_script.as_ref().unwrap_or(script);
            let legacy = matches!(coin, Coin::Told(_)) && script.is_p2pkh();
            legacy || nested.is_some_and(|nested| nested != *script) || witness.is_some_and(|witness| witness != *inner)
        });
        assert!(told, "{}", vector.case);
        seen += 1;
    }
    assert_eq!(seen, 4);
}
