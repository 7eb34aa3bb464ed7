//! What is known when a transaction is reviewed: what the journal says, and what the chain last said.

use super::record::Proposal;
use super::state::State as Standing;
use super::vault::Vault;
use super::{ProposalId, Treasury};
use crate::market::Timestamp;
use crate::treasury::bitcoin::coins::State;
use crate::treasury::bitcoin::finalize::{Final, finalize};
use crate::treasury::bitcoin::labels::About;
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Facts;
use crate::treasury::bitcoin::review::facts::{Coin, Known, Replaced, Rival, Tip, Used};
use crate::treasury::bitcoin::wallet::Chain;
use bitcoin::{FeeRate, OutPoint, ScriptBuf, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// What is known for the review of a proposal, or of a packet that may become one. Prices are the caller's to add.
///
/// `state` is what the wallet's chain last said; none where it was never asked.
pub fn facts(
    treasury: &Treasury,
    vault: &Vault,
    state: Option<&State>,
    mine: Option<&Proposal>,
    now: Timestamp,
) -> Facts {
    let related =
        |other: &Proposal| mine.is_some_and(|mine| mine.replaces == Some(other.id) || other.replaces == Some(mine.id));
    let id: Option<ProposalId> = mine.map(|mine| mine.id);
    let rivals =
        treasury.proposals().filter(|other| Some(other.id) != id && other.state_at(now).is_live() && !related(other));
    let rivals = rivals.map(|other| Rival { name: other.id.short(), spends: other.coins().collect() }).collect();
    let mut facts = Facts {
        now: Some(now),
        rivals,
        // Where somebody has waived it, the journal says so, and so does what is shown of the proposal.
        armed: mine.is_none_or(|mine| !mine.unarmed).then(|| treasury.is_armed(vault)),
        replaces: replaced(treasury, mine),
        recipients: recipients(vault),
        paid: Some(paid(treasury, vault)),
        ..Facts::default()
    };
    if let Some(state) = state {
        chain(&mut facts, vault, state, mine);
    }
    facts
}

/// What the chain said. Where it was never asked nothing is known of coins, which is not the same as that there are none.
fn chain(facts: &mut Facts, vault: &Vault, state: &State, mine: Option<&Proposal>) {
    let holdings = state.holdings(&vault.marks());
    let Some(tip) = holdings.tip else { return };
    // The chain's median time is at most two hours behind its blocks, so that no lock seems open before it is.
    let latest = holdings.movements.iter().filter_map(|moved| Some(moved.confirmed?.time)).max().unwrap_or_default();
    let median_time = u32::try_from(latest.saturating_sub(7_200)).unwrap_or_default();
    facts.tip = Some(Tip { height: tip.height, median_time });
    facts.used = Some(Used { receive: holdings.last_used(Chain::Receive), change: holdings.last_used(Chain::Change) });
    let known = holdings.coins.iter().filter_map(|coin| {
        let script = vault.wallet.script(coin.spot)?;
        let height = coin.confirmed.map(|confirmed| confirmed.height);
        let coinbase = coin.immature_until.is_some();
        let (value, frozen, label) = (coin.value, coin.frozen, coin.label.clone());
        Some((coin.outpoint, Coin { value, script, height, coinbase, frozen, label }))
    });
    let mut coins: BTreeMap<OutPoint, Coin> = known.collect();
    // What this very transaction, or the one whose place it takes, spends already is not lost to it.
    let sent = mine.filter(|mine| mine.sent.is_some()).into_iter().flat_map(Proposal::coins);
    for coin in sent.chain(facts.replaces.iter().flat_map(|old| old.spends.iter().copied())) {
        let place = usize::try_from(coin.vout).unwrap_or(usize::MAX);
        let output = state.transaction(coin.txid).and_then(|from| from.output.get(place).cloned());
        let moved = holdings.movements.iter().find(|moved| moved.txid == coin.txid);
        if let (Some(output), Some(moved)) = (output, moved) {
            let height = moved.confirmed.map(|confirmed| confirmed.height);
            let (value, script) = (output.value, output.script_pubkey);
            coins.entry(coin).or_insert(Coin { value, script, height, coinbase: false, frozen: false, label: None });
        }
    }
    facts.coins = Some(coins);
}

/// The recipients that somebody has given a name.
fn recipients(vault: &Vault) -> Vec<Known> {
    let named = vault.labels.iter().filter_map(|label| {
        let About::Address(address) = label.about() else { return None };
        let script = address.clone().require_network(vault.wallet.network()).ok()?.script_pubkey();
        Some(Known { name: label.text()?.into_owned(), script })
    });
    named.filter(|known| !known.name.is_empty()).collect()
}

/// What this wallet has paid: a proposal that got into a block.
fn paid(treasury: &Treasury, vault: &Vault) -> BTreeSet<ScriptBuf> {
    let done = treasury
        .proposals()
        .filter(|done| done.wallet == vault.wallet.id() && matches!(done.state(), Standing::Confirmed));
    done.flat_map(|done| done.unsigned().output.iter().map(|output| output.script_pubkey.clone())).collect()
}

/// What is paid by the proposal whose place this one takes.
fn replaced(treasury: &Treasury, mine: Option<&Proposal>) -> Option<Replaced> {
    let last = last(treasury, mine?)?;
    let rate = FeeRate::from_sat_per_kwu(last.fee.to_sat().checked_mul(250)?.checked_div(last.vsize)?);
    let spends = last.tx.input.iter().map(|input| input.previous_output).collect();
    Some(Replaced { txid: last.txid, spends, fee: last.fee, rate })
}

/// The transaction whose place a packet takes: where it is a proposal's that replaces another, and that was signed.
pub fn original(treasury: &Treasury, packet: &Packet) -> Option<Transaction> {
    let mine = treasury.proposals().find(|mine| *mine.unsigned() == packet.psbt.unsigned_tx)?;
    Some(last(treasury, mine)?.tx)
}

fn last(treasury: &Treasury, mine: &Proposal) -> Option<Final> {
    let other = treasury.proposal(mine.replaces?).ok()?;
    finalize(&other.signed(), &treasury.vault(other.wallet).ok()?.wallet).ok()
}
