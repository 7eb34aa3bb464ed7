//! T6, T12 and what may be known of a coin: what an input spends has to be proved.

use super::*;
use bitcoin::psbt::Input;
use facts::{Coin, Rival, Tip};

fn spoiled(spoil: impl FnOnce(&mut Input)) -> Review {
    spoiled_with(&two_of_three(), &Facts::default(), spoil)
}

fn spoiled_with(wallet: &Wallet, facts: &Facts, spoil: impl FnOnce(&mut Input)) -> Review {
    let mut draft = honest(wallet);
    spoil(&mut draft.psbt.inputs[1]);
    draft.review(facts)
}

#[test]
fn t06_a_missing_previous_transaction_blocks() {
    for wallet in all_kinds() {
        let taproot = wallet.descriptor(Chain::Receive).to_string().starts_with("tr(");
        let witness = wallet.at(spot("0/0")).unwrap().desc_type().segwit_version().is_some();
        let review = spoiled_with(&wallet, &Facts::default(), |input| input.non_witness_utxo = None);
        match (taproot, witness) {
            (true, _) => assert_eq!(review.verdict.judgement(), Judgement::Clean),
            (_, true) => assert_eq!(blocks(&review), ["previous-missing"]),
            _ => assert!(blocks(&review).contains(&"fee-unknown"), "{:?}", blocks(&review)),
        }
    }
}

#[test]
fn t06_somebody_may_answer_for_a_missing_one_and_for_nothing_else() {
    let answered = Facts { previous_overridden: true, ..Facts::default() };
    let wallet = two_of_three();
    let review = spoiled_with(&wallet, &answered, |input| input.non_witness_utxo = None);
    assert_eq!((blocks(&review), warnings(&review)), (vec![], vec!["previous-overridden"]));
    let wrong = |input: &mut Input| {
        input.non_witness_utxo.as_mut().unwrap().lock_time = bitcoin::absolute::LockTime::from_consensus(1)
    };
    assert_eq!(blocks(&spoiled_with(&wallet, &answered, wrong)), ["previous-wrong"]);
    let differs = |input: &mut Input| input.witness_utxo.as_mut().unwrap().value = sat(90_001);
    assert_eq!(blocks(&spoiled_with(&wallet, &answered, differs)), ["previous-differs"]);
}

#[test]
fn t06_another_previous_transaction_blocks() {
    let review = spoiled(|input| {
        let previous = input.non_witness_utxo.as_mut().unwrap();
        previous.output[1].value = sat(90_000_000);
        input.witness_utxo.as_mut().unwrap().value = sat(90_000_000);
    });
    assert!(blocks(&review).contains(&"previous-wrong"), "{:?}", blocks(&review));
    assert!(!review.inputs[1].proved);
}

#[test]
fn t06_an_output_that_is_not_there_blocks() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    draft.psbt.unsigned_tx.input[1].previous_output.vout = 2;
    assert!(blocks(&draft.review(&Facts::default())).contains(&"previous-wrong"));
}

#[test]
fn t06_a_witness_coin_that_differs_blocks() {
    assert_eq!(
        blocks(&spoiled(|input| input.witness_utxo.as_mut().unwrap().value = sat(89_999))),
        ["previous-differs"]
    );
    let review = spoiled(|input| input.witness_utxo.as_mut().unwrap().script_pubkey = stranger(0x12));
    assert_eq!(blocks(&review), ["previous-differs"]);
    // What is counted is what the previous transaction says.
    assert_eq!(review.fee.unwrap().amount.to_sat(), 1_500);
}

#[test]
fn t06_a_claimed_value_can_never_hide_a_fee() {
    // The classic: two rounds of signing, in each of which another input is told to be small.
    let review = spoiled(|input| {
        input.non_witness_utxo = None;
        input.witness_utxo.as_mut().unwrap().value = sat(91_000);
    });
    assert_eq!(blocks(&review), ["previous-missing"]);
    assert!(!review.inputs[1].proved && review.inputs[0].proved);
}

#[test]
fn t06_foreign_inputs_have_to_prove_their_value() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    let at = draft.spend(stranger(0x21), 70_000);
    draft.psbt.unsigned_tx.output[0].value = sat(220_000);
    let review = draft.review(&Facts::default());
    assert_eq!((blocks(&review), warnings(&review)), (vec![], vec!["foreign-input"]));
    assert!(!review.inputs[at].ours());
    draft.psbt.inputs[at].non_witness_utxo = None;
    assert_eq!(blocks(&draft.review(&Facts::default())), ["foreign-value"]);
    draft.psbt.inputs[at].witness_utxo = None;
    assert_eq!(blocks(&draft.review(&Facts::default())), ["previous-missing", "foreign-value", "fee-unknown"]);
    // A coin of a taproot wallet commits to what strangers claim.
    let tap = taproot();
    let mut draft = honest(&tap);
    let at = draft.spend(stranger(0x21), 70_000);
    draft.psbt.unsigned_tx.output[0].value = sat(220_000);
    draft.psbt.inputs[at].non_witness_utxo = None;
    assert_eq!(blocks(&draft.review(&Facts::default())), Vec::<&str>::new());
}

#[test]
fn an_input_that_claims_to_be_ours_and_is_not_blocks() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    let at = draft.spend(stranger(0x21), 70_000);
    draft.psbt.unsigned_tx.output[0].value = sat(220_000);
    draft.psbt.inputs[at].bip32_derivation = draft.psbt.inputs[0].bip32_derivation.clone();
    let review = draft.review(&Facts::default());
    assert_eq!((blocks(&review), review.inputs[at].ours()), (vec!["input-derivation"], false));
    let scattered = draft.psbt.inputs[1].bip32_derivation.first_key_value().map(|(k, s)| (*k, s.clone())).unwrap();
    draft.psbt.inputs[at].bip32_derivation.insert(scattered.0, scattered.1);
    assert_eq!(blocks(&draft.review(&Facts::default())), ["derivation-scattered"]);
    // The wrong wallet altogether.
    let other = multi("wsh(sortedmulti(MULTI))", 2, &[7, 8, 9]);
    let other = super::super::review(&honest(&wallet).packet(), &other, &Facts::default());
    assert_eq!((blocks(&other), other.kind), (vec!["no-own-input"], Kind::Unknown));
}

#[test]
fn scripts_of_an_input_have_to_be_the_wallets() {
    let other = multi("wsh(sortedmulti(MULTI))", 1, &[1, 2, 3]).at(spot("1/3")).unwrap().explicit_script().unwrap();
    assert_eq!(blocks(&spoiled(|input| input.witness_script = Some(other))), ["input-script"]);
    assert_eq!(blocks(&spoiled(|input| input.redeem_script = Some(stranger(1)))), ["input-script"]);
    let tap = taproot();
    let review = spoiled_with(&tap, &Facts::default(), |input| {
        let (key, _) = bitcoin::secp256k1::SecretKey::from_slice(&[7; 32]).unwrap().x_only_public_key(&secp());
        input.tap_internal_key = Some(key);
    });
    assert_eq!(blocks(&review), ["input-script"]);
    use bitcoin::hashes::Hash;
    let root = bitcoin::taproot::TapNodeHash::from_byte_array([3; 32]);
    let review = spoiled_with(&tap, &Facts::default(), |input| input.tap_merkle_root = Some(root));
    assert_eq!(blocks(&review), ["input-script"]);
}

#[test]
fn t12_a_coin_twice_blocks() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    let (input, map) = (draft.psbt.unsigned_tx.input[1].clone(), draft.psbt.inputs[1].clone());
    draft.psbt.unsigned_tx.input.push(input);
    draft.psbt.inputs.push(map);
    draft.psbt.unsigned_tx.output[0].value = sat(240_000);
    assert_eq!(blocks(&draft.review(&Facts::default())), ["input-twice"]);
}

#[test]
fn t12_other_proposals_for_the_same_coin_are_told() {
    let wallet = two_of_three();
    let draft = honest(&wallet);
    let coin = draft.psbt.unsigned_tx.input[1].previous_output;
    let rival = |name: &str, spends| Rival { name: name.into(), spends };
    let rivals = vec![rival("proposal 11", [coin].into()), rival("proposal 12", Default::default())];
    let review = draft.review(&Facts { rivals, ..Facts::default() });
    assert_eq!(warnings(&review), ["conflict"]);
    assert!(review.verdict.warnings[0].message.starts_with("proposal 11 spends a coin"));
}

#[test]
fn what_the_chain_says_of_a_coin_is_held_against_the_file() {
    let wallet = two_of_three();
    let draft = honest(&wallet);
    let coin = |at: usize| {
        let map = draft.psbt.inputs[at].witness_utxo.clone().unwrap();
        let (value, script) = (map.value, map.script_pubkey);
        let outpoint = draft.psbt.unsigned_tx.input[at].previous_output;
        (outpoint, Coin { value, script, height: Some(100), coinbase: false, frozen: false, label: None })
    };
    let judged = |spoil: &dyn Fn(&mut Coin)| {
        let (outpoint, mut second) = coin(1);
        spoil(&mut second);
        let coins = [coin(0), (outpoint, second)].into();
        let tip = Some(Tip { height: 150, median_time: 1_700_000_000 });
        let review = draft.review(&Facts { coins: Some(coins), tip, ..Facts::default() });
        [blocks(&review), warnings(&review)].concat()
    };
    assert!(judged(&|_| {}).is_empty());
    assert_eq!(judged(&|coin| coin.value = sat(1)), ["coin-differs"]);
    assert_eq!(judged(&|coin| coin.script = stranger(3)), ["coin-differs"]);
    assert_eq!(judged(&|coin| coin.frozen = true), ["coin-frozen"]);
    assert_eq!(judged(&|coin| coin.height = None), ["coin-unconfirmed"]);
    assert_eq!(judged(&|coin| coin.coinbase = true), ["coin-immature"]);
    // The next block is the 101st of its coin: 50 + 51 = 101.
    assert!(judged(&|coin| (coin.coinbase, coin.height) = (true, Some(51))).is_empty());
    assert_eq!(judged(&|coin| (coin.coinbase, coin.height) = (true, Some(52))), ["coin-immature"]);
    let coins = Some([coin(0)].into());
    assert_eq!(warnings(&draft.review(&Facts { coins, ..Facts::default() })), ["coin-unknown"]);
}
