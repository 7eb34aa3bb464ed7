//! The account's transaction: what is signed, what is sent, what takes its place.

use crate::treasury::ethereum::execute::fees::GWEI;
use crate::treasury::ethereum::execute::{Call, Execution, ExecutionError, Fees, Sent};
use crate::treasury::ethereum::hot::Account;
use crate::treasury::ethereum::review::reviewed;
use crate::treasury::ethereum::review::tests::workshop::{FRIEND, OWNERS, SAFE, at, facts, send};
use crate::treasury::ethereum::signature::{Confirmation, Known, SafeFacts};
use crate::treasury::ethereum::{SafeTx, SafeVersion};
use alloy_consensus::TxEip1559;
use alloy_consensus::transaction::RlpEcdsaEncodableTx;
use alloy_primitives::{Address, Signature, U256, address, b256, hex};
use proptest::prelude::*;
use std::sync::LazyLock;

const FEES: Fees = Fees { gas: 120_000, most: 30 * GWEI, tip: GWEI };

static ACCOUNTS: LazyLock<Vec<Account>> = LazyLock::new(|| {
    let words = "test test test test test test test test test test test junk";
    (0..6).map(|index| Account::from_words(words, "", index).unwrap()).collect()
});

/// What the last account sends.
static SENT: LazyLock<Sent> = LazyLock::new(|| {
    let account = &ACCOUNTS[5];
    account.sign_execution(&execution(account.address(), 2, 1).unwrap()).unwrap()
});

fn accounts() -> &'static [Account] {
    &ACCOUNTS
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

/// A transaction of the main chain, with what it is known by there.
#[test]
fn a_transaction_of_the_chain_is_read_with_its_hash_and_its_sender() {
    let input = "a22cb4650000000000000000000000005eee75727d804a2b13038928d36f8b188945a57a\
        0000000000000000000000000000000000000000000000000000000000000000";
    let inner = TxEip1559 {
        chain_id: 1,
        nonce: 0x42,
        gas_limit: 44_386,
        to: address!("6069a6c32cf691f5982febae4faf8a6f3ab2f0f6").into(),
        input: hex::decode(input).unwrap().into(),
        max_fee_per_gas: 20 * GWEI,
        max_priority_fee_per_gas: GWEI,
        ..TxEip1559::default()
    };
    let signature = Signature::from_scalars_and_parity(
        b256!("840cfc572845f5786e702984c2a582528cad4b49b2a10b9db1be7fca90058565"),
        b256!("25e7109ceb98168d95b09b18bbf6b685130e0562f233877d492b94eee0c5b6d1"),
        false,
    );
    let mut raw = Vec::new();
    inner.eip2718_encode(&signature, &mut raw);
    let sent = Sent::read(&raw).unwrap();
    assert_eq!(sent.sender, address!("dd6b8b3dc6b7ad97db52f08a275ff4483e024cea"));
    assert_eq!(sent.hash, b256!("0ec0b6a2df4d87424e5f6ad2a654e27aaeb7dac20ae9e8385cc09087ad532ee0"));
    let hash = b256!("0d5688ac3897124635b6cf1bc0e29d6dfebceebdc10a54d74f2ef8b56535b682");
    assert_eq!((sent.execution.hash(), sent.execution.fees().gas), (hash, 44_386));
    // With coin along, or with another signature of the same, it is none that is sent here.
    let paid = TxEip1559 { value: U256::ONE, ..inner.clone() };
    let mut raw = Vec::new();
    paid.eip2718_encode(&signature, &mut raw);
    assert_eq!(Sent::read(&raw), Err(ExecutionError::Raw));
    let order = U256::from_str_radix("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16).unwrap();
    let mut raw = Vec::new();
    inner.eip2718_encode(&Signature::new(signature.r(), order - signature.s(), true), &mut raw);
    assert_eq!(Sent::read(&raw), Err(ExecutionError::Form), "nodes take no high s");
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
        let sent = &*SENT;
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
