//! What tests of this room share: the vectors, agreed by the contracts and by other implementations.

use super::{Operation, SafeAt, SafeTx};
use alloy_primitives::{Address, Bytes, U256};
use proptest::prelude::*;
use serde_json::Value;

/// Transactions, and their hashes.
pub fn transactions() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../tests/fixtures/safe/safe-tx.json")).unwrap()
}

/// Messages, and their hashes.
pub fn messages() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../tests/fixtures/safe/messages.json")).unwrap()
}

/// Requests to a transaction service, and their hashes.
pub fn requests() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../tests/fixtures/safe/service-messages.json")).unwrap()
}

/// Signatures, and what the contract said of them.
pub fn signatures() -> Vec<Value> {
    serde_json::from_str(include_str!("../../../tests/fixtures/safe/signatures.json")).unwrap()
}

/// A text of a vector.
pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} of {value}"))
}

/// An address of a vector.
pub fn address(value: &Value, name: &str) -> Address {
    text(value, name).parse().unwrap()
}

/// The Safe of a vector.
pub fn safe(value: &Value) -> SafeAt {
    SafeAt {
        chain_id: text(value, "chainId").parse().unwrap(),
        safe: address(value, "safe"),
        version: text(value, "safeVersion").parse().unwrap(),
    }
}

/// The transaction of a vector.
pub fn transaction(value: &Value) -> SafeTx {
    let tx = &value["tx"];
    let number = |name| text(tx, name).parse::<U256>().unwrap();
    SafeTx {
        to: address(tx, "to"),
        value: number("value"),
        data: text(tx, "data").parse::<Bytes>().unwrap(),
        operation: Operation::of(u8::try_from(tx["operation"].as_u64().unwrap()).unwrap()).unwrap(),
        safe_tx_gas: number("safeTxGas"),
        base_gas: number("baseGas"),
        gas_price: number("gasPrice"),
        gas_token: address(tx, "gasToken"),
        refund_receiver: address(tx, "refundReceiver"),
        nonce: number("nonce"),
    }
}

prop_compose! {
    /// Any transaction.
    pub fn some_transaction()(
        words in proptest::array::uniform6(any::<[u8; 32]>()), to in any::<[u8; 20]>(), token in any::<[u8; 20]>(),
        refund in any::<[u8; 20]>(), data in proptest::collection::vec(any::<u8>(), 0..100), delegate in any::<bool>(),
    ) -> SafeTx {
        let [value, safe_tx_gas, base_gas, gas_price, nonce, _] = words.map(U256::from_be_bytes);
        SafeTx {
            to: to.into(), value, data: data.into(), safe_tx_gas, base_gas, gas_price, nonce,
            operation: if delegate { Operation::DelegateCall } else { Operation::Call },
            gas_token: token.into(), refund_receiver: refund.into(),
        }
    }
}
