//! Signing: the device asks for the transaction piece by piece, shows it, checks where the coins come from, and signs.
//!
//! - The order of the questions is the real one's: inputs, outputs (each shown as it comes), then the previous transactions,
//!   then everything once more to be serialised, then the inputs to be signed. What comes again must be what came before.
//! - Change is what goes back to the account, and to the same keys, that every input comes from; anything else is shown.
//! - Not simulated: inputs without segwit, other people's inputs, replacements (`orig_hash`), coinjoins.

use super::coin::{Coin, Kind, allowed, fitting};
use super::dialog::{Dialog, Shown};
use super::failure::Failed;
use super::model::TrezorModel;
use super::payment::{Payment, common};
use crate::sim::device::script::{HARDENED, coins, payee};
use crate::sim::device::seed::Keys;
use bitcoin::consensus::serialize;
use bitcoin::hashes::Hash;
use bitcoin::sighash::{Prevouts, SighashCache};
use bitcoin::{
    Address, Amount, EcdsaSighashType, OutPoint, ScriptBuf, Sequence, TapSighashType, Transaction, TxIn, TxOut, Txid,
    VarInt, Witness, absolute, opcodes, script, transaction,
};
use trezor_client::protos::tx_ack::TransactionType;
use trezor_client::protos::tx_ack::transaction_type::{TxInputType, TxOutputType};
use trezor_client::protos::tx_request::{RequestType, TxRequestDetailsType, TxRequestSerializedType};
use trezor_client::protos::{OutputScriptType, SignTx, TxRequest};

/// The most inputs, and outputs, of a transaction or of a previous one.
const MOST: u32 = 1000;

/// Change outputs that are not worth a warning.
const SILENT_CHANGE: usize = 2;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Input(usize),
    Output(usize),
    /// An input again, before its previous transaction.
    Again(usize),
    PreviousHead(usize),
    PreviousInput(usize),
    PreviousOutput(usize),
    SerialInput(usize),
    SerialOutput(usize),
    Witness(usize),
}

/// An input, as it came, and what it is.
struct Input {
    told: TxInputType,
    kind: Kind,
    payment: Payment,
    txid: Txid,
    amount: Amount,
}

/// An output, as it came, and what it is.
struct Output {
    told: TxOutputType,
    paid: TxOut,
    change: bool,
}

/// A previous transaction on its way.
struct Previous {
    of: usize,
    inputs: usize,
    outputs: usize,
    transaction: Transaction,
}

/// What comes after an answer.
pub enum Next {
    /// Another question, or the end.
    Request(Box<TxRequest>, bool),
    /// Pages first.
    Dialogs(Vec<Dialog>),
}

/// A transaction on its way.
pub struct Signing {
    model: TrezorModel,
    coin: Coin,
    version: i32,
    lock_time: u32,
    count: (usize, usize),
    serialize: bool,
    ask: Ask,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    previous: Option<Previous>,
    serial: TxRequestSerializedType,
}

impl Signing {
    /// Begins: the first question.
    pub fn begin(told: &SignTx, model: TrezorModel, coin: Coin) -> Result<(Self, TxRequest), Failed> {
        let count = (told.inputs_count(), told.outputs_count());
        if !(1..=MOST).contains(&count.0) || !(1..=MOST).contains(&count.1) {
            return Err(Failed::data("Transaction must have at least one input and one output, and not too many"));
        }
        let count = (usize::try_from(count.0).unwrap_or_default(), usize::try_from(count.1).unwrap_or_default());
        let mut it = Self {
            model,
            coin,
            version: told.version().cast_signed(),
            lock_time: told.lock_time(),
            count,
            serialize: told.serialize.unwrap_or(true),
            ask: Ask::Input(0),
            inputs: Vec::new(),
            outputs: Vec::new(),
            previous: None,
            serial: TxRequestSerializedType::new(),
        };
        let request = it.request();
        Ok((it, request))
    }

    fn one(&self) -> bool {
        self.model == TrezorModel::One
    }

    /// The question that is open, with what was made since the last one.
    fn request(&mut self) -> TxRequest {
        let mut details = TxRequestDetailsType::new();
        let number = |index: usize| u32::try_from(index).ok();
        let kind = match self.ask {
            Ask::Input(at) | Ask::Again(at) | Ask::SerialInput(at) | Ask::Witness(at) => {
                details.request_index = number(at);
                RequestType::TXINPUT
            }
            Ask::Output(at) | Ask::SerialOutput(at) => {
                details.request_index = number(at);
                RequestType::TXOUTPUT
            }
            Ask::PreviousHead(_) => RequestType::TXMETA,
            Ask::PreviousInput(at) => {
                details.request_index = number(at);
                RequestType::TXINPUT
            }
            Ask::PreviousOutput(at) => {
                details.request_index = number(at);
                RequestType::TXOUTPUT
            }
        };
        if let Ask::PreviousHead(_) | Ask::PreviousInput(_) | Ask::PreviousOutput(_) = self.ask {
            let of = self.previous.as_ref().map(|previous| previous.of);
            let input = of.and_then(|of| self.inputs.get(of));
            details.tx_hash = input.map(|input| input.told.prev_hash().to_vec());
        }
        let mut request = TxRequest::new();
        request.set_request_type(kind);
        request.details = Some(details).into();
        self.with_serial(request)
    }

    fn finished(&mut self) -> TxRequest {
        let mut request = TxRequest::new();
        request.set_request_type(RequestType::TXFINISHED);
        if !self.one() {
            request.details = Some(TxRequestDetailsType::new()).into();
        }
        self.with_serial(request)
    }

    fn with_serial(&mut self, mut request: TxRequest) -> TxRequest {
        let mut serial = std::mem::take(&mut self.serial);
        if !self.serialize {
            serial.serialized_tx = None;
        }
        if !self.one() {
            serial.serialized_tx.get_or_insert_default();
            request.serialized = Some(serial).into();
        } else if serial != TxRequestSerializedType::new() {
            request.serialized = Some(serial).into();
        }
        request
    }

    fn write(&mut self, bytes: &[u8]) {
        self.serial.serialized_tx.get_or_insert_default().extend(bytes);
    }

    /// Takes an answer.
    pub fn take(&mut self, mut told: TransactionType, keys: &Keys) -> Result<Next, Failed> {
        let missing = || Failed::data("Missing or unexpected piece of a transaction");
        let (inputs, outputs) = self.count;
        match self.ask {
            Ask::Input(at) => {
                let (input, warning) = self.input(told.inputs.pop().ok_or_else(missing)?, keys)?;
                self.inputs.push(input);
                self.ask = if at + 1 < inputs { Ask::Input(at + 1) } else { Ask::Output(0) };
                if let Some(warning) = warning {
                    return Ok(Next::Dialogs(vec![warning]));
                }
            }
            Ask::Output(at) => {
                let output = self.output(told.outputs.pop().ok_or_else(missing)?, keys)?;
                let mut dialogs = if output.change { Vec::new() } else { self.pays(&output)? };
                self.outputs.push(output);
                if at + 1 < outputs {
                    self.ask = Ask::Output(at + 1);
                } else {
                    dialogs.extend(self.totals()?);
                    if self.inputs.iter().all(|input| input.kind == Kind::Taproot) {
                        self.begin_serial();
                    } else {
                        self.ask = Ask::Again(0);
                    }
                }
                if !dialogs.is_empty() {
                    return Ok(Next::Dialogs(dialogs));
                }
            }
            Ask::Again(at) => {
                self.same_input(at, &told.inputs.pop().ok_or_else(missing)?)?;
                let transaction = Transaction {
                    version: transaction::Version(0),
                    lock_time: absolute::LockTime::ZERO,
                    input: Vec::new(),
                    output: Vec::new(),
                };
                self.previous = Some(Previous { of: at, inputs: 0, outputs: 0, transaction });
                self.ask = Ask::PreviousHead(at);
            }
            Ask::PreviousHead(_) | Ask::PreviousInput(_) | Ask::PreviousOutput(_) => self.previous(told)?,
            Ask::SerialInput(at) => {
                self.same_input(at, &told.inputs.pop().ok_or_else(missing)?)?;
                self.serialize_input(at)?;
                self.ask = if at + 1 < inputs { Ask::SerialInput(at + 1) } else { Ask::SerialOutput(0) };
            }
            Ask::SerialOutput(at) => {
                let output = self.outputs.get(at).filter(|output| told.outputs.pop().as_ref() == Some(&output.told));
                let bytes = serialize(&output.ok_or_else(|| self.changed())?.paid);
                if at == 0 && self.one() {
                    self.write(&length(outputs));
                }
                self.write(&bytes);
                self.ask = if at + 1 < outputs { Ask::SerialOutput(at + 1) } else { Ask::Witness(0) };
            }
            Ask::Witness(at) => {
                self.same_input(at, &told.inputs.pop().ok_or_else(missing)?)?;
                self.sign(at, keys)?;
                if at + 1 == inputs {
                    let lock_time = self.lock_time.to_le_bytes();
                    self.write(&lock_time);
                    return Ok(Next::Request(Box::new(self.finished()), true));
                }
                self.ask = Ask::Witness(at + 1);
            }
        }
        Ok(self.approved())
    }

    /// Goes on after the pages.
    pub fn approved(&mut self) -> Next {
        Next::Request(Box::new(self.request()), false)
    }

    fn changed(&self) -> Failed {
        Failed::process(self.model, "Transaction has changed during signing")
    }

    fn same_input(&self, at: usize, told: &TxInputType) -> Result<(), Failed> {
        let same = self.inputs.get(at).is_some_and(|input| input.told == *told);
        if same { Ok(()) } else { Err(self.changed()) }
    }

    fn input(&self, told: TxInputType, keys: &Keys) -> Result<(Input, Option<Dialog>), Failed> {
        if told.orig_hash.is_some() {
            return Err(Failed::data("Replacement transactions are not simulated"));
        }
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

    fn output(&self, told: TxOutputType, keys: &Keys) -> Result<Output, Failed> {
        if told.orig_hash.is_some() {
            return Err(Failed::data("Replacement transactions are not simulated"));
        }
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
                let address = address.parse::<Address<_>>().ok().and_then(|address| {
                    address.require_network(self.coin.network).ok()
                });
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
    fn is_change(&self, path: &[u32], kind: Kind, payment: &Payment) -> bool {
        let account = |path: &[u32]| path.len().checked_sub(2).and_then(|length| path.get(..length).map(<[u32]>::to_vec));
        let accounts = common(self.inputs.iter().map(|input| account(&input.told.address_n)));
        let wallets = common(self.inputs.iter().map(|input| input.payment.wallet()));
        let kinds = self.inputs.iter().all(|input| input.kind == kind);
        kinds && accounts == Some(account(path)) && wallets == Some(payment.wallet())
            && path.iter().rev().take(2).all(|step| step & HARDENED == 0)
    }

    /// The pages of one payment.
    fn pays(&self, output: &Output) -> Result<Vec<Dialog>, Failed> {
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
    fn totals(&self) -> Result<Vec<Dialog>, Failed> {
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
        let size = self.transaction().weight().to_vbytes_ceil().saturating_add(27 * u64::try_from(self.inputs.len()).unwrap_or(0));
        if fee.to_sat() > self.coin.max_fee.saturating_mul(size) / 1000 {
            dialogs.push(Dialog::new(Shown::Fee, "High fee", format!("The fee of {} is unexpectedly high. Continue anyway?", coins(fee, unit))));
        }
        let changes = self.outputs.iter().filter(|output| output.change).count();
        if changes > SILENT_CHANGE {
            dialogs.push(Dialog::new(Shown::ManyChanges, "Warning", format!("There are {changes} change-outputs. Continue?")));
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

    /// One piece of a previous transaction.
    fn previous(&mut self, mut told: TransactionType) -> Result<(), Failed> {
        let missing = || Failed::data("Missing or unexpected piece of a previous transaction");
        let previous = self.previous.as_mut().ok_or_else(missing)?;
        let transaction = &mut previous.transaction;
        match self.ask {
            Ask::PreviousHead(_) => {
                let (inputs, outputs) = (told.inputs_cnt(), told.outputs_cnt());
                let wanted = (1..=MOST).contains(&inputs) && (1..=MOST).contains(&outputs) && told.extra_data_len() == 0;
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
    fn proved(&mut self) -> Result<(), Failed> {
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

    fn begin_serial(&mut self) {
        self.ask = Ask::SerialInput(0);
        if !self.one() {
            self.write_head();
        }
    }

    fn write_head(&mut self) {
        let (version, count) = (self.version.to_le_bytes(), length(self.count.0));
        self.write(&[version.as_slice(), &[0, 1], &count].concat());
    }

    fn serialize_input(&mut self, at: usize) -> Result<(), Failed> {
        if at == 0 && self.one() {
            self.write_head();
        }
        let input = self.transaction().input.get(at).map(serialize).ok_or_else(|| self.changed())?;
        self.write(&input);
        if at + 1 == self.count.0 && !self.one() {
            let count = length(self.count.1);
            self.write(&count);
        }
        Ok(())
    }

    /// The transaction without witnesses.
    fn transaction(&self) -> Transaction {
        let input = self.inputs.iter().map(|input| {
            let nested = input.payment.nested.as_ref();
            let push = nested.and_then(|nested| <&script::PushBytes>::try_from(nested.as_bytes()).ok());
            TxIn {
                previous_output: OutPoint { txid: input.txid, vout: input.told.prev_index() },
                sequence: Sequence(input.told.sequence()),
                script_sig: push.map_or_else(ScriptBuf::new, |push| script::Builder::new().push_slice(push).into_script()),
                witness: Witness::new(),
            }
        });
        Transaction {
            version: transaction::Version(self.version),
            lock_time: absolute::LockTime::from_consensus(self.lock_time),
            input: input.collect(),
            output: self.outputs.iter().map(|output| output.paid.clone()).collect(),
        }
    }

    fn sign(&mut self, at: usize, keys: &Keys) -> Result<(), Failed> {
        let failed = || Failed::data("Cannot sign");
        let transaction = self.transaction();
        let mut cache = SighashCache::new(&transaction);
        let input = self.inputs.get(at).ok_or_else(failed)?;
        let path = input.told.address_n.as_slice();
        let (signature, witness) = if input.kind == Kind::Taproot {
            let spent = self.inputs.iter().map(|input| TxOut { value: input.amount, script_pubkey: input.payment.script.clone() });
            let spent: Vec<_> = spent.collect();
            let digest = cache.taproot_key_spend_signature_hash(at, &Prevouts::All(&spent), TapSighashType::Default);
            let digest = digest.map_err(|_| failed())?.to_byte_array();
            let signature = keys.taproot(path, None, digest).ok_or_else(failed)?.serialize().to_vec();
            (signature.clone(), Witness::from_slice(&[signature]))
        } else {
            let (all, payment) = (EcdsaSighashType::All, &input.payment);
            let digest = match &payment.witness {
                Some(script) => cache.p2wsh_signature_hash(at, script, input.amount, all).map_err(|_| failed())?.to_byte_array(),
                None => {
                    let script = payment.nested.as_ref().unwrap_or(&payment.script);
                    cache.p2wpkh_signature_hash(at, script, input.amount, all).map_err(|_| failed())?.to_byte_array()
                }
            };
            let signature = keys.ecdsa(path, digest).ok_or_else(failed)?.serialize_der().to_vec();
            let whole = |signature: &[u8]| [signature, &[1]].concat();
            let witness = match (&payment.several, &payment.witness) {
                (Some(several), Some(script)) => {
                    let mut witness = Witness::from_slice(&[&[][..]]);
                    for (key, theirs) in several.keys.iter().zip(&several.signatures) {
                        let signature = if *key == payment.own { &signature } else { theirs };
                        if !signature.is_empty() {
                            witness.push(whole(signature));
                        }
                    }
                    witness.push(script.as_bytes());
                    witness
                }
                _ => Witness::from_slice(&[whole(&signature), payment.own.serialize().to_vec()]),
            };
            (signature, witness)
        };
        self.serial.signature_index = u32::try_from(at).ok();
        self.serial.signature = Some(signature);
        self.write(&serialize(&witness));
        Ok(())
    }
}

fn length(count: usize) -> Vec<u8> {
    serialize(&VarInt::from(count))
}
