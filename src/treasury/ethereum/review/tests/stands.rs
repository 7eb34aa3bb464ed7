//! T20, T21, T23 and T25: the chain, the contract and the nonce that a transaction takes for granted, and who pays for gas.

use super::super::facts::Queued;
use super::*;
use crate::treasury::ethereum::deployments::Contract;

fn with(facts: &Facts) -> Review {
    review(&at(SafeVersion::V1_4_1), &send(FRIEND, 1), facts)
}

#[test]
fn t20_another_chain_blocks() {
    assert_eq!(blocks(&with(&Facts { chain_id: Some(U256::from(10)), ..facts() })), ["wrong-chain"]);
    assert_eq!(blocks(&with(&facts())), Vec::<&str>::new());
}

#[test]
fn t20_a_version_that_signs_no_chain_is_told_always() {
    for version in SafeVersion::ALL {
        let found = review(&at(version), &send(FRIEND, 1), &Facts::default());
        assert_eq!(warnings(&found).contains(&"replay"), version < SafeVersion::V1_3_0, "{version}");
    }
}

#[test]
fn t20_the_contract_decides_the_version() {
    for version in SafeVersion::ALL.into_iter().filter(|version| *version > SafeVersion::V0_1_0) {
        for claimed in SafeVersion::ALL {
            let found = review(&at(claimed), &send(FRIEND, 1), &known_of(version));
            assert_eq!(blocks(&found).contains(&"version-differs"), version != claimed, "{version} {claimed}");
            assert!(!warnings(&found).contains(&"singleton-unknown"));
        }
    }
}

#[test]
fn t23_the_safes_own_code_is_looked_at() {
    let singleton = |singleton| Facts { safe: Some(State { singleton, ..state() }), ..facts() };
    assert_eq!(warnings(&with(&singleton(STRANGER))), ["singleton-unknown"]);
    let other = published(Contract::Safe, SafeVersion::V1_3_0);
    assert_eq!(warnings(&with(&singleton(other))), ["singleton-unknown"], "of another version than it says");
    let own = state().singleton;
    let code = Facts { code: [(own, B256::repeat_byte(3))].into(), ..facts() };
    assert_eq!(blocks(&with(&code)), ["code-differs"]);
}

#[test]
fn t21_a_used_nonce_blocks_and_a_gap_is_told() {
    let nonce = |nonce: U256, queue: Vec<Queued>| {
        let tx = SafeTx { nonce, ..send(FRIEND, 1) };
        let found = review(&at(SafeVersion::V1_4_1), &tx, &Facts { queue: Some(queue), ..facts() });
        [blocks(&found), warnings(&found)].concat()
    };
    let waits = |nonce: u64| Queued {
        hash: B256::repeat_byte(u8::try_from(nonce).unwrap()),
        nonce: U256::from(nonce),
        name: String::new(),
        signed: false,
        vouched: true,
    };
    for used in 0..NONCE {
        assert_eq!(nonce(U256::from(used), vec![]), ["nonce-used"], "{used}: zero is a nonce like any other");
    }
    assert_eq!(nonce(U256::from(NONCE), vec![]), Vec::<&str>::new());
    assert_eq!(nonce(U256::from(NONCE + 2), vec![]), ["nonce-gap"]);
    assert_eq!(nonce(U256::from(NONCE + 2), vec![waits(NONCE)]), ["nonce-gap"]);
    assert_eq!(nonce(U256::from(NONCE + 2), vec![waits(NONCE), waits(NONCE), waits(NONCE + 5)]), ["nonce-gap"]);
    assert_eq!(nonce(U256::from(NONCE + 2), vec![waits(NONCE), waits(NONCE + 1)]), Vec::<&str>::new());
    assert_eq!(nonce(U256::MAX, vec![waits(3)]), ["nonce-gap"]);
    assert_eq!(nonce(U256::from(NONCE + 1), vec![waits(3)]), ["nonce-gap"], "what is spent fills nothing");
    let made_up = Queued { vouched: false, ..waits(NONCE) };
    assert_eq!(nonce(U256::from(NONCE + 1), vec![made_up]), ["nonce-gap"], "what nobody has signed fills nothing");
    assert_eq!(nonce(U256::from(NONCE + 1), vec![waits(NONCE)]), Vec::<&str>::new());
}

#[test]
fn t21_every_competitor_for_the_nonce_is_told() {
    let tx = send(FRIEND, 1);
    let queued = |hash, signed| Queued { hash, nonce: tx.nonce, name: "pay".into(), signed, vouched: true };
    let own = tx.hashes(&at(SafeVersion::V1_4_1)).safe_tx;
    let queue = vec![queued(own, true), queued(B256::repeat_byte(1), false), queued(B256::repeat_byte(2), true)];
    let found = with(&Facts { queue: Some(queue), ..facts() });
    assert_eq!(warnings(&found), ["nonce-competitor"; 2], "it does not compete with itself");
    assert!(found.verdict.warnings[1].message.contains("which you have signed"));
}

#[test]
fn t25_a_refund_blocks_until_somebody_answers_for_it() {
    let one = U256::ONE;
    let refunds = [
        SafeTx { gas_price: one, ..send(FRIEND, 1) },
        SafeTx { gas_token: TOKEN, ..send(FRIEND, 1) },
        SafeTx { refund_receiver: STRANGER, ..send(FRIEND, 1) },
        SafeTx { gas_price: U256::MAX, safe_tx_gas: U256::MAX, gas_token: TOKEN, ..send(FRIEND, 1) },
    ];
    for tx in refunds {
        assert_eq!(blocks(&seen(&tx)), ["refund"]);
        assert_eq!(blocks(&review(&at(SafeVersion::V1_4_1), &tx, &Facts::default())), ["refund"]);
        let answered = review(&at(SafeVersion::V1_4_1), &tx, &Facts { refund_overridden: true, ..facts() });
        assert_eq!((blocks(&answered), warnings(&answered)), (vec![], vec!["refund-overridden"]));
    }
    // The money is shown as money: 100 000 gas at 50 smallest units of USDC each.
    let (base, gas) = (U256::from(40_000), U256::from(60_000));
    let tx = SafeTx {
        gas_price: U256::from(50),
        base_gas: base,
        safe_tx_gas: gas,
        gas_token: TOKEN,
        refund_receiver: STRANGER,
        ..send(FRIEND, 1)
    };
    let found = seen(&tx);
    let row = found.verdict.rows.iter().find(|row| row.label == "refund").unwrap();
    assert_eq!(row.parts[0], "up to about 5 USDC");
    assert_eq!(row.parts[1], format!("to {}", STRANGER.to_checksum(None)));
    let gas_alone = SafeTx { safe_tx_gas: gas, base_gas: base, ..send(FRIEND, 1) };
    assert_eq!(seen(&gas_alone).verdict.judgement(), Judgement::Clean);
}
