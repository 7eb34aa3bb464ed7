//! A Trezor's public keys, and which seats of a wallet are its own (T27).
//!
//! - Every answer tells the fingerprint of the seed, so that one question tells who it is; what was told is kept until
//!   a passphrase is typed, which may make it another wallet.
//! - A seat is the device's when the seed's fingerprint is the seat's *and* the key at the seat's path is the wallet's.
//! - The key is taken from its parts; the text that comes with it has to say the same, whatever its first letters.

use super::{Trezor, path};
use crate::device::DeviceError;
use crate::market::printable;
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::bip32::{ChainCode, ChildNumber, DerivationPath, Fingerprint, Xpub};
use bitcoin::secp256k1::PublicKey;
use bitcoin::{Network, base58};
use trezor_client::protos::{self, GetPublicKey, HDNodeType, InputScriptType};

/// What a device has told of its keys.
#[derive(Default)]
pub(super) struct Known {
    /// How many passphrases had been typed then.
    passphrases: u32,
    root: Option<Fingerprint>,
    keys: Vec<(Network, DerivationPath, Xpub)>,
}

/// How a key is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    /// On the screen too.
    pub show: bool,
    /// As what kind of script's; none says nothing of it.
    pub kind: InputScriptType,
    /// Whether the text is to begin with `xpub` or `tpub` whatever the kind.
    pub plain: Option<bool>,
}

impl Trezor {
    /// The key at a path.
    pub(super) fn key(&mut self, network: Network, path: &DerivationPath, show: bool) -> Result<Xpub, DeviceError> {
        let passphrases = self.session.passphrases;
        if passphrases != self.known.passphrases {
            self.known = Known { passphrases, ..Known::default() };
        }
        let known = self.known.keys.iter().find(|(on, at, _)| *on == network && at == path);
        if let (Some((.., xpub)), false) = (known, show) {
            return Ok(*xpub);
        }
        let ask = Ask { show, kind: path::customary(path), plain: Some(true) };
        self.ask_key(network, path, ask)
    }

    /// Asks for the key at a path.
    pub(super) fn ask_key(&mut self, network: Network, path: &DerivationPath, ask: Ask) -> Result<Xpub, DeviceError> {
        let mut question = GetPublicKey::new();
        question.address_n = path::numbers(path);
        question.set_coin_name(path::coin(network).to_owned());
        question.set_show_display(ask.show);
        question.set_script_type(ask.kind);
        question.ignore_xpub_magic = ask.plain;
        let answer: protos::PublicKey = self.session.ask(&question)?;
        let xpub = read(&answer, network, path)?;
        let root = match answer.root_fingerprint {
            Some(root) => Some(Fingerprint::from(root.to_be_bytes())),
            // Firmwares that do not tell: the seed's fingerprint is the parent's of its first keys.
            None if path.len() == 1 => Some(xpub.parent_fingerprint),
            None => None,
        };
        self.known.passphrases = self.session.passphrases;
        if let Some(root) = root {
            if self.known.root.is_some_and(|known| known != root) {
                self.known.keys.clear();
            }
            self.known.root = Some(root);
        }
        if self.known.keys.len() < 64 {
            self.known.keys.push((network, path.clone(), xpub));
        }
        Ok(xpub)
    }

    /// The fingerprint of its seed; where it has to be asked, by the key at a path.
    pub(super) fn root(&mut self, network: Network, path: &DerivationPath) -> Result<Fingerprint, DeviceError> {
        self.key(network, path, false)?;
        if let Some(root) = self.known.root {
            return Ok(root);
        }
        let first = DerivationPath::from(vec![ChildNumber::Hardened { index: 0 }]);
        self.key(network, &first, false)?;
        self.known.root.ok_or_else(|| DeviceError::Garbled("it does not tell its fingerprint".to_owned()))
    }

    /// The fingerprint of its seed as it was told last.
    pub(super) fn told_root(&self) -> Option<Fingerprint> {
        self.known.root.filter(|_| self.known.passphrases == self.session.passphrases)
    }

    /// The seats of a wallet that are this device's: places among its cosigners.
    pub(super) fn seats(&mut self, wallet: &Wallet) -> Result<Vec<usize>, DeviceError> {
        let cosigners = wallet.policy().cosigners();
        let first = cosigners.iter().find(|seat| seat.origin_known);
        let first = first.ok_or_else(|| {
            DeviceError::Unfit("the wallet does not tell where its keys come from, and a Trezor has to know".to_owned())
        })?;
        let root = match self.told_root() {
            Some(root) => root,
            None => self.root(wallet.network(), &first.path)?,
        };
        let mine = cosigners.iter().enumerate().filter(|(_, seat)| seat.origin_known && seat.fingerprint == root);
        let mut seats = Vec::new();
        for (place, seat) in mine {
            let xpub = self.key(wallet.network(), &seat.path, false)?;
            // A wallet may leave out what a key's text says beside the key itself.
            if (xpub.public_key, xpub.chain_code) != (seat.xpub.public_key, seat.xpub.chain_code) {
                return Err(DeviceError::WrongKey { fingerprint: root, path: format!("m/{}", seat.path) });
            }
            seats.push(place);
        }
        match (seats.is_empty(), cosigners) {
            (false, _) => Ok(seats),
            (true, [only]) => Err(DeviceError::WrongDevice { expected: only.fingerprint, found: root }),
            (true, _) => {
                let seats = cosigners.iter().map(|seat| seat.fingerprint.to_string()).collect::<Vec<_>>().join(", ");
                Err(DeviceError::NoSeat { found: root, seats })
            }
        }
    }
}

/// The key that an answer tells.
fn read(answer: &protos::PublicKey, network: Network, path: &DerivationPath) -> Result<Xpub, DeviceError> {
    let xpub = node(&answer.node, network).ok_or_else(|| DeviceError::Garbled("no public key".to_owned()))?;
    let last = path.into_iter().last().copied().unwrap_or(ChildNumber::Normal { index: 0 });
    if usize::from(xpub.depth) != path.len() || xpub.child_number != last {
        return Err(DeviceError::Garbled("a public key of another path".to_owned()));
    }
    let ours = xpub.encode();
    let said = base58::decode_check(answer.xpub()).unwrap_or_default();
    // The first four bytes are what the key is for (SLIP-132); the rest is the key.
    if ours.len() == said.len() && ours.get(4..) == said.get(4..) {
        return Ok(xpub);
    }
    let shown: String = printable(answer.xpub()).chars().take(120).collect();
    Err(DeviceError::Disagrees { shown, ours: xpub.to_string() })
}

fn node(node: &HDNodeType, network: Network) -> Option<Xpub> {
    Some(Xpub {
        network: network.into(),
        depth: u8::try_from(node.depth()).ok()?,
        parent_fingerprint: Fingerprint::from(node.fingerprint().to_be_bytes()),
        child_number: ChildNumber::from(node.child_num()),
        public_key: PublicKey::from_slice(node.public_key()).ok()?,
        chain_code: ChainCode::from(<[u8; 32]>::try_from(node.chain_code()).ok()?),
    })
}
