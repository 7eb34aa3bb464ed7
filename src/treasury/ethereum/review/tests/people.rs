//! T14 and T16: what others call themselves, and who only looks like somebody known.

use super::super::facts::{Known, Nested, Queued, Token};
use super::*;
use crate::treasury::ethereum::calldata::Abis;
use crate::treasury::ethereum::file::Note;
use alloy_dyn_abi::DynSolValue;

/// Text that would steer a terminal, hide, reorder or imitate.
const PAYLOADS: [&str; 40] = include!("../../../../../tests/fixtures/payloads.rs");

fn harmless(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control()
            || matches!(c,
                '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{180e}' | '\u{3164}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    })
}

#[test]
fn t14_no_text_from_outside_steers_a_terminal() {
    let mut abis = Abis::default();
    abis.add(br#"[{"name":"note","inputs":[{"name":"text","type":"string"}]}]"#).unwrap();
    for payload in PAYLOADS {
        let inner = send(FRIEND, 1);
        let other = SafeAt { safe: STRANGER, ..at(SafeVersion::V1_4_1) };
        let hash = inner.hashes(&other).safe_tx;
        let approve = call("approveHash(bytes32)", vec![DynSolValue::FixedBytes(hash, 32)]);
        let note = call("note(string)", vec![DynSolValue::String(payload.into())]);
        let poison = Address::from_slice(&[&FRIEND[..10], &[9; 10]].concat());
        let tx = batch(&[
            entry(TOKEN, 0, &transfer(FRIEND, 5)),
            entry(TOKEN, 0, &call("approve(address,uint256)", vec![who(STRANGER), many(9)])),
            entry(STRANGER, 0, &approve),
            entry(TOKEN, 0, &note),
            entry(poison, 1, payload.as_bytes()),
        ]);
        for trusted in [false, true] {
            let token = Token { symbol: payload.into(), decimals: Some(6), trusted };
            let queued =
                Queued { hash: B256::ZERO, nonce: tx.nonce, name: payload.into(), signed: false, vouched: false };
            let facts = Facts {
                tokens: Some([(TOKEN, token)].into()),
                recipients: vec![Known { name: payload.into(), address: FRIEND }],
                queue: Some(vec![queued]),
                nested: vec![Nested { at: other, tx: inner.clone(), state: None }],
                abis: abis.clone(),
                notes: vec![Note::Unknown(payload.into()), Note::Prefix(payload.into())],
                ..facts()
            };
            let found = review(&at(SafeVersion::V1_4_1), &tx, &facts);
            assert!(warnings(&found).contains(&"address-like") && warnings(&found).contains(&"nonce-competitor"));
            for text in texts(&found) {
                assert!(harmless(&text), "{payload:?} came through in {text:?}");
            }
        }
    }
}

#[test]
fn t14_a_symbol_is_quoted_until_the_user_vouches_for_it() {
    let told = |symbol: &str, trusted| {
        let token = Token { symbol: symbol.into(), decimals: Some(6), trusted };
        let facts = Facts { tokens: Some([(TOKEN, token)].into()), ..facts() };
        let found = review(&at(SafeVersion::V1_4_1), &plain(TOKEN, transfer(FRIEND, 1_500_000)), &facts);
        found.verdict.rows.iter().find(|row| row.label == "total").unwrap().parts.clone()
    };
    let contract = format!("token {}", TOKEN.to_checksum(None));
    assert_eq!(told("USDC", true), ["1.5 USDC", &contract]);
    assert_eq!(told("USDC", false), ["1.5 «USDC»", &contract]);
    assert_eq!(told(&"A".repeat(500), false)[0], format!("1.5 «{}»", "A".repeat(16)));
    assert_eq!(told("", true)[0], "1.5 «»");
}

#[test]
fn t14_a_token_that_nobody_knows_is_told_in_its_smallest_units() {
    let unknown = |tokens| {
        let facts = Facts { tokens: Some(tokens), ..facts() };
        review(&at(SafeVersion::V1_4_1), &plain(TOKEN, transfer(FRIEND, 1_500_000)), &facts)
    };
    let found = unknown([].into());
    assert_eq!(warnings(&found), ["token-unknown"]);
    assert!(texts(&found).iter().any(|text| text == "1,500,000 smallest units"));
    let found = unknown([(TOKEN, Token { symbol: "USDC".into(), decimals: None, trusted: true })].into());
    assert_eq!(warnings(&found), ["token-unknown"]);
}

#[test]
fn t16_an_address_that_only_looks_like_a_known_one_is_told() {
    let alike = |first: usize, last: usize| {
        let mut bytes = [9; 20];
        bytes[..first].copy_from_slice(&FRIEND[..first]);
        bytes[20 - last..].copy_from_slice(&FRIEND[20 - last..]);
        Address::new(bytes)
    };
    let paying = |to| [send(to, 1), plain(TOKEN, transfer(to, 5)), batch(&[entry(TOKEN, 0, &transfer(to, 5))])];
    for (first, last, like) in [(2, 0, true), (0, 2, true), (4, 4, true), (1, 1, false), (0, 0, false), (20, 0, false)]
    {
        for tx in paying(alike(first, last)) {
            let found = seen(&tx);
            assert_eq!(warnings(&found).contains(&"address-like"), like, "{first} {last}");
            assert_eq!(found.effects.likes.contains_key(&alike(first, last)), like);
        }
    }
    let poison = alike(3, 3);
    let found = seen(&send(poison, 1));
    let message = &found.verdict.warnings.iter().find(|found| found.code == "address-like").unwrap().message;
    assert!(message.contains(&poison.to_checksum(None)) && message.contains(&FRIEND.to_checksum(None)), "both in full");
    let like = &found.effects.likes[&poison];
    assert_eq!((like.known, like.name.as_deref(), like.middle.len() > 4), (FRIEND, Some("Friend"), true));
    // A spender, a new owner's look-alike and one of the Safe itself.
    let approve = call("approve(address,uint256)", vec![who(poison), many(1)]);
    assert!(warnings(&seen(&plain(TOKEN, approve))).contains(&"address-like"));
    // A token that passes itself off as one that the user vouches for.
    let fake = Address::from_slice(&[&TOKEN[..3], &[9; 17]].concat());
    assert!(warnings(&seen(&plain(fake, transfer(FRIEND, 5)))).contains(&"address-like"));
    let twin = Address::from_slice(&[&SAFE[..3], &[9; 17]].concat());
    assert_eq!(warnings(&seen(&send(twin, 1))), ["address-like"]);
}

#[test]
fn t16_who_was_never_paid_is_told_once() {
    let paying = |paid: Option<Address>| {
        let facts = Facts { paid: paid.map(|paid| [paid].into()), recipients: vec![], ..facts() };
        let twice = [entry(STRANGER, 1, &[]), entry(TOKEN, 0, &transfer(STRANGER, 5))];
        warnings(&review(&at(SafeVersion::V1_4_1), &batch(&twice), &facts))
    };
    assert_eq!(paying(Some(FRIEND)), ["first-payment"]);
    assert_eq!((paying(Some(STRANGER)), paying(None)), (vec![], vec![]));
}

#[test]
fn t16_what_nobody_will_get_is_told() {
    assert_eq!(blocks(&seen(&send(Address::ZERO, 1))), ["value-burnt"]);
    assert_eq!(blocks(&seen(&batch(&[entry(Address::ZERO, 1, &[])]))), ["value-burnt"]);
    for to in [TOKEN, Address::ZERO] {
        let found = seen(&plain(TOKEN, transfer(to, 5)));
        assert_eq!((blocks(&found), warnings(&found)), (vec![], vec!["token-burnt"]));
    }
}
