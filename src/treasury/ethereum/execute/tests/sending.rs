//! The account's transaction: what is signed, what is sent, what takes its place.

use crate::treasury::ethereum::execute::fees::GWEI;
use crate::treasury::ethereum::execute::{Call, Execution, ExecutionError, Fees, Sent};
use crate::treasury::ethereum::hot::Account;
use crate::treasury::ethereum::review::reviewed;
use crate::treasury::ethereum::review::tests::workshop::{FRIEND, OWNERS, SAFE, at, facts, send};
use crate::treasury::ethereum::signature::{Confirmation, Known, SafeFacts};
use crate::treasury::ethereum::{SafeTx, SafeVersion};
use alloy_primitives::{Address, U256, hex};
use proptest::prelude::*;

const FEES: Fees = Fees { gas: 120_000, most: 30 * GWEI, tip: GWEI };

fn accounts() -> Vec<Account> {
    let words = "test test test test test test test test test test test junk";
    (0..6).map(|index| Account::from_words(words, "", index).unwrap()).collect()
}

/// A reviewed payment, carried out by an account with what the first owners signed.
fn execution(sender: Address, signers: usize, chain_id: u64) -> Result<Execution, ExecutionError> {
    let mut at = at(SafeVersion::V1_4_1);
    at.chain_id = U256::from(chain_id);
    let tx: SafeTx = send(FRIEND, 5);
    let known = crate::treasury::ethereum::review::Facts { chain_id: Some(at.chain_id), ..facts() };
    let (_, proof) = reviewed(&at, &tx, &known);
    let proof = proof.unwrap();
    let valid: Vec<Confirmation> =
        accounts().iter().take(signers).map(|account| account.sign(&proof).unwrap()).collect();
    let safe = SafeFacts { at, owners: OWNERS.to_vec(), threshold: 2, handler: None };
    Execution::new(&proof, &valid, (&safe, &Known::default()), sender, 7, FEES)
}

#[test]
fn what_is_sent_is_what_was_signed_and_leads_back_to_the_account() {
    let accounts = accounts();
    let sender = &accounts[5];
    let execution = execution(sender.address(), 2, 1).unwrap();
    assert_eq!((execution.to(), execution.nonce(), execution.chain_id(), execution.fees()), (SAFE, 7, 1, FEES));
    let sent = sender.sign_execution(&execution).unwrap();
    assert_eq!((sent.sender, &sent.execution), (sender.address(), &execution));
    assert_eq!(sent.hash, alloy_primitives::keccak256(&sent.raw));
    assert_eq!(sent.raw[0], 2);
    assert_eq!(Sent::read(&sent.raw), Ok(sent.clone()));
    let call = Call::read(sent.execution.input(), send(FRIEND, 5).nonce).unwrap();
    assert_eq!((call.tx, call.signatures.len()), (send(FRIEND, 5), 130));
    assert_eq!(accounts[4].sign_execution(&execution).unwrap_err().code(), "hot-nothing");
    let foreign = accounts[4].sign_text("hello").unwrap();
    assert!(matches!(execution.signed(&foreign), Err(ExecutionError::Signer { .. } | ExecutionError::Form)));
}

#[test]
fn an_owner_who_sends_it_need_not_have_signed() {
    let accounts = accounts();
    let call = |sender: &Account, signers| execution(sender.address(), signers, 1);
    assert!(call(&accounts[1], 1).is_ok());
    assert_eq!(call(&accounts[0], 1).unwrap_err().code(), "signature-few", "he has signed already");
    assert_eq!(call(&accounts[5], 1).unwrap_err().code(), "signature-few", "he is no owner");
    // With enough signatures none of them is given up for his word.
    let both = call(&accounts[2], 2).unwrap();
    let packed = Call::read(both.input(), U256::ZERO).unwrap().signatures;
    assert!(packed[64] >= 27 && packed[129] >= 27);
}

#[test]
fn a_transaction_has_the_bytes_that_others_write() {
    // Signed by eth_account 0.13 from the same fields: type 2, chain 31337, nonce 1, to the zero account's friend.
    let raw = hex::decode("02f86b827a6901843b9aca00847735940082520894000000000000000000000000000000000000dead8080c0").unwrap();
    assert!(Sent::read(&raw).is_err(), "without a signature it is none");
    let execution = execution(accounts()[5].address(), 2, 31_337).unwrap();
    let bytes = alloy_consensus::SignableTransaction::encoded_for_signing(execution.inner());
    assert_eq!(execution.hash(), alloy_primitives::keccak256(bytes));
}

#[test]
fn what_takes_the_place_of_another_has_its_nonce_and_pays_a_tenth_more() {
    let account = &accounts()[5];
    let first = execution(account.address(), 2, 1).unwrap();
    let raised = first.fees().raised();
    let second = first.replaced(raised).unwrap();
    assert_eq!((second.nonce(), second.to(), second.input()), (first.nonce(), first.to(), first.input()));
    assert_eq!(second.fees(), raised);
    assert_eq!(first.replaced(Fees { tip: raised.tip - 1, ..raised }).unwrap_err().code(), "fee-underpriced");
    assert_eq!(first.replaced(FEES).unwrap_err().code(), "fee-underpriced");
    assert_eq!(first.replaced(Fees { most: u128::MAX, ..raised }).unwrap_err().code(), "fee-dear");
    let cancelled = first.cancelled(raised.most, raised.tip).unwrap();
    assert_eq!((cancelled.nonce(), cancelled.to(), cancelled.input().len()), (7, account.address(), 0));
    assert_eq!(cancelled.fees().gas, 21_000);
    assert_eq!(first.cancelled(FEES.most, FEES.tip).unwrap_err().code(), "fee-underpriced");
    let sent = account.sign_execution(&cancelled).unwrap();
    assert_eq!(Sent::read(&sent.raw).unwrap().execution, cancelled);
}

proptest! {
    #[test]
    fn changed_bytes_are_another_transaction_or_none(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let account = &accounts()[5];
        let sent = account.sign_execution(&execution(account.address(), 2, 1).unwrap()).unwrap();
        let mut raw = sent.raw.to_vec();
        let at = at.index(raw.len());
        raw[at] ^= 1 << bit;
        if let Ok(other) = Sent::read(&raw) {
            prop_assert!(other.sender != sent.sender && other.hash != sent.hash);
            prop_assert_eq!(other.raw.to_vec(), raw);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Sent::read(&bytes);
        let _ = Sent::read(&[&[2][..], &bytes].concat());
    }
}
