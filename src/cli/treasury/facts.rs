//! What is known when a transaction is reviewed: the journal, and what the chain last said.

use super::super::{Context, Failure};
use super::chains;
use crate::market::Timestamp;
use crate::treasury::bitcoin::finalize::finalize;
use crate::treasury::bitcoin::review::Facts;
use crate::treasury::bitcoin::review::facts::{Coin, Replaced, Rival, Tip, Used};
use crate::treasury::bitcoin::wallet::Chain;
use crate::treasury::proposal::{Proposal, ProposalId, Treasury, Vault};
use bitcoin::{Amount, FeeRate, OutPoint};
use std::collections::BTreeMap;

/// The facts for a proposal, or for a packet that may become one.
pub fn of(
    treasury: &Treasury,
    vault: &Vault,
    proposal: Option<ProposalId>,
    now: Timestamp,
    context: &Context,
) -> Result<Facts, Failure> {
    let state = chains::state(&vault.wallet, context)?;
    let holdings = state.holdings(&vault.marks());
    let mine = proposal.and_then(|id| treasury.proposal(id).ok());
    let rival = |other: &&Proposal| {
        Some(other.id) != proposal
            && other.state_at(now).is_live()
            && mine.is_none_or(|mine| mine.replaces != Some(other.id) && other.replaces != Some(mine.id))
    };
    let rivals = treasury
        .proposals()
        .filter(rival)
        .map(|other| Rival { name: other.id.short(), spends: other.coins().collect() });
    let mut facts = Facts {
        now: Some(now),
        rivals: rivals.collect(),
        // Where somebody has waived it, the journal says so, and so does what is shown of the proposal.
        armed: mine.is_none_or(|mine| !mine.unarmed).then(|| treasury.is_armed(vault)),
        replaces: replaced(treasury, mine),
        ..Facts::default()
    };
    // Without a chain nothing is known of coins, which is not the same as that there are none.
    if let Some(tip) = holdings.tip {
        // The chain's median time is at most two hours behind its blocks, so that no lock seems open before it is.
        let latest =
            holdings.movements.iter().filter_map(|moved| Some(moved.confirmed?.time)).max().unwrap_or_default();
        let median_time = u32::try_from(latest.saturating_sub(7_200)).unwrap_or_default();
        facts.tip = Some(Tip { height: tip.height, median_time });
        let used = |chain| holdings.last_used(chain);
        facts.used = Some(Used { receive: used(Chain::Receive), change: used(Chain::Change) });
        let known = holdings.coins.iter().filter_map(|coin| {
            let script = vault.wallet.script(coin.spot)?;
            let height = coin.confirmed.map(|confirmed| confirmed.height);
            let coinbase = coin.immature_until.is_some();
            let (value, frozen, label) = (coin.value, coin.frozen, coin.label.clone());
            Some((coin.outpoint, Coin { value, script, height, coinbase, frozen, label }))
        });
        let mut coins: BTreeMap<OutPoint, Coin> = known.collect();
        // What this very transaction, or the one whose place it takes, spends already is not lost to it.
        let sent = mine.filter(|mine| mine.sent.is_some()).into_iter().flat_map(|mine| mine.coins());
        for coin in sent.chain(facts.replaces.iter().flat_map(|old| old.spends.iter().copied())) {
            let output = state.transaction(coin.txid).and_then(|from| from.output.get(coin.vout as usize).cloned());
            let moved = holdings.movements.iter().find(|moved| moved.txid == coin.txid);
            if let (Some(output), Some(moved)) = (output, moved) {
                let height = moved.confirmed.map(|confirmed| confirmed.height);
                let (value, script) = (output.value, output.script_pubkey);
                coins.entry(coin).or_insert(Coin {
                    value,
                    script,
                    height,
                    coinbase: false,
                    frozen: false,
                    label: None,
                });
            }
        }
        facts.coins = Some(coins);
    }
    Ok(facts)
}

/// What is paid by the proposal whose place this one takes.
fn replaced(treasury: &Treasury, mine: Option<&Proposal>) -> Option<Replaced> {
    let other = treasury.proposal(mine?.replaces?).ok()?;
    let paid: Amount = other.unsigned().output.iter().map(|output| output.value).sum();
    let fee = (0..other.packet().psbt.inputs.len())
        .try_fold(Amount::ZERO, |sum, input| sum.checked_add(other.packet().coin(input).ok()?.output().value))?;
    let fee = fee.checked_sub(paid)?;
    let last = finalize(&other.signed(), &treasury.vault(other.wallet).ok()?.wallet).ok()?;
    let rate = FeeRate::from_sat_per_kwu(fee.to_sat().checked_mul(250)?.checked_div(last.vsize)?);
    Some(Replaced { txid: last.txid, spends: other.coins().collect(), fee, rate })
}
