//! What a wallet derives, each spot once; and which spot a PSBT's key origins claim.
//!
//! - A [`Spots`] is the only way a review gets at scripts of the wallet. Deriving is what a review spends its time on, so
//!   every spot is derived once, for whoever asks: proofs of ownership, and the signatures that are verified after.
//! - What a claim says is only where to look. A claim costs at most one derivation however many keys it is made of.

use crate::treasury::bitcoin::signature::Derived;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint};
use bitcoin::taproot::TapNodeHash;
use bitcoin::{Script, ScriptBuf, XOnlyPublicKey};
use miniscript::descriptor::ShInner;
use miniscript::{Descriptor, ForEachKey};
use std::collections::BTreeSet;

/// The scripts and keys of the wallet at one spot, as a PSBT tells them.
#[derive(Debug)]
pub(super) struct At {
    /// What is paid.
    pub script: ScriptBuf,
    /// The redeem script, where it is paid by its hash.
    pub redeem: Option<ScriptBuf>,
    /// The witness script, where there is one.
    pub witness: Option<ScriptBuf>,
    /// The internal key and the root of the scripts of a taproot output.
    pub taproot: Option<(XOnlyPublicKey, Option<TapNodeHash>)>,
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
    /// In the descriptor's order.
    origins: Vec<Origin>,
}

/// A wallet's scripts, as they are asked for.
pub(super) struct Spots<'w> {
    rows: Vec<Row>,
    derived: Derived<'w>,
}

impl<'w> Spots<'w> {
    pub fn new(wallet: &'w Wallet) -> Self {
        let chains = Chain::ALL.into_iter().filter(|chain| *chain == Chain::Receive || wallet.has_change());
        let rows = chains.map(|chain| Row { chain, origins: origins(wallet, chain) }).collect();
        Self { rows, derived: Derived::of(wallet) }
    }

    /// What was derived, for those who verify signatures with it.
    pub fn derived(&mut self) -> &mut Derived<'w> {
        &mut self.derived
    }

    /// The script that is ours at a spot; none where the wallet derives nothing.
    pub fn script(&mut self, spot: Spot) -> Option<&Script> {
        // A wallet without a row for change has nothing there.
        self.rows.iter().find(|row| row.chain == spot.chain)?;
        self.derived.script(spot)
    }

    /// The wallet at a spot, every key derived.
    pub fn at(&mut self, spot: Spot) -> Option<At> {
        self.script(spot)?;
        let at = self.derived.definite(Some(spot))?;
        let (mut redeem, mut witness, mut taproot) = (None, None, None);
        match at {
            Descriptor::Wsh(inner) => witness = Some(inner.inner_script()),
            Descriptor::Sh(inner) => match inner.as_inner() {
                ShInner::Wsh(wsh) => {
                    redeem = Some(wsh.script_pubkey());
                    witness = Some(wsh.inner_script());
                }
                ShInner::Wpkh(wpkh) => redeem = Some(wpkh.script_pubkey()),
                _ => redeem = at.explicit_script().ok(),
            },
            Descriptor::Tr(tr) => {
                let spend = tr.spend_info();
                taproot = Some((spend.internal_key(), spend.merkle_root()));
            }
            _ => {}
        }
        Some(At { script: at.script_pubkey(), redeem, witness, taproot })
    }

    /// Whether the wallet's script at a spot is this one.
    pub fn is(&mut self, spot: Spot, script: &ScriptBuf) -> bool {
        self.script(spot).is_some_and(|own| own == script.as_script())
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

    /// The path to the first key at a spot, as a file would tell it.
    pub fn path(&self, spot: Spot) -> Option<(Fingerprint, DerivationPath)> {
        let row = self.rows.iter().find(|row| row.chain == spot.chain)?;
        let first = row.origins.first()?;
        let path = first.path.iter().copied().chain([ChildNumber::Normal { index: spot.index }]).collect();
        Some((first.fingerprint, path))
    }

    /// The spot that a stranger's paths would be at if the strangers were ours under another name: wallets from
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
        if self.script(spot).is_none() {
            return true;
        }
        let mut known = Vec::new();
        if let Some(at) = self.derived.definite(Some(spot)) {
            at.for_each_key(|key| {
                known.push(*key);
                true
            });
        }
        let Some(row) = self.rows.iter().find(|row| row.chain == spot.chain) else { return true };
        for (key, fingerprint, path) in keys {
            let path: &[ChildNumber] = path.as_ref();
            let leads = |origin: &Origin| {
                origin.fingerprint == fingerprint && path.split_last().is_some_and(|(_, before)| origin.path == before)
            };
            let mut ours = row.origins.iter().zip(&known).filter(|(origin, _)| leads(origin)).peekable();
            if ours.peek().is_some() && !ours.any(|(_, known)| XOnlyPublicKey::from(known.inner) == key) {
                return true;
            }
        }
        false
    }

    /// Looks for a script among the first indexes of each row, as long as it is of the wallet's kind.
    pub fn search(&mut self, script: &ScriptBuf, up_to: u32) -> Option<Spot> {
        let chains: Vec<Chain> = self.rows.iter().map(|row| row.chain).collect();
        let first = self.script(Spot { chain: *chains.first()?, index: 0 })?;
        if first.len() != script.len() || first.as_bytes().get(..2) != script.as_bytes().get(..2) {
            return None;
        }
        let spots = chains.into_iter().flat_map(|chain| (0..up_to).map(move |index| Spot { chain, index }));
        spots.into_iter().find(|spot| self.is(*spot, script))
    }
}

/// Where the keys of a row come from, up to the index.
fn origins(wallet: &Wallet, chain: Chain) -> Vec<Origin> {
    let mut origins = Vec::new();
    wallet.descriptor(chain).for_each_key(|key| {
        let path = key.full_derivation_path().map(|path| path.into_iter().copied().collect()).unwrap_or_default();
        origins.push(Origin { fingerprint: key.master_fingerprint(), path });
        true
    });
    origins
}
