//! The console's end: a [`Device`] that is somewhere else.
//!
//! - What comes back is as little trusted as what comes from a plugged-in device: signatures are verified, addresses
//!   compared by whoever asked.
//! - There is one question at a time, and waiting for its answer is watched.

use super::message::{Answer, Ask, Described, LONGEST, read, write};
use crate::device::ethereum::{Account, Signable, Signature};
use crate::device::{About, Device, DeviceError, Held, Registered, Unverified, Watch};
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::wallet::{Chain, Spot};
use crate::treasury::proposal::InputSignature;
use bitcoin::bip32::{DerivationPath, Fingerprint, Xpub};
use bitcoin::{Address, Network};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::path::Path;

/// A device behind an agent.
#[derive(Debug)]
pub struct Forwarded {
    stream: UnixStream,
    watch: Watch,
}

impl Forwarded {
    /// Connects to the socket of an agent.
    pub fn connect(socket: &Path, watch: Watch) -> Result<Self, DeviceError> {
        let stream = UnixStream::connect(socket).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => DeviceError::Permission(socket.display().to_string()),
            _ => DeviceError::NotFound(format!("agent:{}", socket.display())),
        })?;
        Ok(Self { stream, watch })
    }

    fn ask(&mut self, ask: &Ask) -> Result<Answer, DeviceError> {
        let gone = |error: io::Error| DeviceError::Disconnected(error.to_string());
        self.stream.set_read_timeout(Some(crate::device::watch::TICK)).map_err(gone)?;
        write(&mut self.stream, ask).map_err(gone)?;
        let mut patient = Patient { stream: &self.stream, watch: self.watch.again(), over: None };
        let answer = read::<Answer>(&mut patient);
        match (answer, patient.over) {
            (_, Some(over)) => Err(over),
            (Ok(Some(Answer::Refused(error))), _) => Err(error),
            (Ok(Some(Answer::Blocked(codes))), _) => {
                Err(DeviceError::Blocked(crate::market::printable(&codes.join(", ")).into_owned()))
            }
            (Ok(Some(answer)), _) => Ok(answer),
            (Ok(None), _) => Err(DeviceError::Disconnected("the agent has ended".to_owned())),
            (Err(error), _) if error.kind() == io::ErrorKind::InvalidData => Err(DeviceError::TooLong(LONGEST)),
            (Err(error), _) => Err(gone(error)),
        }
    }
}

/// Reads as long as somebody waits.
struct Patient<'a> {
    stream: &'a UnixStream,
    watch: Watch,
    over: Option<DeviceError>,
}

impl Read for Patient<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Err(over) = self.watch.check() {
                self.over = Some(over);
                return Err(io::ErrorKind::TimedOut.into());
            }
            match self.stream.read(into) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                read => return read,
            }
        }
    }
}

fn described(held: &Held<'_>) -> Described {
    Described {
        network: held.wallet.network(),
        descriptors: held.wallet.descriptors(),
        name: held.name.to_owned(),
        hmac: held.hmac,
    }
}

fn odd(answer: &Answer) -> DeviceError {
    let what = match answer {
        Answer::About(_) => "what it is",
        Answer::Fingerprint(_) => "a fingerprint",
        Answer::Xpub(_) => "a key",
        Answer::Registered(_) => "a registration",
        Answer::Address(_) => "an address",
        Answer::Signed(_) => "signatures",
        Answer::Blocked(_) | Answer::Refused(_) => "a refusal",
    };
    DeviceError::Garbled(format!("the agent answers another question: {what}"))
}

impl Device for Forwarded {
    fn about(&mut self) -> Result<About, DeviceError> {
        match self.ask(&Ask::About)? {
            Answer::About(about) => Ok(about),
            other => Err(odd(&other)),
        }
    }

    fn fingerprint(&mut self, network: Network) -> Result<Fingerprint, DeviceError> {
        match self.ask(&Ask::Fingerprint { network })? {
            Answer::Fingerprint(fingerprint) => Ok(fingerprint),
            other => Err(odd(&other)),
        }
    }

    fn xpub(&mut self, network: Network, path: &DerivationPath, show: bool) -> Result<Xpub, DeviceError> {
        match self.ask(&Ask::Xpub { network, path: path.clone(), show })? {
            Answer::Xpub(xpub) => Ok(xpub),
            other => Err(odd(&other)),
        }
    }

    fn register(&mut self, wallet: &Held<'_>) -> Result<Option<Registered>, DeviceError> {
        match self.ask(&Ask::Register { wallet: described(wallet) })? {
            Answer::Registered(registered) => Ok(registered),
            other => Err(odd(&other)),
        }
    }

    fn address(&mut self, wallet: &Held<'_>, spot: Spot, show: bool) -> Result<Address, DeviceError> {
        let change = spot.chain == Chain::Change;
        match self.ask(&Ask::Address { wallet: described(wallet), change, index: spot.index, show })? {
            Answer::Address(text) => {
                let ours = wallet.wallet.address(spot).map(|address| address.to_string()).unwrap_or_default();
                let address = text.parse().ok().and_then(|address: Address<_>| {
                    address.require_network(wallet.wallet.network()).ok().filter(|address| address.to_string() == ours)
                });
                let shown = crate::market::printable(&text).into_owned();
                address.ok_or(DeviceError::Disagrees { shown, ours })
            }
            other => Err(odd(&other)),
        }
    }

    fn sign(
        &mut self,
        wallet: &Held<'_>,
        reviewed: &Reviewed<'_>,
    ) -> Result<Unverified<Vec<InputSignature>>, DeviceError> {
        let packet = reviewed.packet();
        match self.ask(&Ask::Sign { wallet: described(wallet), psbt: packet.base64(packet.version) })? {
            Answer::Signed(signatures) => Ok(Unverified::new(signatures)),
            other => Err(odd(&other)),
        }
    }

    fn sign_message(
        &mut self,
        _network: Network,
        _path: &DerivationPath,
        _text: &str,
    ) -> Result<Unverified<[u8; 65]>, DeviceError> {
        Err(not_forwarded("sign texts"))
    }

    fn eth_address(&mut self, _path: &DerivationPath, _show: bool) -> Result<Account, DeviceError> {
        Err(not_forwarded("answer for Ethereum"))
    }

    fn eth_sign(&mut self, _path: &DerivationPath, _what: &Signable) -> Result<Unverified<Signature>, DeviceError> {
        Err(not_forwarded("sign for Ethereum"))
    }
}

fn not_forwarded(what: &str) -> DeviceError {
    DeviceError::Unfit(format!("an agent does not {what}: ask the device where it is plugged in"))
}
