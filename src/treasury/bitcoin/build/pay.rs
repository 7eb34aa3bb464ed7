//! A payment to one or several, with what is left coming back.

use super::choose::{Loads, sources};
use super::spend::{Besides, Rest, Spend, change};
use super::{BuildError, Built, Payment, Sum, Terms};
use crate::treasury::bitcoin::coins::{Marks, State};
use bitcoin::{Amount, ScriptBuf, TxOut};

/// Pays everybody; one of them may get all that is left.
pub fn pay(state: &State, marks: &Marks, payments: &[Payment], terms: &Terms) -> Result<Built, BuildError> {
    let (mut fixed, mut all) = (Vec::new(), None);
    for (number, payment) in (1..).zip(payments) {
        check_script(number, &payment.script)?;
        match payment.sum {
            Sum::Exactly(sum) => {
                check_dust(number, sum, &payment.script)?;
                fixed.push(TxOut { value: sum, script_pubkey: payment.script.clone() });
            }
            Sum::Max if all.is_none() => all = Some(payment.script.clone()),
            Sum::Max => return Err(BuildError::Maxes),
        }
    }
    if payments.is_empty() {
        return Err(BuildError::Nobody);
    }
    let loads = Loads::of(state, terms)?;
    let sources = sources(state, marks, terms, &loads)?;
    let rest = match all {
        Some(script) => Rest::All(script),
        None => Rest::Change(change(state, &fixed)?),
    };
    Spend { state, terms, sources, fixed, rest, besides: Besides::NONE, replaces: Vec::new() }.build()
}

/// What an address stands for: every other script is a mistake, or a way to lose what is paid.
pub(super) fn check_script(number: usize, script: &ScriptBuf) -> Result<(), BuildError> {
    let usual = script.is_p2pkh() || script.is_p2sh() || script.is_witness_program();
    if usual { Ok(()) } else { Err(BuildError::Script(number)) }
}

fn check_dust(number: usize, sum: Amount, script: &ScriptBuf) -> Result<(), BuildError> {
    let least = script.minimal_non_dust();
    if sum < least { Err(BuildError::Dust { number, sum, least }) } else { Ok(()) }
}
