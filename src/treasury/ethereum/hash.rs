//! The hash that the owners of a Safe sign, made from the fields alone, and the two halves of it that devices show.
//!
//! - What is signed is `keccak(0x1901 ‖ domain ‖ message)`. The domain names the Safe (and the chain, from 1.3.0 on); the
//!   message holds the ten fields, the data among them as its own hash.
//! - A message for a Safe (EIP-1271) has the same form. It is also what an owner that is a Safe signs: over the 66 bytes
//!   above where the parent is 1.4.1 or older, over their hash where it is 1.5.0.
//! - The typed data as JSON is for devices; nothing here reads it back.
//!
//! <https://eips.ethereum.org/EIPS/eip-712>, <https://docs.safe.global/advanced/smart-account-signatures>

use super::{SafeAt, SafeTx, SafeVersion};
use alloy_primitives::{Address, B256, Bytes, U256, b256, keccak256};
use serde_json::{Value, json};

mod request;

pub use request::{Act, Request};

/// `EIP712Domain(address verifyingContract)`, before 1.3.0.
pub const DOMAIN_TYPE: B256 = b256!("035aff83d86937d35b32e04f0ddc6ff469290eef2f1b692d8a815c89404d4749");

/// `EIP712Domain(uint256 chainId,address verifyingContract)`, from 1.3.0 on.
pub const DOMAIN_TYPE_WITH_CHAIN: B256 = b256!("47e79534a245952e8b16893a336b85a3d9ea9fa8c573f3d803afb92a79469218");

/// `SafeTx(…)` with `dataGas`, of 0.1.0.
pub const SAFE_TX_TYPE_WITH_DATA_GAS: B256 = b256!("14d461bc7412367e924637b363c7bf29b8f47e2f84869f4426e5633d8af47b20");

/// `SafeTx(…)` with `baseGas`, from 1.0.0 on.
pub const SAFE_TX_TYPE: B256 = b256!("bb8310d486368db6bd6f849402fdd73ad53d316b5a4b2644ad6efe0f941286d8");

/// `SafeMessage(bytes message)`.
pub const SAFE_MESSAGE_TYPE: B256 = b256!("60b3cbf8b4a223d68d641b3b6ddf9a298e7f33710cf3d3a9d1146b5a6150fbca");

/// The length of what is hashed last: 0x1901 and two hashes.
pub const PREIMAGE: usize = 66;

/// What owners sign, and what it is made of. People compare these by voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hashes {
    /// The domain separator: which Safe, and on which chain.
    pub domain: B256,
    /// The hash of the fields (devices say "message hash").
    pub message: B256,
    /// The safeTxHash: what is signed.
    pub safe_tx: B256,
}

impl Hashes {
    fn of(domain: B256, message: B256) -> Self {
        Self { domain, message, safe_tx: keccak256(preimage(domain, message)) }
    }

    /// The 66 bytes whose hash is signed.
    pub fn preimage(&self) -> [u8; PREIMAGE] {
        preimage(self.domain, self.message)
    }
}

fn preimage(domain: B256, message: B256) -> [u8; PREIMAGE] {
    let mut bytes = [0; PREIMAGE];
    let parts = [0x19, 0x01].into_iter().chain(domain).chain(message);
    bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
    bytes
}

/// Words of 32 bytes, one after the other.
struct Words<const N: usize>([[u8; 32]; N]);

impl<const N: usize> Words<N> {
    fn hash(&self) -> B256 {
        keccak256(self.0.as_flattened())
    }
}

fn number(number: U256) -> [u8; 32] {
    number.to_be_bytes()
}

fn address(address: Address) -> [u8; 32] {
    address.into_word().0
}

/// The fields of a type, as typed data lists them.
fn fields_of(fields: &[(&str, &str)]) -> Vec<Value> {
    fields.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect()
}

impl SafeAt {
    /// The domain separator.
    pub fn domain(&self) -> B256 {
        match self.version.signs_chain() {
            true => Words([DOMAIN_TYPE_WITH_CHAIN.0, number(self.chain_id), address(self.safe)]).hash(),
            false => Words([DOMAIN_TYPE.0, address(self.safe)]).hash(),
        }
    }

    /// Typed data for this Safe.
    fn typed_data(&self, kind: &str, fields: &[(&str, &str)], message: Value) -> Value {
        let safe = ("verifyingContract", "address");
        let address = self.safe.to_checksum(None);
        let (domain, values) = match self.version.signs_chain() {
            true => (
                fields_of(&[("chainId", "uint256"), safe]),
                json!({ "chainId": self.chain_id.to_string(), "verifyingContract": address }),
            ),
            false => (fields_of(&[safe]), json!({ "verifyingContract": address })),
        };
        json!({
            "types": { "EIP712Domain": domain, kind: fields_of(fields) },
            "primaryType": kind,
            "domain": values,
            "message": message,
        })
    }
}

impl SafeTx {
    /// The hash of the data.
    pub fn data_hash(&self) -> B256 {
        keccak256(&self.data)
    }

    /// What the owners of this Safe sign.
    pub fn hashes(&self, at: &SafeAt) -> Hashes {
        self.hashes_in(at.domain(), at.version)
    }

    /// The same with the Safe's domain separator, which is one for all its transactions.
    pub fn hashes_in(&self, domain: B256, version: SafeVersion) -> Hashes {
        let kind = match version {
            SafeVersion::V0_1_0 => SAFE_TX_TYPE_WITH_DATA_GAS,
            _ => SAFE_TX_TYPE,
        };
        let words = Words([
            kind.0,
            address(self.to),
            number(self.value),
            self.data_hash().0,
            number(U256::from(self.operation.number())),
            number(self.safe_tx_gas),
            number(self.base_gas),
            number(self.gas_price),
            address(self.gas_token),
            address(self.refund_receiver),
            number(self.nonce),
        ]);
        Hashes::of(domain, words.hash())
    }

    /// The same as typed data, for a device that shows every field. Numbers are decimal strings.
    pub fn typed_data(&self, at: &SafeAt) -> Value {
        let gas = at.version.base_gas_name();
        let fields = [
            ("to", "address"),
            ("value", "uint256"),
            ("data", "bytes"),
            ("operation", "uint8"),
            ("safeTxGas", "uint256"),
            (gas, "uint256"),
            ("gasPrice", "uint256"),
            ("gasToken", "address"),
            ("refundReceiver", "address"),
            ("nonce", "uint256"),
        ];
        let message = json!({
            "to": self.to.to_checksum(None),
            "value": self.value.to_string(),
            "data": self.data.to_string(),
            "operation": self.operation.number().to_string(),
            "safeTxGas": self.safe_tx_gas.to_string(),
            gas: self.base_gas.to_string(),
            "gasPrice": self.gas_price.to_string(),
            "gasToken": self.gas_token.to_checksum(None),
            "refundReceiver": self.refund_receiver.to_checksum(None),
            "nonce": self.nonce.to_string(),
        });
        at.typed_data("SafeTx", &fields, message)
    }
}

/// A message that the owners of a Safe sign in its name (EIP-1271).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeMessage(pub Bytes);

impl SafeMessage {
    /// What the owners of `child`, a Safe that owns another, sign for a transaction of that `parent`.
    pub fn of_child(parent: SafeVersion, hashes: &Hashes) -> Self {
        match parent.asks_by_hash() {
            true => Self(hashes.safe_tx.to_vec().into()),
            false => Self(hashes.preimage().to_vec().into()),
        }
    }

    /// What the owners of this Safe sign; `safe_tx` is then the hash of the message.
    pub fn hashes(&self, at: &SafeAt) -> Hashes {
        Hashes::of(at.domain(), Words([SAFE_MESSAGE_TYPE.0, keccak256(&self.0).0]).hash())
    }

    /// The same as typed data.
    pub fn typed_data(&self, at: &SafeAt) -> Value {
        at.typed_data("SafeMessage", &[("message", "bytes")], json!({ "message": self.0.to_string() }))
    }
}

#[cfg(test)]
mod tests;
