//! What is signed for a transaction service, and for no contract: to delete a proposal, to name a delegate.
//!
//! The service takes the hour (unix time / 3600) in place of a nonce, so that the signature soon is worth nothing.
//!
//! <https://docs.safe.global/core-api/transaction-service-overview>

use super::{Hashes, Words, address, fields_of, number};
use alloy_primitives::{Address, B256, U256, keccak256};
use serde_json::{Value, json};

/// What the service calls itself in the domain.
const NAME: &str = "Safe Transaction Service";

/// The version of the domain.
const VERSION: &str = "1.0";

/// What the service is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// To forget a proposal; its proposer signs.
    Delete {
        /// The Safe.
        safe: Address,
        /// The proposal's hash.
        safe_tx: B256,
    },
    /// To let somebody propose in an owner's place; the owner signs.
    Delegate {
        /// Who may propose.
        delegate: Address,
    },
}

/// A request to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The chain.
    pub chain_id: U256,
    /// What it is to do.
    pub act: Act,
    /// Unix time in hours.
    pub hour: u64,
}

impl Request {
    /// What is signed; `safe_tx` is then the hash of the request.
    pub fn hashes(&self) -> Hashes {
        let hour = number(U256::from(self.hour));
        let domain = "EIP712Domain(string name,string version,uint256 chainId";
        let (name, version) = (keccak256(NAME).0, keccak256(VERSION).0);
        let chain = number(self.chain_id);
        match self.act {
            Act::Delete { safe, safe_tx } => {
                let domain = keccak256(format!("{domain},address verifyingContract)"));
                let kind = keccak256("DeleteRequest(bytes32 safeTxHash,uint256 totp)");
                let domain = Words([domain.0, name, version, chain, address(safe)]).hash();
                Hashes::of(domain, Words([kind.0, safe_tx.0, hour]).hash())
            }
            Act::Delegate { delegate } => {
                let kind = keccak256("Delegate(address delegateAddress,uint256 totp)");
                let domain = Words([keccak256(format!("{domain})")).0, name, version, chain]).hash();
                Hashes::of(domain, Words([kind.0, address(delegate), hour]).hash())
            }
        }
    }

    /// The same as typed data. Numbers are decimal strings.
    pub fn typed_data(&self) -> Value {
        let mut domain = vec![("name", "string"), ("version", "string"), ("chainId", "uint256")];
        let mut values = json!({ "name": NAME, "version": VERSION, "chainId": self.chain_id.to_string() });
        let hour = self.hour.to_string();
        let (kind, field, message) = match self.act {
            Act::Delete { safe, safe_tx } => {
                domain.push(("verifyingContract", "address"));
                if let Some(values) = values.as_object_mut() {
                    values.insert("verifyingContract".to_owned(), safe.to_checksum(None).into());
                }
                ("DeleteRequest", ("safeTxHash", "bytes32"), json!({ "safeTxHash": safe_tx.to_string(), "totp": hour }))
            }
            Act::Delegate { delegate } => {
                let delegate = delegate.to_checksum(None);
                ("Delegate", ("delegateAddress", "address"), json!({ "delegateAddress": delegate, "totp": hour }))
            }
        };
        json!({
            "types": { "EIP712Domain": fields_of(&domain), kind: fields_of(&[field, ("totp", "uint256")]) },
            "primaryType": kind,
            "domain": values,
            "message": message,
        })
    }
}
