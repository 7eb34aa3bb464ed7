//! Safes and what is proposed for them, as scripts read them.
//!
//! - Keys that a Bitcoin proposal has too mean the same here. Numbers of the chain are decimal texts.

use crate::cli::treasury::shown::told;
use crate::cli::treasury::ways::chain_name;
use crate::desk::treasury::Funds;
use crate::market::{Timestamp, printable};
use crate::treasury::ethereum::deployments::{self, Standing};
use crate::treasury::ethereum::proposal::{Execution, ExecutionState, OwnerSeat, Posted, Safe, SafeProposal};
use crate::treasury::proposal::{Answer, Treasury};
use alloy_primitives::{Address, U256};
use serde_json::{Value, json};

/// An address as it is written everywhere.
pub fn hex(address: Address) -> String {
    address.to_checksum(None)
}

/// An address, or nothing where it is zero.
fn some(address: Address) -> Option<String> {
    (!address.is_zero()).then(|| hex(address))
}

/// What Safe published at an address of a chain: `Safe 1.4.1`.
pub fn published(chain: U256, address: Address) -> Option<String> {
    match deployments::standing(chain, address)? {
        Standing::Listed(pinned) => Some(format!("{} {}", pinned.contract.name(), pinned.version)),
        Standing::Unlisted(pinned) => {
            Some(format!("{} {}, though not on this chain", pinned.contract.name(), pinned.version))
        }
    }
}

/// A Safe for scripts.
pub fn safe(treasury: &Treasury, safe: &Safe, funds: Option<&Funds>) -> Value {
    let stand = &safe.stand;
    let owners: Vec<Value> = stand
        .owners
        .iter()
        .map(|owner| {
            json!({
                "owner": hex(*owner), "name": safe.names.get(owner), "identity": safe.claims.get(owner),
                "hot": treasury.safes().is_hot_account(*owner),
            })
        })
        .collect();
    json!({
        "id": safe.id,
        "name": safe.name,
        "chain": chain_name(safe.id.chain_id),
        "chain_id": safe.id.chain_id.to_string(),
        "address": hex(safe.id.address),
        "version": stand.version.name(),
        "required": stand.threshold.to_string(),
        "of": stand.owners.len(),
        "nonce": stand.nonce.to_string(),
        "owners": owners,
        "modules": stand.modules.iter().map(|module| hex(*module)).collect::<Vec<_>>(),
        "guard": some(stand.guard),
        "module_guard": some(stand.module_guard),
        "fallback_handler": some(stand.fallback_handler),
        "singleton": hex(stand.singleton),
        "published": published(safe.id.chain_id, stand.singleton),
        "pinned": safe.is_pinned(),
        "policy_version": safe.policy,
        "changed": safe.changed,
        "archived": safe.archived,
        "added_at": safe.added_at.to_string(),
        "block": stand.block,
        "seen_at": safe.seen_at.to_string(),
        "balances": funds.map(|funds| balances(treasury, safe.id.chain_id, funds)),
    })
}

/// What an address had at a block.
pub fn balances(treasury: &Treasury, chain: U256, funds: &Funds) -> Value {
    let tokens: Vec<Value> = funds
        .tokens
        .iter()
        .map(|(token, amount)| {
            let pinned = treasury.safes().tokens().get(&(chain, *token));
            json!({
                "token": hex(*token), "symbol": pinned.map(|pinned| &pinned.symbol),
                "decimals": pinned.map(|pinned| pinned.decimals), "trusted": pinned.is_some_and(|pinned| pinned.trusted),
                "amount": amount.to_string(),
            })
        })
        .collect();
    json!({ "block": funds.block, "at": funds.at.to_string(), "wei": funds.wei.to_string(), "tokens": tokens })
}

/// A proposal for scripts.
pub fn proposal(treasury: &Treasury, proposal: &SafeProposal, now: Timestamp) -> Value {
    let safe = treasury.safe(proposal.safe).ok();
    let seats: Vec<Value> = proposal.seats.iter().map(|one| seat(treasury, safe, one)).collect();
    let competitors: Vec<Value> = treasury
        .safes()
        .competitors(proposal)
        .into_iter()
        .map(|other| json!({ "id": other.id, "state": other.state_at(now).name(), "nonce": other.tx().nonce.to_string() }))
        .collect();
    let posted: Vec<Value> = proposal.posted.iter().map(|(service, what)| posted(service, *what)).collect();
    let hashes = proposal.hashes();
    json!({
        "id": proposal.id,
        "wallet": safe.map(|safe| &safe.name),
        "wallet_id": proposal.safe,
        "policy_version": proposal.policy,
        "kind": proposal.kind.name(),
        "state": proposal.state_at(now).name(),
        "ended": proposal.ended,
        "source": proposal.source.name(),
        "created_by": proposal.created_by,
        "created_at": proposal.created_at.to_string(),
        "expires_at": proposal.expires_at.to_string(),
        "memo": proposal.memo,
        "nonce": proposal.tx().nonce.to_string(),
        "version": proposal.at().version.name(),
        "domain_hash": hashes.domain,
        "message_hash": hashes.message,
        "safe_tx_hash": hashes.safe_tx,
        "required": proposal.quorum.required,
        "of": proposal.quorum.of,
        "collected": proposal.approved().count(),
        "seats": seats,
        "competitors": competitors,
        "posted": posted,
        "executions": proposal.executions.iter().map(execution).collect::<Vec<_>>(),
        "warning": proposal.warning(now),
    })
}

fn seat(treasury: &Treasury, safe: Option<&Safe>, seat: &OwnerSeat) -> Value {
    let (signer, at, said) = told(&seat.state);
    json!({
        "seat": hex(seat.owner), "name": safe.and_then(|safe| safe.names.get(&seat.owner)),
        "state": seat.state.name(), "signer": signer, "at": at.map(Timestamp::to_string), "said": said,
        "owns": seat.owns, "counts": seat.counts, "hot": treasury.safes().is_hot_account(seat.owner),
        "signature": seat.confirmation().map(|confirmation| confirmation.bytes().to_string()),
        "kind": seat.confirmation().map(|confirmation| confirmation.kind.name()),
    })
}

fn posted(service: &str, what: Posted) -> Value {
    let (word, owner) = match what {
        Posted::Proposal => ("proposal", None),
        Posted::Confirmation { owner } => ("confirmation", Some(hex(owner))),
        Posted::Deletion => ("deletion", None),
    };
    json!({ "service": printable(service), "what": word, "owner": owner })
}

/// An execution for scripts.
pub fn execution(execution: &Execution) -> Value {
    let (state, by, mined) = match &execution.state {
        ExecutionState::Pending => ("pending", None, None),
        ExecutionState::Refused { .. } => ("refused", None, None),
        ExecutionState::Dropped => ("dropped", None, None),
        ExecutionState::Replaced(by) => ("replaced", Some(by), None),
        ExecutionState::Mined(mined) => ("mined", None, Some(mined)),
    };
    let (node, answer, reason) = match &execution.answer {
        None => (None, execution.raw.as_ref().map(|_| "unknown"), None),
        Some((node, Answer::Accepted, _)) => (Some(node), Some("accepted"), None),
        Some((node, Answer::Known, _)) => (Some(node), Some("known"), None),
        Some((node, Answer::Refused { reason, .. }, _)) => (Some(node), Some("refused"), Some(reason)),
    };
    let sender = execution.sender.as_ref().map(|(sender, nonce, fees)| {
        json!({
            "address": hex(*sender), "nonce": nonce, "gas_limit": fees.gas_limit,
            "max_fee_per_gas": fees.max_fee_per_gas.to_string(),
            "max_priority_fee_per_gas": fees.max_priority_fee_per_gas.to_string(),
        })
    });
    json!({
        "tx_hash": execution.tx_hash, "state": state, "sender": sender, "at": execution.at.to_string(),
        "node": node, "answer": answer, "reason": reason, "replaced_by": by,
        "mined": mined.map(|mined| {
            json!({ "height": mined.height, "block": mined.block, "outcome": mined.outcome.name() })
        }),
    })
}
