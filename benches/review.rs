//! What a review costs: of the largest transaction that devices sign, and of files that are made to cost much.
//!
//! The goals: 512 inputs and 512 outputs of a 2-of-3 and of a 3-of-5, with every previous transaction and every derivation,
//! reviewed within 150 ms; a hostile file of 4 MiB refused or reviewed within 100 ms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bitcoin::absolute::LockTime;
use bitcoin::bip32::{ChildNumber, DerivationPath, Xpriv, Xpub};
use bitcoin::hashes::Hash;
use bitcoin::psbt::raw;
use bitcoin::secp256k1::{Secp256k1, SecretKey};
use bitcoin::transaction::Version;
use bitcoin::{Amount, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness};
use criterion::{Criterion, criterion_group, criterion_main};
use exchequer::treasury::bitcoin::psbt::{LONGEST, Packet};
use exchequer::treasury::bitcoin::review::{Facts, review};
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use exchequer::treasury::verdict::Judgement;
use miniscript::psbt::PsbtExt;
use std::hint::black_box;

/// What a coordinator makes: every previous transaction, every script, every path.
fn large(wallet: &Wallet, inputs: u32, outputs: u32) -> Psbt {
    let bare = |input, output| Transaction { version: Version::TWO, lock_time: LockTime::ZERO, input, output };
    let spend = |previous_output, sequence| TxIn {
        previous_output,
        script_sig: ScriptBuf::new(),
        sequence,
        witness: Witness::new(),
    };
    let mut psbt = Psbt::from_unsigned_tx(bare(vec![], vec![])).unwrap();
    for index in 0..inputs {
        let spot = Spot { chain: Chain::Receive, index };
        let mut id = [7; 32];
        id[..4].copy_from_slice(&index.to_le_bytes());
        let source = spend(OutPoint { txid: Txid::from_byte_array(id), vout: 0 }, Sequence::MAX);
        let coin = TxOut { value: Amount::from_sat(100_000), script_pubkey: wallet.script(spot).unwrap() };
        let change = TxOut { value: Amount::from_sat(1_000), script_pubkey: wallet.script(spot).unwrap() };
        let previous = bare(vec![source], vec![change, coin.clone()]);
        let outpoint = OutPoint { txid: previous.compute_txid(), vout: 1 };
        psbt.unsigned_tx.input.push(spend(outpoint, Sequence::ENABLE_RBF_NO_LOCKTIME));
        psbt.inputs.push(bitcoin::psbt::Input {
            witness_utxo: Some(coin),
            non_witness_utxo: Some(previous),
            ..Default::default()
        });
        let at = usize::try_from(index).unwrap();
        psbt.update_input_with_descriptor(at, &wallet.at(spot).unwrap()).unwrap();
    }
    for index in 0..outputs {
        let spot = Spot { chain: Chain::Change, index };
        let output = TxOut { value: Amount::from_sat(95_000), script_pubkey: wallet.script(spot).unwrap() };
        psbt.unsigned_tx.output.push(output);
        psbt.outputs.push(Default::default());
        let at = usize::try_from(index).unwrap();
        psbt.update_output_with_descriptor(at, &wallet.at(spot).unwrap()).unwrap();
    }
    psbt
}

fn masters(count: u8) -> Vec<Xpriv> {
    (1..=count).map(|seed| Xpriv::new_master(Network::Testnet, &[seed; 32]).unwrap()).collect()
}

fn wallet(required: usize, masters: &[Xpriv]) -> Wallet {
    let secp = Secp256k1::new();
    let path: DerivationPath = "48'/1'/0'/2'".parse().unwrap();
    let keys = masters.iter().map(|master| {
        let xpub = Xpub::from_priv(&secp, &master.derive_priv(&secp, &path).unwrap());
        format!("[{}/{path}]{xpub}/<0;1>/*", master.fingerprint(&secp))
    });
    let keys: Vec<_> = keys.collect();
    let text = format!("wsh(sortedmulti({required},{}))", keys.join(","));
    Wallet::new("Bench", Network::Testnet, &[&text]).unwrap()
}

/// Files of nearly 4 MiB that are made to cost much.
fn hostile(wallet: &Wallet, masters: &[Xpriv]) -> Vec<(&'static str, Vec<u8>)> {
    let plain = large(wallet, 2, 2);
    // One previous transaction that fills the file, to be hashed.
    let mut heavy = plain.clone();
    let previous = heavy.inputs[0].non_witness_utxo.as_mut().unwrap();
    previous.output[0].script_pubkey = ScriptBuf::from(vec![0x6a; LONGEST - 20_000]);
    // As many claims as fit, each of another spot, each under a key of our fingerprint.
    let mut claims = large(wallet, 512, 512);
    let fingerprint = masters[0].fingerprint(&Secp256k1::new());
    let path: DerivationPath = "48'/1'/0'/2'/1".parse().unwrap();
    let mut key = SecretKey::from_slice(&[9; 32]).unwrap();
    for index in 0..7_000_u32 {
        key = key.add_tweak(&bitcoin::secp256k1::Scalar::ONE).unwrap();
        let to = path.child(ChildNumber::Normal { index });
        let map = &mut claims.outputs[usize::try_from(index % 512).unwrap()];
        map.bip32_derivation.insert(key.public_key(&Secp256k1::new()), (fingerprint, to));
    }
    // Fields that nobody knows.
    let mut fields = plain.clone();
    for index in 0..30_000_u32 {
        let key = raw::Key { type_value: 0xf0, key: index.to_le_bytes().to_vec() };
        fields.unknown.insert(key, vec![0; 120]);
    }
    // Scripts without an address, as long as they may be.
    let mut scripts = plain.clone();
    for output in &mut scripts.unsigned_tx.output {
        output.script_pubkey = ScriptBuf::from(vec![0x51; LONGEST / 2 - 10_000]);
    }
    // Signatures for every key of every input, none of them right.
    let mut signed = large(wallet, 512, 1);
    let wrong = bitcoin::ecdsa::Signature::sighash_all(
        Secp256k1::new().sign_ecdsa(&bitcoin::secp256k1::Message::from_digest([3; 32]), &key),
    );
    for map in &mut signed.inputs {
        let keys: Vec<_> = map.bip32_derivation.keys().map(|key| bitcoin::PublicKey::new(*key)).collect();
        map.partial_sigs.extend(keys.into_iter().map(|key| (key, wrong)));
    }
    let mut files = vec![
        ("one heavy previous transaction", heavy.serialize()),
        ("thousands of claims", claims.serialize()),
        ("thousands of unknown fields", fields.serialize()),
        ("endless scripts", scripts.serialize()),
        ("thousands of wrong signatures", signed.serialize()),
    ];
    let mut cut = large(wallet, 512, 512).serialize();
    cut.resize(LONGEST, 0xff);
    files.push(("rubbish behind it", cut));
    files.push(("nothing but lengths", [b"psbt\xff".as_slice(), &vec![0xfe; LONGEST - 5]].concat()));
    files
}

fn reviews(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("review");
    group.sample_size(10);
    for (required, of) in [(2, 3), (3, 5)] {
        let masters = masters(of);
        let wallet = wallet(required, &masters);
        let unsigned = large(&wallet, 512, 512);
        let mut signed = unsigned.clone();
        for master in &masters[..required] {
            signed.sign(master, &Secp256k1::new()).unwrap();
        }
        for (name, psbt) in [("unsigned", unsigned), ("signed by the quorum", signed)] {
            let name = format!("512 in, 512 out, {required}-of-{of}, {name}");
            let bytes = psbt.serialize();
            let packet = Packet::read(&bytes).unwrap();
            let told = review(&packet, &wallet, &Facts::default());
            assert_eq!(told.verdict.judgement(), Judgement::Clean, "{:?}", told.verdict.blocks);
            group.bench_function(format!("{name}: read"), |bench| bench.iter(|| Packet::read(black_box(&bytes))));
            group.bench_function(format!("{name}: review"), |bench| {
                bench.iter(|| review(black_box(&packet), &wallet, &Facts::default()));
            });
        }
    }
    let masters = masters(5);
    let wallet = wallet(3, &masters);
    let small = Packet::read(&large(&wallet, 2, 2).serialize()).unwrap();
    group.bench_function("2 in, 2 out, 3-of-5: review", |bench| {
        bench.iter(|| review(black_box(&small), &wallet, &Facts::default()));
    });
    for (name, file) in hostile(&wallet, &masters) {
        assert!(file.len() <= LONGEST, "{name} has {} bytes", file.len());
        group.bench_function(format!("hostile: {name}"), |bench| {
            bench.iter(|| match Packet::read(black_box(&file)) {
                Ok(packet) => {
                    let told = review(&packet, &wallet, &Facts::default()).verdict;
                    assert_ne!(told.judgement(), Judgement::Clean);
                }
                Err(error) => {
                    black_box(error);
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, reviews);
criterion_main!(benches);
