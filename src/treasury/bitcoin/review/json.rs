//! A review as scripts read it; `docs/scripts.md` tells every key.

use super::value::rate;
use super::{Review, Role};
use crate::treasury::verdict::{Finding, Judgement};
use serde::Serialize;
use serde_json::value::RawValue;

/// The shape of a review in JSON. Amounts are integers in satoshi; what is not known is `null`.
#[derive(Debug, Serialize)]
pub struct Shape<'a> {
    verdict: Judgement,
    kind: super::Kind,
    txid: String,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    fee: Fee,
    signatures: Signatures,
    warnings: &'a [Finding],
    blocks: &'a [Finding],
}

#[derive(Debug, Serialize)]
struct Input {
    outpoint: String,
    sat: Option<u64>,
    ours: bool,
    derivation: Option<String>,
}

#[derive(Debug, Serialize)]
struct Output {
    address: Option<String>,
    script: String,
    sat: u64,
    role: Role,
    derivation: Option<String>,
}

#[derive(Debug, Serialize)]
struct Fee {
    sat: Option<u64>,
    /// A number written by us: no floating point comes near it.
    rate: Option<Box<RawValue>>,
}

#[derive(Debug, Serialize)]
struct Signatures {
    required: usize,
    valid: usize,
    by: Vec<String>,
}

impl Review {
    /// The review as scripts read it.
    pub fn json(&self) -> Shape<'_> {
        let input = |input: &super::Input| Input {
            outpoint: input.outpoint.to_string(),
            sat: input.value.map(bitcoin::Amount::to_sat),
            ours: input.ours(),
            derivation: input.spot.map(|spot| spot.to_string()),
        };
        let output = |output: &super::Output| Output {
            address: output.address.as_ref().map(ToString::to_string),
            script: output.script.to_hex_string(),
            sat: output.value.to_sat(),
            role: output.role,
            derivation: output.spot.map(|spot| spot.to_string()),
        };
        let by: Vec<String> = self.signed().map(|seat| seat.to_string()).collect();
        Shape {
            verdict: self.verdict.judgement(),
            kind: self.kind,
            txid: self.txid.to_string(),
            inputs: self.inputs.iter().map(input).collect(),
            outputs: self.outputs.iter().map(output).collect(),
            fee: Fee {
                sat: self.fee.map(|fee| fee.amount.to_sat()),
                rate: self.fee.and_then(|fee| RawValue::from_string(rate(fee.rate)).ok()),
            },
            signatures: Signatures { required: self.required, valid: by.len(), by },
            warnings: &self.verdict.warnings,
            blocks: &self.verdict.blocks,
        }
    }
}
