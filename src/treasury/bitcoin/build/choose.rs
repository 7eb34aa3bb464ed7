//! Which coins a transaction may take, and which of them it takes: BDK's branch and bound, and where no sum fits without
//! change, the largest coins first, so that there is little to sign.

use super::recovery::{self, Ripeness, ripe, soonest};
use super::weigh::Load;
use super::{BuildError, Choice, Terms};
use crate::treasury::bitcoin::coins::{Coin, Marks, State};
use crate::treasury::bitcoin::psbt::MOST_PARTS;
use crate::treasury::bitcoin::wallet::{Chain, Spot};
use bdk_wallet::bitcoin::secp256k1::rand::rngs::mock::StepRng;
use bdk_wallet::chain::ChainPosition;
use bdk_wallet::coin_selection::{
    BranchAndBoundCoinSelection, CoinSelectionAlgorithm, InsufficientFunds, LargestFirstCoinSelection,
};
use bdk_wallet::{KeychainKind, LocalOutput, Utxo, WeightedUtxo};
use bitcoin::{Amount, FeeRate, OutPoint, Script, Transaction, TxIn, TxOut, Weight};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A coin that may be spent, with what it takes to spend it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) outpoint: OutPoint,
    pub(super) spot: Spot,
    pub(super) output: TxOut,
    pub(super) previous: Arc<Transaction>,
    pub(super) load: Load,
}

impl Source {
    /// What it is worth beyond what it costs to take it.
    fn gain(&self, rate: FeeRate) -> Option<Amount> {
        self.output.value.checked_sub(rate.fee_wu(self.load.weight())?).filter(|gain| *gain > Amount::ZERO)
    }
}

/// What a coin of each row will carry when it is spent.
pub(super) struct Loads {
    receive: Load,
    change: Load,
}

impl Loads {
    pub(super) fn of(state: &State, terms: &Terms) -> Result<Self, BuildError> {
        let of = |chain| Load::of(state.wallet(), chain, terms.way);
        Ok(Self { receive: of(Chain::Receive)?, change: of(Chain::Change)? })
    }

    /// A coin with all that it takes to spend it, whether it is still there or not; none where it is not ours.
    pub(super) fn source(&self, state: &State, outpoint: OutPoint) -> Option<Source> {
        let previous = state.transaction(outpoint.txid)?;
        let output = previous.output.get(usize::try_from(outpoint.vout).ok()?)?.clone();
        let spot = state.spot(&output.script_pubkey)?;
        let load = match spot.chain {
            Chain::Receive => self.receive.clone(),
            Chain::Change => self.change.clone(),
        };
        Some(Source { outpoint, spot, output, previous, load })
    }
}

/// Coins that have to be taken, and coins that may be.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) required: Vec<Source>,
    pub(super) optional: Vec<Source>,
}

/// The coins that the terms allow. What was named has to be there and has to be free.
pub(super) fn sources(state: &State, marks: &Marks, terms: &Terms, loads: &Loads) -> Result<Sources, BuildError> {
    let coins = state.holdings(marks).coins;
    let lock = recovery::lock(state, terms.way)?;
    let next = state.checkpoint().height().saturating_add(1);
    let wait = |coin: &Coin| lock.map_or(Ripeness::Ripe, |(lock, now)| ripe(coin, lock, next, now));
    let source = |coin: &Coin| loads.source(state, coin.outpoint).ok_or(BuildError::Unknown(coin.outpoint));
    let Choice { only, never } = &terms.choice;
    if let Some(only) = only {
        let mut required = Vec::with_capacity(only.len());
        for outpoint in only {
            let coin = coins.iter().find(|coin| coin.outpoint == *outpoint);
            let coin = coin.ok_or_else(|| absent(state, *outpoint))?;
            if never.contains(outpoint) {
                return Err(BuildError::Contradiction(*outpoint));
            }
            if coin.frozen {
                return Err(BuildError::Frozen(*outpoint));
            }
            if let Some(height) = coin.immature_until {
                return Err(BuildError::Immature { coin: *outpoint, blocks: height.saturating_sub(next) });
            }
            match wait(coin) {
                Ripeness::Ripe => required.push(source(coin)?),
                wait => return Err(BuildError::Unripe { coin: *outpoint, wait }),
            }
        }
        return Ok(Sources { required, optional: Vec::new() });
    }
    let free: Vec<&Coin> = coins.iter().filter(|coin| coin.spendable() && !never.contains(&coin.outpoint)).collect();
    let (ripe, unripe): (Vec<_>, Vec<_>) =
        free.into_iter().map(|coin| (coin, wait(coin))).partition(|(_, wait)| *wait == Ripeness::Ripe);
    if ripe.is_empty()
        && let Some((coin, wait)) = soonest(unripe.into_iter(), lock.map_or(0, |(_, now)| now))
    {
        return Err(BuildError::Unripe { coin, wait });
    }
    let optional = ripe.into_iter().map(|(coin, _)| source(coin)).collect::<Result<Vec<_>, _>>()?;
    // A coin that costs more than it brings only makes the transaction dearer.
    let optional = optional.into_iter().filter(|source| source.gain(terms.rate).is_some()).collect();
    Ok(Sources { required: Vec::new(), optional })
}

/// Why a coin that was named is not there.
fn absent(state: &State, coin: OutPoint) -> BuildError {
    let spends = |transaction: &Transaction| transaction.input.iter().any(|input| input.previous_output == coin);
    let spent = state.bdk().transactions().find(|seen| spends(&seen.tx_node.tx));
    spent.map_or(BuildError::Unknown(coin), |seen| BuildError::Spent { coin, by: seen.tx_node.txid })
}

/// Takes so many coins that what they bring is the target at least; `change` is where something may come back to.
pub(super) fn choose(
    sources: &Sources,
    rate: FeeRate,
    target: Amount,
    change: &Script,
) -> Result<Vec<Source>, BuildError> {
    let weigh = |sources: &[Source]| sources.iter().map(weighted).collect::<Vec<_>>();
    let (required, optional) = (weigh(&sources.required), weigh(&sources.optional));
    let change_size = TxOut { value: Amount::ZERO, script_pubkey: change.to_owned() }.size();
    let change_size = u64::try_from(change_size).unwrap_or_default();
    let search = BranchAndBoundCoinSelection::new(change_size, LargestFirstCoinSelection);
    // The largest coins are no matter of chance, so that this number is never drawn from.
    let mut chance = StepRng::new(0, 0);
    let chosen = search.coin_select(required, optional, rate, target, change, &mut chance);
    let chosen = chosen.map_err(|InsufficientFunds { needed, available }| BuildError::Missing { needed, available })?;
    let taken: BTreeSet<OutPoint> = chosen.selected.iter().map(Utxo::outpoint).collect();
    let all = sources.required.iter().chain(&sources.optional);
    let chosen: Vec<Source> = all.filter(|source| taken.contains(&source.outpoint)).cloned().collect();
    if chosen.len() > MOST_PARTS { Err(BuildError::Inputs(chosen.len())) } else { Ok(chosen) }
}

fn weighted(source: &Source) -> WeightedUtxo {
    let all = source.load.weight();
    // BDK adds what an empty input weighs.
    let satisfaction_weight = all.checked_sub(TxIn::default().segwit_weight()).unwrap_or(Weight::ZERO);
    WeightedUtxo {
        satisfaction_weight,
        utxo: Utxo::Local(LocalOutput {
            outpoint: source.outpoint,
            txout: source.output.clone(),
            keychain: KeychainKind::External,
            is_spent: false,
            derivation_index: source.spot.index,
            chain_position: ChainPosition::Unconfirmed { first_seen: None, last_seen: None },
        }),
    }
}
