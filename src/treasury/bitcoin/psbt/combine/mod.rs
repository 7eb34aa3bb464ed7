//! Takes from a PSBT that came back what it was sent for: new signatures, and nothing else.
//!
//! - The transaction is the same, and so is every field that is there on both sides: what differs is named. A file that
//!   left out what it was given is all right; ours keeps it (rust-bitcoin's own merge would lose previous transactions).
//! - Of signatures, those are taken that verify under a key of the wallet and that are not here yet. One that does not
//!   verify is an error, and so is a file that brings none.

use super::fields::{input, name};
use super::{Packet, Place, write};
use crate::treasury::bitcoin::signature::{Derived, Signed, StrayReason, Valid, inspect};
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::Transaction;
use bitcoin::bip32::Fingerprint;

/// The types of an input's fields that hold signatures.
const SIGNATURES: [u64; 5] = [
    input::SIGNATURE,
    input::FINAL_SCRIPT,
    input::FINAL_WITNESS,
    input::TAP_KEY_SIGNATURE,
    input::TAP_SCRIPT_SIGNATURE,
];

/// A signature that was taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// At which input.
    pub input: usize,
    /// Whose: a place in [`crate::treasury::bitcoin::policy::Policy::cosigners`].
    pub cosigner: usize,
    /// The fingerprint of that cosigner's seed.
    pub fingerprint: Fingerprint,
}

/// Why nothing is taken from a PSBT that came back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CombineError {
    /// It is of another transaction.
    #[error("it is not the same transaction: {0}")]
    Transaction(Difference),
    /// Something else than a signature is other than it was, or was not there before.
    #[error("{place}: {} ({kind:#04x}) is not what was sent", name(*place, *kind))]
    Field {
        /// Where.
        place: Place,
        /// The field's type.
        kind: u64,
    },
    /// A signature that counts for nobody.
    #[error("input {input}: the signature under {key} is not taken: {reason}")]
    Signature {
        /// At which input.
        input: usize,
        /// Under which key.
        key: String,
        /// Why.
        reason: StrayReason,
    },
    /// There is none that was not here before.
    #[error("it brings no new signature")]
    Nothing,
}

impl CombineError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Transaction(_) => "combine-transaction",
            Self::Field { .. } => "combine-field",
            Self::Signature { .. } => "combine-signature",
            Self::Nothing => "combine-nothing",
        }
    }
}

/// In what two transactions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// The version.
    #[error("its version differs")]
    Version,
    /// The lock time.
    #[error("its lock time differs")]
    LockTime,
    /// An input, or one more or less.
    #[error("input {0} differs")]
    Input(usize),
    /// An output, or one more or less.
    #[error("output {0} differs")]
    Output(usize),
}

/// Takes the new signatures of `theirs` into `ours`; either all of them, or none and the reason.
pub fn combine(ours: &mut Packet, theirs: &Packet, wallet: &Wallet) -> Result<Vec<Taken>, CombineError> {
    combine_with(ours, theirs, &mut Derived::of(wallet))
}

/// The same, with what was derived before.
pub fn combine_with(ours: &mut Packet, theirs: &Packet, derived: &mut Derived<'_>) -> Result<Vec<Taken>, CombineError> {
    if let Some(difference) = difference(&ours.psbt.unsigned_tx, &theirs.psbt.unsigned_tx) {
        return Err(CombineError::Transaction(difference));
    }
    same_fields(ours, theirs)?;
    let (_, had) = inspect(ours, derived);
    let (signatures, brought) = inspect(&with_signatures(ours, theirs), derived);
    if let Some(stray) = signatures.strays.into_iter().next() {
        return Err(CombineError::Signature { input: stray.input, key: stray.key, reason: stray.reason });
    }
    let new = take(ours, &had, brought);
    let fingerprint =
        |cosigner: usize| signatures.cosigners.get(cosigner).map(|seat| seat.fingerprint).unwrap_or_default();
    let taken = |new: Valid| Taken { input: new.input, cosigner: new.cosigner, fingerprint: fingerprint(new.cosigner) };
    if new.is_empty() { Err(CombineError::Nothing) } else { Ok(new.into_iter().map(taken).collect()) }
}

/// Puts in those signatures that are not there yet, and gives them back.
pub(in crate::treasury::bitcoin) fn take(ours: &mut Packet, had: &[Valid], brought: Vec<Valid>) -> Vec<Valid> {
    let knows = |new: &Valid| had.iter().any(|known| known.input == new.input && same_key(known, new));
    let new = brought.into_iter().filter(|valid| !knows(valid)).collect::<Vec<_>>();
    for Valid { input, signature, .. } in &new {
        let Some(told) = ours.psbt.inputs.get_mut(*input) else { continue };
        match *signature {
            Signed::Ecdsa(key, signature) => drop(told.partial_sigs.insert(key, signature)),
            Signed::Output(signature) => told.tap_key_sig = Some(signature),
            Signed::Leaf(key, leaf, signature) => drop(told.tap_script_sigs.insert((key, leaf), signature)),
        }
    }
    new
}

/// Both are of the same key in the same place.
fn same_key(one: &Valid, other: &Valid) -> bool {
    match (&one.signature, &other.signature) {
        (Signed::Ecdsa(one, _), Signed::Ecdsa(other, _)) => one == other,
        (Signed::Output(_), Signed::Output(_)) => true,
        (Signed::Leaf(one, at, _), Signed::Leaf(other, of, _)) => (one, at) == (other, of),
        _ => false,
    }
}

fn difference(ours: &Transaction, theirs: &Transaction) -> Option<Difference> {
    /// The first place in which two lists differ.
    fn first<T: PartialEq>(ours: &[T], theirs: &[T]) -> Option<usize> {
        let differs = ours.iter().zip(theirs).position(|(ours, theirs)| ours != theirs);
        differs.or_else(|| (ours.len() != theirs.len()).then_some(ours.len().min(theirs.len())))
    }
    if ours.version != theirs.version {
        return Some(Difference::Version);
    }
    if ours.lock_time != theirs.lock_time {
        return Some(Difference::LockTime);
    }
    let input = first(&ours.input, &theirs.input).map(Difference::Input);
    input.or_else(|| first(&ours.output, &theirs.output).map(Difference::Output))
}

/// Every field of theirs that is no signature is there in ours with the same value.
fn same_fields(ours: &Packet, theirs: &Packet) -> Result<(), CombineError> {
    let inputs = (0..theirs.psbt.inputs.len()).map(Place::Input);
    let outputs = (0..theirs.psbt.outputs.len()).map(Place::Output);
    for place in std::iter::once(Place::Global).chain(inputs).chain(outputs) {
        let known = write::fields(&ours.psbt, place);
        for (key, value) in write::fields(&theirs.psbt, place) {
            let kind = key.first().copied().map_or(0, u64::from);
            let of_input = matches!(place, Place::Input(_));
            if of_input && SIGNATURES.contains(&kind) {
                continue;
            }
            let ours = known.binary_search_by(|(known, _)| known.cmp(&key)).ok().and_then(|found| known.get(found));
            // Many signers say the usual sighash where nothing was said.
            let usual = of_input && kind == input::SIGHASH && value == 1_u32.to_le_bytes();
            match ours {
                Some((_, known)) if *known == value => {}
                None if usual => {}
                _ => return Err(CombineError::Field { place, kind }),
            }
        }
    }
    Ok(())
}

/// Ours with theirs' signatures alone, so that they are verified by what we know.
fn with_signatures(ours: &Packet, theirs: &Packet) -> Packet {
    let mut both = ours.bare();
    for (ours, theirs) in both.psbt.inputs.iter_mut().zip(&theirs.psbt.inputs) {
        ours.partial_sigs = theirs.partial_sigs.clone();
        ours.tap_key_sig = theirs.tap_key_sig;
        ours.tap_script_sigs = theirs.tap_script_sigs.clone();
        ours.final_script_sig = theirs.final_script_sig.clone();
        ours.final_script_witness = theirs.final_script_witness.clone();
    }
    both
}

#[cfg(test)]
mod tests;
