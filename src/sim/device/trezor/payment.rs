//! The scripts behind paths: single keys, and several together.

use super::coin::{Coin, Kind};
use super::failure::Failed;
use crate::sim::device::script::HARDENED;
use crate::sim::device::seed::Keys;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::opcodes::all::OP_CHECKMULTISIG;
use bitcoin::secp256k1::PublicKey;
use bitcoin::{Address, CompressedPublicKey, ScriptBuf, script};
use std::collections::BTreeSet;
use trezor_client::protos::{HDNodeType, MultisigPubkeysOrder, MultisigRedeemScriptType};

/// The most keys of a script.
const MAX_KEYS: usize = 15;

/// What pays to a path, and what spends it.
pub struct Payment {
    pub script: ScriptBuf,
    /// What stands in the script of an input that spends it.
    pub nested: Option<ScriptBuf>,
    /// The witness script, if it is several keys' together.
    pub witness: Option<ScriptBuf>,
    /// The own key.
    pub own: PublicKey,
    /// The keys together, and the signatures that are there, in the script's order.
    pub several: Option<Several>,
}

/// Keys together.
pub struct Several {
    pub keys: Vec<PublicKey>,
    pub signatures: Vec<Vec<u8>>,
    threshold: u32,
    /// The same for all addresses of one wallet, and for none of another.
    pub wallet: [u8; 32],
}

impl Several {
    pub fn read(told: &MultisigRedeemScriptType, keys: &Keys) -> Result<Self, Failed> {
        let invalid = || Failed::data("Invalid multisig parameters");
        let nodes: Vec<(&HDNodeType, &[u32])> = match told.pubkeys.as_slice() {
            [] => told.nodes.iter().map(|node| (node, told.address_n.as_slice())).collect(),
            pubkeys => {
                pubkeys
                    .iter()
                    .map(|key| key.node.as_ref().map(|node| (node, key.address_n.as_slice())))
                    .collect::<Option<_>>()
            }
            .ok_or_else(invalid)?,
        };
        let threshold = told.m();
        let enough = usize::try_from(threshold).is_ok_and(|threshold| (1..=nodes.len()).contains(&threshold));
        if !enough || nodes.len() > MAX_KEYS || told.signatures.len() > nodes.len() {
            return Err(invalid());
        }
        let mut derived = nodes
            .iter()
            .map(|(node, path)| derive(node, path, keys))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(invalid)?;
        let sorted = told.pubkeys_order() == MultisigPubkeysOrder::LEXICOGRAPHIC;
        let mut of_wallet: Vec<_> = nodes.iter().map(|(node, _)| (node.public_key(), node.chain_code())).collect();
        if sorted {
            derived.sort_by_key(PublicKey::serialize);
            of_wallet.sort_unstable();
        }
        let mut all = vec![u8::from(sorted), u8::try_from(threshold).unwrap_or(u8::MAX)];
        of_wallet.iter().for_each(|(key, chain)| all.extend(key.iter().chain(*chain)));
        let mut signatures = told.signatures.clone();
        signatures.resize(derived.len(), Vec::new());
        Ok(Self { keys: derived, signatures, threshold, wallet: sha256::Hash::hash(&all).to_byte_array() })
    }

    fn script(&self) -> ScriptBuf {
        let keys = self.keys.iter().fold(script::Builder::new().push_int(i64::from(self.threshold)), |script, key| {
            script.push_slice(key.serialize())
        });
        let count = i64::try_from(self.keys.len()).unwrap_or_default();
        keys.push_int(count).push_opcode(OP_CHECKMULTISIG).into_script()
    }
}

/// The key of a node at an open path.
fn derive(node: &HDNodeType, path: &[u32], keys: &Keys) -> Option<PublicKey> {
    use bitcoin::bip32::{ChainCode, ChildNumber, Fingerprint, Xpub};
    if path.len() > 4 || path.iter().any(|step| step & HARDENED != 0) {
        return None;
    }
    let node = Xpub {
        network: bitcoin::NetworkKind::Main,
        depth: 0,
        parent_fingerprint: Fingerprint::default(),
        child_number: ChildNumber::from(0),
        public_key: PublicKey::from_slice(node.public_key()).ok()?,
        chain_code: ChainCode::from(<[u8; 32]>::try_from(node.chain_code()).ok()?),
    };
    let path: Vec<_> = path.iter().map(|step| ChildNumber::from(*step)).collect();
    Some(node.derive_pub(keys.secp(), &path).ok()?.public_key)
}

impl Payment {
    /// What pays to a path, alone or with others.
    pub fn at(path: &[u32], kind: Kind, told: Option<&MultisigRedeemScriptType>, keys: &Keys) -> Result<Self, Failed> {
        let own = keys.public(path).ok_or_else(|| Failed::data("Invalid path"))?;
        let several = told.map(|told| Several::read(told, keys)).transpose()?;
        if several.as_ref().is_some_and(|several| !several.keys.contains(&own)) {
            return Err(Failed::data("Pubkey not found in multisig script"));
        }
        let compressed = CompressedPublicKey(own);
        let all = several.as_ref().map(Several::script);
        let (script, nested, witness) = match (kind, all) {
            (Kind::Legacy, None) => (ScriptBuf::new_p2pkh(&compressed.pubkey_hash()), None, None),
            (Kind::Legacy, Some(all)) => (ScriptBuf::new_p2sh(&all.script_hash()), None, None),
            (Kind::Witness, None) => (ScriptBuf::new_p2wpkh(&compressed.wpubkey_hash()), None, None),
            (Kind::Witness, Some(all)) => (ScriptBuf::new_p2wsh(&all.wscript_hash()), None, Some(all)),
            (Kind::Nested, None) => {
                let inner = ScriptBuf::new_p2wpkh(&compressed.wpubkey_hash());
                (ScriptBuf::new_p2sh(&inner.script_hash()), Some(inner), None)
            }
            (Kind::Nested, Some(all)) => {
                let inner = ScriptBuf::new_p2wsh(&all.wscript_hash());
                (ScriptBuf::new_p2sh(&inner.script_hash()), Some(inner), Some(all))
            }
            (Kind::Taproot, None) => (ScriptBuf::new_p2tr(keys.secp(), own.x_only_public_key().0, None), None, None),
            (Kind::Taproot, Some(_)) => return Err(Failed::data("Multisig not supported for taproot")),
        };
        Ok(Self { script, nested, witness, own, several })
    }

    pub fn address(&self, coin: Coin) -> Result<String, Failed> {
        let address = Address::from_script(&self.script, coin.network).map_err(|_| Failed::data("Invalid script"))?;
        Ok(address.to_string())
    }

    /// The wallet of several keys that it belongs to.
    pub fn wallet(&self) -> Option<[u8; 32]> {
        self.several.as_ref().map(|several| several.wallet)
    }
}

/// Whether all of some are the same, and which.
pub fn common<T: Ord + Clone>(all: impl Iterator<Item = T>) -> Option<T> {
    let different: BTreeSet<T> = all.collect();
    if different.len() == 1 { different.into_iter().next() } else { None }
}
