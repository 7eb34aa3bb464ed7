//! The review line by line, as a signer reads it: the Safe, the nonce, the hashes as other tools show them, each call, what
//! leaves in sum, and who controls the Safe afterwards.
//!
//! - Addresses and hashes stand in full, with the letters that devices and other tools show.
//! - Calls stand below those that they are in, by points in front.

use super::amounts::Amounts;
use super::facts::{Facts, State};
use super::standing::{has_guards, named, or_none, refund};
use super::{Kind, Review, Total, control};
use crate::treasury::ethereum::file::Note;
use crate::treasury::ethereum::likeness::Known;
use crate::treasury::verdict::{Row, Tone};
use alloy_primitives::{Address, U256};

mod call;

/// The rows of a review.
pub(super) fn write(
    review: &Review,
    facts: &Facts,
    state: Option<&State>,
    amounts: &Amounts<'_>,
    known: &Known,
) -> Vec<Row> {
    let tx = &review.tx;
    let mut rows = vec![Row::new("what", Tone::Plain, summary(review, amounts))];
    rows.push(Row::new("safe", Tone::Plain, named(&review.at)));
    rows.extend(state.map(|state| Row::new("stands", Tone::Plain, stands(review, state))));
    rows.push(Row::new("nonce", Tone::Plain, nonce(tx.nonce, state)));
    let hashes = &review.hashes;
    rows.push(Row::new("domain", Tone::Plain, [hashes.domain.to_string()]));
    rows.push(Row::new("message", Tone::Plain, [hashes.message.to_string()]));
    rows.push(Row::new("hash", Tone::Plain, [hashes.safe_tx.to_string()]));
    for call in review.calls.all() {
        rows.push(call::row(review, call, amounts, known));
        if let Some(nested) = review.nested.get(&call.index) {
            rows.extend(nested.verdict.rows.iter().map(within));
        }
    }
    rows.extend(review.effects.totals.iter().map(|total| sum(total, amounts)));
    let allowances = review.effects.allowances.values();
    rows.extend(allowances.map(|allowed| call::allowed(allowed, amounts, known)));
    rows.extend(changed(review));
    rows.extend(refund(tx, amounts).map(|parts| Row::new("refund", Tone::Block, parts)));
    if !(tx.safe_tx_gas.is_zero() && tx.base_gas.is_zero()) {
        let base = format!("{} {}", review.at.version.base_gas_name(), tx.base_gas);
        rows.push(Row::new("gas", Tone::Plain, [format!("safeTxGas {}", tx.safe_tx_gas), base]));
    }
    for note in &facts.notes {
        if let Note::Unchecked(field, address) = note {
            let parts = [(*field).to_owned(), address.to_checksum(None), "written without a checksum".to_owned()];
            rows.push(Row::new("file", Tone::Plain, parts));
        }
    }
    rows
}

/// A row of a transaction that is approved, under the call that approves it.
fn within(row: &Row) -> Row {
    let parts = [format!("{}:", row.label)].into_iter().chain(row.parts.iter().cloned());
    Row::new("approves", row.tone, parts)
}

fn summary(review: &Review, amounts: &Amounts<'_>) -> Vec<String> {
    let leaves: Vec<String> = review.effects.totals.iter().take(4).map(|total| leaving(total, amounts)).collect();
    let leaves = match (leaves.as_slice(), review.effects.totals.len()) {
        ([], _) => "nothing leaves that is known".to_owned(),
        (some, 0..=4) => format!("{} leaves", some.join(", ")),
        (some, all) => format!("{} and {} more leave", some.join(", "), all.saturating_sub(some.len())),
    };
    let what = match review.kind {
        Kind::Rejection => return vec![format!("reject what else has nonce {}: nothing is done", review.tx.nonce)],
        Kind::Control => "CONTROL CHANGE".to_owned(),
        Kind::Batch => format!("{} calls", review.calls.all().len().saturating_sub(1)),
        Kind::Approval => "approve a transaction of another Safe".to_owned(),
        Kind::Allowance => "let somebody spend".to_owned(),
        Kind::Transfer => "send".to_owned(),
        Kind::Message => "sign a message in the name of the Safe".to_owned(),
        Kind::Call => "call a contract".to_owned(),
        Kind::Unknown => "it cannot be told what this does".to_owned(),
    };
    vec![what, leaves]
}

fn leaving(total: &Total, amounts: &Amounts<'_>) -> String {
    match total.amount {
        Some(amount) => amounts.told(total.asset, amount),
        None => format!("more than there can be of {}", amounts.name(total.asset)),
    }
}

fn sum(total: &Total, amounts: &Amounts<'_>) -> Row {
    let contract = amounts.contract(total.asset).map(|token| format!("token {}", token.to_checksum(None)));
    let worth = total.amount.map(|amount| amounts.worth(total.asset, amount));
    let parts = [leaving(total, amounts), contract.unwrap_or_default(), worth.unwrap_or_default()];
    Row::new("total", Tone::Leaves, parts)
}

fn stands(review: &Review, state: &State) -> Vec<String> {
    let modules: Vec<String> = state.modules.iter().map(|module| module.to_checksum(None)).collect();
    let modules = if modules.is_empty() { "none".to_owned() } else { modules.join(", ") };
    let guard = match has_guards(review.at.version) {
        true => format!("guard {}", or_none(state.guard)),
        false => "this version has no guards".to_owned(),
    };
    vec![
        format!("{} of {}", state.threshold, state.owners.len()),
        format!("at block {}", state.block),
        format!("modules {modules}"),
        guard,
        format!("fallback handler {}", or_none(state.fallback_handler)),
    ]
}

fn nonce(nonce: U256, state: Option<&State>) -> Vec<String> {
    let told = state.map(|state| match nonce.checked_sub(state.nonce) {
        None => format!("used: the Safe is at {}", state.nonce),
        Some(before) if before.is_zero() => "the next one".to_owned(),
        Some(before) => format!("{before} before it"),
    });
    vec![nonce.to_string(), told.unwrap_or_default()]
}

/// The changes of control, and the table of before and after.
fn changed(review: &Review) -> Vec<Row> {
    let told = |(index, change): &(usize, control::Change)| {
        Row::new("control", Tone::Warning, [format!("call {index}"), change.told()])
    };
    let mut rows: Vec<Row> = review.changes.iter().map(told).collect();
    let Some((before, after)) = &review.control else { return rows };
    let quorum = |state: &State| format!("{} of {}", state.threshold, state.owners.len());
    let tone = |same: bool| if same { Tone::Plain } else { Tone::Warning };
    let same = before.threshold == after.threshold && before.owners.len() == after.owners.len();
    rows.push(Row::new("quorum", tone(same), [quorum(before), "→".to_owned(), quorum(after)]));
    rows.extend(listed("owner", &before.owners, &after.owners));
    rows.extend(listed("module", &before.modules, &after.modules));
    let single = [
        ("guard", before.guard, after.guard),
        ("m. guard", before.module_guard, after.module_guard),
        ("fallback", before.fallback_handler, after.fallback_handler),
        ("code", before.singleton, after.singleton),
    ];
    for (label, before, after) in single.into_iter().filter(|(_, before, after)| before != after) {
        rows.push(Row::new(label, Tone::Warning, [or_none(before), "→".to_owned(), or_none(after)]));
    }
    rows
}

/// Each of a list before and after, the ones that go first where they were.
fn listed(label: &'static str, before: &[Address], after: &[Address]) -> Vec<Row> {
    let went = before.iter().map(|one| match after.contains(one) {
        true => (one, "stays", Tone::Plain),
        false => (one, "removed", Tone::Warning),
    });
    let came = after.iter().filter(|one| !before.contains(one)).map(|one| (one, "added", Tone::Warning));
    went.chain(came).map(|(one, what, tone)| Row::new(label, tone, [one.to_checksum(None), what.to_owned()])).collect()
}
