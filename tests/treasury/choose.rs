//! Who is paid, out of which coins, and from when on.

use crate::treasury::office::{Desk, Office, STRANGER};
use serde_json::Value;
use std::collections::BTreeSet;

/// Another address that is none of the wallet's.
const OTHER: &str = "bcrt1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qzf4jry";

fn office(coins: &[u64]) -> Office {
    let office = Office::new(1, 2);
    office.fund(coins);
    office
}

/// The coin of a value.
fn coin(desk: &Desk, sat: u64) -> String {
    let coins = desk.json("wallet coins Cold");
    let found = coins["coins"].as_array().unwrap().iter().find(|coin| coin["sat"] == sat);
    found.unwrap_or_else(|| panic!("{coins}"))["outpoint"].as_str().unwrap().to_owned()
}

/// The coins that a review says are spent.
fn spent(told: &Value) -> BTreeSet<String> {
    let inputs = told["review"]["inputs"].as_array().unwrap().iter();
    inputs.map(|input| input["outpoint"].as_str().unwrap().to_owned()).collect()
}

/// The codes that a review warns with.
fn warnings(told: &Value) -> Vec<&str> {
    told["review"]["warnings"].as_array().unwrap().iter().map(|found| found["code"].as_str().unwrap()).collect()
}

/// Address and value of each output with a role.
fn paid(told: &Value, role: &str) -> Vec<(String, u64)> {
    let outputs = told["review"]["outputs"].as_array().unwrap().iter().filter(|output| output["role"] == role);
    outputs.map(|output| (output["address"].as_str().unwrap().into(), output["sat"].as_u64().unwrap())).collect()
}

#[test]
fn several_are_paid_and_one_of_them_gets_what_is_left() {
    let office = office(&[300_000, 500_000]);
    let desk = &office.desks[0];
    let told = desk.json(&format!("propose pay Cold --to {STRANGER}=100000sat --to {OTHER}=0.0025 --fee-rate 3"));
    let payments: BTreeSet<_> = paid(&told, "payment").into_iter().collect();
    assert_eq!(payments, [(STRANGER.to_owned(), 100_000), (OTHER.to_owned(), 250_000)].into());
    assert_eq!(paid(&told, "change").len(), 1);
    let id = told["proposal"]["id"].as_str().unwrap();
    desk.does(&format!("proposal cancel {id} --reason wrong"));
    let told = desk.json(&format!("propose pay Cold --to {STRANGER}=100000sat --to {OTHER}=max --fee-rate 3"));
    let fee = told["review"]["fee"]["sat"].as_u64().unwrap();
    let left: BTreeSet<_> = paid(&told, "payment").into_iter().collect();
    assert_eq!(left, [(STRANGER.to_owned(), 100_000), (OTHER.to_owned(), 700_000 - fee)].into());
    assert!(paid(&told, "change").is_empty());
    assert_eq!(spent(&told).len(), 2, "max takes every coin");
    let refused = |to: &str, exit, key: &str| {
        assert_eq!(desk.refused(&format!("propose pay Cold {to} --fee-rate 3")), (exit, key.to_owned()), "{to}");
    };
    refused(&format!("--to {STRANGER}=max --to {OTHER}=max"), 1, "build-several-max");
    refused(&format!("--to {STRANGER}=200sat"), 1, "build-dust");
    refused(&format!("--to {STRANGER}=1.5sat"), 2, "recipient");
    refused(&format!("--to {STRANGER}=0.000000001"), 2, "recipient");
    refused(&format!("--to {STRANGER}=-1"), 2, "recipient");
    refused(STRANGER.replace("bcrt1", "--to bc1").as_str(), 2, "recipient");
    refused("--to bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4=1000sat", 2, "recipient-network");
    desk.verified();
}

#[test]
fn coins_that_are_named_are_spent_and_those_that_are_frozen_are_not() {
    let office = office(&[300_000, 500_000, 700_000]);
    let desk = &office.desks[0];
    let (small, middle, large) = (coin(desk, 300_000), coin(desk, 500_000), coin(desk, 700_000));
    let pay = format!("propose pay Cold --to {STRANGER}=100000sat --fee-rate 3 --dry-run");
    assert_eq!(spent(&desk.json(&format!("{pay} --coin {middle}"))), [middle.clone()].into());
    let both = desk.json(&format!("{pay} --coin {middle} --coin {small}"));
    assert_eq!(spent(&both), [middle.clone(), small.clone()].into(), "all that are named, needed or not");
    let strange = format!("{}:7", "ab".repeat(32));
    assert_eq!(desk.refused(&format!("{pay} --coin {strange}")), (1, "build-coin-unknown".into()));
    assert_eq!(desk.run(&format!("{pay} --coin {}", &strange[..20])).status.code(), Some(2));
    assert_eq!(desk.refused(&format!("{pay}  --coin {small} --to {OTHER}=250000sat")), (1, "build-missing".into()));

    // What is proposed is blocked as soon as somebody freezes its coin, and goes on when it is thawed.
    let id = desk.proposed(&format!("propose pay Cold --to {STRANGER}=100000sat --fee-rate 3 --coin {large}"));
    let marked = desk.json(&format!("wallet coins Cold --freeze {large} --freeze {small} --label {large} payroll"));
    assert_eq!(marked["balance"]["frozen_sat"], 1_000_000);
    assert_eq!(
        desk.refused(&format!("proposal approve {id} --hot key0 --yes --accept-warnings")),
        (6, "review-blocked".into())
    );
    let shown = desk.json(&format!("proposal show {id}"));
    assert_eq!(shown["review"]["blocks"][0]["code"], "coin-frozen");
    assert_eq!(desk.refused(&format!("{pay} --coin {small}")), (1, "build-coin-frozen".into()));
    assert_eq!(spent(&desk.json(&format!("propose sweep Cold --to {OTHER} --fee-rate 3 --dry-run"))), [middle].into());
    desk.does(&format!("wallet coins Cold --thaw {large}"));
    desk.approve(&id, "key0");
    assert_eq!(desk.state(&id), "ready");
}

#[test]
fn coins_of_what_is_open_or_on_its_way_are_left_alone() {
    let office = office(&[300_000, 500_000]);
    let desk = &office.desks[0];
    let pay = |sat: u64| format!("propose pay Cold --to {STRANGER}={sat}sat --fee-rate 3");
    let first = desk.json(&pay(100_000));
    let id = first["proposal"]["id"].as_str().unwrap();
    let second = desk.json(&format!("{} --dry-run", pay(100_001)));
    assert!(spent(&first).is_disjoint(&spent(&second)));
    assert_ne!(paid(&first, "change")[0].0, paid(&second, "change")[0].0, "nor the address of its change");
    // Broadcast, and nobody has asked the chain since: its coins are gone all the same, and its change is there.
    desk.approve(id, "key0");
    desk.broadcast(id);
    let third = desk.json(&format!("{} --dry-run", pay(100_001)));
    assert!(spent(&first).is_disjoint(&spent(&third)));
    let coins = desk.json("wallet coins Cold");
    assert_eq!(coins["coins"].as_array().unwrap().len(), 2);
    assert_eq!(coins["balance"]["outgoing_sat"].as_u64().map(|out| out > 100_000), Some(true), "{coins}");
    // Whoever names a coin has it, and both are told of each other.
    let rest = coin(desk, 500_000.min(300_000_u64.max(other(&first))));
    let one = desk.proposed(&format!("{} --coin {rest}", pay(100_002)));
    let two = desk.proposed(&format!("{} --coin {rest}", pay(100_003)));
    let shown = desk.json(&format!("proposal show {two}"));
    assert_eq!(shown["proposal"]["competitors"][0]["id"], one.as_str());
    assert!(warnings(&shown).contains(&"conflict"), "{shown}");
    desk.approve(&one, "key0");
    desk.approve(&two, "key0");
    desk.broadcast(&one);
    assert_eq!(desk.state(&two), "conflicted");
}

/// The value of the coin that a proposal left.
fn other(told: &Value) -> u64 {
    if told["review"]["inputs"][0]["sat"] == 300_000 { 500_000 } else { 300_000 }
}

#[test]
fn a_lock_time_is_told_and_kept() {
    let office = office(&[300_000]);
    let desk = &office.desks[0];
    let height = office.chain.tip().0;
    let pay = format!("propose pay Cold --to {STRANGER}=100000sat --fee-rate 3 --lock-time {}", height + 3);
    let told = desk.json(&pay);
    assert!(warnings(&told).contains(&"lock-future"), "{told}");
    let id = told["proposal"]["id"].as_str().unwrap();
    assert_eq!(desk.refused(&format!("proposal approve {id} --hot key0 --yes")), (6, "review-warnings".into()));
    desk.approve(id, "key0");
    let early = desk.refused(&format!("proposal broadcast {id} --yes --accept-warnings"));
    assert_eq!((early, desk.state(id)), ((4, "broadcast-refused".into()), "failed".into()));
    office.chain.mine(3);
    desk.does("wallet sync Cold");
    desk.broadcast(id);
    office.chain.mine(1);
    desk.does("wallet sync Cold");
    assert_eq!(desk.state(id), "confirmed");
    desk.verified();
}

#[test]
fn a_sweep_leaves_nothing_and_pays_nobody_else() {
    let office = office(&[300_000, 500_000, 700_000]);
    let desk = &office.desks[0];
    let told = desk.json(&format!("propose sweep Cold --to {OTHER} --fee-rate 3"));
    let fee = told["review"]["fee"]["sat"].as_u64().unwrap();
    assert_eq!(told["review"]["kind"], "sweep");
    assert_eq!(paid(&told, "payment"), [(OTHER.to_owned(), 1_500_000 - fee)]);
    assert_eq!(told["review"]["outputs"].as_array().unwrap().len(), 1);
    let id = told["proposal"]["id"].as_str().unwrap();
    assert_eq!(desk.refused(&format!("propose sweep Cold --to {OTHER} --fee-rate 3")), (1, "build-no-coin".into()));
    desk.approve(id, "key0");
    desk.broadcast(id);
    office.chain.mine(1);
    let synced = desk.json("wallet sync Cold");
    assert_eq!((&synced["balance"]["confirmed_sat"], &synced["coins"]), (&0.into(), &0.into()));
    assert_eq!(desk.state(id), "confirmed");
}

#[test]
fn what_is_only_tried_is_not_written_down_and_a_pipe_has_the_psbt_alone() {
    let office = office(&[300_000]);
    let desk = &office.desks[0];
    let before = desk.entries();
    desk.does(&format!("propose pay Cold --to {STRANGER}=100000sat --fee-rate 3 --dry-run"));
    assert_eq!(desk.entries(), before);
    let piped = desk.does(&format!("propose pay Cold --to {STRANGER}=100000sat --fee-rate 3 -o -"));
    assert!(piped.starts_with("cHNidP") && piped.lines().count() == 1, "{piped}");
    assert_eq!(desk.json("proposal list")["proposals"].as_array().unwrap().len(), 1);
}
