//! What happened to a Safe, in one line for people.

use super::SafeEvent;
use crate::treasury::proposal::Answer;
use alloy_primitives::{Address, B256};

impl SafeEvent {
    /// What happened. Text of others in it is not printable yet.
    pub fn told(&self) -> String {
        match self {
            Self::Added { safe, name, stand } => format!(
                "Safe {name} ({safe}) added: {} of {} owners, Safe {}",
                stand.threshold,
                stand.owners.len(),
                stand.version
            ),
            Self::Archived { safe, reason } => format!("Safe {} archived: {reason}", safe.short()),
            Self::OwnerNamed { safe, owner, name } => format!("Safe {}: {} is {name}", safe.short(), first(owner)),
            Self::OwnerClaimed { safe, owner, identity } => {
                let identity: String = identity.to_string().chars().take(8).collect();
                format!("Safe {}: {identity} speaks for {}", safe.short(), first(owner))
            }
            Self::Named { chain, address, name } => {
                format!("{} on chain {chain} is {name}", address.to_checksum(None))
            }
            Self::Seen { safe, stand } => format!(
                "Safe {} at block {}: {} of {} owners, nonce {}",
                safe.short(),
                stand.block,
                stand.threshold,
                stand.owners.len(),
                stand.nonce
            ),
            Self::TokenPinned { chain, token, symbol, decimals, trusted } => format!(
                "token {symbol} ({} on chain {chain}) has {decimals} decimals{}",
                token.to_checksum(None),
                if *trusted { ", and is vouched for" } else { "" }
            ),
            Self::HotAccount { address, name } => {
                format!("HOT account {} ({name}) lies on this machine", address.to_checksum(None))
            }
            Self::Watched { chain, address, name } => {
                format!("account {} on chain {chain} is watched as {name}", address.to_checksum(None))
            }
            Self::Proposed { proposal, safe, kind, tx, created_by, memo, .. } => format!(
                "{} proposed by {created_by}: {} of Safe {}, nonce {}, {memo}",
                proposal.short(),
                kind.name(),
                safe.short(),
                tx.nonce
            ),
            Self::Viewed { proposal, owner, digest } => {
                let digest: String = digest.chars().take(8).collect();
                format!("{}: {} was shown the review {digest}", proposal.short(), first(owner))
            }
            Self::AwaitingDevice { proposal, owner } => {
                format!("{}: the device of {} is asked", proposal.short(), first(owner))
            }
            Self::SigningFailed { proposal, owner, code } => {
                format!("{}: {} did not sign: {code}", proposal.short(), first(owner))
            }
            Self::Approved { proposal, owner, signer, on_chain, .. } => {
                let chain = on_chain.map(|on_chain| format!(", block {}", on_chain.block)).unwrap_or_default();
                format!("{}: approved by {} ({}{chain})", proposal.short(), first(owner), signer.name())
            }
            Self::Asked { proposal, owner, on_chain } => {
                let says = if on_chain.yes { "stands" } else { "does not count any more" };
                format!("{}: the approval of {} {says} at block {}", proposal.short(), first(owner), on_chain.block)
            }
            Self::Rejected { proposal, owner, reason, .. } => {
                format!("{}: rejected by {}: {reason}", proposal.short(), first(owner))
            }
            Self::Cancelled { proposal, reason } => format!("{}: cancelled: {reason}", proposal.short()),
            Self::Expired { proposal } => format!("{}: expired", proposal.short()),
            Self::Posted { proposal, service, posted } => {
                format!("{}: {service} was told {}", proposal.short(), posted.told())
            }
            Self::Executing { proposal, tx_hash, sender, .. } => {
                format!("{}: {} is about to execute it as {}", proposal.short(), first(sender), hash(tx_hash))
            }
            Self::Sent { proposal, node, answer, .. } => match answer {
                Answer::Accepted => format!("{}: {node} took it", proposal.short()),
                Answer::Known => format!("{}: {node} has it already", proposal.short()),
                Answer::Refused { reason, .. } => format!("{}: {node} refuses it: {reason}", proposal.short()),
            },
            Self::Mined { proposal, tx_hash, height, outcome, .. } => {
                format!("{}: {} at {height}: {}", proposal.short(), hash(tx_hash), outcome.name())
            }
            Self::Dropped { proposal, tx_hash } => {
                format!("{}: no node knows {} any more", proposal.short(), hash(tx_hash))
            }
            Self::Replaced { proposal, tx_hash, by } => {
                format!("{}: {} was replaced by {}", proposal.short(), hash(tx_hash), hash(by))
            }
            Self::Reorged { proposal, block } => {
                format!("{}: the block {} is no longer of the chain", proposal.short(), hash(block))
            }
            Self::Failed { proposal, reason, .. } => format!("{}: failed: {reason}", proposal.short()),
        }
    }
}

/// Enough of an address to know it again.
fn first(address: &Address) -> String {
    let text = address.to_checksum(None);
    format!("{}…{}", text.get(..6).unwrap_or_default(), text.get(38..).unwrap_or_default())
}

/// Enough of a hash to know it again.
fn hash(hash: &B256) -> String {
    hash.to_string().chars().take(10).collect()
}
