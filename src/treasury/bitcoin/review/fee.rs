//! What the transaction costs: as much as the inputs bring beyond the outputs, by the weight that it will at most have (T8).
//!
//! - A fee that rests on a value nobody proved is told, and blocked where the value was (see [`super::previous`]).
//! - Three limits, each of which blocks alone: the fee itself, its rate, and its share of what is spent.

use super::code;
use super::facts::Facts;
use super::inputs::Input;
use super::outputs::{Output, Role};
use super::value::{btc, rate, share};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use crate::treasury::findings::Findings;
use bitcoin::{Amount, FeeRate, Psbt, TxIn, Weight};

/// The heaviest transaction that nodes pass on.
pub const HEAVIEST: Weight = Weight::from_wu(400_000);

/// The rate below which nodes pass nothing on.
const LOWEST: FeeRate = FeeRate::BROADCAST_MIN;

/// What a transaction costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fee {
    /// The fee.
    pub amount: Amount,
    /// For a unit of weight.
    pub rate: FeeRate,
    /// The most that the signed transaction will weigh.
    pub weight: Weight,
    /// What the inputs bring.
    pub spent: Amount,
}

/// Counts the fee; none when it cannot be known.
pub(super) fn count(
    psbt: &Psbt,
    wallet: &Wallet,
    facts: &Facts,
    inputs: &[Input],
    outputs: &[Output],
    findings: &mut Findings,
) -> Option<Fee> {
    let weight = weigh(psbt, wallet, inputs);
    if weight > HEAVIEST {
        findings.say(
            code::TOO_HEAVY,
            format!("it weighs {} units, and at most {} are passed on", weight.to_wu(), HEAVIEST.to_wu()),
        );
    }
    let values: Option<Vec<Amount>> = inputs.iter().map(|input| input.value).collect();
    let Some(values) = values else {
        findings.say(code::FEE_UNKNOWN, "the fee is not known: the file lacks what an input spends");
        return None;
    };
    let spent = sum(values.into_iter());
    let paid = sum(outputs.iter().map(|output| output.value));
    let (Some(spent), Some(paid)) = (spent, paid) else {
        findings.say(code::AMOUNT_RANGE, "the amounts together are more than there can ever be");
        findings.say(code::FEE_UNKNOWN, "the fee is not known: the amounts are impossible");
        return None;
    };
    let Some(amount) = spent.checked_sub(paid) else {
        findings.say(code::FEE_NEGATIVE, format!("the inputs bring {}, the outputs pay {}", btc(spent), btc(paid)));
        return None;
    };
    let fee = Fee { amount, rate: amount / weight, weight, spent };
    judge(fee, facts, outputs, findings);
    Some(fee)
}

/// A sum that is no more than there can ever be.
fn sum(mut values: impl Iterator<Item = Amount>) -> Option<Amount> {
    values.try_fold(Amount::ZERO, Amount::checked_add).filter(|sum| *sum <= Amount::MAX_MONEY)
}

/// Holds a fee against its limits.
fn judge(fee: Fee, facts: &Facts, outputs: &[Output], findings: &mut Findings) {
    let limits = facts.limits;
    if fee.amount > limits.absolute {
        let message = format!("the fee is {}, and the limit {}", btc(fee.amount), btc(limits.absolute));
        findings.say(code::FEE_ABSOLUTE, message);
    }
    if fee.rate > limits.rate {
        findings
            .say(code::FEE_RATE, format!("the rate is {} sat/vB, and the limit {}", rate(fee.rate), rate(limits.rate)));
    }
    let above = |percent: u64, of: Amount| {
        u128::from(fee.amount.to_sat()) * 100 > u128::from(of.to_sat()).saturating_mul(u128::from(percent))
    };
    let part = share(fee.amount, fee.spent).unwrap_or_default();
    let large = above(limits.percent, fee.spent);
    if large && fee.amount > limits.small {
        let message = format!("the fee is {part} of what is spent, and the limit {} %", limits.percent);
        findings.say(code::FEE_SHARE, message);
    }
    let paid = outputs.iter().filter(|output| output.role == Role::Payment).map(|output| output.value.to_sat());
    let paid = Amount::from_sat(paid.fold(0, u64::saturating_add));
    if paid > Amount::ZERO && above(10, paid) {
        let part = share(fee.amount, paid).unwrap_or_default();
        findings.say(code::FEE_HIGH, format!("the fee, {}, is {part} of what is paid", btc(fee.amount)));
    } else if large && fee.amount <= limits.small {
        findings.say(code::FEE_HIGH, format!("the fee, {}, is {part} of what is spent", btc(fee.amount)));
    }
    if fee.rate < LOWEST {
        findings.say(code::FEE_LOW, format!("{} sat/vB is less than nodes pass on", rate(fee.rate)));
    }
    if let Some(replaced) = &facts.replaces
        && (fee.amount <= replaced.fee || fee.rate <= replaced.rate)
    {
        let message = format!(
            "it replaces {}, which pays {} at {} sat/vB, and does not pay more of both",
            replaced.txid,
            btc(replaced.fee),
            rate(replaced.rate)
        );
        findings.say(code::REPLACEMENT_LOW, message);
    }
}

/// The most that the transaction weighs once it is signed.
fn weigh(psbt: &Psbt, wallet: &Wallet, inputs: &[Input]) -> Weight {
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let first = wallet.at(Spot { chain: Chain::Receive, index: 0 });
    let legacy = first.as_ref().is_some_and(|at| at.desc_type().segwit_version().is_none());
    let most = first.and_then(|at| at.max_weight_to_satisfy().ok()).unwrap_or(Weight::ZERO).to_wu();
    // The marker, and the number of each input's witnesses, which a legacy transaction has no place for.
    let frame = if legacy { 0 } else { count(inputs.len()).saturating_add(2) };
    let own = most.saturating_mul(count(inputs.iter().filter(|input| input.ours()).count()));
    let foreign = psbt.inputs.iter().zip(inputs).filter(|(_, input)| !input.ours()).map(|(map, _)| {
        let (script_sig, witness) = (map.final_script_sig.clone(), map.final_script_witness.clone());
        let bare = TxIn::default();
        let full =
            TxIn { script_sig: script_sig.unwrap_or_default(), witness: witness.unwrap_or_default(), ..bare.clone() };
        full.segwit_weight().to_wu().saturating_sub(bare.segwit_weight().to_wu())
    });
    let base = psbt.unsigned_tx.weight().to_wu();
    Weight::from_wu(base.saturating_add(frame).saturating_add(own).saturating_add(foreign.sum()))
}
