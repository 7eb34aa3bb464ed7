//! What the service is told: a proposal, a signature, that a proposal is withdrawn.
//!
//! What it answers is compared with what it was told, as far as it says anything.

use super::{Service, ServiceError};
use crate::treasury::ethereum::signature::Confirmation;
use crate::treasury::ethereum::{SafeAt, SafeTx};
use alloy_primitives::{Address, B256, hex};
use reqwest::Method;
use serde_json::json;

/// The longest text about where a proposal is from.
const LONGEST_ORIGIN: usize = 200;

/// A proposal to be left at the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft<'a> {
    /// Which Safe it is for.
    pub at: &'a SafeAt,
    /// The transaction.
    pub tx: &'a SafeTx,
    /// Who proposes it: an owner, or somebody who may propose for one.
    pub sender: Address,
    /// The sender's signature; without one it is hidden from most.
    pub signature: Option<&'a Confirmation>,
    /// Where it is from, in words that everybody sees.
    pub origin: Option<&'a str>,
}

impl Service {
    /// Leaves a proposal. Leaving the same one again is no error.
    pub fn propose(&self, draft: &Draft<'_>) -> Result<B256, ServiceError> {
        let (at, tx) = (draft.at, draft.tx);
        if at.chain_id != self.chain_id {
            let reason =
                format!("the Safe is on chain {}, and this service is asked about {}", at.chain_id, self.chain_id);
            return Err(self.malformed(&reason));
        }
        let hash = tx.hashes(at).safe_tx;
        let origin: Option<String> = draft.origin.map(|text| text.chars().take(LONGEST_ORIGIN).collect());
        let body = json!({
            "to": tx.to.to_checksum(None),
            "value": tx.value.to_string(),
            "data": (!tx.data.is_empty()).then(|| tx.data.to_string()),
            "operation": tx.operation.number(),
            "safeTxGas": tx.safe_tx_gas.to_string(),
            "baseGas": tx.base_gas.to_string(),
            "gasPrice": tx.gas_price.to_string(),
            "gasToken": tx.gas_token.to_checksum(None),
            "refundReceiver": tx.refund_receiver.to_checksum(None),
            "nonce": tx.nonce.to_string(),
            "contractTransactionHash": hash.to_string(),
            "sender": draft.sender.to_checksum(None),
            "signature": draft.signature.map(|signature| signature.bytes().to_string()),
            "origin": origin,
        });
        let path = format!("/safes/{}/multisig-transactions/", at.safe.to_checksum(None));
        let reply = self.versioned(&Method::POST, &path, Some(&body.to_string()), &())?;
        self.expect(reply, 201).map(|_| hash)
    }

    /// Adds an owner's signature to a proposal. Adding the same one again is no error.
    pub fn confirm(&self, confirmation: &Confirmation) -> Result<(), ServiceError> {
        let bytes = confirmation.bytes().to_string();
        let path = format!("/api/v1/multisig-transactions/{}/confirmations/", confirmation.hash());
        let body = json!({ "signature": bytes }).to_string();
        let reply = self.expect(self.ask(Method::POST, &path, Some(body), &())?, 201)?;
        let told: Option<serde_json::Value> = serde_json::from_slice(&reply.body).ok();
        let stored = told.as_ref().and_then(|told| told.get("signature")).and_then(serde_json::Value::as_str);
        match stored.is_some_and(|stored| stored.eq_ignore_ascii_case(&bytes)) {
            true => Ok(()),
            false => Err(self.malformed("it says that it has stored another signature than it was given")),
        }
    }

    /// Withdraws a proposal. The signature is its proposer's, over the request to delete it.
    pub fn delete(&self, hash: B256, signature: &[u8]) -> Result<(), ServiceError> {
        let body = json!({ "safeTxHash": hash.to_string(), "signature": hex::encode_prefixed(signature) }).to_string();
        let path = format!("/multisig-transactions/{hash}/");
        let reply = self.versioned(&Method::DELETE, &path, Some(&body), &())?;
        self.expect(reply, 204).map(|_| ())
    }
}
