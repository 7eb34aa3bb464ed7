//! A replacement of our own transaction that pays more (BIP-125).
//!
//! - Recipients stay as they are: only what comes back to us shrinks, or coins are added. What is added is confirmed.
//! - It pays more than everything that it pushes out, by 1 sat/vB for its own size at least, and more for its size than
//!   what it replaces; a rate that does not come to that is refused with the one that does.
//!
//! <https://github.com/bitcoin/bips/blob/master/bip-0125.mediawiki>

use super::choose::{Loads, Source, Sources, sources};
use super::spend::{self, Besides, Rest, Spend, add, change};
use super::{BuildError, Built, Choice, Terms, waiting};
use crate::treasury::bitcoin::coins::{Marks, State};
use crate::treasury::bitcoin::wallet::Chain;
use bitcoin::{Amount, FeeRate, Transaction, TxOut, Txid};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most transactions that nodes let one replacement push out (BIP-125, rule 5).
const CROWD: usize = 100;

/// The same payment, at another rate. By a recovery, the terms have to name it again.
pub fn bump(state: &State, marks: &Marks, txid: Txid, terms: &Terms) -> Result<Built, BuildError> {
    let original = Original::of(state, marks, txid, terms)?;
    let place = own(state, &original.transaction);
    let mut fixed = original.transaction.output.clone();
    let own = place.filter(|place| *place < fixed.len()).map(|place| fixed.remove(place));
    let spot = match own {
        Some(output) => state.spot(&output.script_pubkey).ok_or(BuildError::Wrong("its change is not ours"))?,
        None => change(state, &fixed)?,
    };
    original.replace(state, marks, terms, fixed, Rest::Change(spot))
}

/// Which output may shrink: the change; where everything is ours, the largest.
fn own(state: &State, transaction: &Transaction) -> Option<usize> {
    let spot = |output: &TxOut| state.spot(&output.script_pubkey);
    let outputs = || transaction.output.iter().enumerate();
    let change = |output: &TxOut| spot(output).is_some_and(|spot| spot.chain == Chain::Change);
    let largest = |outputs: &mut dyn Iterator<Item = (usize, &TxOut)>| {
        outputs.max_by_key(|(_, output)| output.value).map(|(place, _)| place)
    };
    let back = largest(&mut outputs().filter(|(_, output)| change(output)));
    let all = outputs().all(|(_, output)| spot(output).is_some());
    back.or_else(|| if all { largest(&mut outputs()) } else { None })
}

/// A transaction of ours that waits and may be replaced.
pub(super) struct Original {
    transaction: Arc<Transaction>,
    loads: Loads,
    coins: Vec<Source>,
    /// It, and what spends from it.
    replaced: Vec<Txid>,
    /// What they all pay.
    fees: Amount,
    /// What it pays for its size.
    rate: FeeRate,
}

impl Original {
    pub(super) fn of(state: &State, marks: &Marks, txid: Txid, terms: &Terms) -> Result<Self, BuildError> {
        let transaction = waiting::one(state, txid)?;
        let loads = Loads::of(state, terms)?;
        let spent = transaction.input.iter().map(|input| input.previous_output);
        let coins = spent.map(|coin| loads.source(state, coin).ok_or(BuildError::Foreign { txid, coin }));
        let coins = coins.collect::<Result<Vec<_>, _>>()?;
        if let Some(frozen) = coins.iter().find(|coin| marks.frozen.contains(&coin.outpoint)) {
            return Err(BuildError::Frozen(frozen.outpoint));
        }
        if let Some(coin) = coins.iter().find(|coin| terms.choice.never.contains(&coin.outpoint)) {
            return Err(BuildError::Contradiction(coin.outpoint));
        }
        if !transaction.input.iter().any(|input| input.sequence.is_rbf()) {
            return Err(BuildError::Final(txid));
        }
        let below = waiting::below(state, txid);
        let replaced: Vec<Txid> = std::iter::once(txid).chain(below).collect();
        if replaced.len() > CROWD {
            return Err(BuildError::Crowd(replaced.len()));
        }
        let mut fees = Amount::ZERO;
        for txid in &replaced {
            let pushed_out = state.transaction(*txid).ok_or(BuildError::FeeUnknown(*txid))?;
            fees = add(fees, waiting::fee(state, &pushed_out)?)?;
        }
        let rate = waiting::rate(waiting::fee(state, &transaction)?, transaction.weight());
        Ok(Self { transaction, loads, coins, replaced, fees, rate })
    }

    /// What takes its place.
    pub(super) fn replace(
        self,
        state: &State,
        marks: &Marks,
        terms: &Terms,
        fixed: Vec<TxOut>,
        rest: Rest,
    ) -> Result<Built, BuildError> {
        let more = match &rest {
            Rest::All(_) => Sources::default(),
            Rest::Change(_) => self.more(state, marks, terms)?,
        };
        let required = self.coins.into_iter().chain(more.required).collect();
        let sources = Sources { required, optional: more.optional };
        let besides = Besides { replaced: Some(self.fees), ..Besides::NONE };
        let built = Spend { state, terms, sources, fixed, rest, besides, replaces: self.replaced }.build()?;
        // What the rate alone would pay: whoever asks for less than it takes is told, and not charged more in silence.
        let asked = terms.rate.fee_wu(built.weight).unwrap_or(Amount::MAX_MONEY);
        let floor = spend::fee(FeeRate::ZERO, built.weight, &besides);
        if asked < floor || terms.rate <= self.rate {
            let above = FeeRate::from_sat_per_kwu(self.rate.to_sat_per_kwu().saturating_add(1));
            let rate = waiting::least_rate(floor, built.weight).max(above);
            let least = rate.fee_wu(built.weight).unwrap_or(Amount::MAX_MONEY);
            return Err(BuildError::Increment { fee: asked, least, rate });
        }
        Ok(built)
    }

    /// Coins that may be added: confirmed ones, as the terms allow, that the original does not spend.
    fn more(&self, state: &State, marks: &Marks, terms: &Terms) -> Result<Sources, BuildError> {
        let spent: BTreeSet<_> = self.coins.iter().map(|coin| coin.outpoint).collect();
        let only = terms.choice.only.as_ref().map(|only| only.difference(&spent).copied().collect());
        let named = only.is_some();
        let choice = Choice { only, ..terms.choice.clone() };
        let mut found = match sources(state, marks, &Terms { choice, ..terms.clone() }, &self.loads) {
            // What the original spends may suffice.
            Err(BuildError::Unripe { .. }) if !named => Sources::default(),
            found => found?,
        };
        let waiting = waiting::all(state);
        let waits = |source: &Source| waiting.contains_key(&source.outpoint.txid);
        if let Some(source) = found.required.iter().find(|source| waits(source)) {
            return Err(BuildError::Waits(source.outpoint));
        }
        found.optional.retain(|source| !waits(source));
        Ok(found)
    }
}
