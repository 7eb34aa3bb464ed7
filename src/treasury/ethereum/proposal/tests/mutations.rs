//! Every field of what is proposed and of what is approved, changed: refused, or shown to be nothing that is signed.

use super::bench::*;
use crate::treasury::ethereum::SafeTx;
use crate::treasury::ethereum::proposal::*;
use crate::treasury::proposal::Event;
use alloy_primitives::{U256, hex};
use serde_json::{Value, json};

fn text(event: SafeEvent) -> Value {
    serde_json::to_value(Event::Safe(Box::new(event))).unwrap()
}

/// What becomes of an entry: nothing, or why it is refused.
fn fate(bench: &Bench, entry: &Value, second: i64) -> Result<Bench, String> {
    let event: Event = serde_json::from_value(entry.clone()).map_err(|_| "unread".to_owned())?;
    let mut bench = bench.clone();
    bench.treasury.apply(&event, at(second)).map_err(|refusal| refusal.code().to_owned())?;
    Ok(bench)
}

#[test]
fn t28_every_field_of_a_proposal_is_signed_or_a_claim() {
    let mut bench = Bench::new(2, 3);
    let right = text(bench.proposed(&payment(1, 7)));
    let proposal = bench.propose(&payment(1, 7));
    let hashes = *bench.proposal(proposal).hashes();
    let bench = Bench::new(2, 3);
    let other = "0x00000000000000000000000000000000000000aa";
    let signed = [
        ("to", json!(other)),
        ("value", json!("0x2")),
        ("data", json!("0x00")),
        ("operation", json!(1)),
        ("safeTxGas", json!("0x1")),
        ("baseGas", json!("0x1")),
        ("gasPrice", json!("0x1")),
        ("gasToken", json!(other)),
        ("refundReceiver", json!(other)),
        ("nonce", json!("0x8")),
    ];
    assert_eq!(right["tx"].as_object().unwrap().len(), signed.len());
    for (field, value) in signed {
        let mut entry = right.clone();
        assert_ne!(entry["tx"][field], value);
        entry["tx"][field] = value;
        assert_eq!(fate(&bench, &entry, 1).err().as_deref(), Some("other-bytes"), "{field}");
        entry["tx"].as_object_mut().unwrap().remove(field);
        assert_eq!(fate(&bench, &entry, 1).err().as_deref(), Some("unread"), "without {field}");
    }
    let mut entry = right.clone();
    entry["tx"]["memo"] = json!("x");
    assert_eq!(fate(&bench, &entry, 1).err().as_deref(), Some("unread"), "nobody signs that");
    let wrong = [
        ("proposal", json!("00".repeat(32)), "other-bytes"),
        ("safe", json!(format!("oeth:{SAFE}")), "no-safe"),
        ("policy", json!(2), "policy-version"),
        ("kind", json!("safe_reject"), "no-reject"),
        ("expires_at", json!(at(1).nanos()), "expiry"),
        ("tx", json!({}), "unread"),
        ("what", json!("levitated"), "unread"),
        ("event", json!("levitated"), "unread"),
    ];
    // What nobody signs: another one changes nothing of what is signed.
    let claims = [
        ("kind", json!("config_change")),
        ("created_by", json!("mallory")),
        ("memo", json!("gift")),
        ("expires_at", json!(at(2 * DAY).nanos())),
        ("source", json!("service")),
        ("refund_overridden", json!(true)),
    ];
    let fields: std::collections::BTreeSet<&str> = right.as_object().unwrap().keys().map(String::as_str).collect();
    let covered = wrong.iter().map(|(field, ..)| *field).chain(claims.iter().map(|(field, _)| *field));
    assert!(covered.collect::<std::collections::BTreeSet<_>>().is_superset(&fields));
    for (field, value, code) in wrong {
        let mut entry = right.clone();
        entry[field] = value;
        assert_eq!(fate(&bench, &entry, 1).err().as_deref(), Some(code), "{field}");
    }
    for (field, value) in claims {
        let mut entry = right.clone();
        entry[field] = value;
        let changed = fate(&bench, &entry, 1).unwrap_or_else(|code| panic!("{field}: {code}"));
        assert_eq!(*changed.proposal(proposal).hashes(), hashes, "{field}");
    }
}

#[test]
fn t28_every_field_of_an_approval_counts() {
    let mut bench = Bench::new(2, 3);
    let (proposal, other) = (bench.propose(&payment(1, 7)), bench.propose(&payment(2, 8)));
    let right = text(bench.approved(proposal, 0));
    assert!(fate(&bench, &right, 2).is_ok());
    let wrong = [
        ("proposal", json!(other.to_string()), "signature-other"),
        ("proposal", json!("00".repeat(32)), "no-proposal"),
        ("owner", json!(account(1)), "signature-other"),
        ("owner", json!(account(9)), "no-seat"),
        ("signer", json!("device"), "illegal-move"),
        ("signer", json!("software"), "illegal-move"),
        ("signature", json!("0x"), "signature-short"),
        ("signature", json!(format!("0x{}", hex::encode([7; 65]))), "signature-v"),
        ("on_chain", json!({"block": 1, "yes": true}), "no-question"),
        ("what", json!("asked"), "unread"),
    ];
    for (field, value, code) in wrong {
        let mut entry = right.clone();
        entry[field] = value;
        assert_eq!(fate(&bench, &entry, 2).err().as_deref(), Some(code), "{field}");
    }
    // Zeros behind a signature belong to nothing: what is kept is the same.
    let mut entry = right.clone();
    entry["signature"] = json!(format!("{}0000", right["signature"].as_str().unwrap()));
    let (one, two) = (fate(&bench, &right, 2).unwrap(), fate(&bench, &entry, 2).unwrap());
    assert_eq!(one.proposal(proposal), two.proposal(proposal));
}

#[test]
fn an_entry_is_read_back_as_it_was_written() {
    let mut bench = Bench::new(1, 3);
    let proposal = bench.ready(&payment(1, 7), 1);
    let events = [
        bench.proposed(&SafeTx { value: U256::MAX, ..payment(0, 9) }),
        bench.approved(proposal, 1),
        rejected(proposal, 2),
        executing(proposal, 1),
        sent(proposal, 1, crate::treasury::proposal::Answer::Refused { reason: "r".into(), retryable: true }),
        mined(proposal, 1, Outcome::Reverted),
        SafeEvent::Posted {
            proposal,
            service: "safe.global".into(),
            posted: Posted::Confirmation { owner: account(0) },
        },
        SafeEvent::Seen { safe: id(), stand: bench.safe().stand.clone() },
    ];
    for event in events {
        let event = Event::Safe(Box::new(event));
        let written = serde_json::to_string(&event).unwrap();
        assert_eq!(serde_json::from_str::<Event>(&written).unwrap(), event, "{written}");
        assert!(!event.told().is_empty());
    }
}
