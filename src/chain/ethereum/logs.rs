//! Which transaction has executed a Safe's: found by what the Safe told when it ran.
//!
//! - Every version tells the safeTxHash, in its data (1.1.1 to 1.3.0) or as a topic (from 1.4.1 on); 1.0.0 and older tell
//!   only of failures.
//! - The chain is searched backwards, in parts that nodes take, and not beyond a bound.

use super::node::{Block, Node};
use super::number::small;
use super::rpc::Said;
use super::send::Line;
use crate::chain::error::ChainError;
use crate::chain::watch::{Progress, Watch};
use alloy_primitives::{Address, B256, Bytes, keccak256};
use serde::Deserialize;
use serde_json::json;
use std::sync::LazyLock;

/// Blocks asked for at one time, at first; a node that takes fewer is asked for fewer.
const SPAN: u64 = 5_000;

/// The most questions for one search.
const MOST: u32 = 200;

/// The most logs in one answer.
const MOST_LOGS: usize = 10_000;

/// What a Safe tells: success, failure, and the failure of the oldest ones.
static TOPICS: LazyLock<[B256; 3]> = LazyLock::new(|| {
    ["ExecutionSuccess(bytes32,uint256)", "ExecutionFailure(bytes32,uint256)", "ExecutionFailed(bytes32)"]
        .map(keccak256)
});

/// Where it was executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Executed {
    /// In which transaction.
    pub tx: B256,
    /// The block's height.
    pub number: u64,
    /// The block's hash.
    pub block: B256,
    /// Whether its call came about.
    pub success: bool,
}

/// What a search has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// It was executed here.
    Found(Executed),
    /// Not in all the blocks that were to be looked at.
    Nowhere,
    /// Not from this height on; earlier blocks were not looked at, because that would be too many questions.
    Until(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    #[serde(deserialize_with = "small")]
    block_number: u64,
    block_hash: B256,
    transaction_hash: B256,
    #[serde(default)]
    removed: bool,
    #[serde(flatten)]
    line: Line,
}

impl Found {
    /// Where it was executed, when this tells of it.
    fn of(self, safe: Address, hash: B256) -> Option<Executed> {
        let kind = self.line.topics.first().and_then(|topic| TOPICS.iter().position(|known| known == topic))?;
        let named = match self.line.topics.get(1) {
            Some(topic) => Some(*topic),
            None => word(&self.line.data),
        };
        let it = self.line.address == safe && named == Some(hash) && !self.removed;
        let Self { block_number, block_hash, transaction_hash, .. } = self;
        let executed = Executed { tx: transaction_hash, number: block_number, block: block_hash, success: kind == 0 };
        it.then_some(executed)
    }
}

fn word(data: &Bytes) -> Option<B256> {
    data.first_chunk::<32>().map(|word| B256::from(*word))
}

impl Node {
    /// Looks for the execution of a transaction in the blocks from `since` up to a newest one.
    pub fn executed(
        &self,
        safe: Address,
        hash: B256,
        since: u64,
        newest: &Block,
        watch: &dyn Watch,
    ) -> Result<Search, ChainError> {
        let (mut last, mut span) = (newest.number, SPAN);
        for done in 0..MOST {
            if watch.cancelled() {
                return Err(ChainError::Cancelled);
            }
            let first = last.saturating_sub(span.saturating_sub(1)).max(since);
            match self.logs(safe, first, last, watch)? {
                Some(found) => {
                    let mut here = found.into_iter().filter_map(|found| found.of(safe, hash));
                    if let Some(executed) = here.next_back() {
                        return Ok(Search::Found(executed));
                    }
                    if first <= since {
                        return Ok(Search::Nowhere);
                    }
                    last = first.saturating_sub(1);
                }
                // It takes no span as wide as this.
                None if span > 1 => span = (span / 4).max(1),
                None => return Err(self.rpc().blame().refused("it tells no logs, not even of one block")),
            }
            watch.progress(Progress { done: u64::from(done).saturating_add(1), ..Progress::default() });
        }
        Ok(Search::Until(last.saturating_add(1)))
    }

    /// What a Safe told in these blocks; nothing when the node refuses so many.
    fn logs(&self, safe: Address, first: u64, last: u64, watch: &dyn Watch) -> Result<Option<Vec<Found>>, ChainError> {
        let span = json!({
            "address": safe,
            "fromBlock": format!("{first:#x}"),
            "toBlock": format!("{last:#x}"),
            "topics": [TOPICS.as_slice()],
        });
        let said: Said = match self.rpc().one(("eth_getLogs", json!([span])), watch) {
            Err(ChainError::TooLarge { .. }) => return Ok(None),
            said => said?,
        };
        let Ok(said) = said else { return Ok(None) };
        let found: Vec<Found> = self.rpc().shaped(&said, "logs")?;
        if found.len() > MOST_LOGS {
            return Err(self.rpc().blame().too_large(format!("{MOST_LOGS} logs")));
        }
        Ok(Some(found))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use alloy_primitives::b256;

    #[test]
    fn every_version_s_way_to_tell_of_a_hash_is_read() {
        assert_eq!(TOPICS[0], b256!("442e715f626346e8c54381002da614f62bee8d27386535b2521ec8540898556e"));
        assert_eq!(TOPICS[1], b256!("23428b18acfb3ea64b08dc0c1d296ea9c09702c09083ca5272e64d115b687d23"));
        let (safe, hash) = (Address::repeat_byte(5), B256::repeat_byte(7));
        let found = |topics: &[B256], data: &[u8]| Found {
            block_number: 9,
            block_hash: B256::repeat_byte(1),
            transaction_hash: B256::repeat_byte(2),
            removed: false,
            line: Line { address: safe, topics: topics.to_vec(), data: data.to_vec().into() },
        };
        let in_data = [hash.0, [0; 32]].concat();
        assert!(found(&[TOPICS[0]], &in_data).of(safe, hash).unwrap().success);
        assert!(found(&[TOPICS[0], hash], &[0; 32]).of(safe, hash).unwrap().success);
        assert!(!found(&[TOPICS[1], hash], &[0; 32]).of(safe, hash).unwrap().success);
        assert!(!found(&[TOPICS[2]], &hash.0).of(safe, hash).unwrap().success);
        assert_eq!(found(&[TOPICS[0], B256::ZERO], &in_data).of(safe, hash), None, "the topic is what counts");
        assert_eq!(found(&[TOPICS[0]], &[]).of(safe, hash), None);
        assert_eq!(found(&[hash], &in_data).of(safe, hash), None);
        assert_eq!(found(&[TOPICS[0], hash], &[]).of(Address::ZERO, hash), None, "another Safe's");
    }
}
