//! What is shown of a proposal: a line of the queue, and all of it. Those of wallets and of Safes stand in one queue, and
//! their reviews are read in the same way.

use super::SafeTxView;
use crate::market::Timestamp;
use crate::money::Decimal;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::proposal::{ProposalId, SeatId, State};
use crate::treasury::verdict::{Judgement, Verdict};
use alloy_primitives::{Address, U256};
use bitcoin::{Amount, Txid};
use std::fmt;
use std::sync::Arc;

/// Who signs: a key of a Bitcoin wallet, or an owner of a Safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// A key.
    Seat(SeatId),
    /// An owner.
    Owner(Address),
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seat(seat) => seat.fmt(f),
            Self::Owner(owner) => f.write_str(&owner.to_checksum(None)),
        }
    }
}

impl From<SeatId> for Who {
    fn from(seat: SeatId) -> Self {
        Self::Seat(seat)
    }
}

impl From<Address> for Who {
    fn from(owner: Address) -> Self {
        Self::Owner(owner)
    }
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
    /// It makes several calls.
    Batch,
    /// It changes who or what controls the Safe.
    Control,
    /// It uses up its nonce and does nothing.
    Refusal,
    /// It approves a transaction of another Safe.
    Nested,
    /// It lets somebody spend.
    Allowance,
    /// The Safe signs a message.
    Message,
    /// It calls a contract.
    Call,
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
            Self::Batch => "batch",
            Self::Control => "CONTROL",
            Self::Refusal => "reject",
            Self::Nested => "approve",
            Self::Allowance => "allow",
            Self::Message => "message",
            Self::Call => "call",
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
    /// The name of the wallet or the Safe. Printable.
    pub wallet: Arc<str>,
    /// What it is for.
    pub kind: Kind,
    /// What leaves.
    pub leaves: Leaves,
    /// The nonce, where it is a Safe's.
    pub nonce: Option<U256>,
    /// What that is worth; `None` when that is not known.
    pub value: Option<Decimal>,
    /// To whom.
    pub to: Recipients,
    /// Where it is on its way.
    pub state: State,
    /// Seats that have verifiably signed all of it.
    pub signed: usize,
    /// Seats that it takes, of how many.
    pub quorum: Quorum,
    /// Who could still sign while signatures are missing.
    pub missing: Vec<Missing>,
    /// The height of the block that it stands in.
    pub block: Option<u64>,
    /// Whether its transaction is put together, so that it can be broadcast.
    pub finished: bool,
    /// When it was proposed.
    pub created: Timestamp,
    /// When signatures are no longer taken.
    pub expires: Option<Timestamp>,
    /// The sum of the review.
    pub judgement: Judgement,
    /// The codes of what the review found, blocks first.
    pub codes: Vec<&'static str>,
}

impl ProposalRow {
    /// What blocks it, in a word such as `DELEGATECALL`: what weighs most, where there is more than one thing.
    pub fn stop(&self) -> Option<String> {
        let first = self.codes.first().filter(|_| self.judgement == Judgement::Block)?;
        Some(first.to_ascii_uppercase().replace('-', " "))
    }
}

/// What leaves a wallet or a Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// Bitcoin.
    Coins {
        /// Without the fee.
        sent: Amount,
        /// The fee, where the coins that are spent are known.
        fee: Option<Amount>,
    },
    /// What a Safe gives away, in words such as `1,250 USDC`; empty where nothing leaves that is known. Printable.
    Told(Arc<str>),
}

/// Somebody who could still sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Who. Printable.
    pub name: Arc<str>,
    /// Whether the key lies on this machine.
    pub hot: bool,
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
    /// What is signed, beside what the review says of it.
    pub subject: Subject,
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
    /// What would be exported: the PSBT, or the exchange file of a Safe's transaction.
    pub file: Arc<[u8]>,
}

/// What is signed.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A transaction of Bitcoin, by its id.
    Bitcoin(Txid),
    /// A Safe's.
    Safe(Arc<SafeTxView>),
}

impl ProposalView {
    /// What it is compared by: the transaction's id, or the safeTxHash.
    pub fn hash(&self) -> String {
        match &self.subject {
            Subject::Bitcoin(txid) => txid.to_string(),
            Subject::Safe(tx) => tx.hashes.safe_tx.to_string(),
        }
    }

    /// What there is of a Safe's transaction.
    pub fn safe(&self) -> Option<&SafeTxView> {
        match &self.subject {
            Subject::Safe(tx) => Some(tx),
            Subject::Bitcoin(_) => None,
        }
    }

    /// The keys on this machine that could still sign.
    pub fn own(&self) -> impl Iterator<Item = &SeatView> + '_ {
        self.seats.iter().filter(|seat| seat.hot.is_some() && !seat.standing.decided())
    }

    /// The seats whose keys lie elsewhere, and that a device could still sign for.
    pub fn elsewhere(&self) -> impl Iterator<Item = &SeatView> + '_ {
        self.seats.iter().filter(|seat| seat.hot.is_none() && !seat.standing.decided())
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

/// One key of a wallet, or one owner of a Safe, and what they have done about a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatView {
    /// Which.
    pub id: Who,
    /// What it is called. Printable.
    pub name: Arc<str>,
    /// A key of this seat that lies on this machine.
    pub hot: Option<HotKey>,
    /// Whether this desk may refuse in its name: nobody else speaks for it.
    pub speaks: bool,
    /// What its owner has done.
    pub standing: SeatStanding,
    /// What is to be known of that beside: a signature of somebody who owns the Safe no longer, or one that only the chain
    /// can affirm. Printable; may be empty.
    pub note: Arc<str>,
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
    /// Its device is asked to sign, or was and has not answered.
    Awaiting(Timestamp),
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
