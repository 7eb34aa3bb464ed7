//! Software accounts against the keys and signatures of others.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::bitcoin::hot::Cost;
use crate::treasury::ethereum::example::{requests, safe, signatures, text, transaction};
use crate::treasury::ethereum::hash::{Act, Request};
use crate::treasury::ethereum::review::{Facts, reviewed};
use crate::treasury::ethereum::signature::{Kind, recover};
use alloy_primitives::{B256, U256, eip191_hash_message};

const WORDS: &str = "test test test test test test test test test test test junk";
const CHEAP: Cost = Cost { memory: 8, passes: 1, lanes: 1 };

fn refusal(result: Result<Account, AccountError>) -> AccountError {
    match result {
        Ok(_) => panic!("it should not open"),
        Err(error) => error,
    }
}

#[test]
fn words_and_hex_lead_to_the_accounts_that_others_find() {
    let known = [
        (
            "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
        ),
        (
            "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
            "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
        ),
        (
            "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
            "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a",
        ),
    ];
    for (index, (address, key)) in (0..).zip(known) {
        assert_eq!(Account::from_words(WORDS, "", index).unwrap().address().to_string(), address);
        assert_eq!(Account::from_hex(key).unwrap().address().to_string(), address);
        assert_eq!(Account::from_hex(&format!(" {}\n", &key[2..])).unwrap().address().to_string(), address);
    }
    let other = Account::from_words(WORDS, "passphrase", 0).unwrap().address().to_string();
    assert_ne!(other, known[0].0);
    assert_eq!(refusal(Account::from_words(WORDS, "", 1 << 31)), AccountError::Index);
    assert!(matches!(refusal(Account::from_words("test junk", "", 0)), AccountError::Hot(HotError::Words(_))));
    for text in ["", "0x", "zz", &"0".repeat(63), &"0".repeat(66)] {
        assert_eq!(refusal(Account::from_hex(text)), AccountError::Hex, "{text}");
    }
    for none in ["0".repeat(64), "f".repeat(64)] {
        assert_eq!(refusal(Account::from_hex(&none)), AccountError::Hot(HotError::Key));
    }
}

#[test]
fn a_new_one_is_found_again_by_its_words() {
    let account = Account::new(Zeroizing::new([7; 32])).unwrap();
    let words = account.words().unwrap();
    assert_eq!(words.split(' ').count(), 24);
    assert_eq!(Account::from_words(&words, "", 0).unwrap().address(), account.address());
    assert!(Account::from_words(&words, "", 0).unwrap().words().is_none());
    assert_ne!(Account::new(Zeroizing::new([8; 32])).unwrap().address(), account.address());
}

/// The vectors were signed by another implementation, also by RFC 6979 with the lower s: the bytes are the same.
#[test]
fn a_reviewed_transaction_is_signed_to_the_same_bytes_as_elsewhere() {
    let accounts: Vec<_> = (0..5).map(|index| Account::from_words(WORDS, "", index).unwrap()).collect();
    let mut same = 0;
    for vector in signatures().iter().filter(|vector| vector["onChain"]["success"] == true) {
        let (at, tx) = (safe(vector), transaction(vector));
        let (_, proof) = reviewed(&at, &tx, &Facts::default());
        let Some(proof) = proof else { continue };
        let plain = vector["signatures"].as_array().unwrap().iter().filter(|one| one["kind"] == "eoa");
        for one in plain.filter(|_| !text(vector, "note").contains("high-s")) {
            let Some(account) = accounts.iter().find(|account| account.address().to_string() == text(one, "owner"))
            else {
                continue;
            };
            let confirmation = account.sign(&proof).unwrap();
            assert_eq!(confirmation.bytes().to_string(), text(one, "signature"), "{}", vector["id"]);
            assert_eq!(
                (confirmation.owner, &confirmation.kind, confirmation.high_s),
                (account.address(), &Kind::Eoa, false)
            );
            same += 1;
        }
    }
    assert!(same >= 20, "{same}");
}

#[test]
fn requests_and_texts_are_signed_over_their_own_hashes() {
    let account = Account::from_words(WORDS, "", 0).unwrap();
    let signer = |hash: B256, signature: &[u8; 65]| {
        recover(&hash, &B256::from_slice(&signature[..32]), &B256::from_slice(&signature[32..64]), signature[64])
    };
    let act = Act::Delete { safe: Address::repeat_byte(1), safe_tx: B256::repeat_byte(2) };
    let request = Request { chain_id: U256::ONE, act, hour: 480_000 };
    let signature = account.sign_request(&request).unwrap();
    assert_eq!(signer(request.hashes().safe_tx, &signature), Some(account.address()));
    let signature = account.sign_text("hello").unwrap();
    assert_eq!(signer(eip191_hash_message("hello"), &signature), Some(account.address()));
    assert_ne!(signer(B256::repeat_byte(1), &signature), Some(account.address()));
    assert!(!requests().is_empty());
}

#[test]
fn what_is_sealed_opens_with_its_passphrase_alone() {
    for account in [Account::from_words(WORDS, "", 3).unwrap(), Account::new(Zeroizing::new([9; 32])).unwrap()] {
        let sealed = seal(&account, "correct horse", CHEAP, [1; 16], [2; 12]).unwrap();
        let opened = open(&sealed, "correct horse").unwrap();
        assert_eq!((opened.address(), opened.words()), (account.address(), account.words()));
        assert_eq!(opened.sign_text("x").unwrap(), account.sign_text("x").unwrap());
        assert_eq!(refusal(open(&sealed, "wrong")).code(), "passphrase");
        let text = String::from_utf8(sealed.clone()).unwrap();
        assert!(!text.contains(&hex::encode(*account.key)) && text.ends_with("}\n"));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&changed, "correct horse").is_err(), "byte {at}");
        }
        let newer = text.replace("\"hot_account\":1", "\"hot_account\":2");
        assert_eq!(refusal(open(newer.as_bytes(), "x")), AccountError::Hot(HotError::Newer(2)));
        let dear = text.replace("\"memory\":8", "\"memory\":4000000");
        assert_eq!(refusal(open(dear.as_bytes(), "x")), AccountError::Hot(HotError::Cost));
    }
    let account = Account::from_words(WORDS, "", 0).unwrap();
    assert_eq!(seal(&account, "", CHEAP, [1; 16], [2; 12]).unwrap_err().code(), "passphrase");
    assert_eq!(refusal(open(&[b' '; 4_000], "x")), AccountError::Hot(HotError::Damaged("it is too long")));
    assert_eq!(refusal(open(b"{}", "x")), AccountError::Hot(HotError::Damaged("it is not its JSON")));
}
