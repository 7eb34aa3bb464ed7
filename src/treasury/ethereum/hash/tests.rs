#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::ethereum::Operation;
use crate::treasury::ethereum::example::{
    address as address_of, messages, requests, safe, some_transaction, text, transaction, transactions,
};
use alloy_dyn_abi::TypedData;
use proptest::prelude::*;

/// Hashes the typed data with another implementation.
fn elsewhere(typed: &Value) -> Hashes {
    let data: TypedData = serde_json::from_value(typed.clone()).unwrap();
    let (domain, message) = (data.domain.separator(), data.hash_struct().unwrap());
    assert_eq!(data.encode_type().unwrap().split_once('(').unwrap().0, text(typed, "primaryType"));
    Hashes { domain, message, safe_tx: data.eip712_signing_hash().unwrap() }
}

#[test]
fn types_hash_to_what_the_contracts_hold() {
    let gas = "(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,\
               address gasToken,address refundReceiver,uint256 nonce)";
    let kinds = [
        (DOMAIN_TYPE, "EIP712Domain(address verifyingContract)".to_owned()),
        (DOMAIN_TYPE_WITH_CHAIN, "EIP712Domain(uint256 chainId,address verifyingContract)".to_owned()),
        (SAFE_TX_TYPE, format!("SafeTx{gas}")),
        (SAFE_TX_TYPE_WITH_DATA_GAS, format!("SafeTx{}", gas.replace("baseGas", "dataGas"))),
        (SAFE_MESSAGE_TYPE, "SafeMessage(bytes message)".to_owned()),
    ];
    for (hash, kind) in kinds {
        assert_eq!(keccak256(&kind), hash, "{kind}");
    }
}

#[test]
fn every_vector_of_a_transaction_holds_and_agrees_with_another_implementation() {
    let all = transactions();
    assert_eq!(all.len(), 40);
    for case in all {
        let (at, tx, expected) = (safe(&case), transaction(&case), &case["expected"]);
        let hashes = tx.hashes(&at);
        let made = [tx.data_hash(), at.domain(), hashes.domain, hashes.message, hashes.safe_tx].map(|h| h.to_string());
        let said = ["dataHash", "domainSeparator", "domainSeparator", "messageHash", "safeTxHash"];
        assert_eq!(made, said.map(|name| text(expected, name)), "{}", case["id"]);
        assert_eq!(Bytes::from(hashes.preimage().to_vec()).to_string(), text(expected, "preimage"));
        assert_eq!(elsewhere(&tx.typed_data(&at)), hashes, "{}", case["id"]);
    }
}

#[test]
fn every_vector_of_a_message_holds_and_agrees_with_another_implementation() {
    let all = messages();
    assert_eq!(all.len(), 20);
    for case in all {
        let (at, message) = (safe(&case), SafeMessage(text(&case, "message").parse().unwrap()));
        let hashes = message.hashes(&at);
        let made = [hashes.domain, hashes.message, hashes.safe_tx].map(|h| h.to_string());
        let said = ["domainSeparator", "messageHash", "safeMessageHash"];
        assert_eq!(made, said.map(|name| text(&case, name)), "{}", case["id"]);
        assert_eq!(elsewhere(&message.typed_data(&at)), hashes, "{}", case["id"]);
    }
}

#[test]
fn every_vector_of_a_request_to_a_service_holds_and_agrees_with_another_implementation() {
    let all = requests();
    assert_eq!(all.len(), 6);
    for case in all {
        let act = match text(&case, "kind") {
            "Delegate" => Act::Delegate { delegate: address_of(&case["message"], "delegateAddress") },
            "DeleteRequest" => Act::Delete {
                safe: address_of(&case["domain"], "verifyingContract"),
                safe_tx: text(&case["message"], "safeTxHash").parse().unwrap(),
            },
            kind => panic!("{kind}"),
        };
        let chain_id = text(&case, "chainId").parse().unwrap();
        let request = Request { chain_id, act, hour: case["totp"].as_u64().unwrap() };
        let hashes = request.hashes();
        let made = [hashes.domain, hashes.message, hashes.safe_tx].map(|h| h.to_string());
        assert_eq!(made, ["domainSeparator", "messageHash", "hash"].map(|name| text(&case, name)), "{}", case["id"]);
        assert_eq!(elsewhere(&request.typed_data()), hashes, "{}", case["id"]);
    }
}

#[test]
fn t19_a_child_signs_the_preimage_for_an_old_parent_and_the_hash_for_a_new_one() {
    let case = &transactions()[0];
    let hashes = transaction(case).hashes(&safe(case));
    for parent in SafeVersion::ALL {
        let message = SafeMessage::of_child(parent, &hashes);
        match parent {
            SafeVersion::V1_5_0 => assert_eq!(message.0[..], hashes.safe_tx[..]),
            _ => assert_eq!(message.0[..], hashes.preimage()[..]),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_transaction_of_any_version_hashes_as_elsewhere(
        tx in some_transaction(), chain in any::<[u8; 32]>(), safe in any::<[u8; 20]>(), version in 0usize..7,
    ) {
        let at = SafeAt { chain_id: U256::from_be_bytes(chain), safe: safe.into(), version: SafeVersion::ALL[version] };
        prop_assert_eq!(elsewhere(&tx.typed_data(&at)), tx.hashes(&at));
        let message = SafeMessage(tx.data.clone());
        prop_assert_eq!(elsewhere(&message.typed_data(&at)), message.hashes(&at));
    }

    #[test]
    fn t22_every_field_is_in_the_hash(tx in some_transaction(), field in 0usize..10, bit in 0usize..160, version in 0usize..7) {
        let at = SafeAt { chain_id: U256::from(1), safe: Address::repeat_byte(7), version: SafeVersion::ALL[version] };
        let mut other = tx.clone();
        let flip = |address: &mut Address| address.0[bit / 8] ^= 1 << (bit % 8);
        let one = U256::from(1) << bit;
        match field {
            0 => flip(&mut other.to),
            1 => other.value ^= one,
            2 => other.data = [&tx.data[..], &[0]].concat().into(),
            3 => other.operation = Operation::of(1 - tx.operation.number()).unwrap(),
            4 => other.safe_tx_gas ^= one,
            5 => other.base_gas ^= one,
            6 => other.gas_price ^= one,
            7 => flip(&mut other.gas_token),
            8 => flip(&mut other.refund_receiver),
            _ => other.nonce ^= one,
        }
        prop_assert_ne!(tx.hashes(&at).safe_tx, other.hashes(&at).safe_tx);
    }
}
