//! Secrets of this machine: HOT keys, sealed with a passphrase, and the identity that rejections are signed with.
//!
//! - A sealed key is a file of its own for this user alone. Its passphrase is typed without an echo, or read from the file
//!   that `EXCHEQUER_HOT_PASSPHRASE_FILE` names; it stands in no argument, log or journal.
//! - The identity moves no money: it can only refuse.

use super::super::{Context, Exit, Failure};
use super::files;
use crate::market::printable;
use crate::treasury::bitcoin::hot::{self, HotError, Signer};
use crate::treasury::ethereum::address::read as read_address;
use crate::treasury::ethereum::hot::{self as account, Account, AccountError};
use crate::treasury::proposal::{IdentityKey, Treasury};
use bitcoin::hex::{DisplayHex, FromHex};
use ring::rand::{SecureRandom, SystemRandom};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The variable that names the file with the passphrase.
pub const PASSPHRASE_FILE: &str = "EXCHEQUER_HOT_PASSPHRASE_FILE";

/// The longest passphrase that is read, in bytes.
const LONGEST: usize = 1 << 10;

/// Random bytes of the system.
pub fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, Failure> {
    let mut bytes = Zeroizing::new([0; N]);
    let filled = SystemRandom::new().fill(bytes.as_mut());
    filled.map_err(|_| Failure::new(Exit::Error, "random", "the system gives no random bytes"))?;
    Ok(bytes)
}

/// The passphrase of a key; twice when it is new and typed.
pub fn passphrase(new: bool) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = std::env::var_os(PASSPHRASE_FILE) {
        let bytes = Zeroizing::new(files::bytes(&PathBuf::from(path), LONGEST)?);
        return text(&bytes);
    }
    if !std::io::stdin().is_terminal() {
        let mut line = Zeroizing::new(Vec::new());
        let read = std::io::Read::take(std::io::stdin().lock(), LONGEST as u64).read_until(b'\n', &mut line);
        read.map_err(|error| Failure::new(Exit::Error, "file", error.to_string()))?;
        return text(&line);
    }
    let first = typed("Passphrase of the HOT key: ")?;
    if new && *first != *typed("The same again: ")? {
        return Err(Failure::new(Exit::Usage, "passphrase", "the two are not the same"));
    }
    Ok(first)
}

fn text(bytes: &[u8]) -> Result<Zeroizing<String>, Failure> {
    let text = std::str::from_utf8(bytes).map(|text| Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()));
    match text {
        Ok(text) if !text.is_empty() => Ok(text),
        _ => Err(Failure::new(Exit::Device, "passphrase", "there is no passphrase")
            .hint(format!("type it at a terminal, or name a file with it in {PASSPHRASE_FILE}"))),
    }
}

/// Reads a line from the terminal without showing it.
pub fn typed(question: &str) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: String| Failure::new(Exit::Error, "terminal", error);
    let stdin = std::io::stdin();
    let before = tcgetattr(&stdin).map_err(|error| failed(error.to_string()))?;
    let mut quiet = before.clone();
    quiet.local_modes.remove(LocalModes::ECHO);
    quiet.local_modes.insert(LocalModes::ECHONL);
    tcsetattr(&stdin, OptionalActions::Flush, &quiet).map_err(|error| failed(error.to_string()))?;
    let mut to = std::io::stderr().lock();
    let _ = to.write_all(question.as_bytes()).and_then(|()| to.flush());
    let mut line = Zeroizing::new(Vec::new());
    let read = std::io::Read::take(stdin.lock(), LONGEST as u64).read_until(b'\n', &mut line);
    let restored = tcsetattr(&stdin, OptionalActions::Flush, &before);
    read.map_err(|error| failed(error.to_string()))?;
    restored.map_err(|error| failed(error.to_string()))?;
    text(&line)
}

impl From<HotError> for Failure {
    fn from(error: HotError) -> Self {
        let (exit, key) = match &error {
            HotError::Passphrase | HotError::Empty => (Exit::Device, "passphrase"),
            HotError::Fault(_) => (Exit::Verification, "hot-key"),
            HotError::Nothing(_) => (Exit::Error, "hot-nothing"),
            _ => (Exit::Error, "hot-key"),
        };
        Self::new(exit, key, error.to_string())
    }
}

/// The file of a key.
pub fn file(fingerprint: &str, context: &Context) -> Result<PathBuf, Failure> {
    Ok(files::folder(context, "hot")?.join(format!("{fingerprint}.json")))
}

/// Seals a key into its file.
pub fn seal(signer: &Signer, passphrase: &str, context: &Context) -> Result<(), Failure> {
    let path = file(&signer.fingerprint().to_string(), context)?;
    let (salt, nonce) = (random::<16>()?, random::<12>()?);
    let sealed = hot::seal(signer, passphrase, hot::Cost::default(), *salt, *nonce);
    files::write(&path, &sealed?, true)
}

/// Opens a key.
pub fn open(fingerprint: &str, context: &Context) -> Result<Signer, Failure> {
    let path = file(fingerprint, context)?;
    if !path.is_file() {
        let message = format!("the HOT key {fingerprint} does not lie on this machine");
        return Err(Failure::new(Exit::Device, "no-hot-key", message).hint("exchequer hot list shows those that do"));
    }
    Ok(hot::open(&files::bytes(&path, 4 << 10)?, &passphrase(false)?)?)
}

/// Opens a key by its name or its fingerprint.
pub fn named(name: &str, treasury: &Treasury, context: &Context) -> Result<Signer, Failure> {
    let named = treasury.hot().iter().find(|(_, known)| *known == name).map(|(key, _)| key.to_string());
    open(&named.unwrap_or_else(|| name.to_owned()), context)
}

impl From<AccountError> for Failure {
    fn from(error: AccountError) -> Self {
        let exit = match &error {
            AccountError::Hot(HotError::Passphrase | HotError::Empty) => Exit::Device,
            AccountError::Fault => Exit::Verification,
            _ => Exit::Error,
        };
        Self::new(exit, error.code(), error.to_string())
    }
}

/// Seals an account into its file.
pub fn seal_account(account: &Account, passphrase: &str, context: &Context) -> Result<(), Failure> {
    let path = file(&account.address().to_checksum(None), context)?;
    let (salt, nonce) = (random::<16>()?, random::<12>()?);
    let sealed = account::seal(account, passphrase, hot::Cost::default(), *salt, *nonce);
    files::write(&path, &sealed?, true)
}

/// Opens an account by its name or its address.
pub fn account(name: &str, treasury: &Treasury, context: &Context) -> Result<Account, Failure> {
    let named = treasury.safes().hot_accounts().iter().find(|(_, known)| *known == name).map(|(address, _)| *address);
    let address = named.or_else(|| read_address(name).ok().map(|read| read.address));
    let here = address.map(|address| file(&address.to_checksum(None), context)).transpose()?;
    let Some(path) = here.filter(|path| path.is_file()) else {
        let message = format!("the HOT account {} does not lie on this machine", printable(name));
        return Err(Failure::new(Exit::Device, "no-hot-key", message).hint("exchequer hot list shows those that do"));
    };
    let account = account::open(&files::bytes(&path, 4 << 10)?, &passphrase(false)?)?;
    match Some(account.address()) == address {
        true => Ok(account),
        false => {
            let message = format!("{} holds another account: {}", files::shown(&path), account.address());
            Err(Failure::new(Exit::Verification, "hot-key", message))
        }
    }
}

/// The identity of this desk; made when there is none yet.
pub fn identity(context: &Context) -> Result<IdentityKey, Failure> {
    let path = files::folder(context, "")?.join("identity");
    if !path.exists() {
        let seed = random::<32>()?;
        let text = Zeroizing::new(format!("{}\n", seed.as_hex()));
        files::write(&path, text.as_bytes(), true)?;
    }
    let wrong = || Failure::new(Exit::Error, "identity", format!("{} is no identity", files::shown(&path)));
    let text = Zeroizing::new(files::bytes(&path, 100)?);
    let text = std::str::from_utf8(&text).map_err(|_| wrong())?;
    let seed = Zeroizing::new(<[u8; 32]>::from_hex(text.trim()).map_err(|_| wrong())?);
    IdentityKey::of(&seed).map_err(|_| wrong())
}
