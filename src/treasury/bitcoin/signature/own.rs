//! What a wallet's descriptor derives at one spot: its script, what a signature there is over, and under which keys.
//!
//! Deriving a key costs as much as verifying a signature, so every spot is derived once, each key from its parent.

use super::super::wallet::{Chain, LAST_INDEX, Spot, Wallet};
use super::child::Parent;
use bitcoin::bip32::{ChildNumber, Fingerprint, KeySource};
use bitcoin::secp256k1::{Secp256k1, VerifyOnly};
use bitcoin::taproot::{LeafVersion, TapLeafHash};
use bitcoin::{PublicKey, Script, ScriptBuf, XOnlyPublicKey};
use miniscript::descriptor::{DescriptorPublicKey, ShInner, SinglePubKey};
use miniscript::{Descriptor, ForEachKey, ToPublicKey, TranslatePk, Translator, translate_hash_clone};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// How many spots that a file claims wrongly are looked at before its further claims are not believed.
const MOST_WRONG: usize = 64;

/// What is derived at a spot.
#[derive(Clone, Debug)]
pub(in crate::treasury::bitcoin) struct Own {
    /// The script of its coins.
    pub script: ScriptBuf,
    /// The descriptor there, with its keys.
    pub definite: Descriptor<PublicKey>,
    /// How its coins are signed for.
    pub how: How,
    /// Every key that may sign there, in the order of [`super::super::policy::Policy::cosigners`].
    pub keys: Vec<Key>,
}

/// How a coin is signed for.
#[derive(Clone, Debug)]
pub(in crate::treasury::bitcoin) enum How {
    /// The old way, over this script.
    Legacy(ScriptBuf),
    /// As in BIP-143, over this script.
    Segwit(ScriptBuf),
    /// As in BIP-341, with these leaves.
    Taproot(Vec<Leaf>),
}

/// A leaf of a tree of scripts.
#[derive(Clone, Debug)]
pub(in crate::treasury::bitcoin) struct Leaf {
    pub hash: TapLeafHash,
    pub script: ScriptBuf,
    /// The proof that it is in the tree.
    pub control: Vec<u8>,
}

/// A key that may sign at a spot.
#[derive(Clone, Debug)]
pub(in crate::treasury::bitcoin) struct Key {
    /// Whose: a place in the policy's cosigners.
    pub cosigner: usize,
    pub under: Under,
}

/// Under what a signature has to be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::treasury::bitcoin) enum Under {
    /// ECDSA under a key.
    Ecdsa(PublicKey),
    /// Schnorr under the output key itself.
    Output(XOnlyPublicKey),
    /// Schnorr under a key of a leaf.
    Leaf(XOnlyPublicKey, TapLeafHash),
}

/// A wallet, and what of it was derived.
pub struct Derived<'w> {
    pub(super) wallet: &'w Wallet,
    pub(super) secp: Secp256k1<VerifyOnly>,
    /// The keys that indexes are derived from.
    parents: HashMap<DescriptorPublicKey, Parent>,
    /// How paths to each row's keys begin.
    rows: Vec<(Fingerprint, Vec<ChildNumber>, Chain)>,
    spots: HashMap<Spot, Option<Own>>,
    /// No less than the keys that were derived.
    children: usize,
    wrong: usize,
}

impl<'w> Derived<'w> {
    /// Of a wallet; nothing is derived yet but its two rows.
    pub fn of(wallet: &'w Wallet) -> Self {
        let secp = Secp256k1::verification_only();
        let mut derived = Self {
            wallet,
            secp,
            parents: HashMap::new(),
            rows: Vec::new(),
            spots: HashMap::new(),
            children: 0,
            wrong: 0,
        };
        let chains = if wallet.has_change() { Chain::ALL.as_slice() } else { &[Chain::Receive] };
        for chain in chains {
            wallet.descriptor(*chain).for_each_key(|key| {
                if let DescriptorPublicKey::XPub(xpub) = key {
                    let origin = xpub.origin.clone();
                    let (fingerprint, path) = origin.unwrap_or_else(|| (xpub.xkey.fingerprint(), Default::default()));
                    let path = path.into_iter().chain(&xpub.derivation_path).copied().collect();
                    derived.rows.push((fingerprint, path, *chain));
                    if let Ok(parent) = xpub.xkey.derive_pub(&derived.secp, &xpub.derivation_path) {
                        derived.parents.insert(key.clone(), Parent::of(&parent));
                    }
                }
                true
            });
        }
        derived
    }

    /// Where in the wallet a script is, if one of the hints leads to it. A hint is believed only when the descriptor
    /// derives that very script there.
    pub fn find<'h>(&mut self, script: &Script, hints: impl IntoIterator<Item = &'h KeySource>) -> Option<Spot> {
        let mut tried = Vec::new();
        for hint in hints {
            for spot in self.claims(hint) {
                if tried.contains(&spot) {
                    continue;
                }
                if self.wrong >= MOST_WRONG {
                    return None;
                }
                if self.script(spot).is_some_and(|own| own == script) {
                    return Some(spot);
                }
                tried.push(spot);
                self.wrong = self.wrong.saturating_add(1);
            }
        }
        None
    }

    /// The script that is ours at a spot.
    pub fn script(&mut self, spot: Spot) -> Option<&Script> {
        self.at(spot).map(|own| own.script.as_script())
    }

    /// The spots that a hint may mean: by the paths of the wallet's keys, or by the path's last two steps.
    fn claims(&self, (fingerprint, path): &KeySource) -> Vec<Spot> {
        let Some((ChildNumber::Normal { index }, before)) = path.as_ref().split_last() else { return Vec::new() };
        let exact = self.rows.iter().find(|(known, row, _)| known == fingerprint && row == before);
        let chain = exact.map(|(.., chain)| *chain);
        let loose = || match before.last() {
            Some(ChildNumber::Normal { index: 0 }) => Some(Chain::Receive),
            Some(ChildNumber::Normal { index: 1 }) if self.wallet.has_change() => Some(Chain::Change),
            _ => None,
        };
        chain.or_else(loose).map(|chain| Spot { chain, index: *index }).into_iter().collect()
    }

    /// What is derived at a spot.
    pub(super) fn at(&mut self, spot: Spot) -> Option<&Own> {
        let own = match self.spots.entry(spot) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let row = Row { parents: &self.parents, secp: &self.secp, index: spot.index, others: self.children };
                self.children = self.children.saturating_add(self.parents.len());
                entry.insert(own(self.wallet, spot.chain, row))
            }
        };
        own.as_ref()
    }

    /// The descriptor at a spot that was looked at before.
    pub(in crate::treasury::bitcoin) fn definite(&self, spot: Option<Spot>) -> Option<&Descriptor<PublicKey>> {
        self.known(spot?).map(|own| &own.definite)
    }

    /// What was derived at a spot before.
    pub(in crate::treasury::bitcoin) fn known(&self, spot: Spot) -> Option<&Own> {
        self.spots.get(&spot)?.as_ref()
    }
}

/// Derives the keys of a row at an index.
struct Row<'a> {
    parents: &'a HashMap<DescriptorPublicKey, Parent>,
    secp: &'a Secp256k1<VerifyOnly>,
    index: u32,
    /// How many keys were derived before.
    others: usize,
}

impl Translator<DescriptorPublicKey, PublicKey, ()> for Row<'_> {
    fn pk(&mut self, key: &DescriptorPublicKey) -> Result<PublicKey, ()> {
        if let DescriptorPublicKey::Single(single) = key {
            return Ok(match single.key {
                SinglePubKey::FullKey(key) => key,
                SinglePubKey::XOnly(key) => key.to_public_key(),
            });
        }
        let index = Some(self.index).filter(|index| *index <= LAST_INDEX).ok_or(())?;
        self.parents
            .get(key)
            .and_then(|parent| parent.child(index, self.others, self.secp))
            .map(PublicKey::new)
            .ok_or(())
    }

    translate_hash_clone!(DescriptorPublicKey, PublicKey, ());
}

impl Own {
    /// Of one descriptor without a wallet, each key a cosigner.
    #[cfg(test)]
    pub(in crate::treasury::bitcoin) fn alone(definite: Descriptor<PublicKey>) -> Option<Self> {
        let (how, unders) = signing(&definite)?;
        let keys = unders.into_iter().enumerate().map(|(cosigner, under)| Key { cosigner, under }).collect();
        Some(Self { script: definite.script_pubkey(), definite, how, keys })
    }
}

fn own(wallet: &Wallet, chain: Chain, mut row: Row<'_>) -> Option<Own> {
    let general = wallet.descriptor(chain);
    let definite = general.translate_pk(&mut row).ok()?;
    let (how, unders) = signing(&definite)?;
    let mut cosigners = wallet.policy().cosigners().iter().map(|cosigner| cosigner.xpub).enumerate().peekable();
    let mut keys = Vec::new();
    let mut unders = unders.into_iter();
    // Both walks meet the keys in the same order; a key that nobody can know is no cosigner.
    general.for_each_key(|key| {
        let under = unders.next();
        let DescriptorPublicKey::XPub(key) = key else { return true };
        let cosigner = cosigners.next_if(|(_, xpub)| *xpub == key.xkey);
        keys.extend(cosigner.zip(under).map(|((cosigner, _), under)| Key { cosigner, under }));
        true
    });
    Some(Own { script: definite.script_pubkey(), definite, how, keys })
}

/// How to sign for a descriptor's coins, and under which keys, in the order in which its keys are walked.
fn signing(definite: &Descriptor<PublicKey>) -> Option<(How, Vec<Under>)> {
    if let Descriptor::Tr(tr) = definite {
        let info = tr.spend_info();
        let (mut leaves, mut unders) = (Vec::new(), Vec::new());
        for (_, miniscript) in tr.iter_scripts() {
            let script = miniscript.encode();
            let hash = TapLeafHash::from_script(&script, LeafVersion::TapScript);
            let control = info.control_block(&(script.clone(), LeafVersion::TapScript))?.serialize();
            miniscript.for_each_key(|key| {
                unders.push(Under::Leaf(XOnlyPublicKey::from(key.inner), hash));
                true
            });
            leaves.push(Leaf { hash, script, control });
        }
        unders.push(Under::Output(info.output_key().to_x_only_public_key()));
        return Some((How::Taproot(leaves), unders));
    }
    let code = definite.script_code().ok()?;
    let how = match definite {
        Descriptor::Wsh(_) | Descriptor::Wpkh(_) => How::Segwit(code),
        Descriptor::Sh(sh) if matches!(sh.as_inner(), ShInner::Wsh(_) | ShInner::Wpkh(_)) => How::Segwit(code),
        _ => How::Legacy(code),
    };
    let mut unders = Vec::new();
    definite.for_each_key(|key| {
        unders.push(Under::Ecdsa(*key));
        true
    });
    Some((how, unders))
}
