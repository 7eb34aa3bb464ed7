//! What the desk shows of the treasury: plain values, whatever comes from outside with its source and the moment it is of.

mod device;
mod proposal;
mod safe;
mod safe_tx;
mod wallet;

pub use device::{PageView, SigningView, SimulatedView, Stage, Tried};
pub use proposal::{
    Challenge, EventView, HotKey, Kind, Leaves, Missing, Payee, ProposalRow, ProposalView, Recipients, SeatStanding,
    SeatView, Subject, Who, collects, sendable,
};
pub use safe::{Account, Chosen, OwnerView, QuarantinedView, SafePage, SafeView, ServiceState, ServiceView, TokenView};
pub use safe_tx::{
    CallView, CompetitorView, ControlView, EffectView, EstimateView, ExecutionView, SafeTxView, SenderView, grouped,
};
pub use wallet::{AddressView, Balance, CoinView, KeyView, SyncState, SyncView, WalletPage, WalletView};

use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::treasury::proposal::ProposalId;
use bitcoin::Amount;
use std::sync::Arc;

/// What a reader wants to see of the treasury.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreasuryQuery {
    /// The wallet or the Safe to tell in full; the first when `None`.
    pub wallet: Option<Chosen>,
    /// The proposal to tell in full; the first of the queue when `None`.
    pub proposal: Option<ProposalId>,
}

/// What waits for people, for wherever there is little room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Proposals that signatures are missing of.
    pub collecting: usize,
    /// Proposals that have them all and are not broadcast.
    pub ready: usize,
}

impl Waiting {
    /// All of them.
    pub fn count(self) -> usize {
        self.collecting + self.ready
    }
}

/// The treasury.
#[derive(Clone, Debug, PartialEq)]
pub struct TreasuryView {
    /// The currency that values are told in, and bitcoin's price in it.
    pub price: Option<PriceView>,
    /// All wallets of Bitcoin, by name.
    pub wallets: Vec<WalletView>,
    /// All Safes, by name; in a list they stand behind the wallets.
    pub safes: Vec<SafeView>,
    /// The wallet that the query asked for.
    pub wallet: Option<Arc<WalletPage>>,
    /// The Safe that the query asked for.
    pub safe: Option<Arc<SafePage>>,
    /// The queue: what is open first, the newest first; behind it what is done with.
    pub proposals: Vec<ProposalRow>,
    /// The proposal that the query asked for.
    pub proposal: Option<Arc<ProposalView>>,
    /// The newest entry of the journal that all of this stands in.
    pub journal: JournalView,
    /// What the desk is busy with, such as opening a key.
    pub at_work: Option<Arc<str>>,
    /// The device that is asked to sign, or how that ended, until somebody has read it.
    pub signing: Option<Arc<SigningView>>,
    /// What simulated devices show: the demo's only.
    pub simulated: Arc<[SimulatedView]>,
    /// Why nothing can be changed here, if so.
    pub read_only: Option<Arc<str>>,
}

/// How far a journal goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalView {
    /// Its entries.
    pub entries: u64,
    /// The hash of the newest, in hex: who compares it with another's has compared all of the journal.
    pub head: Arc<str>,
}

/// What one of a coin is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceView {
    /// The currency.
    pub base: Asset,
    /// The price; `None` when it is not known.
    pub price: Option<Decimal>,
    /// Where it is from.
    pub source: Arc<str>,
    /// When it was said.
    pub at: Option<Timestamp>,
}

impl PriceView {
    /// What so much bitcoin is worth.
    pub fn value(&self, amount: Amount) -> Option<Decimal> {
        coins(amount).checked_mul(self.price?)
    }
}

/// An amount as a decimal of whole bitcoin.
pub fn coins(amount: Amount) -> Decimal {
    // All bitcoin that there will ever be fit.
    Decimal::try_from_i128_with_scale(i128::from(amount.to_sat()), 8).unwrap_or_default()
}
