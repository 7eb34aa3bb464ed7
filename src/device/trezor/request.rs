//! The answers to what a Trezor asks for while it signs a transaction.

use super::path;
use super::sheet::{Paid, Sheet};
use crate::device::DeviceError;
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, Transaction, Txid};
use trezor_client::protos::tx_ack::TransactionType;
use trezor_client::protos::tx_ack::transaction_type::{TxInputType, TxOutputBinType, TxOutputType};
use trezor_client::protos::tx_request::{RequestType, TxRequestDetailsType};
use trezor_client::protos::{OutputScriptType, SignTx, TxAck, TxRequest};

impl Sheet<'_> {
    /// How it begins.
    pub fn begin(&self) -> SignTx {
        let mut begin = SignTx::new();
        begin.set_inputs_count(count(self.inputs.len()));
        begin.set_outputs_count(count(self.outputs.len()));
        begin.set_coin_name(path::coin(self.network).to_owned());
        begin.set_version(self.transaction.version.0.cast_unsigned());
        begin.set_lock_time(self.transaction.lock_time.to_consensus_u32());
        begin
    }

    /// More than a device asks for in the worst case: old multisig inputs, each of which is signed over all others.
    pub fn most_requests(&self) -> usize {
        let parts = self.inputs.len().saturating_add(self.outputs.len()).saturating_add(4);
        let previous = self.previous.values().map(|spent| spent.input.len().saturating_add(spent.output.len()));
        let previous: usize = previous.fold(0, |sum, parts| sum.saturating_add(parts).saturating_add(1));
        let original = self.replaced().map_or(0, |of| of.input.len().saturating_add(of.output.len()).saturating_mul(4));
        let each = previous.saturating_mul(self.inputs.len()).saturating_mul(2);
        parts.saturating_mul(parts).saturating_mul(4).saturating_add(each).saturating_add(original)
    }

    /// What is asked for; none when it is finished.
    pub fn answer(&self, seat: usize, request: &TxRequest) -> Result<Option<TxAck>, DeviceError> {
        let odd = || DeviceError::Garbled("it asks for a part of a transaction that there is not".to_owned());
        let details = &request.details;
        let place = usize::try_from(details.request_index()).map_err(|_| odd())?;
        let kind = request.request_type.and_then(|kind| kind.enum_value().ok()).ok_or_else(odd)?;
        let mut part = TransactionType::new();
        if kind == RequestType::TXFINISHED {
            return Ok(None);
        }
        if details.has_tx_hash() {
            let spent = self.spent(seat, details)?;
            match kind {
                RequestType::TXORIGINPUT => part.inputs.push(self.old_own_input(seat, spent, place).ok_or_else(odd)?),
                RequestType::TXORIGOUTPUT => {
                    part.outputs.push(self.old_own_output(seat, spent, place).ok_or_else(odd)?);
                }
                RequestType::TXMETA => {
                    part.set_version(spent.version.0.cast_unsigned());
                    part.set_lock_time(spent.lock_time.to_consensus_u32());
                    part.set_inputs_cnt(count(spent.input.len()));
                    part.set_outputs_cnt(count(spent.output.len()));
                }
                RequestType::TXINPUT => part.inputs.push(old_input(spent, place).ok_or_else(odd)?),
                RequestType::TXOUTPUT => part.bin_outputs.push(old_output(spent, place).ok_or_else(odd)?),
                _ => return Err(odd()),
            }
        } else {
            match kind {
                RequestType::TXINPUT => part.inputs.push(self.input(seat, place).ok_or_else(odd)?),
                RequestType::TXOUTPUT => part.outputs.push(self.output(seat, place).ok_or_else(odd)?),
                _ => return Err(odd()),
            }
        }
        Ok(Some(TxAck { tx: Some(part).into(), ..Default::default() }))
    }

    fn spent(&self, seat: usize, details: &TxRequestDetailsType) -> Result<&Transaction, DeviceError> {
        let mut hash = details.tx_hash().to_vec();
        hash.reverse();
        let txid = Txid::from_slice(&hash);
        let txid = txid.map_err(|_| DeviceError::Garbled("it asks for a transaction by no hash".to_owned()))?;
        let original = self.original(seat).filter(|original| original.txid == txid);
        let spent = original.map(|original| original.transaction).or_else(|| self.previous.get(&txid).copied());
        spent.ok_or_else(|| DeviceError::Incomplete(format!("the previous transaction {txid}")))
    }

    fn input(&self, seat: usize, place: usize) -> Option<TxInputType> {
        let (own, spends) = (self.inputs.get(place)?, self.transaction.input.get(place)?);
        let mut input = TxInputType { address_n: self.shape.path(seat, own.spot)?, ..Default::default() };
        input.set_prev_hash(hash(spends.previous_output.txid));
        input.set_prev_index(spends.previous_output.vout);
        input.set_sequence(spends.sequence.to_consensus_u32());
        input.set_script_type(self.shape.input);
        input.set_amount(own.value.to_sat());
        input.multisig = self.input_multisig(seat, place).into();
        if let Some((original, of)) = self.original(seat).and_then(|original| Some((original, original.input(place)?)))
        {
            input.set_orig_hash(hash(original.txid));
            input.set_orig_index(count(of));
        }
        Some(input)
    }

    /// An input of what is replaced, as it was signed.
    fn old_own_input(&self, seat: usize, of: &Transaction, place: usize) -> Option<TxInputType> {
        let original = self.original(seat).filter(|original| std::ptr::eq(original.transaction, of))?;
        let (own, spends) = (self.inputs.get(*original.inputs.get(place)?)?, of.input.get(place)?);
        let mut input = old_input(of, place)?;
        input.script_sig = Some(spends.script_sig.to_bytes()).filter(|script| !script.is_empty());
        input.witness = Some(&spends.witness).filter(|witness| !witness.is_empty()).map(serialize);
        input.address_n = self.shape.path(seat, own.spot)?;
        input.set_script_type(self.shape.input);
        input.set_amount(own.value.to_sat());
        input.multisig = self.multisig(own.spot).into();
        Some(input)
    }

    /// An output of what is replaced.
    fn old_own_output(&self, seat: usize, of: &Transaction, place: usize) -> Option<TxOutputType> {
        let original = self.original(seat).filter(|original| std::ptr::eq(original.transaction, of))?;
        self.paid(seat, original.paid.get(place)?, of.output.get(place)?.value)
    }

    fn output(&self, seat: usize, place: usize) -> Option<TxOutputType> {
        let value = self.transaction.output.get(place)?.value;
        let mut output = self.paid(seat, self.outputs.get(place)?, value)?;
        if let Some((original, of)) = self.original(seat).and_then(|original| Some((original, original.output(place)?)))
        {
            output.set_orig_hash(hash(original.txid));
            output.set_orig_index(count(of));
        }
        Some(output)
    }

    /// An output that pays so much.
    fn paid(&self, seat: usize, paid: &Paid, value: Amount) -> Option<TxOutputType> {
        let mut output = TxOutputType::new();
        output.set_amount(value.to_sat());
        match paid {
            Paid::Own(spot) => {
                output.address_n = self.shape.path(seat, *spot)?;
                output.set_script_type(self.shape.output);
                output.multisig = self.multisig(*spot).into();
            }
            Paid::Address(address) => {
                output.set_script_type(OutputScriptType::PAYTOADDRESS);
                output.set_address(address.clone());
            }
            Paid::Data(data) => {
                output.set_script_type(OutputScriptType::PAYTOOPRETURN);
                output.set_op_return_data(data.clone());
            }
        }
        Some(output)
    }
}

fn old_input(spent: &Transaction, place: usize) -> Option<TxInputType> {
    let spends = spent.input.get(place)?;
    let mut input = TxInputType::new();
    input.set_prev_hash(hash(spends.previous_output.txid));
    input.set_prev_index(spends.previous_output.vout);
    input.set_script_sig(spends.script_sig.to_bytes());
    input.set_sequence(spends.sequence.to_consensus_u32());
    Some(input)
}

fn old_output(spent: &Transaction, place: usize) -> Option<TxOutputBinType> {
    let paid = spent.output.get(place)?;
    let mut output = TxOutputBinType::new();
    output.set_amount(paid.value.to_sat());
    output.set_script_pubkey(paid.script_pubkey.to_bytes());
    Some(output)
}

/// A transaction's id as the wire has it: the other way round than in transactions.
fn hash(txid: Txid) -> Vec<u8> {
    let mut bytes = txid.to_byte_array().to_vec();
    bytes.reverse();
    bytes
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
