//! One call in a line: what it does where that is known, and its bytes where it is not.

use super::super::amounts::Amounts;
use super::super::moves::{Allowance, Asset, Move};
use super::super::{Call, Review};
use crate::treasury::ethereum::Operation;
use crate::treasury::ethereum::calldata::Meaning;
use crate::treasury::ethereum::calls::Within;
use crate::treasury::ethereum::deployments::Standing;
use crate::treasury::ethereum::likeness::Known;
use crate::treasury::verdict::{Row, Tone};
use alloy_primitives::{Address, hex, keccak256};

/// The most bytes that are shown of calldata that nobody can read; scripts see all of it.
const BYTES: usize = 256;

/// The longest value of an argument that is shown in full.
const VALUE: usize = 200;

/// The most moves of one call that are shown.
const MOVES: usize = 16;

/// A call.
pub(super) fn row(review: &Review, call: &Call, amounts: &Amounts<'_>, known: &Known) -> Row {
    let (first, rest) = does(review, call, amounts, known);
    let depth = "· ".repeat(call.depth);
    let how = match call.operation {
        Operation::DelegateCall => "delegatecall: ",
        Operation::Call => "",
    };
    let mut parts = vec![format!("{depth}{how}{first}")];
    parts.extend(rest);
    if call.by != review.at.safe {
        parts.push(format!("in the name of {}", call.by.to_checksum(None)));
    }
    if call.unnamed {
        parts.push("the list names nobody, which is the Safe itself".to_owned());
    }
    Row::new(format!("call {}", call.index), tone(review, call), parts)
}

fn tone(review: &Review, call: &Call) -> Tone {
    let good = call.batch.as_ref().is_some_and(|batch| batch.exact && batch.flaws.is_empty());
    let doubtful = match &call.meaning {
        Meaning::Nothing => false,
        Meaning::Unknown(_) | Meaning::Unreadable(_) => true,
        Meaning::Decoded(decoded) => !decoded.exact || decoded.which().is_none(),
    };
    let changes = review.changes.iter().any(|(index, _)| *index == call.index);
    let leaves = review.effects.moves.get(&call.index);
    match call.operation {
        Operation::DelegateCall if call.within == Within::Batch || call.target.is_none() => Tone::Block,
        _ if call.batch.is_some() && !good => Tone::Block,
        _ if doubtful || changes => Tone::Warning,
        Operation::DelegateCall if !good => Tone::Warning,
        _ if leaves.is_some_and(|moves| moves.iter().any(|one| one.from == review.at.safe)) => Tone::Leaves,
        _ => Tone::Plain,
    }
}

/// What a call does: the words that say it, and the parts behind them.
fn does(review: &Review, call: &Call, amounts: &Amounts<'_>, known: &Known) -> (String, Vec<String>) {
    let to = whom(review, call, known);
    let with = match call.value.is_zero() {
        true => String::new(),
        false => format!("with {}", amounts.told(Asset::Coin, call.value)),
    };
    if let Some(batch) = &call.batch {
        let mut parts = vec![to];
        parts.extend(batch.flaws.iter().map(ToString::to_string));
        return (format!("batch of {} calls", call.inner.len()), parts);
    }
    let moves = review.effects.moves.get(&call.index).map(Vec::as_slice).unwrap_or_default();
    match &call.meaning {
        Meaning::Nothing if call.value.is_zero() => ("nothing".to_owned(), vec![to]),
        Meaning::Nothing => {
            let worth = amounts.worth(Asset::Coin, call.value);
            (format!("send {}", amounts.told(Asset::Coin, call.value)), vec![to, worth])
        }
        Meaning::Unknown(None) => (format!("{} bytes", call.data.len()), vec![to, with, shown(&call.data)]),
        Meaning::Unknown(Some(selector)) => {
            let what = format!("unknown function {}, {} bytes", hex::encode_prefixed(selector), call.data.len());
            (what, vec![to, with, shown(&call.data)])
        }
        Meaning::Unreadable(function) => {
            let what = format!("{} with arguments that cannot be read, {} bytes", function.name(), call.data.len());
            (what, vec![to, with, shown(&call.data)])
        }
        Meaning::Decoded(decoded) => {
            let loose = match decoded.exact {
                true => String::new(),
                false => "not as an encoder writes it: a contract may read it so, or refuse it".to_owned(),
            };
            let mut parts = vec![to, with, loose];
            let told: Vec<&Move> = moves.iter().filter(|one| one.asset != Asset::Coin).take(MOVES).collect();
            if let Some(allowed) = review.effects.allowances.get(&call.index) {
                parts.extend(spends(allowed, amounts, known).1);
            } else if told.is_empty() {
                parts.extend(decoded.told().map(|(name, _, value)| format!("{name} {}", short(value))));
            }
            for one in told {
                parts.extend(moved(review, one, amounts, known));
            }
            (decoded.function.name().to_owned(), parts)
        }
    }
}

/// `to 0x…, «name»`, and what is published there.
fn whom(review: &Review, call: &Call, known: &Known) -> String {
    let published = match call.target {
        Some(Standing::Listed(pinned)) => format!(", {} {}", pinned.contract.name(), pinned.version),
        Some(Standing::Unlisted(pinned)) => {
            format!(", elsewhere {} {}", pinned.contract.name(), pinned.version)
        }
        None => String::new(),
    };
    format!("to {}{published}", who(review.at.safe, call.to, known))
}

/// An address with its name, where it has one.
fn who(safe: Address, address: Address, known: &Known) -> String {
    let told = address.to_checksum(None);
    match known.name(&address) {
        _ if address == safe => format!("{told} (this Safe)"),
        Some(name) => format!("{told} «{name}»"),
        None => told,
    }
}

fn moved(review: &Review, one: &Move, amounts: &Amounts<'_>, known: &Known) -> Vec<String> {
    let safe = review.at.safe;
    let what = match one.item {
        Some(item) => format!("{} × number {item}", one.amount),
        None => amounts.told(one.asset, one.amount),
    };
    let from = if one.from == safe { String::new() } else { format!("from {}", who(safe, one.from, known)) };
    vec![what, from, format!("for {}", who(safe, one.to, known)), amounts.worth(one.asset, one.amount)]
}

/// What somebody may spend.
pub(super) fn allowed(allowed: &Allowance, amounts: &Amounts<'_>, known: &Known) -> Row {
    let (tone, parts) = spends(allowed, amounts, known);
    Row::new("allows", tone, parts)
}

fn spends(allowed: &Allowance, amounts: &Amounts<'_>, known: &Known) -> (Tone, [String; 3]) {
    let told = allowed.spender.to_checksum(None);
    let who = known.name(&allowed.spender).map_or_else(|| told.clone(), |name| format!("{told} «{name}»"));
    let contract = amounts.contract(allowed.asset).map(|token| format!("token {}", token.to_checksum(None)));
    let (what, tone) = match allowed.amount.filter(|_| !allowed.unlimited()) {
        Some(amount) if amount.is_zero() => ("nothing any more".to_owned(), Tone::Plain),
        Some(amount) => (amounts.told(allowed.asset, amount), Tone::Warning),
        None => (format!("ANY AMOUNT of {}", amounts.thing(allowed.asset)), Tone::Warning),
    };
    (tone, [what, format!("to be spent by {who}"), contract.unwrap_or_default()])
}

/// Bytes in hex, as many as there is room for; the hash of all where that is not all.
fn shown(data: &[u8]) -> String {
    match data.split_at_checked(BYTES) {
        Some((first, rest)) if !rest.is_empty() => {
            let more = rest.len();
            format!("{} … and {more} bytes more, keccak {}", hex::encode_prefixed(first), keccak256(data))
        }
        _ => hex::encode_prefixed(data),
    }
}

/// A value, its middle left out when it is long.
fn short(value: String) -> String {
    let length = value.chars().count();
    if length <= VALUE {
        return value;
    }
    let half = VALUE / 2;
    let first: String = value.chars().take(half).collect();
    let last: String = value.chars().skip(length.saturating_sub(half)).collect();
    format!("{first} … {last} ({length} characters)")
}
