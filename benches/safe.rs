//! What a Safe costs: the review of a large batch, and the signatures of a queue.
//!
//! The goals: a batch of 200 calls reviewed within 50 ms; a row of a queue verified for less than 1.5 times what its bare
//! hashes and recoveries cost, which are measured beside it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use alloy_primitives::{Address, B256, U256, address, keccak256};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use exchequer::treasury::ethereum::build::{Ask, Payment, What, transaction};
use exchequer::treasury::ethereum::hot::Account;
use exchequer::treasury::ethereum::review::{Facts, review, reviewed};
use exchequer::treasury::ethereum::signature::{Asked, Checked, Known, SafeFacts, recover};
use exchequer::treasury::ethereum::{SafeAt, SafeTx, SafeVersion};
use exchequer::treasury::verdict::Judgement;
use std::hint::black_box;

const SAFE: Address = address!("F71902B32C9854DB8d6f70Afa6Dcf685F7df8d79");
const WORDS: &str = "test test test test test test test test test test test junk";

fn at() -> SafeAt {
    SafeAt { chain_id: U256::from(1), safe: SAFE, version: SafeVersion::V1_4_1 }
}

/// So many payments, of coins and tokens in turn, each to somebody else.
fn batch(calls: u64, nonce: u64) -> SafeTx {
    let asks = (0..calls).map(|number| {
        let to = Address::from_word(keccak256(number.to_be_bytes()));
        let amount = U256::from(number + 1);
        let token = Address::repeat_byte(0x70 + u8::try_from(number % 8).unwrap());
        let what = if number % 2 == 0 { What::Coin { amount } } else { What::Token { token, amount } };
        Payment { what, to }.ask(SAFE).unwrap()
    });
    let asks: Vec<Ask> = asks.collect();
    transaction(&at(), U256::from(nonce), &asks).unwrap()
}

fn reviews(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("safe review");
    for calls in [1, 200] {
        let tx = batch(calls, 7);
        let told = review(&at(), &tx, &Facts::default());
        assert_eq!(told.verdict.judgement(), Judgement::Clean, "{:?}", told.verdict);
        group.bench_function(format!("{calls} calls"), |bench| {
            bench.iter(|| review(&at(), black_box(&tx), &Facts::default()));
        });
        group.bench_function(format!("{calls} calls, as json"), |bench| {
            bench.iter(|| serde_json::to_string(&review(&at(), black_box(&tx), &Facts::default()).json()));
        });
    }
    group.finish();
}

/// A row: a payment with three confirmations, each with its owner as it is claimed.
struct Row {
    tx: SafeTx,
    claims: Vec<(Address, Vec<u8>)>,
}

fn rows(accounts: &[Account], count: u64) -> Vec<Row> {
    let row = |nonce| {
        let (at, tx) = (at(), batch(1, nonce));
        let (_, proof) = reviewed(&at, &tx, &Facts::default());
        let proof = proof.unwrap();
        let claims = accounts.iter().map(|account| {
            let confirmation = account.sign(&proof).unwrap();
            (confirmation.owner, confirmation.bytes().to_vec())
        });
        let claims = claims.collect();
        Row { tx, claims }
    };
    (0..count).map(row).collect()
}

fn signatures(criterion: &mut Criterion) {
    let accounts: Vec<_> = (0..3).map(|index| Account::from_words(WORDS, "", index).unwrap()).collect();
    let owners = accounts.iter().map(Account::address).collect();
    let facts = SafeFacts { at: at(), owners, threshold: 3, handler: None };
    let rows = rows(&accounts, 100);
    let mut group = criterion.benchmark_group("safe queue");
    group.throughput(Throughput::Elements(rows.len() as u64));
    // The least that anybody pays: three hashes of what is signed, and three recoveries.
    group.bench_function("100 rows of 3: bare keccak and ecrecover", |bench| {
        let bare: Vec<_> = rows.iter().map(|row| (vec![7_u8; 32 * 11], row)).collect();
        let hashes: Vec<_> = rows.iter().map(|row| row.tx.hashes(&at()).safe_tx).collect();
        bench.iter(|| {
            for ((words, row), hash) in bare.iter().zip(&hashes) {
                black_box((keccak256(&row.tx.data), keccak256(words), keccak256(&words[..66])));
                for (owner, bytes) in &row.claims {
                    let (r, s) = (B256::from_slice(&bytes[..32]), B256::from_slice(&bytes[32..64]));
                    assert_eq!(recover(black_box(hash), &r, &s, bytes[64]), Some(*owner));
                }
            }
        });
    });
    group.bench_function("100 rows of 3: hashed, read and checked", |bench| {
        bench.iter(|| {
            for row in &rows {
                let asked = Asked::of(&at(), &black_box(&row.tx).hashes(&at()));
                let claims = row.claims.iter().map(|(owner, bytes)| (*owner, bytes.as_slice()));
                let checked = Checked::read(claims, &asked, &facts, &Known::default());
                assert_eq!(checked.valid.len(), 3);
            }
        });
    });
    group.finish();
}

criterion_group!(benches, reviews, signatures);
criterion_main!(benches);
