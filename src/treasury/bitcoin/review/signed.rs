//! Who has signed: the signatures that verify, and those that count for nobody (T10).

use super::super::psbt::Packet;
use super::super::signature::{self, Signatures};
use super::super::wallet::Wallet;
use super::code;
use super::findings::Findings;
use super::inputs::Input;
use super::timing::Later;
use bitcoin::bip32::Fingerprint;

/// Verifies the signatures, and takes down every stray one.
pub(super) fn check(packet: &Packet, wallet: &Wallet, inputs: &[Input], findings: &mut Findings) -> Signatures {
    let signatures = signature::verify(packet, wallet);
    for stray in &signatures.strays {
        // What strangers sign on their own inputs is theirs; that the input is foreign is told.
        if inputs.get(stray.input).is_some_and(Input::ours) {
            let message =
                format!("input {}: a signature under {} does not count: {}", stray.input, stray.key, stray.reason);
            findings.say(code::SIGNATURE_STRAY, message);
        }
    }
    signatures
}

/// How many signatures, and whose, the way takes that the transaction goes.
pub(super) fn way(wallet: &Wallet, later: &[Later]) -> (usize, Vec<Fingerprint>) {
    let policy = wallet.policy();
    match later.iter().find(|later| later.taken) {
        Some(later) => {
            let seats = later.way.seats.iter().filter_map(|seat| policy.cosigners().get(*seat));
            (later.way.required, seats.map(|seat| seat.fingerprint).collect())
        }
        None => (policy.quorum().required, policy.seats().map(|seat| seat.fingerprint).collect()),
    }
}
