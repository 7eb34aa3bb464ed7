//! Inputs and outputs as they come: what they are, and what of them is shown.

use super::{Input, Output, SILENT_CHANGE, Signing};
use crate::sim::device::script::{HARDENED, coins, payee};
use crate::sim::device::seed::Keys;
use crate::sim::device::trezor::coin::{Kind, allowed, fitting};
use crate::sim::device::trezor::dialog::{Dialog, Shown};
use crate::sim::device::trezor::failure::Failed;
use crate::sim::device::trezor::payment::{Payment, common};
use bitcoin::hashes::Hash;
use bitcoin::{Address, Amount, TxOut, Txid, absolute, opcodes, script};
use trezor_client::protos::OutputScriptType;
use trezor_client::protos::tx_ack::transaction_type::{TxInputType, TxOutputType};

impl Signing {
    pub(super) fn input(&self, told: TxInputType, keys: &Keys) -> Result<(Input, Option<Dialog>), Failed> {
        let kind = Kind::of_input(told.script_type()).filter(|kind| *kind != Kind::Legacy);
        let kind = kind.ok_or_else(|| Failed::data("Inputs of this type are not simulated"))?;
        let path = told.address_n.as_slice();
        if !allowed(path, self.coin) {
            return Err(Failed::forbidden_path());
        }
        let payment = Payment::at(path, kind, told.multisig.as_ref(), keys)?;
        let amount = told.amount.ok_or_else(|| Failed::data("Segwit input without amount"))?;
        let txid = <[u8; 32]>::try_from(told.prev_hash()).map(|mut bytes| {
            bytes.reverse();
            Txid::from_byte_array(bytes)
        });
        let txid = txid.map_err(|_| Failed::data("Provided prev_hash is invalid"))?;
        let fits = fitting(path, self.coin, kind, payment.several.is_some());
        let warning = (!fits).then(|| Dialog::path(self.model, path));
        Ok((Input { told, kind, payment, txid, amount: Amount::from_sat(amount) }, warning))
    }

    pub(super) fn output(&self, told: TxOutputType, keys: &Keys) -> Result<Output, Failed> {
        let value = Amount::from_sat(told.amount.ok_or_else(|| Failed::data("Missing amount field."))?);
        let mut change = false;
        let script = match (told.script_type(), told.address.as_deref(), told.address_n.as_slice()) {
            (_, Some(_), [_, ..]) => return Err(Failed::data("Both address and address_n provided.")),
            (OutputScriptType::PAYTOOPRETURN, None, []) => {
                let data = told.op_return_data();
                if value != Amount::ZERO || data.len() > 80 {
                    return Err(Failed::data("OP_RETURN output with wrong value or data"));
                }
                let data = <&script::PushBytes>::try_from(data).map_err(|_| Failed::data("OP_RETURN data too long"))?;
                script::Builder::new().push_opcode(opcodes::all::OP_RETURN).push_slice(data).into_script()
            }
            (OutputScriptType::PAYTOADDRESS, Some(address), []) => {
                let address = address
                    .parse::<Address<_>>()
                    .ok()
                    .and_then(|address| address.require_network(self.coin.network).ok());
                address.ok_or_else(|| Failed::data("Invalid address"))?.script_pubkey()
            }
            (kind, None, path @ [_, ..]) => {
                let kind = Kind::of_output(kind).ok_or_else(|| Failed::data("Invalid script type"))?;
                if !allowed(path, self.coin) {
                    return Err(Failed::forbidden_path());
                }
                let payment = Payment::at(path, kind, told.multisig.as_ref(), keys)?;
                change = self.is_change(path, kind, &payment);
                payment.script
            }
            _ => return Err(Failed::data("Output without an address")),
        };
        if told.multisig.is_some() && told.address_n.is_empty() {
            return Err(Failed::data("Multisig field provided but not expected."));
        }
        change &= value > Amount::ZERO;
        Ok(Output { paid: TxOut { value, script_pubkey: script }, told, change })
    }

    /// Whether a payment goes back to where every input comes from.
    pub(super) fn is_change(&self, path: &[u32], kind: Kind, payment: &Payment) -> bool {
        let account =
            |path: &[u32]| path.len().checked_sub(2).and_then(|length| path.get(..length).map(<[u32]>::to_vec));
        let accounts = common(self.inputs.iter().map(|input| account(&input.told.address_n)));
        let wallets = common(self.inputs.iter().map(|input| input.payment.wallet()));
        let kinds = self.inputs.iter().all(|input| input.kind == kind);
        kinds
            && accounts == Some(account(path))
            && wallets == Some(payment.wallet())
            && path.iter().rev().take(2).all(|step| step & HARDENED == 0)
    }

    /// The pages of one payment.
    pub(super) fn pays(&self, output: &Output) -> Result<Vec<Dialog>, Failed> {
        let to = payee(&output.paid.script_pubkey, self.coin.network).ok_or_else(|| Failed::data("Invalid script"))?;
        let amount = coins(output.paid.value, self.coin.unit);
        let number = self.outputs.iter().filter(|output| !output.change).count() + 1;
        if self.one() {
            return Ok(vec![Dialog::new(Shown::Output, "Confirm sending", format!("{amount} to {to}"))]);
        }
        Ok(vec![
            Dialog::new(Shown::Output, format!("Recipient #{number}"), to),
            Dialog::new(Shown::Output, format!("Amount #{number}"), amount),
        ])
    }

    /// The pages after the last output.
    pub(super) fn totals(&self) -> Result<Vec<Dialog>, Failed> {
        let invalid = || Failed::data("Invalid amount");
        let sum = |amounts: &mut dyn Iterator<Item = Amount>| {
            let mut sum = Amount::ZERO;
            for amount in amounts {
                sum = sum.checked_add(amount).filter(|sum| *sum <= Amount::MAX_MONEY).ok_or_else(invalid)?;
            }
            Ok::<_, Failed>(sum)
        };
        let come = sum(&mut self.inputs.iter().map(|input| input.amount))?;
        let go = sum(&mut self.outputs.iter().map(|output| output.paid.value))?;
        let back = sum(&mut self.outputs.iter().filter(|output| output.change).map(|output| output.paid.value))?;
        let fee = come.checked_sub(go).ok_or_else(Failed::not_enough)?;
        let total = come.checked_sub(back).ok_or_else(invalid)?;
        let unit = self.coin.unit;
        let mut dialogs = Vec::new();
        // The size is an estimate on the real ones too: what a signature and a key take for each input.
        let size = self
            .transaction()
            .weight()
            .to_vbytes_ceil()
            .saturating_add(27 * u64::try_from(self.inputs.len()).unwrap_or(0));
        if fee.to_sat() > self.coin.max_fee.saturating_mul(size) / 1000 {
            dialogs.push(Dialog::new(
                Shown::Fee,
                "High fee",
                format!("The fee of {} is unexpectedly high. Continue anyway?", coins(fee, unit)),
            ));
        }
        let changes = self.outputs.iter().filter(|output| output.change).count();
        if changes > SILENT_CHANGE {
            dialogs.push(Dialog::new(
                Shown::ManyChanges,
                "Warning",
                format!("There are {changes} change-outputs. Continue?"),
            ));
        }
        if self.lock_time != 0 {
            let what = match absolute::LockTime::from_consensus(self.lock_time) {
                absolute::LockTime::Blocks(height) => format!("Locktime set to blockheight: {height}"),
                absolute::LockTime::Seconds(time) => format!("Locktime set to time: {time}"),
            };
            dialogs.push(Dialog::new(Shown::LockTime, "Confirm Locktime", what));
        }
        let (total, fee) = (coins(total, unit), coins(fee, unit));
        dialogs.push(Dialog::new(Shown::Total, "Summary", format!("Total amount: {total} Including fee: {fee}")));
        Ok(dialogs)
    }
}
