//! What a transaction will weigh once it is signed: with the dearest signatures that can come, by the dearest of those
//! who may sign.
//!
//! - An input is weighed by satisfying the descriptor itself with signatures of the greatest length, so that script,
//!   control block and every length prefix are counted as they will stand there.
//! - ECDSA signatures are counted with 72 bytes: low S and the byte of the sighash, and R as long as it can be. Schnorr
//!   signatures have 64 bytes under the default sighash.

use super::{BuildError, Way};
use crate::treasury::bitcoin::policy::{Lock, Policy};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bitcoin::secp256k1::{ecdsa::Signature as Ecdsa, schnorr::Signature as Schnorr};
use bitcoin::taproot::{self, TapLeafHash};
use bitcoin::{EcdsaSighashType, ScriptBuf, TapSighashType, Transaction, TxIn, Weight, Witness};
use bitcoin::{absolute, ecdsa, relative};
use miniscript::descriptor::{DefiniteDescriptorKey, DescriptorPublicKey};
use miniscript::{Descriptor, ForEachKey, Satisfier};

/// The most sets of signers that are tried for the dearest; where there are more, one stands for all, since a plain
/// multisig costs the same whoever signs.
const MOST_SETS: usize = 64;

/// What an input will carry when it is signed.
#[derive(Clone, Debug)]
pub(super) struct Load {
    script_sig: ScriptBuf,
    witness: Witness,
}

impl Load {
    /// Of the inputs that spend a row's coins in one way. It is the same all along the row.
    pub(super) fn of(wallet: &Wallet, chain: Chain, way: Way) -> Result<Self, BuildError> {
        let policy = wallet.policy();
        let (required, seats, lock) = signers(policy, way)?;
        let keys = keys(policy, wallet.descriptor(chain), &seats);
        let descriptor = wallet.at(Spot { chain, index: 0 }).ok_or(BuildError::Way)?;
        let sets = sets(&keys, required);
        let loads = sets.into_iter().filter_map(|keys| {
            let keys = keys.into_iter().filter_map(|key| key.at_derivation_index(0).ok()).collect();
            let (witness, script_sig) = descriptor.get_satisfaction(Dearest::new(&descriptor, keys, lock)).ok()?;
            Some(Self { script_sig, witness: Witness::from_slice(&witness) })
        });
        loads.max_by_key(Self::weight).ok_or(BuildError::Way)
    }

    /// The weight of a whole input with it.
    pub(super) fn weight(&self) -> Weight {
        let input = self.carry(TxIn::default());
        // An input without a witness is in a transaction without any.
        if self.witness.is_empty() { input.legacy_weight() } else { input.segwit_weight() }
    }

    fn carry(&self, input: TxIn) -> TxIn {
        TxIn { script_sig: self.script_sig.clone(), witness: self.witness.clone(), ..input }
    }
}

/// The weight of a transaction when its inputs carry these loads.
pub(super) fn weight<'a>(transaction: &Transaction, loads: impl Iterator<Item = &'a Load>) -> Weight {
    let inputs = transaction.input.iter().cloned().zip(loads);
    let input = inputs.map(|(input, load)| load.carry(input)).collect();
    Transaction { input, ..transaction.clone() }.weight()
}

/// How many of whom sign, and what they have to wait for.
fn signers(policy: &Policy, way: Way) -> Result<(usize, Vec<usize>, Option<Lock>), BuildError> {
    match way {
        Way::Quorum => {
            let all = policy.cosigners();
            let places = policy.seats().filter_map(|seat| all.iter().position(|other| std::ptr::eq(other, seat)));
            Ok((policy.quorum().required, places.collect(), None))
        }
        Way::Recovery { place, .. } => {
            let recovery = policy.recovery().get(place).ok_or(BuildError::Way)?;
            Ok((recovery.required, recovery.seats.clone(), Some(recovery.lock)))
        }
    }
}

/// The keys of some seats in one row. The policy names its seats in the descriptor's order, leaving out keys that are
/// nobody's.
fn keys(policy: &Policy, row: &Descriptor<DescriptorPublicKey>, seats: &[usize]) -> Vec<DescriptorPublicKey> {
    let (mut seat, mut keys) = (0_usize, Vec::new());
    row.for_each_key(|key| {
        let DescriptorPublicKey::XPub(xpub) = key else { return true };
        if policy.cosigners().get(seat).is_some_and(|cosigner| cosigner.xpub == xpub.xkey) {
            if seats.contains(&seat) {
                keys.push(key.clone());
            }
            seat = seat.saturating_add(1);
        }
        true
    });
    keys
}

/// Every set of so many of these keys, or all of them at once when there are too many sets.
fn sets(keys: &[DescriptorPublicKey], required: usize) -> Vec<Vec<DescriptorPublicKey>> {
    let mut sets: Vec<Vec<DescriptorPublicKey>> = vec![Vec::new()];
    for (number, key) in keys.iter().enumerate() {
        let left = keys.len().saturating_sub(number).saturating_sub(1);
        let mut grown = Vec::new();
        for set in sets {
            if set.len() < required {
                grown.push(set.iter().chain([key]).cloned().collect());
            }
            if set.len().saturating_add(left) >= required {
                grown.push(set);
            }
        }
        sets = grown;
        if sets.len() > MOST_SETS {
            return vec![keys.to_vec()];
        }
    }
    sets
}

/// Somebody who signs for some keys with the longest signatures there are, at any time that a lock allows.
struct Dearest {
    keys: Vec<DefiniteDescriptorKey>,
    key_path: bool,
    lock: Option<Lock>,
    ecdsa: Option<Ecdsa>,
    schnorr: Option<Schnorr>,
}

impl Dearest {
    fn new(
        descriptor: &Descriptor<DefiniteDescriptorKey>,
        keys: Vec<DefiniteDescriptorKey>,
        lock: Option<Lock>,
    ) -> Self {
        let key_path = match descriptor {
            Descriptor::Tr(tr) => keys.contains(tr.internal_key()),
            _ => false,
        };
        // R needs a byte of padding when it begins with a high bit; a low S never does.
        let mut compact = [0x7f; 64];
        if let Some(first) = compact.first_mut() {
            *first = 0x80;
        }
        let (ecdsa, schnorr) = (Ecdsa::from_compact(&compact).ok(), Schnorr::from_slice(&compact).ok());
        Self { keys, key_path, lock, ecdsa, schnorr }
    }

    fn schnorr(&self) -> Option<taproot::Signature> {
        Some(taproot::Signature { signature: self.schnorr?, sighash_type: TapSighashType::Default })
    }
}

impl Satisfier<DefiniteDescriptorKey> for Dearest {
    fn lookup_ecdsa_sig(&self, key: &DefiniteDescriptorKey) -> Option<ecdsa::Signature> {
        let signature = self.ecdsa.filter(|_| self.keys.contains(key))?;
        Some(ecdsa::Signature { signature, sighash_type: EcdsaSighashType::All })
    }

    fn lookup_tap_key_spend_sig(&self) -> Option<taproot::Signature> {
        self.schnorr().filter(|_| self.key_path)
    }

    fn lookup_tap_leaf_script_sig(&self, key: &DefiniteDescriptorKey, _: &TapLeafHash) -> Option<taproot::Signature> {
        self.schnorr().filter(|_| self.keys.contains(key))
    }

    fn check_older(&self, time: relative::LockTime) -> bool {
        matches!(self.lock, Some(Lock::Older(lock)) if time.is_implied_by(lock.into()))
    }

    fn check_after(&self, time: absolute::LockTime) -> bool {
        matches!(self.lock, Some(Lock::After(lock)) if time.is_implied_by(lock.into()))
    }
}
