//! T17: a delegatecall is a takeover, but for published code that can be read.

use super::*;
use crate::treasury::ethereum::deployments::{Contract, pinned};

const MODERN: [SafeVersion; 3] = [SafeVersion::V1_3_0, SafeVersion::V1_4_1, SafeVersion::V1_5_0];

#[test]
fn t17_the_one_bit_between_a_call_and_a_takeover() {
    // The pair of the Bybit loss: everything equal, the operation 0 or 1.
    let honest = plain(TOKEN, transfer(FRIEND, 5));
    assert_eq!(seen(&honest).verdict.judgement(), Judgement::Clean);
    let taken = SafeTx { operation: Operation::DelegateCall, ..honest };
    assert_eq!(blocks(&seen(&taken)), ["delegatecall"]);
    assert_eq!(blocks(&review(&at(SafeVersion::V1_4_1), &taken, &Facts::default())), ["delegatecall"]);
    // Of every call of a batch too.
    let calls = [(TOKEN, transfer(FRIEND, 5)), (FRIEND, Bytes::new()), (SAFE, add_owner(STRANGER, 2))];
    for at in 0..calls.len() {
        let entries = calls.iter().enumerate().map(|(i, (to, data))| packed(u8::from(i == at), *to, 0, data));
        assert_eq!(blocks(&seen(&batch(&entries.collect::<Vec<_>>()))), ["delegatecall", "delegatecall-inner"], "{at}");
    }
}

#[test]
fn t17_the_published_batch_of_every_version_does_not_block() {
    let list = multi_send(&[entry(TOKEN, 0, &transfer(FRIEND, 5)), entry(FRIEND, 7, &[])]);
    for version in MODERN {
        for contract in [Contract::MultiSendCallOnly, Contract::MultiSend] {
            let to = published(contract, version);
            let tx = delegate(to, list.clone());
            for facts in [Facts::default(), known_of(version)] {
                let found = review(&at(version), &tx, &facts);
                assert_eq!((blocks(&found), warnings(&found)), (vec![], vec![]), "{contract:?} {version}");
                assert_eq!(found.verdict.judgement(), Judgement::Clean);
            }
            // A batch of another version than the Safe's is the same code.
            assert!(blocks(&review(&at(SafeVersion::V1_3_0), &tx, &Facts::default())).is_empty());
            let hash = pinned(U256::from(1), to).unwrap().code_hash;
            let code = |hash| Facts { code: [(to, hash)].into(), ..Facts::default() };
            assert!(blocks(&review(&at(version), &tx, &code(hash))).is_empty());
            let other = review(&at(version), &tx, &code(B256::repeat_byte(1)));
            assert_eq!(blocks(&other), ["code-differs"], "{contract:?} {version}");
        }
    }
}

#[test]
fn t17_a_chain_that_is_not_listed_is_told_until_the_code_is_compared() {
    let tx = batch(&[entry(FRIEND, 7, &[])]);
    let local = SafeAt { chain_id: U256::from(31_337), ..at(SafeVersion::V1_4_1) };
    let bare = review(&local, &tx, &Facts::default());
    assert_eq!((blocks(&bare), warnings(&bare)), (vec![], vec!["chain-unlisted"]));
    let hash = pinned(U256::from(1), tx.to).unwrap().code_hash;
    let code = |hash| review(&local, &tx, &Facts { code: [(tx.to, hash)].into(), ..Facts::default() });
    assert_eq!(code(hash).verdict.judgement(), Judgement::Clean);
    assert_eq!(blocks(&code(B256::ZERO)), ["code-differs"]);
}

#[test]
fn t17_published_code_that_is_not_made_for_it_blocks() {
    for version in MODERN {
        for contract in Contract::ALL {
            let Some((to, _)) =
                crate::treasury::ethereum::deployments::on_chain(U256::from(1), contract, version).first().copied()
            else {
                continue;
            };
            for data in [Bytes::new(), transfer(FRIEND, 5), Bytes::from_static(&[1, 2, 3, 4])] {
                let found = review(&at(version), &delegate(to, data), &Facts::default());
                assert_eq!(found.verdict.judgement(), Judgement::Block, "{contract:?} {version}");
            }
        }
    }
}

#[test]
fn t17_what_published_code_does_for_a_safe_is_told() {
    let to = |contract| published(contract, SafeVersion::V1_4_1);
    let message = call("signMessage(bytes)", vec![bytes(&[7; 32])]);
    let signed = seen(&delegate(to(Contract::SignMessageLib), message));
    assert_eq!((blocks(&signed), warnings(&signed), signed.kind), (vec![], vec!["message-signed"], Kind::Message));
    let made = call("performCreate(uint256,bytes)", vec![many(0), bytes(&[0; 40])]);
    let made = seen(&delegate(to(Contract::CreateCall), made));
    assert_eq!((blocks(&made), warnings(&made)), (vec![], vec!["contract-call"]));
    let ignored = SafeTx { value: U256::from(5), ..batch(&[entry(FRIEND, 7, &[])]) };
    let ignored = seen(&ignored);
    assert_eq!((blocks(&ignored), warnings(&ignored)), (vec![], vec!["value-ignored"]));
    assert_eq!(ignored.effects.totals, [Total { asset: Asset::Coin, amount: Some(U256::from(7)) }]);
}

#[test]
fn t17_a_batch_that_is_called_is_not_one() {
    let tx = SafeTx { operation: Operation::Call, ..batch(&[entry(FRIEND, 7, &[])]) };
    assert_eq!(blocks(&seen(&tx)), ["batch-called"]);
    let inner = batch(&[entry(tx.to, 0, &tx.data)]);
    assert_eq!(blocks(&seen(&inner)), ["batch-called"]);
}

#[test]
fn t17_nested_batches_are_read_and_block() {
    let multi = published(Contract::MultiSend, SafeVersion::V1_4_1);
    let mut list = multi_send(&[entry(SAFE, 0, &add_owner(STRANGER, 1))]);
    for depth in 1..=12 {
        list = multi_send(&[entry(FRIEND, 1, &[]), packed(1, multi, 0, &list)]);
        let found = seen(&delegate(multi, list.clone()));
        assert!(blocks(&found).iter().all(|code| *code == "delegatecall-inner"), "{depth}");
        assert!(warnings(&found).contains(&"control-change"), "{depth}");
        assert_eq!(found.effects.totals[0].amount, Some(U256::from(depth)));
    }
}

#[test]
fn t13_calls_beyond_the_limits_block() {
    let multi = published(Contract::MultiSend, SafeVersion::V1_4_1);
    let mut list = multi_send(&[entry(FRIEND, 1, &[])]);
    for _ in 0..20 {
        list = multi_send(&[packed(1, multi, 0, &list)]);
    }
    assert!(blocks(&seen(&delegate(multi, list))).contains(&"calls-cut"));
    let many = vec![entry(FRIEND, 1, &[]); 2_100];
    assert!(blocks(&seen(&batch(&many))).contains(&"batch-form"));
    let mut endless = entry(FRIEND, 1, &[]);
    endless[53..85].fill(0xff);
    assert_eq!(blocks(&seen(&batch(&[endless]))), ["batch-form"]);
}
