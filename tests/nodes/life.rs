//! The whole life of proposals, by commands in processes of their own that exchange files, over real nodes: imported,
//! funded, proposed, signed by several, combined, finalised, broadcast, bumped, confirmed, taken back by a reorganisation;
//! and at each step the node sees what we see.

use super::real::{Electrumx, Node, Twin, eventually};
use crate::office::{Office, STRANGER, bytes};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The first desk asks the node, the second ElectrumX; the others know no chain.
struct Life {
    office: Office,
    twin: Twin,
    electrumx: Electrumx,
}

impl Life {
    fn begin(required: usize, of: usize, coins: &[u64]) -> Self {
        let office = Office::new(required, of);
        office.fund(coins);
        let twin = Twin::of(&office.chain);
        let electrumx = Electrumx::start(&twin.node);
        let life = Self { office, twin, electrumx };
        for desk in 1..of {
            life.office.arm(desk);
        }
        // From here on the simulated chain has no part in it.
        life.office.desks[0].does(&format!("wallet sync Cold --full --chain {}", life.node().source()));
        life.agree();
        life
    }

    fn node(&self) -> &Node {
        &self.twin.node
    }

    /// Finds blocks with all that waits.
    fn mine(&self, count: u32) {
        self.node().call("generatetodescriptor", &[json!(count), json!("raw(51)")]);
    }

    /// The confirmed coins of a desk.
    fn coins(&self, desk: usize) -> BTreeMap<String, u64> {
        let said = self.office.desks[desk].json("wallet coins Cold");
        let coins = said["coins"].as_array().unwrap().iter().filter(|coin| !coin["confirmed"].is_null());
        coins.map(|coin| (coin["outpoint"].as_str().unwrap().to_owned(), coin["sat"].as_u64().unwrap())).collect()
    }

    /// Brings both desks up to date, and makes sure that the node has the same coins for the wallet.
    fn agree(&self) {
        let descriptor = std::fs::read_to_string(self.office.desks[0].path("wallet.txt")).unwrap();
        let asked = json!([{"desc": descriptor.trim(), "range": 100}]);
        let said = self.node().call("scantxoutset", &[json!("start"), asked]);
        let sat = |amount: &Value| {
            let amount = bitcoin::Amount::from_str_in(&amount.to_string(), bitcoin::Denomination::Bitcoin);
            amount.unwrap().to_sat()
        };
        let coin = |coin: &Value| {
            let outpoint = format!("{}:{}", coin["txid"].as_str().unwrap(), coin["vout"]);
            (outpoint, sat(&coin["amount"]))
        };
        // What waits may spend a coin already.
        let left = |coin: &&Value| {
            let left = self.node().call("gettxout", &[coin["txid"].clone(), coin["vout"].clone(), json!(true)]);
            !left.is_null()
        };
        let theirs: BTreeMap<String, u64> =
            said["unspents"].as_array().unwrap().iter().filter(left).map(coin).collect();
        self.office.desks[0].does("wallet sync Cold");
        assert_eq!(self.coins(0), theirs, "by the node");
        eventually("what the node says, by ElectrumX", || {
            // While it takes blocks back its answers do not fit together.
            let synced = self.office.desks[1].run(&format!("wallet sync Cold --chain {}", self.electrumx.source()));
            synced.status.success() && self.coins(1) == theirs
        });
    }

    fn waits(&self, txid: &str) -> bool {
        let said = self.node().call("getrawmempool", &[]);
        said.as_array().unwrap().iter().any(|waiting| waiting == txid)
    }

    /// Lets as many desks sign as are needed, each in its own process with its own key, and brings all to the first.
    fn sign(&self, id: &str, required: usize) {
        let desks = &self.office.desks;
        desks[0].does(&format!("proposal approve {id} --hot key0 --yes --accept-warnings"));
        desks[0].does(&format!("proposal export {id} -o {id}.psbt"));
        for other in 1..required {
            // Not before the last one has signed.
            assert_eq!(desks[0].refused(&format!("proposal finalize {id}")), (6, "final-quorum".into()));
            self.office.carry(0, other, &format!("{id}.psbt"));
            let there = desks[other].json(&format!("proposal import {id}.psbt --wallet Cold"));
            assert_eq!(there["proposal"]["id"], id);
            desks[other]
                .does(&format!("proposal approve {id} --hot key{other} --yes --accept-warnings -o {id}.signed"));
            self.office.carry(other, 0, &format!("{id}.signed"));
            let file = |name: &str| bytes(&desks[0].path(&format!("{id}.{name}")));
            assert_ne!(file("signed"), file("psbt"), "it brings something");
            let now = desks[0].json(&format!("proposal combine {id} {id}.signed"));
            assert_eq!(now["collected"], other + 1);
        }
        assert_eq!(desks[0].state(id), "ready");
    }

    fn broadcast(&self, id: &str) -> String {
        let desk = &self.office.desks[0];
        let txid = desk.json(&format!("proposal finalize {id}"))["txid"].as_str().unwrap().to_owned();
        assert!(!self.waits(&txid), "nothing is broadcast by itself");
        let sent = desk.json(&format!("proposal broadcast {id} --yes --accept-warnings"));
        assert_eq!(sent["broadcast"]["answer"], "accepted");
        assert!(self.waits(&txid));
        txid
    }
}

fn whole_life(required: usize, of: usize) {
    let life = Life::begin(required, of, &[1_000_000, 2_000_000]);
    let desk = &life.office.desks[0];
    let id = |made: &Value| made["proposal"]["id"].as_str().unwrap().to_owned();

    let first = id(&desk.json(&format!("propose pay Cold --to {STRANGER}=150000sat --fee-rate 3 --memo rent")));
    life.sign(&first, required);
    let txid = life.broadcast(&first);
    desk.does("wallet sync Cold");

    // Too slow: another one that pays more takes its place.
    let bump = id(&desk.json(&format!("propose bump {first} --fee-rate 20")));
    life.sign(&bump, required);
    let better = life.broadcast(&bump);
    assert!(!life.waits(&txid) && txid != better);
    assert_eq!((desk.state(&first).as_str(), desk.state(&bump).as_str()), ("superseded", "executing"));
    life.mine(1);
    life.agree();
    assert_eq!((desk.state(&first).as_str(), desk.state(&bump).as_str()), ("superseded", "confirmed"));

    // The block is taken back and empty ones stand in its place; then it is confirmed again. There are two of them, because
    // ElectrumX notices another chain when it is the longer one.
    life.node().call("invalidateblock", &[json!(life.node().rpc_tip())]);
    for _ in 0..2 {
        life.node().call("generateblock", &[json!("raw(51)"), json!([])]);
    }
    life.agree();
    assert_eq!(desk.state(&bump), "executing");
    assert!(life.waits(&better));
    life.mine(1);
    life.agree();
    assert_eq!(desk.state(&bump), "confirmed");
    for desk in &life.office.desks {
        desk.verified();
    }
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn two_of_three_live_it_whole() {
    whole_life(2, 3);
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn three_of_five_live_it_whole() {
    whole_life(3, 5);
}
