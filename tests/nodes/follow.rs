//! What happens at a node that has no twin: it changes its mind, it goes away, it does not let us in.

use super::real::{Node, Twins, settings};
use crate::purse::Purse;
use bdk_wallet::bitcoin::{Amount, Network};
use exchequer::chain::{ChainError, Progress, Scan, Settings, Watch, open};
use serde_json::json;
use std::sync::Mutex;

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn the_wallet_follows_a_node_that_takes_blocks_back() {
    let twins = Twins::start();
    let mut purse = Purse::new(51);
    twins.sim.faucet(purse.script(0), Amount::ONE_BTC).unwrap();
    twins.sim.mine(1);
    twins.mirror();
    let chain = twins.node.chain();
    purse.scan(&*chain).unwrap();
    assert_eq!(purse.known().confirmed, Amount::ONE_BTC);
    let node = &twins.node;
    let (last, elsewhere) = (node.rpc_tip(), "raw(51)");
    node.call("invalidateblock", &[json!(last)]);
    // An empty block at the same height: the payment waits again.
    node.call("generateblock", &[json!(elsewhere), json!([])]);
    purse.sync(&*chain).unwrap();
    let known = purse.known();
    assert_eq!((known.confirmed, known.pending), (Amount::ZERO, Amount::ONE_BTC));
    assert_eq!(known.tip.1, node.rpc_tip());
    node.call("generatetodescriptor", &[json!(2), json!(elsewhere)]);
    purse.sync(&*chain).unwrap();
    assert_eq!((purse.known().confirmed, purse.known().tip.1), (Amount::ONE_BTC, node.rpc_tip()));
    // While a node has a shorter chain than the wallet knows, there is nothing to put in the place of the blocks above.
    node.call("invalidateblock", &[json!(node.rpc_tip())]);
    purse.sync(&*chain).unwrap();
    assert_eq!(purse.known().confirmed, Amount::ONE_BTC);
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn a_birthday_spares_the_blocks_before_it() {
    #[derive(Default)]
    struct Eye(Mutex<Vec<Progress>>);
    impl Watch for Eye {
        fn progress(&self, progress: Progress) {
            self.0.lock().unwrap().push(progress);
        }
    }
    let twins = Twins::start();
    let mut purse = Purse::new(52);
    let birthday = twins.sim.tip().0 + 1;
    twins.sim.faucet(purse.script(19), Amount::ONE_BTC).unwrap();
    // Behind the gap of a wallet that has used none, and in the same block.
    twins.sim.faucet(purse.script(38), Amount::ONE_BTC).unwrap();
    twins.sim.mine(4);
    twins.mirror();
    let eye = Eye::default();
    let chain = twins.node.chain();
    let request = purse.wallet.start_full_scan().build();
    purse.apply(chain.full_scan(request, Scan { gap: 20, birthday }, &eye).unwrap());
    assert_eq!(purse.known().confirmed, Amount::ONE_BTC * 2);
    let seen = eye.0.lock().unwrap();
    assert_eq!((seen.len(), seen.last()), (4, Some(&Progress { done: 4, of: Some(4), found: 2 })));
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn only_who_knows_the_password_is_let_in() {
    let node = Node::start();
    let address = format!("127.0.0.1:{}", node.port);
    open(&format!("bitcoind:http://alice:s3cret@{address}").parse().unwrap(), &settings()).unwrap();
    let wrong = open(&format!("bitcoind:http://alice:guess@{address}").parse().unwrap(), &settings()).err().unwrap();
    assert!(matches!(wrong, ChainError::Auth { .. }), "{wrong}");
    let other = Settings::new(Network::Bitcoin);
    let wrong = open(&node.source().parse().unwrap(), &other).err().unwrap();
    assert_eq!(
        wrong.to_string(),
        format!("{address} follows another chain than bitcoin: its first block is that of regtest")
    );
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn a_node_that_goes_away_in_the_middle_is_an_error_and_is_found_again() {
    struct Kill<'a>(Mutex<Option<&'a mut Node>>);
    impl Watch for Kill<'_> {
        fn progress(&self, progress: Progress) {
            if progress.done == 50 {
                self.0.lock().unwrap().take().unwrap().kill();
            }
        }
    }
    let mut twins = Twins::start();
    let mut purse = Purse::new(53);
    twins.sim.faucet(purse.script(0), Amount::ONE_BTC).unwrap();
    twins.sim.mine(1);
    twins.mirror();
    let chain = twins.node.chain();
    let before = purse.known();
    let kill = Kill(Mutex::new(Some(&mut twins.node)));
    let gone = chain.full_scan(purse.wallet.start_full_scan().build(), Scan::default(), &kill).unwrap_err();
    assert!(matches!(gone, ChainError::Unreachable { .. }) && gone.passes(), "{gone}");
    assert_eq!(purse.known(), before);
    // It comes back with another cookie.
    twins.node.run();
    twins.mirror();
    purse.scan(&*chain).unwrap();
    assert_eq!(purse.known().confirmed, Amount::ONE_BTC);
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn a_node_without_estimates_says_none_and_its_floor() {
    let node = Node::start();
    let fees = node.chain().fees().unwrap();
    assert_eq!(fees.within(6), None);
    assert!(fees.floor.is_some());
}
