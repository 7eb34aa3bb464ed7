//! Wallets and Safes side by side: their names, one queue, and entries of before.

use super::bench::*;
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId, Stand};
use crate::treasury::ethereum::review::facts::State as SafeState;
use crate::treasury::ethereum::{SafeAt, SafeTx, SafeVersion};
use crate::treasury::proposal::*;
use alloy_primitives::{Address, B256, U256};
use std::collections::BTreeMap;

fn safe(name: &str) -> Event {
    let id = SafeId { chain_id: U256::from(1), address: Address::repeat_byte(7) };
    let state = SafeState {
        block: 1,
        version: SafeVersion::V1_4_1,
        owners: vec![Address::repeat_byte(9)],
        threshold: U256::from(1),
        nonce: U256::ZERO,
        modules: vec![],
        guard: Address::ZERO,
        module_guard: Address::ZERO,
        fallback_handler: Address::ZERO,
        singleton: Address::ZERO,
        balance: U256::ZERO,
        tokens: BTreeMap::new(),
    };
    let stand = Stand::of(&state, B256::ZERO, B256::ZERO);
    Event::Safe(Box::new(SafeEvent::Added { safe: id, name: name.into(), stand }))
}

#[test]
fn a_name_means_one_wallet_or_one_safe() {
    let mut bench = Bench::new(2, 3);
    assert_eq!(bench.does(&safe("Cold"), 1), Err(Refusal::NameTaken("Cold".into())));
    bench.does(&safe("Warm"), 1).unwrap();
    let wallet = bench.treasury.vault(bench.wallet.id()).unwrap();
    let mut other = Bench::unarmed(1, 2);
    other.treasury = Treasury::default();
    other.does(&safe("Cold"), 1).unwrap();
    let added = Event::WalletAdded {
        wallet: wallet.wallet.id(),
        name: "Cold".into(),
        network: wallet.wallet.network(),
        descriptors: wallet.wallet.descriptors().iter().map(ToString::to_string).collect(),
        format: "descriptor".into(),
        notes: vec![],
        names: vec![],
        labels: vec![],
    };
    assert_eq!(other.does(&added, 1), Err(Refusal::NameTaken("Cold".into())));
}

#[test]
fn proposals_of_both_kinds_share_one_numbering() {
    let mut bench = Bench::new(2, 3);
    bench.does(&safe("Warm"), 1).unwrap();
    let first = bench.propose(&[0], 50_000);
    let chain_id = U256::from(1);
    let at_safe = SafeAt { chain_id, safe: Address::repeat_byte(7), version: SafeVersion::V1_4_1 };
    let tx: SafeTx = serde_json::from_value(serde_json::json!({
        "to": Address::repeat_byte(3), "value": "0x1", "data": "0x", "operation": 0, "safeTxGas": "0x0",
        "baseGas": "0x0", "gasPrice": "0x0", "gasToken": Address::ZERO, "refundReceiver": Address::ZERO, "nonce": "0x0",
    }))
    .unwrap();
    let second = ProposalId::of_safe(&at_safe, &tx, 1);
    let event = serde_json::json!({
        "event": "safe", "what": "proposed", "proposal": second, "safe": SafeId::of(&at_safe), "policy": 1,
        "kind": "safe_tx", "tx": tx, "created_by": "a", "memo": "", "expires_at": at(DAY), "source": "own",
    });
    bench.does(&serde_json::from_value(event).unwrap(), 1).unwrap();
    let third = bench.propose(&[1], 50_000);
    let order: Vec<ProposalId> = bench.treasury.queue().map(Listed::id).collect();
    assert_eq!(order, [first, second, third]);
    assert_eq!([first, second, third].map(|id| bench.treasury.number(id)), [Some(1), Some(2), Some(3)]);
    assert_eq!(bench.treasury.queue().map(Listed::kind).collect::<Vec<_>>(), ["btc_spend", "safe_tx", "btc_spend"]);
    assert_eq!(bench.treasury.proposals().map(|one| one.id).collect::<Vec<_>>(), [first, third]);
    assert_eq!(bench.treasury.listed(second).unwrap().approvals(), (0, 1));
}

#[test]
fn an_entry_of_before_is_read_as_it_was() {
    let id = "07".repeat(32);
    let entry = format!(r#"{{"event":"conflicted","proposal":"{id}","coin":"{}:0"}}"#, "01".repeat(32));
    let event: Event = serde_json::from_str(&entry).unwrap();
    assert!(matches!(event, Event::Conflicted { .. }));
    assert_eq!(serde_json::to_string(&event).unwrap(), entry);
}
