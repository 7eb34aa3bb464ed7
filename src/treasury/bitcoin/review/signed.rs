//! Who has signed: the signatures that verify, and those that count for nobody (T10).

use super::code;
use super::inputs::Input;
use super::spots::Spots;
use super::timing::Later;
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::signature::{Seat, Signatures, verify_with};
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::findings::Findings;

/// Verifies the signatures, and takes down every stray one.
pub(super) fn check(
    packet: &Packet,
    wallet: &Wallet,
    inputs: &[Input],
    spots: &mut Spots<'_>,
    findings: &mut Findings,
) -> Signatures {
    let mut signatures = verify_with(packet, spots.derived());
    // A file that was finalized has lost the paths of its keys; where we know better, the paths are put back.
    let lost = inputs.iter().zip(&signatures.spots).any(|(input, found)| input.ours() && found.is_none());
    if lost {
        signatures = verify_with(&with_paths(packet, wallet, inputs, spots), spots.derived());
    }
    for stray in &signatures.strays {
        // What strangers sign on their own inputs is theirs; that the input is foreign is told.
        if inputs.get(stray.input).is_some_and(Input::ours) {
            let message = format!("input {}: the signature under {} is none: {}", stray.input, stray.key, stray.reason);
            findings.say(code::SIGNATURE_STRAY, message);
        }
    }
    signatures
}

/// The packet with a path at every input that is proved to be ours.
fn with_paths(packet: &Packet, wallet: &Wallet, inputs: &[Input], spots: &Spots<'_>) -> Packet {
    let mut packet = packet.clone();
    let Some(first) = wallet.policy().cosigners().first() else { return packet };
    for (map, input) in packet.psbt.inputs.iter_mut().zip(inputs) {
        if let Some(source) = input.spot.and_then(|spot| spots.path(spot)) {
            map.bip32_derivation.insert(first.xpub.public_key, source);
        }
    }
    packet
}

/// How many signatures, and whose, the way takes that the transaction goes.
pub(super) fn way(wallet: &Wallet, later: &[Later], signatures: &Signatures) -> (usize, Vec<Seat>) {
    match later.iter().find(|later| later.taken) {
        Some(Later { way, .. }) => {
            (way.required, way.seats.iter().filter_map(|seat| signatures.cosigners.get(*seat).cloned()).collect())
        }
        None => (wallet.policy().quorum().required, signatures.seats.clone()),
    }
}
