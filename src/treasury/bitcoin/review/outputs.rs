//! The outputs: who is paid, what comes back, and what nobody can spend.

use super::change::Prover;
use super::code;
use super::facts::Facts;
use super::inputs::Input;
use super::likeness;
use super::recipient::fours;
use super::spots::Spots;
use super::value::btc;
use crate::market::printable;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use crate::treasury::findings::Findings;
use bitcoin::hex::DisplayHex;
use bitcoin::{Address, Amount, Psbt, ScriptBuf, WitnessVersion, XOnlyPublicKey};

/// What an output is for the wallet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It leaves the wallet.
    Payment,
    /// What is left comes back: proved to be ours, on the row for change.
    Change,
    /// Ours too, on the row to receive.
    #[serde(rename = "self")]
    Own,
    /// It pays no address.
    Unknown,
}

impl Role {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Change => "change",
            Self::Own => "self",
            Self::Unknown => "unknown",
        }
    }
}

/// An output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// What it pays.
    pub script: ScriptBuf,
    /// The same as an address of the wallet's network, where there is one.
    pub address: Option<Address>,
    /// How much.
    pub value: Amount,
    /// What it is for the wallet.
    pub role: Role,
    /// Where it is in the wallet; none where it is not ours.
    pub spot: Option<Spot>,
    /// The name of the recipient, where it is on the list. Printable.
    pub name: Option<String>,
    /// A known recipient that it could be taken for.
    pub like: Option<Like>,
}

/// A known recipient that an address is like: the console wants the characters between the ends typed before it goes on (T16).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    /// The known one.
    pub known: Address,
    /// Its name, where it has one. Printable.
    pub name: Option<String>,
    /// The characters of *this* output's address that differ from the known one's, to be typed.
    pub middle: String,
}

/// Reads the outputs.
pub(super) fn read(
    psbt: &Psbt,
    wallet: &Wallet,
    facts: &Facts,
    inputs: &[Input],
    spots: &mut Spots<'_>,
    findings: &mut Findings,
) -> Vec<Output> {
    let spent = inputs.iter().filter_map(|input| input.spot).map(|spot| spot.index).max().unwrap_or(0);
    let mut prover = Prover { facts, spots, findings, spent };
    let known = likeness::Known::new(facts, wallet.network());
    let mut outputs = Vec::with_capacity(psbt.outputs.len());
    for (at, (output, map)) in psbt.unsigned_tx.output.iter().zip(&psbt.outputs).enumerate() {
        let spot = prover.prove(at, output, map);
        let script = &output.script_pubkey;
        let address = Address::from_script(script, wallet.network()).ok();
        let role = match (spot, &address) {
            (Some(Spot { chain: Chain::Change, .. }), _) => Role::Change,
            (Some(Spot { chain: Chain::Receive, .. }), _) => Role::Own,
            (None, Some(_)) => Role::Payment,
            (None, None) => Role::Unknown,
        };
        kind(at, script, output.value, address.as_ref(), prover.findings);
        let name = known.name(script);
        let mut like = None;
        if role == Role::Payment
            && name.is_none()
            && let Some(address) = &address
        {
            like = known.like(address);
            if let Some(like) = &like {
                let whose =
                    like.name.as_deref().map_or_else(|| "one paid before".to_owned(), |name| format!("«{name}»"));
                let message = format!(
                    "output {at} pays {} which is like {whose} {} but is not it; compare every character",
                    fours(&address.to_string()),
                    fours(&like.known.to_string())
                );
                prover.findings.say(code::ADDRESS_LIKE, message);
            } else if facts.paid.as_ref().is_some_and(|paid| !paid.contains(script)) {
                prover.findings.say(code::FIRST_PAYMENT, format!("output {at}: nothing was paid to {address} before"));
            }
        }
        outputs.push(Output { script: script.clone(), address, value: output.value, role, spot, name, like });
    }
    outputs
}

/// What is to be said about a script, whoever it belongs to.
fn kind(at: usize, script: &ScriptBuf, value: Amount, address: Option<&Address>, findings: &mut Findings) {
    if value > Amount::MAX_MONEY {
        findings.say(code::AMOUNT_RANGE, format!("output {at} pays {}, more than there can ever be", btc(value)));
    }
    if script.is_op_return() {
        findings.say(code::DATA_OUTPUT, format!("output {at} holds data: {}", raw(script)));
        if value > Amount::ZERO {
            let message = format!("output {at} destroys {}: it holds data, and nobody can spend it", btc(value));
            findings.say(code::BURN, message);
        }
        return;
    }
    if address.is_none() {
        findings.say(code::SCRIPT_RAW, format!("output {at} pays a script without an address: {}", raw(script)));
    }
    let taproot = script.as_bytes().get(2..).filter(|_| script.is_p2tr());
    if taproot.is_some_and(|key| XOnlyPublicKey::from_slice(key).is_err()) {
        findings.say(code::BURN, format!("output {at} pays a taproot address that no key belongs to: {}", btc(value)));
    }
    if script.witness_version().is_some_and(|version| version > WitnessVersion::V0) && !script.is_p2tr() {
        let message = format!("output {at} pays a kind of address without rules yet: whoever comes first takes it");
        findings.say(code::SCRIPT_ANYONE, message);
    }
    if value < script.minimal_non_dust() {
        findings.say(code::DUST, format!("output {at}: {} is dust, nodes do not pass it on", btc(value)));
    }
}

/// A script as it is: in words where it is short, in hex where it is not, and always printable.
pub(super) fn raw(script: &ScriptBuf) -> String {
    /// What fits two lines.
    const MOST: usize = 80;
    match script.as_bytes().get(..MOST / 2) {
        Some(begin) if script.len() > MOST => format!("{}… ({} bytes)", begin.to_lower_hex_string(), script.len()),
        _ => printable(&script.to_asm_string()).into_owned(),
    }
}
