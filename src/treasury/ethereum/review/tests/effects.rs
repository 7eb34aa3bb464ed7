//! What leaves in sum, who may spend, what cannot be told, and what it costs to find out.

use super::*;
use crate::market::Timestamp;
use crate::money::Asset as Currency;
use crate::treasury::bitcoin::review::facts::{Prices, Quote};
use crate::treasury::ethereum::calldata::Abis;
use alloy_dyn_abi::DynSolValue;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

proptest! {
    /// Whatever calls stand in a batch, the totals are what they move, to the last unit.
    #[test]
    fn totals_are_exact(
        calls in prop::collection::vec((0_u8..5, any::<u64>(), any::<[u8; 32]>()), 1..40),
    ) {
        let (mut list, mut expected) = (Vec::new(), BTreeMap::<Asset, Option<U256>>::new());
        let tokens = [TOKEN, STRANGER];
        for (kind, value, amount) in calls {
            let amount = U256::from_be_bytes(amount) >> usize::from(kind);
            let token = tokens[usize::from(kind % 2)];
            let to = [FRIEND, SAFE][usize::from(kind == 4)];
            let number = DynSolValue::Uint(amount, 256);
            let (data, leaves) = match kind {
                0 | 1 => (call("transfer(address,uint256)", vec![who(to), number]), Some(token)),
                2 => (call("transferFrom(address,address,uint256)", vec![who(SAFE), who(to), number]), Some(token)),
                3 => (call("transferFrom(address,address,uint256)", vec![who(FRIEND), who(to), number]), None),
                _ => (call("transfer(address,uint256)", vec![who(to), number]), None),
            };
            list.push(entry(token, value, &data));
            let mut add = |asset, amount| {
                let sum = expected.entry(asset).or_insert(Some(U256::ZERO));
                *sum = sum.and_then(|sum| sum.checked_add(amount));
            };
            if value > 0 {
                add(Asset::Coin, U256::from(value));
            }
            if let Some(token) = leaves {
                add(Asset::Token(token), amount);
            }
        }
        let found = seen(&batch(&list));
        let told: BTreeMap<_, _> = found.effects.totals.iter().map(|total| (total.asset, total.amount)).collect();
        prop_assert_eq!(&told, &expected);
        let over = expected.values().any(Option::is_none);
        prop_assert_eq!(warnings(&found).contains(&"total-range"), over);
    }
}

#[test]
fn every_function_that_moves_or_allows_is_followed() {
    let (one, id) = (|n: u64| many(n), many(77));
    let list = |n: u64| DynSolValue::Array(vec![many(n), many(n + 1)]);
    let token = Asset::Token(TOKEN);
    let items = Asset::Items(TOKEN);
    let moved = [
        (call("transferAndCall(address,uint256,bytes)", vec![who(FRIEND), one(5), bytes(&[1])]), token, 5),
        (call("send(address,uint256,bytes)", vec![who(FRIEND), one(5), bytes(&[])]), token, 5),
        (call("safeTransferFrom(address,address,uint256)", vec![who(SAFE), who(FRIEND), id.clone()]), items, 1),
        (
            call(
                "safeTransferFrom(address,address,uint256,uint256,bytes)",
                vec![who(SAFE), who(FRIEND), id, one(9), bytes(&[])],
            ),
            items,
            9,
        ),
        (
            call(
                "safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)",
                vec![who(SAFE), who(FRIEND), list(1), list(10), bytes(&[])],
            ),
            items,
            21,
        ),
        (
            call(
                "transferFrom(address,address,uint160,address)",
                vec![who(SAFE), who(FRIEND), DynSolValue::Uint(U256::from(8), 160), who(TOKEN)],
            ),
            token,
            8,
        ),
    ];
    for (data, asset, amount) in moved {
        let found = seen(&plain(TOKEN, data.clone()));
        assert_eq!(found.effects.totals, [Total { asset, amount: Some(U256::from(amount)) }], "{data}");
    }
    let all = || DynSolValue::Uint(U256::MAX, 256);
    let approvals = [
        (call("approve(address,uint256)", vec![who(STRANGER), one(5)]), "allowance"),
        (call("increaseAllowance(address,uint256)", vec![who(STRANGER), one(5)]), "allowance"),
        (call("approve(address,uint256)", vec![who(STRANGER), all()]), "allowance-unlimited"),
        (call("approve(address,uint256)", vec![who(STRANGER), DynSolValue::Uint(U256::MAX >> 1, 256)]), ""),
        (call("setApprovalForAll(address,bool)", vec![who(STRANGER), DynSolValue::Bool(true)]), "allowance-unlimited"),
        (call("setApprovalForAll(address,bool)", vec![who(STRANGER), DynSolValue::Bool(false)]), ""),
        (call("approve(address,uint256)", vec![who(STRANGER), one(0)]), ""),
        (call("decreaseAllowance(address,uint256)", vec![who(STRANGER), one(5)]), ""),
        (
            call(
                "approve(address,address,uint160,uint48)",
                vec![
                    who(TOKEN),
                    who(STRANGER),
                    DynSolValue::Uint(U256::MAX >> 96, 160),
                    DynSolValue::Uint(U256::ZERO, 48),
                ],
            ),
            "allowance-unlimited",
        ),
        (call("authorizeOperator(address)", vec![who(STRANGER)]), "allowance-unlimited"),
    ];
    for (data, code) in approvals {
        let found = seen(&plain(TOKEN, data.clone()));
        let told: Vec<_> = warnings(&found).into_iter().filter(|code| code.starts_with("allowance")).collect();
        let half = data.ends_with(&[0xff; 31]) && code.is_empty();
        let expected =
            if half { vec!["allowance"] } else { Some(code).filter(|code| !code.is_empty()).into_iter().collect() };
        assert_eq!(told, expected, "{data}");
        assert_eq!(found.effects.totals, [], "an allowance is no payment");
    }
}

#[test]
fn what_cannot_be_told_is_shown_raw_and_weighed() {
    let data = [&[0xde, 0xad, 0xbe, 0xef][..], &[7; 40]].concat();
    let found = seen(&plain(STRANGER, data.clone().into()));
    assert_eq!((warnings(&found), found.kind), (vec!["calldata-unknown"], Kind::Unknown));
    let row = found.verdict.rows.iter().find(|row| row.label == "call 0").unwrap();
    assert_eq!(row.parts[0], "unknown function 0xdeadbeef, 44 bytes");
    assert_eq!(row.parts[2], alloy_primitives::hex::encode_prefixed(&data));
    let found = seen(&plain(SAFE, data.into()));
    assert_eq!(warnings(&found), ["calldata-unknown", "self-call"]);
    let long = seen(&plain(STRANGER, vec![1; 5_000].into()));
    let row = long.verdict.rows.iter().find(|row| row.label == "call 0").unwrap();
    assert!(row.parts[2].contains("and 4744 bytes more, keccak 0x"));
    // An ABI of the user's names it, and that is all it does.
    let mut abis = Abis::default();
    abis.add(br#"[{"name":"harmless","inputs":[{"name":"a","type":"uint256"}]}]"#).unwrap();
    let named = plain(STRANGER, call("harmless(uint256)", vec![many(1)]));
    let found = review(&at(SafeVersion::V1_4_1), &named, &Facts { abis, ..facts() });
    assert_eq!((warnings(&found), found.kind), (vec!["calldata-foreign"], Kind::Call));
    // No contract where one is called.
    let empty = [B256::ZERO, alloy_primitives::KECCAK256_EMPTY];
    for code in empty {
        let facts = Facts { code: [(TOKEN, code)].into(), ..facts() };
        let found = review(&at(SafeVersion::V1_4_1), &plain(TOKEN, transfer(FRIEND, 5)), &facts);
        assert_eq!(warnings(&found), ["no-code"]);
    }
}

#[test]
fn more_than_the_safe_has_is_told() {
    let tx = batch(&[entry(FRIEND, 6 * 10_u64.pow(18), &[]), entry(FRIEND, 5 * 10_u64.pow(18), &[])]);
    let found = seen(&tx);
    assert_eq!(warnings(&found), ["balance"]);
    assert_eq!(found.verdict.warnings[0].message, "11 ETH would leave, and the Safe has 10 ETH");
    assert_eq!(warnings(&seen(&plain(TOKEN, transfer(FRIEND, 10_u64.pow(12) + 1)))), ["balance"]);
}

#[test]
fn t30_what_leaves_is_valued_at_a_price_that_is_believed() {
    let quote = |price: &str, at| {
        let currency = Currency::new("USD").unwrap();
        Quote { price: price.parse().unwrap(), currency, at: Timestamp::from_secs(at), source: "a".into() }
    };
    let priced = |quotes: Vec<Quote>| Facts {
        now: Some(Timestamp::from_secs(1_000)),
        coin_prices: Prices { quotes, oldest: Duration::from_secs(60), apart: 20 },
        ..facts()
    };
    let tx = send(FRIEND, 2 * 10_u64.pow(18));
    let found = review(&at(SafeVersion::V1_4_1), &tx, &priced(vec![quote("4000", 990), quote("4010", 995)]));
    let total = found.verdict.rows.iter().find(|row| row.label == "total").unwrap();
    assert_eq!(total.parts, ["2 ETH", "8,020.00 USD (10 s)"]);
    let old = review(&at(SafeVersion::V1_4_1), &tx, &priced(vec![quote("4000", 10)]));
    assert_eq!(warnings(&old), ["price-unknown"]);
}

#[test]
fn a_large_batch_costs_little() {
    let list = |count: usize| {
        let calls = (0..count).map(|n| {
            let to = Address::left_padding_from(&(n + 1_000).to_be_bytes());
            entry(TOKEN, 0, &transfer(to, 5))
        });
        batch(&calls.collect::<Vec<_>>())
    };
    let cost = |count| {
        let tx = list(count);
        let best = (0..3).map(|_| {
            let begun = Instant::now();
            let found = seen(&tx);
            assert_eq!(found.calls.all().len(), count + 1);
            assert_eq!(found.effects.totals[0].amount, Some(U256::from(5 * count)));
            begun.elapsed()
        });
        best.min().unwrap()
    };
    let (small, large) = (cost(200), cost(2_000));
    assert!(small < Duration::from_millis(500), "{small:?} without any optimisation");
    assert!(large < Duration::from_secs(3), "{large:?} without any optimisation");
}
