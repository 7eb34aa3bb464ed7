//! How chains are reached: Bitcoin by Esplora, Electrum or a node of one's own, Ethereum by JSON-RPC, and the service that
//! Safes' owners meet at.
//!
//! - What a server says is checked before it is passed on: transactions are hashed, a confirmation is proved by hashes up
//!   to the root in the block's header, headers are linked and carry their work, and every transaction in an answer has to
//!   do with the script that was asked for. So a server can leave things out (an old tip, a missing payment), and it can
//!   invent payments that are *not confirmed*; it cannot move or invent coins that are.
//! - A wallet's network is held against the hash of the server's first block when it is opened and before something is
//!   broadcast, and its own first checkpoint against it at each sync.
//! - What is read is limited in size and time. Calls wait for their answers: they belong on a thread that may wait.
//! - Names and passwords stand in no message and no log.
//!
//! | file | is about |
//! |---|---|
//! | `source` | which way to a chain, as a person writes it |
//! | `walk`, `standing` | a wallet's history, and one transaction, out of a server that knows scripts; `view`: the blocks that it shows |
//! | `scripted` | a chain behind such a server |
//! | `esplora`, `electrum` | two such servers |
//! | `bitcoind` | a node, which knows blocks; `blocks`: a wallet's history out of those |
//! | `proof` | what can be proved about an answer |
//! | `fees` | estimates |
//! | `endpoint` | where a server of an Ethereum chain is, and its key |
//! | [`ethereum`] | a node of an Ethereum chain, and what it says of Safes |
//! | [`service`] | the Safe Transaction Service |
//! | `http`, `line`, `tls` | the ways there |
//! | `watch` | progress, and being stopped |
//!
//! Wallet state is `bdk_wallet`'s, and requests and updates are its types. Its own clients are not used outside of tests:
//! they read without a limit, take transactions unhashed (Esplora), or panic where a server lies about the first block.

mod bitcoind;
mod blocks;
mod electrum;
mod endpoint;
mod error;
mod esplora;
pub mod ethereum;
mod fees;
mod http;
mod line;
mod proof;
mod scripted;
pub mod service;
mod source;
mod standing;
mod tls;
mod view;
mod walk;
mod watch;

pub use crate::treasury::proposal::Status;
pub use endpoint::{Endpoint, Reach};
pub use error::ChainError;
pub use fees::Fees;
pub use source::{Pass, Source};
pub use watch::{Progress, Watch};

use bdk_wallet::chain::BlockId;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update, Wallet};
use bitcoin::{Network, Transaction, Txid};
use std::path::PathBuf;
use std::time::Duration;

/// How a chain is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The wallet's network.
    pub network: Network,
    /// How long one answer may take.
    pub patience: Duration,
    /// Authorities to trust besides those built in, in a PEM file.
    pub authorities: Option<PathBuf>,
}

impl Settings {
    /// The usual ones.
    pub fn new(network: Network) -> Self {
        Self { network, patience: Duration::from_secs(30), authorities: None }
    }
}

/// How far a full scan looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scan {
    /// It ends after so many unused addresses in a row.
    pub gap: u32,
    /// The wallet has no coins from before this height. Only a node cares: it reads every block from here on.
    pub birthday: u32,
}

impl Default for Scan {
    fn default() -> Self {
        Self { gap: 20, birthday: 0 }
    }
}

/// A server that follows the chain.
pub trait Chain: Send + Sync {
    /// The newest block.
    fn tip(&self) -> Result<BlockId, ChainError>;

    /// All that ever happened to a wallet, also to addresses that it has not given out yet.
    fn full_scan(
        &self,
        request: FullScanRequest<KeychainKind>,
        scan: Scan,
        watch: &dyn Watch,
    ) -> Result<Update, ChainError>;

    /// What has happened since to the addresses that a wallet has given out. The request must name the wallet's coins too,
    /// spent ones as well, as [`sync_request`] does: a node knows no scripts, and finds what spends a coin by the coin.
    fn sync(&self, request: SyncRequest<(KeychainKind, u32)>, watch: &dyn Watch) -> Result<Update, ChainError>;

    /// What the server thinks a transaction has to pay.
    fn fees(&self) -> Result<Fees, ChainError>;

    /// Hands a transaction to the network, after a look at which network that is. A refusal carries the node's own words.
    fn broadcast(&self, transaction: &Transaction) -> Result<Txid, ChainError>;

    /// What has become of a transaction.
    fn status(&self, transaction: &Transaction) -> Result<Status, ChainError>;

    /// A transaction by its name, where the server has it. A node has all only with `txindex=1`, and else those in its
    /// mempool.
    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError>;
}

/// Opens a way to a chain, and makes sure that it is the wallet's.
pub fn open(source: &Source, settings: &Settings) -> Result<Box<dyn Chain>, ChainError> {
    Ok(match source {
        Source::Esplora { base } => {
            let dialect = esplora::Esplora::new(source.host(), base.clone(), settings)?;
            Box::new(scripted::Scripted::open(dialect, settings.network)?)
        }
        Source::Electrum { host, port, tls } => {
            let dialect = electrum::Electrum::new(host.clone(), *port, *tls, settings)?;
            Box::new(scripted::Scripted::open(dialect, settings.network)?)
        }
        Source::Bitcoind { base, pass } => {
            Box::new(bitcoind::Bitcoind::open(source.host(), base.clone(), pass.clone(), settings)?)
        }
    })
}

/// What to ask when a wallet is to be brought up to date.
pub fn sync_request(wallet: &Wallet) -> SyncRequest<(KeychainKind, u32)> {
    let coins: Vec<_> = wallet.list_output().map(|coin| coin.outpoint).collect();
    wallet.start_sync_with_revealed_spks().outpoints(coins).build()
}
