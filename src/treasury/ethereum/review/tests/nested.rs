//! T19: the visible call is only a hash, and what counts is the transaction of another Safe behind it.

use super::super::facts::Nested;
use super::*;
use alloy_dyn_abi::DynSolValue;

fn other() -> SafeAt {
    SafeAt { safe: STRANGER, ..at(SafeVersion::V1_3_0) }
}

fn approve(hash: B256) -> Bytes {
    call("approveHash(bytes32)", vec![DynSolValue::FixedBytes(hash, 32)])
}

/// An approval of a transaction of another Safe, with these known.
fn approving(inner: &SafeTx, nested: Vec<Nested>) -> Review {
    let tx = plain(STRANGER, approve(inner.hashes(&other()).safe_tx));
    review(&at(SafeVersion::V1_4_1), &tx, &Facts { nested, ..facts() })
}

fn is(at: SafeAt, tx: &SafeTx) -> Vec<Nested> {
    vec![Nested { at, tx: tx.clone(), state: None }]
}

#[test]
fn t19_an_approval_is_resolved_or_blocks() {
    let inner = send(FRIEND, 5);
    assert_eq!(blocks(&approving(&inner, vec![])), ["nested-unresolved"]);
    let found = approving(&inner, is(other(), &inner));
    assert_eq!((blocks(&found), warnings(&found), found.kind), (vec![], vec![], Kind::Approval));
    // Both hashes and both decodes are there, for people and for scripts.
    let hash = inner.hashes(&other()).safe_tx;
    assert_eq!(found.nested[&0].hashes.safe_tx, hash);
    let json = serde_json::to_value(found.json()).unwrap();
    assert_eq!(json["calls"][0]["nested"]["safeTxHash"], hash.to_string());
    assert_eq!(json["calls"][0]["nested"]["calls"][0]["value"], "5");
    let rows: Vec<_> = found.verdict.rows.iter().filter(|row| row.label == "approves").collect();
    assert!(rows.iter().any(|row| row.parts == ["hash:", &hash.to_string()]));
    assert!(rows.iter().any(|row| row.parts[0] == "call 0:"));
    // What it pays is paid by the other Safe.
    assert!(found.effects.totals.is_empty());
}

#[test]
fn t19_only_the_very_transaction_resolves_it() {
    let inner = send(FRIEND, 5);
    let wrong = [
        is(SafeAt { chain_id: U256::from(10), ..other() }, &inner),
        is(SafeAt { safe: FRIEND, ..other() }, &inner),
        is(SafeAt { version: SafeVersion::V1_2_0, ..other() }, &inner),
        is(other(), &send(FRIEND, 6)),
        is(other(), &SafeTx { nonce: U256::ZERO, ..inner.clone() }),
    ];
    for nested in wrong {
        assert_eq!(blocks(&approving(&inner, nested)), ["nested-unresolved"]);
    }
    let cut = plain(STRANGER, approve(B256::ZERO)[..20].to_vec().into());
    assert_eq!(blocks(&seen(&cut)), ["nested-unresolved"]);
    assert_eq!(blocks(&seen(&batch(&[entry(STRANGER, 0, &approve(B256::ZERO))]))), ["nested-unresolved"]);
}

#[test]
fn t19_what_blocks_the_inner_transaction_blocks_the_approval() {
    let taken = delegate(STRANGER, Bytes::new());
    let found = approving(&taken, is(other(), &taken));
    assert_eq!(blocks(&found), ["nested-blocked"]);
    assert!(found.verdict.blocks[0].message.contains("delegatecall"));
    let owner = plain(STRANGER, add_owner(FRIEND, 1));
    let found = approving(&owner, is(other(), &owner));
    assert_eq!((blocks(&found), warnings(&found)), (vec![], vec!["nested"]));
    assert!(found.verdict.warnings[0].message.contains("control-change"));
    // A nonce that the other Safe has used is told where that Safe is known.
    let spent =
        Nested { state: Some(State { nonce: U256::from(NONCE + 1), ..state() }), ..is(other(), &owner).remove(0) };
    assert!(blocks(&approving(&owner, vec![spent])).contains(&"nested-blocked"));
}

#[test]
fn t19_approvals_of_approvals_are_followed_and_bounded() {
    let safe = |n: u8| SafeAt { safe: Address::repeat_byte(n), ..other() };
    let mut chain = vec![Nested { at: safe(1), tx: send(FRIEND, 5), state: None }];
    for n in 2..=6 {
        let below = chain.last().unwrap();
        let approve = approve(below.tx.hashes(&below.at).safe_tx);
        chain.push(Nested { at: safe(n), tx: plain(below.at.safe, approve), state: None });
    }
    let top = chain.pop().unwrap();
    let whole = review(&top.at, &top.tx, &Facts { nested: chain.clone(), ..Facts::default() });
    assert_eq!(whole.verdict.judgement(), Judgement::Clean);
    assert_eq!(
        blocks(&review(&top.at, &top.tx, &Facts { nested: chain[1..].to_vec(), ..Facts::default() })),
        ["nested-blocked"]
    );
    // Each level approves the one below forty times: nobody follows forty times forty times forty.
    let mut wide = vec![Nested { at: safe(1), tx: send(FRIEND, 5), state: None }];
    for n in 2..=6 {
        let below = wide.last().unwrap();
        let approve = approve(below.tx.hashes(&below.at).safe_tx);
        wide.push(Nested { at: safe(n), tx: batch(&vec![entry(below.at.safe, 0, &approve); 40]), state: None });
    }
    let top = wide.pop().unwrap();
    let found = review(&top.at, &top.tx, &Facts { nested: wide, ..Facts::default() });
    assert_eq!(found.verdict.judgement(), Judgement::Block);
}
