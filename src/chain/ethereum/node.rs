//! The way to one node, or to two that have to agree; the blocks that they know.

use super::number::small;
use super::rpc::{Question, Rpc, Said};
use crate::chain::endpoint::{Endpoint, Reach};
use crate::chain::error::ChainError;
use crate::chain::watch::Watch;
use alloy_primitives::{Address, B256, U256, keccak256};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::time::Duration;

/// How often a second node that is behind is looked at again, and the pause before that.
const WAIT: (u32, Duration) = (12, Duration::from_millis(500));

/// How often a reading is begun anew because the chain has changed under it.
const ANEW: u32 = 3;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Block {
    /// Its height.
    #[serde(deserialize_with = "small")]
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// When it was made, in unix seconds.
    #[serde(rename = "timestamp", deserialize_with = "small")]
    pub time: u64,
}

impl Block {
    /// As a parameter of a question.
    pub(super) fn tag(&self) -> String {
        format!("{:#x}", self.number)
    }
}

/// A node of the pinned chain, and perhaps a second that has to agree with it.
pub struct Node {
    rpc: Rpc,
    second: Option<Rpc>,
    chain_id: U256,
}

impl Node {
    /// Connects, and makes sure that each node follows the pinned chain.
    pub fn connect(
        endpoint: &Endpoint,
        second: Option<&Endpoint>,
        chain_id: U256,
        reach: &Reach,
    ) -> Result<Self, ChainError> {
        if let Some(second) = second.filter(|second| second.same_server(endpoint)) {
            return Err(ChainError::Source(format!(
                "the second node is on the same server as the first ({second}), and would prove nothing"
            )));
        }
        let rpc = Rpc::new(endpoint, reach)?;
        let second = second.map(|second| Rpc::new(second, reach)).transpose()?;
        let node = Self { rpc, second, chain_id };
        for rpc in node.each() {
            node.same_chain(rpc, &rpc.told(rpc.one(("eth_chainId", json!([])), &())?)?)?;
        }
        Ok(node)
    }

    /// The pinned chain.
    pub fn chain_id(&self) -> U256 {
        self.chain_id
    }

    /// What people call the node.
    pub fn host(&self) -> &str {
        &self.rpc.blame().0
    }

    /// Whether a second node has to agree.
    pub fn has_second(&self) -> bool {
        self.second.is_some()
    }

    pub(super) fn rpc(&self) -> &Rpc {
        &self.rpc
    }

    fn each(&self) -> impl Iterator<Item = &Rpc> {
        std::iter::once(&self.rpc).chain(&self.second)
    }

    /// Compares what a node says is its chain.
    fn same_chain(&self, rpc: &Rpc, said: &RawValue) -> Result<(), ChainError> {
        match rpc.number(said, "the chain's id")? {
            found if found == self.chain_id => Ok(()),
            found => Err(ChainError::WrongChain { host: rpc.blame().0.clone(), found, wanted: self.chain_id }),
        }
    }

    /// Compares the chain of the first node again.
    pub(super) fn pinned(&self) -> Result<(), ChainError> {
        self.same_chain(&self.rpc, &self.rpc.told(self.rpc.one(("eth_chainId", json!([])), &())?)?)
    }

    /// The newest block that the node knows, and both where there are two; the chain is compared again.
    pub fn newest(&self, watch: &dyn Watch) -> Result<Block, ChainError> {
        for _ in 0..ANEW {
            let block = self.newest_of_first(watch)?;
            let Some(second) = &self.second else { return Ok(block) };
            self.same_chain(second, &second.told(second.one(("eth_chainId", json!([])), watch)?)?)?;
            match self.known_to(second, &block, watch)? {
                Some(other) if other.hash == block.hash => return Ok(block),
                // Both may be right at different moments: one of them may just have changed its mind.
                Some(_) => self.rpc.pause(WAIT.1, watch)?,
                None => return Err(ChainError::Behind { host: second.blame().0.clone(), block: block.number }),
            }
        }
        Err(self.disagree("the newest block"))
    }

    fn newest_of_first(&self, watch: &dyn Watch) -> Result<Block, ChainError> {
        let questions = [("eth_chainId", json!([])), ("eth_getBlockByNumber", json!(["latest", false]))];
        let mut said = self.rpc.ask(&questions, watch)?.into_iter();
        let mut next = || self.rpc.told(said.next().ok_or_else(|| self.rpc.blame().malformed("no answer"))?);
        self.same_chain(&self.rpc, &next()?)?;
        self.rpc.shaped(&next()?, "the newest block")
    }

    /// What a second node has at a block's height, which is waited for a while.
    fn known_to(&self, rpc: &Rpc, block: &Block, watch: &dyn Watch) -> Result<Option<Block>, ChainError> {
        let (times, pause) = WAIT;
        for left in (0..times).rev() {
            let found = block_at(rpc, block.number, watch)?;
            if found.is_some() || left == 0 {
                return Ok(found);
            }
            rpc.pause(pause, watch)?;
        }
        Ok(None)
    }

    /// The block at a height; none beyond the newest.
    pub fn block(&self, number: u64) -> Result<Option<Block>, ChainError> {
        block_at(&self.rpc, number, &())
    }

    /// Whether a block is still part of the chain.
    pub fn still_there(&self, block: &Block) -> Result<bool, ChainError> {
        Ok(self.block(block.number)?.is_some_and(|found| found.hash == block.hash))
    }

    /// Reads something at the newest block, and anew when the chain has changed under it.
    pub(super) fn at_one_block<T>(
        &self,
        watch: &dyn Watch,
        read: impl Fn(&Block) -> Result<T, ChainError>,
    ) -> Result<T, ChainError> {
        for _ in 0..ANEW {
            let block = self.newest(watch)?;
            let found = read(&block);
            // A node that has lost the block may say anything of it, and two may then disagree.
            let mut there = true;
            for rpc in self.each() {
                there &= block_at(rpc, block.number, watch)?.is_some_and(|now| now.hash == block.hash);
            }
            if there {
                return found;
            }
        }
        let reason = "its newest blocks change faster than they can be read".to_owned();
        Err(ChainError::Busy { host: self.rpc.blame().0.clone(), reason })
    }

    /// Asks several things that both nodes have to say the same of.
    pub(super) fn agreed(&self, questions: &[Question], watch: &dyn Watch) -> Result<Vec<Said>, ChainError> {
        let each = self.compared(questions, watch)?.into_iter().zip(questions);
        each.map(|(said, (method, _))| said.ok_or_else(|| self.disagree(what(method)))).collect()
    }

    /// Asks several things; nothing for each of which the nodes say different things.
    pub(super) fn compared(&self, questions: &[Question], watch: &dyn Watch) -> Result<Vec<Option<Said>>, ChainError> {
        let said = self.rpc.ask(questions, watch)?;
        let Some(second) = &self.second else { return Ok(said.into_iter().map(Some).collect()) };
        let other = second.ask(questions, watch)?;
        let same = |one: &Said, two: &Said| match (one, two) {
            (Ok(one), Ok(two)) => same_value(one, two),
            // The words differ from node to node; that the call fails does not.
            (Err(one), Err(two)) => one.reverted() == two.reverted(),
            _ => false,
        };
        Ok(said.into_iter().zip(&other).map(|(one, two)| same(&one, two).then_some(one)).collect())
    }

    pub(super) fn disagree(&self, what: &str) -> ChainError {
        let second = self.second.as_ref().map(|second| second.blame().0.clone()).unwrap_or_default();
        ChainError::Disagree { host: self.rpc.blame().0.clone(), second, what: what.to_owned() }
    }

    /// The hashes of the code at addresses, at a block; the hash of nothing where there is none.
    pub fn code_hashes(&self, addresses: &[Address], block: &Block) -> Result<BTreeMap<Address, B256>, ChainError> {
        let ask = |address: &Address| ("eth_getCode", json!([address, block.tag()]));
        let questions: Vec<Question> = addresses.iter().map(ask).collect();
        let mut hashes = BTreeMap::new();
        for (address, said) in addresses.iter().zip(self.agreed(&questions, &())?) {
            let code = self.rpc.bytes(&*self.rpc.told(said)?, "code")?;
            hashes.insert(*address, keccak256(&code));
        }
        Ok(hashes)
    }

    /// How much of the chain's own coin addresses have at a block, in wei.
    pub fn coins(&self, addresses: &[Address], block: &Block) -> Result<BTreeMap<Address, U256>, ChainError> {
        let ask = |address: &Address| ("eth_getBalance", json!([address, block.tag()]));
        let questions: Vec<Question> = addresses.iter().map(ask).collect();
        let mut coins = BTreeMap::new();
        for (address, said) in addresses.iter().zip(self.agreed(&questions, &())?) {
            coins.insert(*address, self.rpc.number(&*self.rpc.told(said)?, "a balance")?);
        }
        Ok(coins)
    }
}

/// Whether two answers are one value, however they are written.
fn same_value(one: &RawValue, two: &RawValue) -> bool {
    if one.get() == two.get() {
        return true;
    }
    let text = |raw: &RawValue| serde_json::from_str::<String>(raw.get()).ok().map(|text| text.to_ascii_lowercase());
    matches!((text(one), text(two)), (Some(one), Some(two)) if one == two)
}

/// What is asked, in words.
fn what(method: &str) -> &'static str {
    match method {
        "eth_getCode" => "the code of a contract",
        "eth_getStorageAt" => "what a Safe has stored",
        "eth_getBalance" => "a balance",
        _ => "what a contract answers",
    }
}

fn block_at(rpc: &Rpc, number: u64, watch: &dyn Watch) -> Result<Option<Block>, ChainError> {
    let said = rpc.told(rpc.one(("eth_getBlockByNumber", json!([format!("{number:#x}"), false])), watch)?)?;
    let block: Option<Block> = rpc.shaped(&said, "a block")?;
    match block {
        Some(block) if block.number != number => Err(rpc.blame().malformed("it gave another block than was asked for")),
        block => Ok(block),
    }
}
