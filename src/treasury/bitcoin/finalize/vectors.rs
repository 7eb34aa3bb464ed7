//! The vectors of BIP-174 for those who combine, finalise and extract.
//!
//! Their two inputs are of different scripts with hardened keys, which no wallet derives; so they go through the same
//! functions without one. Three disagreements: our combiner drops unknown fields where the vector keeps those of both,
//! the final PSBT of the vector is skipped because a transaction is made at once, and `updated` says a sighash type.
//!
//! Source: <https://github.com/bitcoin/bips/blob/master/bip-0174.mediawiki>.

use super::super::psbt::{Packet, take};
use super::super::signature::{Own, inspect_at};
use super::*;
use bitcoin::consensus::encode::serialize_hex;
use bitcoin::key::Secp256k1;
use miniscript::Descriptor;
use serde::Deserialize;

#[derive(Deserialize)]
struct Bip174 {
    roles: Roles,
}

#[derive(Deserialize)]
struct Roles {
    updated: String,
    signed: [String; 2],
    combined: String,
    finalized: String,
    extracted: String,
    unknown: [String; 3],
}

fn roles() -> Roles {
    let text = include_str!("../../../../tests/fixtures/bitcoin/bip174.json");
    serde_json::from_str::<Bip174>(text).unwrap().roles
}

fn packet(text: &str) -> Packet {
    Packet::read(text.as_bytes()).unwrap()
}

/// What the two inputs are, by the scripts that the vector tells.
fn owns(packet: &Packet) -> Vec<Own> {
    let keys = |script: &bitcoin::ScriptBuf| {
        let pushes =
            script.instructions().filter_map(|one| one.unwrap().push_bytes().map(|key| key.as_bytes().to_vec()));
        pushes.map(|key| PublicKey::from_slice(&key).unwrap()).collect::<Vec<_>>()
    };
    let owns = packet.psbt.inputs.iter().map(|input| {
        let descriptor = match &input.witness_script {
            Some(script) => {
                let keys = keys(script);
                format!("sh(wsh(multi(2,{},{})))", keys[0], keys[1])
            }
            None => {
                let keys = keys(input.redeem_script.as_ref().unwrap());
                format!("sh(multi(2,{},{}))", keys[0], keys[1])
            }
        };
        Own::alone(descriptor.parse::<Descriptor<PublicKey>>().unwrap()).unwrap()
    });
    owns.collect()
}

fn verified(packet: &Packet) -> Vec<Valid> {
    let coins = (0..packet.psbt.inputs.len()).map(|input| packet.coin(input)).collect::<Vec<_>>();
    let owns = owns(packet);
    let secp = Secp256k1::verification_only();
    let (valid, strays) = inspect_at(packet, &coins, &owns.iter().map(Some).collect::<Vec<_>>(), &secp);
    assert_eq!(strays, []);
    valid
}

#[test]
fn bip174_is_combined_finalized_and_extracted() {
    let roles = roles();
    let signed = [packet(&roles.signed[0]), packet(&roles.signed[1])];
    let mut combined = packet(&roles.updated);
    assert_eq!(combined.psbt, signed[0].bare().psbt);
    for one in &signed {
        let had = verified(&combined);
        let taken = take(&mut combined, &had, verified(one));
        assert_eq!(taken.len(), 2);
        assert_eq!(take(&mut combined, &verified(one), verified(one)), []);
    }
    assert_eq!(combined.psbt, packet(&roles.combined).psbt);
    let coins = [0, 1].map(|input| combined.coin(input).unwrap());
    let owns = owns(&combined);
    let done = assemble(&combined, &coins, &owns.iter().collect::<Vec<_>>(), &verified(&combined)).unwrap();
    assert_eq!(serialize_hex(&done.tx), roles.extracted);
    let finalized = packet(&roles.finalized).psbt;
    for (made, told) in done.tx.input.iter().zip(&finalized.inputs) {
        assert_eq!(made.script_sig, told.final_script_sig.clone().unwrap_or_default());
        assert_eq!(made.witness, told.final_script_witness.clone().unwrap_or_default());
    }
}

#[test]
fn bip174_unknown_fields_of_both_are_listed_and_none_is_kept() {
    let [one, other, both] = roles().unknown.map(|text| packet(&text));
    assert_eq!((one.unknown.len(), other.unknown.len(), both.unknown.len()), (3, 3, 6));
    assert_eq!((&one.psbt, &other.psbt), (&both.psbt, &both.psbt));
}
