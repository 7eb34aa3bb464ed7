//! Where the treasury's own files lie: the ways to chains, sealed keys, this desk's identity, and what chains told.
//!
//! - They are the same that the command line uses, so that a wallet imported there is here at the next start.
//! - Secrets are for this user alone, and a file is written whole or not at all.

mod safe;

pub use safe::{Funds, ServiceKey, Way, Ways};

use super::Devices;
use crate::chain::Source;
use crate::market::printable;
use crate::money::Asset;
use crate::treasury::bitcoin::coins::State;
use crate::treasury::bitcoin::hot::{self, Signer};
use crate::treasury::bitcoin::psbt::LONGEST_TEXT;
use crate::treasury::bitcoin::wallet::{Wallet, WalletId};
use crate::treasury::proposal::{Identity, IdentityKey};
use bitcoin::bip32::Fingerprint;
use bitcoin::hex::{DisplayHex, FromHex};
use ring::rand::{SecureRandom, SystemRandom};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The longest of our own files that is read.
const LONGEST: u64 = 64 << 20;

/// The longest sealed key.
const LONGEST_KEY: u64 = 4 << 10;

/// How the treasury is opened.
#[derive(Clone, Debug)]
pub struct TreasurySettings {
    /// Where its files are.
    pub place: Place,
    /// What is done before it is opened: in the demo, everything that is there to be seen.
    pub prepare: Option<Prepare>,
    /// The currency that values are told in.
    pub base: Asset,
    /// The passphrase of the keys that lie here, where that is no secret: in the demo.
    pub told: Option<Arc<str>>,
    /// Whether coins of a test network are told at the price of real ones: in the demo.
    pub pretends: bool,
    /// How often a chain is asked.
    pub sync_every: Duration,
    /// Authorities to trust besides those built in, in a PEM file.
    pub authorities: Option<PathBuf>,
    /// The key of the usual transaction service of Safes.
    pub service_key: Option<ServiceKey>,
    /// Where hardware wallets are looked for.
    pub devices: Devices,
}

/// Where the treasury's files are.
#[derive(Clone, Debug)]
pub struct Place {
    /// A journal of its own; the desk's when `None`.
    pub journal: Option<PathBuf>,
    /// Its folder.
    pub folder: PathBuf,
    /// Where what chains told is kept.
    pub cache: PathBuf,
}

/// What is done in a place before the treasury there is opened.
type Preparation = dyn Fn(&Place) -> Result<(), String> + Send + Sync;

/// Something to be done before the treasury is opened, on a thread that may wait.
#[derive(Clone)]
pub struct Prepare(pub Arc<Preparation>);

impl fmt::Debug for Prepare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepare")
    }
}

/// What failed, with the file that it failed on.
fn on(path: &Path) -> impl Fn(io::Error) -> String + '_ {
    move |error| format!("{}: {error}", printable(&path.display().to_string()))
}

impl Place {
    /// A folder of ours, for this user alone.
    fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let folder = self.folder.join(name);
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(on(&folder))?;
        Ok(folder)
    }

    /// The ways to the wallets' chains. They may hold passwords.
    pub fn sources(&self) -> Result<BTreeMap<String, Source>, String> {
        let path = self.folder.join("chains.json");
        let Some(text) = read(&path, LONGEST)? else { return Ok(BTreeMap::new()) };
        let wrong = || format!("{}: not what was written", printable(&path.display().to_string()));
        let all: BTreeMap<String, Zeroizing<String>> = serde_json::from_slice(&text).map_err(|_| wrong())?;
        all.into_iter().map(|(id, text)| Ok((id, text.parse::<Source>().map_err(|error| error.to_string())?))).collect()
    }

    /// Remembers the ways to chains.
    pub fn set_sources(&self, sources: &BTreeMap<WalletId, Source>) -> Result<(), String> {
        let all: BTreeMap<String, Zeroizing<String>> =
            sources.iter().map(|(id, source)| (id.to_string(), source.secret())).collect();
        let shown: BTreeMap<&str, &str> = all.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
        let text = Zeroizing::new(serde_json::to_vec(&shown).map_err(|error| error.to_string())?);
        replace(&self.folder("")?.join("chains.json"), &text)
    }

    /// What was kept of a wallet's coins; nothing when that cannot be read.
    pub fn state(&self, wallet: &Wallet) -> Result<State, String> {
        let path = self.cache.join("wallets").join(wallet.id().to_string());
        let kept = read(&path, LONGEST).ok().flatten().and_then(|bytes| State::restore(wallet, &bytes).ok());
        kept.map_or_else(|| State::new(wallet).map_err(|error| error.to_string()), Ok)
    }

    /// Keeps what a chain told.
    pub fn keep(&self, state: &mut State) -> Result<(), String> {
        let folder = self.cache.join("wallets");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(on(&folder))?;
        let bytes = state.persist().map_err(|error| error.to_string())?;
        replace(&folder.join(state.wallet().id().to_string()), &bytes)
    }

    fn key(&self, fingerprint: Fingerprint) -> PathBuf {
        self.folder.join("hot").join(format!("{fingerprint}.json"))
    }

    /// Whether a key lies here.
    pub fn has_key(&self, fingerprint: Fingerprint) -> bool {
        self.key(fingerprint).is_file()
    }

    /// Opens a key that lies here.
    pub fn open_key(&self, fingerprint: Fingerprint, passphrase: &str) -> Result<Signer, String> {
        let path = self.key(fingerprint);
        let bytes = read(&path, LONGEST_KEY)?.ok_or_else(|| format!("the HOT key {fingerprint} does not lie here"))?;
        let signer = hot::open(&bytes, passphrase).map_err(|error| error.to_string())?;
        match signer.fingerprint() == fingerprint {
            true => Ok(signer),
            false => Err(format!("the file of the key {fingerprint} holds the key {}", signer.fingerprint())),
        }
    }

    /// Seals a key into a file.
    pub fn seal_key(&self, signer: &Signer, passphrase: &str, cost: hot::Cost) -> Result<(), String> {
        let (salt, nonce) = (random::<16>()?, random::<12>()?);
        let sealed = hot::seal(signer, passphrase, cost, *salt, *nonce).map_err(|error| error.to_string())?;
        create(&self.folder("hot")?.join(format!("{}.json", signer.fingerprint())), &sealed)
    }

    /// Who this desk is, if it has ever refused anything.
    pub fn known_identity(&self) -> Option<Identity> {
        self.read_identity().ok().flatten().map(|key| key.identity())
    }

    /// The key that this desk refuses with; made when there is none yet.
    pub fn identity(&self) -> Result<IdentityKey, String> {
        if let Some(key) = self.read_identity()? {
            return Ok(key);
        }
        let text = Zeroizing::new(format!("{}\n", random::<32>()?.as_hex()));
        create(&self.folder("")?.join("identity"), text.as_bytes())?;
        self.read_identity()?.ok_or_else(|| "this desk has no identity".to_owned())
    }

    fn read_identity(&self) -> Result<Option<IdentityKey>, String> {
        let path = self.folder.join("identity");
        let Some(text) = read(&path, 100)? else { return Ok(None) };
        let wrong = || format!("{}: no identity", printable(&path.display().to_string()));
        let text = std::str::from_utf8(&text).map_err(|_| wrong())?;
        let seed = Zeroizing::new(<[u8; 32]>::from_hex(text.trim()).map_err(|_| wrong())?);
        IdentityKey::of(&seed).map(Some).map_err(|_| wrong())
    }
}

/// Random bytes of the system.
pub fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, String> {
    let mut bytes = Zeroizing::new([0; N]);
    SystemRandom::new().fill(bytes.as_mut()).map_err(|_| "the system gives no random bytes".to_owned())?;
    Ok(bytes)
}

/// A file up to a limit; `None` when there is none.
fn read(path: &Path, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(on(path)(error)),
    };
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(limit + 1).read_to_end(&mut bytes).map_err(on(path))?;
    let long = u64::try_from(bytes.len()).is_ok_and(|length| length > limit);
    if long { Err(format!("{}: too long", printable(&path.display().to_string()))) } else { Ok(Some(bytes)) }
}

/// What somebody hands in, up to the longest text of a PSBT.
pub fn handed_in(path: &Path) -> Result<Vec<u8>, String> {
    let limit = u64::try_from(LONGEST_TEXT).unwrap_or(u64::MAX);
    let bytes = read(path, limit)?.ok_or_else(|| on(path)(io::ErrorKind::NotFound.into()))?;
    Ok(bytes.to_vec())
}

/// Writes a file that is not there yet.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    new.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all())).map_err(on(path))
}

/// Writes a file of ours whole or not at all.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), String> {
    let aside = path.with_extension("new");
    let new = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside);
    let written = new.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.and_then(|()| std::fs::rename(&aside, path)).map_err(on(path))
}
