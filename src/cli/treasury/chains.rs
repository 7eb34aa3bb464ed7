//! How each wallet reaches its chain, and what was learned there.
//!
//! - The way may hold a password, so it is kept in a file of its own for this user alone, not in the journal.
//! - What the chain said is a cache: when it is damaged or of another version, it is fetched anew.

use super::super::{Context, Exit, Failure};
use super::files;
use crate::chain::{self, Chain, ChainError, Settings, Source};
use crate::treasury::bitcoin::coins::State;
use crate::treasury::bitcoin::wallet::{Wallet, WalletId};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The longest of our own files that is read.
const LONGEST: u64 = 64 << 20;

/// The way that was named now, or else the one that was named before.
pub fn source(named: Option<&Source>, wallet: &Wallet, context: &Context) -> Result<Option<Source>, Failure> {
    match named {
        Some(source) => Ok(Some(source.clone())),
        None => match sources(context)?.get(&wallet.id().to_string()) {
            Some(text) => text.parse().map(Some).map_err(|error| failed(&error)),
            None => Ok(None),
        },
    }
}

/// Opens the way to a wallet's chain; there has to be one.
pub fn open(named: Option<&Source>, wallet: &Wallet, context: &Context) -> Result<(Box<dyn Chain>, String), Failure> {
    let source = source(named, wallet, context)?.ok_or_else(|| {
        let message = format!("nobody has said how the wallet {} reaches its chain", wallet.name());
        Failure::new(Exit::Usage, "no-chain", message).hint(
            "--chain esplora:https://HOST/api, electrum:ssl://HOST:PORT or bitcoind:http://127.0.0.1:8332?cookie=FILE",
        )
    })?;
    let chain = chain::open(&source, &Settings::new(wallet.network())).map_err(|error| failed(&error))?;
    Ok((chain, source.host()))
}

/// Remembers a wallet's way to its chain.
pub fn remember(source: &Source, wallet: WalletId, context: &Context) -> Result<(), Failure> {
    let mut all = sources(context)?;
    all.insert(wallet.to_string(), source.secret());
    let text: BTreeMap<&str, &str> = all.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let text = serde_json::to_vec(&text).map(Zeroizing::new);
    let text = text.map_err(|error| Failure::new(Exit::Error, "output", error.to_string()))?;
    replace(&files::folder(context, "")?.join("chains.json"), &text)
}

fn sources(context: &Context) -> Result<BTreeMap<String, Zeroizing<String>>, Failure> {
    let path = context.paths.treasury.join("chains.json");
    let text = match std::fs::read(&path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(Failure::new(Exit::Error, "file", format!("{}: {error}", files::shown(&path)))),
    };
    let wrong = |_| Failure::new(Exit::Error, "file", format!("{} is not what was written", files::shown(&path)));
    serde_json::from_slice(&text).map_err(wrong)
}

/// What is known of a wallet's coins; from nothing when nothing was kept.
pub fn state(wallet: &Wallet, context: &Context) -> Result<State, Failure> {
    let path = place(wallet, context);
    let kept = std::fs::metadata(&path).ok().filter(|metadata| metadata.len() <= LONGEST);
    let kept = kept.and_then(|_| std::fs::read(&path).ok());
    let restored = kept.map(|bytes| State::restore(wallet, &bytes));
    match restored {
        Some(Ok(state)) => return Ok(state),
        Some(Err(error)) => context.output.note(&error.to_string()),
        None => {}
    }
    State::new(wallet).map_err(|error| Failure::new(Exit::Error, "wallet-state", error.to_string()))
}

/// Keeps what was learned.
pub fn keep(state: &mut State, context: &Context) -> Result<(), Failure> {
    let path = place(state.wallet(), context);
    let bytes = state.persist().map_err(|error| Failure::new(Exit::Error, "wallet-state", error.to_string()))?;
    if let Some(folder) = path.parent() {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|error| Failure::new(Exit::Error, "output", format!("{}: {error}", files::shown(folder))))?;
    }
    replace(&path, &bytes)
}

fn place(wallet: &Wallet, context: &Context) -> PathBuf {
    context.paths.cache.join("wallets").join(wallet.id().to_string())
}

/// Writes a file of ours whole or not at all.
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let aside = path.with_extension("new");
    let new = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
    let written = new.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    let written = written.and_then(|()| std::fs::rename(&aside, path));
    written
        .map_err(|error| Failure::new(Exit::Error, "output", format!("cannot write {}: {error}", files::shown(path))))
}

/// A chain's failure as a command's.
pub fn failed(error: &ChainError) -> Failure {
    let exit = match error {
        ChainError::Source(_) | ChainError::Settings(_) => Exit::Usage,
        ChainError::WrongNetwork { .. }
        | ChainError::WrongChain { .. }
        | ChainError::Disagree { .. }
        | ChainError::NoSafe { .. }
        | ChainError::OtherHash { .. } => Exit::Verification,
        ChainError::Auth { .. } => Exit::Device,
        _ => Exit::Network,
    };
    let failure = Failure::new(exit, error.code(), error.to_string());
    if error.passes() { failure.retryable() } else { failure }
}
