//! The signatures that a PSBT's input carries, wherever they stand: as partial ones, or in final scripts and witnesses.
//!
//! Of what is final, every part has to be one that our own script wants there; what is not counts as an invalid one.

use super::own::{How, Leaf, Own, Under};
use bitcoin::opcodes::all::OP_PUSHNUM_1;
use bitcoin::psbt::Input;
use bitcoin::script::Instruction;
use bitcoin::taproot::{self, TapLeafHash};
use bitcoin::{PublicKey, XOnlyPublicKey, ecdsa};

/// The most parts that are looked at in a final script or witness: a signature for each key, and what stands around.
const MOST_PARTS: usize = 64;

/// A signature as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    /// For a key.
    Ecdsa(PublicKey, ecdsa::Signature),
    /// For the output key.
    Output(taproot::Signature),
    /// For a key of a leaf.
    Leaf(XOnlyPublicKey, TapLeafHash, taproot::Signature),
    /// In what is final, for some key.
    SomeEcdsa(ecdsa::Signature),
    /// In what is final, for some key of the leaf.
    SomeLeaf(TapLeafHash, taproot::Signature),
    /// A part of what is final that does not belong there.
    Odd,
}

impl Given {
    /// Under which key it is said to be, in hex.
    pub fn key(&self) -> String {
        match self {
            Self::Ecdsa(key, _) => key.to_string(),
            Self::Leaf(key, ..) => key.to_string(),
            Self::Output(_) => "the taproot output key".to_owned(),
            Self::SomeEcdsa(_) | Self::SomeLeaf(..) | Self::Odd => "some key of the final script".to_owned(),
        }
    }
}

/// All that an input carries. Without knowing the script, what is final cannot be told apart.
pub(super) fn given(input: &Input, own: Option<&Own>) -> Vec<Given> {
    let ecdsa = input.partial_sigs.iter().map(|(key, signature)| Given::Ecdsa(*key, *signature));
    let leaves = input.tap_script_sigs.iter().map(|((key, leaf), sig)| Given::Leaf(*key, *leaf, *sig));
    let mut all = ecdsa.chain(input.tap_key_sig.map(Given::Output)).chain(leaves).collect::<Vec<_>>();
    if input.final_script_sig.is_none() && input.final_script_witness.is_none() {
        return all;
    }
    let parts = match own {
        Some(own) => finished(input, own).unwrap_or_else(|| vec![Given::Odd]),
        None => vec![Given::Odd],
    };
    for part in parts {
        let known = match &part {
            Given::SomeEcdsa(signature) => input.partial_sigs.values().any(|known| known == signature),
            part => all.contains(part),
        };
        if !known {
            all.push(part);
        }
    }
    all
}

/// The signatures in a final script and witness; none when they are of another form than ours.
fn finished(input: &Input, own: &Own) -> Option<Vec<Given>> {
    let script = input.final_script_sig.clone().unwrap_or_default();
    let mut pushed = Vec::new();
    for instruction in script.instructions_minimal().take(MOST_PARTS.saturating_add(1)) {
        match instruction.ok()? {
            Instruction::PushBytes(bytes) => pushed.push(bytes.as_bytes().to_vec()),
            Instruction::Op(opcode) if opcode == OP_PUSHNUM_1 => pushed.push(vec![1]),
            Instruction::Op(_) => return None,
        }
    }
    let witness = input.final_script_witness.clone().unwrap_or_default();
    if pushed.len() > MOST_PARTS || witness.len() > MOST_PARTS {
        return None;
    }
    let witness = witness.iter().map(<[u8]>::to_vec).collect::<Vec<_>>();
    match &own.how {
        How::Legacy(code) => {
            let parts = if own.script.is_p2sh() { before(pushed, code.as_bytes())? } else { pushed };
            if witness.is_empty() { Some(ecdsa_parts(&parts, own)) } else { None }
        }
        How::Segwit(code) => {
            let program = match pushed.as_slice() {
                [] => own.script.clone(),
                [program] => bitcoin::ScriptBuf::from(program.clone()),
                _ => return None,
            };
            let spends = program == own.script || program.to_p2sh() == own.script;
            let parts = if program.is_p2wsh() { before(witness, code.as_bytes())? } else { witness };
            if spends { Some(ecdsa_parts(&parts, own)) } else { None }
        }
        How::Taproot(leaves) => {
            if !pushed.is_empty() {
                return None;
            }
            match witness.as_slice() {
                [signature] => Some(vec![taproot::Signature::from_slice(signature).map_or(Given::Odd, Given::Output)]),
                [parts @ .., script, control] => {
                    let leaf =
                        leaves.iter().find(|leaf| leaf.script.as_bytes() == script && leaf.control == *control)?;
                    Some(leaf_parts(parts, leaf, own))
                }
                [] => None,
            }
        }
    }
}

/// What stands before the script that has to be last.
fn before(mut parts: Vec<Vec<u8>>, script: &[u8]) -> Option<Vec<Vec<u8>>> {
    parts.pop().filter(|last| last == script).map(|_| parts)
}

fn ecdsa_parts(parts: &[Vec<u8>], own: &Own) -> Vec<Given> {
    let key = |part: &[u8]| own.keys.iter().any(|key| matches!(key.under, Under::Ecdsa(key) if key.to_bytes() == part));
    let part = |part: &Vec<u8>| match part.as_slice() {
        [] | [1] => None,
        part if key(part) => None,
        part => Some(ecdsa::Signature::from_slice(part).map_or(Given::Odd, Given::SomeEcdsa)),
    };
    parts.iter().filter_map(part).collect()
}

fn leaf_parts(parts: &[Vec<u8>], leaf: &Leaf, own: &Own) -> Vec<Given> {
    let key = |part: &[u8]| {
        own.keys
            .iter()
            .any(|key| matches!(key.under, Under::Leaf(key, of) if of == leaf.hash && key.serialize() == part))
    };
    let some = |signature| Given::SomeLeaf(leaf.hash, signature);
    let part = |part: &Vec<u8>| match part.as_slice() {
        [] | [1] => None,
        part if key(part) => None,
        part => Some(taproot::Signature::from_slice(part).map_or(Given::Odd, some)),
    };
    parts.iter().filter_map(part).collect()
}
