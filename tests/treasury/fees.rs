//! What waits is replaced, helped along or taken back; and rates that the chain is asked for.

use crate::treasury::office::{Desk, Office, STRANGER};
use serde_json::Value;

/// One key of two signs, so that a transaction is on its way in three commands.
fn office(coins: &[u64]) -> Office {
    let office = Office::new(1, 2);
    office.fund(coins);
    office
}

/// Proposes, signs and broadcasts; gives the id.
fn sent(desk: &Desk, arguments: &str) -> String {
    let id = desk.proposed(arguments);
    desk.approve(&id, "key0");
    desk.broadcast(&id);
    id
}

/// What a finished proposal weighs and pays.
fn made(desk: &Desk, id: &str) -> (u64, u64) {
    let made = desk.json(&format!("proposal finalize {id} --accept-warnings"));
    (made["vsize"].as_u64().unwrap(), made["fee_sat"].as_u64().unwrap())
}

/// Why nothing was built: the code, and what to do.
fn unbuilt(desk: &Desk, arguments: &str) -> (String, String) {
    let before = desk.entries();
    let output = desk.run(&format!("{arguments} --json"));
    let told: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((output.status.code(), desk.entries()), (Some(1), before), "{arguments}: {told}");
    let part = |name: &str| told["error"][name].as_str().unwrap_or_default().to_owned();
    (part("key"), part("hint"))
}

#[test]
fn a_child_pays_for_its_parent() {
    let office = office(&[1_000_000]);
    let desk = &office.desks[0];
    let parent = sent(desk, &format!("propose pay Cold --to {STRANGER}=400000sat --fee-rate 1"));
    let (parent_size, parent_fee) = made(desk, &parent);
    assert_eq!(unbuilt(desk, &format!("propose cpfp {parent} --fee-rate 1")).0, "build-enough");
    let told = desk.json(&format!("propose cpfp {parent} --fee-rate 12.5"));
    let review = &told["review"];
    assert_eq!((&review["kind"], &review["outputs"][0]["role"]), (&"self".into(), &"change".into()));
    let child = told["proposal"]["id"].as_str().unwrap();
    desk.approve(child, "key0");
    let (size, fee) = made(desk, child);
    // Together they come to the rate; signatures may turn out shorter by a few bytes than was counted.
    let asked = (parent_size + size) * 25 / 2;
    assert!((asked..asked + 60).contains(&(parent_fee + fee)), "{parent_fee} + {fee}, {asked} asked");
    desk.broadcast(child);
    office.chain.mine(1);
    desk.does("wallet sync Cold");
    assert_eq!((desk.state(&parent).as_str(), desk.state(child).as_str()), ("confirmed", "confirmed"));
    assert_eq!(unbuilt(desk, &format!("propose cpfp {parent} --fee-rate 40")).0, "build-confirmed");
    assert_eq!(unbuilt(desk, &format!("propose bump {parent} --fee-rate 40")).0, "build-confirmed");
    desk.verified();
}

#[test]
fn a_bump_that_pays_too_little_says_what_is_enough() {
    let office = office(&[1_000_000]);
    let desk = &office.desks[0];
    let first = sent(desk, &format!("propose pay Cold --to {STRANGER}=400000sat --fee-rate 5"));
    let (code, hint) = unbuilt(desk, &format!("propose bump {first} --fee-rate 5"));
    assert_eq!(code, "build-increment");
    let tried = desk.json(&format!("propose bump {first} {hint} --dry-run"));
    let codes: Vec<_> = tried["review"]["warnings"].as_array().unwrap().iter().map(|found| &found["code"]).collect();
    assert_eq!((&tried["review"]["kind"], codes), (&"bump".into(), vec![&"first-payment".into()]), "{tried}");
    let bump = sent(desk, &format!("propose bump {first} {hint}"));
    assert_eq!((desk.state(&first).as_str(), desk.state(&bump).as_str()), ("superseded", "executing"));
    let shown = desk.json(&format!("proposal show {bump}"));
    let paid = shown["review"]["outputs"].as_array().unwrap().iter().find(|output| output["role"] == "payment");
    assert_eq!((&paid.unwrap()["sat"], &shown["review"]["kind"]), (&400_000.into(), &"bump".into()));
    assert_eq!(unbuilt(desk, &format!("propose bump {first} --fee-rate 50")).0, "build-not-waiting");
}

#[test]
fn what_waits_is_taken_back() {
    let office = office(&[1_000_000]);
    let desk = &office.desks[0];
    let paid = sent(desk, &format!("propose pay Cold --to {STRANGER}=900000sat --fee-rate 2"));
    let told = desk.json(&format!("propose cancel {paid} --fee-rate 10"));
    let outputs = told["review"]["outputs"].as_array().unwrap();
    assert_eq!((outputs.len(), &outputs[0]["role"]), (1, &"change".into()), "{told}");
    let back = told["proposal"]["id"].as_str().unwrap();
    desk.approve(back, "key0");
    desk.broadcast(back);
    office.chain.mine(1);
    let balance = desk.json("wallet sync Cold")["balance"]["confirmed_sat"].as_u64().unwrap();
    assert_eq!(balance, 1_000_000 - made(desk, back).1, "all but the fee is there again");
    assert_eq!((desk.state(&paid).as_str(), desk.state(back).as_str()), ("superseded", "confirmed"));
}

#[test]
fn what_says_that_it_is_final_is_helped_and_not_replaced() {
    let office = office(&[1_000_000]);
    let desk = &office.desks[0];
    let last = sent(desk, &format!("propose pay Cold --to {STRANGER}=400000sat --fee-rate 2 --no-rbf"));
    assert_eq!(unbuilt(desk, &format!("propose bump {last} --fee-rate 20")).0, "build-final");
    assert_eq!(unbuilt(desk, &format!("propose cancel {last} --fee-rate 20")).0, "build-final");
    sent(desk, &format!("propose cpfp {last} --fee-rate 20"));
    assert_eq!(office.chain.waiting().len(), 2);
}

#[test]
fn what_was_not_broadcast_is_neither_bumped_nor_helped() {
    let office = office(&[1_000_000]);
    let desk = &office.desks[0];
    let open = desk.proposed(&format!("propose pay Cold --to {STRANGER}=400000sat --fee-rate 2"));
    let (code, hint) = unbuilt(desk, &format!("propose bump {open} --fee-rate 20"));
    assert_eq!(code, "build-not-waiting");
    assert!(hint.contains("wallet sync Cold"), "{hint}");
}

#[test]
fn the_chain_is_asked_for_the_rate_of_a_target() {
    let office = office(&[1_000_000]);
    let desk = &office.desks[0];
    // The simulated chain's estimates: 12.5 for the next block, 8.2 within 3, 5.001 within 6, 1 within a day.
    for (target, rate) in [(1, 12.5), (2, 12.5), (3, 8.2), (5, 8.2), (6, 5.001), (144, 1.0), (1_008, 1.0)] {
        let told = desk.json(&format!("propose pay Cold --to {STRANGER}=150000sat --target {target} --dry-run"));
        let found = told["review"]["fee"]["rate"].as_f64().unwrap();
        assert!((rate - 0.02..rate + 0.1).contains(&found), "{target} blocks: {found}, {rate} estimated");
        assert_eq!(told["proposal"], Value::Null);
    }
    let pay = format!("propose pay Cold --to {STRANGER}=150000sat");
    assert_eq!(desk.run(&pay).status.code(), Some(2), "a rate or a target has to be named");
    assert_eq!(desk.run(&format!("{pay} --target 6 --fee-rate 5")).status.code(), Some(2));
    let nobody = desk.refused(&format!("{pay} --target 6 --chain esplora:http://127.0.0.1:9"));
    assert_eq!(nobody.0, 4, "{nobody:?}");
    let other = &office.desks[1];
    office.arm(1);
    assert_eq!(other.refused(&format!("{pay} --target 6")), (2, "no-chain".into()));
    let (code, hint) = unbuilt(other, &format!("{pay} --fee-rate 5"));
    assert_eq!(code, "build-missing");
    assert!(hint.contains("wallet sync Cold --chain"), "{hint}");
}
