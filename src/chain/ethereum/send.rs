//! A transaction handed to the chain, and what has become of it.
//!
//! - The chain is compared before anything is sent.
//! - A transaction is sent once; what the node says is told apart as far as its words allow. The transaction's hash is
//!   computed here, and a node that names another is not believed.
//! - In a block is not the end: whether that block is still part of the chain is part of the answer.

use super::node::{Block, Node};
use super::number::{maybe_small, maybe_wide, small};
use super::rpc::Fault;
use crate::chain::error::ChainError;
use alloy_primitives::{Address, B256, Bytes, Log, LogData, keccak256};
use serde::Deserialize;
use serde_json::json;

/// The most logs in one receipt.
const MOST_LOGS: usize = 10_000;

/// What a node says to a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It takes it.
    Accepted,
    /// It has it already.
    Known,
    /// Another transaction of this account has its nonce, in a block.
    NonceLow(String),
    /// It pays too little, or not enough more than the one that it would replace.
    Underpriced(String),
    /// The account cannot pay for it.
    Funds(String),
    /// It does not take it for another reason, in its words.
    Refused(String),
}

/// A transaction in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its hash.
    pub hash: B256,
    /// The block's height.
    pub number: u64,
    /// The block's hash.
    pub block: B256,
    /// Whether that block is part of the chain as the node knows it now.
    pub canonical: bool,
    /// Who sent it.
    pub from: Address,
    /// To whom; none where it makes a contract.
    pub to: Option<Address>,
    /// Whether it ran to its end. A Safe's transaction inside may have failed all the same.
    pub success: bool,
    /// The gas that it took.
    pub gas_used: u64,
    /// What a unit of that cost, in wei.
    pub gas_price: Option<u128>,
    /// What contracts have told, in order.
    pub logs: Vec<Log>,
}

/// What has become of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is in a block.
    Mined(Box<Receipt>),
    /// It waits.
    Waiting,
    /// Its account has used its nonce for another: it will never be mined, unless the chain turns back.
    Replaced,
    /// The node does not know it: it was dropped, or never came there. It may be sent again.
    Gone,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    transaction_hash: B256,
    block_hash: B256,
    #[serde(deserialize_with = "small")]
    block_number: u64,
    from: Address,
    to: Option<Address>,
    #[serde(default, deserialize_with = "maybe_small")]
    status: Option<u64>,
    #[serde(deserialize_with = "small")]
    gas_used: u64,
    #[serde(default, deserialize_with = "maybe_wide")]
    effective_gas_price: Option<u128>,
    logs: Vec<Line>,
}

/// A log as it is told.
#[derive(Deserialize)]
pub(super) struct Line {
    pub address: Address,
    pub topics: Vec<B256>,
    pub data: Bytes,
}

impl Line {
    /// The log; none where it has more topics than there can be.
    pub fn log(self) -> Option<Log> {
        Some(Log { address: self.address, data: LogData::new(self.topics, self.data)? })
    }
}

impl Node {
    /// Hands over a signed transaction; its hash, and what the node says to it.
    pub fn send(&self, raw: &[u8]) -> Result<(B256, Sent), ChainError> {
        let hash = keccak256(raw);
        self.pinned()?;
        let raw = alloy_primitives::hex::encode_prefixed(raw);
        match self.rpc().send(("eth_sendRawTransaction", json!([raw])))? {
            Ok(said) => match self.rpc().word(&said, "the hash of a transaction")? {
                named if named == hash => Ok((hash, Sent::Accepted)),
                other => {
                    let reason = format!("it says that it has taken {other}, and was given {hash}");
                    Err(self.rpc().blame().malformed(reason))
                }
            },
            Err(fault) => Ok((hash, sent(fault))),
        }
    }

    /// A transaction in a block, where the node has it in one.
    pub fn receipt(&self, hash: B256) -> Result<Option<Receipt>, ChainError> {
        let said = self.rpc().told(self.rpc().one(("eth_getTransactionReceipt", json!([hash])), &())?)?;
        let bad = |reason: &str| self.rpc().blame().malformed(format!("the receipt of {hash}: {reason}"));
        let Some(told) = self.rpc().shaped::<Option<Told>>(&said, "a receipt")? else { return Ok(None) };
        if told.transaction_hash != hash {
            return Err(bad("it is another's"));
        }
        if told.logs.len() > MOST_LOGS {
            return Err(self.rpc().blame().too_large(format!("{MOST_LOGS} logs")));
        }
        let success = match told.status {
            Some(0) => false,
            Some(1) => true,
            _ => return Err(bad("it does not tell whether it ran to its end")),
        };
        let logs = told.logs.into_iter().map(Line::log).collect::<Option<Vec<Log>>>();
        let found = self.block(told.block_number)?;
        Ok(Some(Receipt {
            hash,
            number: told.block_number,
            block: told.block_hash,
            canonical: found.is_some_and(|Block { hash, .. }| hash == told.block_hash),
            from: told.from,
            to: told.to,
            success,
            gas_used: told.gas_used,
            gas_price: told.effective_gas_price,
            logs: logs.ok_or_else(|| bad("a log has more topics than there can be"))?,
        }))
    }

    /// What has become of a transaction of an account with this nonce.
    pub fn fate(&self, hash: B256, sender: Address, nonce: u64) -> Result<Fate, ChainError> {
        // The nonce is asked for first: a transaction that is mined in between is then found as mined.
        let passed = self.account(sender)?.latest > nonce;
        if let Some(receipt) = self.receipt(hash)? {
            return Ok(Fate::Mined(Box::new(receipt)));
        }
        if passed {
            return Ok(Fate::Replaced);
        }
        #[derive(Deserialize)]
        struct Known {
            hash: B256,
        }
        let said = self.rpc().told(self.rpc().one(("eth_getTransactionByHash", json!([hash])), &())?)?;
        match self.rpc().shaped::<Option<Known>>(&said, "a transaction")? {
            Some(known) if known.hash == hash => Ok(Fate::Waiting),
            Some(_) => Err(self.rpc().blame().malformed("it gave another transaction than was asked for")),
            None => Ok(Fate::Gone),
        }
    }
}

/// What a refusal means. Nodes differ in their words, and have no codes for this.
fn sent(fault: Fault) -> Sent {
    let text = fault.message.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if says(&["already known", "already imported", "known transaction", "alreadyknown"]) => Sent::Known,
        () if says(&["nonce too low", "nonce is too low", "oldnonce", "invalid nonce; got"]) => {
            Sent::NonceLow(fault.message)
        }
        () if says(&[
            "underpriced",
            "fee too low",
            "feetoolow",
            "less than block base fee",
            "max fee per gas less",
        ]) =>
        {
            Sent::Underpriced(fault.message)
        }
        () if says(&["insufficient funds", "insufficientfunds", "insufficient balance"]) => Sent::Funds(fault.message),
        () => Sent::Refused(fault.message),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn refusals_are_told_apart_by_the_words_of_the_nodes() {
        let of = |message: &str| sent(Fault { code: -32000, message: message.to_owned(), data: None });
        for known in ["already known", "ALREADY_EXISTS: already known", "Transaction already imported"] {
            assert_eq!(of(known), Sent::Known);
        }
        assert!(matches!(of("nonce too low: next nonce 5, tx nonce 4"), Sent::NonceLow(_)));
        assert!(matches!(of("replacement transaction underpriced"), Sent::Underpriced(_)));
        assert!(matches!(of("max fee per gas less than block base fee"), Sent::Underpriced(_)));
        assert!(matches!(of("insufficient funds for gas * price + value"), Sent::Funds(_)));
        assert!(matches!(of("intrinsic gas too low"), Sent::Refused(_)));
    }
}
