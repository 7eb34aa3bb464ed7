//! What is shown of a Safe: a line among the wallets, and its page.
//!
//! - What the chain says stands with its block and its age, what a service says with its own state; a service that is off,
//!   slow or lying changes nothing of the rest.
//! - Names are from the desk's own books; what a contract calls itself is in quotes unless somebody vouches for it.

use super::{PriceView, SyncView};
use crate::market::Timestamp;
use crate::money::Decimal;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::proposal::SafeId;
use alloy_primitives::{Address, U256};
use std::sync::Arc;

/// One of the wallets, of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chosen {
    /// Of Bitcoin.
    Wallet(WalletId),
    /// A Safe.
    Safe(SafeId),
}

/// A Safe.
#[derive(Clone, Debug, PartialEq)]
pub struct SafeView {
    /// Which: written `eth:0x…`.
    pub id: SafeId,
    /// What people call it. Printable.
    pub name: Arc<str>,
    /// The version of its contract.
    pub version: SafeVersion,
    /// How many of how many owners sign, as the chain last said.
    pub quorum: Quorum,
    /// How many of its owners' keys lie on this machine.
    pub hot: usize,
    /// The nonce that is next.
    pub nonce: U256,
    /// How much of its chain's own coin it has, in words with the coin's name; `None` when the chain was never asked.
    pub balance: Option<Arc<str>>,
    /// What that is worth; `None` when that is not known.
    pub value: Option<Decimal>,
    /// What one of the coin is worth, with the moment of that.
    pub price: PriceView,
    /// How what is known of it stands to the chain.
    pub sync: SyncView,
    /// How it stands to its transaction service.
    pub service: ServiceView,
}

/// How a Safe stands to its transaction service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceView {
    /// What is going on.
    pub state: ServiceState,
    /// Which service: its host.
    pub source: Arc<str>,
    /// When it was last heard.
    pub at: Option<Timestamp>,
    /// Rows of its queue that are what they say.
    pub verified: usize,
    /// Rows that were set aside.
    pub quarantined: usize,
}

/// What is going on between a Safe and its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// None is configured.
    Off,
    /// It was not asked yet.
    Unasked,
    /// It answered the last time.
    Fine,
    /// The last time failed, for this reason. Printable.
    Failed(Arc<str>),
}

/// A Safe in full.
#[derive(Clone, Debug, PartialEq)]
pub struct SafePage {
    /// Which.
    pub id: SafeId,
    /// The block that the rest is of.
    pub block: u64,
    /// Its owners, in the contract's order.
    pub owners: Vec<OwnerView>,
    /// What can do everything without a signature.
    pub modules: Vec<Account>,
    /// What is asked before and after each transaction.
    pub guard: Option<Account>,
    /// What is asked before and after what a module does.
    pub module_guard: Option<Account>,
    /// What answers calls that the Safe has no function for.
    pub fallback_handler: Option<Account>,
    /// Where its own code is.
    pub singleton: Account,
    /// Whether its code and its proxy's are published ones, by their hashes.
    pub pinned: bool,
    /// What changed last in who or what controls it. Printable.
    pub changed: Option<Arc<str>>,
    /// What it has of tokens.
    pub tokens: Vec<TokenView>,
    /// Rows of the service that were set aside, and why; the first of them where there are many.
    pub quarantined: Vec<QuarantinedView>,
}

/// An address with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The address.
    pub address: Address,
    /// What the desk's books, or the list of published contracts, call it. Printable; may be empty.
    pub name: Arc<str>,
}

/// An owner of a Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerView {
    /// Who.
    pub account: Account,
    /// Whether the key lies on this machine.
    pub hot: bool,
    /// Whether this desk speaks for the owner.
    pub ours: bool,
}

/// What a Safe has of a token.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenView {
    /// Its contract.
    pub token: Address,
    /// How much, with the token's symbol; the symbol is in quotes unless somebody vouches for it. Printable.
    pub amount: Arc<str>,
    /// What that is worth; `None` when that is not known.
    pub value: Option<Decimal>,
}

/// A row of a service's queue that is not what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuarantinedView {
    /// What it calls itself. Printable, and not to be believed.
    pub name: Arc<str>,
    /// Why it was set aside. Printable.
    pub why: Arc<str>,
}
