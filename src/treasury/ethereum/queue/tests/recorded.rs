//! What a real service listed.

use super::*;
use crate::treasury::ethereum::signature::Kind;
use std::collections::HashSet;

#[test]
fn every_row_that_a_real_service_listed_is_verified_with_all_its_signatures() {
    let known = known();
    let (mut rows, mut lists, mut kinds) = (0, 0, HashSet::new());
    for recording in recordings() {
        let is_list = recording.json["results"][0]["safeTxHash"].is_string();
        let is_row = recording.json["safeTxHash"].is_string() && recording.json["to"].is_string();
        let Some(safe) = safe_of(&recording.json).filter(|_| is_list || is_row) else { continue };
        let facts = facts(safe);
        let wanted = Wanted { facts: &facts, known: &known, least: None };
        let found = if is_row {
            vec![Row::read(recording.body.as_bytes(), &wanted).unwrap_or_else(|e| panic!("{}: {e}", recording.name))]
        } else {
            let queue = Queue::read([recording.body.as_bytes()], &wanted);
            lists += 1;
            // Among all transactions there are payments to the Safe, which are no rows.
            let strange: Vec<_> = queue.quarantined.iter().filter(|one| one.why.code() != "row-missing").collect();
            assert!(strange.is_empty(), "{}: {strange:?}", recording.name);
            assert_eq!(queue.quarantined.is_empty(), !recording.name.contains("all-transactions"));
            queue.rows
        };
        for row in found {
            let listed = row.checked.count();
            assert!(row.unread.is_empty() && row.checked.refused.is_empty(), "{}: {row:?}", recording.name);
            assert_eq!(row.checked.valid.len() + row.checked.open.len(), listed, "{}", recording.name);
            let open = row.checked.open.iter().map(|(one, _)| one);
            kinds.extend(row.checked.valid.iter().chain(open).map(|one| one.kind.name()));
            rows += 1;
        }
    }
    assert!(rows >= 50 && lists >= 6, "{rows} {lists}");
    let all = [Kind::Eoa, Kind::EthSign, Kind::ApprovedHash, Kind::Contract { signature: Default::default() }];
    assert_eq!(kinds, all.iter().map(Kind::name).collect());
}

#[test]
fn both_versions_of_the_service_say_the_same_to_the_last_digit() {
    let of = |name: &str| {
        let recording = recordings().into_iter().find(|recording| recording.name == name).unwrap();
        read(&recording.body)
    };
    let (old, new) = (of("098-queue-v1"), of("099-queue-v2"));
    assert_eq!(old, new);
    assert!(new.rows.iter().any(|row| row.tx.nonce == U256::MAX));
    assert!(new.rows.iter().any(|row| row.tx.nonce > U256::from(1_u64 << 53) && row.tx.nonce < U256::MAX));
    assert_eq!(new.counts.listed, 15);
}

#[test]
fn what_can_never_be_executed_is_set_aside() {
    let (facts, known) = (facts(SAFE), known());
    let recording = page();
    let wanted = Wanted { facts: &facts, known: &known, least: Some(U256::from(2)) };
    let queue = Queue::read([recording.body.as_bytes()], &wanted);
    assert!(queue.rows.iter().all(|row| row.tx.nonce >= U256::from(2)) && !queue.rows.is_empty());
    assert!(!queue.quarantined.is_empty() && queue.quarantined.iter().all(|one| one.why.code() == "row-stale"));
    assert_eq!(queue.rows.len() + queue.quarantined.len(), queue.counts.listed);
}

#[test]
fn an_approval_counts_once_the_chain_has_answered() {
    let recording = recordings().into_iter().find(|r| r.name == "131-detail-after-approve-hash").unwrap();
    let (facts, mut known) = (facts(SAFE), known());
    let wanted = Wanted { facts: &facts, known: &known, least: None };
    let row = Row::read(recording.body.as_bytes(), &wanted).unwrap();
    let [(approval, questions)] = row.checked.open.as_slice() else { panic!("{row:?}") };
    let [question @ Question::Approved { .. }] = questions.as_slice() else { panic!("{questions:?}") };
    let (owner, before) = (approval.owner, row.checked.valid.len());
    known.answers.insert(question.clone(), true);
    let row = Row::read(recording.body.as_bytes(), &Wanted { facts: &facts, known: &known, least: None }).unwrap();
    assert!(row.checked.valid.len() == before + 1 && row.checked.valid.iter().any(|one| one.owner == owner));
}
