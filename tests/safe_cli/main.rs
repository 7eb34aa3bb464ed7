//! Safes by commands: the built program against a model of a chain and the stand-in of the transaction service.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod contract;
mod hostile;
mod house;
mod node;
#[allow(dead_code)]
#[path = "../treasury/office.rs"]
mod office;
mod wire;

use house::{House, PAYEE, SAFE, ether};
use node::address;
use serde_json::Value;

#[test]
fn three_hot_accounts_pay_and_the_service_is_told() {
    let house = House::new(2);
    let desk = &house.desk;
    let added = house.add();
    assert_eq!(added["findings"], serde_json::json!([]));
    let safe = &added["safe"];
    assert_eq!((&safe["required"], &safe["of"], &safe["nonce"]), (&"2".into(), &3.into(), &"0".into()));
    assert_eq!((&safe["version"], &safe["pinned"]), (&"1.5.0".into(), &true.into()));
    assert_eq!(safe["balances"]["wei"], ether(10).to_string());
    desk.does(&format!("safe name Treasury {} alice", house.owners[0]));
    desk.does(&format!("safe know eth:{PAYEE} Landlord"));
    let made = desk.json("propose safe Treasury --to Landlord --amount 1.5 --memo rent");
    let (proposal, review) = (&made["proposal"], &made["review"]);
    assert_eq!((&proposal["kind"], &proposal["state"]), (&"safe_tx".into(), &"proposed".into()));
    assert_eq!(proposal["safe_tx_hash"], review["safeTxHash"]);
    assert_eq!(review["kind"], "transfer");
    let id = proposal["id"].as_str().unwrap().to_owned();
    // Nobody confirms or executes what nobody has signed.
    assert_eq!(desk.refused(&format!("proposal confirm {id}")), (1, "not-signed".into()));
    assert_eq!(desk.refused(&format!("proposal execute {id} --hot gas --yes")), (6, "quorum".into()));
    assert_eq!(
        desk.refused(&format!("proposal approve {id} --hot gas --yes --accept-warnings")),
        (2, "no-seat".into())
    );
    let one = house.approve(&id, "alice");
    assert_eq!((&one["state"], &one["collected"]), (&"collecting".into(), &1.into()));
    assert_eq!(desk.refused(&format!("proposal approve {id} --hot alice --yes")), (1, "already-approved".into()));
    let confirmed = desk.json(&format!("proposal confirm {id}"));
    assert_eq!(confirmed["posted"].as_array().unwrap().len(), 2);
    house.approve(&id, "bob");
    desk.does(&format!("proposal confirm {id}"));
    assert_eq!(house.service.world(|world| world.hashes().len()), 1);
    let queue = desk.json("safe queue Treasury");
    assert_eq!(queue["rows"][0]["signed_by"].as_array().unwrap().len(), 2);
    assert_eq!((&queue["rows"][0]["proposal"], &queue["counts"]["quarantined"]), (&id.as_str().into(), &0.into()));
    let listed = desk.json("proposal list");
    assert_eq!(listed["proposals"][0]["state"], "ready");
    assert_eq!(
        desk.refused(&format!("proposal execute {id} --hot gas --accept-warnings")),
        (2, "not-confirmed".into())
    );
    let done = desk.json(&format!("proposal execute {id} --hot gas --yes --accept-warnings"));
    assert_eq!(done["state"], "confirmed");
    assert_eq!(done["executions"][0]["mined"]["outcome"], "success");
    assert_eq!(house.coins(PAYEE), ether(3) / alloy_primitives::U256::from(2));
    let synced = desk.json("safe sync Treasury");
    assert_eq!(synced["safes"][0]["balances"]["wei"], (ether(17) / alloy_primitives::U256::from(2)).to_string());
    assert_eq!(desk.json("safe show Treasury")["nonce"], "1");
    assert_eq!(desk.refused(&format!("proposal approve {id} --hot carol --yes")).0, 1);
    desk.verified();
}

#[test]
fn a_proposal_is_taken_off_the_service_by_who_left_it_there() {
    let house = House::new(2);
    let desk = &house.desk;
    house.add();
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 1"));
    house.approve(&id, "alice");
    desk.does(&format!("proposal confirm {id}"));
    assert_eq!(house.service.world(|world| world.hashes().len()), 1);
    assert_eq!(desk.refused(&format!("proposal confirm {id} --delete --hot bob")).1, "service-refused");
    assert_eq!(house.service.world(|world| world.hashes().len()), 1, "another owner has no say in it");
    desk.does(&format!("proposal confirm {id} --delete --hot alice"));
    assert_eq!(house.service.world(|world| world.hashes().len()), 0);
    // What was signed is still valid, and still here.
    assert_eq!(desk.json(&format!("proposal show {id}"))["proposal"]["collected"], 1);
    desk.verified();
}

#[test]
fn a_quorum_comes_together_by_files_and_codes_without_any_service() {
    let house = House::new(2);
    house.add();
    let desk = &house.desk;
    let other = office::Desk::new();
    house.hot(&other, "bob", 2);
    other.json(&format!("safe add eth:{SAFE} --rpc {} --name Ours --yes", house.node.url));
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 1 --offline -o bare.json"));
    house.approve(&id, "alice");
    desk.does(&format!("proposal export {id} -o one.json"));
    std::fs::copy(desk.path("one.json"), other.path("one.json")).unwrap();
    let there = other.json("proposal import one.json");
    assert_eq!((&there["proposal"]["id"], &there["proposal"]["collected"]), (&id.as_str().into(), &1.into()));
    assert_eq!((&there["known"], &there["approved"].as_array().unwrap().len()), (&false.into(), &1));
    other.does(&format!("proposal approve {id} --hot bob --yes --accept-warnings -o two.json"));
    std::fs::copy(other.path("two.json"), desk.path("two.json")).unwrap();
    // A field that was changed on the way is another transaction; a signature that was, is nobody's.
    let file: Value = serde_json::from_slice(&office::bytes(&desk.path("two.json"))).unwrap();
    let mut bent = file.clone();
    bent["value"] = "2000000000000000000".into();
    std::fs::write(desk.path("bent.json"), bent.to_string()).unwrap();
    assert_eq!(desk.refused(&format!("proposal combine {id} bent.json")), (6, "combine-transaction".into()));
    let mut torn = file.clone();
    for signature in torn["signatures"].as_array_mut().unwrap() {
        let text = signature["signature"].as_str().unwrap().replacen("0x", "0x00", 1);
        signature["signature"] = text[..132].into();
    }
    std::fs::write(desk.path("torn.json"), torn.to_string()).unwrap();
    assert_eq!(desk.refused(&format!("proposal combine {id} torn.json")), (6, "combine-nothing".into()));
    assert_eq!(desk.json(&format!("proposal show {id}"))["proposal"]["collected"], 1);
    // As codes: each kind gives the same file.
    for series in ["bbqr", "ur"] {
        let parts = other.json(&format!("proposal export {id} --qr {series}"));
        let text: Vec<&str> = parts["parts"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        std::fs::write(desk.path("codes.txt"), text.join("\n")).unwrap();
        let known = desk.json("proposal import codes.txt");
        assert_eq!(known["known"], true, "{series}");
    }
    assert_eq!(desk.json(&format!("proposal show {id}"))["proposal"]["state"], "ready");
    assert_eq!(desk.refused(&format!("proposal combine {id} two.json")), (6, "combine-nothing".into()));
    let done =
        desk.json(&format!("proposal execute {id} --hot gas --yes --accept-warnings --max-fee 3 --priority 0.1"));
    assert_eq!(done["executions"][0]["sender"]["max_fee_per_gas"], "3000000000");
    assert_eq!(house.coins(PAYEE), ether(1));
    assert!(house.service.seen().is_empty(), "the service was asked");
}

#[test]
fn what_waits_is_followed_replaced_and_found_again() {
    let house = House::new(1);
    house.add();
    let desk = &house.desk;
    house.node.with(|world| world.held = true);
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 1"));
    house.approve(&id, "alice");
    let execute = format!("proposal execute {id} --hot gas --yes --accept-warnings --no-wait");
    let sent = desk.json(&execute);
    assert_eq!((&sent["state"], &sent["executions"][0]["state"]), (&"executing".into(), &"pending".into()));
    // Again goes on with the same one.
    let again = desk.json(&execute);
    assert_eq!(again["executions"].as_array().unwrap().len(), 1);
    let replaced = desk.json(&format!("{execute} --replace"));
    let all = replaced["executions"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(all[0]["sender"]["nonce"], all[1]["sender"]["nonce"]);
    house.node.with(node::World::mine);
    desk.does("safe sync Treasury");
    let shown = desk.json(&format!("proposal show {id}"));
    assert_eq!(shown["proposal"]["state"], "confirmed");
    assert_eq!(house.coins(PAYEE), ether(1), "one nonce is used once");
    // A transaction in a block can still be one that failed.
    house.node.with(|world| (world.held, world.failing) = (false, true));
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 1"));
    house.approve(&id, "alice");
    let failed = desk.refused(&format!("proposal execute {id} --hot gas --yes --accept-warnings"));
    assert_eq!(failed, (1, "execution-failed".into()));
    let shown = desk.json(&format!("proposal show {id}"));
    assert_eq!(shown["proposal"]["executions"][0]["mined"]["outcome"], "failure");
    assert_eq!(house.coins(PAYEE), ether(1));
}

#[test]
fn a_rejection_takes_the_nonce_and_owners_change() {
    let house = House::new(1);
    house.add();
    let desk = &house.desk;
    let bad = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 9"));
    house.approve(&bad, "alice");
    let refused = desk.json(&format!("proposal reject {bad} --seat {} --reason unknown", house.owners[1]));
    assert_eq!(refused["seats"][1]["state"], "rejected");
    let none = desk.proposed("propose safe Treasury --reject 0 --memo no");
    let shown = desk.json(&format!("proposal show {none}"));
    assert_eq!((&shown["proposal"]["kind"], &shown["review"]["kind"]), (&"safe_reject".into(), &"rejection".into()));
    assert_eq!(shown["proposal"]["competitors"][0]["id"], bad.as_str());
    house.approve(&none, "bob");
    desk.json(&format!("proposal execute {none} --hot gas --yes --accept-warnings"));
    assert_ne!(desk.json(&format!("proposal show {bad}"))["proposal"]["state"], "ready");
    assert_eq!(desk.refused(&format!("proposal execute {bad} --hot gas --yes --accept-warnings")).0, 1);
    assert_eq!(house.coins(PAYEE), ether(0));
    let swap = desk.json(&format!("propose safe Treasury --swap-owner {} {PAYEE} --threshold 2", house.owners[0]));
    assert_eq!(swap["proposal"]["kind"], "config_change");
    assert_eq!(swap["review"]["control"]["after"]["threshold"], "2");
    let cancelled = swap["proposal"]["id"].as_str().unwrap();
    assert_eq!(desk.json(&format!("proposal cancel {cancelled} --reason wrong"))["state"], "cancelled");
    std::fs::write(
        desk.path("pay.csv"),
        format!("token_type,token_address,receiver,amount\nnative,,{PAYEE},1\nnative,,{PAYEE},2\n"),
    )
    .unwrap();
    let batch = desk.json("propose safe Treasury --csv pay.csv --dry-run");
    assert_eq!((&batch["proposal"], &batch["review"]["kind"]), (&Value::Null, &"batch".into()));
    let raw = desk.json(&format!("propose safe Treasury --to {PAYEE} --call 0x12345678 --value 0.1 --dry-run"));
    assert_eq!(raw["review"]["calls"][0]["selector"], "0x12345678");
}

#[test]
fn tokens_are_pinned_and_accounts_are_watched() {
    let house = House::new(1);
    let token = house.token(b"USDC", 6, 5_000_000);
    house.add();
    let desk = &house.desk;
    let offline = format!("propose safe Treasury --to {PAYEE} --amount 2.5 --token {token} --offline");
    assert_eq!(desk.refused(&offline), (1, "no-token".into()));
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 2.5 --token {token}"));
    house.node.with(|world| world.tokens.get_mut(&address(&token)).unwrap().decimals = 8);
    assert_eq!(desk.refused(&format!("safe token eth:{token} --trusted")), (6, "token-decimals".into()));
    house.node.with(|world| world.tokens.get_mut(&address(&token)).unwrap().decimals = 6);
    assert_eq!(desk.json(&format!("safe token eth:{token} --trusted"))["symbol"], "USDC");
    house.approve(&id, "carol");
    desk.json(&format!("proposal execute {id} --hot gas --yes --accept-warnings"));
    let synced = desk.json("safe sync");
    assert_eq!(synced["safes"][0]["balances"]["tokens"][0]["amount"], "2500000");
    let watched = desk.json(&format!("safe watch eth:{} --name Gas", house.gas));
    assert!(watched["balances"]["wei"].as_str().unwrap().len() > 15);
    let listed = desk.json("safe list");
    assert_eq!((&listed["accounts"][0]["name"], &listed["safes"][0]["name"]), (&"Gas".into(), &"Treasury".into()));
    assert_eq!(desk.json("hot list")["accounts"].as_array().unwrap().len(), 4);
    assert_eq!(desk.does("hot show gas").trim(), house.gas);
    // What was read last is among what is owned now.
    let nav = desk.json("nav");
    let held: Vec<&str> =
        nav["holdings"].as_array().unwrap().iter().map(|one| one["asset"].as_str().unwrap()).collect();
    assert_eq!(held, ["ETH", "USDC"]);
    let archived = desk.json("safe archive Treasury --reason old");
    assert_eq!(archived["archived"], "old");
    assert_eq!(desk.refused(&format!("propose safe Treasury --to {PAYEE} --amount 1")), (1, "archived".into()));
}

#[test]
fn an_owner_that_is_a_safe_confirms_by_its_own_owners() {
    let house = House::new(2);
    let child = alloy_primitives::Address::repeat_byte(0xc5);
    let [alice, bob, carol] = house.owners.iter().map(|one| address(one)).collect::<Vec<_>>()[..] else {
        unreachable!()
    };
    house.node.with(|world| {
        let mut inner = world.safes[&address(SAFE)].clone();
        inner.owners = vec![alice, bob];
        world.safes.insert(child, inner);
        world.safes.get_mut(&address(SAFE)).unwrap().owners = vec![child, carol];
    });
    house.add();
    let desk = &house.desk;
    desk.json(&format!("safe add eth:{} --name Board", child.to_checksum(None)));
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 1"));
    house.approve(&id, "carol");
    let approve = format!("proposal approve {id} --as Board --yes --accept-warnings --hot");
    assert_eq!(desk.refused(&format!("{approve} carol")), (2, "no-seat".into()));
    assert_eq!(desk.refused(&format!("{approve} alice")).0, 6, "one of two is too few");
    let signed = desk.json(&format!("{approve} bob,alice"));
    assert_eq!((&signed["state"], &signed["seats"][0]["kind"]), (&"ready".into(), &"contract".into()));
    let done = desk.json(&format!("proposal execute {id} --hot gas --yes --accept-warnings"));
    assert_eq!(done["state"], "confirmed");
    // The other way: an approval on the chain, found by whoever looks.
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 2"));
    let asked = desk.json(&format!("propose safe Board --approve {id} --dry-run"));
    assert_eq!(asked["review"]["kind"], "approval");
    let hash = desk.json(&format!("proposal show {id}"))["proposal"]["safe_tx_hash"].as_str().unwrap().parse().unwrap();
    house.node.with(|world| {
        world.safes.get_mut(&address(SAFE)).unwrap().approved.push((child, hash));
        world.block += 1;
    });
    desk.does("safe sync Treasury");
    let shown = desk.json(&format!("proposal show {id}"));
    assert_eq!(
        (&shown["proposal"]["collected"], &shown["proposal"]["seats"][0]["kind"]),
        (&1.into(), &"approved hash".into())
    );
}

#[test]
fn a_device_signs_for_an_owner_and_pays_for_the_execution() {
    let house = House::new(1);
    let desk = &house.desk;
    let plugged = "--device simulated:trezor --press-yes";
    let account = desk.json(&format!("device eth-address {plugged}"))["address"].as_str().unwrap().to_owned();
    house.node.with(|world| {
        world.safes.get_mut(&address(SAFE)).unwrap().owners[0] = address(&account);
        world.coins.insert(address(&account), ether(1));
    });
    house.add();
    for (number, hashes) in [(1, ""), (2, "--hashes")] {
        let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount {number}"));
        let signed = desk.run(&format!("proposal approve {id} {plugged} {hashes} --yes --accept-warnings --json"));
        if !hashes.is_empty() {
            // A Model T takes every field and nothing less: that is said before anybody is asked.
            assert_eq!(signed.status.code(), Some(3));
            continue;
        }
        assert!(signed.status.success(), "{}", String::from_utf8_lossy(&signed.stderr));
        let shown = desk.json(&format!("proposal show {id}"));
        assert_eq!(shown["proposal"]["seats"][0]["signer"], "device");
        let done = desk.json(&format!("proposal execute {id} {plugged} --yes --accept-warnings"));
        assert_eq!(done["executions"][0]["sender"]["address"], account.as_str());
        assert_eq!((&done["state"], house.coins(PAYEE)), (&"confirmed".into(), ether(1)));
        desk.does("safe sync Treasury");
    }
}

#[test]
fn an_answer_that_never_came_is_asked_for_again_with_the_same_bytes() {
    let house = House::new(1);
    house.add();
    let desk = &house.desk;
    for (number, deaf) in [(1, node::Deaf::Before), (2, node::Deaf::After)] {
        let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 1 --memo {number}"));
        house.approve(&id, "alice");
        house.node.with(|world| world.deaf = Some(deaf));
        let execute = format!("proposal execute {id} --hot gas --yes --accept-warnings");
        assert_eq!(desk.refused(&execute).0, 4);
        let shown = desk.json(&format!("proposal show {id}"))["proposal"].clone();
        assert_eq!((&shown["state"], &shown["executions"][0]["answer"]), (&"executing".into(), &"unknown".into()));
        let done = desk.json(&execute);
        assert_eq!(done["state"], "confirmed");
        assert_eq!(done["executions"].as_array().unwrap().len(), 1);
        assert_eq!(done["executions"][0]["tx_hash"], shown["executions"][0]["tx_hash"]);
        assert_eq!(house.coins(PAYEE), ether(number));
        desk.does("safe sync Treasury");
    }
}
