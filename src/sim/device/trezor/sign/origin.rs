//! Where the coins come from: previous transactions, piece by piece.

use super::{Ask, MOST, Signing};
use crate::sim::device::trezor::failure::Failed;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, TxIn, TxOut, Txid, Witness, absolute, transaction};
use trezor_client::protos::tx_ack::TransactionType;

impl Signing {
    /// One piece of a previous transaction.
    pub(super) fn previous(&mut self, mut told: TransactionType) -> Result<(), Failed> {
        let missing = || Failed::data("Missing or unexpected piece of a previous transaction");
        let previous = self.previous.as_mut().ok_or_else(missing)?;
        let transaction = &mut previous.transaction;
        match self.ask {
            Ask::PreviousHead => {
                let (inputs, outputs) = (told.inputs_cnt(), told.outputs_cnt());
                let wanted =
                    (1..=MOST).contains(&inputs) && (1..=MOST).contains(&outputs) && told.extra_data_len() == 0;
                if !wanted {
                    return Err(missing());
                }
                transaction.version = transaction::Version(told.version().cast_signed());
                transaction.lock_time = absolute::LockTime::from_consensus(told.lock_time());
                previous.inputs = usize::try_from(inputs).unwrap_or_default();
                previous.outputs = usize::try_from(outputs).unwrap_or_default();
                self.ask = Ask::PreviousInput(0);
            }
            Ask::PreviousInput(at) => {
                let input = told.inputs.pop().ok_or_else(missing)?;
                let mut txid = <[u8; 32]>::try_from(input.prev_hash()).map_err(|_| missing())?;
                txid.reverse();
                transaction.input.push(TxIn {
                    previous_output: OutPoint { txid: Txid::from_byte_array(txid), vout: input.prev_index() },
                    script_sig: ScriptBuf::from_bytes(input.script_sig().to_vec()),
                    sequence: Sequence(input.sequence()),
                    witness: Witness::new(),
                });
                self.ask = if at + 1 < previous.inputs { Ask::PreviousInput(at + 1) } else { Ask::PreviousOutput(0) };
            }
            Ask::PreviousOutput(at) => {
                let output = told.bin_outputs.pop().ok_or_else(missing)?;
                let script_pubkey = ScriptBuf::from_bytes(output.script_pubkey().to_vec());
                transaction.output.push(TxOut { value: Amount::from_sat(output.amount()), script_pubkey });
                if at + 1 < previous.outputs {
                    self.ask = Ask::PreviousOutput(at + 1);
                } else {
                    self.proved()?;
                }
            }
            _ => return Err(missing()),
        }
        Ok(())
    }

    /// Holds a previous transaction that is complete against the input that names it.
    pub(super) fn proved(&mut self) -> Result<(), Failed> {
        let wrong = |text| Failed::process(self.model, text);
        let previous = self.previous.take().ok_or_else(|| self.changed())?;
        let input = self.inputs.get(previous.of).ok_or_else(|| self.changed())?;
        if previous.transaction.compute_txid() != input.txid {
            return Err(wrong("Encountered invalid prevhash"));
        }
        let output = usize::try_from(input.told.prev_index()).ok().and_then(|at| previous.transaction.output.get(at));
        let output = output.ok_or_else(|| wrong("Not enough outputs in previous transaction."))?;
        if output.value != input.amount {
            return Err(Failed::data("Invalid amount specified"));
        }
        if output.script_pubkey != input.payment.script {
            return Err(Failed::data("Input does not match scriptPubKey"));
        }
        if previous.of + 1 < self.count.0 {
            self.ask = Ask::Again(previous.of + 1);
        } else {
            self.begin_serial();
        }
        Ok(())
    }
}
