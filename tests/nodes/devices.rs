//! Quorums of a Ledger's key, a Trezor's and one of software, over coins that a real node has: what they sign together the
//! node takes into its pool and into a block.

use super::real::Node;
use crate::bench::{self, Bench, SPOTS, key, sign, soft, softkey, software};
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Network, Transaction};
use exchequer::device::Held;
use exchequer::sim::device::TrezorModel;
use exchequer::treasury::bitcoin::finalize::finalize;
use exchequer::treasury::bitcoin::psbt::combine;
use exchequer::treasury::bitcoin::wallet::Wallet;
use serde_json::json;

const NETWORK: Network = Network::Regtest;

/// The first two blocks pay the wallet; the others let that ripen.
fn funded(node: &Node, wallet: &Wallet) -> Vec<(Transaction, u32)> {
    let blocks = SPOTS.map(|spot| {
        let address = wallet.address(spot).unwrap().to_string();
        node.call("generatetoaddress", &[json!(1), json!(address)])[0].clone()
    });
    node.call("generatetodescriptor", &[json!(100), json!("raw(51)")]);
    let mined = blocks.iter().map(|block| {
        let block = node.call("getblock", &[block.clone(), json!(2)]);
        (deserialize_hex(block["tx"][0]["hex"].as_str().unwrap()).unwrap(), 0)
    });
    mined.collect()
}

/// The first two signers are the devices, the others software.
fn quorum(required: usize, of: u8, script: [&str; 3], model: TrezorModel) {
    let [begin, end, path] = script;
    let node = Node::start();
    let (ledger_bench, trezor_bench) = (Bench::ledger(), Bench::trezor(model));
    let (mut ledger, mut trezor) = (ledger_bench.open(), trezor_bench.open());
    let friends: Vec<_> = (1..=of - 2).map(|number| software(number, NETWORK)).collect();
    let mut keys = vec![key(&mut *ledger, NETWORK, path), key(&mut *trezor, NETWORK, path)];
    keys.extend(friends.iter().map(|friend| softkey(friend, path)));
    let descriptor = format!("{begin}{required},{}{end}", keys.join(","));
    let wallet = Wallet::new("Treasury", NETWORK, &[&descriptor]).unwrap();
    let mut held = Held { wallet: &wallet, name: "Treasury", hmac: None };
    held.hmac = Some(ledger.register(&held).unwrap().unwrap().hmac);

    let mut whole = None;
    // Each signs a copy of its own, and the copies are put together.
    let unsigned = bench::packet(&wallet, funded(&node, &wallet));
    let signed = [
        sign(&mut *ledger, &held, &unsigned).unwrap(),
        sign(&mut *trezor, &held, &unsigned).unwrap(),
        soft(&friends[0], &wallet, &unsigned),
    ];
    let quorums = [vec![0, 1, 2], vec![0, 1], vec![1, 2], vec![2, 0]];
    for signers in quorums.iter().filter(|signers| signers.len() == required) {
        let mut packet = unsigned.clone();
        for signer in signers {
            assert!(finalize(&packet, &wallet).is_err(), "not before the last one has signed");
            combine(&mut packet, &signed[*signer], &wallet).unwrap();
        }
        let last = finalize(&packet, &wallet).unwrap();
        let said = node.call("testmempoolaccept", &[json!([serialize_hex(&last.tx)])]);
        assert_eq!(said[0]["allowed"], true, "{said}");
        whole = Some(last);
    }
    let last = whole.unwrap();
    assert_eq!(node.call("sendrawtransaction", &[json!(serialize_hex(&last.tx))]), json!(last.txid));
    node.call("generatetodescriptor", &[json!(1), json!("raw(51)")]);
    let mined = node.call("getrawtransaction", &[json!(last.txid), json!(true)]);
    assert_eq!(mined["confirmations"], 1);
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn two_of_three_with_a_ledger_a_trezor_and_software() {
    for model in [TrezorModel::One, TrezorModel::T] {
        quorum(2, 3, ["wsh(sortedmulti(", "))", "48'/1'/0'/2'"], model);
    }
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn three_of_five_with_a_ledger_a_trezor_and_software() {
    for script in [["wsh(sortedmulti(", "))", "48'/1'/0'/2'"], ["sh(wsh(sortedmulti(", ")))", "48'/1'/0'/1'"]] {
        quorum(3, 5, script, TrezorModel::T);
    }
}
