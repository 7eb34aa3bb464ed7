//! What happens in a treasury: each of these is one entry of the journal, written before its effect.
//!
//! - An event holds facts, never conclusions: who has signed is in it, how many have is counted where it is folded.
//! - Text in it may come from outside; it is made printable when it is folded.

use super::packed::{InputSignature, PackedPacket};
use super::{Identity, IdentitySignature, ProposalId, SeatId, Signer};
use crate::market::Timestamp;
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::ethereum::proposal::SafeEvent;
use bitcoin::bip32::Fingerprint;
use bitcoin::{BlockHash, Network, OutPoint, Txid};
use serde::{Deserialize, Serialize};

/// What a proposal is meant to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Pays somebody.
    BtcSpend,
    /// Takes the place of a transaction that waits, at a higher fee; also to cancel it.
    BtcRbf,
    /// Spends by the way that opens after a time lock.
    BtcRecovery,
}

impl Kind {
    /// The word that people and scripts read.
    pub fn name(self) -> &'static str {
        match self {
            Self::BtcSpend => "btc_spend",
            Self::BtcRbf => "btc_rbf",
            Self::BtcRecovery => "btc_recovery",
        }
    }
}

/// What a node said to a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// It took it.
    Accepted,
    /// It has it already.
    Known,
    /// It did not take it.
    Refused {
        /// Its words.
        reason: String,
        /// Whether trying again may help.
        retryable: bool,
    },
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A wallet is watched from now on.
    WalletAdded {
        /// Its id, as the descriptors make it.
        wallet: WalletId,
        /// What people call it.
        name: String,
        /// Its network.
        network: Network,
        /// Its descriptor, or those of its two rows.
        descriptors: Vec<String>,
        /// Of which program's format the file was.
        format: String,
        /// What was noticed when it was read.
        notes: Vec<String>,
        /// What the file calls its seats: with the wallet or not at all.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        names: Vec<(SeatId, String)>,
        /// The labels in it, as records of BIP-329.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
    },
    /// A wallet is kept only to be looked at.
    WalletArchived {
        /// Which.
        wallet: WalletId,
        /// Why.
        reason: String,
    },
    /// Somebody's name for a seat.
    CosignerNamed {
        /// Of which wallet.
        wallet: WalletId,
        /// Which seat.
        seat: SeatId,
        /// The name.
        name: String,
    },
    /// A cosigner has read the wallet's first address on a device of their own (T3).
    AddressConfirmed {
        /// Of which wallet.
        wallet: WalletId,
        /// Whose device.
        seat: SeatId,
        /// What the device showed.
        address: String,
    },
    /// A seat is spoken for by an identity.
    SeatClaimed {
        /// Of which wallet.
        wallet: WalletId,
        /// Which seat.
        seat: SeatId,
        /// By whom.
        identity: Identity,
    },
    /// Who may sign, or how, has changed: what was being approved is void.
    PolicyBumped {
        /// Of which wallet.
        wallet: WalletId,
        /// The version that counts from now on; the next one.
        version: u32,
        /// What has changed.
        reason: String,
    },
    /// A device has taken the wallet's policy and given a proof of it, to be shown to it whenever it signs.
    Registered {
        /// Which wallet.
        wallet: WalletId,
        /// The device, by the fingerprint of its seed.
        device: Fingerprint,
        /// Under which name: the policy's id is a hash of it too.
        name: String,
        /// What the device calls the policy: 32 bytes in hex.
        policy_id: String,
        /// The proof: 32 bytes in hex.
        hmac: String,
    },
    /// A key that this machine can sign with.
    HotKey {
        /// The fingerprint of its seed.
        fingerprint: Fingerprint,
        /// What people call it.
        name: String,
    },
    /// An address was handed out.
    AddressGiven {
        /// Of which wallet.
        wallet: WalletId,
        /// Its number in the row that is handed out.
        index: u32,
        /// Whether that was wanted though the wallet is not armed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unarmed: bool,
    },
    /// A label was set, or taken away by an empty one.
    LabelSet {
        /// In which wallet.
        wallet: WalletId,
        /// The record of BIP-329, as it came.
        record: String,
    },
    /// A coin is not to be spent.
    CoinFrozen {
        /// In which wallet.
        wallet: WalletId,
        /// Which coin.
        coin: OutPoint,
    },
    /// A coin may be spent again.
    CoinThawed {
        /// In which wallet.
        wallet: WalletId,
        /// Which coin.
        coin: OutPoint,
    },
    /// A transaction waits for approvals.
    Proposed {
        /// Its id: has to be what its bytes make it.
        proposal: ProposalId,
        /// For which wallet.
        wallet: WalletId,
        /// Under which version of the wallet's policy.
        policy: u32,
        /// What it is meant to do.
        kind: Kind,
        /// Who proposes it.
        created_by: String,
        /// What for.
        memo: String,
        /// Until when it can be approved and broadcast.
        expires_at: Timestamp,
        /// The proposal whose place it takes when it is broadcast.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<ProposalId>,
        /// By which of the policy's recoveries it spends, where it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recovery: Option<u8>,
        /// Whether it was wanted though the wallet is not armed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unarmed: bool,
        /// The PSBT, without signatures.
        packet: PackedPacket,
    },
    /// A seat was shown the review.
    Viewed {
        /// Which proposal.
        proposal: ProposalId,
        /// Which seat.
        seat: SeatId,
        /// The digest of what was shown.
        digest: String,
    },
    /// A device was asked to sign.
    AwaitingDevice {
        /// Which proposal.
        proposal: ProposalId,
        /// Which seat.
        seat: SeatId,
    },
    /// Signing did not come about.
    SigningFailed {
        /// Which proposal.
        proposal: ProposalId,
        /// Which seat.
        seat: SeatId,
        /// What happened.
        code: String,
    },
    /// A seat has signed every input.
    Approved {
        /// Which proposal.
        proposal: ProposalId,
        /// Which seat.
        seat: SeatId,
        /// What made the signatures.
        signer: Signer,
        /// The signatures.
        signatures: Vec<InputSignature>,
    },
    /// A seat refuses.
    Rejected {
        /// Which proposal.
        proposal: ProposalId,
        /// Which seat.
        seat: SeatId,
        /// Why.
        reason: String,
        /// Who speaks for the seat.
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
    /// Another took its place.
    Superseded {
        /// Which proposal.
        proposal: ProposalId,
        /// By which.
        by: ProposalId,
    },
    /// A coin that it spends was spent by a transaction that is none of the treasury's.
    Conflicted {
        /// Which proposal.
        proposal: ProposalId,
        /// The coin.
        coin: OutPoint,
    },
    /// The transaction was put together and passed consensus' own checks.
    Finalised {
        /// Which proposal.
        proposal: ProposalId,
        /// The transaction.
        txid: Txid,
    },
    /// A node is about to be given the transaction.
    Broadcasting {
        /// Which proposal.
        proposal: ProposalId,
        /// The transaction.
        txid: Txid,
    },
    /// What the node said.
    Broadcast {
        /// Which proposal.
        proposal: ProposalId,
        /// The transaction.
        txid: Txid,
        /// Which node.
        node: String,
        /// Its answer.
        #[serde(flatten)]
        answer: Answer,
    },
    /// The transaction is in a block.
    Confirmed {
        /// Which proposal.
        proposal: ProposalId,
        /// The transaction.
        txid: Txid,
        /// The block's height.
        height: u32,
        /// The block.
        block: BlockHash,
    },
    /// The block that it was in is no longer of the chain.
    Reorged {
        /// Which proposal.
        proposal: ProposalId,
        /// The block that it was in.
        block: BlockHash,
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
    /// Something happened to a Safe.
    Safe(Box<SafeEvent>),
}

impl Event {
    /// The proposal that it is about, where it is about one.
    pub fn proposal(&self) -> Option<ProposalId> {
        match self {
            Self::Proposed { proposal, .. }
            | Self::Viewed { proposal, .. }
            | Self::AwaitingDevice { proposal, .. }
            | Self::SigningFailed { proposal, .. }
            | Self::Approved { proposal, .. }
            | Self::Rejected { proposal, .. }
            | Self::Cancelled { proposal, .. }
            | Self::Expired { proposal }
            | Self::Superseded { proposal, .. }
            | Self::Conflicted { proposal, .. }
            | Self::Finalised { proposal, .. }
            | Self::Broadcasting { proposal, .. }
            | Self::Broadcast { proposal, .. }
            | Self::Confirmed { proposal, .. }
            | Self::Reorged { proposal, .. }
            | Self::Failed { proposal, .. } => Some(*proposal),
            Self::Safe(event) => event.proposal(),
            _ => None,
        }
    }
}
