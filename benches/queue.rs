//! What a service's queue costs to verify: 5 000 rows of three confirmations each, and beside it the hashes and recoveries
//! alone, which nobody can save.
//!
//! `cargo bench --bench queue`. The goals: the whole under 3 s, and under 1.5 times the hashes and recoveries alone. Both are
//! printed at the end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use alloy_primitives::{Address, B256, U256, hex, keccak256};
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exchequer::treasury::ethereum::queue::{Queue, Wanted};
use exchequer::treasury::ethereum::signature::{Known, SafeFacts, recover};
use exchequer::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use serde_json::json;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROWS: u64 = 5_000;

/// One signature's r, s and v.
type Parts = (B256, B256, u8);

/// A Safe of three owners, its queue in pages, and of each row the transaction and the signatures.
struct Bench {
    facts: SafeFacts,
    pages: Vec<String>,
    raw: Vec<(SafeTx, Vec<Parts>)>,
}

fn bench() -> Bench {
    let secp = Secp256k1::new();
    let keys: Vec<SecretKey> = (1..=3).map(|n| SecretKey::from_slice(&[n; 32]).unwrap()).collect();
    let owner = |key: &SecretKey| {
        let [_, point @ ..] = key.public_key(&secp).serialize_uncompressed();
        Address::from_raw_public_key(&point)
    };
    let owners: Vec<Address> = keys.iter().map(owner).collect();
    let at = SafeAt { chain_id: U256::from(1), safe: Address::repeat_byte(0x5a), version: SafeVersion::V1_4_1 };
    let facts = SafeFacts { at, owners: owners.clone(), threshold: 2, handler: None };
    let (mut rows, mut raw) = (Vec::new(), Vec::new());
    for nonce in 0..ROWS {
        // A token's transfer, as most are.
        let transfer = [&[0xa9, 0x05, 0x9c, 0xbb][..], &[0; 12], &[0x77; 20], &U256::from(nonce).to_be_bytes::<32>()];
        let tx = SafeTx {
            to: Address::repeat_byte(0x70),
            value: U256::ZERO,
            data: transfer.concat().into(),
            operation: Operation::Call,
            safe_tx_gas: U256::ZERO,
            base_gas: U256::ZERO,
            gas_price: U256::ZERO,
            gas_token: Address::ZERO,
            refund_receiver: Address::ZERO,
            nonce: U256::from(nonce),
        };
        let hash = tx.hashes(&at).safe_tx;
        let mut parts = Vec::new();
        let mut confirmations = Vec::new();
        for (key, owner) in keys.iter().zip(&owners) {
            let (id, bytes) = secp.sign_ecdsa_recoverable(&Message::from_digest(hash.0), key).serialize_compact();
            let v = u8::try_from(id.to_i32()).unwrap() + 27;
            parts.push((B256::from_slice(&bytes[..32]), B256::from_slice(&bytes[32..]), v));
            confirmations.push(json!({
                "owner": owner.to_checksum(None), "submissionDate": "2026-11-20T22:17:13.716052Z",
                "transactionHash": null, "signatureType": "EOA",
                "signature": hex::encode_prefixed([&bytes[..], &[v]].concat()),
            }));
        }
        let zero = Address::ZERO.to_checksum(None);
        rows.push(
            json!({
                "safe": at.safe.to_checksum(None), "to": tx.to.to_checksum(None), "value": "0",
                "data": tx.data, "operation": 0, "gasToken": zero, "safeTxGas": "0", "baseGas": "0", "gasPrice": "0",
                "refundReceiver": zero, "nonce": nonce.to_string(), "executionDate": null,
                "submissionDate": "2026-11-20T22:17:13.652665Z", "modified": "2026-11-20T22:17:17.339701Z",
                "blockNumber": null, "transactionHash": null, "safeTxHash": hash, "proposer": owners[0],
                "proposedByDelegate": null, "executor": null, "isExecuted": false, "isSuccessful": null,
                "ethGasPrice": null, "maxFeePerGas": null, "maxPriorityFeePerGas": null, "gasUsed": null, "fee": null,
                "payment": null, "origin": "bench", "confirmationsRequired": 2, "confirmations": confirmations,
                "dataDecoded": {"method": "transfer", "parameters": [
                    {"name": "to", "type": "address", "value": owners[1]},
                    {"name": "value", "type": "uint256", "value": "1"}]},
                "trusted": true, "signatures": null,
            })
            .to_string(),
        );
        raw.push((tx, parts));
    }
    let page = |rows: &[String]| format!("{{\"count\":{ROWS},\"next\":null,\"results\":[{}]}}", rows.join(","));
    Bench { facts, pages: rows.chunks(100).map(page).collect(), raw }
}

/// Every row verified.
fn ours(bench: &Bench) -> usize {
    let known = Known::default();
    let wanted = Wanted { facts: &bench.facts, known: &known, least: Some(U256::ZERO) };
    let queue = Queue::read(bench.pages.iter().map(String::as_bytes), &wanted);
    assert_eq!((queue.rows.len(), queue.quarantined.len()), (bench.raw.len(), 0));
    queue.counts.valid
}

/// The hashes of each row and the recovery of each signature, and nothing else.
fn alone(bench: &Bench) -> usize {
    let domain = bench.facts.at.domain();
    let mut found = 0;
    for (tx, parts) in &bench.raw {
        let hash = tx.hashes_in(domain, bench.facts.at.version).safe_tx;
        found += parts.iter().filter(|(r, s, v)| recover(&hash, r, s, *v).is_some()).count();
    }
    found
}

/// The quickest of several runs: what else the machine did does not count.
fn quickest(mut run: impl FnMut()) -> Duration {
    let runs = (0..8).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed()
    });
    runs.min().unwrap()
}

fn queue(c: &mut Criterion) {
    let bench = bench();
    let signatures = bench.raw.len() * 3;
    assert_eq!((ours(&bench), alone(&bench)), (signatures, signatures));
    let mut group = c.benchmark_group("queue of 5 000 rows, 3 confirmations each");
    group.throughput(Throughput::Elements(ROWS)).sample_size(10);
    group.bench_function("verified", |b| b.iter(|| black_box(ours(&bench))));
    group.bench_function("hashes and recoveries alone", |b| b.iter(|| black_box(alone(&bench))));
    group.bench_function("keccak of one word", |b| b.iter(|| black_box(keccak256(black_box([7; 32])))));
    group.finish();
    let (whole, raw) = (quickest(|| assert!(ours(&bench) > 0)), quickest(|| assert!(alone(&bench) > 0)));
    let ratio = whole.as_secs_f64() / raw.as_secs_f64();
    println!("{ROWS} rows: {whole:?} against {raw:?} of hashes and recoveries alone, ratio {ratio:.2}");
}

criterion_group!(benches, queue);
criterion_main!(benches);
