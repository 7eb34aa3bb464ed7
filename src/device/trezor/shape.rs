//! A wallet as a Trezor is told of it: a kind of script, and for multisig the keys of all.
//!
//! - What it cannot be told (miniscript, scripts in taproot, keys that go on by different paths) is an error here,
//!   before anything is asked.
//! - Nodes stand in the descriptor's order where the device sorts keys itself (`sortedmulti` from [`sorts`] on); where
//!   it does not, they are sorted here for each address.

use super::path::HIGHEST_INDEX;
use crate::device::capabilities::Task;
use crate::device::{About, DeviceError, Model, Version};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bitcoin::PublicKey;
use bitcoin::bip32::{ChildNumber, DerivationPath, Xpub};
use bitcoin::secp256k1::Secp256k1;
use miniscript::descriptor::{DescriptorPublicKey, ShInner, SortedMultiVec, WshInner};
use miniscript::miniscript::decode::Terminal;
use miniscript::{Descriptor, ForEachKey, Miniscript, ScriptContext};
use trezor_client::protos::{
    HDNodeType, InputScriptType, MultisigPubkeysOrder, MultisigRedeemScriptType, OutputScriptType,
};

/// The first firmwares that sort keys themselves.
const ONE_SORTS: Version = Version(1, 13, 0);
const CORE_SORTS: Version = Version(2, 8, 7);

/// Whether a device sorts the keys of a multisig itself.
pub(super) fn sorts(about: &About) -> bool {
    let since = if about.model == Model::TrezorOne { ONE_SORTS } else { CORE_SORTS };
    about.firmware.is_some_and(|firmware| firmware >= since)
}

/// How many keys sign, and how they are ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Multi {
    required: usize,
    sorted: bool,
}

/// A wallet's form.
pub(super) struct Shape<'w> {
    wallet: &'w Wallet,
    /// What the device is asked to be able to do.
    pub task: Task,
    /// Of its coins.
    pub input: InputScriptType,
    /// Of its change.
    pub output: OutputScriptType,
    multi: Option<Multi>,
    /// The steps from each key to its index, of both rows.
    receive: Vec<DerivationPath>,
    change: Vec<DerivationPath>,
}

impl<'w> Shape<'w> {
    /// The form of a wallet.
    pub fn of(wallet: &'w Wallet, model: Model) -> Result<Self, DeviceError> {
        use {InputScriptType as In, OutputScriptType as Out};
        let (task, input, output, multi) = match wallet.descriptor(Chain::Receive) {
            Descriptor::Pkh(_) => (Task::Pkh, In::SPENDADDRESS, Out::PAYTOADDRESS, None),
            Descriptor::Wpkh(_) => (Task::Wpkh, In::SPENDWITNESS, Out::PAYTOWITNESS, None),
            Descriptor::Wsh(wsh) => {
                (Task::MultisigWsh, In::SPENDWITNESS, Out::PAYTOWITNESS, Some(witness(wsh.as_inner())))
            }
            Descriptor::Sh(sh) => match sh.as_inner() {
                ShInner::Wpkh(_) => (Task::ShWpkh, In::SPENDP2SHWITNESS, Out::PAYTOP2SHWITNESS, None),
                ShInner::Wsh(wsh) => {
                    let multi = Some(witness(wsh.as_inner()));
                    (Task::MultisigShWsh, In::SPENDP2SHWITNESS, Out::PAYTOP2SHWITNESS, multi)
                }
                ShInner::SortedMulti(keys) => {
                    (Task::MultisigSh, In::SPENDMULTISIG, Out::PAYTOMULTISIG, Some(Some(sorted(keys))))
                }
                ShInner::Ms(script) => (Task::MultisigSh, In::SPENDMULTISIG, Out::PAYTOMULTISIG, Some(plain(script))),
            },
            Descriptor::Tr(tr) if tr.tap_tree().is_none() => {
                (Task::TaprootKey, In::SPENDTAPROOT, Out::PAYTOTAPROOT, None)
            }
            Descriptor::Tr(_) => return Err(cannot(model, Task::TaprootScript)),
            Descriptor::Bare(_) => return Err(cannot(model, Task::Miniscript)),
        };
        let multi = match multi {
            Some(None) => return Err(cannot(model, Task::Miniscript)),
            Some(multi) => multi,
            None => None,
        };
        let (receive, change) = (steps(wallet, Chain::Receive), steps(wallet, Chain::Change));
        let shape = Self { wallet, task, input, output, multi, receive, change };
        if [&shape.receive, &shape.change].into_iter().any(|row| row.windows(2).any(|pair| pair.first() != pair.last()))
        {
            let what = "sign for wallets whose keys go on by different paths".to_owned();
            return Err(DeviceError::Unsupported { model, what });
        }
        Ok(shape)
    }

    /// Whether several keys sign.
    pub fn is_multisig(&self) -> bool {
        self.multi.is_some()
    }

    /// The steps from a seat's key to a spot.
    fn steps(&self, seat: usize, spot: Spot) -> Option<DerivationPath> {
        let row = match spot.chain {
            Chain::Receive => &self.receive,
            Chain::Change => &self.change,
        };
        Some(row.get(seat)?.child(ChildNumber::from_normal_idx(spot.index).ok()?))
    }

    /// The whole path of a seat at a spot.
    pub fn path(&self, seat: usize, spot: Spot) -> Option<Vec<u32>> {
        let key = self.wallet.policy().cosigners().get(seat)?;
        let steps = self.steps(seat, spot)?;
        Some(key.path.into_iter().chain(&steps).map(|step| u32::from(*step)).collect())
    }

    /// The public key of a seat at a spot.
    pub fn key(&self, seat: usize, spot: Spot) -> Option<PublicKey> {
        let key = self.wallet.policy().cosigners().get(seat)?;
        let steps = self.steps(seat, spot)?;
        let child = key.xpub.derive_pub(&Secp256k1::verification_only(), &steps).ok()?;
        Some(PublicKey::new(child.public_key))
    }

    /// The keys of a multisig at a spot, with the signatures that are there already by seat; none where one key signs.
    /// `sorts`: whether the device sorts keys itself.
    pub fn multisig(
        &self,
        spot: Spot,
        sorts: bool,
        signature: impl Fn(usize) -> Option<Vec<u8>>,
    ) -> Option<MultisigRedeemScriptType> {
        let multi = self.multi?;
        let cosigners = self.wallet.policy().cosigners();
        let mut seats: Vec<usize> = (0..cosigners.len()).collect();
        let mut multisig = MultisigRedeemScriptType::new();
        let in_order = |seats: &mut Vec<usize>| seats.sort_by_cached_key(|seat| self.key(*seat, spot));
        let nodes = |seats: &[usize]| -> Vec<HDNodeType> {
            seats.iter().filter_map(|seat| cosigners.get(*seat)).map(|seat| node(&seat.xpub)).collect()
        };
        if multi.sorted && sorts {
            multisig.set_pubkeys_order(MultisigPubkeysOrder::LEXICOGRAPHIC);
            multisig.nodes = nodes(&seats);
            in_order(&mut seats);
        } else {
            if multi.sorted {
                in_order(&mut seats);
            }
            multisig.nodes = nodes(&seats);
        }
        // Signatures stand in the order of the keys in the script.
        multisig.signatures = seats.iter().map(|seat| signature(*seat).unwrap_or_default()).collect();
        multisig.set_m(u32::try_from(multi.required).ok()?);
        let first = self.steps(0, spot)?;
        multisig.address_n = first.into_iter().map(|step| u32::from(*step)).collect();
        Some(multisig)
    }

    /// Whether a Trezor takes an address at a spot for the wallet's own.
    pub fn within(spot: Spot) -> bool {
        spot.index <= HIGHEST_INDEX
    }
}

fn cannot(model: Model, task: Task) -> DeviceError {
    DeviceError::Unsupported { model, what: task.name().to_owned() }
}

fn witness(inner: &WshInner<DescriptorPublicKey>) -> Option<Multi> {
    match inner {
        WshInner::SortedMulti(keys) => Some(sorted(keys)),
        WshInner::Ms(script) => plain(script),
    }
}

fn sorted<C: ScriptContext>(keys: &SortedMultiVec<DescriptorPublicKey, C>) -> Multi {
    Multi { required: keys.k(), sorted: true }
}

fn plain<C: ScriptContext>(script: &Miniscript<DescriptorPublicKey, C>) -> Option<Multi> {
    match &script.node {
        Terminal::Multi(keys) => Some(Multi { required: keys.k(), sorted: false }),
        _ => None,
    }
}

/// How each key of a row goes on, in the order of the policy's cosigners.
fn steps(wallet: &Wallet, chain: Chain) -> Vec<DerivationPath> {
    let mut steps = Vec::new();
    wallet.descriptor(chain).for_each_key(|key| {
        if let DescriptorPublicKey::XPub(xpub) = key {
            steps.push(xpub.derivation_path.clone());
        }
        true
    });
    steps
}

/// A key as the wire has it.
fn node(xpub: &Xpub) -> HDNodeType {
    let mut node = HDNodeType::new();
    node.set_depth(xpub.depth.into());
    node.set_fingerprint(u32::from_be_bytes(xpub.parent_fingerprint.to_bytes()));
    node.set_child_num(xpub.child_number.into());
    node.set_chain_code(xpub.chain_code.to_bytes().to_vec());
    node.set_public_key(xpub.public_key.serialize().to_vec());
    node
}
