//! A wallet follows a made-up chain.

use super::bench::Bench;
use super::*;
use bdk_wallet::Update;
use bitcoin::{OutPoint, ScriptBuf, Transaction, TxIn, TxOut};
use std::sync::Arc;

const SEEN: u64 = 1_700_000_000;

fn sat(amount: u64) -> Amount {
    Amount::from_sat(amount)
}

#[test]
fn a_balance_tells_what_is_there_what_comes_and_what_goes() {
    let mut bench = Bench::multi("wsh", 2, 3);
    assert_eq!(bench.state.holdings(&Marks::default()).balance, Balance::default());
    let coin = bench.fund(Chain::Receive, 0, 100_000, 900);
    let frozen = bench.fund(Chain::Receive, 3, 7_000, 901);
    let marks =
        Marks { frozen: BTreeSet::from([frozen]), coins: [(coin, "rent\u{1b}[2J".into())].into(), ..Marks::default() };
    let holdings = bench.state.holdings(&marks);
    let known = Balance { confirmed: sat(107_000), frozen: sat(7_000), spendable: sat(100_000), ..Balance::default() };
    assert_eq!(holdings.balance, known);
    assert_eq!((holdings.last_received, holdings.last_change), (Some(3), None));
    assert_eq!(holdings.coins.iter().map(|coin| coin.outpoint).collect::<Vec<_>>(), [coin, frozen]);
    assert_eq!(holdings.coins[0].label.as_deref().map(|label| label.contains('\u{1b}')), Some(false));

    // What strangers send may be taken back until it is confirmed; what we send ourselves may not.
    let gift = bench.stranger(&[(bench.script(Chain::Receive, 1), 5_000)]);
    bench.wait(&gift, SEEN);
    let (stranger, change) = (ScriptBuf::new_op_return([1]), bench.script(Chain::Change, 0));
    let mut payment = bench.stranger(&[(stranger, 30_000), (change, 69_000)]);
    payment.input[0].previous_output = coin;
    bench.wait(&payment, SEEN + 1);
    let holdings = bench.state.holdings(&marks);
    let balance = holdings.balance;
    assert_eq!((balance.confirmed, balance.incoming, balance.outgoing), (sat(107_000), sat(5_000), sat(31_000)));
    assert_eq!((balance.frozen, balance.spendable), (sat(7_000), sat(69_000)));
    let untrusted = |txid| holdings.coins.iter().find(|coin| coin.outpoint.txid == txid).unwrap().untrusted;
    assert!(untrusted(gift.compute_txid()) && !untrusted(payment.compute_txid()));
    let last = &holdings.movements[0];
    assert_eq!(
        (last.txid, last.net, last.fee),
        (payment.compute_txid(), SignedAmount::from_sat(-31_000), Some(sat(1_000)))
    );
    assert!(last.replaceable && last.confirmed.is_none() && last.seen == Some(SEEN + 1));

    // Confirmed, both count; and what is spent is no coin.
    bench.confirm(&payment, 1_001);
    bench.confirm(&gift, 1_002);
    let holdings = bench.state.holdings(&marks);
    assert_eq!(holdings.balance.confirmed, sat(81_000));
    assert!(holdings.coins.iter().all(|other| other.outpoint != coin));
    assert_eq!(holdings.last_used(Chain::Change), Some(0));
}

#[test]
fn change_of_what_strangers_sent_is_as_little_to_be_trusted() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let gift = bench.stranger(&[(bench.script(Chain::Receive, 1), 5_000)]);
    bench.wait(&gift, SEEN);
    let mut payment = bench.stranger(&[(bench.script(Chain::Change, 0), 4_000)]);
    payment.input[0].previous_output = OutPoint::new(gift.compute_txid(), 0);
    bench.wait(&payment, SEEN + 1);
    let holdings = bench.state.holdings(&Marks::default());
    assert!(holdings.coins[0].untrusted);
    assert_eq!(holdings.balance.spendable, Amount::ZERO);
    assert_eq!((holdings.balance.incoming, holdings.balance.outgoing), (sat(5_000), sat(1_000)));
}

#[test]
fn a_reward_rests_for_a_hundred_blocks() {
    let mut bench = Bench::new("wpkh({0}/<0;1>/*)", 1);
    let reward = Transaction {
        input: vec![TxIn { previous_output: OutPoint::null(), ..TxIn::default() }],
        ..bench.stranger(&[(bench.script(Chain::Receive, 0), 50_000)])
    };
    bench.confirm(&reward, 950);
    for (tip, until) in [(1_000, Some(1_050)), (1_048, Some(1_050)), (1_049, None)] {
        bench.tip(tip);
        let holdings = bench.state.holdings(&Marks::default());
        assert_eq!(holdings.coins[0].immature_until, until, "at {tip}");
        let (there, rests) = (holdings.balance.confirmed, holdings.balance.immature);
        assert_eq!((there, rests), if until.is_some() { (sat(0), sat(50_000)) } else { (sat(50_000), sat(0)) });
    }
}

#[test]
fn what_a_reorganised_block_held_waits_again() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let before = bench.state.checkpoint();
    let coin = bench.fund(Chain::Receive, 0, 100_000, 1_001);
    assert_eq!(bench.state.holdings(&Marks::default()).coins[0].outpoint, coin);
    let other = bdk_wallet::chain::BlockId { height: 1_001, hash: Bench::block(77).hash };
    let chain = before.insert(other).insert(Bench::block(1_002));
    bench.state.apply(Update { chain: Some(chain), ..Update::default() }).unwrap();
    let holdings = bench.state.holdings(&Marks::default());
    assert_eq!((holdings.balance.confirmed, holdings.balance.incoming), (sat(0), sat(100_000)));
    assert!(holdings.coins[0].untrusted && holdings.coins[0].confirmed.is_none());
    assert_eq!(holdings.tip.unwrap().height, 1_002);
}

#[test]
fn what_is_kept_comes_back_and_nothing_else_does() {
    let mut bench = Bench::multi("wsh", 2, 3);
    bench.fund(Chain::Receive, 4, 100_000, 900);
    assert!(bench.state.changed());
    let bytes = bench.state.persist().unwrap();
    assert!(!bench.state.changed());
    let wallet = bench.state.wallet().clone();
    let mut again = State::restore(&wallet, &bytes).unwrap();
    assert_eq!(again.holdings(&Marks::default()), bench.state.holdings(&Marks::default()));
    assert_eq!(again.persist().unwrap(), bytes);
    assert!(!again.changed());

    let other = Bench::multi("wsh", 3, 5);
    assert_eq!(State::restore(other.state.wallet(), &bytes).unwrap_err(), StateError::Foreign);
    let newer = String::from_utf8(bytes.clone()).unwrap().replacen("\"version\":1", "\"version\":2", 1);
    assert_eq!(State::restore(&wallet, newer.as_bytes()).unwrap_err(), StateError::Newer(2));
    for damaged in [&bytes[..bytes.len() / 2], b"", b"{}", b"{\"version\":1}"] {
        assert!(matches!(State::restore(&wallet, damaged).unwrap_err(), StateError::Damaged(_)));
    }
}

#[test]
fn more_than_there_is_in_the_world_is_not_taken_in() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let script = bench.script(Chain::Receive, 0);
    for outputs in [vec![u64::MAX], vec![Amount::MAX_MONEY.to_sat(), 1], vec![u64::MAX / 2; 4]] {
        let mut absurd = bench.stranger(&[]);
        let value = |sat: &u64| TxOut { value: Amount::from_sat(*sat), script_pubkey: script.clone() };
        absurd.output = outputs.iter().map(value).collect();
        let error = StateError::Absurd(absurd.compute_txid());
        let told = bench.state.apply_waiting(vec![(Arc::new(absurd.clone()), SEEN)], Vec::new());
        assert_eq!(told.unwrap_err(), error);
        let mut update = Update::default();
        update.tx_update.txs.push(Arc::new(absurd));
        assert_eq!(bench.state.apply(update).unwrap_err(), error);
    }
    assert_eq!(bench.state.holdings(&Marks::default()).movements, []);
}

#[test]
fn what_was_sent_last_takes_the_place_of_what_was_sent_in_the_same_second() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let coin = bench.fund(Chain::Receive, 0, 100_000, 101);
    let (script, change) = (bench.script(Chain::Receive, 1), bench.script(Chain::Change, 0));
    let mut either = [90_000, 80_000].map(|sat| {
        let mut transaction = bench.stranger(&[(script.clone(), 5_000), (change.clone(), sat)]);
        transaction.input[0].previous_output = coin;
        transaction
    });
    let (wallet, bytes) = (bench.state.wallet().clone(), bench.state.persist().unwrap());
    for _ in 0..2 {
        let mut state = State::restore(&wallet, &bytes).unwrap();
        for transaction in &either {
            state.apply_sent(transaction.clone(), SEEN).unwrap();
        }
        let waiting: Vec<_> = state.waiting().iter().map(|waits| waits.compute_txid()).collect();
        assert_eq!(waiting, [either[1].compute_txid()]);
        either.reverse();
    }
}

#[test]
fn spots_are_offered_until_they_are_paid_or_reserved() {
    let mut bench = Bench::multi("wsh", 2, 3);
    let spot = |chain, index| Spot { chain, index };
    assert_eq!(bench.state.next(Chain::Change), spot(Chain::Change, 0));
    assert_eq!(bench.state.reveal(Chain::Receive), spot(Chain::Receive, 0));
    assert_eq!(bench.state.reveal(Chain::Receive), spot(Chain::Receive, 0));
    bench.state.reserve(spot(Chain::Change, 0));
    assert_eq!(bench.state.next(Chain::Change), spot(Chain::Change, 1));
    bench.fund(Chain::Receive, 0, 1_000, 900);
    bench.fund(Chain::Receive, 2, 1_000, 900);
    assert_eq!(bench.state.next(Chain::Receive), spot(Chain::Receive, 1));
}

#[test]
fn a_wallet_with_one_row_follows_it_under_both_names() {
    let mut bench = Bench::new("wpkh({0}/*)", 1);
    bench.fund(Chain::Receive, 2, 1_000, 900);
    let holdings = bench.state.holdings(&Marks::default());
    assert_eq!((holdings.last_received, holdings.last_change), (Some(2), Some(2)));
    assert_eq!(bench.state.next(Chain::Change), Spot { chain: Chain::Change, index: 0 });
    assert_eq!(bench.state.spot(&bench.script(Chain::Change, 2)), Some(Spot { chain: Chain::Receive, index: 2 }));
    let bytes = bench.state.persist().unwrap();
    assert_eq!(State::restore(bench.state.wallet(), &bytes).unwrap().holdings(&Marks::default()), holdings);
}

#[test]
fn a_sync_asks_for_what_was_handed_out_and_the_gap_beyond() {
    let mut bench = Bench::multi("wsh", 2, 3);
    assert_eq!(bench.state.sync(SEEN).build().progress().spks_remaining, 40);
    bench.fund(Chain::Receive, 9, 1_000, 900);
    let mut request = bench.state.sync(SEEN).build();
    let scripts: BTreeSet<ScriptBuf> = request.iter_spks_with_expected_txids().map(|spk| spk.spk).collect();
    assert_eq!(scripts.len(), 10 + 20 + 20);
    assert!(
        scripts.contains(&bench.script(Chain::Receive, 29)) && !scripts.contains(&bench.script(Chain::Receive, 30))
    );
    let mut scan = bench.state.full_scan(SEEN).build();
    let first = scan.iter_spks(bdk_wallet::KeychainKind::Internal).next().unwrap();
    assert_eq!(first, (0, bench.script(Chain::Change, 0)));
}

#[test]
fn holdings_are_values_that_can_be_written_down() {
    let mut bench = Bench::multi("wsh", 2, 3);
    bench.fund(Chain::Change, 4, 100_000, 900);
    let holdings = bench.state.holdings(&Marks::default());
    let text = serde_json::to_string(&holdings).unwrap();
    assert!(
        text.contains("\"spot\":\"1/4\"") && text.contains("\"sat\":100000") && text.contains("\"net_sat\":100000")
    );
    assert_eq!(serde_json::from_str::<Holdings>(&text).unwrap(), holdings);
}

#[test]
fn a_wallet_can_be_followed_on_another_thread() {
    fn shared<T: Send + Sync>() {}
    shared::<State>();
    shared::<Holdings>();
}
