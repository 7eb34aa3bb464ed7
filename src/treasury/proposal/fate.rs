//! What has become of a transaction on its chain, and what that makes of its proposal.
//!
//! - Only a block ends a proposal. What merely waits may still be replaced, and a server can invent it; what stands in a
//!   block is proved.
//! - A transaction whose block is no longer part of the chain is on its way again, whatever else is said of it.
//! - That a server does not know a transaction says nothing of it: another one may.

use super::record::Proposal;
use super::state::State;
use super::{Answer, Event, ProposalId, Treasury};
use crate::treasury::bitcoin::finalize::finalize;
use crate::treasury::bitcoin::wallet::WalletId;
use bdk_wallet::chain::BlockId;
use bitcoin::{OutPoint, Transaction, Txid};

/// Blocks after which nobody asks any more whether a transaction has left its block.
const SETTLED: u32 = 100;

/// What has become of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It waits to be confirmed.
    Unconfirmed,
    /// It stands in this block of the best chain.
    Confirmed(BlockId),
    /// One of its coins is spent by another one.
    Replaced {
        /// The other one.
        by: Txid,
        /// The coin.
        coin: OutPoint,
        /// Whether that is final. As long as the other one waits, this one may still take its place.
        confirmed: bool,
    },
    /// The server does not know it, nor one that spends its coins.
    Unknown,
}

/// The transactions of a wallet whose fate is not settled while its chain has this height: what was sent first, and among
/// that the newest. A transaction stands here as far as it is signed.
pub fn unsettled(treasury: &Treasury, wallet: WalletId, height: u32) -> Vec<(ProposalId, Transaction)> {
    let Ok(vault) = treasury.vault(wallet) else { return Vec::new() };
    let open = |proposal: &&Proposal| match proposal.mined {
        Some(mined) => height.saturating_sub(mined.height) < SETTLED,
        None => proposal.state().is_live(),
    };
    let mut found: Vec<&Proposal> =
        treasury.proposals().rev().filter(|proposal| proposal.wallet == wallet).filter(open).collect();
    found.sort_by_key(|proposal| !matches!(proposal.state(), State::Executing));
    let shaped = |proposal: &Proposal| {
        // The signed one where there is one: in old inputs signatures are a part of the id.
        let made = finalize(&proposal.signed(), &vault.wallet).ok().map(|made| made.tx);
        Some((proposal.id, made.or_else(|| proposal.shaped())?))
    };
    found.into_iter().filter_map(shaped).collect()
}

/// The entries that tell what has become of a proposal's transaction; none where that is no news. `node` told it.
pub fn became(treasury: &Treasury, id: ProposalId, status: Status, node: &str) -> Vec<Event> {
    let Ok(proposal) = treasury.proposal(id) else { return Vec::new() };
    let Some(txid) = proposal.finalised.or_else(|| proposal.txid()) else { return Vec::new() };
    if let (Status::Confirmed(block), Some(mined)) = (status, proposal.mined)
        && block.hash == mined.block
    {
        return Vec::new();
    }
    let left = proposal.mined.map(|mined| Event::Reorged { proposal: id, block: mined.block });
    let now = match status {
        Status::Confirmed(block) => {
            Some(Event::Confirmed { proposal: id, txid, height: block.height, block: block.hash })
        }
        Status::Unconfirmed if proposal.is_unanswered() => {
            Some(Event::Broadcast { proposal: id, txid, node: node.to_owned(), answer: Answer::Known })
        }
        Status::Replaced { by, coin, confirmed: true } => {
            let other = treasury.proposals().find(|other| other.id != id && other.finalised == Some(by));
            Some(match other {
                Some(other) => Event::Superseded { proposal: id, by: other.id },
                None => Event::Conflicted { proposal: id, coin },
            })
        }
        Status::Unconfirmed | Status::Replaced { .. } | Status::Unknown => None,
    };
    left.into_iter().chain(now).collect()
}
