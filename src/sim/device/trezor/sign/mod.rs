//! Signing: the device asks for the transaction piece by piece, shows it, checks where the coins come from, and signs.
//!
//! - The order of the questions is the real one's: inputs, outputs (each shown as it comes), then the previous transactions,
//!   then everything once more to be serialised, then the inputs to be signed. What comes again must be what came before.
//! - Change is what goes back to the account, and to the same keys, that every input comes from; anything else is shown.
//! - Not simulated: inputs without segwit, other people's inputs, coinjoins.

mod check;
mod origin;
mod replaced;
mod serial;

use super::coin::{Coin, Kind};
use super::dialog::Dialog;
use super::failure::Failed;
use super::model::TrezorModel;
use super::payment::Payment;
use crate::sim::device::seed::Keys;
use bitcoin::consensus::serialize;
use bitcoin::{Amount, Transaction, TxOut, Txid, absolute, transaction};
use replaced::Original;
use serial::length;
use trezor_client::protos::tx_ack::TransactionType;
use trezor_client::protos::tx_ack::transaction_type::{TxInputType, TxOutputType};
use trezor_client::protos::tx_request::{RequestType, TxRequestDetailsType, TxRequestSerializedType};
use trezor_client::protos::{SignTx, TxRequest};

/// The most inputs, and outputs, of a transaction or of a previous one.
const MOST: u32 = 1000;

/// Change outputs that are not worth a warning.
const SILENT_CHANGE: usize = 2;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Ask {
    Input(usize),
    Output(usize),
    /// What the transaction takes the place of.
    OriginalHead,
    OriginalInput(usize),
    OriginalOutput(usize),
    /// An input again, before its previous transaction.
    Again(usize),
    PreviousHead,
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
    original: Option<Original>,
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
            original: None,
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
            Ask::OriginalInput(at) => {
                details.request_index = number(at);
                RequestType::TXORIGINPUT
            }
            Ask::OriginalOutput(at) => {
                details.request_index = number(at);
                RequestType::TXORIGOUTPUT
            }
            Ask::OriginalHead | Ask::PreviousHead => RequestType::TXMETA,
            Ask::PreviousInput(at) => {
                details.request_index = number(at);
                RequestType::TXINPUT
            }
            Ask::PreviousOutput(at) => {
                details.request_index = number(at);
                RequestType::TXOUTPUT
            }
        };
        if let Ask::PreviousHead | Ask::PreviousInput(_) | Ask::PreviousOutput(_) = self.ask {
            let of = self.previous.as_ref().map(|previous| previous.of);
            let input = of.and_then(|of| self.inputs.get(of));
            details.tx_hash = input.map(|input| input.told.prev_hash().to_vec());
        }
        if let Ask::OriginalHead | Ask::OriginalInput(_) | Ask::OriginalOutput(_) = self.ask {
            details.tx_hash = self.original.as_ref().map(|original| original.hash.clone());
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
                self.ask = self.after_input(at)?;
                if let Some(warning) = warning {
                    return Ok(Next::Dialogs(vec![warning]));
                }
            }
            Ask::Output(_) => {
                let output = self.output(told.outputs.pop().ok_or_else(missing)?, keys)?;
                if let Some(next) = self.take_output(output)? {
                    return Ok(next);
                }
            }
            Ask::OriginalHead | Ask::OriginalInput(_) | Ask::OriginalOutput(_) => {
                if let Some(next) = self.original_piece(told, keys)? {
                    return Ok(next);
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
                self.ask = Ask::PreviousHead;
            }
            Ask::PreviousHead | Ask::PreviousInput(_) | Ask::PreviousOutput(_) => self.previous(told)?,
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

    /// Where the coins come from is asked next; taproot's signatures prove that by themselves.
    fn after_totals(&mut self) {
        if self.inputs.iter().all(|input| input.kind == Kind::Taproot) {
            self.begin_serial();
        } else {
            self.ask = Ask::Again(0);
        }
    }

    fn changed(&self) -> Failed {
        Failed::process(self.model, "Transaction has changed during signing")
    }

    fn same_input(&self, at: usize, told: &TxInputType) -> Result<(), Failed> {
        let same = self.inputs.get(at).is_some_and(|input| input.told == *told);
        if same { Ok(()) } else { Err(self.changed()) }
    }
}
