//! A Safe of three owners on chain 1, and transactions for it.

use super::super::facts::{Known, Token};
use super::*;
use crate::treasury::ethereum::deployments::{Contract, on_chain};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{address, keccak256};

pub const SAFE: Address = address!("F71902B32C9854DB8d6f70Afa6Dcf685F7df8d79");
pub const FRIEND: Address = address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f");
pub const STRANGER: Address = address!("976EA74026E726554dB657fA54763abd0C3a0aa9");
pub const TOKEN: Address = address!("4Da09676d70C8e1d1351e73046033d955eD26d91");
pub const OWNERS: [Address; 3] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
];
pub const NONCE: u64 = 7;

pub fn at(version: SafeVersion) -> SafeAt {
    SafeAt { chain_id: U256::from(1), safe: SAFE, version }
}

/// Where a contract stands on chain 1.
pub fn published(contract: Contract, version: SafeVersion) -> Address {
    on_chain(U256::from(1), contract, version)[0].0
}

pub fn state() -> State {
    State {
        block: 21_000_000,
        version: SafeVersion::V1_4_1,
        owners: OWNERS.to_vec(),
        threshold: U256::from(2),
        nonce: U256::from(NONCE),
        modules: vec![],
        guard: Address::ZERO,
        module_guard: Address::ZERO,
        fallback_handler: published(Contract::CompatibilityFallbackHandler, SafeVersion::V1_4_1),
        singleton: published(Contract::SafeL2, SafeVersion::V1_4_1),
        balance: U256::from(10_u64.pow(19)),
        tokens: [(TOKEN, U256::from(10_u64.pow(12)))].into(),
    }
}

/// All is known: the Safe, the token, and the friend.
pub fn facts() -> Facts {
    Facts {
        chain_id: Some(U256::from(1)),
        safe: Some(state()),
        tokens: Some([(TOKEN, Token { symbol: "USDC".into(), decimals: Some(6), trusted: true })].into()),
        recipients: vec![Known { name: "Friend".into(), address: FRIEND }],
        queue: Some(vec![]),
        ..Facts::default()
    }
}

/// All is known, of whatever version.
pub fn known_of(version: SafeVersion) -> Facts {
    let contract = if version >= SafeVersion::V1_3_0 { Contract::SafeL2 } else { Contract::Safe };
    let singleton = published(contract, version);
    Facts { safe: Some(State { version, singleton, ..state() }), ..facts() }
}

/// All is known but the version.
pub fn known() -> Facts {
    Facts { safe: None, ..facts() }
}

pub fn transaction(to: Address, value: u64, data: Bytes, operation: Operation) -> SafeTx {
    SafeTx {
        to,
        value: U256::from(value),
        data,
        operation,
        safe_tx_gas: U256::ZERO,
        base_gas: U256::ZERO,
        gas_price: U256::ZERO,
        gas_token: Address::ZERO,
        refund_receiver: Address::ZERO,
        nonce: U256::from(NONCE),
    }
}

pub fn send(to: Address, value: u64) -> SafeTx {
    transaction(to, value, Bytes::new(), Operation::Call)
}

pub fn plain(to: Address, data: Bytes) -> SafeTx {
    transaction(to, 0, data, Operation::Call)
}

pub fn delegate(to: Address, data: Bytes) -> SafeTx {
    transaction(to, 0, data, Operation::DelegateCall)
}

/// Calldata of a function by its signature.
pub fn call(signature: &str, values: Vec<DynSolValue>) -> Bytes {
    let selector = keccak256(signature);
    [&selector[..4], &DynSolValue::Tuple(values).abi_encode_params()].concat().into()
}

pub fn who(address: Address) -> DynSolValue {
    DynSolValue::Address(address)
}

pub fn many(number: u64) -> DynSolValue {
    DynSolValue::Uint(U256::from(number), 256)
}

pub fn bytes(data: &[u8]) -> DynSolValue {
    DynSolValue::Bytes(data.to_vec())
}

pub fn transfer(to: Address, amount: u64) -> Bytes {
    call("transfer(address,uint256)", vec![who(to), many(amount)])
}

pub fn add_owner(owner: Address, threshold: u64) -> Bytes {
    call("addOwnerWithThreshold(address,uint256)", vec![who(owner), many(threshold)])
}

/// An entry of a list, with any operation.
pub fn packed(operation: u8, to: Address, value: u64, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![operation];
    bytes.extend(to);
    bytes.extend(U256::from(value).to_be_bytes::<32>());
    bytes.extend(U256::from(data.len()).to_be_bytes::<32>());
    bytes.extend(data);
    bytes
}

pub fn entry(to: Address, value: u64, data: &[u8]) -> Vec<u8> {
    packed(0, to, value, data)
}

pub fn multi_send(entries: &[Vec<u8>]) -> Bytes {
    call("multiSend(bytes)", vec![bytes(&entries.concat())])
}

/// A batch as the Safe's own console makes it.
pub fn batch(entries: &[Vec<u8>]) -> SafeTx {
    delegate(published(Contract::MultiSendCallOnly, SafeVersion::V1_4_1), multi_send(entries))
}

/// A review of a 1.4.1 Safe with all known.
pub fn seen(tx: &SafeTx) -> Review {
    review(&at(SafeVersion::V1_4_1), tx, &facts())
}
