//! What changes when the chain says that the Safe stands otherwise.

use super::bench::*;
use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::proposal::*;
use crate::treasury::proposal::State;
use alloy_primitives::{Address, U256};

#[test]
fn rule5_who_no_longer_owns_the_safe_no_longer_counts() {
    let mut bench = Bench::new(2, 3);
    let (ready, late) = (bench.ready(&payment(1, 7), 2), bench.proposed(&payment(2, 8)));
    bench.sees(|stand| stand.owners = vec![account(0), account(2), account(3)]).unwrap();
    let safe = bench.safe();
    assert_eq!((safe.policy, safe.changed.as_deref()), (2, Some("owners")));
    assert!(safe.claims.contains_key(&account(0)) && !safe.claims.contains_key(&account(1)));
    assert_eq!(bench.state(ready), State::Collecting, "one of the two has left");
    assert_eq!(bench.proposal(ready).owners().count(), 3);
    assert_eq!(bench.code(executing(ready, 1), 4), "illegal-move");
    assert_eq!(bench.code(bench.approved(ready, 1), 4), "no-seat");
    bench.approve(ready, 3).unwrap();
    assert_eq!(bench.state(ready), State::Ready, "a new owner's counts");
    assert_eq!(bench.code(late, 4), "policy-version");
    // Who comes back has signed.
    bench.sees(|stand| stand.owners = vec![account(1), account(2), account(3)]).unwrap();
    assert_eq!((bench.state(ready), bench.proposal(ready).approved().count()), (State::Ready, 2));
    bench.sees(|stand| stand.threshold = U256::from(3)).unwrap();
    assert_eq!((bench.state(ready), bench.proposal(ready).quorum.required), (State::Collecting, 3));
    bench.sees(|stand| stand.threshold = U256::from(1)).unwrap();
    assert_eq!((bench.state(ready), bench.safe().policy), (State::Ready, 5));
}

#[test]
fn another_version_voids_what_is_signed_only_where_its_hash_is_another() {
    let mut bench = Bench::new(1, 2);
    let kept = bench.ready(&payment(1, 7), 1);
    bench.sees(|stand| stand.version = SafeVersion::V1_5_0).unwrap();
    assert_eq!((bench.state(kept), bench.proposal(kept).at().version), (State::Ready, SafeVersion::V1_5_0));
    bench.sees(|stand| stand.version = SafeVersion::V1_2_0).unwrap();
    assert_eq!(bench.state(kept), State::Cancelled);
    assert_eq!(bench.proposal(kept).approved().count(), 0);
    assert_eq!(bench.proposal(kept).ended.as_deref(), Some("the Safe is now 1.2.0, where its hash is another"));
}

#[test]
fn each_change_of_control_makes_another_policy_and_nothing_else_does() {
    let changes: [fn(&mut Stand); 9] = [
        |stand| stand.owners.truncate(2),
        |stand| stand.threshold = U256::from(1),
        |stand| stand.version = SafeVersion::V1_3_0,
        |stand| stand.modules = vec![FRIEND],
        |stand| stand.guard = FRIEND,
        |stand| stand.module_guard = FRIEND,
        |stand| stand.fallback_handler = FRIEND,
        |stand| stand.singleton = FRIEND,
        |stand| stand.proxy_code.0[0] = 1,
    ];
    for (place, change) in changes.into_iter().enumerate() {
        let mut bench = Bench::new(2, 3);
        bench.sees(change).unwrap();
        assert_eq!(bench.safe().policy, 2, "{place}");
    }
    let mut bench = Bench::new(2, 3);
    bench.sees(|stand| stand.nonce = U256::from(9)).unwrap();
    bench.sees(|stand| stand.owners.reverse()).unwrap();
    assert_eq!((bench.safe().policy, bench.safe().stand.block), (1, 102));
}

#[test]
fn t23_what_no_safe_can_look_like_is_refused_and_so_is_an_old_answer() {
    let mut bench = Bench::new(2, 3);
    let changes: [fn(&mut Stand); 8] = [
        |stand| stand.owners.clear(),
        |stand| stand.owners.push(Address::ZERO),
        |stand| stand.owners.push(Address::with_last_byte(1)),
        |stand| stand.owners.push(SAFE),
        |stand| stand.owners.push(account(0)),
        |stand| stand.threshold = U256::ZERO,
        |stand| stand.threshold = U256::from(4),
        |stand| stand.modules = vec![FRIEND; 257],
    ];
    for (place, change) in changes.into_iter().enumerate() {
        assert_eq!(bench.sees(change).unwrap_err().code(), "safe-stand", "{place}");
    }
    assert_eq!(bench.sees(|stand| stand.block = 99).unwrap_err().code(), "stale");
    bench.sees(|stand| stand.block = 100).unwrap();
    let mut other = id();
    other.chain_id = U256::from(5);
    let stand = stand(1, &[account(0)]);
    assert_eq!(bench.code(SafeEvent::Seen { safe: other, stand }, 3), "no-safe");
}

#[test]
fn a_safe_is_added_once_under_its_own_name_and_archived_when_nothing_is_open() {
    let mut bench = Bench::new(2, 3);
    let added = |address, name: &str| SafeEvent::Added {
        safe: SafeId { address, ..id() },
        name: name.into(),
        stand: stand(1, &[account(0)]),
    };
    assert_eq!(bench.code(added(SAFE, "Other"), 1), "safe-known");
    assert_eq!(bench.code(added(FRIEND, "Ops"), 1), "name-taken");
    assert_eq!(bench.code(added(FRIEND, " "), 1), "no-name");
    let elsewhere = SafeEvent::Added {
        safe: SafeId { chain_id: U256::from(10), ..id() },
        name: "Elsewhere".into(),
        stand: stand(1, &[account(0)]),
    };
    bench.does(elsewhere, 1).unwrap();
    let proposal = bench.propose(&payment(1, 7));
    let archived = SafeEvent::Archived { safe: id(), reason: "moved".into() };
    assert_eq!(bench.code(archived.clone(), 2), "open-proposals");
    bench.does(SafeEvent::Cancelled { proposal, reason: "no".into() }, 2).unwrap();
    bench.does(archived, 2).unwrap();
    assert_eq!(bench.code(bench.proposed(&payment(2, 7)), 2), "archived");
    assert_eq!(bench.safe().archived.as_deref(), Some("moved"));
}

#[test]
fn names_come_and_go_and_decimals_stay() {
    let mut bench = Bench::new(1, 2);
    let named = |owner, name: &str| SafeEvent::OwnerNamed { safe: id(), owner, name: name.into() };
    bench.does(named(account(0), "Alice\u{1b}"), 1).unwrap();
    assert_eq!(bench.safe().owner_name(account(0)), "Alice");
    bench.does(named(account(0), ""), 1).unwrap();
    assert_eq!(bench.safe().owner_name(account(0)), account(0).to_checksum(None));
    assert_eq!(bench.code(named(account(7), "Eve"), 1), "no-seat");
    let pinned = |decimals, trusted| SafeEvent::TokenPinned {
        chain: U256::from(1),
        token: FRIEND,
        symbol: "USDC".into(),
        decimals,
        trusted,
    };
    bench.does(pinned(6, false), 1).unwrap();
    assert_eq!(bench.code(pinned(18, false), 1), "token-decimals");
    bench.does(pinned(6, true), 1).unwrap();
    assert!(bench.treasury.safes().tokens()[&(U256::from(1), FRIEND)].trusted);
    bench.does(SafeEvent::HotAccount { address: FRIEND, name: "bot".into() }, 1).unwrap();
    let safes = bench.treasury.safes();
    assert!(safes.is_hot_account(FRIEND) && !safes.is_hot_account(account(0)));
    let watched = |name: &str| SafeEvent::Watched { chain: U256::from(1), address: FRIEND, name: name.into() };
    bench.does(watched("cold"), 1).unwrap();
    assert_eq!(bench.treasury.safes().watched().len(), 1);
    bench.does(watched(""), 1).unwrap();
    assert!(bench.treasury.safes().watched().is_empty());
}
