//! What is shown of a proposal: a line of the queue, and all of it.

use crate::market::Timestamp;
use crate::money::Decimal;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::proposal::{ProposalId, SeatId, State};
use crate::treasury::verdict::{Judgement, Verdict};
use bitcoin::{Amount, Txid};
use std::sync::Arc;

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
    /// Who could still sign while signatures are missing.
    pub missing: Vec<Missing>,
    /// The height of the block that it stands in.
    pub block: Option<u32>,
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
    /// The PSBT as it would be exported.
    pub psbt: Arc<[u8]>,
}

impl ProposalView {
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
