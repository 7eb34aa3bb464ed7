//! The review that comes before every signature: what a transaction does to the wallet, and why it must not be signed.
//!
//! - It is a function: the same packet, wallet and facts give the same [`Review`]. The console, `--json` and every way to
//!   a signer use this one.
//! - Nothing that the file says is believed: ours is what the descriptor derives, a value is what the previous transaction
//!   pays, a signature is what verifies. What cannot be checked is said to be unknown.
//! - Its cost is bounded by the number of inputs and outputs, whatever the file claims.

pub mod code;
pub mod facts;
pub mod recipient;

mod change;
mod conflicts;
mod fee;
mod fields;
mod inputs;
mod json;
mod kind;
mod likeness;
mod outputs;
mod previous;
mod reviewed;
mod rows;
mod sighash;
mod signed;
mod spots;
mod timing;
mod value;

pub use facts::Facts;
pub use fee::{Fee, HEAVIEST};
pub use inputs::Input;
pub use json::Shape;
pub use kind::Kind;
pub use outputs::{Like, Output, Role};
pub use reviewed::{Reviewed, reviewed};
pub use timing::{Later, Opens};
pub use value::{NoPrice, Price, believed, price};

use super::psbt::{MOST_PARTS, Packet};
use super::signature::{Seat, Signatures};
use super::wallet::Wallet;
use crate::treasury::findings::Findings;
use crate::treasury::verdict::Verdict;
use bitcoin::Txid;
use bitcoin::bip32::Fingerprint;
use spots::Spots;

/// What a transaction does, and the verdict on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// What it is for.
    pub kind: Kind,
    /// The id of the unsigned transaction, which is that of the signed one where all inputs are segwit.
    pub txid: Txid,
    /// What it spends.
    pub inputs: Vec<Input>,
    /// What it pays.
    pub outputs: Vec<Output>,
    /// What it costs; none when that cannot be known.
    pub fee: Option<Fee>,
    /// Who has signed, as verified.
    pub signatures: Signatures,
    /// How many signatures the way takes that it goes.
    pub required: usize,
    /// Whose: the seats of that way, and what each has signed.
    pub seats: Vec<Seat>,
    /// Who may sign later, and when.
    pub later: Vec<Later>,
    /// The sum: rows, warnings and blocks.
    pub verdict: Verdict,
}

impl Review {
    /// The seats whose signatures are valid on every input.
    pub fn signed(&self) -> impl Iterator<Item = Fingerprint> + '_ {
        let whole = self.signatures.inputs;
        let seats = self.seats.iter().filter(move |seat| whole > 0 && seat.inputs.len() == whole);
        seats.map(|seat| seat.fingerprint)
    }
}

/// Reviews a packet that asks the wallet for signatures.
pub fn review(packet: &Packet, wallet: &Wallet, facts: &Facts) -> Review {
    let psbt = &packet.psbt;
    let mut findings = Findings::new(code::ALL);
    let mut spots = Spots::new(wallet);
    shape(packet, wallet, facts, &mut findings);
    let inputs = inputs::read(psbt, wallet, facts, &mut spots, &mut findings);
    let outputs = outputs::read(psbt, wallet, facts, &inputs, &mut spots, &mut findings);
    let fee = fee::count(psbt, wallet, facts, &inputs, &outputs, &mut findings);
    let later = timing::read(psbt, wallet, facts, &inputs, &mut findings);
    conflicts::check(facts, &inputs, &mut findings);
    fields::check(packet, wallet, &mut findings);
    let signatures = signed::check(packet, wallet, &inputs, &mut spots, &mut findings);
    let price = value::price(facts).map_err(|none| {
        if none != NoPrice::None {
            findings.say(code::PRICE_UNKNOWN, format!("no value in the base currency: {none}"));
        }
    });
    let (required, seats) = signed::way(wallet, &later, &signatures);
    let kind = Kind::of(facts, &inputs, &outputs, &later);
    let (warnings, blocks) = findings.told();
    let txid = psbt.unsigned_tx.compute_txid();
    let verdict = Verdict { rows: Vec::new(), warnings, blocks };
    let mut review = Review { kind, txid, inputs, outputs, fee, signatures, required, seats, later, verdict };
    review.verdict.rows = rows::write(&review, psbt, wallet, facts, price.as_ref().ok());
    review
}

/// What is to be said before anything is read.
fn shape(packet: &Packet, wallet: &Wallet, facts: &Facts, findings: &mut Findings) {
    let transaction = &packet.psbt.unsigned_tx;
    let (inputs, outputs) = (transaction.input.len(), transaction.output.len());
    if inputs == 0 || outputs == 0 {
        findings.say(code::EMPTY, format!("it has {inputs} inputs and {outputs} outputs"));
    }
    if inputs > MOST_PARTS || outputs > MOST_PARTS {
        let message = format!("it has {inputs} inputs and {outputs} outputs, and devices sign {MOST_PARTS} of each");
        findings.say(code::TOO_MANY, message);
    }
    if facts.armed == Some(false) {
        let message = format!(
            "{} is not armed: its cosigners have to compare its first address on their devices first",
            wallet.name()
        );
        findings.say(code::WALLET_UNARMED, message);
    }
}

#[cfg(test)]
mod tests;
