//! The Ethereum app: its settings, addresses, signed texts (EIP-191), transactions and typed data.
//!
//! - What it cannot show in full it signs with the setting for that, and otherwise refuses as wrong data, with a page that says
//!   so.
//!
//! <https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc>

use super::LedgerSettings;
use super::host::{Bytes, Stop};
use super::job::{Desk, Job, Step};
use super::sent::{Progress, Sent};
use super::status::Status;
use super::typed::{self, Typed};
use crate::market::printable;
use crate::sim::device::screen::Screen;
use alloy_primitives::eip191_hash_message;

/// The deepest path.
pub const MAX_STEPS: u8 = 10;

/// The longest text.
const MAX_TEXT: usize = 1 << 16;

/// Something that comes in pieces.
pub enum Gathering {
    Text(Text),
    Sent(Sent),
    Typed(Box<Typed>),
}

/// What a command leads to.
pub enum Heard {
    /// An answer.
    Say(Vec<u8>),
    /// Work, which may ask the user.
    Work(Job),
    /// More of it has to come.
    More(Gathering),
    /// A setting is off that it needs.
    Off,
}

/// One command of the app; `before` is what has come of the same so far.
pub fn command(
    ins: u8,
    how: [u8; 2],
    data: &[u8],
    before: Option<Gathering>,
    settings: &LedgerSettings,
) -> Result<Heard, Status> {
    match (ins, how, before) {
        (0x06, ..) => Ok(Heard::Say(told(settings))),
        (0x02, [shown, chain_code], _) => Ok(Heard::Work(address(shown, chain_code, data)?)),
        (0x04, [0x00, 0], _) => sent(Sent::begin(data)?, settings),
        (0x04, [0x80, 0], Some(Gathering::Sent(before))) => sent(before.and(data)?, settings),
        (0x08, [0x00, 0], _) => Ok(text(Text::begin(data)?)),
        (0x08, [0x80, 0], Some(Gathering::Text(before))) => Ok(text(before.and(data)?)),
        (0x0c, [0, 0], _) if !settings.blind_signing => Ok(Heard::Off),
        (0x0c, [0, 0], _) => Ok(Heard::Work(typed::hashes(data)?.into())),
        (0x0c, [0, 1], Some(Gathering::Typed(typed))) => Ok(Heard::Work(typed.sign(data, settings)?.into())),
        (0x1a, [0, what @ (0x00 | 0xff)], before) => {
            let mut typed = match before {
                Some(Gathering::Typed(typed)) => typed,
                _ => Box::default(),
            };
            typed.define(what == 0xff, data)?;
            Ok(Heard::More(Gathering::Typed(typed)))
        }
        (0x1c, [more @ (0 | 1), what], Some(Gathering::Typed(mut typed))) => {
            match what {
                0x00 => typed.root(data)?,
                0x0f | 0xff if !settings.blind_signing && !settings.raw_messages => return Ok(Heard::Off),
                0x0f => typed.count(data)?,
                0xff => typed.value(more == 1, data)?,
                _ => return Err(Status::INCORRECT),
            }
            Ok(Heard::More(Gathering::Typed(typed)))
        }
        (0x04 | 0x08 | 0x0c | 0x1a | 0x1c, ..) => Err(Status::INCORRECT),
        _ => Err(Status::UNKNOWN_INS),
    }
}

fn text(text: Text) -> Heard {
    if text.whole() { Heard::Work(Job::EthereumText(text)) } else { Heard::More(Gathering::Text(text)) }
}

fn sent(sent: Sent, settings: &LedgerSettings) -> Result<Heard, Status> {
    let progress = match sent.progress()? {
        Progress::Calls if !settings.blind_signing => return Ok(Heard::Off),
        Progress::Calls => sent.over()?,
        progress => progress,
    };
    let whole = progress == Progress::Whole;
    Ok(if whole { Heard::Work(Job::EthereumSent(Box::new(sent))) } else { Heard::More(Gathering::Sent(sent)) })
}

/// What the app says of its settings: whether it signs blindly, and its version.
fn told(settings: &LedgerSettings) -> Vec<u8> {
    let numbers = settings.version.split('.').map(|number| number.parse::<u8>().unwrap_or_default());
    let flags = 2 | u8::from(settings.blind_signing);
    [flags].into_iter().chain(numbers.chain([0; 3]).take(3)).collect()
}

/// Which address is asked for.
pub struct Account {
    path: Vec<u32>,
    shown: bool,
    chain_code: bool,
}

/// The command for an address.
fn address(shown: u8, chain_code: u8, data: &[u8]) -> Result<Job, Status> {
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
