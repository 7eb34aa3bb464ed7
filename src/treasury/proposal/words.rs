//! What happened, in one line for people.

use super::{Answer, Event};

impl Event {
    /// What happened. Text of others in it is not printable yet.
    pub fn told(&self) -> String {
        match self {
            Self::WalletAdded { name, wallet, format, .. } => {
                format!("wallet {name} ({}) added from {format}", first(wallet))
            }
            Self::WalletArchived { wallet, reason } => format!("wallet {} archived: {reason}", first(wallet)),
            Self::CosignerNamed { wallet, seat, name } => format!("wallet {}: {seat} is {name}", first(wallet)),
            Self::AddressConfirmed { wallet, seat, .. } => {
                format!("wallet {}: {seat} has read the first address on a device", first(wallet))
            }
            Self::SeatClaimed { wallet, seat, identity } => {
                format!("wallet {}: {} speaks for {seat}", first(wallet), first(identity))
            }
            Self::PolicyBumped { wallet, version, reason } => {
                format!("wallet {}: policy version {version}: {reason}", first(wallet))
            }
            Self::Registered { wallet, device, .. } => format!("wallet {} registered with {device}", first(wallet)),
            Self::HotKey { fingerprint, name } => format!("HOT key {fingerprint} ({name}) lies on this machine"),
            Self::AddressGiven { wallet, index, unarmed } => {
                format!("wallet {}: address 0/{index} handed out{}", first(wallet), waived(*unarmed))
            }
            Self::LabelSet { wallet, record } => format!("wallet {}: label {record}", first(wallet)),
            Self::CoinFrozen { wallet, coin } => format!("wallet {}: {coin} frozen", first(wallet)),
            Self::CoinThawed { wallet, coin } => format!("wallet {}: {coin} thawed", first(wallet)),
            Self::Proposed { proposal, wallet, kind, created_by, memo, unarmed, .. } => format!(
                "{} proposed by {created_by}: {} of wallet {}{}, {memo}",
                proposal.short(),
                kind.name(),
                first(wallet),
                waived(*unarmed)
            ),
            Self::Viewed { proposal, seat, digest } => {
                format!("{}: {seat} was shown the review {}", proposal.short(), first(digest))
            }
            Self::AwaitingDevice { proposal, seat } => format!("{}: the device of {seat} is asked", proposal.short()),
            Self::SigningFailed { proposal, seat, code } => {
                format!("{}: {seat} did not sign: {code}", proposal.short())
            }
            Self::Approved { proposal, seat, signer, signatures } => {
                format!("{}: approved by {seat} ({}, {} inputs)", proposal.short(), signer.name(), signatures.len())
            }
            Self::Rejected { proposal, seat, reason, .. } => {
                format!("{}: rejected by {seat}: {reason}", proposal.short())
            }
            Self::Cancelled { proposal, reason } => format!("{}: cancelled: {reason}", proposal.short()),
            Self::Expired { proposal } => format!("{}: expired", proposal.short()),
            Self::Superseded { proposal, by } => format!("{}: superseded by {}", proposal.short(), by.short()),
            Self::Conflicted { proposal, coin } => format!("{}: {coin} was spent elsewhere", proposal.short()),
            Self::Finalised { proposal, txid } => format!("{}: finalised as {txid}", proposal.short()),
            Self::Broadcasting { proposal, txid } => format!("{}: about to broadcast {txid}", proposal.short()),
            Self::Broadcast { proposal, node, answer, .. } => match answer {
                Answer::Accepted => format!("{}: {node} took it", proposal.short()),
                Answer::Known => format!("{}: {node} has it already", proposal.short()),
                Answer::Refused { reason, .. } => format!("{}: {node} refuses it: {reason}", proposal.short()),
            },
            Self::Confirmed { proposal, height, .. } => format!("{}: confirmed at {height}", proposal.short()),
            Self::Reorged { proposal, block } => {
                format!("{}: the block {} is no longer of the chain", proposal.short(), first(block))
            }
            Self::Failed { proposal, reason, .. } => format!("{}: failed: {reason}", proposal.short()),
            Self::Safe(event) => event.told(),
        }
    }
}

/// Enough of an id to know it again.
fn first(id: &impl ToString) -> String {
    id.to_string().chars().take(super::id::SHORT).collect()
}

fn waived(unarmed: bool) -> &'static str {
    if unarmed { ", though it is not armed" } else { "" }
}
