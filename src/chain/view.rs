//! What a wallet and a server agree on: the last block that both have, and those that replace the wallet's above it.

use super::ChainError;
use super::error::Blame;
use super::proof::linked;
use bdk_wallet::chain::{BlockId, CheckPoint};
use bitcoin::block::Header;
use bitcoin::{BlockHash, Network};
use std::collections::BTreeMap;

/// The chain as a server shows it at the beginning of a walk. All of the walk is held against it.
pub(super) struct View {
    /// The last block that the wallet and the server have in common, and all before it.
    pub agreed: CheckPoint,
    /// Blocks that the server was heard to have, above the common one and below.
    blocks: BTreeMap<u32, BlockHash>,
    /// The server's newest block.
    pub tip: BlockId,
}

impl View {
    /// Finds the last common block. `recent` are the server's newest headers, the newest last; `hash_at` asks for the hash
    /// of an older block.
    pub fn open(
        blame: &Blame,
        network: Network,
        local: &CheckPoint,
        recent: &[(u32, Header)],
        mut hash_at: impl FnMut(u32) -> Result<BlockHash, ChainError>,
    ) -> Result<Self, ChainError> {
        let heights_follow =
            recent.iter().zip(recent.iter().skip(1)).all(|((a, _), (b, _))| a.checked_add(1) == Some(*b));
        if !heights_follow || !linked(recent.iter().map(|(_, header)| header), network) {
            return Err(blame.malformed("its newest blocks do not follow each other"));
        }
        let mut blocks: BTreeMap<u32, BlockHash> =
            recent.iter().map(|(height, header)| (*height, header.block_hash())).collect();
        let (height, hash) = blocks.last_key_value().ok_or_else(|| blame.malformed("it has no blocks"))?;
        let tip = BlockId { height: *height, hash: *hash };
        for ours in local.iter().filter(|ours| ours.height() <= tip.height) {
            let theirs = match blocks.get(&ours.height()) {
                Some(hash) => *hash,
                None => hash_at(ours.height())?,
            };
            if theirs == ours.hash() {
                return Ok(Self { agreed: ours, blocks, tip });
            }
            if ours.height() == 0 {
                let (host, found) = (blame.0.clone(), theirs.to_string());
                return Err(ChainError::WrongNetwork { host, found, wanted: network });
            }
            blocks.insert(ours.height(), theirs);
        }
        Err(blame.malformed("it has no first block"))
    }

    /// The hash of a block that is known already.
    pub fn hash(&self, height: u32) -> Option<BlockHash> {
        self.blocks.get(&height).copied().or_else(|| self.agreed.get(height).map(|block| block.hash()))
    }

    /// Notes a block of the server's chain; false when it contradicts one that is known.
    pub fn note(&mut self, block: BlockId) -> bool {
        match self.hash(block.height) {
            Some(known) => known == block.hash,
            None => {
                self.blocks.insert(block.height, block.hash);
                true
            }
        }
    }

    /// The chain for the wallet: what was agreed, and all that was noted.
    pub fn chain(self, blame: &Blame) -> Result<CheckPoint, ChainError> {
        let mut all: BTreeMap<u32, BlockHash> =
            self.agreed.iter().map(|block| (block.height(), block.hash())).collect();
        for (height, hash) in self.blocks {
            all.entry(height).or_insert(hash);
        }
        let mut blocks = all.into_iter().map(|(height, hash)| BlockId { height, hash });
        let first = blocks.next().ok_or_else(|| blame.malformed("it has no blocks"))?;
        CheckPoint::new(first).extend(blocks).map_err(|_| blame.malformed("its blocks are in no order"))
    }
}
