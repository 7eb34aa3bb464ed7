//! The Safe and its chain as they stand, against what the transaction takes for granted (T20, T21), and the refund (T25).

use super::amounts::Amounts;
use super::code;
use super::facts::{Facts, Queued, State};
use super::moves::Asset;
use super::targets::Looked;
use crate::market::printable;
use crate::treasury::ethereum::deployments::{Standing, standing};
use crate::treasury::ethereum::file::Note;
use crate::treasury::ethereum::{Hashes, SafeAt, SafeTx, SafeVersion};
use crate::treasury::findings::Findings;
use alloy_primitives::{Address, U256};
use std::collections::BTreeSet;

/// Whether this is the chain, and the contract, that the hash is made for.
pub(super) fn contract(looked: &Looked<'_>, facts: &Facts, state: Option<&State>, findings: &mut Findings) {
    let at = looked.at;
    if let Some(chain_id) = facts.chain_id.filter(|chain_id| *chain_id != at.chain_id) {
        let message = format!("the transaction is for chain {}, and chain {chain_id} was asked", at.chain_id);
        findings.say(code::WRONG_CHAIN, message);
    }
    if !at.version.signs_chain() {
        let message =
            format!("Safe {} signs no chain: what is signed for chain {} is valid elsewhere", at.version, at.chain_id);
        findings.say(code::REPLAY, message);
    }
    let Some(state) = state else { return };
    if state.version != at.version {
        let message = format!("the transaction is for Safe {}, and the contract is {}", at.version, state.version);
        findings.say(code::VERSION_DIFFERS, message);
    }
    let told = state.singleton.to_checksum(None);
    match standing(at.chain_id, state.singleton) {
        Some(known @ (Standing::Listed(pinned) | Standing::Unlisted(pinned)))
            if pinned.contract.is_singleton() && pinned.version == state.version =>
        {
            looked.published(state.singleton, known, findings);
        }
        _ => findings.say(code::SINGLETON_UNKNOWN, format!("it runs the code at {told}")),
    }
}

/// Its place among the Safe's transactions.
pub(super) fn nonce(tx: &SafeTx, hashes: &Hashes, queue: &[Queued], state: Option<&State>, findings: &mut Findings) {
    let others = queue.iter().filter(|other| other.hash != hashes.safe_tx);
    let mut waiting = BTreeSet::new();
    for other in others {
        // A service cannot take the warning about a gap away with something that it has made up.
        if other.vouched {
            waiting.insert(other.nonce);
        }
        if other.nonce == tx.nonce {
            let name = printable(&other.name).chars().take(64).collect::<String>();
            let signed = if other.signed { ", which you have signed" } else { "" };
            findings.say(code::NONCE_COMPETITOR, format!("{} {name}{signed} has nonce {} too", other.hash, tx.nonce));
        }
    }
    let Some(state) = state else { return };
    match tx.nonce.checked_sub(state.nonce) {
        None => {
            let message = format!("its nonce is {}, and the Safe is at {}", tx.nonce, state.nonce);
            findings.say(code::NONCE_USED, message);
        }
        Some(before) => {
            let filled = waiting.range(state.nonce..tx.nonce).count();
            let free = before.saturating_sub(U256::from(filled));
            if !free.is_zero() {
                let message = format!(
                    "its nonce is {}, the Safe is at {}, and for {free} of the nonces between nothing is known to wait",
                    tx.nonce, state.nonce
                );
                findings.say(code::NONCE_GAP, message);
            }
        }
    }
}

/// Whether the transaction has the Safe pay for gas, in whatever of the three fields it says so.
pub(super) fn refunds(tx: &SafeTx) -> bool {
    !(tx.gas_price.is_zero() && tx.gas_token.is_zero() && tx.refund_receiver.is_zero())
}

/// What the Safe would pay for gas, in words.
pub(super) fn refund(tx: &SafeTx, amounts: &Amounts<'_>) -> Option<Vec<String>> {
    if !refunds(tx) {
        return None;
    }
    let asset = if tx.gas_token.is_zero() { Asset::Coin } else { Asset::Token(tx.gas_token) };
    let gas = tx.safe_tx_gas.checked_add(tx.base_gas);
    let most = gas.and_then(|gas| gas.checked_mul(tx.gas_price));
    let how_much = match most {
        _ if tx.gas_price.is_zero() => "nothing, at a gas price of 0".to_owned(),
        Some(most) if !tx.safe_tx_gas.is_zero() => format!("up to about {}", amounts.told(asset, most)),
        _ => format!("{} for each unit of gas, without a limit", amounts.told(asset, tx.gas_price)),
    };
    let to = match tx.refund_receiver.is_zero() {
        true => "to whoever sends it".to_owned(),
        false => format!("to {}", tx.refund_receiver.to_checksum(None)),
    };
    let in_what = match asset {
        Asset::Token(token) => format!("token {}", token.to_checksum(None)),
        _ => String::new(),
    };
    Some(vec![how_much, to, in_what])
}

/// Says of a refund that there is one.
pub(super) fn check_refund(tx: &SafeTx, facts: &Facts, amounts: &Amounts<'_>, findings: &mut Findings) {
    if let Some(parts) = refund(tx, amounts) {
        let code = if facts.refund_overridden { code::REFUND_OVERRIDDEN } else { code::REFUND };
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        findings.say(code, parts.join(" "));
    }
}

/// What whoever read the file noticed. Addresses without a checksum are told in the rows.
pub(super) fn notes(facts: &Facts, findings: &mut Findings) {
    for note in &facts.notes {
        match note {
            Note::Unknown(field) => findings.say(code::UNKNOWN_FIELDS, format!("{field}: nobody signs it")),
            Note::Prefix(prefix) => findings.say(
                code::UNKNOWN_FIELDS,
                format!("{prefix}: before the Safe's address, and no chain is known by that name"),
            ),
            Note::Unchecked(..) => {}
        }
    }
}

/// `eth:0x…` where the chain has a short name, and the version.
pub(super) fn named(at: &SafeAt) -> [String; 3] {
    let short = crate::treasury::ethereum::address::short_name(at.chain_id);
    let chain =
        short.map_or_else(|| format!("chain {}", at.chain_id), |short| format!("{short}, chain {}", at.chain_id));
    [at.safe.to_checksum(None), chain, format!("Safe {}", at.version)]
}

/// Whether a nonce is used up without an effect: what takes the place of a transaction that is not wanted.
pub(in crate::treasury) fn rejects(at: &SafeAt, tx: &SafeTx) -> bool {
    tx.to == at.safe && tx.value.is_zero() && tx.data.is_empty() && tx.operation.number() == 0
}

/// The zero address as people read it.
pub(super) fn or_none(address: Address) -> String {
    if address.is_zero() { "none".to_owned() } else { address.to_checksum(None) }
}

/// Whether the contract of a version knows guards at all.
pub(super) fn has_guards(version: SafeVersion) -> bool {
    version >= SafeVersion::V1_3_0
}
