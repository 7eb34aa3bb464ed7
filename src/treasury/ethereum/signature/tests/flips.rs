//! Every bit of every signature, turned once.

use super::*;

/// Whether a bit of packed signatures counts for nothing, by the contract's own rule.
fn counts_for_nothing(case: &Case, bit: usize) -> bool {
    let (byte, plain) = (bit / 8, case.facts.threshold * ONE);
    let (part, place) = (byte / ONE * ONE, byte % ONE);
    match byte < plain {
        // What stands before an address, and the s of an approval.
        true => match case.packed[part + 64] {
            0 => place < 12,
            1 => place < 12 || (32..64).contains(&place),
            _ => false,
        },
        // Behind the first ones, nothing but what contracts take; and a Safe, too, looks at its first ones only, so that
        // a larger length counts for nothing as long as the bytes are there.
        false => !case.packed[..plain].chunks_exact(ONE).filter(|part| part[64] == 0).any(|part| {
            let word = |bytes: &[u8]| U256::try_from_be_slice(&bytes[..32]).unwrap().saturating_to::<usize>();
            let start = word(&part[32..]);
            let mut packed = case.packed.to_vec();
            let length = word(&packed[start..]);
            packed[byte] ^= 1 << (bit % 8);
            let turned = word(&packed[start..]);
            let larger = turned > length && turned <= packed.len() - start - 32;
            (start..start + 32 + length).contains(&byte) && !larger
        }),
    }
}

#[test]
fn t22_every_bit_of_accepted_signatures_is_refused_or_counts_for_nothing() {
    let (mut turned, mut nothing) = (0, 0);
    for case in cases().iter().filter(|case| case.revert.is_none()) {
        for bit in 0..case.packed.len() * 8 {
            let mut packed = case.packed.to_vec();
            packed[bit / 8] ^= 1 << (bit % 8);
            let outcome = judge(&case.asked, &case.facts, &packed, case.sender, &case.known);
            turned += 1;
            match counts_for_nothing(case, bit) {
                true => {
                    nothing += 1;
                    assert!(matches!(outcome, Outcome::Accepted(_)), "{} bit {bit}: {outcome:?}", case.id);
                }
                // A contract that is no longer the owner is nobody's, and would have to be asked.
                false => assert!(!matches!(outcome, Outcome::Accepted(_)), "{} bit {bit}", case.id),
            }
        }
    }
    assert!(turned > 30_000 && nothing < turned / 4, "{turned} {nothing}");
}

#[test]
fn t22_every_bit_of_a_signature_alone_is_refused_or_leads_to_the_same_bytes() {
    for case in cases().iter().filter(|case| case.revert.is_none() && case.note.contains("EOA + ")) {
        for read in unpack(&case.packed, case.facts.threshold, &case.asked).unwrap() {
            let good = read.unwrap();
            let bytes = good.bytes();
            for bit in 0..bytes.len() * 8 {
                let mut other = bytes.to_vec();
                other[bit / 8] ^= 1 << (bit % 8);
                let Ok(read) = Confirmation::read(&other, &case.asked) else { continue };
                if read == good {
                    assert_eq!(read.kind, Kind::ApprovedHash);
                    continue;
                }
                let check = read.check(&case.asked, &case.facts, &case.known);
                assert!(check.is_err(), "{} bit {bit}: {read:?}", case.id);
            }
        }
    }
}
