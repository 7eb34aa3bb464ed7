//! What the contracts accept and refuse.

use super::*;

#[test]
fn every_vector_is_judged_as_its_contract_did_and_with_its_reason() {
    let all = cases();
    assert_eq!(all.len(), 66);
    for case in all {
        let outcome = judge(&case.asked, &case.facts, &case.packed, case.sender, &case.known);
        let said = match &outcome {
            Outcome::Accepted(owners) => {
                assert_eq!(owners.len(), case.facts.threshold);
                None
            }
            Outcome::Refused(refusal) => Some(refusal.text().to_owned()),
            Outcome::Open(open) => panic!("{} {}: {open:?}", case.id, case.note),
        };
        assert_eq!(said, case.revert, "{} {}", case.id, case.note);
    }
}

#[test]
fn every_signature_of_a_vector_is_read_alone_and_leads_to_its_owner_when_it_should() {
    for case in cases() {
        for signature in &case.signatures {
            let Some(bytes) = signature["signature"].as_str() else { continue };
            let (bytes, owner): (Bytes, _) = (bytes.parse().unwrap(), address(signature, "owner"));
            let read = Confirmation::read(&bytes, &case.asked).and_then(|read| read.by(owner));
            let about = format!("{} {}: {read:?}", case.id, case.note);
            match text(signature, "kind") {
                _ if case.note.contains("another hash") => {}
                "eoa" | "eoa high-s" => {
                    let read = read.unwrap();
                    assert_eq!(
                        (&read.kind, read.high_s),
                        (&Kind::Eoa, text(signature, "kind") == "eoa high-s"),
                        "{about}"
                    );
                    assert_eq!(read.bytes(), bytes);
                }
                "eth_sign" if case.asked.at.version == SafeVersion::V1_0_0 => {
                    assert_eq!(read, Err(SignatureError::EthSign(SafeVersion::V1_0_0)));
                }
                "eth_sign" => assert_eq!(read.unwrap().kind, Kind::EthSign, "{about}"),
                "approved" => assert_eq!(read.unwrap().kind, Kind::ApprovedHash, "{about}"),
                "eth_sign, v not raised" => assert!(matches!(read, Err(SignatureError::Other { .. })), "{about}"),
                "v-27" => {
                    assert!(matches!(read, Err(SignatureError::NoAddress(0 | 1))), "{about}");
                    let device = Confirmation::from_device(bytes[..].try_into().unwrap(), &case.asked).unwrap();
                    assert_eq!((device.owner, &device.kind), (owner, &Kind::Eoa));
                    assert!([27, 28].contains(&device.bytes()[64]));
                }
                kind => panic!("{kind}"),
            }
        }
    }
}

#[test]
fn a_signature_over_another_hash_is_nobodys() {
    let mut seen = 0;
    for case in cases().into_iter().filter(|case| case.note.contains("another hash")) {
        let read = unpack(&case.packed, case.facts.threshold, &case.asked).unwrap();
        let none = Known::default();
        let bad = |read: &Result<Confirmation, _>| {
            matches!(read.as_ref().unwrap().check(&case.asked, &case.facts, &none), Err(SignatureError::NotOwner(_)))
        };
        assert_eq!(read.iter().filter(|read| bad(read)).count(), 1, "{}", case.id);
        seen += 1;
    }
    assert!(seen >= 4);
}

#[test]
fn what_only_the_chain_knows_stays_open_until_it_is_answered() {
    let case = cases().into_iter().find(|case| case.id == "sig-1.5.0-05").unwrap();
    let ask = |known: &Known| judge(&case.asked, &case.facts, &case.packed, case.sender, known);
    let Outcome::Open(questions) = ask(&Known::default()) else { panic!() };
    let [question] = &questions[..] else { panic!("{questions:?}") };
    let (to, data) = question.call();
    assert_eq!((to, data.len()), (case.asked.at.safe, 68));
    assert_eq!(data[..4], [0x7d, 0x83, 0x29, 0x74]);
    let said = |answer| Known { answers: [(question.clone(), answer)].into(), ..Known::default() };
    assert!(matches!(ask(&said(true)), Outcome::Accepted(_)));
    assert!(matches!(ask(&said(false)), Outcome::Refused(Refusal { reason: Reason::NotApproved, .. })));
    let Question::Approved { owner, .. } = question else { panic!() };
    let alone = Confirmation::approval(*owner, &case.asked);
    assert_eq!(alone.check(&case.asked, &case.facts, &Known::default()), Ok(questions.clone()));
    assert_eq!(alone.check(&case.asked, &case.facts, &said(true)), Ok(vec![]));
    assert_eq!(alone.check(&case.asked, &case.facts, &said(false)), Err(SignatureError::NotApproved(*owner)));
    assert!(question.answered(&[&[0; 31][..], &[1]].concat()));
    assert!(!question.answered(&[0; 32]) && !question.answered(&[1]) && !question.answered(&[]));
}

#[test]
fn a_safe_without_a_threshold_takes_nothing() {
    let mut case = cases().into_iter().find(|case| case.revert.is_none()).unwrap();
    for threshold in [0, usize::MAX] {
        case.facts.threshold = threshold;
        let outcome = judge(&case.asked, &case.facts, &case.packed, case.sender, &case.known);
        assert!(matches!(outcome, Outcome::Refused(Refusal { reason: Reason::Unset, .. })));
    }
}

#[test]
fn refusals_of_one_signature_have_their_names() {
    let case = cases().into_iter().find(|case| case.id == "sig-1.4.1-00").unwrap();
    let good = &case.packed[..ONE];
    let read = |bytes: &[u8]| Confirmation::read(bytes, &case.asked).map_err(|error| error.code());
    assert!(read(good).is_ok());
    assert_eq!(read(&[good, &[0; 31]].concat()).unwrap().bytes(), Bytes::copy_from_slice(good));
    assert_eq!(read(&case.packed), Err("signature-trailing"));
    assert_eq!(read(&good[..64]), Err("signature-short"));
    assert_eq!(read(&[]), Err("signature-short"));
    assert_eq!(read(&vec![0; 1 << 20]), Err("signature-offset"));
    let with = |place: usize, byte: u8| {
        let mut bytes = good.to_vec();
        bytes[place] = byte;
        bytes
    };
    for v in (2..=255).filter(|v| ![27, 28, 31, 32].contains(v)) {
        assert_eq!(read(&with(64, v)), Err("signature-v"), "{v}");
    }
    for v in [0, 1] {
        assert_eq!(read(&with(64, v)), Err("signature-no-address"));
    }
    assert_eq!(read(&[&[0; 64][..], &[27]].concat()), Err("signature-no-key"));
    assert_eq!(read(&[&[0xff; 64][..], &[28]].concat()), Err("signature-no-key"));
    for bytes in [[0xff; 65], [0; 65], [29; 65]] {
        assert!(Confirmation::from_device(&bytes, &case.asked).is_err() || bytes == [0; 65]);
    }
    assert_eq!(Confirmation::from_device(&[0; 65], &case.asked), Err(SignatureError::NoKey));
    let other = Asked { hash: B256::ZERO, ..case.asked.clone() };
    let confirmation = Confirmation::read(good, &case.asked).unwrap();
    assert_eq!(confirmation.check(&other, &case.facts, &case.known).map_err(|e| e.code()), Err("signature-hash"));
}
