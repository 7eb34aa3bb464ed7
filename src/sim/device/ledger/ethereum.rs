//! The Ethereum app, as far as it is simulated: its settings, addresses and signed texts (EIP-191).
//!
//! <https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc>

use super::host::{Bytes, Stop};
use super::job::{Desk, Job, Step};
use super::status::Status;
use crate::market::printable;
use crate::sim::device::screen::Screen;
use alloy_primitives::eip191_hash_message;

/// The deepest path.
const MAX_STEPS: u8 = 10;

/// The longest text.
const MAX_TEXT: usize = 1 << 16;

/// What the app says of its settings: blind signing is off.
pub fn settings(version: &str) -> Vec<u8> {
    let numbers = version.split('.').map(|number| number.parse::<u8>().unwrap_or_default());
    [2].into_iter().chain(numbers.chain([0; 3]).take(3)).collect()
}

/// Which address is asked for.
pub struct Account {
    path: Vec<u32>,
    shown: bool,
    chain_code: bool,
}

/// The command for an address.
pub fn address(shown: u8, chain_code: u8, data: &[u8]) -> Result<Job, Status> {
    let mut bytes = Bytes(data);
    let path = bytes.path(MAX_STEPS).ok_or(Status::INCORRECT)?;
    if shown > 1 || chain_code > 1 {
        return Err(Status::WRONG_P1P2);
    }
    // The number of a chain may follow: it only chooses a picture.
    if !matches!(bytes.0.len(), 0 | 8) {
        return Err(Status::INCORRECT);
    }
    Ok(Job::EthereumAddress(Account { path, shown: shown == 1, chain_code: chain_code == 1 }))
}

impl Account {
    pub fn run(&self, desk: &Desk<'_>) -> Result<Step, Stop> {
        let key = desk.keys.public(&self.path).ok_or(Status::INCORRECT)?.serialize_uncompressed();
        let address = desk.keys.ethereum(&self.path).ok_or(Status::INCORRECT)?;
        if self.shown && !desk.approved {
            return Ok(Step::Show(vec![
                Screen::next("Verify Ethereum", "address"),
                Screen::next("Address", address),
                Screen::decide("Confirm", ""),
            ]));
        }
        let digits = address.trim_start_matches("0x").as_bytes();
        let mut answer = [&[65], key.as_slice(), &[40], digits].concat();
        if self.chain_code {
            answer.extend(desk.keys.chain_code(&self.path).ok_or(Status::INCORRECT)?);
        }
        Ok(Step::Done(answer, self.shown.then(|| Screen::said("Address verified", ""))))
    }
}

/// A text that comes in pieces.
pub struct Text {
    path: Vec<u32>,
    length: usize,
    got: Vec<u8>,
}

impl Text {
    /// The first piece.
    pub fn begin(data: &[u8]) -> Result<Self, Status> {
        let mut bytes = Bytes(data);
        let head = bytes.path(MAX_STEPS).zip(bytes.be32().and_then(|length| usize::try_from(length).ok()));
        let (path, length) = head.filter(|(_, length)| *length <= MAX_TEXT).ok_or(Status::INCORRECT)?;
        Self { path, length, got: Vec::new() }.and(bytes.0)
    }

    /// Another piece.
    pub fn and(mut self, piece: &[u8]) -> Result<Self, Status> {
        self.got.extend(piece);
        if self.got.len() > self.length { Err(Status::INCORRECT) } else { Ok(self) }
    }

    /// Whether all of it is there.
    pub fn whole(&self) -> bool {
        self.got.len() == self.length
    }

    pub fn run(&self, desk: &Desk<'_>) -> Result<Step, Stop> {
        if !desk.approved {
            let shown = match std::str::from_utf8(&self.got) {
                Ok(shown) => printable(shown).into_owned(),
                Err(_) => bitcoin::hex::DisplayHex::to_lower_hex_string(self.got.as_slice()),
            };
            return Ok(Step::Show(vec![
                Screen::next("Review message", ""),
                Screen::next("Message", shown),
                Screen::decide("Sign message", ""),
            ]));
        }
        let signed = desk.keys.recoverable(&self.path, eip191_hash_message(&self.got).0);
        let (number, signature) = signed.ok_or(Status::INCORRECT)?;
        let answer = [&[number.wrapping_add(27)], signature.as_slice()].concat();
        Ok(Step::Done(answer, Some(Screen::said("Message signed", ""))))
    }
}
