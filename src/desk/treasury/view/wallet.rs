//! What is shown of a wallet: what is in it, how it stands to its chain, its coins, its addresses and its keys.

use crate::market::Timestamp;
use crate::money::Decimal;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::bitcoin::wallet::{Spot, WalletId};
use crate::treasury::proposal::SeatId;
use bitcoin::{Amount, Network, OutPoint, SignedAmount};
use std::sync::Arc;

/// A wallet.
#[derive(Clone, Debug, PartialEq)]
pub struct WalletView {
    /// What it is known by.
    pub id: WalletId,
    /// What people call it. Printable.
    pub name: Arc<str>,
    /// The network it is for.
    pub network: Network,
    /// How many of how many sign.
    pub quorum: Quorum,
    /// How many of its keys lie on this machine.
    pub hot: usize,
    /// Cosigners who have confirmed the first address, and all of them.
    pub confirmed: (usize, usize),
    /// What is in it; `None` when the chain was never asked.
    pub balance: Option<Balance>,
    /// What that is worth; `None` when that is not known.
    pub value: Option<Decimal>,
    /// How what is known of it stands to the chain.
    pub sync: SyncView,
}

impl WalletView {
    /// Whether all cosigners have confirmed the first address: only then it may be paid, and pay.
    pub fn armed(&self) -> bool {
        self.confirmed.0 >= self.confirmed.1
    }
}

/// What is in a wallet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// In blocks.
    pub confirmed: Amount,
    /// What transactions that are in no block yet bring, less what they take.
    pub pending: SignedAmount,
    /// Of all that, what is kept from being spent.
    pub frozen: Amount,
}

/// How what is known of a wallet or a Safe stands to the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncView {
    /// What is going on.
    pub state: SyncState,
    /// Where the chain is looked at, such as `esplora 127.0.0.1:3002`.
    pub source: Arc<str>,
    /// When it was last heard in full.
    pub at: Option<Timestamp>,
    /// The height of the chain then.
    pub height: Option<u64>,
}

/// What is going on between a wallet and its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// No chain is configured.
    Off,
    /// Nothing is asked at the moment.
    Idle,
    /// The chain is being asked.
    Running {
        /// Scripts that were asked for, or blocks that were read.
        done: u64,
        /// How many there are, where that is known.
        of: Option<u64>,
    },
    /// The last time failed, for this reason.
    Failed(Arc<str>),
}

/// A wallet in full.
#[derive(Clone, Debug, PartialEq)]
pub struct WalletPage {
    /// Which one.
    pub id: WalletId,
    /// Its coins, the largest first.
    pub coins: Vec<CoinView>,
    /// How many there are, also of those that are not told.
    pub count: usize,
    /// The first address: what cosigners compare before the wallet is used.
    pub first: AddressView,
    /// The next address to be paid at; `None` while the wallet is not armed.
    pub next: Option<AddressView>,
    /// Whose keys they are, and who has confirmed the first address.
    pub keys: Vec<KeyView>,
}

/// A key of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    /// Whose.
    pub seat: SeatId,
    /// What it is called, printable; may be empty.
    pub name: Arc<str>,
    /// Whether it lies on this machine.
    pub hot: bool,
    /// Whether its owner has confirmed the first address.
    pub confirmed: bool,
}

/// An address of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressView {
    /// Where it is.
    pub spot: Spot,
    /// The address.
    pub address: Arc<str>,
    /// Its label, printable; may be empty.
    pub label: Arc<str>,
}

/// A coin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoinView {
    /// Which one.
    pub outpoint: OutPoint,
    /// Where in the wallet.
    pub spot: Spot,
    /// At which address.
    pub address: Arc<str>,
    /// How much.
    pub amount: Amount,
    /// How many blocks confirm it; none while it is in no block.
    pub confirmations: u32,
    /// Its label, printable; may be empty.
    pub label: Arc<str>,
    /// Whether it is kept from being spent.
    pub frozen: bool,
    /// The open proposal that spends it.
    pub spent_by: Option<u64>,
}
