//! A server that is slow, refuses, or lies: each is an error with a name, and nothing of it reaches the wallet.

use super::esplora::{Bench, settings};
use super::purse::Purse;
use bdk_wallet::bitcoin::Amount;
use exchequer::chain::{ChainError, Settings};
use exchequer::sim::ChainFault;
use std::time::{Duration, Instant};

/// What comes of a sync while something goes wrong with every answer.
fn sync_with(fault: ChainFault) -> ChainError {
    let bench = Bench::new();
    let mut purse = bench.funded(11);
    // Something that waits, and a history of several pages.
    for amount in 0..30 {
        bench.sim.faucet(purse.script(3), Amount::from_sat(10_000 + amount)).unwrap();
        if amount % 20 == 0 {
            bench.sim.mine(1);
        }
    }
    bench.sim.mine(1);
    bench.sim.faucet(purse.script(2), Amount::ONE_BTC).unwrap();
    let before = purse.known();
    bench.sim.fault(fault, u32::MAX);
    let error = purse.sync(&*bench.chain).unwrap_err();
    assert_eq!(purse.known(), before, "nothing was taken over");
    bench.sim.heal();
    purse.sync(&*bench.chain).unwrap();
    assert_eq!(purse.known().history.len(), 33);
    error
}

/// The reason of an answer that cannot be right.
fn malformed(fault: ChainFault) -> String {
    match sync_with(fault) {
        ChainError::Malformed { reason, .. } => reason,
        other => panic!("{fault:?}: {other}"),
    }
}

#[test]
fn a_transaction_with_another_content_is_found_out() {
    assert!(malformed(ChainFault::Richer).contains("is another one"));
}

#[test]
fn a_transaction_under_another_name_is_found_out() {
    assert!(malformed(ChainFault::Renamed).contains("is another one"));
}

#[test]
fn a_transaction_that_is_not_the_wallets_is_found_out() {
    assert!(malformed(ChainFault::Foreign).contains("has nothing to do with"));
}

#[test]
fn a_confirmation_that_is_not_proved_is_found_out() {
    assert!(malformed(ChainFault::Hurried).contains("cannot prove"));
    assert!(malformed(ChainFault::Unproved).contains("cannot prove"));
}

#[test]
fn a_history_without_an_end_is_found_out() {
    assert!(malformed(ChainFault::Endless).contains("lists a transaction twice"));
}

#[test]
fn blocks_that_do_not_follow_each_other_are_found_out() {
    assert!(malformed(ChainFault::Unlinked).contains("do not follow each other"));
}

#[test]
fn an_answer_that_is_no_json_is_an_error() {
    assert!(!malformed(ChainFault::Garbage).is_empty());
}

#[test]
fn a_single_transaction_with_another_content_is_found_out() {
    let bench = Bench::new();
    let txid = bench.sim.faucet(Purse::new(1).script(0), Amount::ONE_BTC).unwrap();
    bench.sim.fault(ChainFault::Richer, 1);
    assert!(matches!(bench.chain.transaction(txid), Err(ChainError::Malformed { .. })));
    assert_eq!(bench.chain.transaction(txid).unwrap(), bench.sim.transaction(txid));
}

#[test]
fn a_broadcast_that_is_answered_with_another_name_is_not_believed() {
    let bench = Bench::new();
    let mut purse = bench.funded(12);
    let payment = purse.pay(Purse::new(90).script(0), Amount::from_sat(50_000), 2);
    // The first two answers are to the question for the network.
    bench.sim.fault(ChainFault::Mistaken, 3);
    assert!(matches!(bench.chain.broadcast(&payment), Err(ChainError::Malformed { .. })));
}

#[test]
fn t20_nothing_is_broadcast_to_another_network() {
    let bench = Bench::new();
    let mut purse = bench.funded(13);
    let payment = purse.pay(Purse::new(90).script(0), Amount::from_sat(50_000), 2);
    bench.sim.fault(ChainFault::Elsewhere, u32::MAX);
    let error = bench.chain.broadcast(&payment).unwrap_err();
    assert!(error.to_string().ends_with("follows another chain than regtest: its first block is that of bitcoin"));
    assert_eq!(bench.sim.waiting(), []);
}

#[test]
fn an_answer_that_does_not_come_is_not_waited_for() {
    let patience = Duration::from_millis(400);
    let bench = Bench::patient(Settings { patience, ..settings() });
    bench.sim.fault(ChainFault::Stall, 1);
    let start = Instant::now();
    assert!(matches!(bench.chain.tip(), Err(ChainError::Timeout { .. })));
    assert!(start.elapsed() >= patience && start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    bench.chain.tip().unwrap();
}

#[test]
fn an_answer_without_an_end_is_cut_off() {
    let bench = Bench::new();
    bench.sim.fault(ChainFault::Flood, 1);
    assert!(matches!(bench.chain.tip(), Err(ChainError::TooLarge { .. })));
    bench.chain.tip().unwrap();
}

#[test]
fn what_passes_is_asked_again_and_what_does_not_is_told() {
    let bench = Bench::new();
    bench.sim.fault(ChainFault::Overrun, 2);
    bench.chain.tip().unwrap();
    bench.sim.fault(ChainFault::Overrun, u32::MAX);
    let busy = bench.chain.tip().unwrap_err();
    assert!(matches!(busy, ChainError::Busy { .. }) && busy.passes(), "{busy}");
    bench.sim.fault(ChainFault::Broken, 1);
    assert!(matches!(bench.chain.tip(), Err(ChainError::Busy { .. })));
    bench.sim.fault(ChainFault::Cut, u32::MAX);
    assert!(matches!(bench.chain.tip(), Err(ChainError::Unreachable { .. })));
    bench.sim.heal();
    bench.chain.tip().unwrap();
}

#[test]
fn a_server_that_goes_away_is_unreachable() {
    let Bench { chain, sim, .. } = Bench::new();
    drop(sim);
    let error = chain.tip().unwrap_err();
    assert!(matches!(error, ChainError::Unreachable { .. }) && error.passes(), "{error}");
}
