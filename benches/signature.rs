//! What verifying signatures costs beside libsecp256k1 alone: the same count of verifications, by us and raw.
//!
//! `cargo bench --bench signature`. One input of a 2-of-3 with its two signatures, and a PSBT of 512 such inputs. What is
//! derived from the descriptor is derived once and kept, as while signatures come in one after another; what that costs
//! the first time is measured apart. The ratio is printed at the end; the goal is below 1.3.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bitcoin::absolute::LockTime;
use bitcoin::bip32::{DerivationPath, Xpriv, Xpub};
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{All, Message, PublicKey, Secp256k1, ecdsa::Signature};
use bitcoin::sighash::{EcdsaSighashType, SighashCache};
use bitcoin::{Amount, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, transaction};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exchequer::treasury::bitcoin::psbt::{Packet, Version};
use exchequer::treasury::bitcoin::signature::{Derived, verify, verify_with};
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use miniscript::psbt::PsbtExt;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A 2-of-3, and the seeds of its keys.
fn wallet(secp: &Secp256k1<All>) -> (Wallet, Vec<Xpriv>) {
    let path = "m/48'/1'/0'/2'".parse::<DerivationPath>().unwrap();
    let seeds = (1..=3).map(|n| Xpriv::new_master(Network::Testnet, &[n; 32]).unwrap()).collect::<Vec<_>>();
    let keys = seeds.iter().map(|seed| {
        let xpub = Xpub::from_priv(secp, &seed.derive_priv(secp, &path).unwrap());
        format!("[{}/48'/1'/0'/2']{xpub}/<0;1>/*", seed.fingerprint(secp))
    });
    let text = format!("wsh(sortedmulti(2,{}))", keys.collect::<Vec<_>>().join(","));
    (Wallet::new("Bench", Network::Testnet, &[&text]).unwrap(), seeds)
}

/// A PSBT of so many inputs, each with the signatures of two seats.
fn signed(wallet: &Wallet, seeds: &[Xpriv], inputs: u32, secp: &Secp256k1<All>) -> Packet {
    let spot = |index| Spot { chain: Chain::Receive, index };
    let coin = |index: u32| Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![TxIn {
            previous_output: OutPoint { txid: Txid::from_byte_array([7; 32]), vout: index },
            script_sig: ScriptBuf::new(),
            sequence: Sequence::MAX,
            witness: Witness::new(),
        }],
        output: vec![TxOut { value: Amount::from_sat(100_000), script_pubkey: wallet.script(spot(index)).unwrap() }],
    };
    let coins = (0..inputs).map(coin).collect::<Vec<_>>();
    let spend = |coin: &Transaction| TxIn {
        previous_output: OutPoint { txid: coin.compute_txid(), vout: 0 },
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    };
    let tx = Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: coins.iter().map(spend).collect(),
        output: vec![TxOut { value: Amount::from_sat(90_000), script_pubkey: wallet.script(spot(0)).unwrap() }],
    };
    let mut psbt = Psbt::from_unsigned_tx(tx).unwrap();
    for (number, coin) in coins.into_iter().enumerate() {
        psbt.inputs[number].witness_utxo = Some(coin.output[0].clone());
        psbt.inputs[number].non_witness_utxo = Some(coin);
        psbt.update_input_with_descriptor(number, &wallet.at(spot(number as u32)).unwrap()).unwrap();
    }
    for seed in &seeds[..2] {
        psbt.sign(seed, secp).unwrap();
    }
    Packet { psbt, version: Version::V0, unknown: Vec::new() }
}

/// What libsecp256k1 is given for each signature.
fn raw(packet: &Packet) -> Vec<(Message, Signature, PublicKey)> {
    let mut cache = SighashCache::new(&packet.psbt.unsigned_tx);
    let inputs = packet.psbt.inputs.iter().enumerate();
    let each = inputs.flat_map(|(number, input)| {
        let (code, value) = (input.witness_script.as_ref().unwrap(), input.witness_utxo.as_ref().unwrap().value);
        let hash = cache.p2wsh_signature_hash(number, code, value, EcdsaSighashType::All).unwrap();
        let signatures = input.partial_sigs.iter();
        signatures.map(|(key, signed)| (Message::from(hash), signed.signature, key.inner)).collect::<Vec<_>>()
    });
    each.collect()
}

/// The quickest of several runs: what else the machine did does not count.
fn quickest(mut run: impl FnMut()) -> Duration {
    let runs = (0..30).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed()
    });
    runs.min().unwrap()
}

fn signatures(c: &mut Criterion) {
    let secp = Secp256k1::new();
    let (wallet, seeds) = wallet(&secp);
    for inputs in [1, 512] {
        let packet = signed(&wallet, &seeds, inputs, &secp);
        let alone = raw(&packet);
        assert!(verify(&packet, &wallet).enough());
        let mut derived = Derived::of(&wallet);
        verify_with(&packet, &mut derived);
        let check = || alone.iter().all(|(message, signature, key)| secp.verify_ecdsa(message, signature, key).is_ok());
        let mut group = c.benchmark_group(format!("2-of-3, {inputs} inputs"));
        group.throughput(Throughput::Elements(alone.len() as u64)).sample_size(10);
        group.bench_function("libsecp256k1 alone", |b| b.iter(|| assert!(black_box(check()))));
        group.bench_function("ours", |b| b.iter(|| assert!(black_box(verify_with(&packet, &mut derived)).enough())));
        group.bench_function("ours with every key derived anew", |b| {
            b.iter(|| assert!(black_box(verify(&packet, &wallet)).enough()))
        });
        group.finish();
        let theirs = quickest(|| assert!(black_box(check())));
        let ours = quickest(|| assert!(black_box(verify_with(&packet, &mut derived)).enough()));
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        println!("{inputs} inputs: {ours:?} against {theirs:?} of libsecp256k1 alone, ratio {ratio:.2}");
    }
}

criterion_group!(benches, signatures);
criterion_main!(benches);
