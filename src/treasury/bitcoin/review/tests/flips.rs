//! Whatever one bit is changed: somebody is shown something else, or the transaction is another one.

use super::super::super::psbt::Packet;
use super::*;
use proptest::prelude::*;

/// What a signer sees, and the id of what is signed.
fn seen(review: &Review) -> (Txid, Vec<crate::treasury::verdict::Row>, Vec<&'static str>) {
    (review.txid, review.verdict.rows.clone(), [blocks(review), warnings(review)].concat())
}

#[test]
fn one_bit_of_any_amount_script_or_coin_changes_what_is_seen() {
    let wallet = two_of_three();
    let draft = honest(&wallet);
    let before = seen(&draft.review(&Facts::default()));
    let differs = |changed: &Draft<'_>, what: &str| {
        assert_ne!(seen(&changed.review(&Facts::default())), before, "{what} was changed and nothing else is seen");
    };
    for bit in 0..64 {
        for at in 0..2 {
            let mut changed = draft.clone();
            let value = &mut changed.psbt.unsigned_tx.output[at].value;
            *value = sat(value.to_sat() ^ (1 << bit));
            differs(&changed, "an amount");
            let mut changed = draft.clone();
            let value = &mut changed.psbt.inputs[at].witness_utxo.as_mut().unwrap().value;
            *value = sat(value.to_sat() ^ (1 << bit));
            differs(&changed, "the value of a coin");
            let mut changed = draft.clone();
            let value = &mut changed.psbt.inputs[at].non_witness_utxo.as_mut().unwrap().output[1].value;
            *value = sat(value.to_sat() ^ (1 << bit));
            differs(&changed, "a previous transaction");
        }
    }
    for at in 0..2 {
        let length = draft.psbt.unsigned_tx.output[at].script_pubkey.len();
        for bit in 0..length * 8 {
            let mut changed = draft.clone();
            let mut bytes = changed.psbt.unsigned_tx.output[at].script_pubkey.to_bytes();
            bytes[bit / 8] ^= 1 << (bit % 8);
            changed.psbt.unsigned_tx.output[at].script_pubkey = bitcoin::ScriptBuf::from(bytes);
            let review = changed.review(&Facts::default());
            assert_ne!(seen(&review), before, "a script");
            if at == 1 {
                assert_eq!(review.verdict.judgement(), Judgement::Block, "change that is no longer ours");
            }
        }
        for bit in 0..(36 * 8) {
            let mut changed = draft.clone();
            let outpoint = &mut changed.psbt.unsigned_tx.input[at].previous_output;
            let mut bytes = bitcoin::consensus::serialize(outpoint);
            bytes[bit / 8] ^= 1 << (bit % 8);
            *outpoint = bitcoin::consensus::deserialize(&bytes).unwrap();
            assert_eq!(changed.review(&Facts::default()).verdict.judgement(), Judgement::Block, "another coin");
        }
    }
}

#[test]
fn one_bit_of_a_witness_script_or_a_key_never_passes() {
    let wallet = two_of_three();
    let draft = honest(&wallet);
    let script = draft.psbt.inputs[0].witness_script.clone().unwrap();
    for bit in 0..script.len() * 8 {
        let mut bytes = script.to_bytes();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let mut changed = draft.clone();
        changed.psbt.inputs[0].witness_script = Some(bitcoin::ScriptBuf::from(bytes.clone()));
        assert_eq!(blocks(&changed.review(&Facts::default())), ["input-script"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_damaged_file_is_refused_or_reviewed_and_never_a_panic(
        which in 0_usize..11, at in any::<proptest::sample::Index>(), bit in 0_u8..8, cut in any::<proptest::sample::Index>(), shorten in any::<bool>()
    ) {
        let wallets = all_kinds();
        let wallet = &wallets[which];
        let mut bytes = honest(wallet).psbt.serialize();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if shorten {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(packet) = Packet::read(&bytes) {
            let told = review(&packet, wallet, &Facts::default());
            prop_assert!(told.verdict.rows.iter().flat_map(|row| &row.parts).all(|part| !part.chars().any(char::is_control)));
            // What cannot be decided is never clean.
            if told.fee.is_none() {
                prop_assert_eq!(told.verdict.judgement(), Judgement::Block);
            }
        }
    }
}
