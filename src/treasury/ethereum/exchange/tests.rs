#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::example::{address, safe, signatures, text, transaction};
use crate::treasury::ethereum::signature::{Kind, pack, unpack};
use crate::treasury::exchange::{Progress, Scan, bbqr, ur};
use alloy_primitives::{Address, Bytes};
use serde_json::{Value, json};

/// A proposal of the vectors with its signatures, and the Safe's facts.
fn proposal(id: &str) -> (Proposal, SafeFacts, Bytes) {
    let vector = signatures().into_iter().find(|vector| text(vector, "id") == id).unwrap();
    let at = safe(&vector);
    let mut proposal = Proposal::new(at, transaction(&vector));
    let packed: Bytes = text(&vector, "packed").parse().unwrap();
    for read in unpack(&packed, 2, &proposal.asked()).unwrap() {
        proposal.take(read.unwrap()).unwrap();
    }
    let owners = vector["owners"].as_array().unwrap().iter().map(|owner| owner.as_str().unwrap().parse().unwrap());
    let facts = SafeFacts { at, owners: owners.collect(), threshold: 2, handler: None };
    (proposal, facts, packed)
}

fn read(value: &Value) -> Proposal {
    Proposal::read(value.to_string().as_bytes()).unwrap()
}

fn written(proposal: &Proposal) -> Value {
    serde_json::from_str(&proposal.json()).unwrap()
}

#[test]
fn j4_what_is_written_is_read_and_packed_without_any_service() {
    for id in ["sig-1.4.1-00", "sig-1.2.0-03", "sig-1.3.0-19", "sig-1.5.0-18", "sig-1.5.0-05"] {
        let (proposal, facts, packed) = proposal(id);
        let again = Proposal::read(proposal.json().as_bytes()).unwrap();
        assert_eq!(again, proposal, "{id}");
        assert_eq!(pack(&again.confirmations, 2).unwrap(), packed, "{id}");
        let checked = again.checked(&facts, &Known::default());
        assert_eq!(checked.valid.len() + checked.open.len(), 2, "{id} {checked:?}");
        assert_eq!(checked.refused, []);
        assert_eq!(pack(&checked.valid, 2).is_ok(), checked.open.is_empty());
    }
}

#[test]
fn a_file_of_a_transaction_is_a_proposal_that_nobody_has_signed() {
    let (proposal, ..) = proposal("sig-1.4.1-00");
    let bare = Proposal::read(proposal.file.json().as_bytes()).unwrap();
    assert_eq!((bare.file.clone(), bare.confirmations.len(), bare.aside.len()), (proposal.file.clone(), 0, 0));
    assert_eq!(bare.merge(proposal.clone()), Ok(proposal));
}

#[test]
fn t22_what_does_not_lead_to_its_owner_is_set_aside_with_its_reason() {
    let (proposal, ..) = proposal("sig-1.4.1-00");
    let whole = written(&proposal);
    let owner = |place: usize| whole["signatures"][place]["owner"].clone();
    let reason = |change: &dyn Fn(&mut Value)| {
        let mut changed = whole.clone();
        change(&mut changed["signatures"][0]);
        let read = read(&changed);
        assert_eq!((read.confirmations.len(), &read.confirmations[0]), (1, &proposal.confirmations[1]));
        let [Aside { place: 0, why }] = &read.aside[..] else { panic!("{:?}", read.aside) };
        match why {
            Doubt::Form(error) => error.code(),
            Doubt::Signature(error) => error.code(),
        }
    };
    assert_eq!(reason(&|entry| entry["owner"] = owner(1)), "signature-other");
    assert_eq!(reason(&|entry| entry["owner"] = json!("0x12")), "file-address");
    assert_eq!(reason(&|entry| entry["signature"] = json!("0x12")), "signature-short");
    assert_eq!(reason(&|entry| entry["signature"] = json!("12")), "file-hex");
    assert_eq!(reason(&|entry| entry["signature"] = json!(7)), "file-text");
    assert_eq!(reason(&|entry| *entry = json!({})), "file-missing");
    assert_eq!(reason(&|entry| *entry = json!(["\u{1b}[2J"])), "file-json");
    // One changed field of the transaction, and nobody has signed it.
    let mut changed = whole.clone();
    changed["value"] = json!("2");
    let other = read(&changed);
    assert_eq!((other.confirmations.len(), other.aside.len()), (0, 2));
    assert_eq!(other.merge(proposal.clone()), Err(MergeError::Transaction));
    changed["chainId"] = json!("5");
    assert_eq!(read(&changed).merge(proposal), Err(MergeError::Safe));
}

#[test]
fn t22_a_stranger_and_a_false_approval_take_nobodys_place() {
    let (proposal, mut facts, packed) = proposal("sig-1.4.1-00");
    let asked = proposal.asked();
    let mut crowded = proposal.clone();
    for owner in &facts.owners {
        crowded.take(Confirmation::approval(*owner, &asked)).unwrap();
        crowded.take(Confirmation::contract(*owner, vec![1, 2, 3].into(), &asked).unwrap()).unwrap();
    }
    let checked = Proposal::read(crowded.json().as_bytes()).unwrap().checked(&facts, &Known::default());
    assert_eq!(pack(&checked.valid, 2), Ok(packed.clone()));
    // Even where the chain says yes to each of them, what needs no chain is packed.
    let questions = facts.owners.iter().flat_map(|owner| {
        let contract = Confirmation::contract(*owner, vec![1, 2, 3].into(), &asked).unwrap();
        let both = [Confirmation::approval(*owner, &asked), contract];
        both.map(|one| one.check(&asked, &facts, &Known::default()).unwrap()[0].clone())
    });
    let known = Known { answers: questions.map(|question| (question, true)).collect(), ..Known::default() };
    let all = crowded.checked(&facts, &known);
    assert_eq!((all.valid.len(), all.open.len(), all.refused.len()), (3, 0, 0));
    let plain: Vec<_> = all.valid.iter().filter(|one| one.kind == Kind::Eoa).cloned().collect();
    assert_eq!(pack(&plain, 2), Ok(packed));
    assert!(checked.open.len() == 2 && checked.open.iter().all(|(one, _)| one.owner == checked.open[0].0.owner));
    facts.owners = vec![Address::repeat_byte(5), proposal.confirmations[0].owner];
    let checked = proposal.checked(&facts, &Known::default());
    let stranger = proposal.confirmations[1].owner;
    assert_eq!(checked.valid, proposal.confirmations[..1]);
    assert_eq!(checked.refused, [(stranger, SignatureError::NotOwner(stranger))]);
    // The chain has another version, and with it another hash.
    facts.at.version = SafeVersion::V1_1_1;
    assert_eq!(proposal.checked(&facts, &Known::default()).refused.len(), 2);
}

#[test]
fn files_are_merged_in_any_order_and_once() {
    let (whole, ..) = proposal("sig-1.4.1-00");
    let part = |place: usize| {
        let mut part = Proposal::new(whole.file.at, whole.file.tx.clone());
        part.take(whole.confirmations[place].clone()).unwrap();
        part
    };
    for (one, other) in [(0, 1), (1, 0)] {
        assert_eq!(part(one).merge(part(other)).unwrap().merge(part(one)).unwrap(), whole);
    }
    let (other, ..) = proposal("sig-1.5.0-03");
    let foreign = other.confirmations[0].clone();
    assert_eq!(part(0).take(foreign.clone()), Err(SignatureError::Hash(foreign.hash())));
}

#[test]
fn hostile_lists_are_bounded() {
    let (proposal, ..) = proposal("sig-1.4.1-00");
    let whole = written(&proposal);
    let with = |list: String| {
        let mut bare = whole.clone();
        bare.as_object_mut().unwrap().remove("signatures");
        Proposal::read(bare.to_string().replacen('{', &format!("{{\"signatures\":{list},"), 1).as_bytes())
    };
    for list in ["null", "{}", "7", "\"\""] {
        assert_eq!(with(list.to_owned()), Err(FileError::List("signatures")), "{list}");
    }
    let entry = whole["signatures"][0].to_string();
    assert_eq!(with(format!("[{}]", vec![entry.as_str(); MOST].join(","))).unwrap().confirmations.len(), 1);
    assert_eq!(with(format!("[{}]", vec![entry.as_str(); MOST + 1].join(","))), Err(FileError::Many(MOST)));
    assert_eq!(with(format!("[{}]", vec!["0"; 1_000_000].join(","))), Err(FileError::Many(MOST)));
    let noted = with(format!("[{}]", entry.replacen('{', "{\"alias\":\"\\u001b\",", 1))).unwrap();
    assert_eq!((noted.confirmations.len(), noted.file.notes), (1, vec![Note::Unknown("alias".to_owned())]));
}

#[test]
fn a_proposal_crosses_a_gap_of_air() {
    let (proposal, ..) = proposal("sig-1.5.0-18");
    let json = proposal.json();
    let series = bbqr::split(json.as_bytes(), bbqr::Kind::Json, 300).unwrap();
    let stream = ur::split_bytes(json.as_bytes(), 300).unwrap();
    assert!(series.len() > 1 && stream.len() > 1);
    for texts in [series, stream, vec![json.clone()]] {
        let mut scan = Scan::default();
        let whole = texts.iter().find_map(|text| match scan.take(text).unwrap() {
            Progress::Whole(bytes) => Some(bytes),
            Progress::Part { .. } => None,
        });
        assert_eq!(Proposal::read(&whole.unwrap()), Ok(proposal.clone()));
    }
}

#[test]
fn owners_of_the_vectors_are_told_as_they_are() {
    for vector in signatures().iter().filter(|vector| vector["onChain"]["success"] == true) {
        let (proposal, ..) = proposal(text(vector, "id"));
        let said: Vec<Address> = vector["signatures"].as_array().unwrap().iter().map(|s| address(s, "owner")).collect();
        assert!(proposal.confirmations.iter().all(|one| said.contains(&one.owner)), "{}", vector["id"]);
        assert!(proposal.confirmations.iter().all(|one| one.kind != Kind::Eoa || one.bytes().len() == 65));
    }
}
