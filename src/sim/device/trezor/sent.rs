//! Transactions for Ethereum: legacy ones and those with a fee market.
//!
//! - Data beyond the first piece is asked for after the pages.
//! - A One's pages cannot be read from a recording: their number is the real one's, where one was seen, their words are ours.
//!   For other chains than the main one a real device has units of its own, which are not simulated; nor are access lists.

use super::ask::{Outcome, frame};
use super::dialog::{Dialog, Shown};
use super::ethereum::allowed;
use super::failure::Failed;
use super::model::TrezorModel;
use super::talk::{Talk, Turn};
use super::wire::Frame;
use crate::sim::device::ether::{ether, number};
use crate::sim::device::seed::Keys;
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_primitives::{TxKind, U256, hex};
use protobuf::Message;
use trezor_client::protos::{EthereumSignTx, EthereumSignTxEIP1559, EthereumTxAck, EthereumTxRequest, MessageType};

/// The most data of a transaction.
const MAX_DATA: usize = 1 << 20;

/// The most data that is asked for at once.
const CHUNK: usize = 1024;

/// How much of it a Model T shows.
const PREVIEW: usize = 27;

/// The highest chain whose number fits into a legacy signature's v.
const MAX_CHAIN: u64 = 0x7fff_ffed;

enum Unsigned {
    Legacy(TxLegacy),
    Market(TxEip1559),
}

/// A transaction on its way.
pub struct Sent {
    path: Vec<u32>,
    unsigned: Unsigned,
    data: Vec<u8>,
    length: usize,
}

/// What both kinds have.
struct Common<'a> {
    path: &'a [u32],
    chain: u64,
    to: &'a str,
    first: &'a [u8],
    length: u32,
}

impl Common<'_> {
    fn check(&self, keys: &Keys) -> Result<(TxKind, usize), Failed> {
        allowed(self.path, keys)?;
        let length = usize::try_from(self.length).ok().filter(|length| *length <= MAX_DATA);
        let length = length.ok_or_else(|| Failed::data("Data length exceeds limit"))?;
        if self.first.len() > length || (length > 0 && self.first.is_empty()) {
            return Err(Failed::data("Invalid size of initial chunk"));
        }
        if self.chain == 0 {
            return Err(Failed::data("Chain ID out of bounds"));
        }
        match self.to {
            "" if length == 0 => Err(Failed::data("Contract creation without data")),
            "" => Ok((TxKind::Create, length)),
            to => Ok((TxKind::Call(to.parse().map_err(|_| Failed::data("Invalid recipient address"))?), length)),
        }
    }
}

fn amount(bytes: &[u8]) -> Result<U256, Failed> {
    number(bytes).ok_or_else(|| Failed::data("Safety check failed"))
}

fn small<T: TryFrom<U256>>(bytes: &[u8]) -> Result<T, Failed> {
    T::try_from(amount(bytes)?).map_err(|_| Failed::data("Fee overflow"))
}

/// A legacy transaction.
pub fn legacy(told: &EthereumSignTx, model: TrezorModel, keys: &Keys) -> Result<Outcome, Failed> {
    let common = Common {
        path: &told.address_n,
        chain: told.chain_id(),
        to: told.to(),
        first: told.data_initial_chunk(),
        length: told.data_length(),
    };
    let (to, length) = common.check(keys)?;
    let unsigned = TxLegacy {
        chain_id: Some(common.chain),
        nonce: small(told.nonce())?,
        gas_price: small(told.gas_price())?,
        gas_limit: small(told.gas_limit())?,
        to,
        value: amount(told.value())?,
        ..TxLegacy::default()
    };
    let (path, data) = (told.address_n.clone(), common.first.to_vec());
    Sent { path, unsigned: Unsigned::Legacy(unsigned), data, length }.begin(model)
}

/// A transaction with a fee market.
pub fn market(told: &EthereumSignTxEIP1559, model: TrezorModel, keys: &Keys) -> Result<Outcome, Failed> {
    let common = Common {
        path: &told.address_n,
        chain: told.chain_id(),
        to: told.to(),
        first: told.data_initial_chunk(),
        length: told.data_length(),
    };
    let (to, length) = common.check(keys)?;
    let unsigned = TxEip1559 {
        chain_id: common.chain,
        nonce: small(told.nonce())?,
        max_fee_per_gas: small(told.max_gas_fee())?,
        max_priority_fee_per_gas: small(told.max_priority_fee())?,
        gas_limit: small(told.gas_limit())?,
        to,
        value: amount(told.value())?,
        ..TxEip1559::default()
    };
    if !told.access_list.is_empty() {
        return Err(Failed::data("Access lists are not simulated"));
    }
    let (path, data) = (told.address_n.clone(), common.first.to_vec());
    Sent { path, unsigned: Unsigned::Market(unsigned), data, length }.begin(model)
}

impl Sent {
    fn begin(self, model: TrezorModel) -> Result<Outcome, Failed> {
        let (to, value, gas, price) = match &self.unsigned {
            Unsigned::Legacy(it) => (it.to, it.value, it.gas_limit, it.gas_price),
            Unsigned::Market(it) => (it.to, it.value, it.gas_limit, it.max_fee_per_gas),
        };
        let fee = U256::from(gas).checked_mul(U256::from(price)).ok_or_else(|| Failed::data("Fee overflow"))?;
        let calls = self.length > 0;
        let to = match to {
            TxKind::Call(to) => to.to_checksum(None),
            TxKind::Create => "new contract".to_owned(),
        };
        let page = |title: &str, text: String| Dialog::new(Shown::EthereumTx, title, text);
        let mut pages = Vec::new();
        match model {
            TrezorModel::T => {
                if calls {
                    let preview = self.data.get(..PREVIEW).unwrap_or(&self.data);
                    let title = format!("Data: {} / {} bytes", preview.len(), self.length);
                    pages.push(Dialog::new(Shown::EthereumData, title, hex::encode(preview)));
                }
                let whom = if calls { "Interaction contract:" } else { "Recipient:" };
                pages.push(page("Address", format!("{whom} {to}")));
                pages.push(page("Summary", format!("Amount: {} Maximum fee: {}", sum(value), sum(fee))));
            }
            TrezorModel::One => {
                pages.push(page("Confirm sending", sum(value)));
                pages.push(page("To", to));
                if calls {
                    let quarter = self.data.len().div_ceil(4).max(1);
                    pages.extend((0..4).map(|part| {
                        let bytes = self.data.chunks(quarter).nth(part).unwrap_or_default();
                        page("Data", hex::encode(bytes))
                    }));
                    pages.push(Dialog::new(Shown::Risk, "Data of a contract", "Sign at your own risk."));
                    pages.push(page("Data", format!("{} bytes in all", self.length)));
                }
                pages.push(page("Maximum fee", sum(fee)));
                pages.push(page("Really send", sum(value)));
            }
        }
        Ok(Outcome::Talk(Talk::Sent(Box::new(self)), Turn::Dialogs(pages)))
    }

    pub fn take(&mut self, came: &Frame, keys: &Keys) -> Result<Turn, Failed> {
        let told = EthereumTxAck::parse_from_bytes(&came.body).map_err(|_| Failed::data("Failed to decode message"))?;
        let chunk = told.data_chunk();
        if came.kind != 60 || chunk.len() != self.wanted() {
            return Err(Failed::data("Invalid data chunk"));
        }
        self.data.extend(chunk);
        self.next(keys)
    }

    fn wanted(&self) -> usize {
        self.length.saturating_sub(self.data.len()).min(CHUNK)
    }

    pub fn next(&mut self, keys: &Keys) -> Result<Turn, Failed> {
        let mut answer = EthereumTxRequest::new();
        if self.wanted() > 0 {
            answer.set_data_length(u32::try_from(self.wanted()).unwrap_or_default());
            return Ok(Turn::Ask(frame(MessageType::MessageType_EthereumTxRequest, &answer)));
        }
        let data = std::mem::take(&mut self.data);
        let (hash, chain) = match &mut self.unsigned {
            Unsigned::Legacy(it) => {
                it.input = data.into();
                (it.signature_hash(), it.chain_id)
            }
            Unsigned::Market(it) => {
                it.input = data.into();
                (it.signature_hash(), None)
            }
        };
        let signed = keys.recoverable(&self.path, hash.0).ok_or_else(|| Failed::data("Cannot sign"))?;
        let (parity, signature) = (u64::from(signed.0), signed.1);
        let base =
            chain.filter(|chain| *chain <= MAX_CHAIN).map_or(0, |chain| chain.saturating_mul(2).saturating_add(35));
        let (r, s) = signature.split_at(32);
        answer.set_signature_v(u32::try_from(base.saturating_add(parity)).unwrap_or_default());
        answer.set_signature_r(r.to_vec());
        answer.set_signature_s(s.to_vec());
        Ok(Turn::Done(frame(MessageType::MessageType_EthereumTxRequest, &answer)))
    }
}

/// An amount as a Trezor writes it: the smallest in wei.
fn sum(wei: U256) -> String {
    if wei < U256::from(1_000_000_000_u64) { format!("{wei} Wei ETH") } else { ether(wei) }
}
