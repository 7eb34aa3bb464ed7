//! What the desk shows of the treasury: plain values, whatever comes from outside with its source and the moment it is of.

use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::bitcoin::wallet::{Spot, WalletId};
use crate::treasury::proposal::{ProposalId, SeatId, State};
use crate::treasury::verdict::{Judgement, Verdict};
use bitcoin::{Amount, Network, OutPoint, SignedAmount, Txid};
use std::sync::Arc;

/// What a reader wants to see of the treasury.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreasuryQuery {
    /// The wallet to tell in full; the first when `None`.
    pub wallet: Option<WalletId>,
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
    /// All wallets, by name.
    pub wallets: Vec<WalletView>,
    /// The wallet that the query asked for.
    pub wallet: Option<Arc<WalletPage>>,
    /// The queue: what is open first, the newest first; behind it what is done with.
    pub proposals: Vec<ProposalRow>,
    /// The proposal that the query asked for.
    pub proposal: Option<Arc<ProposalView>>,
    /// What the desk is busy with, such as opening a key.
    pub at_work: Option<Arc<str>>,
    /// Why nothing can be changed here, if so.
    pub read_only: Option<Arc<str>>,
}

/// What one bitcoin is worth.
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
    /// What so much is worth.
    pub fn value(&self, amount: Amount) -> Option<Decimal> {
        coins(amount).checked_mul(self.price?)
    }
}

/// An amount as a decimal of whole bitcoin.
pub fn coins(amount: Amount) -> Decimal {
    // All bitcoin that there will ever be fit.
    Decimal::try_from_i128_with_scale(i128::from(amount.to_sat()), 8).unwrap_or_default()
}

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

/// How what is known of a wallet stands to the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncView {
    /// What is going on.
    pub state: SyncState,
    /// Where the chain is looked at, such as `esplora 127.0.0.1:3002`.
    pub source: Arc<str>,
    /// When it was last heard in full.
    pub at: Option<Timestamp>,
    /// The height of the chain then.
    pub height: Option<u32>,
}

/// What is going on between a wallet and its chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncState {
    /// No chain is configured.
    Off,
    /// Nothing is asked at the moment.
    Idle,
    /// The chain is being asked; how many scripts were.
    Running(u32),
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
    pub keys: Vec<(SeatId, Arc<str>, bool)>,
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

/// What a proposal is for, as its review finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It pays somebody.
    Pay,
    /// All that it spends goes to one recipient.
    Sweep,
    /// All that it spends comes back.
    Own,
    /// It takes the place of one that waits.
    Bump,
    /// It takes a way that opened with time.
    Recovery,
    /// It cannot be told.
    Unknown,
}

impl Kind {
    /// In a word or two.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pay => "pay",
            Self::Sweep => "sweep",
            Self::Own => "move",
            Self::Bump => "bump",
            Self::Recovery => "recover",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether signatures may still be added.
pub const fn collects(state: State) -> bool {
    matches!(state, State::Draft | State::Proposed | State::Collecting)
}

/// Whether the chain can be given it.
pub const fn sendable(state: State) -> bool {
    matches!(state, State::Ready | State::Failed { retryable: true })
}

/// A proposal in one line.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposalRow {
    /// What it is known by.
    pub id: ProposalId,
    /// Its number in the journal, which people call it by.
    pub number: u64,
    /// The wallet's name. Printable.
    pub wallet: Arc<str>,
    /// What it is for.
    pub kind: Kind,
    /// What leaves the wallet, without the fee.
    pub sent: Amount,
    /// The fee, where the coins that are spent are known.
    pub fee: Option<Amount>,
    /// What is sent is worth; `None` when that is not known.
    pub value: Option<Decimal>,
    /// To whom.
    pub to: Recipients,
    /// Where it is on its way.
    pub state: State,
    /// Seats that have verifiably signed all of it.
    pub signed: usize,
    /// Seats that it takes, of how many.
    pub quorum: Quorum,
    /// Who has neither signed nor refused. Printable.
    pub missing: Vec<Arc<str>>,
    /// When it was proposed.
    pub created: Timestamp,
    /// When signatures are no longer taken.
    pub expires: Option<Timestamp>,
    /// The sum of the review.
    pub judgement: Judgement,
    /// The codes of what the review found, blocks first.
    pub codes: Vec<&'static str>,
}

/// Who is paid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recipients {
    /// The one who is paid most.
    pub first: Option<Payee>,
    /// How many others there are.
    pub others: usize,
}

/// Who is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payee {
    /// The address; the script in hex where there is none.
    pub address: Arc<str>,
    /// What the treasury calls it, printable; may be empty.
    pub label: Arc<str>,
}

/// A proposal in full.
#[derive(Clone, Debug, PartialEq)]
pub struct ProposalView {
    /// The line of it.
    pub row: ProposalRow,
    /// Its transaction.
    pub txid: Txid,
    /// What whoever began it wrote. Printable, from outside.
    pub memo: Arc<str>,
    /// What the review found, made of the very bytes that a signer gets.
    pub verdict: Arc<Verdict>,
    /// When it was made.
    pub reviewed: Timestamp,
    /// What has to be typed before anybody signs.
    pub challenges: Vec<Challenge>,
    /// Every seat.
    pub seats: Vec<SeatView>,
    /// What was done about it, the newest first.
    pub history: Vec<EventView>,
    /// Whether its transaction is finished.
    pub finished: bool,
    /// The PSBT as it would be exported.
    pub psbt: Arc<[u8]>,
}

impl ProposalView {
    /// The keys on this machine that could still sign.
    pub fn own(&self) -> impl Iterator<Item = &SeatView> + '_ {
        self.seats.iter().filter(|seat| seat.hot.is_some() && !seat.standing.decided())
    }

    /// The seats in whose name this desk could still refuse.
    pub fn refusable(&self) -> impl Iterator<Item = &SeatView> + '_ {
        self.seats.iter().filter(|seat| seat.speaks && !seat.standing.decided())
    }
}

/// Characters of an address that a person has to type: it resembles another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The address in the transaction.
    pub address: Arc<str>,
    /// What it resembles.
    pub like: Arc<str>,
    /// The first of the characters asked for, from 0.
    pub from: usize,
    /// How many.
    pub count: usize,
}

impl Challenge {
    /// Whether this is what stands there; spaces are left aside.
    pub fn met(&self, typed: &str) -> bool {
        let expected: String = self.address.chars().skip(self.from).take(self.count).collect();
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        expected.chars().count() == self.count && expected == typed
    }
}

/// One key of a wallet, and what its owner has done about a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatView {
    /// Which key.
    pub id: SeatId,
    /// What it is called. Printable.
    pub name: Arc<str>,
    /// A key of this seat that lies on this machine.
    pub hot: Option<HotKey>,
    /// Whether this desk may refuse in its name: nobody else speaks for it.
    pub speaks: bool,
    /// What its owner has done.
    pub standing: SeatStanding,
}

/// A key that lies on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HotKey {
    /// Its passphrase, where that is no secret: in the demo.
    pub told: Option<Arc<str>>,
}

/// What the owner of a seat has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeatStanding {
    /// Nothing yet.
    Pending,
    /// It was shown the review.
    Viewed(Timestamp),
    /// Signed every input; verified here at this moment.
    Approved(Timestamp),
    /// Refused.
    Rejected(Timestamp, Arc<str>),
    /// Signing did not come about, for this reason; it can be tried again.
    Failed(Timestamp, Arc<str>),
}

impl SeatStanding {
    /// Whether there is nothing more to come.
    pub fn decided(&self) -> bool {
        matches!(self, Self::Approved(_) | Self::Rejected(..))
    }
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventView {
    /// When it was written down.
    pub at: Timestamp,
    /// By whom. Printable.
    pub who: Arc<str>,
    /// What. Printable.
    pub what: Arc<str>,
}
