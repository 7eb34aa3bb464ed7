//! What the file says besides the transaction: fields that nobody knows (T11), and extended keys that are not ours (T3).

use super::super::psbt::{Packet, Place};
use super::code;
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::findings::Findings;

/// Takes down what is strange in the file.
pub(super) fn check(packet: &Packet, wallet: &Wallet, findings: &mut Findings) {
    let psbt = &packet.psbt;
    let left = |unknown: usize, proprietary: usize| unknown.saturating_add(proprietary);
    let global = left(psbt.unknown.len(), psbt.proprietary.len());
    let inputs = psbt.inputs.iter().map(|map| left(map.unknown.len(), map.proprietary.len()));
    let outputs = psbt.outputs.iter().map(|map| left(map.unknown.len(), map.proprietary.len()));
    let count = packet.unknown.len().saturating_add(global).saturating_add(inputs.chain(outputs).sum());
    if count > 0 {
        let places = packet.unknown.iter().take(4).map(|unknown| {
            let place = match unknown.place {
                Place::Global => "of the whole".to_owned(),
                Place::Input(at) => format!("of input {at}"),
                Place::Output(at) => format!("of output {at}"),
            };
            format!("{:#04x} {place} ({} bytes)", unknown.kind, unknown.length)
        });
        let places = places.collect::<Vec<_>>().join(", ");
        let which = if places.is_empty() { String::new() } else { format!(": {places}") };
        findings.say(code::UNKNOWN_FIELDS, format!("unknown fields ({count}){which}; they are not passed on"));
    }
    for (xpub, (fingerprint, path)) in &psbt.xpub {
        let known = wallet.policy().cosigners().iter().any(|cosigner| {
            let same = cosigner.xpub.public_key == xpub.public_key && cosigner.xpub.chain_code == xpub.chain_code;
            same && (!cosigner.origin_known || (cosigner.fingerprint == *fingerprint && cosigner.path == *path))
        });
        if !known {
            let message =
                format!("the file names the extended key [{fingerprint}/{path}], which is none of this wallet's");
            findings.say(code::XPUB_FOREIGN, message);
        }
    }
}
