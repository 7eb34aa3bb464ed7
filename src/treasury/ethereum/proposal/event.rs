//! What happens to Safes: each of these is one entry of the journal, written before its effect.
//!
//! - An event holds facts, never conclusions: what a transaction became is in it, where its proposal stands is computed.
//! - Text in it may come from outside; it is made printable, and cut, when it is folded.

use super::{Fees, OnChain, Outcome, Posted, SafeId, SafeKind, Source, Stand};
use crate::market::Timestamp;
use crate::treasury::ethereum::SafeTx;
use crate::treasury::proposal::{Answer, Identity, IdentitySignature, ProposalId, Signer};
use alloy_primitives::{Address, B256, Bytes, U256};
use serde::{Deserialize, Serialize};

/// Something that happened to a Safe.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum SafeEvent {
    /// A Safe is watched from now on.
    Added {
        /// Which.
        safe: SafeId,
        /// What people call it.
        name: String,
        /// How it stands.
        stand: Stand,
    },
    /// A Safe is kept only to be looked at.
    Archived {
        /// Which.
        safe: SafeId,
        /// Why.
        reason: String,
    },
    /// Somebody's name for an owner; an empty one takes it away.
    OwnerNamed {
        /// Of which Safe.
        safe: SafeId,
        /// Which owner.
        owner: Address,
        /// The name.
        name: String,
    },
    /// An owner is spoken for by an identity.
    OwnerClaimed {
        /// Of which Safe.
        safe: SafeId,
        /// Which owner.
        owner: Address,
        /// By whom.
        identity: Identity,
    },
    /// A name in the address book; an empty one takes it away.
    Named {
        /// On which chain: an address of another chain may be somebody else's.
        chain: U256,
        /// The address.
        address: Address,
        /// The name.
        name: String,
    },
    /// What the chain says of a Safe now.
    Seen {
        /// Which.
        safe: SafeId,
        /// How it stands.
        stand: Stand,
    },
    /// What a token was first read to be. Its decimals never change from then on.
    TokenPinned {
        /// On which chain.
        chain: U256,
        /// Which token.
        token: Address,
        /// What it calls itself.
        symbol: String,
        /// How many digits an amount has behind the point.
        decimals: u8,
        /// Whether somebody vouches for it: only then does its symbol mean something.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        trusted: bool,
    },
    /// An account that this machine can sign with.
    HotAccount {
        /// Its address.
        address: Address,
        /// What people call it.
        name: String,
    },
    /// An account is watched: an empty name ends that.
    Watched {
        /// On which chain.
        chain: U256,
        /// Its address.
        address: Address,
        /// What people call it.
        name: String,
    },
    /// A transaction waits for approvals.
    Proposed {
        /// Its id: has to be what its bytes make it.
        proposal: ProposalId,
        /// For which Safe.
        safe: SafeId,
        /// Under which version of the Safe's policy.
        policy: u32,
        /// What it is meant to do.
        kind: SafeKind,
        /// The transaction.
        tx: SafeTx,
        /// Who proposes it.
        created_by: String,
        /// What for.
        memo: String,
        /// Until when it can be approved and executed.
        expires_at: Timestamp,
        /// Where it comes from.
        source: Source,
        /// Whether somebody answers for its refund (T25).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        refund_overridden: bool,
    },
    /// An owner was shown the review.
    Viewed {
        /// Which proposal.
        proposal: ProposalId,
        /// Which owner.
        owner: Address,
        /// The digest of what was shown.
        digest: String,
    },
    /// A device was asked to sign.
    AwaitingDevice {
        /// Which proposal.
        proposal: ProposalId,
        /// Which owner.
        owner: Address,
    },
    /// Signing did not come about.
    SigningFailed {
        /// Which proposal.
        proposal: ProposalId,
        /// Which owner.
        owner: Address,
        /// What happened.
        code: String,
    },
    /// An owner has signed, or has approved the hash on the chain.
    Approved {
        /// Which proposal.
        proposal: ProposalId,
        /// Which owner.
        owner: Address,
        /// What made the signature.
        signer: Signer,
        /// The signature, as [`crate::treasury::ethereum::signature::Confirmation::bytes`] writes it.
        signature: Bytes,
        /// What the chain answered, where only it knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_chain: Option<OnChain>,
    },
    /// The chain was asked again about an approval that only it knows of.
    Asked {
        /// Which proposal.
        proposal: ProposalId,
        /// Whose approval.
        owner: Address,
        /// What it answered.
        on_chain: OnChain,
    },
    /// An owner refuses.
    Rejected {
        /// Which proposal.
        proposal: ProposalId,
        /// Which owner.
        owner: Address,
        /// Why.
        reason: String,
        /// Who speaks for the owner.
        identity: Identity,
        /// That it was them.
        signature: IdentitySignature,
    },
    /// It was withdrawn.
    Cancelled {
        /// Which proposal.
        proposal: ProposalId,
        /// Why.
        reason: String,
    },
    /// Its time has run out.
    Expired {
        /// Which proposal.
        proposal: ProposalId,
    },
    /// A transaction service was told something of it.
    Posted {
        /// Which proposal.
        proposal: ProposalId,
        /// The service's host.
        service: String,
        /// What it was told.
        #[serde(flatten)]
        posted: Posted,
    },
    /// A node is about to be given an execution.
    Executing {
        /// Which proposal.
        proposal: ProposalId,
        /// The execution's hash: has to be what its bytes make it.
        tx_hash: B256,
        /// Who sends it, and pays for it.
        sender: Address,
        /// The sender's own nonce.
        account_nonce: u64,
        /// What that costs.
        fees: Fees,
        /// The signed bytes, so that they can be given to a node again.
        raw: Bytes,
    },
    /// What the node said.
    Sent {
        /// Which proposal.
        proposal: ProposalId,
        /// Which execution.
        tx_hash: B256,
        /// Which node.
        node: String,
        /// Its answer.
        #[serde(flatten)]
        answer: Answer,
    },
    /// The Safe transaction is in a block. The execution may be anybody's.
    Mined {
        /// Which proposal.
        proposal: ProposalId,
        /// Which execution.
        tx_hash: B256,
        /// The block's height.
        height: u64,
        /// The block.
        block: B256,
        /// What came of it.
        outcome: Outcome,
    },
    /// No node knows an execution any more.
    Dropped {
        /// Which proposal.
        proposal: ProposalId,
        /// Which execution.
        tx_hash: B256,
    },
    /// The sender's nonce was used by another transaction.
    Replaced {
        /// Which proposal.
        proposal: ProposalId,
        /// Which execution.
        tx_hash: B256,
        /// By which transaction.
        by: B256,
    },
    /// The block that it was in is no longer of the chain.
    Reorged {
        /// Which proposal.
        proposal: ProposalId,
        /// The block that it was in.
        block: B256,
    },
    /// It did not come about for another reason than a node's answer.
    Failed {
        /// Which proposal.
        proposal: ProposalId,
        /// Why.
        reason: String,
        /// Whether trying again may help.
        retryable: bool,
    },
}

impl SafeEvent {
    /// The proposal that it is about, where it is about one.
    pub fn proposal(&self) -> Option<ProposalId> {
        match self {
            Self::Proposed { proposal, .. }
            | Self::Viewed { proposal, .. }
            | Self::AwaitingDevice { proposal, .. }
            | Self::SigningFailed { proposal, .. }
            | Self::Approved { proposal, .. }
            | Self::Asked { proposal, .. }
            | Self::Rejected { proposal, .. }
            | Self::Cancelled { proposal, .. }
            | Self::Expired { proposal }
            | Self::Posted { proposal, .. }
            | Self::Executing { proposal, .. }
            | Self::Sent { proposal, .. }
            | Self::Mined { proposal, .. }
            | Self::Dropped { proposal, .. }
            | Self::Replaced { proposal, .. }
            | Self::Reorged { proposal, .. }
            | Self::Failed { proposal, .. } => Some(*proposal),
            _ => None,
        }
    }

    /// The Safe that it names, where it names one; an event about a proposal names the proposal alone.
    pub fn safe(&self) -> Option<SafeId> {
        match self {
            Self::Added { safe, .. }
            | Self::Archived { safe, .. }
            | Self::OwnerNamed { safe, .. }
            | Self::OwnerClaimed { safe, .. }
            | Self::Seen { safe, .. }
            | Self::Proposed { safe, .. } => Some(*safe),
            _ => None,
        }
    }
}
