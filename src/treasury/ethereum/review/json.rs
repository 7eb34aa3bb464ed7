//! A review of a Safe transaction as scripts read it; `docs/scripts.md` tells every key.
//!
//! - Numbers of the chain are decimal strings, because they go up to 2^256; hashes and bytes are hex.
//! - `method`, `signature` and `args` are there only for calldata that encodes to the same bytes again. What a contract may
//!   read in others stands under `asRead`.

use super::control::Change;
use super::facts::State;
use super::moves::unlimited;
use super::{Asset, Call, Kind, Review};
use crate::treasury::ethereum::calldata::{Decoded, Meaning};
use crate::treasury::ethereum::deployments::Standing;
use crate::treasury::verdict::{Finding, Judgement};
use alloy_primitives::{Address, hex};
use serde::Serialize;

/// The shape of a review in JSON. What is not known is `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape<'a> {
    verdict: Judgement,
    kind: Kind,
    chain_id: String,
    safe: String,
    version: &'static str,
    nonce: String,
    domain_hash: String,
    message_hash: String,
    safe_tx_hash: String,
    calls: Vec<Node<'a>>,
    totals: Vec<Total>,
    control: Option<Control>,
    warnings: &'a [Finding],
    blocks: &'a [Finding],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Node<'a> {
    index: usize,
    depth: usize,
    by: String,
    to: String,
    value: String,
    operation: u8,
    data: String,
    selector: Option<String>,
    contract: Option<String>,
    method: Option<&'a str>,
    signature: Option<&'a str>,
    args: Option<Vec<Argument<'a>>>,
    unlimited: bool,
    as_read: Option<AsRead<'a>>,
    nested: Option<Box<Shape<'a>>>,
    calls: Vec<Node<'a>>,
}

#[derive(Debug, Serialize)]
struct AsRead<'a> {
    method: &'a str,
    signature: &'a str,
    args: Vec<Argument<'a>>,
}

#[derive(Debug, Serialize)]
struct Argument<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct Total {
    asset: &'static str,
    contract: Option<String>,
    /// In the smallest unit.
    amount: Option<String>,
}

#[derive(Debug, Serialize)]
struct Control {
    changes: Vec<String>,
    before: Option<Holders>,
    after: Option<Holders>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Holders {
    owners: Vec<String>,
    threshold: String,
    modules: Vec<String>,
    guard: String,
    module_guard: String,
    fallback_handler: String,
    singleton: String,
}

impl Review {
    /// The review as scripts read it.
    pub fn json(&self) -> Shape<'_> {
        Shape {
            verdict: self.verdict.judgement(),
            kind: self.kind,
            chain_id: self.at.chain_id.to_string(),
            safe: text(&self.at.safe),
            version: self.at.version.name(),
            nonce: self.tx.nonce.to_string(),
            domain_hash: self.hashes.domain.to_string(),
            message_hash: self.hashes.message.to_string(),
            safe_tx_hash: self.hashes.safe_tx.to_string(),
            calls: vec![self.node(&self.calls.root)],
            totals: self.effects.totals.iter().map(total).collect(),
            control: self.held(),
            warnings: &self.verdict.warnings,
            blocks: &self.verdict.blocks,
        }
    }

    fn node<'a>(&'a self, call: &'a Call) -> Node<'a> {
        let decoded = call.meaning.decoded();
        let exact = decoded.filter(|decoded| decoded.exact);
        let loose = decoded.filter(|decoded| !decoded.exact);
        let contract = call.target.map(|(Standing::Listed(pinned) | Standing::Unlisted(pinned))| {
            format!("{} {}", pinned.contract.name(), pinned.version)
        });
        let selector = match &call.meaning {
            Meaning::Nothing | Meaning::Unknown(None) => None,
            _ => call.data.first_chunk::<4>().map(hex::encode_prefixed),
        };
        Node {
            index: call.index,
            depth: call.depth,
            by: text(&call.by),
            to: text(&call.to),
            value: call.value.to_string(),
            operation: call.operation.number(),
            data: call.data.to_string(),
            selector,
            contract,
            method: exact.map(|decoded| decoded.function.name()),
            signature: exact.map(|decoded| decoded.function.signature()),
            // A list that stands there as calls is not told twice.
            args: exact.filter(|_| call.batch.is_none()).map(arguments),
            unlimited: decoded.is_some_and(whole),
            as_read: loose.filter(|_| call.batch.is_none()).map(|decoded| AsRead {
                method: decoded.function.name(),
                signature: decoded.function.signature(),
                args: arguments(decoded),
            }),
            nested: self.nested.get(&call.index).map(|review| Box::new(review.json())),
            calls: call.inner.iter().map(|inner| self.node(inner)).collect(),
        }
    }

    fn held(&self) -> Option<Control> {
        if self.changes.is_empty() {
            return None;
        }
        let changes = self.changes.iter().map(|(_, change)| Change::told(change)).collect();
        let (before, after) = self.control.as_ref().map(|(before, after)| (holders(before), holders(after))).unzip();
        Some(Control { changes, before, after })
    }
}

fn arguments(decoded: &Decoded) -> Vec<Argument<'_>> {
    decoded.told().map(|(name, kind, value)| Argument { name, kind, value }).collect()
}

fn total(total: &super::Total) -> Total {
    let (asset, contract) = match total.asset {
        Asset::Coin => ("coin", None),
        Asset::Token(token) => ("token", Some(text(&token))),
        Asset::Items(token) => ("items", Some(text(&token))),
    };
    Total { asset, contract, amount: total.amount.map(|amount| amount.to_string()) }
}

fn holders(state: &State) -> Holders {
    Holders {
        owners: state.owners.iter().map(text).collect(),
        threshold: state.threshold.to_string(),
        modules: state.modules.iter().map(text).collect(),
        guard: text(&state.guard),
        module_guard: text(&state.module_guard),
        fallback_handler: text(&state.fallback_handler),
        singleton: text(&state.singleton),
    }
}

fn text(address: &Address) -> String {
    address.to_checksum(None)
}

/// Whether a number among the arguments stands for all there is.
fn whole(decoded: &Decoded) -> bool {
    decoded.values.iter().filter_map(|value| value.as_uint()).any(|(number, _)| unlimited(number))
}
