//! A device opened for one command: held against other processes, watched, and with the person at the terminal beside it.

use super::simulated::{self, Plugged};
use super::{At, Which};
use crate::cli::output::{Output, write_stderr};
use crate::cli::treasury::{facts, files, find, keys, read};
use crate::cli::{Context, Exit, Failure};
use crate::device::agent::SOCKET;
use crate::device::pages::Page;
use crate::device::{self, Attendant, Device, DeviceError, Held, Owner, Passphrase, Place, Watch, seat};
use crate::market::{Timestamp, printable};
use crate::treasury::bitcoin::import::{self, LONGEST_FILE};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Facts;
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::proposal::{Treasury, Vault, original};
use bitcoin::Transaction;
use bitcoin::bip32::Fingerprint;
use std::ffi::OsString;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

/// The variable that names the file with a device's passphrase.
const PASSPHRASE_FILE: &str = "EXCHEQUER_DEVICE_PASSPHRASE_FILE";

/// The longest line that is read for a PIN or a passphrase, in bytes.
const LONGEST: usize = 256;

/// A device that is this process's as long as this lives.
pub struct Asked {
    /// The device.
    pub device: Box<dyn Device>,
    /// The way to it.
    pub place: Place,
    _owner: Option<Owner>,
    _simulated: Option<Plugged>,
}

/// Opens the device that is named, or the one behind an agent, or the only one there is.
pub fn open(at: &At, context: &Context) -> Result<Asked, Failure> {
    opened(at, std::env::var_os(SOCKET), context)
}

/// Opens a device of this machine: an agent serves no other agent's.
pub fn open_here(at: &At, context: &Context) -> Result<Asked, Failure> {
    opened(at, None, context)
}

fn opened(at: &At, agent: Option<OsString>, context: &Context) -> Result<Asked, Failure> {
    let place = place(at, agent)?;
    let simulated = match &place {
        Place::Simulated(name) => Some(simulated::plug(name)?),
        _ if at.press_yes => {
            return Err(Failure::new(
                Exit::Usage,
                "press-yes",
                "only a simulated device is answered for: leave out --press-yes",
            ));
        }
        _ => None,
    };
    if let Some(plugged) = &simulated {
        plugged.attend(at.press_yes);
    }
    let place = simulated.as_ref().map_or(place, |plugged| plugged.way.clone());
    // A transcript is nobody's: it can be read by many. A simulated one is this process's anyway.
    let owner = match &place {
        Place::Replay(_) => None,
        _ if simulated.is_some() => None,
        place => {
            let now = Timestamp::from_system(SystemTime::now());
            let owner = Owner::take(&files::folder(context, "devices")?, place, now);
            Some(owner?)
        }
    };
    let watch = Watch::new(Duration::from_secs(at.wait));
    let attendant = Box::new(Terminal { context: context.clone(), told: false });
    let device = device::open(&place, watch, attendant)?;
    Ok(Asked { device, place, _owner: owner, _simulated: simulated })
}

fn place(at: &At, agent: Option<OsString>) -> Result<Place, Failure> {
    if let Some(place) = &at.device {
        return Ok(place.clone());
    }
    if let Some(socket) = agent.filter(|socket| !socket.is_empty()) {
        return Ok(Place::Agent(PathBuf::from(socket)));
    }
    let found = device::list()?;
    let names: Vec<String> = found.iter().map(|one| one.place.to_string()).collect();
    match (found.as_slice(), names.join(", ")) {
        ([one], _) => Ok(one.place.clone()),
        ([], _) => {
            let failure = Failure::new(Exit::Device, "device-not-found", "no device is plugged in");
            Err(failure.hint(format!(
                "--device names another way to one, {SOCKET} an agent; exchequer doctor looks for rules"
            )))
        }
        (_, names) => {
            let message = format!("several devices are plugged in: {names}");
            Err(Failure::new(Exit::Device, "device-several", message).hint("name one with --device"))
        }
    }
}

/// Prints what the device will show, where that is known, so that it can be compared line by line.
pub fn foretell(pages: &[Page], output: &Output) {
    if pages.is_empty() || output.json {
        return;
    }
    let mut told = "the device will show:\n".to_owned();
    for page in pages {
        // What it shows only when it is asked for more.
        let mark = if page.on_demand { "+" } else { " " };
        told.push_str(&format!(" {mark}{:<26} {}\n", printable(&page.title), printable(&page.text)));
    }
    write_stderr(&told);
}

/// A wallet out of a file or out of the journal.
pub struct Chosen {
    /// The wallet.
    pub wallet: Wallet,
    /// What the journal knows, when it is from there.
    treasury: Option<Treasury>,
    name: Option<String>,
    hmac: Option<device::Hmac>,
}

impl Chosen {
    /// The wallet of a proposal.
    pub fn of(treasury: Treasury, wallet: Wallet) -> Self {
        Self { wallet, treasury: Some(treasury), name: None, hmac: None }
    }

    fn vault(&self) -> Option<&Vault> {
        self.treasury.as_ref().and_then(|treasury| treasury.vault(self.wallet.id()).ok())
    }

    /// Whose device it is. A wallet that is watched is for its keys' devices and no other; one in a file may be anybody's,
    /// and what comes back tells whose it was.
    pub fn holder(&self, device: &mut dyn Device) -> Result<Option<Fingerprint>, DeviceError> {
        self.treasury.as_ref().map(|_| seat::seat(device, &self.wallet)).transpose()
    }

    /// What is known of a transaction that is to be signed: what its proposal's review would know, or only the two files.
    pub fn facts(&self, packet: &Packet, context: &Context) -> Result<Facts, Failure> {
        let Some((treasury, vault)) = self.treasury.as_ref().zip(self.vault()) else { return Ok(Facts::default()) };
        let txid = packet.psbt.unsigned_tx.compute_txid();
        let proposal = treasury.proposals().rfind(|proposal| proposal.txid() == Some(txid)).map(|proposal| proposal.id);
        facts::of(treasury, vault, proposal, Timestamp::from_system(SystemTime::now()), context)
    }

    /// The transaction whose place a packet takes, where that is known.
    pub fn original(&self, packet: &Packet) -> Option<Transaction> {
        self.treasury.as_ref().and_then(|treasury| original(treasury, packet))
    }

    /// The wallet as a device has it.
    pub fn held(&self, device: Option<Fingerprint>) -> Held<'_> {
        let known = self.vault().zip(device).and_then(|(vault, device)| vault.registrations.get(&device));
        let hmac = self.hmac.or_else(|| known.and_then(|registration| registration.hmac.parse().ok()));
        let known = known.map(|registration| registration.name.as_str());
        let name = self.name.as_deref().or(known).unwrap_or_else(|| self.wallet.name());
        Held { wallet: &self.wallet, name, hmac }
    }
}

/// Finds the wallet that is meant.
pub fn wallet(which: &Which, context: &Context) -> Result<Chosen, Failure> {
    let (wallet, treasury) = if files::is_pipe(&which.wallet) || which.wallet.exists() {
        let bytes = files::bytes(&which.wallet, LONGEST_FILE)?;
        let unread = |error: import::ImportError| {
            let message = format!("{} cannot be read: {error}", files::shown(&which.wallet));
            Failure::new(crate::cli::Exit::Error, error.code(), message)
        };
        let imported = import::read(&bytes, which.network).map_err(unread)?;
        let name = imported.name.clone().unwrap_or_else(|| "the wallet".into());
        (imported.wallet(&name).map_err(|error| unread(error.into()))?, None)
    } else {
        let treasury = read(context)?;
        let wallet = find::wallet(&treasury, &which.wallet.to_string_lossy())?.wallet.clone();
        (wallet, Some(treasury))
    };
    Ok(Chosen { wallet, treasury, name: which.policy_name.clone(), hmac: which.hmac })
}

/// The person at the terminal, or what comes by the pipe in their place.
struct Terminal {
    context: Context,
    told: bool,
}

impl Terminal {
    fn line(&self, question: &str) -> Option<Zeroizing<String>> {
        if std::io::stdin().is_terminal() {
            return keys::typed(question).ok();
        }
        let mut line = Zeroizing::new(Vec::new());
        std::io::Read::take(std::io::stdin().lock(), LONGEST as u64).read_until(b'\n', &mut line).ok()?;
        let text = std::str::from_utf8(&line).ok()?.trim_end_matches(['\r', '\n']);
        // An empty line is an answer; no line is none.
        (!line.is_empty()).then(|| Zeroizing::new(text.to_owned()))
    }
}

impl Attendant for Terminal {
    fn pin(&mut self) -> Option<Zeroizing<String>> {
        for line in ["the device shows a keypad; type the places of your digits:", "  7 8 9", "  4 5 6", "  1 2 3"] {
            self.context.output.note(line);
        }
        self.line("PIN places: ").filter(|text| !text.is_empty())
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        if let Some(path) = std::env::var_os(PASSPHRASE_FILE) {
            let bytes = Zeroizing::new(files::bytes(&PathBuf::from(path), LONGEST).ok()?);
            let text = std::str::from_utf8(&bytes).ok()?.trim_end_matches(['\r', '\n']);
            return Some(Passphrase::Typed(Zeroizing::new(text.to_owned())));
        }
        self.line("Passphrase of the device (empty for none): ").map(Passphrase::Typed)
    }

    fn look(&mut self) {
        if !std::mem::replace(&mut self.told, true) {
            self.context.output.note("look at the device, and answer there");
        }
    }
}
