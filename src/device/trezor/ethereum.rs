//! Ethereum on a Trezor: addresses, messages and transactions.
//!
//! - Numbers go without leading zeros; data beyond the first kilobyte goes when the device asks for it.
//! - A signature's `v` is turned into the parity here: 27 and 28 for messages, the bare parity for transactions with a
//!   fee market, and `35 + 2 · chain + parity` for older ones, except on chains whose number is too large for it.

use super::{Trezor, path};
use crate::device::capabilities::{Task, check};
use crate::device::ethereum::{Account, Mode, Signable, Signature, Transaction};
use crate::device::{DeviceError, Model, Version};
use crate::market::printable;
use alloy_consensus::{TxEip1559, TxLegacy};
use alloy_primitives::{Address, TxKind, U256};
use bitcoin::bip32::DerivationPath;
use trezor_client::TrezorMessage;
use trezor_client::protos::ethereum_sign_tx_eip1559::EthereumAccessList;
use trezor_client::protos::{
    EthereumAddress, EthereumGetAddress, EthereumMessageSignature, EthereumSignMessage, EthereumSignTx,
    EthereumSignTxEIP1559, EthereumTxAck, EthereumTxRequest,
};

/// How much data goes at once.
const CHUNK: usize = 1_024;

/// The longest message that a One signs, in bytes.
const LONGEST_MESSAGE_ONE: usize = 1_024;

/// The first firmwares that know transactions with a fee market.
const ONE_FEE_MARKET: Version = Version(1, 10, 4);
const CORE_FEE_MARKET: Version = Version(2, 4, 2);

/// The most accounts, and the most slots of each, in an access list on a One.
const MOST_ACCESS_ONE: usize = 8;

impl Trezor {
    /// The account at a path.
    pub(super) fn account(&mut self, path: &DerivationPath, show: bool) -> Result<Account, DeviceError> {
        let steps = self.ethereum_path(path, Task::Ethereum)?;
        let mut question = EthereumGetAddress { address_n: steps, ..Default::default() };
        question.set_show_display(show);
        let answer: EthereumAddress = self.session.ask(&question)?;
        let address = Address::parse_checksummed(answer.address(), None).map_err(|_| {
            let shown: String = printable(answer.address()).chars().take(64).collect();
            DeviceError::Garbled(format!("an address that is none: {shown}"))
        })?;
        Ok(Account { address, public_key: None, chain_code: None })
    }

    /// Signs with the key at a path.
    pub(super) fn sign_ethereum(&mut self, path: &DerivationPath, what: &Signable) -> Result<Signature, DeviceError> {
        match what {
            Signable::Message(message) => {
                let steps = self.ethereum_path(path, Task::Ethereum)?;
                self.sign_personal(steps, message)
            }
            Signable::Transaction(transaction) => {
                let task = if transaction.calls() { Task::ContractCall } else { Task::Ethereum };
                let steps = self.ethereum_path(path, task)?;
                match &**transaction {
                    Transaction::Legacy(transaction) => self.sign_legacy(steps, transaction),
                    Transaction::Eip1559(transaction) => self.sign_1559(steps, transaction),
                }
            }
            Signable::TypedData(data, Mode::Full) => {
                let steps = self.ethereum_path(path, Task::TypedDataFull)?;
                self.sign_typed(steps, data)
            }
            Signable::TypedData(data, Mode::Hashes) => {
                let steps = self.ethereum_path(path, Task::TypedDataHashes)?;
                self.sign_hashes(steps, data)
            }
        }
    }

    /// A path, when the device can do the task with it.
    fn ethereum_path(&self, path: &DerivationPath, task: Task) -> Result<Vec<u32>, DeviceError> {
        check(self.session.about()?, task, false)?;
        let steps = path::numbers(path);
        if self.session.strict() {
            path::check_ethereum(&steps)?;
        }
        Ok(steps)
    }

    fn sign_personal(&mut self, steps: Vec<u32>, message: &[u8]) -> Result<Signature, DeviceError> {
        let model = self.session.model()?;
        if model == Model::TrezorOne && message.len() > LONGEST_MESSAGE_ONE {
            return Err(DeviceError::Unfit(format!("a {model} signs messages of up to {LONGEST_MESSAGE_ONE} bytes")));
        }
        let mut question = EthereumSignMessage { address_n: steps, ..Default::default() };
        question.set_message(message.to_vec());
        let answer: EthereumMessageSignature = self.session.ask(&question)?;
        whole(answer.signature())
    }

    fn sign_legacy(&mut self, steps: Vec<u32>, transaction: &TxLegacy) -> Result<Signature, DeviceError> {
        let Some(chain) = transaction.chain_id else {
            return Err(DeviceError::Unfit("a Trezor signs only for a chain that the transaction names".to_owned()));
        };
        let (first, rest, length) = cut(&transaction.input)?;
        let mut question = EthereumSignTx { address_n: steps, ..Default::default() };
        question.set_nonce(short(U256::from(transaction.nonce)));
        question.set_gas_price(short(U256::from(transaction.gas_price)));
        question.set_gas_limit(short(U256::from(transaction.gas_limit)));
        question.set_to(recipient(transaction.to));
        question.set_value(short(transaction.value));
        question.set_data_initial_chunk(first.to_vec());
        question.set_data_length(length);
        question.set_chain_id(chain);
        let answer = self.feed(&question, rest)?;
        let base = chain.checked_mul(2).and_then(|twice| twice.checked_add(35));
        signature(&answer, |v| match (v, base) {
            (0 | 1, _) => Some(v == 1),
            (_, Some(base)) if v == base => Some(false),
            (_, Some(base)) if v.checked_sub(1) == Some(base) => Some(true),
            _ => None,
        })
    }

    fn sign_1559(&mut self, steps: Vec<u32>, transaction: &TxEip1559) -> Result<Signature, DeviceError> {
        let about = self.session.about()?;
        let model = about.model;
        let since = if model == Model::TrezorOne { ONE_FEE_MARKET } else { CORE_FEE_MARKET };
        if let Some(found) = about.firmware.filter(|found| *found < since) {
            return Err(DeviceError::TooOld { what: format!("the firmware of the {model}"), found, needed: since });
        }
        let list = &transaction.access_list.0;
        let large = || list.iter().any(|item| item.storage_keys.len() > MOST_ACCESS_ONE);
        if model == Model::TrezorOne && (list.len() > MOST_ACCESS_ONE || large()) {
            return Err(DeviceError::Unfit(format!("a {model} takes access lists of up to {MOST_ACCESS_ONE} entries")));
        }
        let (first, rest, length) = cut(&transaction.input)?;
        let mut question = EthereumSignTxEIP1559 { address_n: steps, ..Default::default() };
        question.set_nonce(short(U256::from(transaction.nonce)));
        question.set_max_gas_fee(short(U256::from(transaction.max_fee_per_gas)));
        question.set_max_priority_fee(short(U256::from(transaction.max_priority_fee_per_gas)));
        question.set_gas_limit(short(U256::from(transaction.gas_limit)));
        question.set_to(recipient(transaction.to));
        question.set_value(short(transaction.value));
        question.set_data_initial_chunk(first.to_vec());
        question.set_data_length(length);
        question.set_chain_id(transaction.chain_id);
        question.access_list = list
            .iter()
            .map(|item| EthereumAccessList {
                address: Some(item.address.to_checksum(None)),
                storage_keys: item.storage_keys.iter().map(|key| key.to_vec()).collect(),
                ..Default::default()
            })
            .collect();
        let answer = self.feed(&question, rest)?;
        signature(&answer, |v| (v <= 1).then_some(v == 1))
    }

    /// Asks for a signature, and gives the data that is asked for.
    fn feed<Q: TrezorMessage>(&mut self, question: &Q, mut rest: &[u8]) -> Result<EthereumTxRequest, DeviceError> {
        let mut answer: EthereumTxRequest = self.session.ask(question)?;
        while answer.data_length() > 0 {
            let wanted = usize::try_from(answer.data_length()).unwrap_or(usize::MAX);
            let Some((chunk, left)) = rest.split_at_checked(wanted) else {
                let error = DeviceError::Garbled("it asks for more data than there is".to_owned());
                return Err(self.session.stop(error));
            };
            rest = left;
            let mut next = EthereumTxAck::new();
            next.set_data_chunk(chunk.to_vec());
            answer = self.session.ask(&next)?;
        }
        Ok(answer)
    }
}

/// The first piece of a transaction's data, the rest, and how long it is.
fn cut(data: &[u8]) -> Result<(&[u8], &[u8], u32), DeviceError> {
    let length = u32::try_from(data.len()).map_err(|_| DeviceError::Unfit("the data is too long".to_owned()))?;
    let (first, rest) = data.split_at_checked(CHUNK).unwrap_or((data, &[]));
    Ok((first, rest, length))
}

/// A number without leading zeros.
fn short(number: U256) -> Vec<u8> {
    number.to_be_bytes_trimmed_vec()
}

fn recipient(to: TxKind) -> String {
    match to {
        TxKind::Call(address) => address.to_checksum(None),
        TxKind::Create => String::new(),
    }
}

fn signature(answer: &EthereumTxRequest, odd: impl Fn(u64) -> Option<bool>) -> Result<Signature, DeviceError> {
    let none = || DeviceError::Garbled("a transaction's signature that is none".to_owned());
    let r = answer.signature_r().try_into().map_err(|_| none())?;
    let s = answer.signature_s().try_into().map_err(|_| none())?;
    let v = answer.signature_v.ok_or_else(none)?;
    Ok(Signature { r, s, odd: odd(v.into()).ok_or_else(none)? })
}

/// A signature of 65 bytes.
pub(super) fn whole(bytes: &[u8]) -> Result<Signature, DeviceError> {
    let none = || DeviceError::Garbled("a signature that is none".to_owned());
    let (r, rest) = bytes.split_first_chunk::<32>().ok_or_else(none)?;
    let (s, v) = rest.split_first_chunk::<32>().ok_or_else(none)?;
    let odd = match v {
        [0 | 27] => false,
        [1 | 28] => true,
        _ => return Err(none()),
    };
    Ok(Signature { r: *r, s: *s, odd })
}
