//! Each field of each recorded row, flipped once: it is noticed, or it is one of those that nothing hangs on.

use super::*;
use std::collections::BTreeSet;

/// Fields that change nothing: the service's own story, which is never read, and the two claims that are shown as such.
const IRRELEVANT: [&str; 27] = [
    "blockNumber",
    "confirmations.signatureType",
    "confirmations.submissionDate",
    "confirmations.transactionHash",
    "confirmationsRequired",
    "dataDecoded",
    "ethGasPrice",
    "executionDate",
    "executor",
    "fee",
    "gasUsed",
    "isExecuted",
    "isSuccessful",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "modified",
    "origin",
    "payment",
    "proposedByDelegate",
    "proposer",
    "signatures",
    "submissionDate",
    "transactionHash",
    "transfers",
    "trusted",
    "txHash",
    "txType",
];

/// All that a value may become.
fn flipped(name: &str, value: &Value) -> Vec<Value> {
    match value {
        Value::Null => vec![Value::from("0x01"), Value::from(1)],
        Value::Bool(flag) => vec![Value::from(!flag), Value::Null],
        Value::Number(number) => vec![Value::from(number.as_u64().unwrap_or(0) + 1), Value::Null],
        Value::String(text) if name.ends_with("signature") => {
            // A digit of r, of s and of v, and what is cut off or added.
            let digit = |at: usize| {
                let mut bytes = text.clone().into_bytes();
                bytes[at] = if bytes[at] == b'5' { b'6' } else { b'5' };
                Value::from(String::from_utf8(bytes).unwrap())
            };
            let whole = text.len();
            vec![
                digit(40),
                digit(100),
                digit(131),
                digit(whole - 1),
                Value::from(&text[..whole - 2]),
                format!("{text}01").into(),
            ]
        }
        Value::String(text) => {
            let other = if text.ends_with('7') { '8' } else { '7' };
            let last = format!("{}{other}", &text[..text.len().saturating_sub(1)]);
            vec![last.into(), format!("{text}7").into(), Value::Null, Value::from("")]
        }
        Value::Array(_) | Value::Object(_) => vec![Value::Null, Value::from(1)],
    }
}

/// Names of fields, and the row with each flipped.
fn mutations(row: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (name, value) in row.as_object().unwrap() {
        if name == "confirmations" {
            for (place, entry) in value.as_array().into_iter().flatten().enumerate() {
                for (field, value) in entry.as_object().unwrap() {
                    let name = format!("confirmations.{field}");
                    for flip in flipped(&name, value) {
                        let mut row = row.clone();
                        row["confirmations"][place][field] = flip;
                        all.push((name.clone(), row));
                    }
                }
                let mut row = row.clone();
                row["confirmations"].as_array_mut().unwrap().remove(place);
                all.push(("confirmations".to_owned(), row));
            }
            continue;
        }
        for flip in flipped(name, value) {
            let mut row = row.clone();
            row[name] = flip;
            all.push((name.clone(), row));
        }
        let mut row = row.clone();
        row.as_object_mut().unwrap().remove(name);
        all.push((name.clone(), row));
    }
    all
}

/// Whether all that differs is the s of an approval: the chain answers for that, and nobody reads its s.
fn in_s_of_an_approval(row: &Value, flipped: &Value) -> bool {
    let signatures = |row: &Value| -> Vec<String> {
        let all = row["confirmations"].as_array().into_iter().flatten();
        all.map(|one| one["signature"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let (before, after) = (signatures(row), signatures(flipped));
    // 0x, 64 digits of r, 64 of s, two of v.
    before.iter().zip(&after).any(|(old, new)| {
        let whole = old.len() == 132 && new.len() == 132 && old.ends_with("01");
        whole && old != new && old[..66] == new[..66] && old[130..] == new[130..]
    })
}

#[test]
fn t18_each_field_of_each_row_flipped_once_is_noticed_or_nothing_hangs_on_it() {
    let known = known();
    let (mut flips, mut quiet, mut seen) = (0, BTreeSet::new(), BTreeSet::new());
    for recording in recordings() {
        let rows = match recording.json["results"].as_array() {
            Some(list) => list.clone(),
            None => vec![recording.json.clone()],
        };
        for row in rows.iter().filter(|row| row["safeTxHash"].is_string() && row["to"].is_string()) {
            let facts = facts(safe_of(row).unwrap());
            let wanted = Wanted { facts: &facts, known: &known, least: None };
            let read = |row: &Value| Row::read(row.to_string().as_bytes(), &wanted);
            // Numbers above 64 bits without quotes do not survive this test's own reader.
            let Ok(before) = read(row) else { continue };
            if !seen.insert(row.to_string()) {
                continue;
            }
            for (name, flipped) in mutations(row) {
                flips += 1;
                let after = read(&flipped);
                let same = |after: &Row| {
                    (&after.tx, &after.hashes, &after.checked, &after.unread)
                        == (&before.tx, &before.hashes, &before.checked, &before.unread)
                };
                let unnoticed = after.as_ref().is_ok_and(same);
                // Nothing but fields' data being there, empty or null, is one and the same transaction.
                let empty = name == "data" && row["data"].is_null() && after.as_ref().is_ok_and(same);
                if unnoticed && !empty && !in_s_of_an_approval(row, &flipped) {
                    assert!(IRRELEVANT.contains(&name.as_str()), "{}: {name} {flipped}", recording.name);
                    quiet.insert(name);
                } else if let Ok(after) = &after {
                    // What is noticed takes away: nothing becomes valid by a flip.
                    assert_eq!((&after.tx, &after.hashes), (&before.tx, &before.hashes), "{name}");
                    assert!(after.checked.valid.len() <= before.checked.valid.len(), "{name}");
                }
            }
        }
    }
    assert!(flips > 2_000, "{flips}");
    for name in ["to", "value", "nonce", "operation", "safeTxHash", "safe", "confirmations.owner"] {
        assert!(!quiet.contains(name));
    }
    assert!(quiet.contains("trusted") && quiet.contains("isExecuted") && quiet.contains("dataDecoded"));
}
