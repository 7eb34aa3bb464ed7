//! What a wallet derives, each spot once; and which spot a PSBT's key origins claim.
//!
//! - A [`Spots`] is the only way a review gets at scripts of the wallet. Deriving is what a review spends its time on, so
//!   the step to a row is made once a key, and the last step once a spot.
//! - What a claim says is only where to look. A claim costs at most one derivation however many keys it is made of.

use super::super::wallet::{Chain, Spot, Wallet};
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint};
use bitcoin::secp256k1::{Secp256k1, VerifyOnly};
use bitcoin::taproot::TapNodeHash;
use bitcoin::{PublicKey, ScriptBuf, XOnlyPublicKey};
use miniscript::descriptor::{DescriptorPublicKey, DescriptorXKey};
use miniscript::{Descriptor, ForEachKey, TranslatePk, Translator, translate_hash_clone};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// The wallet at one spot.
#[derive(Debug)]
pub(super) struct Derived {
    /// What is paid.
    pub script: ScriptBuf,
    /// The redeem script, where it is paid by its hash.
    pub redeem: Option<ScriptBuf>,
    /// The witness script, where there is one.
    pub witness: Option<ScriptBuf>,
    /// The internal key and the root of the scripts of a taproot output.
    pub taproot: Option<(XOnlyPublicKey, Option<TapNodeHash>)>,
    /// Each key, in the descriptor's order.
    pub keys: Vec<PublicKey>,
}

/// What the key origins of one input or output claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Nothing about this wallet.
    None,
    /// To be at this spot.
    At(Spot),
    /// To be at several at once.
    Scattered,
    /// To be keys of our cosigners, on paths that are not the wallet's.
    Elsewhere,
}

/// A key of one row: where it comes from, up to the index.
struct Origin {
    fingerprint: Fingerprint,
    path: Vec<ChildNumber>,
}

struct Row {
    chain: Chain,
    /// The descriptor with every key moved along its path, so that an index is the only step left.
    near: Option<Descriptor<DescriptorPublicKey>>,
    /// In the descriptor's order.
    origins: Vec<Origin>,
}

/// A wallet's scripts, as they are asked for.
pub(super) struct Spots {
    rows: Vec<Row>,
    secp: Secp256k1<VerifyOnly>,
    known: HashMap<Spot, Option<Rc<Derived>>>,
}

impl Spots {
    pub fn new(wallet: &Wallet) -> Self {
        let secp = Secp256k1::verification_only();
        let chains = Chain::ALL.into_iter().filter(|chain| *chain == Chain::Receive || wallet.has_change());
        let rows = chains.map(|chain| Row::new(chain, wallet.descriptor(chain), &secp)).collect();
        Self { rows, secp, known: HashMap::new() }
    }

    /// The wallet at a spot; none where it derives nothing.
    pub fn at(&mut self, spot: Spot) -> Option<Rc<Derived>> {
        if let Some(known) = self.known.get(&spot) {
            return known.clone();
        }
        let row = self.rows.iter().find(|row| row.chain == spot.chain);
        let derived = row.and_then(|row| row.derive(&self.secp, spot.index)).map(Rc::new);
        self.known.insert(spot, derived.clone());
        derived
    }

    /// Whether the wallet's script at a spot is this one.
    pub fn is(&mut self, spot: Spot, script: &ScriptBuf) -> bool {
        self.at(spot).is_some_and(|derived| derived.script == *script)
    }

    /// What key origins claim; those of strangers claim nothing.
    pub fn claim<'a>(&self, origins: impl Iterator<Item = (Fingerprint, &'a DerivationPath)>) -> Claim {
        let mut spots = BTreeSet::new();
        for (fingerprint, path) in origins {
            let path: &[ChildNumber] = path.as_ref();
            if self.rows.iter().flat_map(|row| &row.origins).any(|origin| origin.fingerprint == fingerprint) {
                spots.insert(self.spot(fingerprint, path));
            }
        }
        let (first, more) = (spots.pop_first(), !spots.is_empty());
        match first {
            None => Claim::None,
            Some(_) if more => Claim::Scattered,
            Some(None) => Claim::Elsewhere,
            Some(Some(spot)) => Claim::At(spot),
        }
    }

    /// Where on the wallet's own paths a path is.
    pub fn spot(&self, fingerprint: Fingerprint, path: &[ChildNumber]) -> Option<Spot> {
        let (last, before) = path.split_last()?;
        let ChildNumber::Normal { index } = *last else { return None };
        let leads = |origin: &Origin| origin.fingerprint == fingerprint && origin.path == before;
        let row = self.rows.iter().find(|row| row.origins.iter().any(leads))?;
        Some(Spot { chain: row.chain, index })
    }

    /// The spots that a stranger's paths would be at if the strangers were ours under another name: wallets from
    /// coordinators that do not know their cosigners' fingerprints.
    pub fn guess<'a>(&self, origins: impl Iterator<Item = (Fingerprint, &'a DerivationPath)>) -> Option<Spot> {
        let mut ends = origins.map(|(_, path)| {
            let path: &[ChildNumber] = path.as_ref();
            match path.split_last() {
                Some((ChildNumber::Normal { index }, before)) => Some((before.last().copied(), *index)),
                _ => None,
            }
        });
        let (step, index) = ends.next()??;
        if !ends.all(|end| end == Some((step, index))) {
            return None;
        }
        let row = self.rows.iter().find(|row| row.origins.iter().any(|origin| origin.path.last().copied() == step))?;
        Some(Spot { chain: row.chain, index })
    }

    /// Whether one of the keys on this wallet's paths is not the one that its path leads to.
    pub fn lies<'a>(
        &mut self,
        spot: Spot,
        keys: impl Iterator<Item = (XOnlyPublicKey, Fingerprint, &'a DerivationPath)>,
    ) -> bool {
        let Some(derived) = self.at(spot) else { return true };
        let Some(row) = self.rows.iter().find(|row| row.chain == spot.chain) else { return true };
        for (key, fingerprint, path) in keys {
            let path: &[ChildNumber] = path.as_ref();
            let leads = |origin: &Origin| {
                origin.fingerprint == fingerprint && path.split_last().is_some_and(|(_, before)| origin.path == before)
            };
            let mut ours = row.origins.iter().zip(&derived.keys).filter(|(origin, _)| leads(origin)).peekable();
            if ours.peek().is_some() && !ours.any(|(_, known)| XOnlyPublicKey::from(known.inner) == key) {
                return true;
            }
        }
        false
    }

    /// Looks for a script among the first indexes of each row, as long as it is of the wallet's kind.
    pub fn search(&mut self, script: &ScriptBuf, up_to: u32) -> Option<Spot> {
        let chains: Vec<Chain> = self.rows.iter().map(|row| row.chain).collect();
        let first = self.at(Spot { chain: *chains.first()?, index: 0 })?;
        if first.script.len() != script.len() || first.script.as_bytes().get(..2) != script.as_bytes().get(..2) {
            return None;
        }
        let spots = chains.into_iter().flat_map(|chain| (0..up_to).map(move |index| Spot { chain, index }));
        spots.into_iter().find(|spot| self.is(*spot, script))
    }
}

impl Row {
    fn new(chain: Chain, descriptor: &Descriptor<DescriptorPublicKey>, secp: &Secp256k1<VerifyOnly>) -> Self {
        let mut origins = Vec::new();
        descriptor.for_each_key(|key| {
            let path = key.full_derivation_path().map(|path| path.into_iter().copied().collect()).unwrap_or_default();
            origins.push(Origin { fingerprint: key.master_fingerprint(), path });
            true
        });
        Self { chain, near: descriptor.translate_pk(&mut Nearer(secp)).ok(), origins }
    }

    fn derive(&self, secp: &Secp256k1<VerifyOnly>, index: u32) -> Option<Derived> {
        let at = self.near.as_ref()?.derived_descriptor(secp, index).ok()?;
        let (mut redeem, mut witness, mut taproot) = (None, None, None);
        match &at {
            Descriptor::Wsh(inner) => witness = Some(inner.inner_script()),
            Descriptor::Sh(inner) => match inner.as_inner() {
                miniscript::descriptor::ShInner::Wsh(wsh) => {
                    redeem = Some(wsh.script_pubkey());
                    witness = Some(wsh.inner_script());
                }
                miniscript::descriptor::ShInner::Wpkh(wpkh) => redeem = Some(wpkh.script_pubkey()),
                _ => redeem = at.explicit_script().ok(),
            },
            Descriptor::Tr(tr) => {
                let spend = tr.spend_info();
                taproot = Some((spend.internal_key(), spend.merkle_root()));
            }
            _ => {}
        }
        let mut keys = Vec::with_capacity(self.origins.len());
        at.for_each_key(|key| {
            keys.push(*key);
            true
        });
        Some(Derived { script: at.script_pubkey(), redeem, witness, taproot, keys })
    }
}

/// Moves every key along its path.
struct Nearer<'a>(&'a Secp256k1<VerifyOnly>);

impl Translator<DescriptorPublicKey, DescriptorPublicKey, ()> for Nearer<'_> {
    fn pk(&mut self, key: &DescriptorPublicKey) -> Result<DescriptorPublicKey, ()> {
        let DescriptorPublicKey::XPub(key) = key else { return Err(()) };
        let xkey = key.xkey.derive_pub(self.0, &key.derivation_path).map_err(|_| ())?;
        let derivation_path = DerivationPath::master();
        Ok(DescriptorPublicKey::XPub(DescriptorXKey { origin: None, xkey, derivation_path, wildcard: key.wildcard }))
    }

    translate_hash_clone!(DescriptorPublicKey, DescriptorPublicKey, ());
}
