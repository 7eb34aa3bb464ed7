//! Blocks, the coins that are left, and who spent the others.

use bitcoin::constants::genesis_block;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Block, BlockHash, Network, OutPoint, Script, Transaction, TxOut, Txid};
use std::collections::HashMap;

/// A coin that was not spent in a block.
#[derive(Clone, Debug)]
pub struct Coin {
    /// What it is worth, and for whom.
    pub output: TxOut,
    /// The block that it came in.
    pub height: u32,
    /// Whether it was mined, and may be spent only a hundred blocks later.
    pub mined: bool,
}

/// Where a transaction stands.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The height of its block.
    pub height: u32,
    /// Its place in it.
    pub index: usize,
}

/// The chain.
pub struct Ledger {
    blocks: Vec<Block>,
    coins: HashMap<OutPoint, Coin>,
    places: HashMap<Txid, Place>,
    spenders: HashMap<OutPoint, (Txid, usize)>,
    /// The transactions that have to do with a script, by its hash, the oldest first.
    touched: HashMap<sha256::Hash, Vec<Txid>>,
}

/// A script's name in the API.
pub fn name(script: &Script) -> sha256::Hash {
    sha256::Hash::hash(script.as_bytes())
}

impl Ledger {
    /// The first block only.
    pub fn new() -> Self {
        let mut ledger = Self {
            blocks: Vec::new(),
            coins: HashMap::new(),
            places: HashMap::new(),
            spenders: HashMap::new(),
            touched: HashMap::new(),
        };
        // Nobody can spend what the first block pays.
        let genesis = genesis_block(Network::Regtest);
        let first =
            genesis.txdata.iter().map(|transaction| (transaction.compute_txid(), Place { height: 0, index: 0 }));
        ledger.places.extend(first);
        ledger.blocks.push(genesis);
        ledger
    }

    /// The height of the newest block.
    pub fn height(&self) -> u32 {
        u32::try_from(self.blocks.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// The newest block.
    pub fn tip(&self) -> BlockHash {
        self.blocks.last().map_or_else(BlockHash::all_zeros, Block::block_hash)
    }

    /// A block by its height.
    pub fn block(&self, height: u32) -> Option<&Block> {
        self.blocks.get(usize::try_from(height).ok()?)
    }

    /// A block by its hash; those that were replaced are forgotten.
    pub fn find(&self, hash: BlockHash) -> Option<(u32, &Block)> {
        let (height, block) = self.blocks.iter().enumerate().rev().find(|(_, block)| block.block_hash() == hash)?;
        Some((u32::try_from(height).ok()?, block))
    }

    /// The middle one of the times of the eleven blocks up to a height (BIP-113).
    pub fn median_time(&self, height: u32) -> u32 {
        let mut times: Vec<u32> =
            (height.saturating_sub(10)..=height).filter_map(|height| Some(self.block(height)?.header.time)).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or(0)
    }

    /// A coin that is left.
    pub fn coin(&self, outpoint: &OutPoint) -> Option<&Coin> {
        self.coins.get(outpoint)
    }

    /// All coins that are left.
    pub fn coins(&self) -> impl Iterator<Item = (&OutPoint, &Coin)> {
        self.coins.iter()
    }

    /// Where a transaction stands.
    pub fn place(&self, txid: &Txid) -> Option<Place> {
        self.places.get(txid).copied()
    }

    /// A confirmed transaction.
    pub fn transaction(&self, txid: &Txid) -> Option<&Transaction> {
        let place = self.place(txid)?;
        self.block(place.height)?.txdata.get(place.index)
    }

    /// Who spends a coin, and with which of its inputs.
    pub fn spender(&self, outpoint: &OutPoint) -> Option<(Txid, usize)> {
        self.spenders.get(outpoint).copied()
    }

    /// The transactions of a script, the oldest first.
    pub fn touched(&self, script: &sha256::Hash) -> &[Txid] {
        self.touched.get(script).map_or(&[], Vec::as_slice)
    }

    /// Puts a block on top. Its transactions have been checked.
    pub fn connect(&mut self, block: Block) {
        let height = self.height().saturating_add(1);
        for (index, transaction) in block.txdata.iter().enumerate() {
            let txid = transaction.compute_txid();
            let mut names = Vec::new();
            for (vin, input) in transaction.input.iter().enumerate().filter(|_| !transaction.is_coinbase()) {
                names.extend(self.coins.remove(&input.previous_output).map(|coin| name(&coin.output.script_pubkey)));
                self.spenders.insert(input.previous_output, (txid, vin));
            }
            for (vout, output) in (0..).zip(&transaction.output) {
                names.push(name(&output.script_pubkey));
                if !output.script_pubkey.is_op_return() {
                    let coin = Coin { output: output.clone(), height, mined: transaction.is_coinbase() };
                    self.coins.insert(OutPoint { txid, vout }, coin);
                }
            }
            names.sort_unstable();
            names.dedup();
            for name in names {
                self.touched.entry(name).or_default().push(txid);
            }
            self.places.insert(txid, Place { height, index });
        }
        self.blocks.push(block);
    }

    /// Takes the newest blocks away; gives their transactions without those that made new coins, the oldest first.
    pub fn disconnect(&mut self, depth: u32) -> Vec<Transaction> {
        let kept = self.height().saturating_sub(depth);
        let mut blocks = std::mem::replace(self, Self::new()).blocks.into_iter().skip(1);
        for block in blocks.by_ref().take(usize::try_from(kept).unwrap_or(usize::MAX)) {
            self.connect(block);
        }
        blocks.flat_map(|block| block.txdata.into_iter().skip(1)).collect()
    }
}
