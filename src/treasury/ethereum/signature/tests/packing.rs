//! Packing, and what comes back.

use super::*;
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use proptest::prelude::*;

/// Signs a hash with a key that is made of a number.
fn signed(key: u8, asked: &Asked, eth_sign: bool) -> Confirmation {
    let secp = Secp256k1::signing_only();
    let hash = if eth_sign { alloy_primitives::eip191_hash_message(asked.hash) } else { asked.hash };
    let key = SecretKey::from_slice(&[key; 32]).unwrap();
    let (id, compact) = secp.sign_ecdsa_recoverable(&Message::from_digest(hash.0), &key).serialize_compact();
    let v = u8::try_from(id.to_i32()).unwrap() + if eth_sign { 31 } else { 27 };
    Confirmation::read(&[&compact[..], &[v]].concat(), asked).unwrap()
}

fn asked() -> Asked {
    cases().into_iter().find(|case| case.id == "sig-1.4.1-00").unwrap().asked
}

#[test]
fn accepted_vectors_are_packed_to_the_same_bytes() {
    let mut contracts = 0;
    for case in cases().into_iter().filter(|case| case.revert.is_none()) {
        let threshold = case.facts.threshold;
        let read = unpack(&case.packed, threshold, &case.asked).unwrap();
        let mut read: Vec<_> = read.into_iter().map(Result::unwrap).collect();
        read.reverse();
        let packed = pack(&read, threshold).unwrap();
        contracts += usize::from(read.iter().any(|read| matches!(read.kind, Kind::Contract { .. })));
        // Behind the first ones there may be anything.
        let same = case.packed.starts_with(&packed) || case.note.contains("two contract signatures");
        assert!(same, "{} {}", case.id, case.note);
        let again = judge(&case.asked, &case.facts, &packed, case.sender, &case.known);
        assert!(matches!(again, Outcome::Accepted(_)), "{} {}", case.id, case.note);
        for one in read {
            assert_eq!(Confirmation::read(&one.bytes(), &case.asked), Ok(one.clone()));
            assert_eq!(one.check(&case.asked, &case.facts, &case.known).is_ok(), case.sender != Some(one.owner));
        }
    }
    assert!(contracts >= 5, "{contracts}");
}

#[test]
fn what_cannot_be_packed_is_refused() {
    let asked = asked();
    let [one, two] = [1, 2].map(|key| signed(key, &asked, false));
    assert_eq!(pack(std::slice::from_ref(&one), 2), Err(SignatureError::Few { have: 1, need: 2 }));
    assert_eq!(pack(&[], 0), Err(SignatureError::Few { have: 0, need: 1 }));
    let twin = signed(1, &asked, true);
    assert_eq!(pack(&[one.clone(), two.clone(), twin], 2), Err(SignatureError::Twice(one.owner)));
    let elsewhere = Asked { hash: B256::repeat_byte(3), ..asked.clone() };
    assert!(matches!(pack(&[one.clone(), signed(2, &elsewhere, false)], 2), Err(SignatureError::Hash(_))));
    assert_eq!(pack(&vec![one; MOST + 1], 1), Err(SignatureError::Many));
    let long = Bytes::from(vec![0; LONGEST]);
    let contracts: Vec<_> = (1..=20)
        .map(|number| Confirmation::contract(Address::with_last_byte(number), long.clone(), &asked).unwrap())
        .collect();
    assert_eq!(pack(&contracts, 20), Err(SignatureError::Long(LONGEST_PACKED)));
    let longer = Bytes::from(vec![0; LONGEST + 1]);
    assert_eq!(Confirmation::contract(two.owner, longer, &asked), Err(SignatureError::Long(LONGEST)));
    assert_eq!(unpack(&[0; 64], 1, &asked), Err(SignatureError::Few { have: 0, need: 1 }));
    assert_eq!(unpack(&[0; 65], MOST + 1, &asked), Err(SignatureError::Many));
    assert_eq!(unpack(&vec![0; LONGEST_PACKED + 1], 1, &asked), Err(SignatureError::Long(LONGEST_PACKED)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_signatures_are_packed_in_order_and_read_back(
        keys in proptest::collection::hash_set(1u8..200, 1..8), threshold in 1usize..8,
        kinds in proptest::collection::vec((0u8..4, proptest::collection::vec(any::<u8>(), 0..90)), 8),
    ) {
        let asked = asked();
        let confirmations: Vec<_> = keys.iter().zip(kinds).map(|(key, (kind, bytes))| {
            let owner = signed(*key, &asked, false).owner;
            match kind {
                0 => signed(*key, &asked, false),
                1 => signed(*key, &asked, true),
                2 => Confirmation::approval(owner, &asked),
                _ => Confirmation::contract(owner, bytes.into(), &asked).unwrap(),
            }
        }).collect();
        let packed = pack(&confirmations, threshold);
        if confirmations.len() < threshold {
            prop_assert_eq!(packed, Err(SignatureError::Few { have: confirmations.len(), need: threshold }));
            return Ok(());
        }
        let packed = packed.unwrap();
        let read: Vec<_> = unpack(&packed, threshold, &asked).unwrap().into_iter().map(Result::unwrap).collect();
        let mut sorted = confirmations.clone();
        sorted.sort_by_key(|one| U256::from_be_bytes(one.owner.into_word().0));
        sorted.truncate(threshold);
        prop_assert_eq!(&read, &sorted);
        let owners = confirmations.iter().map(|one| one.owner).collect();
        let facts = SafeFacts { at: asked.at, owners, threshold, handler: None };
        let mut known = Known::default();
        while let Outcome::Open(questions) = judge(&asked, &facts, &packed, None, &known) {
            known.answers.extend(questions.into_iter().map(|question| (question, true)));
        }
        let taken = Outcome::Accepted(sorted.iter().map(|one| one.owner).collect());
        prop_assert_eq!(judge(&asked, &facts, &packed, None, &known), taken);
        for one in &confirmations {
            prop_assert_eq!(one.check(&asked, &facts, &known).map(|_| ()), Ok(()));
        }
    }

    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), threshold in 0usize..6, v in 0u8..2) {
        let asked = asked();
        let mut bytes = bytes;
        if let Some(byte) = bytes.get_mut(64) {
            *byte = v;
        }
        let facts = SafeFacts { at: asked.at, owners: OWNERS.to_vec(), threshold, handler: None };
        let _ = (Confirmation::read(&bytes, &asked), unpack(&bytes, threshold, &asked));
        let _ = judge(&asked, &facts, &bytes, None, &Known::default());
    }
}
