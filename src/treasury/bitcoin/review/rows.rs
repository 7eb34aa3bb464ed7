//! The review line by line, as a signer reads it: what it is, each input, each output, the fee, time, and who has signed.
//!
//! - What comes from the file or from a label is printable here; nothing is shortened but scripts without an address.
//! - Addresses stand in groups of four, as devices show them.

use super::facts::Facts;
use super::outputs::{Output, Role, raw};
use super::recipient::fours;
use super::timing::{Later, Opens};
use super::value::{Price, btc, digits, rate, share};
use super::{Input, Kind, Review};
use crate::treasury::bitcoin::policy::Lock;
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::verdict::{Row, Tone};
use bitcoin::absolute::LockTime;
use bitcoin::bip32::Fingerprint;
use bitcoin::{Amount, Network, Psbt};

/// A row; its parts are made printable.
fn row(label: &str, tone: Tone, parts: Vec<String>) -> Row {
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    Row {
        label: label.to_owned(),
        parts: parts.map(|part| crate::market::printable(&part).into_owned()).collect(),
        tone,
    }
}

/// The rows of a review.
pub(super) fn write(review: &Review, psbt: &Psbt, wallet: &Wallet, facts: &Facts, price: Option<&Price>) -> Vec<Row> {
    let told = |amount: Amount| price.and_then(|price| price.told(amount)).unwrap_or_default();
    let mut rows = vec![row("what", Tone::Plain, summary(review, wallet))];
    rows.extend(review.inputs.iter().enumerate().map(|(at, input)| coin(at, input)));
    for (at, output) in review.outputs.iter().enumerate() {
        rows.push(paid(at, output, told(output.value)));
    }
    rows.push(match review.fee {
        None => row("fee", Tone::Block, vec!["unknown".into()]),
        Some(fee) => {
            let part = share(fee.amount, fee.spent).map(|part| format!("{part} of what is spent")).unwrap_or_default();
            let rate = format!("{} sat/vB", rate(fee.rate));
            row("fee", Tone::Plain, vec![format!("{} sat", fee.amount.to_sat()), rate, part, told(fee.amount)])
        }
    });
    rows.push(row("time", Tone::Plain, time(psbt)));
    rows.push(row("signed", Tone::Plain, signed(review, facts)));
    for way in &review.later {
        rows.push(row(if way.taken { "by" } else { "later" }, Tone::Plain, later(way, wallet)));
    }
    rows.push(row("txid", Tone::Plain, vec![review.txid.to_string()]));
    rows
}

fn summary(review: &Review, wallet: &Wallet) -> Vec<String> {
    let leaves = review.outputs.iter().filter(|output| output.spot.is_none());
    let leaves = leaves.map(|output| output.value.to_sat()).fold(0, u64::saturating_add);
    let leaves = btc(Amount::from_sat(leaves));
    let what = match review.kind {
        Kind::Payment => format!("pay {leaves}"),
        Kind::Sweep => format!("send all of it, {leaves}"),
        Kind::Own => "move coins within the wallet".to_owned(),
        Kind::Bump => format!("replace a waiting transaction, pay {leaves}"),
        Kind::Recovery => format!("recover, {leaves} leaves the wallet"),
        Kind::Unknown => "it cannot be told what this is for".to_owned(),
    };
    let network = match wallet.network() {
        Network::Bitcoin => String::new(),
        network => format!("on {network}"),
    };
    vec![what, format!("from {}", wallet.name()), wallet.policy().quorum().to_string(), network]
}

fn coin(at: usize, input: &Input) -> Row {
    let value = input.value.map_or_else(|| "unknown".to_owned(), digits);
    let claimed = if input.proved || input.value.is_none() { "" } else { "claimed" };
    let whose = input.spot.map_or_else(|| "FOREIGN".to_owned(), |spot| format!("ours {spot}"));
    let tone = if input.ours() { Tone::Ours } else { Tone::Warning };
    let label = input.label.as_deref().map(|label| format!("«{label}»")).unwrap_or_default();
    row(&format!("in {at}"), tone, vec![value, claimed.into(), whose, label, input.outpoint.to_string()])
}

fn paid(at: usize, output: &Output, worth: String) -> Row {
    let role = match (output.role, output.spot) {
        (Role::Change, Some(spot)) => format!("change, ours {spot}"),
        (Role::Own, Some(spot)) => format!("self, ours {spot}"),
        (role, _) => role.word().to_owned(),
    };
    let tone = match output.role {
        Role::Change | Role::Own => Tone::Ours,
        Role::Payment if output.like.is_none() => Tone::Leaves,
        Role::Payment | Role::Unknown => Tone::Warning,
    };
    let to = output.address.as_ref().map_or_else(|| raw(&output.script), |address| fours(&address.to_string()));
    let name = output.name.as_deref().map(|name| format!("«{name}»")).unwrap_or_default();
    row(&format!("out {at}"), tone, vec![digits(output.value), role, to, name, worth])
}

fn time(psbt: &Psbt) -> Vec<String> {
    let transaction = &psbt.unsigned_tx;
    let lock = match transaction.lock_time {
        LockTime::ZERO => "at any time".to_owned(),
        LockTime::Blocks(height) => format!("not before block {height}"),
        LockTime::Seconds(time) => {
            let at = crate::market::Timestamp::from_secs(i64::from(time.to_consensus_u32()));
            format!("not before {at}")
        }
    };
    let replaceable = transaction.input.iter().any(|input| input.sequence.is_rbf());
    let replaceable = if replaceable { "can be replaced (RBF)" } else { "no RBF" };
    let mut asked: Vec<String> = psbt.inputs.iter().filter_map(|map| Some(map.sighash_type?.to_string())).collect();
    asked.dedup();
    let asked = match asked.as_slice() {
        [] => "sighash ALL".to_owned(),
        some => format!("sighash {}", some.iter().take(4).cloned().collect::<Vec<_>>().join(", ")),
    };
    vec![lock, replaceable.into(), asked, format!("version {}", transaction.version.0)]
}

fn signed(review: &Review, facts: &Facts) -> Vec<String> {
    let have: Vec<Fingerprint> = review.signed().collect();
    let mut parts = vec![format!("{} of {} needed", have.len(), review.required)];
    if !have.is_empty() {
        parts.push(format!("by {}", list(have.iter())));
    }
    let open = review.seats.iter().filter(|seat| seat.inputs.len() < review.signatures.inputs);
    let missing: Vec<Fingerprint> = open.map(|seat| seat.fingerprint).collect();
    if have.len() >= review.required {
        parts.push("complete".into());
    } else {
        parts.push(format!("can still sign: {}", list(missing.iter())));
    }
    if let Some(me) = facts.me.filter(|me| missing.contains(me)) {
        parts.push(format!("after you, {me}: {} of {}", have.len().saturating_add(1), review.required));
    }
    parts
}

fn later(later: &Later, wallet: &Wallet) -> Vec<String> {
    let cosigners = wallet.policy().cosigners();
    let keys = later.way.seats.iter().filter_map(|seat| cosigners.get(*seat)).map(|cosigner| &cosigner.fingerprint);
    let who = format!("{} of {}", later.way.required, list(keys));
    let when = match later.way.lock {
        Lock::Older(lock) => format!("{} after each coin was confirmed", bitcoin::relative::LockTime::from(lock)),
        Lock::After(lock) => format!("from {} on", LockTime::from(lock)),
    };
    let opens = match later.opens {
        Opens::Now => "open now".to_owned(),
        Opens::Blocks(left) => format!("{left} blocks left"),
        Opens::Seconds(left) => format!("{} days left", left.div_ceil(86_400)),
        Opens::Unknown => "not known how long that is".to_owned(),
    };
    vec![who, when, opens]
}

fn list<'a>(fingerprints: impl Iterator<Item = &'a Fingerprint>) -> String {
    fingerprints.map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
