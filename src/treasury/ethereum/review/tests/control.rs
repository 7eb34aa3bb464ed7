//! T18: whoever may control the Safe afterwards is told, at any depth, with a table of before and after.

use super::super::facts::State;
use super::*;
use crate::treasury::ethereum::deployments::Contract;
use alloy_dyn_abi::DynSolValue;

/// Every call by which a Safe's control changes, and what is left of the Safe after it.
fn every_change() -> Vec<(Bytes, State)> {
    let is = state();
    let [first, second, third] = OWNERS;
    let of = |owners: Vec<Address>, threshold: u64| State { owners, threshold: U256::from(threshold), ..state() };
    let one = |name: &str, address| call(&format!("{name}(address)"), vec![who(address)]);
    let removes = |prev, owner| call("removeOwner(address,address,uint256)", vec![who(prev), who(owner), many(1)]);
    let swaps = |prev, old| call("swapOwner(address,address,address)", vec![who(prev), who(old), who(STRANGER)]);
    let sentinel = Address::with_last_byte(1);
    vec![
        (add_owner(STRANGER, 1), of(vec![STRANGER, first, second, third], 1)),
        (removes(sentinel, first), of(vec![second, third], 1)),
        (removes(second, third), of(vec![first, second], 1)),
        (swaps(sentinel, first), of(vec![STRANGER, second, third], 2)),
        (swaps(first, second), of(vec![first, STRANGER, third], 2)),
        (call("changeThreshold(uint256)", vec![many(1)]), of(OWNERS.to_vec(), 1)),
        (one("enableModule", STRANGER), State { modules: vec![STRANGER], ..is.clone() }),
        (one("setGuard", STRANGER), State { guard: STRANGER, ..is.clone() }),
        (one("setModuleGuard", STRANGER), State { module_guard: STRANGER, ..is.clone() }),
        (one("setFallbackHandler", STRANGER), State { fallback_handler: STRANGER, ..is.clone() }),
        (one("changeMasterCopy", STRANGER), State { singleton: STRANGER, ..is }),
    ]
}

#[test]
fn t18_a_change_of_control_is_told_at_any_depth() {
    let module = |data: &Bytes| {
        let values = vec![who(SAFE), many(0), bytes(data), DynSolValue::Uint(U256::ZERO, 8)];
        call("execTransactionFromModule(address,uint256,bytes,uint8)", values)
    };
    for (data, after) in every_change() {
        let harmless = entry(FRIEND, 1, &[]);
        let wrapped = [
            plain(SAFE, data.clone()),
            batch(&[harmless.clone(), entry(SAFE, 0, &data), harmless]),
            plain(SAFE, module(&data)),
            batch(&[entry(SAFE, 0, &module(&module(&data)))]),
        ];
        for tx in wrapped {
            let found = seen(&tx);
            assert!(warnings(&found).contains(&"control-change"), "{data}");
            let (before, then) = found.control.clone().unwrap();
            assert_eq!((before, then), (state(), after.clone()), "{data}");
            assert_eq!(found.kind, Kind::Control);
            assert!(found.verdict.rows.iter().any(|row| row.label == "control"));
            assert!(!warnings(&found).contains(&"control-fails"));
            let bare = review(&at(SafeVersion::V1_4_1), &tx, &Facts::default());
            assert!(warnings(&bare).contains(&"control-change") && bare.control.is_none(), "with nothing known");
        }
    }
}

#[test]
fn t18_the_table_shows_each_owner_before_and_after() {
    let swap = call("swapOwner(address,address,address)", vec![who(OWNERS[0]), who(OWNERS[1]), who(STRANGER)]);
    let threshold = call("changeThreshold(uint256)", vec![many(1)]);
    let found = seen(&batch(&[entry(SAFE, 0, &swap), entry(SAFE, 0, &threshold)]));
    let told = |label: &str| -> Vec<Vec<String>> {
        found.verdict.rows.iter().filter(|row| row.label == label).map(|row| row.parts.clone()).collect()
    };
    assert_eq!(told("quorum"), [["2 of 3", "→", "1 of 3"]]);
    let owner = |address: Address, what: &str| vec![address.to_checksum(None), what.to_owned()];
    let expected =
        [owner(OWNERS[0], "stays"), owner(OWNERS[1], "removed"), owner(OWNERS[2], "stays"), owner(STRANGER, "added")];
    assert_eq!(told("owner"), expected);
    let json = serde_json::to_value(found.json()).unwrap();
    assert_eq!(json["control"]["before"]["threshold"], "2");
    assert_eq!(json["control"]["after"]["owners"][1], STRANGER.to_checksum(None));
}

#[test]
fn t18_the_zero_address_in_a_batch_of_1_5_0_is_the_safe_itself() {
    let list = multi_send(&[entry(Address::ZERO, 0, &add_owner(STRANGER, 1))]);
    for contract in [Contract::MultiSend, Contract::MultiSendCallOnly] {
        let found = seen(&delegate(published(contract, SafeVersion::V1_5_0), list.clone()));
        assert_eq!((blocks(&found), warnings(&found)), (vec![], vec!["control-change"]));
        assert_eq!(found.calls.root.inner[0].to, SAFE);
        let found = seen(&delegate(published(contract, SafeVersion::V1_4_1), list.clone()));
        assert_eq!((blocks(&found), warnings(&found)), (vec![], vec!["call-to-zero", "contract-call"]));
    }
}

#[test]
fn t18_a_change_is_told_however_oddly_it_is_written() {
    let honest = add_owner(STRANGER, 1);
    let mut dirty = honest.to_vec();
    dirty[4] = 0xff;
    for (odd, also) in [
        (dirty, "calldata-form"),
        ([&honest[..], &[0]].concat(), "calldata-form"),
        (honest[..honest.len() - 1].to_vec(), "calldata-unreadable"),
        (honest[..4].to_vec(), "calldata-unreadable"),
    ] {
        let found = seen(&plain(SAFE, odd.into()));
        assert!(warnings(&found).contains(&"control-change") && warnings(&found).contains(&also), "{also}");
    }
}

#[test]
fn t18_what_the_contract_would_refuse_is_told() {
    let fails = |data: Bytes| warnings(&seen(&plain(SAFE, data))).contains(&"control-fails");
    let swap = |prev, old, new| call("swapOwner(address,address,address)", vec![who(prev), who(old), who(new)]);
    assert!(!fails(swap(OWNERS[0], OWNERS[1], STRANGER)));
    assert!(fails(swap(OWNERS[1], OWNERS[1], STRANGER)), "not behind that one");
    assert!(fails(swap(OWNERS[0], OWNERS[1], OWNERS[2])), "an owner already");
    assert!(fails(swap(OWNERS[0], OWNERS[1], SAFE)), "itself");
    assert!(fails(swap(OWNERS[0], STRANGER, FRIEND)), "no owner");
    assert!(fails(add_owner(STRANGER, 5)) && fails(add_owner(STRANGER, 0)));
    assert!(fails(call("changeThreshold(uint256)", vec![many(4)])));
}

#[test]
fn t18_other_code_is_let_in_only_where_safe_published_it() {
    let change = |code| plain(SAFE, call("changeMasterCopy(address)", vec![who(code)]));
    let old = SafeVersion::V1_1_1;
    let seen_by = |tx: &SafeTx| review(&at(old), tx, &known_of(old));
    assert_eq!(blocks(&seen_by(&change(STRANGER))), ["singleton-foreign"]);
    assert_eq!(blocks(&seen_by(&change(published(Contract::MultiSend, SafeVersion::V1_3_0)))), ["singleton-foreign"]);
    let good = seen_by(&change(published(Contract::Safe, SafeVersion::V1_3_0)));
    assert_eq!((blocks(&good), warnings(&good)), (vec![], vec!["control-change", "replay"]));
    let migrate = |name: &str| call(name, vec![]);
    let to = published(Contract::SafeMigration, SafeVersion::V1_4_1);
    let found = seen(&delegate(to, migrate("migrateL2WithFallbackHandler()")));
    assert_eq!((blocks(&found), warnings(&found)), (vec![], vec!["control-change"; 2]));
    let to = published(Contract::SafeToL2Migration, SafeVersion::V1_4_1);
    let found = seen(&delegate(to, call("migrateToL2(address)", vec![who(STRANGER)])));
    assert_eq!(blocks(&found), ["singleton-foreign"]);
}

#[test]
fn t18_another_safe_or_a_contract_named_alike_is_not_this_safe() {
    let found = seen(&plain(STRANGER, add_owner(FRIEND, 1)));
    assert_eq!((found.changes.len(), warnings(&found)), (0, vec!["contract-call"]));
    // What another Safe is told to do to itself changes that one, and what it is told to do to this one is refused there.
    for to in [STRANGER, SAFE] {
        let exec = exec(to, &add_owner(FRIEND, 1), 0);
        let found = seen(&plain(STRANGER, exec));
        assert!(found.changes.is_empty() && warnings(&found).contains(&"executes"));
        assert_eq!(found.calls.root.inner[0].by, STRANGER);
    }
    let found = seen(&plain(STRANGER, exec(TOKEN, &transfer(FRIEND, 5), 1)));
    assert_eq!(blocks(&found), ["delegatecall"]);
}

/// A transaction for another Safe to carry out.
pub fn exec(to: Address, data: &[u8], operation: u8) -> Bytes {
    let zero = || many(0);
    let values = vec![
        who(to),
        zero(),
        bytes(data),
        DynSolValue::Uint(U256::from(operation), 8),
        zero(),
        zero(),
        zero(),
        who(Address::ZERO),
        who(Address::ZERO),
        bytes(&[7; 65]),
    ];
    call("execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)", values)
}
