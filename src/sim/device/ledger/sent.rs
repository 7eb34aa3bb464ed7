//! Transactions for Ethereum, which come in pieces: legacy ones (EIP-155) and those with a fee market (EIP-1559).
//!
//! - Contract calls are refused as soon as their data begins, unless blind signing is on.
//! - A legacy transaction is over for the app when a piece ends before its last three items, as if it were for no chain
//!   (app-ethereum issue 409): its signature is then over the wrong bytes.
//! - For other chains than the main one a real app has names and units of its own, which are not simulated.

use super::ethereum::MAX_STEPS;
use super::host::{Bytes, Stop};
use super::job::{Desk, Step};
use super::status::Status;
use crate::sim::device::ether::{ether, number};
use crate::sim::device::screen::Screen;
use alloy_primitives::{Address, U256, hex, keccak256};

/// The longest transaction.
const MAX_LENGTH: usize = 1 << 17;

/// The byte before a transaction with a fee market.
const FEE_MARKET: u8 = 2;

/// A transaction on its way.
pub struct Sent {
    path: Vec<u32>,
    got: Vec<u8>,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    More,
    Whole,
    /// It calls a contract.
    Calls,
}

/// What an item's first bytes say: how many they are, and how long it is.
fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let long = |count: u8| {
        let length = bytes.get(1..)?.get(..usize::from(count))?;
        let length = length.iter().try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)));
        Some((usize::from(count).saturating_add(1), length?))
    };
    match bytes.first()? {
        0..0x80 => Some((0, 1)),
        first @ 0x80..0xb8 => Some((1, usize::from(first - 0x80))),
        first @ 0xb8..0xc0 => long(first - 0xb7),
        first @ 0xc0..0xf8 => Some((1, usize::from(first - 0xc0))),
        first @ 0xf8.. => long(first - 0xf7),
    }
}

/// A list as far as it came: its items, and how long the one is that only began.
struct Items<'a> {
    whole: Vec<&'a [u8]>,
    begun: Option<usize>,
    rest: usize,
}

impl Sent {
    /// The first piece.
    pub fn begin(data: &[u8]) -> Result<Self, Status> {
        let mut bytes = Bytes(data);
        let path = bytes.path(MAX_STEPS).ok_or(Status::INCORRECT)?;
        Self { path, got: Vec::new() }.and(bytes.0)
    }

    /// Another piece.
    pub fn and(mut self, piece: &[u8]) -> Result<Self, Status> {
        self.got.extend(piece);
        if piece.is_empty() || self.got.len() > MAX_LENGTH { Err(Status::INCORRECT) } else { Ok(self) }
    }

    /// Whether it is one with a fee market, and its list.
    fn body(&self) -> Result<(bool, &[u8]), Status> {
        match self.got.split_first() {
            Some((&FEE_MARKET, body)) => Ok((true, body)),
            Some((0xc0.., _)) => Ok((false, &self.got)),
            _ => Err(Status::INCORRECT),
        }
    }

    /// Its items, and how many bytes of all of it are still to come.
    fn items(&self) -> Result<Option<Items<'_>>, Status> {
        let (_, body) = self.body()?;
        let Some((before, length)) = head(body) else { return Ok(None) };
        if body.first().is_none_or(|first| *first < 0xc0) || length > MAX_LENGTH {
            return Err(Status::INCORRECT);
        }
        let mut bytes = body.get(before..).unwrap_or_default();
        let rest = length.checked_sub(bytes.len()).ok_or(Status::INCORRECT)?;
        let (mut whole, mut begun) = (Vec::new(), None);
        while let Some((before, length)) = head(bytes) {
            let Some((item, after)) = bytes.get(before..).and_then(|item| item.split_at_checked(length)) else {
                begun = Some(length);
                break;
            };
            whole.push(item);
            bytes = after;
        }
        if begun.is_none() && !bytes.is_empty() {
            begun = Some(0);
        }
        Ok(Some(Items { whole, begun, rest }))
    }

    /// How far it has come.
    pub fn progress(&self) -> Result<Progress, Status> {
        let (market, _) = self.body()?;
        let Some(items) = self.items()? else { return Ok(Progress::More) };
        let data = if market { 7 } else { 5 };
        let calls = match items.whole.get(data) {
            Some(data) => !data.is_empty(),
            None => items.whole.len() == data && items.begun.is_some_and(|length| length > 0),
        };
        if calls {
            return Ok(Progress::Calls);
        }
        self.over()
    }

    /// Whether all of it has come.
    pub fn over(&self) -> Result<Progress, Status> {
        let (market, _) = self.body()?;
        let Some(items) = self.items()? else { return Ok(Progress::More) };
        let counts: &[usize] = if market { &[9] } else { &[6, 9] };
        let early = !market && items.whole.len() == 6 && items.begun.is_none();
        match items.rest {
            0 if counts.contains(&items.whole.len()) && items.begun.is_none() => Ok(Progress::Whole),
            0 => Err(Status::INCORRECT),
            _ if early => Ok(Progress::Whole),
            _ => Ok(Progress::More),
        }
    }

    pub fn run(&self, desk: &Desk<'_>) -> Result<Step, Stop> {
        let (market, _) = self.body()?;
        let items = self.items()?.ok_or(Status::INCORRECT)?;
        let at = |place: usize| items.whole.get(place).copied().ok_or(Status::INCORRECT);
        let sum = |place| number(at(place)?).ok_or(Status::INCORRECT);
        let digest = keccak256(&self.got);
        let (first, chain) = match (market, items.whole.len()) {
            (true, _) => (1, sum(0)?),
            (false, 6) => (0, U256::ZERO),
            (false, _) => (0, sum(6)?),
        };
        if !desk.approved {
            let (price, gas, to) = if market { (sum(3)?, sum(4)?, at(5)?) } else { (sum(1)?, sum(2)?, at(3)?) };
            let (value, data) = (sum(first + if market { 5 } else { 4 })?, at(if market { 7 } else { 5 })?);
            let fee = price.checked_mul(gas).ok_or(Status::INCORRECT)?;
            let to = match to.len() {
                0 => "a new contract".to_owned(),
                20 => Address::from_slice(to).to_checksum(None),
                _ => return Err(Status::INCORRECT.into()),
            };
            let from = desk.keys.ethereum(&self.path).ok_or(Status::INCORRECT)?;
            let mut pages = Vec::new();
            if !data.is_empty() {
                pages.push(super::typed::risk());
            }
            pages.push(Screen::next("Review transaction", ""));
            if chain > U256::ONE {
                pages.push(Screen::next("Network", format!("Chain {chain}")));
            }
            pages.push(Screen::next("From", from));
            if data.is_empty() || !value.is_zero() {
                pages.push(Screen::next("Amount", ether(value)));
            }
            pages.push(Screen::next("To", to));
            pages.push(Screen::next("Max fees", ether(fee)));
            if data.is_empty() {
                pages.push(Screen::decide("Sign transaction", ""));
            } else {
                pages.push(Screen::next("Tx hash", hex::encode_prefixed(digest)));
                pages.push(Screen::decide("Accept risk and", "sign transaction"));
            }
            return Ok(Step::Show(pages));
        }
        let (parity, signature) = desk.keys.recoverable(&self.path, digest.0).ok_or(Status::INCORRECT)?;
        let [low, ..] = chain.to_le_bytes::<32>();
        let base = match (market, items.whole.len()) {
            (true, _) => 0,
            (false, 6) => 27,
            (false, _) => low.wrapping_mul(2).wrapping_add(35),
        };
        let answer = [&[base.wrapping_add(parity)], signature.as_slice()].concat();
        Ok(Step::Done(answer, Some(Screen::said("Transaction signed", ""))))
    }
}
