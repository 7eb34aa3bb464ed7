//! Whether every signature signs the whole transaction, as the file asks for and as the signatures themselves say (T9).
//!
//! - A sighash is asked for in a field and told by the last byte of a signature. Both are looked at, and so are the
//!   signatures in a witness that is already complete.
//! - `ALL` for a legacy or segwit v0 input; `DEFAULT` or `ALL` for taproot, which sign the same.

use super::code;
use crate::treasury::findings::Findings;
use bitcoin::psbt::{Input as Map, PsbtSighashType};
use bitcoin::{EcdsaSighashType, TapSighashType};

const ALL: u8 = 0x01;

/// Takes down what input `at` leaves open.
pub(super) fn check(at: usize, map: &Map, taproot: bool, findings: &mut Findings) {
    if let Some(asked) = map.sighash_type
        && !whole(asked, taproot)
    {
        let message = format!("input {at} asks for signatures with sighash {asked}; only those of the whole are given");
        findings.say(code::SIGHASH, message);
    }
    let plain = map.partial_sigs.values().map(|signature| signature.sighash_type);
    for kind in plain.filter(|kind| *kind != EcdsaSighashType::All) {
        findings.say(code::SIGHASH, format!("input {at}: a signature has sighash {kind}"));
    }
    let tap = map.tap_key_sig.iter().chain(map.tap_script_sigs.values()).map(|signature| signature.sighash_type);
    for kind in tap.filter(|kind| !matches!(kind, TapSighashType::Default | TapSighashType::All)) {
        findings.say(code::SIGHASH, format!("input {at}: a signature has sighash {kind}"));
    }
    if complete(map, taproot).iter().any(|signature| signature.last() != Some(&ALL)) {
        findings.say(code::SIGHASH, format!("input {at}: a signature of its witness leaves parts open to change"));
    }
}

fn whole(asked: PsbtSighashType, taproot: bool) -> bool {
    let default = taproot && asked == TapSighashType::Default.into();
    default || asked == EcdsaSighashType::All.into()
}

/// The signatures of a complete input that tell their sighash: those of ECDSA, and those of taproot that are not `DEFAULT`.
fn complete(map: &Map, taproot: bool) -> Vec<Vec<u8>> {
    let mut pushed: Vec<Vec<u8>> = Vec::new();
    if let Some(script) = &map.final_script_sig {
        pushed.extend(
            script
                .instructions()
                .filter_map(Result::ok)
                .filter_map(|part| Some(part.push_bytes()?.as_bytes().to_vec())),
        );
    }
    let witness = map.final_script_witness.iter().flat_map(|witness| witness.iter());
    // A control block may have the length of a signature; it follows the script, at the end.
    let elements: Vec<&[u8]> = witness.collect();
    let among = if taproot && elements.len() > 1 { elements.len().saturating_sub(2) } else { elements.len() };
    pushed.extend(elements.into_iter().take(among).map(<[u8]>::to_vec));
    let der = |bytes: &Vec<u8>| bytes.first() == Some(&0x30) && (9..=73).contains(&bytes.len());
    pushed.retain(|bytes| if taproot { bytes.len() == 65 } else { der(bytes) });
    pushed
}
