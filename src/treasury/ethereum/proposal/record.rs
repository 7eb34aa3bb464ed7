//! One proposal for a Safe: what was proposed, where each owner stands, its executions, and what became of it.
//!
//! - How many have approved is counted from signatures that were verified over these very fields, of those who own the
//!   Safe as the chain last said.
//! - Nothing here changes but through [`crate::treasury::proposal::Treasury::apply`].

use super::{Fees, OnChain, Outcome, Posted, SafeId, SafeKind, Source};
use crate::market::Timestamp;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::ethereum::signature::{Asked, Confirmation};
use crate::treasury::ethereum::{Hashes, SafeAt, SafeTx};
use crate::treasury::proposal::{Answer, ProposalId, SeatState, State};
use alloy_primitives::{Address, B256, Bytes};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One owner of the Safe of a proposal, or one that owned it when something was heard of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerSeat {
    /// Who.
    pub owner: Address,
    /// Where they stand.
    pub state: SeatState,
    /// Whether they own the Safe, as the chain last said.
    pub owns: bool,
    /// Whether their approval counts: it was verified, they own the Safe, and what the chain was asked it affirms.
    pub counts: bool,
    /// What the chain last answered, where only it knows.
    pub on_chain: Option<OnChain>,
    pub(super) confirmation: Option<Confirmation>,
}

impl OwnerSeat {
    pub(super) fn new(owner: Address) -> Self {
        Self { owner, state: SeatState::Pending, owns: true, counts: false, on_chain: None, confirmation: None }
    }

    /// The signature that was given, whether or not it counts now.
    pub fn confirmation(&self) -> Option<&Confirmation> {
        self.confirmation.as_ref()
    }
}

/// In which block an execution is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MinedAt {
    /// Its height.
    pub height: u64,
    /// The block.
    pub block: B256,
    /// What came of it.
    pub outcome: Outcome,
    /// When that was told.
    pub at: Timestamp,
}

/// Where an execution stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutionState {
    /// On its way: it was given to a node, or is about to be.
    Pending,
    /// The node did not take it, or it did not come about.
    Refused {
        /// Why. Printable.
        why: String,
        /// Whether trying again may help.
        retryable: bool,
    },
    /// No node knows it any more.
    Dropped,
    /// The sender's nonce was used by this transaction.
    Replaced(B256),
    /// It is in a block.
    Mined(MinedAt),
}

/// A transaction that carries out the Safe's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Its hash.
    pub tx_hash: B256,
    /// Who sends it, their own nonce, and what they pay. None: somebody else has sent it.
    pub sender: Option<(Address, u64, Fees)>,
    /// The signed bytes, where it is ours.
    pub raw: Option<Bytes>,
    /// When it was about to be sent, or was first heard of.
    pub at: Timestamp,
    /// Which node answered, what it said, and when. None: nobody knows whether the node has it; ask it.
    pub answer: Option<(String, Answer, Timestamp)>,
    /// Where it stands.
    pub state: ExecutionState,
}

impl Execution {
    /// In which block it is.
    pub fn mined(&self) -> Option<MinedAt> {
        match &self.state {
            ExecutionState::Mined(mined) => Some(*mined),
            _ => None,
        }
    }
}

/// A proposal for a Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeProposal {
    /// Its id.
    pub id: ProposalId,
    /// For which Safe.
    pub safe: SafeId,
    /// Under which version of its policy it was proposed.
    pub policy: u32,
    /// What it is meant to do.
    pub kind: SafeKind,
    /// Where it comes from.
    pub source: Source,
    /// Who proposed it. Printable.
    pub created_by: String,
    /// What for. Printable.
    pub memo: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be approved and executed.
    pub expires_at: Timestamp,
    /// Whether somebody answers for its refund (T25).
    pub refund_overridden: bool,
    /// How many of how many owners have to sign, as the chain last said.
    pub quorum: Quorum,
    /// Every owner, in the contract's order; then those who were heard of and own it no longer.
    pub seats: Vec<OwnerSeat>,
    /// Its executions, in the order in which they were heard of.
    pub executions: Vec<Execution>,
    /// What services were told.
    pub posted: BTreeSet<(String, Posted)>,
    /// Why it ended, in words. Printable.
    pub ended: Option<String>,
    pub(super) at: SafeAt,
    pub(super) hashes: Hashes,
    pub(super) tx: Arc<SafeTx>,
    /// How people, or time, have ended it, and why.
    pub(super) over: Option<(State, String)>,
    pub(super) state: State,
}

impl SafeProposal {
    /// Where it stands as far as entries say.
    pub fn state(&self) -> State {
        self.state
    }

    /// Where it stands at a moment: time runs out without anybody writing it down.
    pub fn state_at(&self, now: Timestamp) -> State {
        if self.state.is_open() && now >= self.expires_at { State::Expired } else { self.state }
    }

    /// What its hash is made for.
    pub fn at(&self) -> &SafeAt {
        &self.at
    }

    /// The transaction.
    pub fn tx(&self) -> &SafeTx {
        &self.tx
    }

    /// What is signed, and the two halves that devices show.
    pub fn hashes(&self) -> &Hashes {
        &self.hashes
    }

    /// What signatures are over.
    pub fn asked(&self) -> Asked {
        Asked::of(&self.at, &self.hashes)
    }

    /// An owner's seat.
    pub fn seat(&self, owner: Address) -> Option<&OwnerSeat> {
        self.seats.iter().find(|seat| seat.owner == owner)
    }

    /// The seats of those who own the Safe.
    pub fn owners(&self) -> impl Iterator<Item = &OwnerSeat> + '_ {
        self.seats.iter().filter(|seat| seat.owns)
    }

    /// The owners whose approvals count.
    pub fn approved(&self) -> impl Iterator<Item = &OwnerSeat> + '_ {
        self.seats.iter().filter(|seat| seat.counts)
    }

    /// The owners who refuse.
    pub fn rejected(&self) -> impl Iterator<Item = &OwnerSeat> + '_ {
        self.owners().filter(|seat| matches!(seat.state, SeatState::Rejected { .. }))
    }

    /// The owners who have not decided, or whose approval no longer counts.
    pub fn missing(&self) -> impl Iterator<Item = &OwnerSeat> + '_ {
        self.owners().filter(|seat| !seat.counts && !matches!(seat.state, SeatState::Rejected { .. }))
    }

    /// The signatures that count, in the order of the owners as the contract wants them.
    pub fn confirmations(&self) -> Vec<Confirmation> {
        let mut all: Vec<Confirmation> = self.approved().filter_map(|seat| seat.confirmation.clone()).collect();
        all.sort_by_key(|one| one.owner);
        all
    }

    /// Whether as many distinct owners as it takes have signed.
    pub fn has_quorum(&self) -> bool {
        self.approved().count() >= self.quorum.required
    }

    /// Whether so many refuse that those who are left are too few.
    pub fn is_hopeless(&self) -> bool {
        self.rejected().count() > self.quorum.of.saturating_sub(self.quorum.required)
    }

    /// The executions that are on their way.
    pub fn pending(&self) -> impl DoubleEndedIterator<Item = &Execution> + '_ {
        self.executions.iter().filter(|execution| execution.state == ExecutionState::Pending)
    }

    /// The execution that used the nonce up, and in which block it is.
    pub fn mined(&self) -> Option<(&Execution, MinedAt)> {
        let mined = |execution: &'_ Execution| execution.mined().filter(|mined| mined.outcome.uses_nonce());
        self.executions.iter().find_map(|execution| Some((execution, mined(execution)?)))
    }

    /// Whether an execution was given to a node whose answer nobody has written down, so that the node has to be asked.
    pub fn is_unanswered(&self) -> bool {
        self.state == State::Executing
            && self.pending().any(|execution| execution.answer.is_none() && execution.raw.is_some())
    }

    /// Whether a service was told something already.
    pub fn was_posted(&self, service: &str, posted: Posted) -> bool {
        self.posted.iter().any(|(host, told)| host == service && *told == posted)
    }

    /// What somebody has to know who thinks that it is over: its signatures hold as long as its nonce is not used.
    pub fn warning(&self, now: Timestamp) -> Option<String> {
        let over = matches!(
            self.state_at(now),
            State::Expired | State::Cancelled | State::Rejected | State::Failed { retryable: true }
        );
        let given = self.approved().count();
        (over && given > 0).then(|| {
            let (verb, whoever) = if self.has_quorum() {
                ("are enough", "whoever has them can carry the transaction out")
            } else {
                ("count", "with the missing ones the transaction can be carried out")
            };
            format!(
                "{given} of {} signatures were given and stay valid on chain: they {verb} until the nonce {} is used, \
                 and {whoever}; to be sure, carry out a rejection with the same nonce (exchequer propose safe reject {})",
                self.quorum.required,
                self.tx.nonce,
                self.id.short()
            )
        })
    }
}
