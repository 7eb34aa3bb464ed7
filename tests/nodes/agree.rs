//! The same wallet by every way: a node, ElectrumX, the simulated Esplora, and the clients of bdk.

use super::real::{Electrumx, Twins, eventually};
use crate::purse::{Known, Purse};
use bdk_bitcoind_rpc::{Emitter, NO_EXPECTED_MEMPOOL_TXS};
use bdk_electrum::BdkElectrumClient;
use bdk_electrum::electrum_client::raw_client::RawClient;
use bdk_wallet::bitcoin::Amount;
use exchequer::chain::{Chain, Status};
use std::time::{Duration, Instant};

const BTC: Amount = Amount::ONE_BTC;

/// What bdk's own client of a node finds.
fn by_blocks(twins: &Twins, seed: u8) -> Known {
    let mut purse = Purse::new(seed);
    let _ = purse.wallet.reveal_addresses_to(bdk_wallet::KeychainKind::External, 30).count();
    let _ = purse.wallet.reveal_addresses_to(bdk_wallet::KeychainKind::Internal, 30).count();
    let mut emitter = Emitter::new(&twins.twin.node.rpc, purse.wallet.latest_checkpoint(), 0, NO_EXPECTED_MEMPOOL_TXS);
    while let Some(event) = emitter.next_block().unwrap() {
        purse.wallet.apply_block_connected_to(&event.block, event.block_height(), event.connected_to()).unwrap();
    }
    purse.wallet.apply_unconfirmed_txs(emitter.mempool().unwrap().update);
    purse.known()
}

/// What bdk's own client of an Electrum server finds.
fn by_lines(electrumx: &Electrumx, seed: u8) -> Known {
    let line = RawClient::new(("127.0.0.1", electrumx.port), Some(Duration::from_secs(60)), None).unwrap();
    let mut purse = Purse::new(seed);
    let client = BdkElectrumClient::new(line);
    purse.apply(client.full_scan(purse.wallet.start_full_scan(), 20, 10, false).unwrap());
    purse.known()
}

/// The same wallet, known by each way.
struct Watched<'a> {
    twins: &'a Twins,
    ways: [(&'static str, Box<dyn Chain>, Purse); 3],
    seed: u8,
}

impl Watched<'_> {
    /// Brings all up to date and makes sure that all know the same; gives it.
    fn agree(&mut self) -> Known {
        self.twins.mirror();
        let [(_, simulated, esplora), rest @ ..] = &mut self.ways;
        esplora.sync(&**simulated).unwrap();
        let known = esplora.known();
        for (name, chain, purse) in rest {
            // ElectrumX hears of news a little later than the node.
            let start = Instant::now();
            loop {
                // While it takes blocks back, its answers do not fit together, and that is an error.
                let synced = purse.sync(&**chain);
                if synced.is_ok() && purse.known() == known || start.elapsed() > Duration::from_secs(30) {
                    synced.unwrap();
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            assert_eq!(purse.known(), known, "by {name}");
        }
        assert_eq!(by_blocks(self.twins, self.seed).history, known.history, "bdk by blocks");
        for (name, chain, _) in &self.ways {
            let mut anew = Purse::new(self.seed);
            anew.scan(&**chain).unwrap();
            assert_eq!(anew.known(), known, "anew, by {name}");
        }
        known
    }
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn every_way_knows_the_same() {
    let twins = Twins::start();
    let electrumx = Electrumx::start(&twins.twin.node);
    let seed = 41;
    let purse = || Purse::new(seed);
    twins.sim.faucet(purse().script(0), BTC).unwrap();
    twins.sim.faucet(purse().script(7), BTC * 2).unwrap();
    twins.sim.faucet(purse().script(7), BTC * 3).unwrap();
    twins.sim.mine(1);
    twins.mirror();
    let tip = twins.sim.tip().1;
    let behind = electrumx.chain();
    eventually("ElectrumX at the tip", || behind.tip().is_ok_and(|block| block.hash == tip));
    let ways = [
        ("the simulated chain", twins.simulated()),
        ("a node", twins.twin.node.chain()),
        ("ElectrumX", electrumx.chain()),
    ];
    let mut watched = Watched {
        twins: &twins,
        ways: ways.map(|(name, chain)| {
            let mut purse = purse();
            purse.scan(&*chain).unwrap();
            (name, chain, purse)
        }),
        seed,
    };
    let known = watched.agree();
    assert_eq!((known.confirmed, known.coins.len()), (BTC * 6, 3));
    assert_eq!(by_lines(&electrumx, seed), known, "bdk by Electrum");

    // Something comes in, and something goes out: each broadcast another way, to one node.
    twins.sim.faucet(purse().script(2), BTC).unwrap();
    let known = watched.agree();
    assert_eq!(known.pending, BTC);
    let first = watched.ways[0].2.pay(Purse::new(60).script(0), BTC / 2, 3);
    twins.sim.submit(first.clone()).unwrap();
    assert_eq!(watched.ways[2].1.broadcast(&first).unwrap(), first.compute_txid());
    let known = watched.agree();
    assert_eq!(known.history[&first.compute_txid()], None);
    for (name, chain, _) in &watched.ways {
        eventually(name, || chain.status(&first).unwrap() == Status::Unconfirmed);
    }

    // It is replaced: the old one disappears everywhere.
    let second = watched.ways[0].2.bump(first.compute_txid(), 12);
    twins.sim.submit(second.clone()).unwrap();
    assert_eq!(watched.ways[1].1.broadcast(&second).unwrap(), second.compute_txid());
    let known = watched.agree();
    assert!(!known.history.contains_key(&first.compute_txid()) && known.history.contains_key(&second.compute_txid()));
    let (by, coin) = (second.compute_txid(), first.input[0].previous_output);
    for (name, chain, _) in &watched.ways {
        assert_eq!(chain.status(&first).unwrap(), Status::Replaced { by, coin, confirmed: false }, "{name}");
    }

    // It is confirmed, and buried.
    twins.sim.mine(1);
    let (height, hash) = twins.sim.tip();
    let at = bdk_wallet::chain::BlockId { height, hash };
    let known = watched.agree();
    assert_eq!((known.history[&second.compute_txid()], known.pending), (Some(height), Amount::ZERO));
    twins.sim.mine(12);
    watched.agree();
    for (name, chain, _) in &watched.ways {
        assert_eq!(chain.status(&second).unwrap(), Status::Confirmed(at), "{name}");
        assert_eq!(chain.status(&first).unwrap(), Status::Replaced { by, coin, confirmed: true }, "{name}");
        assert_eq!(chain.transaction(second.compute_txid()).unwrap().as_ref(), Some(&second), "{name}");
    }

    // A longer branch without it: it waits again, and comes back.
    twins.sim.reorg(14);
    let known = watched.agree();
    assert_eq!(known.history[&second.compute_txid()], None);
    assert_eq!(known.tip.1, twins.sim.tip().1.to_string());
    twins.sim.mine(1);
    let known = watched.agree();
    assert_eq!(known.history[&second.compute_txid()], Some(twins.sim.tip().0));
    assert_eq!(by_lines(&electrumx, seed), known, "bdk by Electrum");
}
