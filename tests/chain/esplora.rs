//! A wallet behind the Esplora client and the simulated chain.

use super::purse::Purse;
use bdk_esplora::{EsploraExt, esplora_client};
use bdk_wallet::bitcoin::{Amount, FeeRate, Network, OutPoint, Transaction};
use exchequer::chain::{Chain, ChainError, Progress, Scan, Settings, Status, Watch, open, sync_request};
use exchequer::sim::{ChainServer, ChainSettings};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

const BTC: Amount = Amount::ONE_BTC;

/// A simulated chain, and the client's way to it.
pub struct Bench {
    pub chain: Box<dyn Chain>,
    pub sim: ChainServer,
    _runtime: Runtime,
}

pub fn settings() -> Settings {
    Settings { patience: Duration::from_secs(20), ..Settings::new(Network::Regtest) }
}

impl Bench {
    pub fn new() -> Self {
        Self::patient(settings())
    }

    pub fn patient(settings: Settings) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sim = runtime.block_on(ChainServer::start(ChainSettings::default())).unwrap();
        let chain = open(&sim.source().parse().unwrap(), &settings).unwrap();
        Self { chain, sim, _runtime: runtime }
    }

    /// A wallet with a confirmed coin of one bitcoin and one of two.
    pub fn funded(&self, seed: u8) -> Purse {
        let mut purse = Purse::new(seed);
        self.sim.faucet(purse.script(0), BTC).unwrap();
        self.sim.faucet(purse.script(5), BTC * 2).unwrap();
        self.sim.mine(1);
        purse.scan(&*self.chain).unwrap();
        purse
    }
}

#[test]
fn a_wallet_is_found_and_followed() {
    let bench = Bench::new();
    let mut purse = bench.funded(1);
    let known = purse.known();
    assert_eq!((known.confirmed, known.pending, known.coins.len()), (BTC * 3, Amount::ZERO, 2));
    assert_eq!(known.tip, (bench.sim.tip().0, bench.sim.tip().1.to_string()));
    assert_eq!(purse.wallet.derivation_index(bdk_wallet::KeychainKind::External), Some(5), "found by the scan");

    let third = bench.sim.faucet(purse.script(2), BTC).unwrap();
    purse.sync(&*bench.chain).unwrap();
    assert_eq!((purse.known().confirmed, purse.known().pending), (BTC * 3, BTC));
    bench.sim.mine(3);
    purse.sync(&*bench.chain).unwrap();
    let known = purse.known();
    assert_eq!((known.confirmed, known.pending), (BTC * 4, Amount::ZERO));
    assert_eq!(known.history[&third], Some(bench.sim.tip().0 - 2));
    assert_eq!(bench.chain.tip().unwrap().hash, bench.sim.tip().1);
}

#[test]
fn it_sees_what_the_client_of_bdk_sees() {
    let bench = Bench::new();
    let mut ours = bench.funded(2);
    let payment = ours.pay(Purse::new(99).script(0), BTC / 2, 5);
    bench.sim.submit(payment).unwrap();
    // More payments to one address than there are on a page.
    for amount in 0..30 {
        bench.sim.faucet(ours.script(3), Amount::from_sat(10_000 + amount)).unwrap();
        if amount % 10 == 0 {
            bench.sim.mine(1);
        }
    }
    bench.sim.faucet(ours.script(3), Amount::from_sat(77_777)).unwrap();
    let peer = esplora_client::Builder::new(&format!("http://{}", bench.sim.addr())).build_blocking();
    let mut theirs = Purse::new(2);
    theirs.apply(peer.full_scan(theirs.wallet.start_full_scan(), 20, 2).unwrap());
    ours.sync(&*bench.chain).unwrap();
    assert_eq!(ours.known(), theirs.known());
    let mut anew = Purse::new(2);
    anew.scan(&*bench.chain).unwrap();
    assert_eq!(anew.known(), theirs.known());
    assert!(anew.known().history.len() > 30);

    bench.sim.reorg(2);
    theirs.apply(peer.sync(theirs.wallet.start_sync_with_revealed_spks(), 2).unwrap());
    ours.sync(&*bench.chain).unwrap();
    assert_eq!(ours.known(), theirs.known());
}

#[test]
fn a_payment_is_broadcast_confirmed_and_told_of() {
    let bench = Bench::new();
    let mut purse = bench.funded(3);
    let payment = purse.pay(Purse::new(98).script(0), BTC / 4, 3);
    assert_eq!(bench.chain.status(&payment).unwrap(), Status::Unknown);
    assert_eq!(bench.chain.broadcast(&payment).unwrap(), payment.compute_txid());
    assert_eq!(bench.sim.waiting(), [payment.compute_txid()]);
    assert_eq!(bench.chain.status(&payment).unwrap(), Status::Unconfirmed);
    purse.sync(&*bench.chain).unwrap();
    assert_eq!(purse.known().history[&payment.compute_txid()], None);
    bench.sim.mine(1);
    purse.sync(&*bench.chain).unwrap();
    let (height, hash) = bench.sim.tip();
    assert_eq!(bench.chain.status(&payment).unwrap(), Status::Confirmed(bdk_wallet::chain::BlockId { height, hash }));
    assert_eq!(purse.known().history[&payment.compute_txid()], Some(height));
    assert_eq!(bench.chain.transaction(payment.compute_txid()).unwrap().as_ref(), Some(&payment));
    assert_eq!(bench.chain.transaction("11".repeat(32).parse().unwrap()).unwrap(), None);
}

#[test]
fn what_was_replaced_disappears() {
    let bench = Bench::new();
    let mut purse = bench.funded(4);
    let first = purse.pay(Purse::new(97).script(0), BTC / 4, 3);
    bench.chain.broadcast(&first).unwrap();
    purse.sync(&*bench.chain).unwrap();
    let second = purse.bump(first.compute_txid(), 9);
    bench.chain.broadcast(&second).unwrap();
    purse.sync(&*bench.chain).unwrap();
    let known = purse.known();
    assert!(known.history.contains_key(&second.compute_txid()));
    assert!(!known.history.contains_key(&first.compute_txid()), "{known:?}");
    let (by, coin) = (second.compute_txid(), first.input[0].previous_output);
    assert_eq!(bench.chain.status(&first).unwrap(), Status::Replaced { by, coin, confirmed: false });
    bench.sim.mine(1);
    assert_eq!(bench.chain.status(&first).unwrap(), Status::Replaced { by, coin, confirmed: true });
    purse.sync(&*bench.chain).unwrap();
    assert_eq!(purse.known().history[&second.compute_txid()], Some(bench.sim.tip().0));
}

/// Another payment out of the same coins, at the same rate.
fn rival(purse: &mut Purse, first: &Transaction) -> Transaction {
    let coins: Vec<OutPoint> = first.input.iter().map(|input| input.previous_output).collect();
    let mut builder = purse.wallet.build_tx();
    builder.add_utxos(&coins).unwrap().manually_selected_only();
    builder.add_recipient(Purse::new(95).script(0), BTC / 4).fee_rate(FeeRate::from_sat_per_vb(3).unwrap());
    let psbt = builder.finish().unwrap();
    purse.sign(psbt)
}

#[test]
fn a_refusal_comes_in_the_words_of_the_node() {
    let bench = Bench::new();
    let mut purse = bench.funded(5);
    let refused = |transaction| match bench.chain.broadcast(transaction).unwrap_err() {
        ChainError::Refused { reason, .. } => reason,
        other => panic!("{other}"),
    };
    let mut unsigned = purse.pay(Purse::new(96).script(0), BTC / 4, 3);
    unsigned.input[0].witness.clear();
    assert!(refused(&unsigned).starts_with("mempool-script-verify-flag-failed"));
    let payment = purse.pay(Purse::new(96).script(0), BTC / 4, 3);
    bench.chain.broadcast(&payment).unwrap();
    assert_eq!(refused(&payment), "txn-already-in-mempool");
    let rival = rival(&mut purse, &payment);
    assert!(refused(&rival).starts_with("insufficient fee, rejecting replacement"));
}

#[test]
fn a_reorganisation_is_followed() {
    let bench = Bench::new();
    let mut purse = bench.funded(6);
    let late = bench.sim.faucet(purse.script(1), BTC).unwrap();
    bench.sim.mine(2);
    purse.sync(&*bench.chain).unwrap();
    assert_eq!(purse.known().confirmed, BTC * 4);
    bench.sim.reorg(2);
    purse.sync(&*bench.chain).unwrap();
    let known = purse.known();
    assert_eq!((known.confirmed, known.pending, known.history[&late]), (BTC * 3, BTC, None));
    assert_eq!(known.tip.1, bench.sim.tip().1.to_string());
    bench.sim.mine(1);
    purse.sync(&*bench.chain).unwrap();
    assert_eq!(purse.known().history[&late], Some(bench.sim.tip().0));
    // Deeper than the newest blocks that are looked at without asking for single ones.
    bench.sim.mine(12);
    purse.sync(&*bench.chain).unwrap();
    bench.sim.reorg(40);
    purse.sync(&*bench.chain).unwrap();
    let known = purse.known();
    assert_eq!((known.confirmed, known.tip.1), (Amount::ZERO, bench.sim.tip().1.to_string()));
    assert_eq!(known.pending, BTC * 4);
}

#[test]
fn fees_are_told_with_their_time() {
    let bench = Bench::new();
    let fees = bench.chain.fees().unwrap();
    let rate = |blocks| fees.within(blocks).unwrap().to_sat_per_kwu();
    assert_eq!([rate(1), rate(2), rate(6), rate(144)], [3_125, 3_125, 1_251, 250]);
    let now = exchequer::market::Timestamp::from_system(std::time::SystemTime::now());
    assert!(fees.taken.age(now) < Duration::from_secs(60));
}

#[test]
fn a_walk_tells_how_far_it_is_and_stops_when_asked() {
    #[derive(Default)]
    struct Eye {
        seen: Mutex<Vec<Progress>>,
        stop: AtomicBool,
    }
    impl Watch for Eye {
        fn progress(&self, progress: Progress) {
            self.seen.lock().unwrap().push(progress);
        }
        fn cancelled(&self) -> bool {
            self.stop.load(Ordering::Relaxed)
        }
    }
    let bench = Bench::new();
    let purse = bench.funded(7);
    let eye = Eye::default();
    let _ = bench.chain.sync(sync_request(&purse.wallet), &eye).unwrap();
    let seen = eye.seen.lock().unwrap().clone();
    assert_eq!(seen.last(), Some(&Progress { done: 6, of: Some(6), found: 2 }));
    eye.stop.store(true, Ordering::Relaxed);
    let stopped = bench.chain.full_scan(purse.wallet.start_full_scan().build(), Scan::default(), &eye);
    assert_eq!(stopped.unwrap_err(), ChainError::Cancelled);
}

#[test]
fn t20_another_network_is_refused_by_name() {
    let bench = Bench::new();
    for (network, name) in [(Network::Bitcoin, "bitcoin"), (Network::Testnet4, "testnet4")] {
        let settings = Settings { network, ..settings() };
        let error = open(&bench.sim.source().parse().unwrap(), &settings).err().unwrap();
        assert_eq!(
            error.to_string(),
            format!("{} follows another chain than {name}: its first block is that of regtest", bench.sim.addr())
        );
    }
    // Also when only the wallet is of another network than was told at the beginning.
    let mut purse = Purse::on(1, Network::Signet);
    assert!(matches!(purse.scan(&*bench.chain), Err(ChainError::WrongNetwork { .. })));
}
