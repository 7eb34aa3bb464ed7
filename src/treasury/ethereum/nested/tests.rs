//! Owners that are Safes, against what real contracts took.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::example::{messages, safe, signatures, text, transaction};
use crate::treasury::ethereum::hot::Account;
use crate::treasury::ethereum::review::{Facts, reviewed};
use crate::treasury::ethereum::signature::tests::{cases, children};
use crate::treasury::ethereum::signature::{Kind, Outcome, judge, unpack};
use alloy_primitives::U256;

const WORDS: &str = "test test test test test test test test test test test junk";

fn accounts() -> Vec<Account> {
    (0..6).map(|index| Account::from_words(WORDS, "", index).unwrap()).collect()
}

#[test]
fn t19_a_childs_owners_sign_what_the_contracts_took_for_its_signature() {
    let accounts = accounts();
    let mut exact = 0;
    for (case, vector) in cases().into_iter().zip(signatures()) {
        if case.revert.is_some() || !case.note.contains("contract signature") {
            continue;
        }
        let (at, tx) = (safe(&vector), transaction(&vector));
        let (_, proof) = reviewed(&at, &tx, &Facts::default());
        let proof = proof.expect(&case.id);
        let read: Vec<_> =
            unpack(&case.packed, case.facts.threshold, &case.asked).unwrap().into_iter().map(Result::unwrap).collect();
        for theirs in read.iter().filter(|one| matches!(one.kind, Kind::Contract { .. })) {
            let child = children(at.chain_id).into_iter().find(|child| child.at.safe == theirs.owner).unwrap();
            let errand = Errand::new(&proof, &child).unwrap();
            let owners = accounts.iter().filter(|account| child.owns(&account.address()));
            let signed: Vec<_> = owners.map(|account| account.sign_errand(&errand).unwrap()).collect();
            let ours = errand.confirmation(&signed, &Known::default()).unwrap();
            assert_eq!(&ours, theirs, "{}", case.id);
            // One less, or over something else, is not taken.
            let few = errand.confirmation(&signed[1..], &Known::default());
            assert_eq!(few.unwrap_err().code(), "signature-few");
            let mut wrong = signed.clone();
            wrong[0] = accounts.iter().find(|one| one.address() == signed[0].owner).unwrap().sign(&proof).unwrap();
            assert_eq!(errand.confirmation(&wrong, &Known::default()).unwrap_err().code(), "signature-hash");
            exact += 1;
        }
        let again = judge(&case.asked, &case.facts, &case.packed, case.sender, &case.known);
        assert!(matches!(again, Outcome::Accepted(_)));
    }
    assert!(exact >= 5, "{exact}");
}

#[test]
fn t19_the_message_is_the_one_that_the_parents_version_asks_about() {
    let vectors = messages();
    let (mut bytes, mut hash) = (0, 0);
    for vector in &vectors {
        let at = safe(vector);
        let message = SafeMessage(text(vector, "message").parse().unwrap());
        assert_eq!(message.hashes(&at).safe_tx.to_string(), text(vector, "safeMessageHash"));
        bytes += usize::from(text(vector, "note").contains("66-byte"));
        hash += usize::from(message.0.len() == 32);
    }
    assert!(bytes >= 1 && hash >= 1);
    let vector = &signatures()[0];
    let tx = transaction(vector);
    for version in SafeVersion::ALL.into_iter().skip(1) {
        let at = SafeAt { version, ..safe(vector) };
        let (_, proof) = reviewed(&at, &tx, &Facts::default());
        let mut child = children(at.chain_id).remove(0);
        if version == SafeVersion::V1_5_0 {
            child.handler = Some(SafeVersion::V1_4_1);
        }
        let proof = proof.unwrap();
        let errand = Errand::new(&proof, &child).unwrap();
        let length = if version >= SafeVersion::V1_5_0 { 32 } else { 66 };
        assert_eq!(errand.message().0.len(), length, "{version}");
        assert_eq!(errand.asked().hash, errand.message().hashes(&child.at).safe_tx);
        assert_eq!(errand.typed_data()["message"]["message"], errand.message().0.to_string());
        assert_eq!(errand.child(), &child.at);
    }
}

#[test]
fn t19_a_child_that_would_not_answer_is_not_signed_for() {
    let vector = &signatures()[0];
    let (at, tx) = (SafeAt { version: SafeVersion::V1_5_0, ..safe(vector) }, transaction(vector));
    let (_, proof) = reviewed(&at, &tx, &Facts::default());
    let proof = proof.unwrap();
    let child = children(at.chain_id).remove(0);
    let code = |child: SafeFacts| Errand::new(&proof, &child).map_or_else(|error| error.code(), |_| "fine");
    assert_eq!(code(child.clone()), "fine");
    assert_eq!(code(SafeFacts { handler: None, ..child.clone() }), "nested-unknown");
    assert_eq!(code(SafeFacts { handler: Some(SafeVersion::V1_1_1), ..child.clone() }), "nested-never");
    let old = SafeAt { version: SafeVersion::V1_1_1, ..child.at };
    assert_eq!(code(SafeFacts { at: old, ..child.clone() }), "nested-never");
    let elsewhere = SafeAt { chain_id: U256::from(5), ..child.at };
    assert_eq!(code(SafeFacts { at: elsewhere, ..child.clone() }), "nested-chain");
    assert_eq!(code(SafeFacts { at: SafeAt { safe: at.safe, ..child.at }, ..child.clone() }), "nested-itself");
    // A stranger's signature does not count, whatever it is over.
    let errand = Errand::new(&proof, &child).unwrap();
    let stranger = accounts()[5].sign_errand(&errand).unwrap();
    assert_eq!(errand.confirmation(&[stranger], &Known::default()).unwrap_err().code(), "signature-not-owner");
}
