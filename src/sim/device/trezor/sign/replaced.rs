//! What a transaction takes the place of: asked for piece by piece, proved by its id and its signatures, and shown by its fee.
//!
//! - Every coin of it comes again in its order, every payment unchanged and in its order; only change may come, go and differ.
//! - Not simulated: several originals, payments that become less.
//!
//! After the firmware's source, and not held against a recording: there is none.

use super::{Ask, Next, Output, Signing};
use crate::sim::device::script::coins;
use crate::sim::device::seed::Keys;
use crate::sim::device::trezor::dialog::{Dialog, Shown};
use crate::sim::device::trezor::failure::Failed;
use bitcoin::consensus::{deserialize, serialize};
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute, transaction};
use bitcoinconsensus::{Utxo, VERIFY_ALL_PRE_TAPROOT, VERIFY_TAPROOT, verify_with_flags};
use trezor_client::protos::tx_ack::TransactionType;

/// The longest witness of an original that a One takes.
const LONGEST_WITNESS_ONE: usize = 109;

/// An original on its way.
pub(super) struct Original {
    pub hash: Vec<u8>,
    count: (usize, usize),
    transaction: Transaction,
    spent: Vec<TxOut>,
    back: Amount,
    /// The output that its own original is asked for.
    waits: Option<Output>,
}

impl Signing {
    /// What to ask after an input has come.
    pub(super) fn after_input(&mut self, at: usize) -> Result<Ask, Failed> {
        let input = self.inputs.get(at).ok_or_else(|| self.changed())?;
        if let Some(hash) = &input.told.orig_hash {
            let Some(original) = &self.original else {
                let transaction = Transaction {
                    version: transaction::Version(0),
                    lock_time: absolute::LockTime::ZERO,
                    input: Vec::new(),
                    output: Vec::new(),
                };
                let (hash, back) = (hash.clone(), Amount::ZERO);
                let original = Original { hash, count: (0, 0), transaction, spent: Vec::new(), back, waits: None };
                self.original = Some(original);
                return Ok(Ask::OriginalHead);
            };
            if original.hash != *hash {
                return Err(Failed::data("Several originals are not simulated"));
            }
            return Ok(Ask::OriginalInput(original.transaction.input.len()));
        }
        self.next_input()
    }

    fn next_input(&self) -> Result<Ask, Failed> {
        if self.inputs.len() < self.count.0 {
            return Ok(Ask::Input(self.inputs.len()));
        }
        match &self.original {
            Some(original) if original.transaction.input.len() != original.count.0 => {
                Err(Failed::process(self.model, "Removal of original inputs is not supported."))
            }
            _ => Ok(Ask::Output(0)),
        }
    }

    /// One piece of the original.
    pub(super) fn original_piece(&mut self, mut told: TransactionType, keys: &Keys) -> Result<Option<Next>, Failed> {
        let model = self.model;
        let wrong = |text| Failed::process(model, text);
        let missing = || Failed::data("Missing or unexpected piece of an original transaction");
        let original = self.original.as_mut().ok_or_else(missing)?;
        match self.ask {
            Ask::OriginalHead => {
                let count = |count| usize::try_from(count).ok().filter(|count| (1..=1000).contains(count));
                original.count = count(told.inputs_cnt()).zip(count(told.outputs_cnt())).ok_or_else(missing)?;
                original.transaction.version = transaction::Version(told.version().cast_signed());
                original.transaction.lock_time = absolute::LockTime::from_consensus(told.lock_time());
                self.ask = Ask::OriginalInput(0);
            }
            Ask::OriginalInput(at) => {
                let new = self.inputs.last().ok_or_else(missing)?;
                let told = told.inputs.pop().ok_or_else(missing)?;
                if new.told.orig_index.and_then(|index| usize::try_from(index).ok()) != Some(at) {
                    return Err(wrong("Rearranging of original inputs is not supported."));
                }
                let same = told.prev_hash() == new.told.prev_hash()
                    && (told.prev_index(), told.amount, told.script_type())
                        == (new.told.prev_index(), new.told.amount, new.told.script_type());
                if !same {
                    return Err(wrong("Original input does not match current input."));
                }
                if self.model == super::TrezorModel::One && told.witness().len() > LONGEST_WITNESS_ONE {
                    return Err(Failed::data("bytes overflow"));
                }
                let witness: Witness = match told.witness() {
                    [] => Witness::new(),
                    bytes => deserialize(bytes).map_err(|_| Failed::data("Invalid witness"))?,
                };
                original.transaction.input.push(TxIn {
                    previous_output: OutPoint { txid: new.txid, vout: told.prev_index() },
                    script_sig: ScriptBuf::from_bytes(told.script_sig().to_vec()),
                    sequence: Sequence(told.sequence()),
                    witness,
                });
                original.spent.push(TxOut { value: new.amount, script_pubkey: new.payment.script.clone() });
                self.ask = self.next_input()?;
            }
            Ask::OriginalOutput(at) => {
                let old = self.output(told.outputs.pop().ok_or_else(missing)?, keys)?;
                return self.original_output(at, old);
            }
            _ => return Err(missing()),
        }
        Ok(None)
    }

    fn original_output(&mut self, at: usize, old: Output) -> Result<Option<Next>, Failed> {
        let model = self.model;
        let wrong = |text| Failed::process(model, text);
        let original = self.original.as_mut().ok_or_else(|| wrong("Unknown original transaction."))?;
        original.transaction.output.push(old.paid.clone());
        if old.change {
            original.back = original.back.checked_add(old.paid.value).ok_or_else(|| wrong("Invalid amount"))?;
        }
        let waits = original
            .waits
            .take_if(|waits| waits.told.orig_index.and_then(|index| usize::try_from(index).ok()) == Some(at));
        match waits {
            Some(new) => {
                if new.paid.script_pubkey != old.paid.script_pubkey {
                    return Err(wrong("Not an original output."));
                }
                if new.change && !old.change {
                    return Err(wrong("Original output is missing change-output parameters."));
                }
                if !old.change && new.paid.value != old.paid.value {
                    return Err(wrong("Changing original output amounts is not simulated."));
                }
                self.after_output(new, false)
            }
            None if !old.change => Err(wrong("Removal of original external outputs is not supported.")),
            None if original.transaction.output.len() < original.count.1 => {
                self.ask = Ask::OriginalOutput(at.saturating_add(1));
                Ok(None)
            }
            None => self.outputs_end(Vec::new()),
        }
    }

    /// Takes an output in; one that is of the original has to be held against it first.
    pub(super) fn take_output(&mut self, output: Output) -> Result<Option<Next>, Failed> {
        let Some(hash) = &output.told.orig_hash else {
            let shown = !output.change;
            return self.after_output(output, shown);
        };
        let model = self.model;
        let unknown = || Failed::process(model, "Unknown original transaction.");
        let original = self.original.as_mut().filter(|original| original.hash == *hash).ok_or_else(unknown)?;
        let next = original.transaction.output.len();
        let index = output.told.orig_index.and_then(|index| usize::try_from(index).ok());
        if !index.is_some_and(|index| (next..original.count.1).contains(&index)) {
            return Err(Failed::process(model, "Rearranging of original outputs is not supported."));
        }
        original.waits = Some(output);
        self.ask = Ask::OriginalOutput(next);
        Ok(None)
    }

    fn after_output(&mut self, output: Output, shown: bool) -> Result<Option<Next>, Failed> {
        let dialogs = if shown { self.pays(&output)? } else { Vec::new() };
        self.outputs.push(output);
        if self.outputs.len() < self.count.1 {
            self.ask = Ask::Output(self.outputs.len());
            return Ok((!dialogs.is_empty()).then_some(Next::Dialogs(dialogs)));
        }
        self.outputs_end(dialogs)
    }

    /// After the last output: what is left of the original, then the totals.
    fn outputs_end(&mut self, mut dialogs: Vec<Dialog>) -> Result<Option<Next>, Failed> {
        if let Some(original) = &self.original {
            let got = original.transaction.output.len();
            if got < original.count.1 {
                self.ask = Ask::OriginalOutput(got);
                return Ok((!dialogs.is_empty()).then_some(Next::Dialogs(dialogs)));
            }
            dialogs.extend(self.difference(original)?);
        } else {
            dialogs.extend(self.totals()?);
        }
        self.after_totals();
        Ok(Some(Next::Dialogs(dialogs)))
    }

    /// What is different, of an original that is what it is called and was signed.
    fn difference(&self, original: &Original) -> Result<Vec<Dialog>, Failed> {
        let wrong = |text| Failed::process(self.model, text);
        let mut hash = original.hash.clone();
        hash.reverse();
        if serialize(&original.transaction.compute_txid()) != hash {
            return Err(wrong("Invalid original TXID."));
        }
        if !is_signed(original) {
            return Err(Failed::data("Invalid signature."));
        }
        let sum = |amounts: Vec<Amount>| {
            let mut amounts = amounts.into_iter();
            amounts.try_fold(Amount::ZERO, Amount::checked_add).ok_or_else(|| wrong("Invalid amount"))
        };
        let less = |from: Amount, what| from.checked_sub(what).ok_or_else(Failed::not_enough);
        let came = sum(original.spent.iter().map(|spent| spent.value).collect())?;
        let went = sum(original.transaction.output.iter().map(|output| output.value).collect())?;
        let come = sum(self.inputs.iter().map(|input| input.amount).collect())?;
        let go = sum(self.outputs.iter().map(|output| output.paid.value).collect())?;
        let paid = sum(self.outputs.iter().filter(|output| !output.change).map(|output| output.paid.value).collect())?;
        let (old, fee) = (less(came, went)?, less(come, go)?);
        if paid > less(went, original.back)? {
            return Err(wrong("Invalid replacement transaction."));
        }
        let unit = self.coin.unit;
        let change = match (fee.checked_sub(old), old.checked_sub(fee)) {
            (Some(more), _) => format!("Increase fee by: {}", coins(more, unit)),
            (_, Some(less)) => format!("Decrease fee by: {}", coins(less, unit)),
            _ => String::new(),
        };
        let txid = original.transaction.compute_txid().to_string();
        Ok(vec![
            Dialog::new(Shown::Replaced, "Update transaction", format!("Transaction ID: {txid}")),
            Dialog::new(Shown::Difference, "Modify fee", format!("{change} Transaction fee: {}", coins(fee, unit))),
        ])
    }
}

/// Whether a transaction's signatures are those that its coins ask for.
fn is_signed(original: &Original) -> bool {
    let bytes = serialize(&original.transaction);
    let spent: Option<Vec<Utxo>> = original.spent.iter().map(utxo).collect();
    let Some(spent) = spent else { return false };
    let flags = VERIFY_ALL_PRE_TAPROOT | VERIFY_TAPROOT;
    original.spent.iter().enumerate().all(|(at, coin)| {
        let (script, value) = (coin.script_pubkey.as_bytes(), coin.value.to_sat());
        verify_with_flags(script, value, &bytes, Some(&spent), at, flags).is_ok()
    })
}

fn utxo(coin: &TxOut) -> Option<Utxo> {
    Some(Utxo {
        script_pubkey: coin.script_pubkey.as_bytes().as_ptr(),
        script_pubkey_len: u32::try_from(coin.script_pubkey.len()).ok()?,
        value: i64::try_from(coin.value.to_sat()).ok()?,
    })
}
