//! What is asked of a Ledger's Ethereum app: our own commands, as no client speaks all of them over any link.
//!
//! - The app is known before it is asked for anything: where none is open, the system takes commands of this class for its own.
//! - What is longer than a command goes in pieces; the last one's answer is the signature.
//! - A refusal for bad data (6A80) also stands for a setting that is off: the app is asked for its settings then, before
//!   anything is said.
//!
//! <https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc>

use super::answers;
use super::status::{Asked, BAD_DATA};
use super::typed::{self, Step};
use super::{ETHEREUM, Ledger};
use crate::device::DeviceError;
use crate::device::capabilities::{Setting, Task};
use crate::device::ethereum::typed_data::no_sense;
use crate::device::ethereum::{Account, Mode, Signable, Signature, Transaction, TypedData};
use crate::device::link::apdu::{Command, MOST_DATA};
use bitcoin::bip32::DerivationPath;

const CLASS: u8 = 0xe0;
const GET_ADDRESS: u8 = 0x02;
const SIGN_TRANSACTION: u8 = 0x04;
const GET_SETTINGS: u8 = 0x06;
const SIGN_MESSAGE: u8 = 0x08;
const SIGN_TYPED_DATA: u8 = 0x0c;

/// The first piece, and each that follows.
const FIRST: u8 = 0x00;
const NEXT: u8 = 0x80;

/// Typed data by its hashes, and after all of it was sent.
const HASHES: u8 = 0x00;
const FULL: u8 = 0x01;

/// The most steps of a path.
const MOST_STEPS: usize = 10;

/// From where messages and typed data count which key is meant.
const MESSAGE_BASE: u64 = 27;

/// A path as the app reads it.
fn written(path: &DerivationPath) -> Result<Vec<u8>, DeviceError> {
    let count = u8::try_from(path.len()).ok().filter(|count| (1..=MOST_STEPS).contains(&usize::from(*count)));
    let count = count.ok_or_else(|| {
        DeviceError::Unfit(format!("a Ledger takes Ethereum paths of 1 to {MOST_STEPS} steps, and {path} is none"))
    })?;
    let steps = path.into_iter().flat_map(|step| u32::from(*step).to_be_bytes());
    Ok(std::iter::once(count).chain(steps).collect())
}

/// How large pieces of a transaction are. The app takes a legacy transaction for complete when a piece ends before its last
/// three items, the chain's number and two zeros (app-ethereum issue 409).
fn piece(payload: usize, transaction: &Transaction) -> usize {
    let tail = match transaction {
        Transaction::Legacy(legacy) => legacy.chain_id.map(|chain| {
            let bytes = usize::try_from(chain.checked_ilog2().unwrap_or(0) / 8).unwrap_or(0).saturating_add(1);
            let number = if chain < 128 { 1 } else { bytes.saturating_add(1) };
            number.saturating_add(2)
        }),
        Transaction::Eip1559(_) => None,
    };
    let fits = |size: &usize| payload <= *size || tail.is_none_or(|tail| payload % size != tail);
    (1..=MOST_DATA).rev().find(fits).unwrap_or(MOST_DATA)
}

/// What the byte before a transaction's signature counts from.
fn base(transaction: &Transaction) -> u64 {
    match transaction {
        Transaction::Legacy(legacy) => match legacy.chain_id {
            Some(chain) => chain.wrapping_mul(2).wrapping_add(35),
            None => MESSAGE_BASE,
        },
        Transaction::Eip1559(_) => 0,
    }
}

impl Ledger {
    /// Whether the app signs what it cannot show.
    pub(super) fn blind_signing(&mut self) -> Result<bool, DeviceError> {
        let data = self.ask(Asked::Settings, ETHEREUM, &Command::new([CLASS, GET_SETTINGS, 0, 0], []))?;
        answers::blind_signing(&data)
    }

    /// The account at a path, with its chain code where it is asked for.
    pub fn account(
        &mut self,
        path: &DerivationPath,
        show: bool,
        with_chain_code: bool,
    ) -> Result<Account, DeviceError> {
        let path = written(path)?;
        self.ready(Task::Ethereum, false)?;
        let head = [CLASS, GET_ADDRESS, u8::from(show), u8::from(with_chain_code)];
        let data = self.ask(Asked::EthAddress, ETHEREUM, &Command::new(head, path))?;
        answers::account(&data, with_chain_code)
    }

    pub(super) fn sign_for_ethereum(
        &mut self,
        path: &DerivationPath,
        what: &Signable,
    ) -> Result<Signature, DeviceError> {
        let path = written(path)?;
        match what {
            Signable::Message(message) => self.message(path, message),
            Signable::Transaction(transaction) => self.transaction(path, transaction),
            Signable::TypedData(data, Mode::Hashes) => self.hashes(path, data),
            Signable::TypedData(data, Mode::Full) => self.full(path, data),
        }
    }

    fn message(&mut self, mut payload: Vec<u8>, message: &[u8]) -> Result<Signature, DeviceError> {
        let length = u32::try_from(message.len());
        let length = length.map_err(|_| DeviceError::Unfit("the message is too long".to_owned()))?;
        payload.extend(length.to_be_bytes());
        payload.extend(message);
        self.ready(Task::Ethereum, false)?;
        let data = self.pieces(Asked::EthMessage, SIGN_MESSAGE, &payload, MOST_DATA)?;
        answers::signature(&data, MESSAGE_BASE)
    }

    fn transaction(&mut self, mut payload: Vec<u8>, transaction: &Transaction) -> Result<Signature, DeviceError> {
        payload.extend(transaction.encoded());
        let calls = transaction.calls();
        self.ready(if calls { Task::ContractCall } else { Task::Ethereum }, false)?;
        let size = piece(payload.len(), transaction);
        let data = self.pieces(Asked::EthTransaction, SIGN_TRANSACTION, &payload, size);
        let data = if calls { self.blindly(data)? } else { data? };
        answers::signature(&data, base(transaction))
    }

    fn hashes(&mut self, mut payload: Vec<u8>, data: &TypedData) -> Result<Signature, DeviceError> {
        payload.extend(data.domain.separator());
        payload.extend(data.hash_struct().map_err(|error| no_sense(&error.to_string()))?);
        self.ready(Task::TypedDataHashes, false)?;
        let command = Command::new([CLASS, SIGN_TYPED_DATA, 0, HASHES], payload);
        let data = self.ask(Asked::EthTypedData, ETHEREUM, &command);
        answers::signature(&self.blindly(data)?, MESSAGE_BASE)
    }

    fn full(&mut self, path: Vec<u8>, data: &TypedData) -> Result<Signature, DeviceError> {
        let steps = typed::steps(data)?;
        self.ready(Task::TypedDataFull, false)?;
        let mut domain = false;
        for Step { command, opens_domain } in &steps {
            let answer = self.ask(Asked::EthTypedData, ETHEREUM, command);
            // Neither setting is on, where it is refused at the first value: nothing was wrong with the types before it.
            if domain && bad_data(&answer) {
                return Err(Setting::RawMessages.off());
            }
            answer?;
            domain = *opens_domain;
        }
        let command = Command::new([CLASS, SIGN_TYPED_DATA, 0, FULL], path);
        let data = self.ask(Asked::EthTypedData, ETHEREUM, &command)?;
        answers::signature(&data, MESSAGE_BASE)
    }

    /// Sends something in pieces.
    fn pieces(&mut self, asked: Asked, instruction: u8, payload: &[u8], size: usize) -> Result<Vec<u8>, DeviceError> {
        let mut data = Vec::new();
        for (at, piece) in payload.chunks(size).enumerate() {
            let place = if at == 0 { FIRST } else { NEXT };
            data = self.ask(asked, ETHEREUM, &Command::new([CLASS, instruction, place, 0], piece))?;
        }
        Ok(data)
    }

    /// The answer to something that the app signs blindly or not at all.
    fn blindly(&mut self, answer: Result<Vec<u8>, DeviceError>) -> Result<Vec<u8>, DeviceError> {
        if !bad_data(&answer) {
            return answer;
        }
        match self.blind_signing() {
            Ok(true) => answer,
            // An app that does not tell its settings refuses this for the setting, too.
            Ok(false) | Err(DeviceError::RefusedByDevice { .. } | DeviceError::Garbled(_)) => {
                Err(Setting::BlindSigning.off())
            }
            Err(error) => Err(error),
        }
    }
}

fn bad_data(answer: &Result<Vec<u8>, DeviceError>) -> bool {
    matches!(answer, Err(DeviceError::RefusedByDevice { code, .. }) if code.starts_with(&format!("{BAD_DATA:04x}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_consensus::{TxEip1559, TxLegacy};

    #[test]
    fn no_piece_ends_before_the_chain_of_a_legacy_transaction() {
        for (chain, tail) in [(1, 3), (127, 3), (128, 4), (255, 4), (256, 5), (11_155_111, 6), (1 << 40, 9)] {
            let with = Transaction::Legacy(TxLegacy { chain_id: Some(chain), ..TxLegacy::default() });
            // Where its items after the data begin is told by its bytes.
            let encoded = with.encoded();
            let number = alloy_primitives::U256::from(chain).to_be_bytes_trimmed_vec();
            let ends = [number.as_slice(), &[0x80, 0x80]].concat();
            assert!(encoded.ends_with(&ends), "{chain}");
            assert_eq!(tail, ends.len() + usize::from(chain >= 128), "{chain}");
            for payload in 1..2000 {
                let size = piece(payload, &with);
                assert!(payload <= size || payload % size != tail, "{payload} in pieces of {size}");
                assert!(size == 255 || payload % 255 == tail, "not smaller than need be");
            }
        }
        let other = Transaction::Eip1559(TxEip1559::default());
        assert_eq!(piece(258, &other), 255);
        assert_eq!(piece(258, &Transaction::Legacy(TxLegacy::default())), 255, "one without a chain has no such end");
    }

    #[test]
    fn paths_are_counted() {
        let path: DerivationPath = "m/44'/60'/0'/0/7".parse().unwrap();
        assert_eq!(written(&path).unwrap().len(), 21);
        assert_eq!(written(&path).unwrap()[17..], [0, 0, 0, 7]);
        for odd in ["m", "m/1/2/3/4/5/6/7/8/9/10/11"] {
            assert!(matches!(written(&odd.parse().unwrap()), Err(DeviceError::Unfit(_))));
        }
    }
}
