//! A chain behind a server that knows scripts.

use super::error::ChainError;
use super::walk::{Dialect, Memory, Walk};
use super::{Chain, Fees, Scan, Status, Watch};
use bdk_wallet::chain::BlockId;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::constants::genesis_block;
use bitcoin::{Network, Transaction, Txid};

/// A server that speaks one of the dialects.
pub(super) struct Scripted<D> {
    dialect: D,
    network: Network,
    memory: Memory,
}

impl<D: Dialect> Scripted<D> {
    /// Makes sure that the server follows the wallet's chain.
    pub fn open(dialect: D, network: Network) -> Result<Self, ChainError> {
        let chain = Self { dialect, network, memory: Memory::default() };
        chain.same_network()?;
        Ok(chain)
    }

    fn walk<'a>(&'a self, watch: &'a dyn Watch) -> Walk<'a, D> {
        Walk { dialect: &self.dialect, memory: &self.memory, network: self.network, watch }
    }

    fn same_network(&self) -> Result<(), ChainError> {
        let first = self.dialect.headers(&[0], &())?.pop();
        let first = first.ok_or_else(|| self.dialect.blame().malformed("it has no first block"))?.block_hash();
        same_network(&self.dialect.blame().0, first, self.network)
    }
}

/// Holds the hash of a server's first block against the wallet's network.
pub(super) fn same_network(host: &str, first: bitcoin::BlockHash, wanted: Network) -> Result<(), ChainError> {
    if first == genesis_block(wanted).block_hash() {
        return Ok(());
    }
    let known = [Network::Bitcoin, Network::Testnet, Network::Testnet4, Network::Signet, Network::Regtest];
    let named = known.into_iter().find(|network| genesis_block(*network).block_hash() == first);
    let found = named.map_or_else(|| first.to_string(), |network| format!("that of {network}"));
    Err(ChainError::WrongNetwork { host: host.to_owned(), found, wanted })
}

impl<D: Dialect> Chain for Scripted<D> {
    fn tip(&self) -> Result<BlockId, ChainError> {
        let recent = self.dialect.recent(&())?;
        let (height, header) = recent.last().ok_or_else(|| self.dialect.blame().malformed("it has no blocks"))?;
        if !super::proof::worked(header, self.network) {
            return Err(self.dialect.blame().malformed("its newest block has no work"));
        }
        Ok(BlockId { height: *height, hash: header.block_hash() })
    }

    fn full_scan(
        &self,
        request: FullScanRequest<KeychainKind>,
        scan: Scan,
        watch: &dyn Watch,
    ) -> Result<Update, ChainError> {
        self.walk(watch).full_scan(request, scan.gap)
    }

    fn sync(&self, request: SyncRequest<(KeychainKind, u32)>, watch: &dyn Watch) -> Result<Update, ChainError> {
        self.walk(watch).sync(request)
    }

    fn fees(&self) -> Result<Fees, ChainError> {
        self.dialect.fees()
    }

    fn broadcast(&self, transaction: &Transaction) -> Result<Txid, ChainError> {
        self.same_network()?;
        let (ours, theirs) = (transaction.compute_txid(), self.dialect.broadcast(transaction)?);
        if ours != theirs {
            return Err(self
                .dialect
                .blame()
                .malformed(format!("it says that it has taken {theirs}, and was given {ours}")));
        }
        Ok(ours)
    }

    fn status(&self, transaction: &Transaction) -> Result<Status, ChainError> {
        self.walk(&()).status(transaction)
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError> {
        let found = self.walk(&()).transactions(&[txid])?.pop().flatten();
        Ok(found.map(|transaction| Transaction::clone(&transaction)))
    }
}
