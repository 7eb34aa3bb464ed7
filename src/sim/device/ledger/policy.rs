//! Wallet policies: which the app takes, which are its own, and the proof that it gave for one.
//!
//! - A policy is a name, a template such as `wsh(sortedmulti(2,@0/**,@1/**))` and the keys. Its id is the hash of them all, the
//!   proof of registration is an HMAC over the id with a key that only this seed gives.
//! - A policy of one key in the usual place (`wpkh(@0/**)` at `84'/1'/0'` and its like) needs no registration.
//!
//! <https://github.com/LedgerHQ/app-bitcoin-new/blob/develop/doc/wallet.md>

use super::host::{Bytes, Hash, Host, Stop, sha};
use super::status::Status;
use crate::sim::device::script::HARDENED;
use crate::sim::device::seed::{Keys, mac};
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, Xpub};
use bitcoin::{NetworkKind, ScriptBuf};
use miniscript::descriptor::{DefiniteDescriptorKey, Descriptor, DescriptorPublicKey};
use std::collections::BTreeSet;

/// The most keys of a policy.
const MAX_KEYS: u64 = 15;

/// The longest template.
const MAX_TEMPLATE: u64 = 512;

/// The longest name.
const MAX_NAME: usize = 64;

/// One of a policy's keys.
pub struct Key {
    /// As the host wrote it.
    pub text: String,
    /// Where it comes from, if that is said.
    pub origin: Option<(Fingerprint, Vec<u32>)>,
    /// Whether it is this device's, proved by deriving it.
    pub own: bool,
}

/// A policy that is well formed.
pub struct Policy {
    pub id: Hash,
    pub name: String,
    pub template: String,
    pub keys: Vec<Key>,
    /// Receive and change.
    branches: [Descriptor<DescriptorPublicKey>; 2],
}

/// A descriptor at one spot.
pub type Spot = Descriptor<DefiniteDescriptorKey>;

impl Policy {
    /// Reads the policy with an id.
    pub fn read(id: Hash, keys: &Keys, network: NetworkKind, host: &mut Host) -> Result<Self, Stop> {
        let serialized = host.preimage(id)?;
        Self::parse(&serialized, keys, network, host)
    }

    /// Reads a policy: its name, and the hashes of the rest.
    pub fn parse(serialized: &[u8], keys: &Keys, network: NetworkKind, host: &mut Host) -> Result<Self, Stop> {
        let mut bytes = Bytes(serialized);
        let head = (|| {
            let version = bytes.byte()?;
            let length = usize::from(bytes.byte()?);
            let name = bytes.take(length)?;
            Some((version, name, bytes.varint()?, bytes.hash()?, bytes.varint()?, bytes.hash()?))
        })();
        let Some((2, name, template_length, template_hash, count, root)) = head else {
            return Err(Status::INCORRECT.into());
        };
        let well = name.len() <= MAX_NAME && name.iter().all(|byte| matches!(byte, b' '..=b'~'));
        let counts = template_length <= MAX_TEMPLATE && (1..=MAX_KEYS).contains(&count);
        if !well || !counts || !bytes.0.is_empty() {
            return Err(Status::INCORRECT.into());
        }
        let template = ascii(host.preimage(template_hash)?)?;
        if u64::try_from(template.len()) != Ok(template_length) {
            return Err(Status::INCORRECT.into());
        }
        let texts = host.list(root, count)?;
        let policy_keys = texts.into_iter().map(|text| Key::read(ascii(text)?, keys, network));
        let policy_keys = policy_keys.collect::<Result<Vec<_>, Status>>()?;
        let branches = branches(&template, &policy_keys).ok_or(Status::INCORRECT)?;
        Ok(Self { id: sha(&[serialized]), name: ascii(name.to_vec())?, template, keys: policy_keys, branches })
    }

    /// The proof that the user let it in.
    pub fn proof(&self, keys: &Keys) -> Hash {
        mac(&keys.symmetric(&["LEDGER-Wallet policy"]), &[&self.id])
    }

    /// Whether it may be used: registered here, or one that needs no registration. The proof, if one was given.
    pub fn admitted(&self, proof: Hash, keys: &Keys, coin: u32) -> Result<bool, Status> {
        match proof {
            [0, rest @ ..] if rest.iter().all(|byte| *byte == 0) => {
                if self.usual(coin) {
                    Ok(false)
                } else {
                    Err(Status::BAD_PROOF)
                }
            }
            given if given == self.proof(keys) => Ok(true),
            _ => Err(Status::BAD_PROOF),
        }
    }

    /// One own key in the place where everybody has it.
    fn usual(&self, coin: u32) -> bool {
        let purpose = match self.template.as_str() {
            "pkh(@0/**)" => 44,
            "sh(wpkh(@0/**))" => 49,
            "wpkh(@0/**)" => 84,
            "tr(@0/**)" => 86,
            _ => return false,
        };
        let [Key { own: true, origin: Some((_, path)), .. }] = self.keys.as_slice() else { return false };
        let [first, second, account] = path.as_slice() else { return false };
        let in_place = *first == purpose | HARDENED && *second == coin | HARDENED;
        self.name.is_empty() && in_place && (HARDENED..=HARDENED + 100).contains(account)
    }

    /// The name rules of a policy that is to be kept.
    pub fn named(&self) -> bool {
        !self.name.is_empty() && !self.name.starts_with(' ') && !self.name.ends_with(' ')
    }

    /// The descriptor at a spot.
    pub fn at(&self, change: bool, index: u32) -> Option<Spot> {
        let [receive, changes] = &self.branches;
        let branch = if change { changes } else { receive };
        branch.at_derivation_index(index).ok()
    }

    /// The spot of a script among some numbers.
    pub fn find(&self, script: &ScriptBuf, numbers: &BTreeSet<u32>) -> Option<(bool, Spot)> {
        let spots = numbers.iter().flat_map(|index| [(false, *index), (true, *index)]);
        spots
            .filter_map(|(change, index)| Some((change, self.at(change, index)?)))
            .find(|(_, spot)| spot.script_pubkey() == *script)
    }
}

impl Key {
    fn read(text: String, keys: &Keys, network: NetworkKind) -> Result<Self, Status> {
        let (origin, xpub) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((origin, xpub)) => {
                let (fingerprint, path) = origin.split_once('/').unwrap_or((origin, ""));
                let fingerprint = fingerprint.parse::<Fingerprint>().map_err(|_| Status::INCORRECT)?;
                let path = if path.contains('h') { Err(Status::INCORRECT) } else { Ok(path) }?;
                let path = path.parse::<DerivationPath>().map_err(|_| Status::INCORRECT)?;
                (Some((fingerprint, path.into_iter().map(|step| u32::from(*step)).collect::<Vec<_>>())), xpub)
            }
            None => (None, text.as_str()),
        };
        let xpub = xpub.parse::<Xpub>().map_err(|_| Status::INCORRECT)?;
        if xpub.network != network {
            return Err(Status::INCORRECT);
        }
        let own = origin.as_ref().is_some_and(|(fingerprint, path)| {
            *fingerprint == keys.fingerprint() && keys.xpub(path, network) == Some(xpub)
        });
        Ok(Self { text, origin, own })
    }
}

fn ascii(bytes: Vec<u8>) -> Result<String, Status> {
    let text = String::from_utf8(bytes).map_err(|_| Status::INCORRECT)?;
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) { Ok(text) } else { Err(Status::INCORRECT) }
}

/// The descriptors of a template: every key at least once, none twice, and nothing but `/**` and `/<M;N>/*` behind them.
fn branches(template: &str, keys: &[Key]) -> Option<[Descriptor<DescriptorPublicKey>; 2]> {
    let mut pieces = template.split('@');
    let mut text = pieces.next()?.to_owned();
    let mut used = BTreeSet::new();
    for piece in pieces {
        let digits = piece.find('/')?;
        let (number, rest) = piece.split_at_checked(digits)?;
        let number = number.parse::<usize>().ok()?;
        let (branch, rest) = match rest.strip_prefix("/**") {
            Some(rest) => ("<0;1>".to_owned(), rest),
            None => {
                let (pair, rest) = rest.strip_prefix("/<")?.split_once(">/*")?;
                let (one, other) = pair.split_once(';')?;
                let (one, other) = (one.parse::<u32>().ok()?, other.parse::<u32>().ok()?);
                (one != other && one.max(other) < HARDENED).then_some(())?;
                (format!("<{one};{other}>"), rest)
            }
        };
        used.insert(number);
        text.push_str(&format!("{}/{branch}/*{rest}", keys.get(number)?.text));
    }
    let different: BTreeSet<_> = keys.iter().map(|key| key.text.rsplit(']').next()).collect();
    if used.len() != keys.len() || different.len() != keys.len() {
        return None;
    }
    let descriptor = text.parse::<Descriptor<DescriptorPublicKey>>().ok()?;
    descriptor.sanity_check().ok()?;
    descriptor.into_single_descriptors().ok()?.try_into().ok()
}

/// The numbers that derivations end in, where they begin at this device.
pub fn number(fingerprint: Fingerprint, source: &[u8]) -> Option<u32> {
    let (from, path) = source.split_at_checked(4)?;
    let last = path.get(path.len().checked_sub(4)?..)?;
    let last = u32::from_le_bytes(last.try_into().ok()?);
    let ours = from == fingerprint.to_bytes() && ChildNumber::from(last).is_normal();
    ours.then_some(last)
}
