//! What a transaction has to pay (EIP-1559), and how an account stands that pays it.
//!
//! Amounts are whole numbers of wei. A suggestion is what blocks of the last minutes took; nothing here is a promise.

use super::node::Node;
use super::number::{quantity, whole};
use crate::chain::error::ChainError;
use alloy_primitives::{Address, U256};
use serde::Deserialize;
use serde_json::json;

/// Blocks looked back at.
const BLOCKS: u64 = 20;

/// Of each block, what these hundredths of its gas paid on top.
const SHARES: [u8; 3] = [10, 50, 90];

/// What a unit of gas costs, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fees {
    /// What the next block takes for itself.
    pub base: u128,
    /// What has to be added to come soon, usually, or very soon.
    pub tips: [u128; 3],
}

impl Fees {
    /// The most to offer with a tip: enough for a base fee that has doubled, as it does in six full blocks.
    pub fn most(&self, tip: u128) -> u128 {
        self.base.saturating_mul(2).saturating_add(tip)
    }
}

/// How an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Transactions of it in blocks: the nonce of the next one.
    pub latest: u64,
    /// The same with those that wait.
    pub pending: u64,
    /// What it has, in wei.
    pub balance: U256,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct History {
    base_fee_per_gas: Vec<Amount>,
    #[serde(default)]
    reward: Vec<Vec<Amount>>,
}

#[derive(Clone, Copy, Deserialize)]
struct Amount(#[serde(deserialize_with = "whole")] U256);

impl Node {
    /// What the last blocks took, and what the next one will take.
    pub fn fees(&self) -> Result<Fees, ChainError> {
        let params = json!([format!("{BLOCKS:#x}"), "latest", SHARES]);
        let said = self.rpc().told(self.rpc().one(("eth_feeHistory", params), &())?)?;
        let history: History = self.rpc().shaped(&said, "fees")?;
        let bad = || self.rpc().blame().malformed("the fees that it tells are none");
        // The last one is of the block that comes next.
        let wide = |amount: &Amount| u128::try_from(amount.0).ok();
        let base = history.base_fee_per_gas.last().and_then(wide).ok_or_else(bad)?;
        let mut tips = [0; 3];
        for (place, tip) in tips.iter_mut().enumerate() {
            let mut all: Vec<u128> = history.reward.iter().filter_map(|row| row.get(place)).filter_map(wide).collect();
            all.sort_unstable();
            *tip = all.get(all.len() / 2).copied().unwrap_or_default();
        }
        // Where blocks are empty nothing was paid on top; what the node itself suggests is then better than nothing.
        if let [.., most] = tips
            && most == 0
        {
            let suggested = self.rpc().one(("eth_maxPriorityFeePerGas", json!([])), &())?.ok();
            let text = suggested.and_then(|said| serde_json::from_str::<String>(said.get()).ok());
            let tip = text.as_deref().and_then(quantity).and_then(|tip| u128::try_from(tip).ok());
            tips = [tip.unwrap_or_default(); 3];
        }
        Ok(Fees { base, tips })
    }

    /// How an account stands.
    pub fn account(&self, address: Address) -> Result<Account, ChainError> {
        let questions = [
            ("eth_getTransactionCount", json!([address, "latest"])),
            ("eth_getTransactionCount", json!([address, "pending"])),
            ("eth_getBalance", json!([address, "latest"])),
        ];
        let mut said = self.rpc().ask(&questions, &())?.into_iter();
        let rpc = self.rpc();
        let mut next = || rpc.told(said.next().ok_or_else(|| rpc.blame().malformed("it left out answers"))?);
        let (latest, pending) = (rpc.small(&*next()?, "a nonce")?, rpc.small(&*next()?, "a nonce")?);
        let balance = rpc.number(&*next()?, "a balance")?;
        // A node that knows of nothing that waits cannot know of less than what is in blocks.
        Ok(Account { latest, pending: pending.max(latest), balance })
    }
}
