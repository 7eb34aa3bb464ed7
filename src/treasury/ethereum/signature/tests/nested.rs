//! Owners that are Safes themselves (T19).

use super::*;

fn nested() -> Vec<Case> {
    cases().into_iter().filter(|case| case.note.contains("contract signature")).collect()
}

#[test]
fn t19_without_facts_the_chain_is_asked_about_an_owner_that_is_a_contract() {
    for case in nested() {
        let known = Known { answers: case.known.answers.clone(), ..Known::default() };
        let ask = |known: &Known| judge(&case.asked, &case.facts, &case.packed, case.sender, known);
        let Outcome::Open(questions) = ask(&known) else { panic!("{}", case.id) };
        for question in &questions {
            let (to, data) = question.call();
            let Question::Valid { contract, subject, signature } = question else { panic!() };
            assert!(to == *contract && case.facts.owners.contains(contract));
            let by_hash = case.asked.at.version == SafeVersion::V1_5_0;
            let (selector, head) =
                if by_hash { ([0x16, 0x26, 0xba, 0x7e], 64) } else { ([0x20, 0xc1, 0x3b, 0x0b], 64 + 128) };
            assert_eq!((data[..4] == selector, *subject == Subject::Hash(case.asked.hash)), (true, by_hash));
            assert_eq!(data.len(), 4 + head + 32 + signature.len().next_multiple_of(32));
            let magic = [&selector[..], &[0; 28]].concat();
            assert!(question.answered(&magic) && !question.answered(&magic[..31]) && !question.answered(&[0xff; 32]));
        }
        let said = |answer| {
            let answers = questions.iter().map(|question| (question.clone(), answer));
            Known { answers: answers.chain(known.answers.clone()).collect(), ..Known::default() }
        };
        assert!(matches!(ask(&said(true)), Outcome::Accepted(_)), "{}", case.id);
        let Outcome::Refused(refusal) = ask(&said(false)) else { panic!("{}", case.id) };
        assert_eq!(refusal.reason, Reason::Contract);
    }
}

#[test]
fn t19_the_owners_and_the_threshold_of_a_child_count() {
    for case in nested() {
        for child in children(case.asked.at.chain_id) {
            let safe = child.at.safe;
            let judged = |change: &dyn Fn(&mut SafeFacts)| {
                let mut known = case.known.clone();
                change(known.safes.get_mut(&safe).unwrap());
                judge(&case.asked, &case.facts, &case.packed, case.sender, &known)
            };
            let read = unpack(&case.packed, case.facts.threshold, &case.asked).unwrap();
            let signs = read.iter().any(|read| read.as_ref().unwrap().owner == safe);
            let refused = |outcome| matches!(outcome, Outcome::Refused(_)) == signs;
            assert!(refused(judged(&|facts| facts.owners = vec![OWNERS[0]])), "{}", case.id);
            assert!(refused(judged(&|facts| facts.threshold += 1)), "{}", case.id);
            assert!(refused(judged(&|facts| facts.at.chain_id += U256::from(1))), "{}", case.id);
            // Without a handler it is not known how the child answers; with one that does not know the question, it is.
            assert_eq!(matches!(judged(&|facts| facts.handler = None), Outcome::Open(_)), signs, "{}", case.id);
            assert!(refused(judged(&|facts| facts.handler = Some(SafeVersion::V1_5_0))), "{}", case.id);
        }
    }
}

#[test]
fn t19_a_child_that_answers_in_another_way_is_not_taken_for_one_that_checks() {
    let parent = |version| {
        let at = SafeAt { chain_id: U256::from(1), safe: OWNERS[0], version };
        Asked { at, hash: B256::repeat_byte(7), data: vec![1; 66].into() }
    };
    let answers = |parent_version, version, handler| {
        let at = SafeAt { chain_id: U256::from(1), safe: OWNERS[1], version };
        let facts = SafeFacts { at, owners: vec![], threshold: 1, handler };
        match facts.asked(&parent(parent_version)) {
            known::Answers::Checks(asked, caller) => {
                let bytes = match parent_version {
                    SafeVersion::V1_5_0 => Bytes::from(vec![7; 32]),
                    _ => vec![1; 66].into(),
                };
                assert_eq!(asked.hash, SafeMessage(bytes.clone()).hashes(&at).safe_tx);
                Some((asked.data == bytes, caller))
            }
            known::Answers::Never => Some((false, Some(Address::ZERO))),
            known::Answers::Unknown => None,
        }
    };
    use SafeVersion::*;
    let never = Some((false, Some(Address::ZERO)));
    assert_eq!(answers(V1_3_0, V1_1_1, None), Some((true, Some(OWNERS[0]))));
    assert_eq!(answers(V1_5_0, V1_2_0, None), never);
    assert_eq!(answers(V1_4_1, V1_3_0, Some(V1_3_0)), Some((true, None)));
    assert_eq!(answers(V1_4_1, V1_4_1, Some(V1_4_1)), Some((false, None)));
    assert_eq!(answers(V1_5_0, V1_3_0, Some(V1_3_0)), Some((true, None)));
    assert_eq!(answers(V1_5_0, V1_5_0, Some(V1_5_0)), Some((false, None)));
    assert_eq!(answers(V1_4_1, V1_5_0, Some(V1_5_0)), never);
    assert_eq!(answers(V1_5_0, V1_4_1, Some(V1_5_0)), never);
    assert_eq!(answers(V1_4_1, V1_4_1, Some(V1_1_1)), never);
    assert_eq!(answers(V1_4_1, V1_4_1, None), None);
    assert_eq!(answers(V0_1_0, V1_4_1, Some(V1_4_1)), None);
    assert_eq!(answers(V1_0_0, V0_1_0, None), None);
}

#[test]
fn t19_safes_that_own_each_other_come_to_an_end() {
    let case = nested().remove(0);
    let (safe, other) = (case.asked.at.safe, CHILDREN[0].0);
    let mut known = Known::default();
    for (at, owner) in [(safe, other), (other, safe)] {
        let at = SafeAt { safe: at, version: SafeVersion::V1_4_1, ..case.asked.at };
        let facts = SafeFacts { at, owners: vec![owner], threshold: 1, handler: Some(SafeVersion::V1_4_1) };
        known.safes.insert(at.safe, facts);
    }
    let mut signature = Bytes::from(vec![1]);
    for depth in 0..20 {
        let owner = if depth % 2 == 0 { safe } else { other };
        signature = Confirmation::contract(owner, signature, &case.asked).unwrap().bytes();
        let facts = known.safes[&if depth % 2 == 0 { other } else { safe }].clone();
        let asked = Asked { at: facts.at, ..case.asked.clone() };
        let outcome = judge(&asked, &facts, &signature, None, &known);
        assert!(matches!(&outcome, Outcome::Refused(_)) || matches!(&outcome, Outcome::Open(all) if all.len() == 1));
    }
}
