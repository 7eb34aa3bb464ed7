//! The form in which a transaction is served: v1 with bare numbers, v2 with texts.
//!
//! - Every member is text until it is written, so that a fault can put anything there.

use super::row::{Given, Row};
use super::world::World;
use alloy_primitives::hex;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A number, as a text or bare. Bare ones go beyond what a float or 64 bits hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Its digits.
    pub digits: String,
    bare: bool,
}

impl Number {
    fn text(number: impl ToString) -> Self {
        Self { digits: number.to_string(), bare: false }
    }

    fn bare(number: impl ToString) -> Self {
        Self { digits: number.to_string(), bare: true }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.bare, RawValue::from_string(self.digits.clone())) {
            (true, Ok(raw)) => raw.serialize(serializer),
            _ => serializer.serialize_str(&self.digits),
        }
    }
}

/// A confirmation as it is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmed {
    pub owner: String,
    pub submission_date: String,
    pub transaction_hash: Option<String>,
    pub signature: String,
    pub signature_type: String,
}

/// What the service says of the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decoded {
    pub method: String,
    pub parameters: Vec<Parameter>,
}

/// One value of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Parameter {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub value: String,
}

/// A transaction as it is served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    pub safe: String,
    pub to: String,
    pub value: String,
    pub data: Option<String>,
    pub operation: Number,
    pub gas_token: String,
    pub safe_tx_gas: Number,
    pub base_gas: Number,
    pub gas_price: String,
    pub refund_receiver: String,
    pub nonce: Number,
    pub execution_date: Option<String>,
    pub submission_date: String,
    pub modified: String,
    pub block_number: Option<u64>,
    pub transaction_hash: Option<String>,
    pub safe_tx_hash: String,
    pub proposer: Option<String>,
    pub proposed_by_delegate: Option<String>,
    pub executor: Option<String>,
    pub is_executed: bool,
    pub is_successful: Option<bool>,
    pub eth_gas_price: Option<String>,
    pub max_fee_per_gas: Option<String>,
    pub max_priority_fee_per_gas: Option<String>,
    pub gas_used: Option<u64>,
    pub fee: Option<String>,
    pub payment: Option<String>,
    pub origin: String,
    pub data_decoded: Option<Decoded>,
    pub confirmations_required: usize,
    pub confirmations: Vec<Confirmed>,
    pub trusted: bool,
    pub signatures: Option<String>,
}

/// A confirmation's form.
pub fn confirmed(given: &Given) -> Confirmed {
    Confirmed {
        owner: given.owner.to_checksum(None),
        submission_date: given.at.to_string(),
        transaction_hash: given.transaction.map(|hash| hash.to_string()),
        signature: hex::encode_prefixed(&given.signature),
        signature_type: given.kind.to_owned(),
    }
}

/// A transaction's form in this version of the API.
pub fn shape(world: &World, row: &Row, version: u8) -> Shape {
    let number = |number: alloy_primitives::U256| match version {
        1 => Number::bare(number),
        _ => Number::text(number),
    };
    let (tx, done) = (&row.tx, row.execution.as_ref());
    let price = done.map(|done| done.gas_price.to_string());
    Shape {
        safe: row.at.safe.to_checksum(None),
        to: tx.to.to_checksum(None),
        value: tx.value.to_string(),
        data: (!tx.data.is_empty()).then(|| tx.data.to_string()),
        operation: Number::bare(tx.operation.number()),
        gas_token: tx.gas_token.to_checksum(None),
        safe_tx_gas: number(tx.safe_tx_gas),
        base_gas: number(tx.base_gas),
        gas_price: tx.gas_price.to_string(),
        refund_receiver: tx.refund_receiver.to_checksum(None),
        nonce: number(tx.nonce),
        execution_date: done.map(|done| done.at.to_string()),
        submission_date: row.submitted.to_string(),
        modified: row.modified.to_string(),
        block_number: done.map(|done| done.block),
        transaction_hash: done.map(|done| done.transaction.to_string()),
        safe_tx_hash: row.hash.to_string(),
        proposer: row.proposer.map(|address| address.to_checksum(None)),
        proposed_by_delegate: row.by_delegate.map(|address| address.to_checksum(None)),
        executor: done.map(|done| done.executor.to_checksum(None)),
        is_executed: done.is_some(),
        is_successful: done.map(|done| done.success),
        eth_gas_price: price.clone(),
        max_fee_per_gas: price,
        max_priority_fee_per_gas: done.map(|done| done.priority.to_string()),
        gas_used: done.map(|done| done.gas_used),
        fee: done.map(|done| done.gas_price.saturating_mul(done.gas_used.into()).to_string()),
        payment: done.map(|_| "0".to_owned()),
        origin: row.origin.clone(),
        data_decoded: None,
        confirmations_required: world.safe(&row.at.safe).map_or(0, |safe| safe.threshold),
        confirmations: row.confirmations.iter().map(confirmed).collect(),
        trusted: row.trusted,
        signatures: done.map(|done| hex::encode_prefixed(&done.signatures)),
    }
}
