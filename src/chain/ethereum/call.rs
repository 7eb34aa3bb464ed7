//! Calls that are only tried: how much gas one takes, and what would come of it.
//!
//! - What would come of a call is one node's word at one moment. It is shown, and nothing is called harmless for it.
//! - What is put in the place of the chain's own state ([`Override`]) changes nothing there.

use super::abi::reason;
use super::node::{Block, Node};
use super::rpc::Fault;
use crate::chain::error::{ChainError, words};
use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Who calls.
    pub from: Address,
    /// Whom.
    pub to: Address,
    /// With how much of the chain's own coin, in wei.
    pub value: U256,
    /// With what.
    pub data: Bytes,
    /// With how much gas at most; as the node likes where that is left out.
    pub gas: Option<u64>,
}

/// What stands at an address while a call is tried. What is left out is as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Override {
    /// Its coins, in wei.
    pub balance: Option<U256>,
    /// Its code.
    pub code: Option<Bytes>,
    /// Single words that it has stored.
    pub slots: BTreeMap<B256, B256>,
}

/// What came of a call that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It gave this back.
    Returned(Bytes),
    /// It failed: its reason in words, printable, and its bytes where the node hands them on.
    Reverted(String, Option<Bytes>),
}

/// How much gas a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gas {
    /// As the node has tried it.
    pub needed: u64,
    /// With a quarter more, since the state may have changed until it is mined.
    pub limit: u64,
}

impl Call {
    fn json(&self) -> Value {
        let mut call = json!({"from": self.from, "to": self.to, "value": self.value, "data": self.data});
        if let (Some(gas), Some(members)) = (self.gas, call.as_object_mut()) {
            members.insert("gas".to_owned(), format!("{gas:#x}").into());
        }
        call
    }
}

impl Override {
    fn json(&self) -> Value {
        let mut members = Map::new();
        if let Some(balance) = &self.balance {
            members.insert("balance".to_owned(), json!(balance));
        }
        if let Some(code) = &self.code {
            members.insert("code".to_owned(), json!(code));
        }
        if !self.slots.is_empty() {
            members.insert("stateDiff".to_owned(), json!(self.slots));
        }
        Value::Object(members)
    }
}

impl Fault {
    /// What a contract gave as its reason, or else the node's words.
    pub fn reason(&self) -> String {
        let told = self.data.as_ref().and_then(|data| reason(data));
        told.map_or_else(|| self.message.clone(), |told| words(&told))
    }
}

impl Node {
    /// Tries a call at a block, with other state in places.
    pub fn try_call(
        &self,
        call: &Call,
        overrides: &BTreeMap<Address, Override>,
        block: &Block,
    ) -> Result<Tried, ChainError> {
        let mut params = vec![call.json(), json!(block.tag())];
        if !overrides.is_empty() {
            let each = overrides.iter().map(|(address, over)| (address.to_string(), over.json()));
            params.push(Value::Object(each.collect()));
        }
        match self.rpc().one(("eth_call", Value::Array(params)), &())? {
            Ok(said) => Ok(Tried::Returned(self.rpc().bytes(&said, "what a contract answers")?)),
            Err(fault) if fault.reverted() => Ok(Tried::Reverted(fault.reason(), fault.data)),
            Err(fault) => Err(self.rpc().blame().refused(fault.message)),
        }
    }

    /// How much gas a call takes; why it fails where it does.
    pub fn gas(&self, call: &Call) -> Result<Gas, ChainError> {
        match self.rpc().one(("eth_estimateGas", json!([call.json()])), &())? {
            Ok(said) => {
                let needed = self.rpc().small(&said, "gas")?;
                Ok(Gas { needed, limit: needed.saturating_add(needed.div_ceil(4)) })
            }
            Err(fault) if fault.reverted() => Err(ChainError::Reverted { reason: fault.reason() }),
            Err(fault) => Err(self.rpc().blame().refused(fault.message)),
        }
    }
}
