//! Every kind of wallet that a Trezor signs for, against a device that believes nothing it is told.

use super::puppet::Puppet;
use crate::device::trezor::Trezor;
use crate::device::{Device, Held, Unattended, Watch};
use crate::treasury::bitcoin::example::{KINDS, Made, payment};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{Facts, Reviewed, reviewed};
use crate::treasury::bitcoin::signature::verify;
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::bip32::{DerivationPath, Xpriv, Xpub};
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{Amount, Network, TxOut};
use std::time::Duration;

const CORE: (&str, (u32, u32, u32)) = ("T", (2, 11, 2));
/// The last One that does not sort keys by itself.
const OLD: (&str, (u32, u32, u32)) = ("1", (1, 12, 1));

fn seed(number: usize) -> Xpriv {
    Xpriv::new_master(Network::Testnet, &[u8::try_from(number).unwrap() + 1; 32]).unwrap()
}

fn open(seed: Xpriv, (model, version): (&str, (u32, u32, u32))) -> Trezor {
    let puppet = Box::new(Puppet::new(seed, model, version));
    Trezor::open(puppet, Box::new(Unattended), Watch::new(Duration::from_secs(20))).unwrap()
}

/// What was let through; these wallets are so new that their addresses are far apart.
fn passed<'a>(packet: &'a Packet, wallet: &'a Wallet) -> Reviewed<'a> {
    let (review, passed) = reviewed(packet, wallet, &Facts::default());
    passed.unwrap_or_else(|| panic!("{:?}", review.verdict.blocks))
}

fn sign(packet: &Packet, wallet: &Wallet, seed: Xpriv, model: (&str, (u32, u32, u32))) -> Packet {
    let held = Held { wallet, name: "A", hmac: None };
    let passed = passed(packet, wallet);
    let signatures = open(seed, model).sign(&held, &passed).unwrap();
    signatures.of(seed.fingerprint(&Secp256k1::new()), &passed).unwrap()
}

#[test]
fn every_kind_is_signed_for() {
    for model in [CORE, OLD] {
        for (template, seats) in KINDS {
            let made = Made::of(template, 3);
            if template.contains("or_d") || template.contains("@x") || template.contains("{pk") {
                let error = open(seed(seats[0]), model)
                    .sign(&Held { wallet: &made.wallet, name: "A", hmac: None }, &passed(&made.packet, &made.wallet))
                    .unwrap_err();
                assert_eq!(error.code(), "device-unsupported", "{template}");
                continue;
            }
            let mut packet = made.packet.clone();
            for seat in seats {
                packet = sign(&packet, &made.wallet, seed(*seat), model);
            }
            assert!(verify(&packet, &made.wallet).enough(), "{template}");
            // Nothing is left for any of them.
            let held = Held { wallet: &made.wallet, name: "A", hmac: None };
            let again = open(seed(seats[0]), model).sign(&held, &passed(&packet, &made.wallet));
            assert_eq!(again.unwrap_err().code(), "device-unfit", "{template}");
        }
    }
}

#[test]
fn a_device_with_two_seats_signs_for_both() {
    let (secp, one, two) = (Secp256k1::new(), seed(0), seed(1));
    let key = |seed: &Xpriv, path: &str| {
        let at: DerivationPath = path.parse().unwrap();
        let xpub = Xpub::from_priv(&secp, &seed.derive_priv(&secp, &at).unwrap());
        format!("[{}/{path}]{xpub}/<0;1>/*", seed.fingerprint(&secp))
    };
    let keys = [key(&one, "48'/1'/0'/2'"), key(&two, "48'/1'/0'/2'"), key(&one, "48'/1'/1'/2'")].join(",");
    let wallet = Wallet::new("A", Network::Testnet, &[&format!("wsh(sortedmulti(2,{keys}))")]).unwrap();
    let packet = sign(&payment(&wallet, 2), &wallet, one, CORE);
    assert!(verify(&packet, &wallet).enough(), "one device was enough");
}

#[test]
fn data_is_told_as_data() {
    let made = Made::of("wsh(sortedmulti(2,@0,@1,@2))", 1);
    let with = |script| {
        let mut packet = made.packet.clone();
        packet.psbt.unsigned_tx.output.push(TxOut { value: Amount::ZERO, script_pubkey: script });
        packet.psbt.outputs.push(Default::default());
        packet
    };
    let data = |length| PushBytesBuf::try_from(vec![7_u8; length]).unwrap();
    for length in [1, 75, 76, 80] {
        let script =
            Builder::new().push_opcode(bitcoin::opcodes::all::OP_RETURN).push_slice(data(length)).into_script();
        let packet = sign(&with(script), &made.wallet, seed(0), CORE);
        assert!(!packet.psbt.inputs[0].partial_sigs.is_empty(), "{length}");
    }
    let twice = Builder::new().push_opcode(bitcoin::opcodes::all::OP_RETURN).push_slice(data(2)).push_slice(data(2));
    let long = Builder::new().push_opcode(bitcoin::opcodes::all::OP_RETURN).push_slice(data(81));
    for script in [twice.into_script(), long.into_script()] {
        let packet = with(script);
        let held = Held { wallet: &made.wallet, name: "A", hmac: None };
        let error = open(seed(0), CORE).sign(&held, &passed(&packet, &made.wallet)).unwrap_err();
        assert_eq!(error.code(), "device-unfit");
    }
}
