//! Why an event cannot have happened: nothing is written, nothing is done.

use super::{ProposalId, SeatId, SeatState, State};
use crate::market::Timestamp;
use crate::treasury::bitcoin::psbt::PacketError;
use crate::treasury::bitcoin::wallet::{WalletError, WalletId};
use crate::treasury::ethereum::proposal::SafeRefusal;
use bitcoin::{OutPoint, Txid};

/// Why an event is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A move that does not exist.
    #[error("a proposal that is {} cannot become {}", .from.name(), .to.name())]
    Move {
        /// Where it stands.
        from: State,
        /// Where it was to go.
        to: State,
    },
    /// A move of a seat that does not exist.
    #[error("the seat {seat} is {} and cannot become {}", .from.name(), .to.name())]
    SeatMove {
        /// Which seat.
        seat: SeatId,
        /// Where it stands.
        from: Box<SeatState>,
        /// Where it was to go.
        to: Box<SeatState>,
    },
    /// Its time has run out.
    #[error("the proposal has expired at {0}")]
    Expired(Timestamp),
    /// Its time has not run out.
    #[error("the proposal does not expire before {0}")]
    NotExpired(Timestamp),
    /// Its time would have run out before it began.
    #[error("a proposal cannot expire before it is made")]
    Stillborn,
    /// No such wallet.
    #[error("there is no wallet {0}")]
    NoWallet(WalletId),
    /// No such proposal.
    #[error("there is no proposal {0}")]
    NoProposal(ProposalId),
    /// The seat is none of those that can sign this.
    #[error("the key {0} is none of those that can sign this")]
    NoSeat(SeatId),
    /// It is there already.
    #[error("this wallet is there already, as {0}")]
    KnownWallet(String),
    /// A name can only mean one wallet.
    #[error("there is another wallet of the name {0}")]
    NameTaken(String),
    /// It is there already.
    #[error("the proposal {} is there already; another that pays the same has to differ in something", .0.short())]
    KnownProposal(ProposalId),
    /// The descriptors make no wallet.
    #[error(transparent)]
    Wallet(#[from] WalletError),
    /// The descriptors are not those of the id.
    #[error("the descriptors make the wallet {found}, not {claimed}")]
    OtherWallet {
        /// What the entry says.
        claimed: WalletId,
        /// What the descriptors make.
        found: WalletId,
    },
    /// The packet cannot be read.
    #[error(transparent)]
    Packet(#[from] PacketError),
    /// The bytes are not those of the id (T28).
    #[error("these bytes are the proposal {}, not {}: nothing that was said of one counts for the other", .found.short(), .claimed.short())]
    OtherBytes {
        /// What the entry says.
        claimed: ProposalId,
        /// What the bytes make.
        found: ProposalId,
    },
    /// A proposal without a coin or with nothing to pay.
    #[error("a proposal spends at least one coin, and none twice")]
    Coins,
    /// The packet already carries signatures: they belong into approvals.
    #[error("a proposal is made without signatures: each is an approval of its own")]
    Signed,
    /// The policy has changed since.
    #[error(
        "it was proposed under version {proposed} of the wallet's policy, which is at version {current}: propose it again"
    )]
    Policy {
        /// When it was proposed.
        proposed: u32,
        /// Now.
        current: u32,
    },
    /// A version that does not follow.
    #[error("the policy's next version is {next}, not {found}")]
    Version {
        /// Which comes next.
        next: u32,
        /// Which was named.
        found: u32,
    },
    /// No such recovery.
    #[error("the wallet has no recovery number {0}")]
    NoRecovery(u8),
    /// The wallet is not armed (T3).
    #[error("the wallet {0} is not armed: its cosigners have not all confirmed its first address on their own devices")]
    Unarmed(String),
    /// The wallet is only looked at.
    #[error("the wallet {0} is archived: it is only looked at")]
    Archived(String),
    /// Proposals are open.
    #[error("{0} proposals of the wallet are open or on their way: cancel them, or wait for them")]
    Open(usize),
    /// Another address than ours (T3).
    #[error(
        "the device of {seat} shows {shown}, but the wallet's first address is {ours}: one of the keys was swapped, or the device knows another wallet; do not use this wallet"
    )]
    FirstAddress {
        /// Whose device.
        seat: SeatId,
        /// What it shows.
        shown: String,
        /// What it should show.
        ours: String,
    },
    /// Signatures that do not count.
    #[error("the signatures of {seat} do not count: {reason}")]
    Signature {
        /// Whose.
        seat: SeatId,
        /// Why.
        reason: String,
    },
    /// Not every input is signed.
    #[error("{seat} has signed {signed} of {inputs} inputs; an approval signs all")]
    Incomplete {
        /// Whose.
        seat: SeatId,
        /// How many it has signed.
        signed: usize,
        /// How many there are.
        inputs: usize,
    },
    /// Counted already.
    #[error("{0} has approved already; a second approval of the same key counts for nothing")]
    Already(SeatId),
    /// Not the one who speaks for the seat.
    #[error("the seat {0} is spoken for by another identity")]
    OtherIdentity(SeatId),
    /// Nobody speaks for the seat yet.
    #[error("nobody speaks for the seat {0} yet: claim it first")]
    Unclaimed(SeatId),
    /// The rejection's signature is wrong.
    #[error("the rejection of {0} is not signed by who it says")]
    ForgedRejection(SeatId),
    /// Fewer signatures than it takes.
    #[error("{valid} of {required} keys have signed")]
    Quorum {
        /// Distinct keys with verified signatures.
        valid: usize,
        /// As many are needed.
        required: usize,
    },
    /// Another transaction than the proposal's.
    #[error("the transaction {0} is not the one that was approved")]
    OtherTransaction(Txid),
    /// Not put together yet.
    #[error("the transaction was not finalised: there is nothing to broadcast")]
    NotFinalised,
    /// Nothing was sent.
    #[error("nothing was sent that an answer could be for")]
    NotSent,
    /// Not a label.
    #[error("{0}")]
    Label(String),
    /// A coin is taken by a proposal that is on its way (T12).
    #[error("{coin} is spent by the proposal {}, which is on its way, and this one does not say that it replaces it", .by.short())]
    Competes {
        /// Which coin.
        coin: OutPoint,
        /// By which proposal.
        by: ProposalId,
    },
    /// The proposal does not spend that coin.
    #[error("the proposal does not spend {0}")]
    NotItsCoin(OutPoint),
    /// Nothing in common.
    #[error("the proposals {} and {} spend no coin in common: one cannot take the other's place", .0.short(), .1.short())]
    Unrelated(ProposalId, ProposalId),
    /// Something of a Safe.
    #[error(transparent)]
    Safe(#[from] SafeRefusal),
}

impl Refusal {
    /// The code that scripts see; it never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Move { .. } | Self::SeatMove { .. } => "illegal-move",
            Self::Expired(_) => "expired",
            Self::NotExpired(_) => "not-expired",
            Self::Stillborn => "expiry",
            Self::NoWallet(_) => "no-wallet",
            Self::NoProposal(_) => "no-proposal",
            Self::NoSeat(_) => "no-seat",
            Self::KnownWallet(_) => "wallet-known",
            Self::NameTaken(_) => "name-taken",
            Self::KnownProposal(_) => "proposal-known",
            Self::Wallet(_) => "wallet",
            Self::OtherWallet { .. } => "wallet-id",
            Self::Packet(error) => error.code(),
            Self::OtherBytes { .. } => "other-bytes",
            Self::Coins => "coins",
            Self::Signed => "signed",
            Self::Policy { .. } => "policy-version",
            Self::Version { .. } => "policy-next",
            Self::NoRecovery(_) => "no-recovery",
            Self::Unarmed(_) => "not-armed",
            Self::Archived(_) => "archived",
            Self::Open(_) => "open-proposals",
            Self::FirstAddress { .. } => "first-address",
            Self::Signature { .. } => "signature",
            Self::Incomplete { .. } => "signature-incomplete",
            Self::Already(_) => "already-approved",
            Self::OtherIdentity(_) => "other-identity",
            Self::Unclaimed(_) => "seat-unclaimed",
            Self::ForgedRejection(_) => "rejection-forged",
            Self::Quorum { .. } => "quorum",
            Self::OtherTransaction(_) => "other-transaction",
            Self::NotFinalised => "not-finalised",
            Self::NotSent => "not-sent",
            Self::Label(_) => "label",
            Self::Competes { .. } => "competes",
            Self::NotItsCoin(_) => "not-its-coin",
            Self::Unrelated(..) => "unrelated",
            Self::Safe(refusal) => refusal.code(),
        }
    }
}
