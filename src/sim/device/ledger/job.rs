//! One command at work: what it needs of the host, what it shows, what it answers.

use super::ethereum::{Account, Text};
use super::host::{Bytes, Hash, Host, Stop, sha, varint};
use super::path;
use super::policy::Policy;
use super::sent::Sent;
use super::sign::Signing;
use super::status::Status;
use super::typed::Signed;
use crate::market::printable;
use crate::sim::device::screen::Screen;
use crate::sim::device::script;
use crate::sim::device::seed::Keys;
use bitcoin::bip32::ChildNumber;
use bitcoin::{Address, Network, NetworkKind};

/// The deepest path.
const MAX_STEPS: u8 = 10;

/// The longest message.
const MAX_MESSAGE: u64 = 1 << 16;

/// The bytes of a message in one leaf.
const CHUNK: u64 = 64;

/// What a command has at hand.
pub struct Desk<'a> {
    pub keys: &'a Keys,
    pub network: Network,
    pub host: &'a mut Host,
    /// Whether the user has approved what was shown.
    pub approved: bool,
}

impl Desk<'_> {
    pub fn kind(&self) -> NetworkKind {
        self.network.into()
    }

    /// The network's number in paths.
    pub fn coin(&self) -> u32 {
        u32::from(self.network != Network::Bitcoin)
    }

    /// How amounts are written.
    pub fn unit(&self) -> &'static str {
        if self.network == Network::Bitcoin { "BTC" } else { "TEST" }
    }
}

/// What comes next.
pub enum Step {
    /// Pages for the user, the last of which decides.
    Show(Vec<Screen>),
    /// Something that the host is to keep, before more of the same.
    Yield(Vec<u8>),
    /// The end: the answer, and the page that stays.
    Done(Vec<u8>, Option<Screen>),
}

/// A command.
pub enum Job {
    Xpub { path: Vec<u32>, shown: bool },
    Register { policy: Vec<u8> },
    Address(Whereabouts),
    Sign(Box<Signing>),
    Message { path: Vec<u32>, length: u64, root: Hash },
    EthereumAddress(Account),
    EthereumText(Text),
    EthereumSent(Box<Sent>),
    EthereumTyped(Box<Signed>),
}

/// Which address is asked for.
pub struct Whereabouts {
    shown: bool,
    id: Hash,
    proof: Hash,
    change: bool,
    index: u32,
}

impl Job {
    /// The command of an instruction.
    pub fn read(ins: u8, data: &[u8]) -> Result<Self, Status> {
        let mut bytes = Bytes(data);
        let job = match ins {
            0x00 => (|| Some(Self::Xpub { shown: flag(bytes.byte()?)?, path: bytes.path(MAX_STEPS)? }))(),
            0x02 => bytes.varint().and_then(|length| {
                let policy = bytes.take(usize::try_from(length).ok()?)?.to_vec();
                Some(Self::Register { policy })
            }),
            0x03 => (|| {
                Some(Self::Address(Whereabouts {
                    shown: flag(bytes.byte()?)?,
                    id: bytes.hash()?,
                    proof: bytes.hash()?,
                    change: flag(bytes.byte()?)?,
                    index: bytes.be32()?,
                }))
            })(),
            0x04 => Signing::read(&mut bytes).map(|signing| Self::Sign(Box::new(signing))),
            0x10 => {
                (|| Some(Self::Message { path: bytes.path(MAX_STEPS)?, length: bytes.varint()?, root: bytes.hash()? }))(
                )
            }
            _ => return Err(Status::UNKNOWN_INS),
        };
        match job {
            Some(job) if bytes.0.is_empty() => Ok(job),
            Some(_) => Err(Status::WRONG_LENGTH),
            None => Err(Status::INCORRECT),
        }
    }

    /// The page after a no.
    pub fn refused(&self) -> Screen {
        let (title, text) = match self {
            Self::Xpub { .. } => ("Public key rejected", ""),
            Self::Register { .. } => ("Account rejected", ""),
            Self::Address(_) | Self::EthereumAddress(_) => ("Address verification", "cancelled"),
            Self::Sign(_) | Self::EthereumSent(_) => ("Transaction rejected", ""),
            Self::Message { .. } | Self::EthereumText(_) | Self::EthereumTyped(_) => ("Message rejected", ""),
        };
        Screen::said(title, text)
    }

    /// Runs as far as it gets.
    pub fn run(&mut self, desk: &mut Desk<'_>) -> Result<Step, Stop> {
        match self {
            Self::Xpub { path, shown } => xpub(path, *shown, desk),
            Self::Register { policy } => register(policy, desk),
            Self::Address(which) => which.run(desk),
            Self::Sign(signing) => signing.run(desk),
            Self::Message { path, length, root } => message(path, *length, *root, desk),
            Self::EthereumAddress(account) => account.run(desk),
            Self::EthereumText(text) => text.run(desk),
            Self::EthereumSent(sent) => sent.run(desk),
            Self::EthereumTyped(typed) => typed.run(desk),
        }
    }
}

fn flag(byte: u8) -> Option<bool> {
    match byte {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

fn xpub(path: &[u32], shown: bool, desk: &Desk<'_>) -> Result<Step, Stop> {
    let usual = path::usual(path, desk.coin());
    if !usual && !shown {
        return Err(Status::UNSUPPORTED.into());
    }
    let xpub = desk.keys.xpub(path, desk.kind()).ok_or(Status::INCORRECT)?.to_string();
    if shown && !desk.approved {
        let warning = Screen::next("Security risk", "Unusual derivation path");
        let mut pages = if usual { Vec::new() } else { vec![warning] };
        pages.extend([
            Screen::next("Confirm public key", ""),
            Screen::next("Path", script::path(path)),
            Screen::next("Public key", xpub),
            Screen::decide("Approve public key", ""),
        ]);
        return Ok(Step::Show(pages));
    }
    Ok(Step::Done(xpub.into_bytes(), shown.then(|| Screen::said("Public key", "approved"))))
}

fn register(serialized: &[u8], desk: &mut Desk<'_>) -> Result<Step, Stop> {
    let policy = Policy::parse(serialized, desk.keys, desk.kind(), desk.host)?;
    if !policy.named() {
        return Err(Status::INCORRECT.into());
    }
    if !policy.keys.iter().any(|key| key.own) {
        return Err(Status::NO_OWN_KEY.into());
    }
    if !desk.approved {
        let mut pages = vec![
            Screen::next("Review account", "to register"),
            Screen::next("Account name", &policy.name),
            Screen::next("Wallet policy", &policy.template),
            Screen::next("Review co-signer", "public keys"),
        ];
        for (number, key) in policy.keys.iter().enumerate() {
            let whose = if key.own { "Our" } else { "Their" };
            pages.push(Screen::next(format!("{whose} key@{number}"), &key.text));
        }
        pages.push(Screen::decide("Register account", ""));
        return Ok(Step::Show(pages));
    }
    let answer = [policy.id, policy.proof(desk.keys)].concat();
    Ok(Step::Done(answer, Some(Screen::said("Account registered", ""))))
}

impl Whereabouts {
    fn run(&self, desk: &mut Desk<'_>) -> Result<Step, Stop> {
        if !ChildNumber::from(self.index).is_normal() {
            return Err(Status::INCORRECT.into());
        }
        let policy = Policy::read(self.id, desk.keys, desk.kind(), desk.host)?;
        let registered = policy.admitted(self.proof, desk.keys, desk.coin())?;
        let spot = policy.at(self.change, self.index).ok_or(Status::INCORRECT)?;
        let address = Address::from_script(&spot.script_pubkey(), desk.network).map_err(|_| Status::UNSUPPORTED)?;
        if self.shown && !desk.approved {
            let mut pages =
                vec![Screen::next("Verify bitcoin", "address"), Screen::next("Address", address.to_string())];
            if registered {
                pages.push(Screen::next("Account name", &policy.name));
            }
            pages.push(Screen::decide("Confirm", ""));
            return Ok(Step::Show(pages));
        }
        let page = self.shown.then(|| Screen::said("Address verified", ""));
        Ok(Step::Done(address.to_string().into_bytes(), page))
    }
}

fn message(path: &[u32], length: u64, root: Hash, desk: &mut Desk<'_>) -> Result<Step, Stop> {
    if length == 0 || length > MAX_MESSAGE {
        return Err(Status::INCORRECT.into());
    }
    let text = desk.host.list(root, length.div_ceil(CHUNK))?.concat();
    if u64::try_from(text.len()) != Ok(length) {
        return Err(Status::INCORRECT.into());
    }
    let digest = sha(&[&sha(&[b"\x18Bitcoin Signed Message:\n", &varint(length), &text])]);
    if !desk.approved {
        let shown = match std::str::from_utf8(&text) {
            Ok(shown) => printable(shown).into_owned(),
            Err(_) => bitcoin::hex::DisplayHex::to_lower_hex_string(text.as_slice()),
        };
        return Ok(Step::Show(vec![
            Screen::next("Review message", ""),
            Screen::next("Path", script::path(path)),
            Screen::next("Message", shown),
            Screen::decide("Sign message", ""),
        ]));
    }
    let (number, signature) = desk.keys.recoverable(path, digest).ok_or(Status::INCORRECT)?;
    let answer = [&[number.wrapping_add(31)], signature.as_slice()].concat();
    Ok(Step::Done(answer, Some(Screen::said("Message signed", ""))))
}
